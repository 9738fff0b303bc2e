"""The asset on disk, in nvdiffrec's layout: `mesh/mesh.obj`, `mesh.mtl`, textures, `probe.hdr`."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.texturing import light as lights
from lightmould.engine.texturing import shading
from lightmould.engine.texturing.atlas import dilated, texels_of
from lightmould.engine.texturing.look import Look
from lightmould.formats import mtl, obj
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.files import write_atomically
from lightmould.model import Map, Material, Mesh

Textures: TypeAlias = dict[str, NDArray[np.float32]]

MATERIAL = Material(
    name="defaultMat",
    base_color_map=Map(Path("texture_kd.png"), "srgb"),
    roughness_map=Map(Path("texture_ks.png"), "linear", "g"),
    metallic_map=Map(Path("texture_ks.png"), "linear", "b"),
    occlusion_map=Map(Path("texture_ks.png"), "linear", "r"),
    normal_map=Map(Path("texture_n.png"), "linear"),
    occlusion_inverted=True,
)
"""The one material, named and wired as nvdiffrec does."""

PROBE_ROWS = 128
"""Of the probe; more than the light has, so that a nearest look-up shows no texels."""


def write(
    folder: Path, mesh: Mesh, textures: Textures, light: NDArray[np.float32]
) -> tuple[Path, ...]:
    """Write a textured mesh and its light.

    Args:
        folder: for example `asset/mesh`; files there are replaced one by one.
        mesh: with an atlas.
        textures: of `textures_of`.
        light: of `engine.light`.

    Returns:
        The files; the OBJ, which names all the others, is the last.
    """
    probe = folder / "probe.hdr"
    images.write_hdr(probe, lights.probe(light, PROBE_ROWS))
    return (probe, *write_mesh(folder, mesh, textures, MATERIAL))


def write_mesh(
    folder: Path, mesh: Mesh, textures: Textures, material: Material
) -> tuple[Path, ...]:
    """Write a textured mesh without its light, whose material is given; see `write`."""
    written = []
    for name, texture in textures.items():
        path = folder / f"texture_{name}.png"
        images.write_png(path, texture)
        written.append(path)
    materials = folder / "mesh.mtl"
    write_atomically(materials, mtl.write((material,)))
    geometry = folder / "mesh.obj"
    faces = np.zeros(len(mesh.faces), np.int32)
    text = obj.write(mesh, mtllib="mesh.mtl", materials=(material.name,), face_materials=faces)
    write_atomically(geometry, text)
    return (*written, materials, geometry)


def textures_of(mesh: Mesh, look: Look) -> Textures:
    """The three textures by name, each (H, W, 3), encoded as they are stored, 0 to 1."""
    texture = dilated(look.texture, texels_of(mesh, look.texture.shape[0]).inside)
    kd = srgb_from_linear(texture[..., shading.KD]).astype(np.float32)
    ks = np.zeros_like(kd)
    ks[..., 0] = texture[..., shading.OCCLUSION]
    ks[..., 1] = texture[..., shading.ROUGHNESS]
    ks[..., 2] = texture[..., shading.METALLIC]
    slopes = np.pad(texture[..., shading.SLOPE], ((0, 0), (0, 0), (0, 1)), constant_values=1.0)
    normal = slopes / np.linalg.norm(slopes, axis=-1, keepdims=True)
    return {"kd": kd, "ks": ks, "n": ((normal + 1) / 2).astype(np.float32)}
