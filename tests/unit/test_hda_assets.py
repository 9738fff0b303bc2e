"""Our assets: what is generated is there, what they call exists, what they ask is explained."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fakes.otls import ROOT, Asset, assets

from lightmould import __version__
from lightmould.formats.hda import lint

HOUDINI = ROOT / "python3.11libs" / "lightmould" / "houdini"
HELP = ROOT / "houdini" / "help" / "nodes"
CONTEXTS = {"Object": "obj", "Sop": "sop", "Top": "top"}
CALL = re.compile(r"(?:hou\.phm\(\)\.)?(\w+)\.(\w+)\(([^()]*(?:\(\))?[^()]*)\)")

every = pytest.mark.parametrize("asset", assets(), ids=lambda one: one.folder.name)


def functions(module: str) -> dict[str, int]:
    """How many arguments each public function of a module of lightmould.houdini takes."""
    tree = ast.parse((HOUDINI / f"{module}.py").read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {one.name: len(one.args.args) for one in found if not one.name.startswith("_")}


def calls(script: str) -> list[tuple[str, str, int]]:
    """Module, function and number of arguments of each call into our package."""
    return [
        (module, function, len(arguments.split(",")))
        for module, function, arguments in CALL.findall(script)
        if module not in {"hou", "phm"}
    ]


def page(asset: Asset) -> Path:
    name = asset.entry.operator.replace("::", "--", 1).replace("::", "-")
    return HELP / CONTEXTS[asset.entry.table] / f"{name}.txt"


def test_building_the_assets_again_changes_no_byte() -> None:
    argv = [sys.executable, str(ROOT / "scripts" / "build_otls.py"), "--check"]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_there_are_the_nine_assets_of_the_design() -> None:
    assert {(one.entry.table, one.entry.operator) for one in assets()} == {
        ("Object", "lightmould::camera_rig::1.0"),
        ("Sop", "lightmould::camera_points::1.0"),
        ("Sop", "lightmould::import::1.0"),
        ("Top", "lightmould::camera_rig::1.0"),
        ("Top", "lightmould::blender_render::1.0"),
        ("Top", "lightmould::assemble_dataset::1.0"),
        ("Top", "lightmould::reconstruct::1.0"),
        ("Top", "lightmould::nvdiffrec::1.0"),
        ("Top", "lightmould::import_asset::1.0"),
    }


@every
def test_the_linter_finds_nothing(asset: Asset) -> None:
    assert lint.folder(asset.folder) == []


@every
def test_the_text_of_an_asset_is_ascii(asset: Asset) -> None:
    for path in asset.folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes().isascii(), path


@every
def test_the_python_of_an_asset_is_one_import_and_calls_that_exist(asset: Asset) -> None:
    assert re.fullmatch(r"from lightmould\.houdini import \w+\n", asset.text("PythonModule"))
    scripts = asset.scripts()
    for module, function, count in (call for script in scripts for call in calls(script)):
        assert functions(module).get(function) == count, f"{module}.{function}"


@every
def test_every_asset_calls_something(asset: Asset) -> None:
    assert any(calls(script) for script in asset.scripts())


@every
def test_nothing_runs_when_an_asset_is_loaded_or_a_node_is_made(asset: Asset) -> None:
    found = {path.name for path in asset.inside.iterdir()}
    assert not {name for name in found if name.startswith("On")}


def test_no_asset_is_binary() -> None:
    folders = ("otls", "houdini", "scripts", "python3.11libs", "toolbar", "tests")
    found = [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    assert not [path for path in found if path.suffix in {".hda", ".otl", ".hdalc", ".hdanc"}]


def test_nothing_runs_when_houdini_starts() -> None:
    starters = {"123", "456", "pythonrc", "ready", "uiready", "beforescene", "afterscene"}
    for folder in ("houdini", "scripts", "python3.11libs", "toolbar"):
        for path in (ROOT / folder).rglob("*"):
            assert path.stem not in starters, path


@every
def test_every_parameter_that_is_seen_has_help_in_a_sentence(asset: Asset) -> None:
    for parm in asset.seen():
        assert parm.help, parm.name
        assert parm.help[0].isupper(), parm.name
        assert parm.help.endswith("."), parm.name


@every
def test_every_menu_has_its_default(asset: Asset) -> None:
    for parm in asset.dialog.flat():
        if parm.menu is not None:
            assert parm.default[0] in {token for token, _ in parm.menu.items}, parm.name


@every
def test_conditions_name_parameters_that_are_there(asset: Asset) -> None:
    there = {parm.name for parm in asset.dialog.flat()}
    for parm in asset.dialog.flat():
        for condition in (parm.hide_when, parm.disable_when):
            for name in re.findall(r"(\w+) (?:==|!=)", condition or ""):
                assert name in there, f"{parm.name}: {condition}"


@every
def test_the_page_of_help_has_every_parameter_and_no_other(asset: Asset) -> None:
    documented = re.findall(
        r"^    #id: (\w+)$", page(asset).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert documented == [parm.name for parm in asset.seen()]


@every
def test_the_attributes_that_help_tells_of_are_written_by_our_package(asset: Asset) -> None:
    text = page(asset).read_text(encoding="utf-8")
    told = re.search(r"^@(?:attributes|outputs)$(.*?)^@", text, re.MULTILINE | re.DOTALL)
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(HOUDINI.glob("*.py")))
    for name in re.findall(r"^(\w+):$", told[1] if told else "", re.MULTILINE):
        assert f'"{name}"' in code, name


@every
def test_the_links_of_the_page_of_help_lead_somewhere(asset: Asset) -> None:
    text = page(asset).read_text(encoding="utf-8")
    links = re.findall(r"\[[^\]|]+\|Node:([^\]]+)\]", text)
    assert links
    for link in links:
        assert (HELP / f"{link}.txt").is_file(), link
    assert f"#internal: {asset.entry.operator}" in text
    assert text.startswith(f"= {asset.entry.label} =\n")


def test_every_page_of_help_is_about_an_asset() -> None:
    assert set(HELP.rglob("*.txt")) == {page(one) for one in assets()}


def test_the_shelf_calls_functions_that_exist() -> None:
    shelf = ET.parse(ROOT / "toolbar" / "lightmould.shelf")  # noqa: S314
    tools = shelf.findall("tool")
    members = [one.get("name") for one in shelf.findall("toolshelf/memberTool")]
    assert members == [tool.get("name") for tool in tools]
    assert [tool.get("label") for tool in tools] == [
        "Reconstruct",
        "Reconstruct from Photos...",
        "Job Panel",
        "Doctor",
    ]
    for tool in tools:
        script = tool.findtext("script") or ""
        ast.parse(script)
        ((module, function, count),) = calls(script)
        assert functions(module).get(function) == count, function
        assert (ROOT / "houdini" / "config" / "Icons" / f"{tool.get('icon')}.svg").is_file()


def test_the_package_asks_for_nothing_and_pins_no_upper_version() -> None:
    (path,) = ROOT.glob("*.json")
    package = json.loads(path.read_text(encoding="utf-8"))
    assert package["version"] == __version__
    assert package["enable"] == "houdini_version >= '20.5'"
    assert package["hpath"] == ["$HOUDINI_PACKAGE_PATH", "$HOUDINI_PACKAGE_PATH/houdini"]
    assert package["env"] == [{"LIGHTMOULD": "$HOUDINI_PACKAGE_PATH"}]
    # Houdini skips a package of a file name that it has loaded, if that one asks for it.
    assert "load_package_once" not in package


@pytest.mark.parametrize("icon", sorted((ROOT / "houdini" / "config" / "Icons").iterdir()))
def test_icons_are_small_squares(icon: Path) -> None:
    picture = ET.parse(icon).getroot()  # noqa: S314
    assert (picture.get("width"), picture.get("height")) == ("64", "64")
    assert icon.stat().st_size < 4096
