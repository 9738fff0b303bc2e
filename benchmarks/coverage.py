"""What a rig sees of a mesh, against a ray for every point of every face.

    python benchmarks/coverage.py [mesh.obj] [--views 100] [--rays 100]

Without a mesh a knotted tube of 10,000 triangles, which hides much of itself. Views are a Fibonacci
sphere of 512 x 512 pixels. The slow twin casts its rays at some faces only, `--rays` of them, from
every view; its time is scaled up to all. A face is equal where every view agrees about it.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from lightmould.coverage import Goal, complete, measure
from lightmould.formats import obj
from lightmould.model import CameraRig, Mesh
from lightmould.raster import cpu, reference
from lightmould.rigs import Lens, framing, sphere

BAR_SECONDS, BAR_EQUAL = 2.0, 0.999
LENS = Lens((512, 512), 0.7)


def knot(along: int = 250, around: int = 20) -> Mesh:
    """A trefoil of 2 * along * around triangles."""
    t = np.arange(along) * (2 * np.pi / along)
    spine = np.stack(
        [np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)], 1
    )
    ahead = np.roll(spine, -1, axis=0) - np.roll(spine, 1, axis=0)
    side = np.cross(ahead, (0, 0, 1.0))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, ahead / np.linalg.norm(ahead, axis=1, keepdims=True))
    turn = np.arange(around) * (2 * np.pi / around)
    tube = 0.6 * (np.cos(turn)[:, None] * side[:, None] + np.sin(turn)[:, None] * up[:, None])
    a, b = (n.ravel() for n in np.mgrid[:along, :around])
    i, j, k, m = (
        (a + x) % along * around + (b + y) % around for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
    )
    faces = np.concatenate([np.stack([i, j, k], axis=1), np.stack([i, k, m], axis=1)])
    return Mesh((spine[:, None] + tube).reshape(-1, 3), faces)


def seconds(mesh: Mesh, rig: CameraRig) -> float:
    """The best of several times that measuring takes, compiled."""
    measure(mesh, rig.cameras[:1])
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        measure(mesh, rig.cameras)
        times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", nargs="?", type=Path)
    parser.add_argument("--views", type=int, default=100)
    parser.add_argument("--rays", type=int, default=100, help="faces that rays are cast at")
    asked = parser.parse_args()
    mesh = obj.read(asked.mesh.read_bytes(), asked.mesh).mesh if asked.mesh else knot()
    low, high = mesh.bounds
    middle = (low + high) / 2
    radius = float(np.linalg.norm(mesh.positions - middle, axis=1).max())
    rig = sphere(middle, framing(radius, LENS.narrow_fov), asked.views, LENS)
    print(f"{len(mesh.faces)} faces, {asked.views} views of {LENS.size[0]} x {LENS.size[1]}")

    fast = seconds(mesh, rig)
    chosen = np.random.default_rng(0).permutation(len(mesh.faces))[: asked.rays]
    begun = time.perf_counter()
    slow, _ = reference.sight(mesh, rig.cameras, chosen)
    rays = (time.perf_counter() - begun) * len(mesh.faces) / len(chosen)
    found, _ = cpu.sight(mesh, rig.cameras)
    equal = ((found[:, chosen] > 0) == (slow > 0)).all(axis=0).mean()
    begun = time.perf_counter()
    done = complete(mesh, rig, Goal(3, np.radians(60)), LENS)
    completed = time.perf_counter() - begun

    print(f"{'':34}{'measured':>12}{'bar':>10}")
    print(f"{'coverage':34}{fast:>10.3f} s{BAR_SECONDS:>8.0f} s")
    print(f"{'the slow twin, scaled up':34}{rays:>10.0f} s")
    print(f"{'ratio':34}{rays / fast:>12.0f}")
    print(f"{f'equal, of {len(chosen)} faces':34}{equal:>12.2%}{BAR_EQUAL:>10.1%}")
    print(f"{'unseen faces':34}{measure(mesh, rig.cameras).summary().unseen:>12}")
    print(f"{'3 times within 60 degrees':34}{completed:>10.3f} s")
    print(f"{'  added, places tried, wanting':34}{done.added}, {done.tried}, {len(done.wanting)}")


if __name__ == "__main__":
    main()
