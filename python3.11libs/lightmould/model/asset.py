"""Materials, and the asset that a reconstruction is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from lightmould.errors import SettingsError
from lightmould.model.arrays import Floats, Ints, locked
from lightmould.model.mesh import Mesh

Channel: TypeAlias = Literal["rgb", "r", "g", "b", "a"]
ColorSpace: TypeAlias = Literal["srgb", "linear"]


@dataclass(frozen=True, slots=True)
class Map:
    """A texture file and how to read it.

    Attributes:
        path: image file.
        color_space: how its color channels are encoded; alpha is always linear.
        channel: which channel carries the value.
    """

    path: Path
    color_space: ColorSpace
    channel: Channel = "rgb"


@dataclass(frozen=True, slots=True)
class Material:
    """A metallic-roughness material; a map, where there is one, replaces its constant.

    Attributes:
        name: as usemtl says it.
        base_color: linear RGB.
        roughness: perceptual, alpha = roughness squared; 0 to 1.
        metallic: 0 to 1.
        occlusion: 1 is open, 0 is fully occluded (glTF's sense).
        normal_map: tangent space, +Y up (OpenGL), linear.
        opacity_map: 1 is opaque; unset is opaque everywhere.
        occlusion_inverted: the occlusion map holds the amount occluded, as nvdiffrec writes it.
    """

    name: str
    base_color: tuple[float, float, float] = (0.8, 0.8, 0.8)
    roughness: float = 0.5
    metallic: float = 0.0
    occlusion: float = 1.0
    base_color_map: Map | None = None
    roughness_map: Map | None = None
    metallic_map: Map | None = None
    occlusion_map: Map | None = None
    normal_map: Map | None = None
    opacity_map: Map | None = None
    occlusion_inverted: bool = False

    @property
    def maps(self) -> tuple[Map, ...]:
        """The maps that there are."""
        every = (
            self.base_color_map,
            self.roughness_map,
            self.metallic_map,
            self.occlusion_map,
            self.normal_map,
            self.opacity_map,
        )
        return tuple(one for one in every if one is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Asset:
    """A mesh, its materials, and the light it was seen under.

    Attributes:
        mesh: geometry.
        materials: at least one when face_materials is given.
        face_materials: (F,) index into materials; -1 where a face has none.
        light: lat-long image; center looks along -Z, right quarter +X, top +Y; linear.
        groups: names to the faces that are in them, ascending.
        colors: (V, 3) linear, of vertices; None when there are none.
    """

    mesh: Mesh
    materials: tuple[Material, ...] = ()
    face_materials: Ints | None = None
    light: Path | None = None
    groups: Mapping[str, Ints] = field(default_factory=dict)
    colors: Floats | None = None

    def __post_init__(self) -> None:
        count = len(self.mesh.faces)
        groups = {
            name: locked(f"asset group {name!r}", faces, (-1,), np.int32)
            for name, faces in self.groups.items()
        }
        object.__setattr__(self, "groups", MappingProxyType(groups))
        for name, faces in groups.items():
            if faces.size and not 0 <= faces.min() <= faces.max() < count:
                found, wanted = f"faces {faces.min()} to {faces.max()}", f"0 to {count - 1}"
                fix = "Name faces that exist."
                raise SettingsError(f"asset group {name!r}", found, wanted, fix)
        if self.colors is not None:
            shape = (len(self.mesh.positions), 3)
            object.__setattr__(
                self, "colors", locked("asset colors", self.colors, shape, np.float64)
            )
        if self.face_materials is None:
            return
        indices = locked("asset face_materials", self.face_materials, (count,), np.int32)
        object.__setattr__(self, "face_materials", indices)
        if indices.size and (indices.min() < -1 or indices.max() >= len(self.materials)):
            raise SettingsError(
                "asset face_materials",
                f"indices {indices.min()} to {indices.max()}",
                f"-1 to {len(self.materials) - 1}",
                "Name a material that exists.",
            )
