"""The pane in Houdini: its file, and what its script builds."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fakes import panel as fakes

from lightmould.panel import create
from lightmould.panel.qt import QtCore

ROOT = Path(__file__).parents[2]
FILE = ROOT / "houdini" / "python_panels" / "lightmould.pypanel"


def interface() -> ET.Element:
    (found,) = ET.parse(FILE).getroot().iter("interface")  # noqa: S314  # our own file
    return found


def test_the_pane_has_a_name_an_icon_and_its_place_in_the_menus() -> None:
    found = interface()
    assert found.get("name") == "lightmould_jobs"
    assert (ROOT / "houdini" / "config" / "Icons" / f"{found.get('icon')}.svg").is_file()
    assert [child.tag for child in found] == [
        "script",
        "includeInPaneTabMenu",
        "includeInToolbarMenu",
        "help",
    ]


def test_the_script_builds_a_panel_that_imports_through_houdini(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[Path] = []
    houdini = ModuleType("lightmould.houdini")
    houdini.import_asset = SimpleNamespace(into_scene=brought.append)  # type: ignore[attr-defined]
    worker = SimpleNamespace(worker=SimpleNamespace(python="/worker/python"))
    houdini.worker = SimpleNamespace(load=lambda: worker)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightmould.houdini", houdini)
    remembered = fakes.settings(tmp_path)
    monkeypatch.setattr(QtCore, "QSettings", lambda *_: remembered)
    monkeypatch.setenv("LIGHTMOULD_JOBS", str(tmp_path))
    names: dict[str, Any] = {}
    exec(compile(interface().findtext("script") or "", str(FILE), "exec"), names)  # noqa: S102
    panel = names["onCreateInterface"]()
    qtbot.addWidget(panel, before_close_func=lambda shown: shown.end())
    assert isinstance(panel, create.JobPanel)
    assert panel.folders == (tmp_path,)
    assert panel.actions_.bring_in.isVisible()
