"""What a person sees and answers: tests put the answers in `SCENE.answers`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from fakes.hou.scene import SCENE
from fakes.hou.values import EnumValue, OperationFailed, OperationInterrupted


def isUIAvailable() -> bool:
    return SCENE.has_ui


class InterruptableOperation:
    def __init__(
        self,
        operation_name: str,
        long_operation_name: str | None = None,
        open_interrupt_dialog: bool = False,
    ) -> None:
        SCENE.operations.append(operation_name)

    def __enter__(self) -> InterruptableOperation:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def updateProgress(self, percentage: float = -1.0) -> None:
        if SCENE.escape_pressed:
            raise OperationInterrupted("interrupted")
        SCENE.progress.append(percentage)


class PythonPanelInterface:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name


class pypanel:
    @staticmethod
    def interfaceByName(name: str) -> PythonPanelInterface | None:
        return PythonPanelInterface(name) if name == "lightmould_jobs" else None


class PythonPanel:
    def __init__(self, interface: PythonPanelInterface | None) -> None:
        self._interface = interface

    def activeInterface(self) -> PythonPanelInterface | None:
        return self._interface

    def setIsCurrentTab(self) -> None:
        pass


class Desktop:
    def createFloatingPaneTab(
        self,
        pane_tab_type: EnumValue,
        position: Sequence[float] = (),
        size: Sequence[float] = (),
        python_panel_interface: PythonPanelInterface | None = None,
        immediate: bool = False,
    ) -> PythonPanel:
        assert python_panel_interface is not None
        SCENE.panels.append(python_panel_interface.name())
        return PythonPanel(python_panel_interface)


class ui:
    @staticmethod
    def curDesktop() -> Desktop:
        _needs_ui()
        return Desktop()

    @staticmethod
    def displayMessage(
        text: str,
        buttons: Sequence[str] = ("OK",),
        severity: EnumValue | None = None,
        default_choice: int = 0,
        close_choice: int = -1,
        help: str | None = None,
        title: str | None = None,
        details: str | None = None,
        details_label: str | None = None,
        details_expanded: bool = False,
        suppress: Any = None,
    ) -> int:
        _needs_ui()
        SCENE.messages.append(text if details is None else f"{text}\n{details}")
        return default_choice

    @staticmethod
    def selectFile(
        start_directory: str | None = None,
        title: str | None = None,
        collapse_sequences: bool = False,
        file_type: Any = None,
        pattern: str | None = None,
        default_value: str | None = None,
        multiple_select: bool = False,
        image_chooser: bool = False,
        chooser_mode: Any = None,
        width: int = 0,
        height: int = 0,
    ) -> str:
        _needs_ui()
        return SCENE.answers.pop(0)


class qt:
    @staticmethod
    def mainWindow() -> None:
        _needs_ui()


def _needs_ui() -> None:
    if not SCENE.has_ui:
        raise OperationFailed("no user interface")


class text:
    @staticmethod
    def expandString(str: str, expand_tilde: bool = True) -> str:
        return SCENE.expand(str.replace("$HIP", f"{PurePosixPath(SCENE.hip).parent}"))


class hipFile:
    @staticmethod
    def path() -> str:
        return SCENE.hip

    @staticmethod
    def load(
        file_name: str, suppress_save_prompt: bool = False, ignore_load_warnings: bool = False
    ) -> None:
        if not Path(file_name).is_file():
            raise OperationFailed(f"Unable to open file: {file_name}")
        SCENE.hip = file_name

    @staticmethod
    def save(file_name: str | None = None, save_to_recent_files: bool = True) -> None:
        SCENE.hip = file_name or SCENE.hip
        Path(SCENE.hip).write_text("a scene")


def getenv(name: str, default_value: str | None = None) -> str | None:
    return {**os.environ, **SCENE.environ}.get(name, default_value)
