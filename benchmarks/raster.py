"""Every raster operation against its slow twin, and visibility against ray casters.

    python benchmarks/raster.py [mesh.obj] [--size 256 512]

Four views of a mesh, at 256 and 512 pixels; without a mesh a torus of 20,000 triangles. Times are
the best of several, in milliseconds. Ray casters (`pip install open3d mitsuba`) are asked for the
same pixels; whatever moves a mesh in every step builds their scenes anew in every step.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.raster import cpu, reference
from lightmould.raster.detail import Detail
from lightmould.raster.pool import available

Array = NDArray[Any]
# How to build a peer's scenes, and what the pixels see of one.
Peer: TypeAlias = tuple[Callable[[], list[Any]], Callable[[Any], Array]]
VIEWS = 4
FOCAL = 2.7


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
        views.append(np.stack([FOCAL * x, FOCAL * y, -1.2 * z - 1, -z], axis=1))
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
    mesh = clip, faces, fragments
    slopes = cpu.barycentric_derivatives(*mesh)
    steps = cpu.attribute_derivatives(values, *mesh[1:], slopes)
    return {
        f"coverage {seen.mean():.0%}: rasterize": lambda r: r.rasterize(clip, faces, (size, size)),
        "rasterize_backward": lambda r: r.rasterize_backward(*mesh, fragments.barycentric),
        "barycentric_derivatives": lambda r: r.barycentric_derivatives(*mesh),
        "barycentric_derivatives_backward": lambda r: r.barycentric_derivatives_backward(
            *mesh, slopes
        ),
        "interpolate, 4 channels": lambda r: r.interpolate(values, *mesh[1:]),
        "interpolate_backward": lambda r: r.interpolate_backward(values, *mesh[1:], grad),
        "attribute_derivatives": lambda r: r.attribute_derivatives(values, *mesh[1:], slopes),
        "attribute_derivatives_backward": lambda r: r.attribute_derivatives_backward(
            values, *mesh[1:], slopes, steps
        ),
        "adjacency": lambda r: r.adjacency(faces),
        "antialias, 4 channels": lambda r: r.antialias(color, *mesh, neighbors),
        "antialias_backward": lambda r: r.antialias_backward(color, *mesh, grad, neighbors),
        **lookups(color, steps, grad),
    }


def lookups(color: Array, steps: Array, grad: Array) -> dict[str, Callable[[ModuleType], Any]]:
    """The same for lookups, in an image and in a cube map, 4 channels each."""
    rng = np.random.default_rng(1)
    uv, image = np.ascontiguousarray(color[..., :2]), rng.random((1, 1024, 1024, 4), np.float32)
    detail, chain = Detail(np.ascontiguousarray(steps[:, :, :, :2])), cpu.mip_chain(image)
    cube, ways = rng.random((1, 6, 32, 32, 4), np.float32), color[..., :3] + np.float32(0.01)
    cubes, turns = cpu.mip_chain(cube), Detail(np.ascontiguousarray(steps[:, :, :, :3]))
    return {
        "texture, 1024": lambda r: r.texture(image, uv),
        "texture_backward": lambda r: r.texture_backward(image, uv, grad),
        "mip_chain, 1024": lambda r: r.mip_chain(image),
        "mip_chain_backward": lambda r: r.mip_chain_backward(chain),
        "texture_mip, 1024": lambda r: r.texture_mip(chain, uv, detail),
        "texture_mip_backward": lambda r: r.texture_mip_backward(chain, uv, detail, grad),
        "texture_mip, cube of 32": lambda r: r.texture_mip(cubes, ways, turns, "cube"),
        "texture_mip_backward, cube": lambda r: r.texture_mip_backward(
            cubes, ways, turns, grad, "cube"
        ),
    }


def milliseconds(call: Callable[[], Any], repeats: int) -> float:
    """The best time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def against_twin(clip: Array, faces: Array, size: int) -> None:
    """Print a table: every operation's time and how it compares."""
    print(f"\n{len(faces)} triangles, {VIEWS} views of {size} x {size}")
    print(f"{'':34}{'cpu ms':>10}{'twin ms':>10}{'ratio':>8}")
    for name, call in operations(clip, faces, size).items():
        call(cpu)
        fast, slow = (
            milliseconds(lambda r=module, c=call: c(r), repeats)
            for module, repeats in ((cpu, 11), (reference, 1))
        )
        print(f"{name:34}{fast:10.2f}{slow:10.1f}{slow / fast:8.0f}", flush=True)
    ours, twins = (r.rasterize(clip, faces, (size, size)).triangle for r in (cpu, reference))
    print(f"pixels that see another triangle in the twin: {(ours != twins).mean():.4%}")


def open3d_peer(corners: Array, faces: Array, rays: Array) -> Peer:
    """Open3D's ray casting, with Embree: how to build its scenes, and how to look into one."""
    import open3d  # noqa: PLC0415  a peer, where it is installed

    core = open3d.core
    targets = core.Tensor(rays.reshape(-1, 6))

    def build() -> list[Any]:
        scenes = []
        for view in corners:
            scenes.append(open3d.t.geometry.RaycastingScene())
            scenes[-1].add_triangles(core.Tensor(view), core.Tensor(faces.astype(np.uint32)))
            # It sorts its triangles when it is first asked.
            scenes[-1].cast_rays(targets[:1])
        return scenes

    def look(scene: Any) -> Array:
        found = scene.cast_rays(targets)["primitive_ids"].numpy()
        return np.where(found == scene.INVALID_ID, -1, found.astype(np.int64))

    return build, look


def mitsuba_peer(corners: Array, faces: Array, rays: Array) -> Peer:
    """Mitsuba 3's ray tracing on the CPU: the same."""
    import drjit  # noqa: PLC0415  a peer, where it is installed
    import mitsuba  # noqa: PLC0415

    mitsuba.set_variant("llvm_ad_rgb")
    origin, way = (mitsuba.Point3f(rays[..., :3].reshape(-1, 3).T), rays[..., 3:].reshape(-1, 3).T)
    ray = mitsuba.Ray3f(origin, mitsuba.Vector3f(way))

    def build() -> list[Any]:
        scenes = []
        for view in corners:
            mesh = mitsuba.Mesh("mesh", len(view), len(faces))
            parameters = mitsuba.traverse(mesh)
            parameters["vertex_positions"] = view.ravel()
            parameters["faces"] = faces.ravel().astype(np.uint32)
            parameters.update()
            scenes.append(mitsuba.load_dict({"type": "scene", "mesh": mesh}))
        return scenes

    def look(scene: Any) -> Array:
        found = scene.ray_intersect_preliminary(ray, coherent=True)
        index = drjit.select(found.is_valid(), mitsuba.Int(found.prim_index), -1)
        return np.array(index)

    return build, look


def against_peers(clip: Array, faces: Array, size: int) -> None:
    """Print a table: what all pixels see, by us and by ray casters."""
    pixels = (np.arange(size) + 0.5) * 2 / size - 1
    x, y = np.meshgrid(pixels / FOCAL, -pixels / FOCAL)
    way = np.stack([x, y, -np.ones(x.shape)], axis=-1)
    rays = np.concatenate([np.zeros(way.shape), way], axis=-1).astype(np.float32)
    corners = np.stack([clip[..., 0] / FOCAL, clip[..., 1] / FOCAL, -clip[..., 3]], axis=-1)
    print(f"\n{'visibility':24}{'build ms':>10}{'look ms':>10}{'/ ours':>8}{'other pixels':>14}")
    ours = cpu.rasterize(clip, faces, (size, size)).triangle
    fast = milliseconds(lambda: cpu.rasterize(clip, faces, (size, size)), 11)
    print(f"{'lightmould':24}{'':10}{fast:10.2f}{1:8.1f}")
    for name, peer in (("Open3D", open3d_peer), ("Mitsuba 3", mitsuba_peer)):
        try:
            build, look = peer(corners, faces, rays)
        except ImportError:
            print(f"{name:24}not installed")
            continue
        scenes = build()
        found = np.stack([look(scene).reshape(size, size) for scene in scenes])
        building = milliseconds(build, 5)
        looking = milliseconds(lambda s=scenes, f=look: [f(scene) for scene in s], 11)
        ratio, other = (building + looking) / fast, (found != ours).mean()
        print(f"{name:24}{building:10.2f}{looking:10.2f}{ratio:8.1f}{other:14.4%}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mesh", nargs="?", type=Path, help="a triangulated OBJ")
    parser.add_argument("--size", type=int, nargs="+", default=[256, 512], help="pixels")
    asked = parser.parse_args()
    start = time.perf_counter()
    cpu.compile_kernels()
    print(f"kernels ready in {time.perf_counter() - start:.2f} s, {available()} cores")
    positions, faces = read_mesh(asked.mesh) if asked.mesh else torus()
    clip = clip_of(positions)
    for size in asked.size:
        against_twin(clip, faces, size)
        against_peers(clip, faces, size)


if __name__ == "__main__":
    main()
