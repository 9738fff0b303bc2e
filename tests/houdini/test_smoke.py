"""The script for those who have a Houdini, run against the fake: it has no typos."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import hou
import pytest
from fakes.hou import SCENE

from lightmould.houdini import camera_points, camera_rig, import_asset, smoke, smoke_tops

SCRIPTS = Path(__file__).parents[2] / "scripts"
HOUDINIS_OWN = {
    "expanded assets collapse",
    "Import's polygons face as the File SOP's do",
    "a camera's picture is ours: aspect, window, aperture",
    *(title for title, _ in smoke_tops.checks()),
}
"""What asks for what the fake has not: a library writer, the File SOP, VEX, PDG."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr(hou, "applicationVersionString", lambda: "0.0.0", raising=False)
    SCENE.environ["LIGHTMOULD"] = "/somewhere"
    SCENE.cook = lambda node: (
        cooks[node.type().name()](node) if node.type().name() in cooks else None
    )
    SCENE.press = lambda parm: camera_rig.create({"node": parm.node()})
    return importlib.import_module("houdini_smoke")


cooks = {
    "lightmould::import::1.0": import_asset.cook,
    "lightmould::camera_points::1.0": camera_points.cook,
}


def test_every_check_that_the_fake_can_answer_passes(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Houdini 0.0.0")
    failed = {line[6:].split(": ")[0] for line in lines if line.startswith("FAIL")}
    wanted = {title.split(": ")[0] for title in HOUDINIS_OWN}
    assert failed == wanted, "\n".join(lines)
    assert len([line for line in lines if line.startswith("LOOK")]) == len(smoke.BY_HAND)


def test_programs_get_a_line_of_json_for_each_check(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    script.main(["--json"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["check"] for one in found] == [check.title for check in smoke.checks()]


def test_a_missing_asset_fails_its_own_check_alone(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    SCENE.missing_types.add("Top/lightmould::nvdiffrec::1.0")
    script.main([])
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("FAIL") for line in lines) == len(HOUDINIS_OWN) + 1
    assert any("lightmould::nvdiffrec" in line for line in lines if line.startswith("FAIL"))


def test_nothing_of_it_stays_in_the_scene(script: ModuleType) -> None:
    script.main(["--json"])
    assert [one.name() for one in hou.node("/obj").children()] == []
    assert [one.name() for one in hou.node("/mat").children()] == []


def test_a_farm_hears_how_far_the_checks_are(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    script.main(["--progress", "openjd"])
    lines = capsys.readouterr().out.splitlines()
    told = [float(line.partition(": ")[2]) for line in lines if line.startswith("openjd_progress")]
    assert told == sorted(told)
    assert len(told) == len(smoke.checks())
