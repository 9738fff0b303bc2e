"""The cameras of the main job: all around a mesh, some to learn from and some to score with."""

from dataclasses import replace

import numpy as np

from lightmould.model import CameraRig
from lightmould.model.arrays import Floats
from lightmould.rigs.pose import Lens, framing
from lightmould.rigs.shapes import facing, scattered

_TURNS = 64  # tried for the test views; more gain less than a degree


def around_sphere(
    positions: Floats, lens: Lens, train: int, test: int, rng: np.random.Generator
) -> tuple[CameraRig, CameraRig]:
    """Cameras on a sphere around a mesh, so near that it fills their pictures.

    Args:
        positions: (V, 3) vertices, metres.
        lens: that they share; its clipping planes are set to enclose the mesh.
        train: how many cameras to learn from; named from 000000.
        test: how many to score with; named after those, and placed between them.
        rng: of the positions.

    Returns:
        The cameras to learn from, and those to score with.
    """
    target = (positions.min(axis=0) + positions.max(axis=0)) / 2
    radius = float(np.linalg.norm(positions - target, axis=1).max())
    distance = framing(radius, lens.narrow_fov)
    lens = replace(lens, near=(distance - radius) / 2, far=(distance + radius) * 2)
    learned = scattered(train, rng)
    held_out = _between(learned, scattered(test, rng), rng) if test else np.zeros((0, 3))
    return (
        CameraRig("train", facing(target, distance, learned, lens)),
        CameraRig("test", facing(target, distance, held_out, lens, first=train)),
    )


def _between(fixed: Floats, moving: Floats, rng: np.random.Generator) -> Floats:
    """`moving` in that one of some random turns which keeps it farthest from `fixed`."""
    turned = [moving @ _random_turn(rng) for _ in range(_TURNS)]
    return min(turned, key=lambda directions: float((directions @ fixed.T).max()))


def _random_turn(rng: np.random.Generator) -> Floats:
    """A uniformly random rotation or mirror image of one, (3, 3)."""
    turn, triangle = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(turn * np.sign(np.diag(triangle)), np.float64)
