"""Captures against Open3D's documented headless workflow, and depth against exact rays.

    python benchmarks/capture.py MESH.obj [--open3d PYTHON] [--moderngl] [--rounds 3] [--frames 60]

PYTHON is an interpreter that has Open3D; with --moderngl, frames are drawn by a plain program of
moderngl's, too, and by our own OpenGL. Every round captures the same trajectory of 640 x 480 with
all of them, one after the other, of the mesh as it is and with every triangle cut in four, twice.
Told are medians and the ratio in each round. Depth and silhouettes of one frame are then compared
with a ray for every pixel. Files go to the folder of temporary files: TMPDIR=/dev/shm leaves the
disk out of it.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numba import njit

from lightmould.capture import reading, sequence, trajectory
from lightmould.capture.egl import EglRenderer
from lightmould.capture.encoding import Coding
from lightmould.capture.frame import USUAL, Style
from lightmould.capture.renderer import Renderer
from lightmould.capture.scene import Scene, Shape
from lightmould.formats import obj
from lightmould.formats.poses import open3d
from lightmould.model import Camera, Mesh, Poses, Shot
from lightmould.model.mesh import vertex_normals
from lightmould.raster import pool
from lightmould.raster.cpu.sight import lens_of
from lightmould.rigs import Lens, ring

SIZE = (640, 480)
OPEN3D, MODERNGL = (
    Path(__file__).with_name(f"capture_{name}.py") for name in ("open3d", "moderngl")
)


def finer(mesh: Mesh) -> Mesh:
    """Every triangle cut in four at the middles of its edges."""
    positions, faces = _halved(mesh.positions, mesh.faces)
    uvs, face_uvs = _halved(mesh.uvs, mesh.face_uvs)
    return Mesh(positions, faces, uvs, face_uvs, vertex_normals(positions, faces), faces)


def _halved(table: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, index = np.unique(edges, axis=0, return_inverse=True)
    middle = len(table) + index.reshape(3, -1)
    a, b, c = faces.T
    ab, bc, ca = middle
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([table, table[unique].mean(axis=1)]), np.concatenate(
        [np.stack(part, axis=1) for part in parts]
    ).astype(np.int32)


def ours(renderer: Renderer, cameras: tuple[Camera, ...], folder: Path) -> float:
    """Seconds of a sequence of PNGs."""
    request = sequence.Request("benchmark", renderer.digest, cameras, USUAL, Style(), Coding())
    began = time.perf_counter()
    sequence.capture(renderer, request, folder, lambda _index, _kept: None)
    return time.perf_counter() - began


def drawn(renderer: Renderer | EglRenderer, cameras: tuple[Camera, ...]) -> float:
    """Seconds of the frames alone."""
    began = time.perf_counter()
    for _ in renderer.frames(cameras):
        pass
    return time.perf_counter() - began


def theirs(python: str, program: Path, *arguments: object) -> float:
    """Seconds of the same by another program."""
    argv = (python, str(program), *map(str, arguments))
    return float(subprocess.check_output(argv, text=True).split()[-1])


def compare(name: str, shape: Shape, folder: Path, asked: argparse.Namespace) -> None:
    """Rounds of both, one after the other."""
    model, path = folder / f"{name}.obj", folder / "trajectory.json"
    write(shape, model, asked.mesh.with_suffix(".mtl"))
    low, high = shape.mesh.bounds
    rig = ring((low + high) / 2, shape.mesh.diagonal * 0.83, asked.frames, Lens(SIZE, 1.0))
    path.write_text(open3d.write(Poses(tuple(Shot(camera) for camera in rig.cameras))))
    scene = Scene((shape,))
    renderer, cameras = Renderer(scene), trajectory.read(path, scene)
    ours(renderer, cameras[:4], folder / "warm")
    opengl = EglRenderer(scene) if asked.moderngl else None
    if opengl is not None:
        print(f"  OpenGL: {opengl.device}")
        drawn(opengl, cameras[:4])
    rounds: list[dict[str, float]] = []
    for number in range(asked.rounds):
        out = folder / f"{name} {number}"
        row = {"PNGs": ours(renderer, cameras, out / "ours"), "frames": drawn(renderer, cameras)}
        if asked.open3d:
            files = OPEN3D, model, path, out
            row["PNGs by Open3D"] = theirs(asked.open3d, *files, "sequence")
            row["frames by Open3D"] = theirs(asked.open3d, *files, "render")
        if opengl is not None:
            row["frames by moderngl"] = theirs(sys.executable, MODERNGL, model, path)
            row["frames by egl"] = drawn(opengl, cameras)
        rounds.append(row)
        rates = ", ".join(f"{key} {asked.frames / value:.0f}/s" for key, value in row.items())
        print(f"  round {number + 1}: {rates}")
    for key in ("PNGs", "frames"):
        tell(f"{name}, {key}", asked.frames, key, rounds)


def write(shape: Shape, model: Path, library: Path) -> None:
    """An OBJ with its materials for the other program."""
    named = library.is_file()
    for file in (library, *(one.path for m in shape.materials for one in m.maps)) if named else ():
        (model.parent / file.name).write_bytes(file.read_bytes())
    names = tuple(material.name for material in shape.materials)
    mtllib = library.name if named else ""
    text = obj.write(
        shape.mesh, mtllib=mtllib, materials=names, face_materials=shape.face_materials
    )
    model.write_text(text)


def tell(title: str, frames: int, key: str, rounds: list[dict[str, float]]) -> None:
    """Frames a second, and how many times as many as others in each round."""
    print(f"{title}: {frames / statistics.median(row[key] for row in rounds):.0f} a second", end="")
    for other in [name for name in rounds[0] if name.startswith(f"{key} by ")]:
        ratios = [row[other] / row[key] for row in rounds]
        peer = frames / statistics.median(row[other] for row in rounds)
        print(f"; {other.split()[-1]} {peer:.1f}, ratio {statistics.median(ratios):.1f}", end="")
        print(f" ({min(ratios):.1f} to {max(ratios):.1f})", end="")
    print()


@njit(cache=True)
def cast(corners: np.ndarray, pose: np.ndarray, lens: np.ndarray, depth: np.ndarray) -> None:
    """Depth (H, W) where a ray meets the nearest triangle, corners (F, 3, 3); inf elsewhere."""
    edge, other, start = np.zeros(3), np.zeros(3), np.zeros(3)
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            a, b = (x + 0.5 - lens[4]) / lens[2], (lens[5] - y - 0.5) / lens[3]
            ray = pose[:3, 0] * a + pose[:3, 1] * b - pose[:3, 2]
            depth[y, x] = np.inf
            for f in range(corners.shape[0]):
                for k in range(3):
                    edge[k] = corners[f, 1, k] - corners[f, 0, k]
                    other[k] = corners[f, 2, k] - corners[f, 0, k]
                    start[k] = pose[k, 3] - corners[f, 0, k]
                px = ray[1] * other[2] - ray[2] * other[1]
                py = ray[2] * other[0] - ray[0] * other[2]
                pz = ray[0] * other[1] - ray[1] * other[0]
                scale = edge[0] * px + edge[1] * py + edge[2] * pz
                if scale == 0:
                    continue
                u = (start[0] * px + start[1] * py + start[2] * pz) / scale
                if u < 0 or u > 1:
                    continue
                qx = start[1] * edge[2] - start[2] * edge[1]
                qy = start[2] * edge[0] - start[0] * edge[2]
                qz = start[0] * edge[1] - start[1] * edge[0]
                v = (ray[0] * qx + ray[1] * qy + ray[2] * qz) / scale
                t = (other[0] * qx + other[1] * qy + other[2] * qz) / scale
                if v >= 0 and u + v <= 1 and lens[6] <= t < depth[y, x]:
                    depth[y, x] = t


def check(shape: Shape) -> None:
    """One frame's depth and silhouette against exact rays."""
    low, high = shape.mesh.bounds
    rig = ring((low + high) / 2, shape.mesh.diagonal * 0.83, 7, Lens(SIZE, 1.0))
    camera = rig.cameras[2]
    frame = Renderer(Scene((shape,)), ("depth",)).render(camera)
    depth = np.zeros((SIZE[1], SIZE[0]))
    corners = shape.mesh.positions[shape.mesh.faces]
    cast(corners, camera.world_from_camera, lens_of(camera), depth)
    seen, wanted = np.isfinite(frame.depth), np.isfinite(depth)
    both = seen & wanted
    error = np.abs(frame.depth[both] - depth[both])
    median, most = np.percentile(error, (50, 99))
    print(
        f"depth against exact rays: median {median:.1e}, p99 {most:.1e}, max {error.max():.1e} of "
        f"{wanted.sum()} pixels; {(seen != wanted).sum()} wrong in the silhouette"
    )


def main() -> None:
    """Compare, then check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mesh", type=Path)
    parser.add_argument("--open3d", metavar="PYTHON")
    parser.add_argument("--moderngl", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=60)
    asked = parser.parse_args()
    shape = reading.read([asked.mesh]).shapes[0]
    mesh = shape.mesh
    fine = finer(finer(mesh))
    print(f"{SIZE[0]} x {SIZE[1]}, {asked.frames} frames, {pool.available()} cores")
    with tempfile.TemporaryDirectory() as out:
        folder = Path(out)
        smooth = vertex_normals(mesh.positions, mesh.faces)
        whole = Mesh(mesh.positions, mesh.faces, mesh.uvs, mesh.face_uvs, smooth, mesh.faces)
        look = (shape.materials, shape.face_materials)
        compare(f"{len(whole.faces)} triangles", Shape("mesh", whole, *look), folder, asked)
        indices = None if look[1] is None else np.tile(look[1], 16)
        compare(
            f"{len(fine.faces)} triangles", Shape("fine", fine, look[0], indices), folder, asked
        )
    check(Shape("mesh", whole, *look))


main()
