"""The linter of expanded assets: real ones pass, damaged ones do not, and it says where."""

import os
import random
from pathlib import Path

import pytest
from fakes import mutations
from fakes.otls import ROOT

from lightmould.formats.hda import lint

CORPUS = "LIGHTMOULD_HDA_CORPUS"
"""Names a folder of expanded assets of others, as SideFX Labs publishes several hundred."""


def files(folder: Path) -> mutations.Files:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


OURS = [files(folder) for folder in sorted((ROOT / "otls").iterdir())]
RECONSTRUCT = files(ROOT / "otls" / "lightmould.top_reconstruct.1.0.hda")
INSIDE = "lightmould_8_8Top_1reconstruct_8_81.0"


def changed(name: str, old: str, new: str) -> list[str]:
    """What is found after a change of one file."""
    path = f"{INSIDE}/{name}"
    text = RECONSTRUCT[path].decode()
    assert old in text
    return [str(one) for one in lint.files({**RECONSTRUCT, path: text.replace(old, new).encode()})]


def test_of_500_damaged_assets_at_least_495_are_rejected() -> None:
    rng = random.Random(0)  # noqa: S311
    missed = []
    for number in range(500):
        change = mutations.lost if number % 11 == 10 else mutations.mutated
        what, damaged = change(rng.choice(OURS), rng)
        if not lint.files(damaged):
            missed.append(what)
    assert len(missed) <= 5, missed


def test_real_assets_of_others_are_accepted() -> None:
    if CORPUS not in os.environ:
        pytest.skip(f"{CORPUS} names no folder of expanded assets")
    folders = [path for path in Path(os.environ[CORPUS]).rglob("*.hda") if path.is_dir()]
    rejected = [path.name for path in folders if lint.folder(path)]
    assert folders
    assert len(rejected) <= len(folders) / 100, rejected


def test_a_finding_names_file_and_line() -> None:
    (found,) = changed("DialogScript", 'type    directory\n            default { "" }', "type    x")
    assert found.startswith(f"{INSIDE}/DialogScript:")
    assert "type x" in found


def test_a_parameter_of_a_name_that_is_taken_is_found() -> None:
    found = changed("DialogScript", 'name    "seed"', 'name    "preset"')
    assert found == [f"{INSIDE}/DialogScript: preset: there are 2 of that name"]


def test_a_callback_that_is_no_python_is_found() -> None:
    assert changed("DialogScript", "open_folder(kwargs)", "open_folder(kwargs")
    assert changed("Contents.dir/Contents.mime", "upstream_items)", "upstream_items")


def test_a_wire_from_nowhere_is_found() -> None:
    (found,) = changed("Contents.dir/Contents.mime", "0 \tgenerator 1 1", "0 \tgenerators 1 1")
    assert "wired to generators, which is not there" in found


def test_an_order_that_forgets_a_node_is_found() -> None:
    (found,) = changed("Contents.dir/Contents.mime", "2\ngenerator\noutput0", "1\ngenerator")
    assert "hdaroot.order" in found


def test_python_that_houdini_would_take_for_hscript_is_found() -> None:
    (found,) = changed(
        "ExtraFileOptions",
        'PythonModule/IsPython":{\n\t\t"type":"bool",\n\t\t"value":true',
        'PythonModule/IsPython":{\n\t\t"type":"bool",\n\t\t"value":false',
    )
    assert "wanted PythonModule/IsPython to be true" in found


def test_sections_that_are_missing_or_not_listed_are_found() -> None:
    lost = {path: data for path, data in RECONSTRUCT.items() if not path.endswith("PythonModule")}
    assert [str(one) for one in lint.files(lost)] == [f"{INSIDE}/PythonModule: is not there"]
    more = {**RECONSTRUCT, f"{INSIDE}/OnCreated": b"pass\n"}
    assert f"{INSIDE}/OnCreated: is there but not listed" in map(str, lint.files(more))


def test_a_name_that_is_not_escaped_is_found() -> None:
    found = lint.files(
        {path.replace("INDEX__", "INDEX_"): data for path, data in RECONSTRUCT.items()}
    )
    assert any("INDEX__SECTION" in str(one) for one in found)


def test_windows_line_breaks_are_accepted_as_houdini_does() -> None:
    path = f"{INSIDE}/DialogScript"
    windows = RECONSTRUCT[path].replace(b"\n", b"\r\n")
    assert lint.files({**RECONSTRUCT, path: windows}) == []


def test_a_folder_that_houdini_would_not_look_at_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "reconstruct"
    for path, data in RECONSTRUCT.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    assert [str(one) for one in lint.folder(folder)] == ["reconstruct: wanted .hda or .otl"]
    assert lint.folder(folder.rename(tmp_path / "reconstruct.hda")) == []
