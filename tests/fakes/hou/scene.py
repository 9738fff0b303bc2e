"""The state of the fake Houdini: one scene, what was done to it, and what its node types are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from fakes.hou.assets import assets
from fakes.hou.parms import BUILT_IN, Declared

_OUT = ("out",)
_CONNECTORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Vop/mtlxstandard_surface": (
        ("base", "base_color", "specular_roughness", "metalness", "opacity", "normal"),
        _OUT,
    ),
    "Vop/mtlximage": (("texcoord",), _OUT),
    "Vop/mtlxseparate3v": (("in",), ("outx", "outy", "outz")),
    "Vop/mtlxseparate4c": (("in",), ("outr", "outg", "outb", "outa")),
    "Vop/mtlxcombine3": (("in1", "in2", "in3"), _OUT),
    "Vop/mtlxinvert": (("in", "amount"), _OUT),
    "Vop/mtlxmix": (("fg", "bg", "mix"), _OUT),
    "Vop/mtlxcrossproduct": (("in1", "in2"), _OUT),
    "Vop/mtlxgeompropvalue": ((), _OUT),
    "Vop/mtlxnormal": ((), _OUT),
    "Vop/mtlxtangent": ((), _OUT),
    "Vop/mtlxnormalmap": (("in", "scale", "normal", "tangent", "bitangent"), _OUT),
    "Vop/suboutput": (("next", "displacement"), ()),
}


class Scene:
    """What a test looks at; `reset` empties it."""

    def __init__(self) -> None:
        self.root: Any = None
        self.types: dict[str, tuple[Declared, ...]] = {}
        self.reset()

    def reset(self) -> None:
        self.cook: Callable[[Any], None] = lambda node: None
        self.press: Callable[[Any], None] = lambda parm: None
        self.hip = "/hip/untitled.hip"
        self.selected: list[Any] = []
        self.undo: list[str] = []
        self.undo_labels: list[str] = []
        self.edits: list[tuple[str, str, str | None]] = []
        self.top_cooks: list[tuple[str, bool]] = []
        self.messages: list[str] = []
        self.answers: list[str] = []
        self.panels: list[str] = []
        self.operations: list[str] = []
        self.progress: list[float] = []
        self.escape_pressed = False
        self.has_ui = False
        self.environ: dict[str, str] = {}
        self.missing_types: set[str] = set()
        self.inputs = dict(_CONNECTORS)

    def declared(self, category: str, kind: str) -> tuple[Declared, ...] | None:
        if not self.types:
            self.types = {**BUILT_IN, **assets()}
        name = f"{category}/{kind}"
        return None if name in self.missing_types else self.types.get(name)

    def contents(self, category: str, kind: str) -> tuple[tuple[str, str], ...]:
        inside = {"Object/lightmould::camera_rig::1.0": (("subnet", "cameras"),)}
        return inside.get(f"{category}/{kind}", ())

    def connectors(self, category: str, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.inputs.get(f"{category}/{kind}", ((), ()))

    def expand(self, text: str) -> str:
        found = {**os.environ, **self.environ}
        return re.sub(r"\$(\w+)", lambda match: found.get(match[1], ""), text)


SCENE = Scene()
