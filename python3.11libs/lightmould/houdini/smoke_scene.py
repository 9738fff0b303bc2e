"""What the smoke checks look at: networks that go away, and a small asset in a folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hou
import numpy as np

from lightmould.formats import obj, radiance
from lightmould.houdini import import_asset, nodes
from lightmould.model import Mesh

_MTL = "newmtl one\nbsdf pbr\nmap_Kd kd.png\nmap_Ks kd.png\nbump kd.png\n"
# 1 x 1 gray pixel.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da6368"
    "68680000030401818dd5f9b30000000049454e44ae426082"
)


@contextmanager
def network(table: str) -> Iterator[hou.OpNode]:
    """A network for nodes of a kind, gone afterwards."""
    kind = {"Object": "subnet", "Sop": "geo", "Top": "topnet"}[table]
    made = nodes.made(nodes.at("/obj"), kind, "lightmould_smoke", {})
    try:
        yield made
    finally:
        made.destroy()


@contextmanager
def imported(values: dict[str, str] | None = None) -> Iterator[tuple[hou.SopNode, Mesh]]:
    """An Import SOP of a small asset, and the asset's mesh."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_asset(Path(folder))
        node = import_asset.into_scene(path)
        nodes.set_all(node, values or {})
        if not isinstance(node, hou.SopNode):
            raise TypeError(f"Import is a {type(node).__name__}")
        try:
            yield node, import_asset.load(path).mesh
        finally:
            nodes.operator(node.parent(), "object").destroy()


def write_asset(folder: Path) -> Path:
    """An octahedron with uvs, normals, a material, a group and a light; returns its OBJ."""
    places = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1.0]])
    faces = np.array(
        [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    )
    mesh = Mesh(places, faces, places[:, :2] / 2 + 0.5, faces, places, faces)
    own, half = np.zeros(8, np.int32), {"half": np.arange(4, dtype=np.int32)}
    text = obj.write(mesh, mtllib="mesh.mtl", materials=("one",), face_materials=own, groups=half)
    (folder / "mesh.obj").write_text(text)
    (folder / "mesh.mtl").write_text(_MTL)
    (folder / "kd.png").write_bytes(_PNG)
    (folder / "probe.hdr").write_bytes(radiance.write(np.ones((2, 4, 3))))
    return folder / "mesh.obj"
