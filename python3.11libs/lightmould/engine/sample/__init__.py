"""Objects made of formulas, with their textures and their light, so that the truth is known.

`vase` is what the demo reconstructs. `dented` hides its hollows from every silhouette, and has
metals and glazes of many kinds; `thin` has dozens of thin parts under fine patterns. The same bytes
each time on the same machine: there is no chance in them, and nothing is fetched.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.sample import dented, paint, shape, thin
from lightmould.engine.sample.coat import Coat
from lightmould.engine.texturing.atlas import charts, dilated, texels_of
from lightmould.errors import SettingsError
from lightmould.formats import mtl, obj
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.files import write_atomically
from lightmould.model import Map, Material, Mesh
from lightmould.model.arrays import Floats, Ints
from lightmould.rigs import studio

DECIMALS = 6
"""A micrometre for positions: finer than anyone sees, and short to write."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How one object is made.

    Attributes:
        name: also its files'.
        size: texels along the side of its textures, where nothing else is said.
        surface: makes (V, 3) positions, (F, 3) faces and (V, 3) unit normals; metres.
        coat: what lies on (N, 3) places.
        places: (V, 3) what `coat` is asked about, such as places along a part; None where that
            is the positions.
    """

    name: str
    size: int
    surface: Callable[[], tuple[Floats, Ints, Floats]]
    coat: Callable[..., Coat]
    places: Callable[[], tuple[Floats, Floats]] | None = None


VASE = Sample("vase", 1024, shape.surface, paint.coat)
DENTED = Sample("dented", 2048, dented.surface, dented.coat)
THIN = Sample("thin", 2048, thin.surface, thin.coat, thin.places)
SAMPLES = {sample.name: sample for sample in (VASE, DENTED, THIN)}


def write_sample(folder: Path, name: str = VASE.name, size: int | None = None) -> Path:
    """Write a sample: `NAME.obj`, `NAME.mtl`, three textures and `light.hdr`.

    Args:
        folder: made where it is missing; files of these names there are replaced.
        name: one of `SAMPLES`.
        size: texels along the side of the textures; None is the sample's own.

    Returns:
        The OBJ, which is written last.

    Raises:
        SettingsError: there is no sample of that name.
    """
    if name not in SAMPLES:
        raise SettingsError("sample", repr(name), f"one of {sorted(SAMPLES)}", "Correct the name.")
    sample = SAMPLES[name]
    side = size or sample.size
    mesh = mesh_of(sample, side)
    for kind, texture in textures(sample, mesh, side).items():
        images.write_png(folder / f"{kind}.png", texture)
    images.write_hdr(folder / "light.hdr", studio.studio().astype(np.float32))
    write_atomically(folder / f"{name}.mtl", mtl.write((_material(name),)))
    path = folder / f"{name}.obj"
    faces = np.zeros(len(mesh.faces), np.int32)
    text = obj.write(mesh, mtllib=f"{name}.mtl", materials=(name,), face_materials=faces)
    write_atomically(path, text)
    return path


def mesh_of(sample: Sample, size: int) -> Mesh:
    """The closed mesh with smooth normals, and an atlas whose gutters suit textures of a size."""
    positions, faces, normals = sample.surface()
    positions, normals = np.round(positions, DECIMALS), np.round(normals, DECIMALS)
    uvs, face_uvs = charts(positions, faces, size)
    return Mesh(positions, faces, np.round(uvs, DECIMALS), face_uvs, normals, faces)


def textures(sample: Sample, mesh: Mesh, size: int) -> dict[str, NDArray[np.float32]]:
    """Textures by name, (size, size, channels), as they are stored: 0 to 1, albedo in sRGB.

    Texels off the charts have the color of the nearest on one, so that no filter sees a seam.

    Raises:
        ReconstructionError: the mesh has no atlas.
    """
    inside = texels_of(mesh, size).inside
    asked = (mesh.positions, *(sample.places() if sample.places else ()))
    answers = [texels_of(replace(mesh, positions=one), size).positions[inside] for one in asked]
    coat = sample.coat(*(one.astype(np.float64) for one in answers))
    layers = np.zeros((size, size, 5), np.float32)
    layers[inside, :3] = srgb_from_linear(coat.color)
    layers[inside, 3] = coat.roughness
    layers[inside, 4] = coat.metallic
    albedo, roughness, metallic = np.split(dilated(layers, inside), (3, 4), axis=2)
    return {"albedo": albedo, "roughness": roughness, "metallic": metallic}


def _material(name: str) -> Material:
    return Material(
        name=name,
        base_color_map=Map(Path("albedo.png"), "srgb"),
        roughness_map=Map(Path("roughness.png"), "linear", "r"),
        metallic_map=Map(Path("metallic.png"), "linear", "r"),
    )
