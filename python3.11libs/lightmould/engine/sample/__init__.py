"""The model that the demo reconstructs: a vase made of formulas, its textures and its light.

The same bytes each time on the same machine: there is no chance in it, and nothing is fetched.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.atlas import charts, dilated, texels_of
from lightmould.engine.sample import paint, shape
from lightmould.formats import mtl, obj
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.files import write_atomically
from lightmould.model import Map, Material, Mesh
from lightmould.rigs import studio

MATERIAL = Material(
    name="vase",
    base_color_map=Map(Path("albedo.png"), "srgb"),
    roughness_map=Map(Path("roughness.png"), "linear", "r"),
    metallic_map=Map(Path("metallic.png"), "linear", "r"),
)

DECIMALS = 6
"""A micrometre for positions: finer than anyone sees, and short to write."""


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
    uvs, face_uvs = charts(positions, faces, size)
    return Mesh(positions, faces, np.round(uvs, DECIMALS), face_uvs, normals, faces)


def textures(mesh: Mesh, size: int) -> dict[str, NDArray[np.float32]]:
    """Textures by name, (size, size, channels), as they are stored: 0 to 1, albedo in sRGB.

    Texels off the charts have the color of the nearest on one, so that no filter sees a seam.

    Raises:
        ReconstructionError: the mesh has no atlas.
    """
    texels = texels_of(mesh, size)
    coat = paint.coat(texels.positions[texels.inside].astype(np.float64))
    layers = np.zeros((size, size, 5), np.float32)
    layers[texels.inside, :3] = srgb_from_linear(coat.color)
    layers[texels.inside, 3] = coat.roughness
    layers[texels.inside, 4] = coat.metallic
    albedo, roughness, metallic = np.split(dilated(layers, texels.inside), (3, 4), axis=2)
    return {"albedo": albedo, "roughness": roughness, "metallic": metallic}
