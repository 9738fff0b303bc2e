"""Every raster operation against its slow twin: four views of a mesh, at 256 and 512 pixels.

    python benchmarks/raster.py [mesh.obj]

Without a mesh it draws a torus of 20,000 triangles. Times are the best of several, in milliseconds.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.raster import cpu, reference
from lightmould.raster.pool import available

Array = NDArray[Any]
VIEWS = 4


def read_mesh(path: Path) -> tuple[Array, Array]:
    """Positions (V, 3) and faces (F, 3) of a triangulated OBJ."""
    lines = [line.split() for line in path.read_text().splitlines()]
    positions = [[float(x) for x in words[1:4]] for words in lines if words[:1] == ["v"]]
    faces = [
        [int(corner.split("/")[0]) - 1 for corner in words[1:4]]
        for words in lines
        if words[:1] == ["f"]
    ]
    return np.array(positions), np.array(faces, np.int32)


def torus(rings: int = 200, sides: int = 50) -> tuple[Array, Array]:
    """Positions (V, 3) and faces (F, 3) of a torus."""
    a, b = (n.ravel() for n in np.meshgrid(np.arange(rings), np.arange(sides), indexing="ij"))
    around, about = a * 2 * np.pi / rings, b * 2 * np.pi / sides
    out = 0.7 + 0.3 * np.cos(about)
    positions = np.stack([out * np.cos(around), 0.3 * np.sin(about), out * np.sin(around)], axis=1)
    i, j, k, m = (
        (a + da) % rings * sides + (b + db) % sides for da, db in ((0, 0), (1, 0), (1, 1), (0, 1))
    )
    faces = np.concatenate([np.stack([i, k, j], axis=1), np.stack([i, m, k], axis=1)])
    return positions, faces.astype(np.int32)


def clip_of(positions: Array) -> Array:
    """Clip positions (VIEWS, V, 4) that fill most of the picture, from around and a bit above."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    centered = (positions - (low + high) / 2) / np.linalg.norm(high - low) * 2
    views = []
    for view in range(VIEWS):
        turn = 2 * np.pi * view / VIEWS + 0.3
        cos, sin, up = np.cos(turn), np.sin(turn), 0.4
        around = centered @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T
        tilt = np.array([[1, 0, 0], [0, np.cos(up), -np.sin(up)], [0, np.sin(up), np.cos(up)]])
        x, y, z = (around @ tilt.T - (0, 0, 3)).T
        views.append(np.stack([2.7 * x, 2.7 * y, -1.2 * z - 1, -z], axis=1))
    return np.array(views, np.float32)


def operations(clip: Array, faces: Array, size: int) -> dict[str, Callable[[ModuleType], Any]]:
    """Each operation's name and how to call it in either module."""
    rng = np.random.default_rng(0)
    fragments = cpu.rasterize(clip, faces, (size, size))
    neighbors = cpu.adjacency(faces)
    values = rng.random((1, clip.shape[1], 4), np.float32)
    color = cpu.interpolate(values, faces, fragments)
    seen = fragments.triangle >= 0
    grad = rng.random(color.shape, np.float32) * seen[..., None]
    uv, image = np.ascontiguousarray(color[..., :2]), rng.random((1, 1024, 1024, 4), np.float32)
    mesh = clip, faces, fragments
    return {
        f"coverage {seen.mean():.0%}: rasterize": lambda r: r.rasterize(clip, faces, (size, size)),
        "rasterize_backward": lambda r: r.rasterize_backward(*mesh, fragments.barycentric),
        "interpolate, 4 channels": lambda r: r.interpolate(values, *mesh[1:]),
        "interpolate_backward": lambda r: r.interpolate_backward(values, *mesh[1:], grad),
        "adjacency": lambda r: r.adjacency(faces),
        "antialias, 4 channels": lambda r: r.antialias(color, *mesh, neighbors),
        "antialias_backward": lambda r: r.antialias_backward(color, *mesh, grad, neighbors),
        "texture, 4 channels of 1024": lambda r: r.texture(image, uv),
        "texture_backward": lambda r: r.texture_backward(image, uv, grad),
    }


def milliseconds(call: Callable[[], Any], repeats: int) -> float:
    """The best time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mesh", nargs="?", type=Path, help="a triangulated OBJ")
    mesh = parser.parse_args().mesh
    start = time.perf_counter()
    cpu.compile_kernels()
    print(f"kernels ready in {time.perf_counter() - start:.2f} s, {available()} cores")
    positions, faces = read_mesh(mesh) if mesh else torus()
    clip = clip_of(positions)
    for size in (256, 512):
        print(f"\n{len(faces)} triangles, {VIEWS} views of {size} x {size}")
        print(f"{'':32}{'cpu ms':>10}{'twin ms':>10}{'ratio':>8}")
        for name, call in operations(clip, faces, size).items():
            call(cpu)
            fast, slow = (
                milliseconds(lambda r=module, c=call: c(r), repeats)
                for module, repeats in ((cpu, 11), (reference, 1))
            )
            print(f"{name:32}{fast:10.2f}{slow:10.1f}{slow / fast:8.0f}")


if __name__ == "__main__":
    main()
