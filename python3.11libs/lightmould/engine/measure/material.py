"""How much the materials that were found differ from the true ones, place by place.

Only what at least two of the cameras that were learned from see is judged: of the rest nobody could
know. At each such place of the true surface both textures are looked up, the found one at the
nearest place of the found surface.

Color is known only up to a factor, since twice the light on half the albedo looks the same. So
the albedo's error is told twice: as it is, and after the one factor for each channel that fits
best in the least squares' sense.
Source: Zhang, Srinivasan, Deng, Debevec, Freeman, Barron 2021, "NeRFactor", and Kuang et al. 2023,
"Stanford-ORB": both scale albedo per channel before they compare it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.measure.places import Places, nearest_places, spread
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Asset, Camera, Map, Material, Mesh
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import cpu

SAMPLES = 20_000
WITNESSES = 2
"""How many cameras have to see a place."""

LOOK_OUT = 256
"""Pixels along the longer side of the pictures that tell what a camera sees."""

SKIN = 0.003
"""As part of the diagonal: how far behind what a pixel sees a place may lie and count as seen."""

_COLOR, _ROUGHNESS, _METALLIC, _WIDTH = slice(0, 3), 3, 4, 5


@dataclass(frozen=True, slots=True)
class Error:
    """Absolute differences over all places.

    Attributes:
        median: half of the places differ by less.
        mean: over all.
    """

    median: float
    mean: float


@dataclass(frozen=True, slots=True)
class MaterialErrors:
    """How much found materials differ from true ones.

    Attributes:
        albedo: of linear base color, mean over the channels, as it was found.
        albedo_scaled: the same after `scale`.
        scale: what each channel of the found base color is multiplied by to fit best.
        roughness: of perceptual roughness.
        metallic: of the metallic value.
        places: how many were compared.
        seen: share of the true surface that they stand for.
    """

    albedo: Error
    albedo_scaled: Error
    scale: tuple[float, float, float]
    roughness: Error
    metallic: Error
    places: int
    seen: float


class Surface(Protocol):
    """A mesh whose materials can be asked for."""

    @property
    def mesh(self) -> Mesh:
        """Its triangles."""
        ...

    def at(self, places: Places) -> Floats:
        """(N, 5) linear base color, roughness and metallic at N places."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A mesh with an atlas and one texture for all.

    Attributes:
        mesh: with uvs.
        texture: (H, W, 5) linear base color, roughness and metallic.
    """

    mesh: Mesh
    texture: NDArray[np.floating[Any]]

    def at(self, places: Places) -> Floats:
        """Its texture, bilinear."""
        return _bilinear(self.texture, _uvs(self.mesh, places))


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """An asset as it is on disk.

    Attributes:
        asset: with materials; a face without one has that of an unnamed material.
    """

    asset: Asset

    @property
    def mesh(self) -> Mesh:
        """The asset's."""
        return self.asset.mesh

    def at(self, places: Places) -> Floats:
        """Constants and textures, bilinear and repeating.

        Raises:
            FormatError: a texture can't be read.
        """
        found = np.zeros((len(places.faces), _WIDTH))
        owners = self.asset.face_materials
        index = owners[places.faces] if owners is not None else np.full(len(found), -1)
        uvs = _uvs(self.mesh, places)
        for number, material in ((-1, Material("")), *enumerate(self.asset.materials)):
            chosen = index == number
            if chosen.any():
                found[chosen] = _properties(material, uvs[chosen])
        return found


def compare(
    found: Surface,
    truth: Surface,
    cameras: tuple[Camera, ...],
    rng: np.random.Generator,
    samples: int = SAMPLES,
) -> MaterialErrors | None:
    """Measure how far materials are from the truth.

    Args:
        found: the reconstruction.
        truth: the source, in the same space.
        cameras: those that were learned from.
        rng: chooses the places.
        samples: places on the whole true surface.

    Returns:
        The errors; None where too few cameras see the truth.

    Raises:
        FormatError: a texture can't be read.
        ReconstructionError: a mesh has no area.
    """
    there = spread(truth.mesh, rng, samples)
    kept = witnesses(truth.mesh, there.points(truth.mesh), cameras) >= WITNESSES
    if not kept.any():
        return None
    there = Places(there.faces[kept], there.weights[kept])
    here = nearest_places(there.points(truth.mesh), found.mesh)
    wanted, got = truth.at(there), found.at(here)
    color, true_color = got[:, _COLOR], wanted[:, _COLOR]
    scale = (color * true_color).sum(axis=0) / np.maximum((color**2).sum(axis=0), 1e-12)
    return MaterialErrors(
        albedo=_error(color, true_color),
        albedo_scaled=_error(color * scale, true_color),
        scale=(float(scale[0]), float(scale[1]), float(scale[2])),
        roughness=_error(got[:, _ROUGHNESS], wanted[:, _ROUGHNESS]),
        metallic=_error(got[:, _METALLIC], wanted[:, _METALLIC]),
        places=len(there.faces),
        seen=float(kept.mean()),
    )


def witnesses(mesh: Mesh, points: Floats, cameras: tuple[Camera, ...]) -> Ints:
    """How many of the cameras see each of (N, 3) points on a mesh, (N,); `WITNESSES` at most."""
    count, waiting = np.zeros(len(points), np.int32), np.arange(len(points))
    skin = SKIN * mesh.diagonal
    a, b, c = mesh.positions[mesh.faces].swapaxes(0, 1)
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    for camera in cameras:
        shrink = LOOK_OUT / max(camera.size)
        width, height = (max(1, round(side * shrink)) for side in camera.size)
        clip = _in_clip(mesh.positions, camera).astype(np.float32)
        triangles = cpu.rasterize(clip[None], mesh.faces, (width, height)).triangle[0]
        asked = points[waiting]
        x, y, _, ahead = _in_clip(asked, camera).T
        ahead = np.where(ahead > camera.near, ahead, np.nan)
        with np.errstate(invalid="ignore"):  # what lies behind the camera is at no pixel
            column = np.floor((x / ahead + 1) / 2 * width)
            row = np.floor((1 - y / ahead) / 2 * height)
            shown = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        row, column = (np.where(shown, one, 0).astype(np.int64) for one in (row, column))
        front = triangles[row, column]
        # Beside the plane of what the pixel sees, not its depth: grazing ones change within one.
        toward = ((camera.world_from_camera[:3, 3] - a[front]) * normals[front]).sum(axis=1)
        above = ((asked - a[front]) * normals[front]).sum(axis=1) * np.sign(toward)
        count[waiting] += shown & ((front < 0) | (above > -skin))
        waiting = waiting[count[waiting] < WITNESSES]
    return count


def _uvs(mesh: Mesh, places: Places) -> Floats:
    if mesh.uvs is None or mesh.face_uvs is None:
        return np.zeros((len(places.faces), 2))
    return places.among(mesh.uvs[mesh.face_uvs[places.faces]])


def _properties(material: Material, uvs: Floats) -> Floats:
    """(N, 5) of one material."""
    values = np.zeros((len(uvs), _WIDTH))
    constants = (material.base_color, material.roughness, material.metallic)
    textures = (material.base_color_map, material.roughness_map, material.metallic_map)
    targets = (_COLOR, slice(3, 4), slice(4, 5))
    for where, constant, texture in zip(targets, constants, textures, strict=True):
        values[:, where] = constant if texture is None else _sampled(texture, uvs)
    return values


def _sampled(texture: Map, uvs: Floats) -> Floats:
    """(N, 3) or (N, 1) what a texture holds at (N, 2) uvs, decoded before it is blended."""
    picture = images.read(texture.path, 4 if texture.channel == "a" else 3)
    if texture.channel != "rgb":
        picture = picture[..., ["rgba".index(texture.channel)]]
    decode = texture.color_space == "srgb" and texture.channel != "a"
    return _bilinear(picture, uvs, linear_from_srgb if decode else None)


def _bilinear(
    texture: NDArray[np.floating[Any]],
    uvs: Floats,
    decode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
) -> Floats:
    """(N, C) a texture (H, W, C) at (N, 2) uvs, repeating; its texels are decoded first."""
    height, width = texture.shape[:2]
    row, column = (1 - uvs[:, 1]) * height - 0.5, uvs[:, 0] * width - 0.5
    top, left = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
    total = np.zeros((len(uvs), texture.shape[2]))
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        texels = texture[(top + down) % height, (left + right) % width]
        share = (1 - np.abs(row - top - down)) * (1 - np.abs(column - left - right))
        total += share[:, None] * (decode(texels) if decode else texels)
    return total


def _error(found: Floats, truth: Floats) -> Error:
    off = np.abs(found - truth).reshape(len(truth), -1).mean(axis=1)
    return Error(float(np.median(off)), float(off.mean()))


def _in_clip(points: Floats, camera: Camera) -> Floats:
    """(N, 4) clip coordinates of (N, 3) points."""
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    return cast(Floats, homogeneous @ camera.clip_from_world.T)
