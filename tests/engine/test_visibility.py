import numpy as np

from lightmould.engine.texturing import octahedron
from lightmould.engine.texturing.visibility import SIDE, visibility
from lightmould.model import Mesh


def _ball(center: tuple[float, float, float], radius: float) -> tuple[np.ndarray, np.ndarray]:
    rings, sides = 24, 48
    polar, around = np.meshgrid(
        np.pi * np.arange(1, rings) / rings, 2 * np.pi * np.arange(sides) / sides, indexing="ij"
    )
    ring = np.stack(
        [np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], axis=-1
    ).reshape(-1, 3)
    places = np.concatenate([ring, [[0, 1, 0]], [[0, -1, 0]]]) * radius + center
    index = np.arange((rings - 1) * sides).reshape(rings - 1, sides)
    a, b = index[:-1], np.roll(index[:-1], -1, axis=1)
    c, d = index[1:], np.roll(index[1:], -1, axis=1)
    top, bottom = len(places) - 2, len(places) - 1
    first, last = index[0], index[-1]
    parts = [
        np.stack([a, b, c], axis=-1).reshape(-1, 3),
        np.stack([b, d, c], axis=-1).reshape(-1, 3),
        np.stack([np.full_like(first, top), np.roll(first, -1), first], axis=-1),
        np.stack([np.full_like(last, bottom), last, np.roll(last, -1)], axis=-1),
    ]
    return places, np.concatenate(parts).astype(np.int32)


def _mesh(*balls: tuple[np.ndarray, np.ndarray]) -> Mesh:
    starts = np.cumsum([0, *(len(places) for places, _ in balls)])
    faces = np.concatenate(
        [faces + start for (_, faces), start in zip(balls, starts, strict=False)]
    )
    return Mesh(np.concatenate([places for places, _ in balls]), faces.astype(np.int32))


def test_a_ball_alone_hides_nothing() -> None:
    assert visibility(_mesh(_ball((0, 0, 0), 0.7))).min() == 255


def test_a_neighbor_hides_the_directions_that_lead_to_it_and_no_others() -> None:
    found = visibility(_mesh(_ball((0, 0, 0), 0.5), _ball((1.5, 0, 0), 0.5)))[:, 1:-1, 1:-1]
    toward = octahedron.directions(SIDE)[:, :, 0]
    side = np.argmin(np.linalg.norm(_ball((0, 0, 0), 0.5)[0] - (0.5, 0, 0), axis=1))
    to_center = np.array([1.0, 0, 0])
    angle = np.arccos(np.clip(toward @ to_center, -1, 1))
    assert (found[side][angle < np.arcsin(0.5) - 0.2] == 0).all()
    assert (found[side][angle > np.arcsin(0.5) + 0.2] == 255).all()
