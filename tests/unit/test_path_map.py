"""Folders of other machines: every kind of rule, and no way out of the folder that it is about."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightmould import settings
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import path_maps
from lightmould.jobs.path_map import moved, path_map
from lightmould.model import PathMap, PathRule
from lightmould.model.path_map import rule

SHOW = PathMap((rule("Z:\\show", "/mnt/show"), rule("/mnt/farm", "/farm")))


@pytest.mark.parametrize(
    ("elsewhere", "here"),
    [
        ("/mnt/farm", "/farm"),
        ("/mnt/farm/job/requests", "/farm/job/requests"),
        ("/mnt/farm/ünï x/seq 01/a b.hip", "/farm/ünï x/seq 01/a b.hip"),
        ("/mnt/farm//job/./a", "/farm/job/a"),
        ("/mnt/farm/job/../other", "/farm/other"),
        ("Z:\\show\\seq 01\\a.hip", "/mnt/show/seq 01/a.hip"),
        ("z:/SHOW/Seq/A.hip", "/mnt/show/Seq/A.hip"),
        ("/mnt/farmer/job", "/mnt/farmer/job"),
        ("/mnt/FARM/job", "/mnt/FARM/job"),
        ("Z:show", "Z:show"),
        ("farm/job", "farm/job"),
        ("no path at all", "no path at all"),
        ("", ""),
    ],
)
def test_a_path_of_another_machine_becomes_ours(elsewhere: str, here: str) -> None:
    assert SHOW.apply(elsewhere) == here


def test_a_server_of_windows_is_a_folder_here() -> None:
    rules = PathMap((rule(r"\\filer\show", "/mnt/show"),))
    assert rules.apply(r"\\FILER\Show\a\b.obj") == "/mnt/show/a/b.obj"
    assert rules.apply("//filer/show/a") == "/mnt/show/a"
    assert rules.apply(r"\\filer\shows\a") == r"\\filer\shows\a"


def test_an_accent_may_be_a_letter_of_its_own() -> None:
    rules = PathMap((rule("/mnt/u\u0308ber", "/here"),))
    assert rules.apply("/mnt/\u00fcber/a\u0308") == "/here/a\u0308"


@pytest.mark.parametrize(
    "path", ["/mnt/farm/../../etc/passwd", "/mnt/farm/a/../../x", "Z:/show/.."]
)
def test_no_path_leaves_the_folder_of_its_rule(path: str) -> None:
    with pytest.raises(SettingsError, match="leaves its folder"):
        SHOW.apply(path)


@given(st.lists(st.sampled_from(["..", ".", "a", "ü b", "", "etc"]), max_size=8))
def test_whatever_a_path_says_it_ends_within_the_target(names: list[str]) -> None:
    try:
        found = Path(SHOW.apply("/".join(["/mnt/farm", *names])))
    except SettingsError:
        return
    assert found.is_relative_to("/farm")
    assert ".." not in found.parts


def test_the_longest_source_holds_and_of_equals_the_first() -> None:
    rules = PathMap((rule("/a", "/1"), rule("/a/b", "/2"), rule("/a/b/", "/3"), rule("/", "/4")))
    assert [rules.apply(path) for path in ("/a/b/c", "/a/c", "/c")] == ["/2/c", "/1/c", "/4/c"]
    assert rule("/a", "/5") in PathMap((rule("/a", "/5"),)).joined(rules).rules[2:4]
    assert PathMap((rule("/a", "/5"),)).joined(rules).apply("/a") == "/5"


@pytest.mark.parametrize(("source", "target"), [("a", "/b"), ("/a", "b"), ("/a/../b", "/c")])
def test_a_rule_is_about_whole_paths(source: str, target: str) -> None:
    with pytest.raises(SettingsError, match="absolute"):
        rule(source, target)


def test_open_job_descriptions_rules_are_read() -> None:
    listed = [
        {"source_path_format": "POSIX", "source_path": "/mnt/a", "destination_path": "/b"},
        {"source_path_format": "WINDOWS", "source_path": "c:\\a", "destination_path": "/c"},
    ]
    text = json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": listed})
    found = path_maps.read_openjd(text, "rules.json")
    assert set(found.rules) == {
        PathRule("/mnt/a", "/b", windows=False),
        PathRule("c:\\a", "/c", windows=True),
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", "rules.json:1"),
        ("[]", "rules.json"),
        ('{"version": "pathmapping-2.0"}', "version"),
        ('{"version": "pathmapping-1.0", "path_mapping_rules": {}}', "path_mapping_rules"),
        (
            '{"version": "pathmapping-1.0", "path_mapping_rules": [{"source_path_format": "MAC"}]}',
            "rule 0: source_path_format",
        ),
        (
            '{"version": "pathmapping-1.0", "path_mapping_rules":'
            ' [{"source_path_format": "POSIX", "source_path": 7}]}',
            "rule 0: source_path",
        ),
    ],
)
def test_damaged_rules_are_named(text: str, where: str) -> None:
    with pytest.raises(FormatError, match=where):
        path_maps.read_openjd(text, "rules.json")


def test_a_session_of_open_job_description_without_rules_has_none() -> None:
    assert path_maps.read_openjd("{}", "rules.json") == PathMap()


def test_houdinis_rules_for_other_systems_are_left_to_them() -> None:
    found = path_maps.read_houdini('{"H:/show": "/mnt/show", "/mnt/show": "H:/show"}')
    assert found.rules == (rule("H:/show", "/mnt/show"),)


def test_pdgs_rules_are_those_of_our_zone() -> None:
    paths = [
        {"Z:/show": {"zone": "LINUX", "path": "/mnt/show", "matchtype": "prefix"}},
        {"/mnt/show": {"zone": "WIN", "path": "Z:/show"}},
        {"/nfs": {"zone": "*", "path": "/mnt/nfs", "matchtype": 1}},
        {"/nfs": {"zone": "AWS", "path": "/fsx"}},
    ]
    text = json.dumps({"paths": paths})
    linux = path_maps.read_pdg(text, "LINUX")
    assert linux.apply("Z:/show/a") == "/mnt/show/a"
    assert linux.apply("/nfs/a") == "/mnt/nfs/a"
    assert path_maps.read_pdg(text, "AWS").rules == (
        rule("/nfs", "/mnt/nfs"),
        rule("/nfs", "/fsx"),
    )


def test_a_rule_of_pdgs_that_can_not_be_kept_is_refused() -> None:
    text = '{"paths": [{"show": {"zone": "*", "path": "/x", "matchtype": "contains"}}]}'
    with pytest.raises(FormatError, match=r"matchtype.*prefix"):
        path_maps.read_pdg(text)


def test_all_that_is_set_holds_together(tmp_path: Path) -> None:
    (tmp_path / "lightmould.toml").write_text('[paths]\nrules = [["/mnt/a", "/a"]]\n')
    one = {"source_path_format": "POSIX", "source_path": "/mnt/b", "destination_path": "/b"}
    text = json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [one]})
    (tmp_path / "rules.json").write_text(text)
    environ = {
        "LIGHTMOULD_PATHMAP": str(tmp_path / "rules.json"),
        "HOUDINI_PATHMAP": '{"/mnt/c": "/c", "/mnt/a": "/not"}',
        "PDG_PATHMAP": '{"paths": [{"/mnt/d": {"zone": "OURS", "path": "/d"}}]}',
        "PDG_PATHMAP_ZONE": "OURS",
    }
    rules = path_map(settings.load(tmp_path, environ).paths)
    found = [rules.apply(f"/mnt/{name}/x") for name in "abcd"]
    assert found == ["/a/x", "/b/x", "/c/x", "/d/x"]
    assert path_map(settings.load(tmp_path / "none", {}).paths) == PathMap()


def test_a_file_of_rules_that_is_not_there_is_named(tmp_path: Path) -> None:
    environ = {"LIGHTMOULD_PATHMAP": str(tmp_path / "gone.json")}
    with pytest.raises(SettingsError, match=r"gone\.json.*LIGHTMOULD_PATHMAP"):
        path_map(settings.load(tmp_path, environ).paths)


def test_every_path_in_plain_data_is_moved() -> None:
    data = {"/mnt/farm/a": ["/mnt/farm/b", 7, {"x": "/mnt/farm"}], "name": "view 1"}
    wanted = {"/farm/a": ["/farm/b", 7, {"x": "/farm"}], "name": "view 1"}
    assert moved(data, SHOW) == wanted
