"""Parameters of nodes: what Houdini's own node types have, as far as our code sets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakes.hou.values import OperationFailed

if TYPE_CHECKING:
    from fakes.hou.nodes import OpNode

_AXES, _NUMBERS, _COLORS = "xyz", "123456789", "rgba"


@dataclass(frozen=True)
class Declared:
    """A parameter of a node type; the names of its components are its own and these."""

    name: str
    defaults: tuple[Any, ...]
    suffixes: str = ""

    @property
    def components(self) -> tuple[str, ...]:
        if len(self.defaults) == 1 and not self.suffixes:
            return (self.name,)
        return tuple(self.name + self.suffixes[i] for i in range(len(self.defaults)))


def declared(name: str, *defaults: Any, suffixes: str = "") -> Declared:
    if len(defaults) > 1 and not suffixes:
        suffixes = _AXES if isinstance(defaults[0], float) else _NUMBERS
    return Declared(name, defaults, suffixes)


_TRANSFORM = (
    declared("keeppos", 0),
    declared("t", 0.0, 0.0, 0.0),
    declared("r", 0.0, 0.0, 0.0),
    declared("s", 1.0, 1.0, 1.0),
    declared("p", 0.0, 0.0, 0.0),
    declared("scale", 1.0),
    declared("xOrd", "srt"),
    declared("rOrd", "xyz"),
)
_TEXTURE = (declared("file", ""), declared("signature", "color3"), declared("filecolorspace", ""))
# Source: reference of Houdini's nodes, as far as houdini.md (section 5) has it.
BUILT_IN: dict[str, tuple[Declared, ...]] = {
    "Object/geo": (*_TRANSFORM, declared("shop_materialpath", "")),
    "Object/subnet": _TRANSFORM,
    "Object/topnet": (),
    "Object/matnet": (),
    "Object/envlight": (*_TRANSFORM, declared("env_map", ""), declared("light_intensity", 1.0)),
    "Object/cam": (
        *_TRANSFORM,
        declared("res", 1280, 720, suffixes="xy"),
        declared("aspect", 1.0),
        declared("projection", "perspective"),
        declared("orthowidth", 2.0),
        declared("focal", 50.0),
        declared("focalunits", "mm"),
        declared("aperture", 41.4214),
        declared("near", 0.001),
        declared("far", 10000.0),
        declared("win", 0.0, 0.0),
        declared("winsize", 1.0, 1.0),
    ),
    "Sop/null": (),
    "Sop/file": (declared("file", ""),),
    "Top/localscheduler": (declared("maxprocsmenu", "0"),),
    "Vop/subnet": (),
    "Vop/suboutput": (declared("name1", ""), declared("name2", "")),
    "Vop/mtlxstandard_surface": (
        declared("base_color", 0.8, 0.8, 0.8, suffixes=_COLORS),
        declared("specular_roughness", 0.2),
        declared("metalness", 0.0),
    ),
    "Vop/mtlximage": _TEXTURE,
    "Vop/mtlxnormalmap": (),
    "Vop/mtlxseparate3v": (),
    "Vop/mtlxseparate4c": (),
    "Vop/mtlxcombine3": (declared("signature", "color3"),),
    "Vop/mtlxinvert": (),
    "Vop/mtlxmix": (),
    "Vop/mtlxcrossproduct": (),
    "Vop/mtlxnormal": (declared("space", "object"),),
    "Vop/mtlxtangent": (declared("space", "object"),),
    "Vop/mtlxgeompropvalue": (declared("signature", "default"), declared("geomprop", "")),
    "Vop/principledshader::2.0": (
        declared("basecolor", 0.2, 0.2, 0.2, suffixes=_COLORS),
        declared("basecolor_usePointColor", 1),
        declared("basecolor_useTexture", 0),
        declared("basecolor_useTextureAlpha", 0),
        declared("basecolor_texture", ""),
        declared("basecolor_textureColorSpace", "auto"),
        declared("rough", 0.3),
        declared("rough_useTexture", 0),
        declared("rough_texture", ""),
        declared("rough_monoChannel", 0),
        declared("rough_textureColorSpace", "auto"),
        declared("metallic", 0.0),
        declared("metallic_useTexture", 0),
        declared("metallic_texture", ""),
        declared("metallic_monoChannel", 0),
        declared("metallic_textureColorSpace", "auto"),
        declared("opac", 1.0),
        declared("opaccolor_useTexture", 0),
        declared("opaccolor_texture", ""),
        declared("baseBumpAndNormal_enable", 0),
        declared("baseBumpAndNormal_type", "bump"),
        declared("baseNormal_useTexture", 0),
        declared("baseNormal_texture", ""),
        declared("baseNormal_colorspace", "auto"),
        declared("baseNormal_flipY", 0),
    ),
}


class Parm:
    def __init__(self, node: OpNode, name: str, default: Any) -> None:
        self._node, self._name, self._value = node, name, default

    def node(self) -> OpNode:
        return self._node

    def name(self) -> str:
        return self._name

    def eval(self) -> Any:
        if isinstance(self._value, str):
            return self._node.expanded(self._value)
        return self._value

    def evalAsString(self) -> str:
        return str(self.eval())

    def evalAsFloat(self) -> float:
        return float(self.eval())

    def evalAsInt(self) -> int:
        return int(self.eval())

    def evalAsNode(self) -> Any:
        path = self.evalAsString()
        return self._node.node(path) if path else None

    def unexpandedString(self) -> str:
        return str(self._value)

    def set(self, value: Any, language: Any = None, follow_parm_reference: bool = True) -> None:
        wanted = type(self._value)
        if isinstance(value, Parm) or (wanted is str) != isinstance(value, str):
            raise OperationFailed(f"{self._name}: {value!r} is not {wanted.__name__}")
        self._value = wanted(value)

    def pressButton(self, arguments: Mapping[str, Any] | None = None) -> None:
        self._node.presses.append(self._name)
        self._node.press(self)

    def menuLabels(self) -> tuple[str, ...]:
        # Source: the help of the principled shader.
        channels = ("Luminance", "Red", "Green", "Blue")
        return channels if self._name.endswith("_monoChannel") else ()


class ParmTuple:
    def __init__(self, name: str, parms: Sequence[Parm]) -> None:
        self._name, self._parms = name, tuple(parms)

    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._parms)

    def __getitem__(self, index: int) -> Parm:
        return self._parms[index]

    def eval(self) -> tuple[Any, ...]:
        return tuple(parm.eval() for parm in self._parms)

    def set(
        self, value: Sequence[Any], language: Any = None, follow_parm_reference: bool = True
    ) -> None:
        if len(value) != len(self._parms):
            raise OperationFailed(f"{self._name}: {len(value)} values")
        for parm, one in zip(self._parms, value, strict=True):
            parm.set(one)
