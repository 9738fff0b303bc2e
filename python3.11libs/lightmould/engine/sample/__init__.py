"""The model that the demo reconstructs: a vase made of formulas, its textures and its light.

The same bytes each time on the same machine: there is no chance in it, and nothing is fetched.
"""

from pathlib import Path

import numpy as np
import xatlas
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.dataset import images
from lightmould.engine.sample import paint, shape
from lightmould.errors import SettingsError
from lightmould.formats import mtl, obj
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.files import write_atomically
from lightmould.model import Map, Material, Mesh
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import cpu
from lightmould.rigs import studio

MATERIAL = Material(
    name="vase",
    base_color_map=Map(Path("albedo.png"), "srgb"),
    roughness_map=Map(Path("roughness.png"), "linear", "r"),
    metallic_map=Map(Path("metallic.png"), "linear", "r"),
)

DECIMALS = 6
"""A micrometre for positions: finer than anyone sees, and short to write."""

GUTTER = 4
"""Texels between charts."""


def write_sample(folder: Path, size: int = 1024) -> Path:
    """Write the sample: `vase.obj`, `vase.mtl`, three textures and `light.hdr`.

    Args:
        folder: made where it is missing; files of these names there are replaced.
        size: texels along the side of the textures.

    Returns:
        The OBJ, which is written last.
    """
    mesh = vase(size)
    for name, texture in textures(mesh, size).items():
        images.write_png(folder / f"{name}.png", texture)
    images.write_hdr(folder / "light.hdr", studio.studio().astype(np.float32))
    write_atomically(folder / "vase.mtl", mtl.write((MATERIAL,)))
    path = folder / "vase.obj"
    faces = np.zeros(len(mesh.faces), np.int32)
    text = obj.write(mesh, mtllib="vase.mtl", materials=(MATERIAL.name,), face_materials=faces)
    write_atomically(path, text)
    return path


def vase(size: int) -> Mesh:
    """The closed mesh with smooth normals, and an atlas whose gutters suit textures of a size."""
    positions, faces, normals = shape.surface()
    positions, normals = np.round(positions, DECIMALS), np.round(normals, DECIMALS)
    uvs, face_uvs = _unwrapped(positions, faces, size)
    return Mesh(positions, faces, uvs, face_uvs, normals, faces)


def textures(mesh: Mesh, size: int) -> dict[str, NDArray[np.float32]]:
    """Textures by name, (size, size, channels), as they are stored: 0 to 1, albedo in sRGB.

    Texels off the charts have the color of the nearest on one, so that no filter sees a seam.

    Raises:
        SettingsError: the mesh has no atlas.
    """
    if mesh.uvs is None or mesh.face_uvs is None:
        raise SettingsError("textures", "a mesh without uvs", "uvs", "Unwrap it first.")
    clip = np.zeros((1, len(mesh.uvs), 4), np.float32)
    clip[0, :, :2] = mesh.uvs * 2 - 1
    clip[0, :, 3] = 1
    fragments = cpu.rasterize(clip, mesh.face_uvs, (size, size))
    inside = fragments.triangle[0] >= 0
    places = cpu.interpolate(mesh.positions[None].astype(np.float32), mesh.faces, fragments)[0]
    coat = paint.coat(places[inside].astype(np.float64))
    layers = {
        "albedo": srgb_from_linear(coat.color),
        "roughness": coat.roughness[:, None],
        "metallic": coat.metallic[:, None],
    }
    nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    index = np.cumsum(inside).reshape(inside.shape) - 1
    spread = index[tuple(nearest)]
    return {name: layer[spread].astype(np.float32) for name, layer in layers.items()}


def _unwrapped(positions: Floats, faces: Ints, size: int) -> tuple[Floats, Ints]:
    """(T, 2) uvs and (F, 3) which of them the corners of faces have."""
    charts = xatlas.Atlas()
    # In metres the whole vase is smaller than what xatlas takes for nothing.
    millimetres = (positions * 1000).astype(np.float32)
    charts.add_mesh(millimetres, faces.astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.padding = GUTTER
    packing.resolution = size
    packing.bilinear = True
    charts.generate(xatlas.ChartOptions(), packing)
    _, corners, uvs = charts[0]
    side = max(charts.width, charts.height)
    texels = uvs * np.array([charts.width, charts.height])
    return np.round(texels / side, DECIMALS), corners.astype(np.int32)
