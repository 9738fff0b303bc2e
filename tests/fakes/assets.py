"""Reconstructions as folders: small, whole, with textures."""

import struct
import zlib
from pathlib import Path

import numpy as np

from lightmould.formats import obj, radiance
from lightmould.model import Mesh

MTL = """\
newmtl vase
bsdf   pbr
map_Kd texture_kd.png
map_Ks texture_ks.png
bump texture_n.png
"""


def write_asset(folder: Path, mesh: Mesh | None = None, *, alpha: bool = False) -> Path:
    """An asset as the engine and nvdiffrec lay it out; returns its mesh.obj."""
    folder.mkdir(parents=True, exist_ok=True)
    mesh = mesh or sphere(200)
    count = len(mesh.faces)
    text = obj.write(
        mesh,
        mtllib="mesh.mtl",
        materials=("vase",),
        face_materials=np.zeros(count, np.int32),
        groups={"top": np.arange(count // 2, dtype=np.int32)},
    )
    (folder / "mesh.obj").write_text(text)
    (folder / "mesh.mtl").write_text(MTL)
    for name in ("texture_kd", "texture_ks", "texture_n"):
        (folder / f"{name}.png").write_bytes(png(alpha=alpha and name == "texture_kd"))
    (folder / "probe.hdr").write_bytes(radiance.write(np.ones((4, 8, 3))))
    return folder / "mesh.obj"


def png(*, alpha: bool) -> bytes:
    """A PNG of 2 x 2 gray pixels."""
    channels = 4 if alpha else 3
    rows = (b"\0" + b"\x80" * 2 * channels) * 2
    header = struct.pack(">IIBBBBB", 2, 2, 8, 6 if alpha else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def sphere(faces: int) -> Mesh:
    """A closed mesh of about so many faces, with uvs and normals."""
    rows = int(np.sqrt(faces / 2))
    u, v = np.meshgrid(np.arange(rows + 1), np.arange(rows + 1), indexing="ij")
    azimuth, height = u * 2 * np.pi / rows, v * np.pi / rows
    places = np.stack(
        [np.sin(height) * np.sin(azimuth), np.cos(height), np.sin(height) * np.cos(azimuth)], -1
    ).reshape(-1, 3)
    corner = (u[:-1, :-1] * (rows + 1) + v[:-1, :-1]).reshape(-1)
    quads = [corner, corner + 1, corner + rows + 2, corner + rows + 1]
    triangles = np.concatenate(
        [np.stack([quads[0], quads[1], quads[2]], 1), np.stack([quads[0], quads[2], quads[3]], 1)]
    )
    uvs = np.stack([u, rows - v], -1).reshape(-1, 2) / rows
    return Mesh(places, triangles, uvs, triangles, places, triangles)
