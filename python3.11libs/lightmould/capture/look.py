"""A scene as the arrays that kernels read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lightmould.capture.pictures import Arrays
from lightmould.capture.scene import Points, Scene, Shape
from lightmould.dataset import images
from lightmould.errors import SettingsError
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.model import Map, Material
from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Array
from lightmould.raster.surfaces import Surfaces

LARGEST = 2**30
"""Texels of all color maps and their levels."""

STEPS = 4096
"""Of the table that turns linear color into sRGB's 8 bits."""

PLAIN = Material("plain")
COLORED = Material("colored", (1.0, 1.0, 1.0))
"""Of faces without a material: colors of corners are theirs as they stand."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What kernels read.

    Attributes:
        positions: (V, 3) float64 of meshes.
        surfaces: of meshes; its normals are in world space.
        dots: (P, 3) float64 of points.
        dot_colors: (P, 3) float32 linear.
        dot_normals: (P, 3) float32; 0 where a point has none.
        object_of: (F + P,) uint16, the object's number of each face, then of each point.
        owner: (F,) int32, 0 to F - 1.
    """

    positions: Floats
    surfaces: Surfaces
    dots: Floats
    dot_colors: Array
    dot_normals: Array
    object_of: Array
    owner: Ints

    @property
    def arrays(self) -> Arrays:
        """All of them but `owner`, by name."""
        return {
            **self.surfaces._asdict(),
            "positions": self.positions,
            "dots": self.dots,
            "dot_colors": self.dot_colors,
            "dot_normals": self.dot_normals,
            "object_of": self.object_of,
        }

    @property
    def digest(self) -> str:
        """The sha256 of all that is known of the scene."""
        whole = hashlib.sha256()
        for name, array in self.arrays.items():
            whole.update(f"{name}{array.dtype}{array.shape}".encode())
            whole.update(array.tobytes())
        return whole.hexdigest()


def look(scene: Scene) -> Look:
    """A scene's arrays; its color maps are read.

    Raises:
        FormatError: a color map can't be read.
        SettingsError: color maps are too large for one scene.
    """
    shapes = scene.shapes
    materials = [material for shape in shapes for material in _materials(shape)]
    levels, level, texels = _maps(materials)
    positions = _joined([shape.mesh.positions for shape in shapes], 3, np.float64)
    faces = _shifted([(shape.mesh.faces, len(shape.mesh.positions)) for shape in shapes])
    normals, face_normals = _normals(shapes)
    uvs, face_uvs = _uvs(shapes)
    linear = np.arange(256) / 255
    counts = [len(shape.mesh.faces) for shape in shapes]
    counts += [len(points.positions) for points in scene.points]
    surfaces = Surfaces(
        faces=faces,
        face_normals=face_normals,
        normals=normals,
        face_uvs=face_uvs,
        uvs=uvs,
        colors=_colors(shapes),
        material=_material_of(shapes),
        base=np.array(
            [material.base_color for material in materials] or np.zeros((0, 3)), np.float32
        ),
        levels=levels,
        level=level,
        texels=texels,
        decoded=np.concatenate([linear_from_srgb(linear), linear]).astype(np.float32),
        encoded=np.rint(255 * srgb_from_linear(np.arange(STEPS + 1) / STEPS)).astype(np.uint8),
    )
    return Look(
        positions=positions,
        surfaces=surfaces,
        dots=_joined([points.positions for points in scene.points], 3, np.float64),
        dot_colors=_joined(
            [_of_points(one, one.colors, 0.8) for one in scene.points], 3, np.float32
        ),
        dot_normals=_joined(
            [_of_points(one, one.normals, 0.0) for one in scene.points], 3, np.float32
        ),
        object_of=np.repeat(np.arange(1, len(counts) + 1).astype(np.uint16), counts),
        owner=np.arange(len(faces), dtype=np.int32),
    )


def _materials(shape: Shape) -> tuple[Material, ...]:
    """A shape's materials, then that of faces without one."""
    return (*shape.materials, PLAIN if shape.colors is None else COLORED)


def _joined(parts: Sequence[Array], width: int, dtype: type) -> Array:
    return np.asarray(np.concatenate([np.zeros((0, width)), *parts]), dtype)


def _shifted(parts: Sequence[tuple[Ints, int]]) -> Ints:
    """Indices of several tables of these lengths, into one table."""
    starts = np.cumsum([0, *(count for _, count in parts)])
    shifted = [indices + start for (indices, _), start in zip(parts, starts, strict=False)]
    return np.asarray(np.concatenate([np.zeros((0, 3), np.int32), *shifted]), np.int32)


def _normals(shapes: Sequence[Shape]) -> tuple[Array, Ints]:
    """(N, 3) float32 and (F, 3); flat where a mesh has none."""
    tables: list[Array] = []
    indices: list[tuple[Ints, int]] = []
    for mesh in (shape.mesh for shape in shapes):
        if mesh.normals is None or mesh.face_normals is None:
            a, b, c = np.moveaxis(mesh.positions[mesh.faces], 1, 0)
            flat = np.cross(b - a, c - a)
            length = np.linalg.norm(flat, axis=1, keepdims=True)
            tables.append(flat / np.where(length > 0, length, 1.0))
            every = np.arange(len(mesh.faces), dtype=np.int32)
            indices.append((np.repeat(every[:, None], 3, axis=1), len(every)))
        else:
            tables.append(mesh.normals)
            indices.append((mesh.face_normals, len(mesh.normals)))
    return _joined(tables, 3, np.float32), _shifted(indices)


def _uvs(shapes: Sequence[Shape]) -> tuple[Array, Ints]:
    """(T, 2) float32 and (F, 3); nothing where no mesh has any, (0, 0) where one has none."""
    if all(shape.mesh.uvs is None for shape in shapes):
        return np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    tables: list[Array] = []
    indices: list[tuple[Ints, int]] = []
    for mesh in (shape.mesh for shape in shapes):
        if mesh.uvs is None or mesh.face_uvs is None:
            tables.append(np.zeros((1, 2)))
            indices.append((np.zeros((len(mesh.faces), 3), np.int32), 1))
        else:
            tables.append(mesh.uvs)
            indices.append((mesh.face_uvs, len(mesh.uvs)))
    return _joined(tables, 2, np.float32), _shifted(indices)


def _colors(shapes: Sequence[Shape]) -> Array:
    """(V, 3) float32 linear; nothing where no mesh has any, white where one has none."""
    if all(shape.colors is None for shape in shapes):
        return np.zeros((0, 3), np.float32)
    white = (np.ones((len(shape.mesh.positions), 3)) for shape in shapes)
    every = [
        one if shape.colors is None else shape.colors
        for shape, one in zip(shapes, white, strict=True)
    ]
    return _joined(every, 3, np.float32)


def _material_of(shapes: Sequence[Shape]) -> Ints:
    """(F,) into the materials of all shapes; those of each end with the plain one."""
    parts, start = [np.zeros(0, np.int32)], 0
    for shape in shapes:
        plain = len(shape.materials)
        given = (
            np.full(len(shape.mesh.faces), -1)
            if shape.face_materials is None
            else shape.face_materials
        )
        parts.append((np.where(given < 0, plain, given) + start).astype(np.int32))
        start += plain + 1
    return np.concatenate(parts)


def _of_points(points: Points, given: Floats | None, other: float) -> Floats:
    return np.full(points.positions.shape, other) if given is None else given


def _maps(materials: Sequence[Material]) -> tuple[Ints, Ints, Array]:
    """Each material's levels, the levels, and their texels; see `Surfaces`."""
    known: dict[Map, tuple[int, int]] = {}
    level: list[tuple[int, int, int, int]] = []
    texels: list[Array] = []
    size = 0
    for one in (material.base_color_map for material in materials):
        if one is None or one in known:
            continue
        pictures = _levels(images.read(one.path, 3), one)
        known[one] = (len(level), len(pictures))
        for picture in pictures:
            height, width = picture.shape
            level.append((size, width, height, 0 if one.color_space == "srgb" else 256))
            texels.append(picture.reshape(-1))
            size += picture.size
            if size > LARGEST:
                found, fix = f"more than {LARGEST} texels", "Make the color maps smaller."
                raise SettingsError("the scene", found, f"at most {LARGEST}", fix)
    levels = [
        known.get(m.base_color_map, (0, 0)) if m.base_color_map else (0, 0) for m in materials
    ]
    return (
        np.array(levels, np.int32).reshape(-1, 2),
        np.array(level, np.int32).reshape(-1, 4),
        np.concatenate([np.zeros(0, np.uint32), *texels]),
    )


def _levels(pixels: images.Pixels, map_: Map) -> list[Array]:
    """A color map and its halves, each (h, w) uint32; means are of linear light."""
    srgb = map_.color_space == "srgb"
    levels = [_packed(pixels)]
    linear = linear_from_srgb(pixels) if srgb else pixels
    while min(linear.shape[:2]) > 1:
        height, width = linear.shape[0] // 2, linear.shape[1] // 2
        even = linear[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
        linear = even.mean(axis=(1, 3), dtype=np.float32)
        levels.append(_packed(srgb_from_linear(linear) if srgb else linear))
    return levels


def _packed(pixels: Array) -> Array:
    whole = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint32)
    return np.asarray(whole[..., 0] | whole[..., 1] << 8 | whole[..., 2] << 16)
