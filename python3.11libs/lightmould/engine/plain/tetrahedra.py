"""Marching tetrahedra one tetrahedron at a time, differentiated by torch: the slow twin."""

from collections.abc import Iterator
from itertools import permutations, product
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

Point: TypeAlias = tuple[int, int, int]


def marching_tetrahedra(
    distance: Tensor, deformation: Tensor, limit: float
) -> tuple[Tensor, list[tuple[int, int, int]], Tensor]:
    """Vertices (V, 3), triangles, and mean squared movement of the vertices' ends.

    Args:
        distance: (X, Y, Z); the outermost layer counts as outside.
        deformation: (X, Y, Z, 3) cells.
        limit: cells that a point moves at most.
    """
    inside = _inside(distance)
    edges, triangles = set(), []
    for tetrahedron in _tetrahedra(tuple(distance.shape)):
        negative = [point for point in tetrahedron if inside[point]]
        positive = [point for point in tetrahedron if not inside[point]]
        corners = [(min(a, b), max(a, b)) for a, b in product(negative, positive)]
        edges.update(corners)
        if len(corners) == 3:
            triangles.append(_outward(corners, negative, positive))
        if len(corners) == 4:
            low, up, down, high = corners
            triangles.append(_outward([low, up, high], negative, positive))
            triangles.append(_outward([low, high, down], negative, positive))
    order = sorted(edges)
    number = {edge: index for index, edge in enumerate(order)}
    moved = deformation.clamp(-limit, limit)
    vertices, pulls = [], []
    for a, b in order:
        start = torch.tensor(a) + moved[a]
        stop = torch.tensor(b) + moved[b]
        forced = (distance[a] < 0) == (distance[b] < 0)
        share = torch.tensor(0.5) if forced else distance[a] / (distance[a] - distance[b])
        vertices.append(start + share * (stop - start))
        pulls.append((moved[a].square().sum() + moved[b].square().sum()) / 2)
    faces = [(number[a], number[b], number[c]) for a, b, c in triangles]
    return torch.stack(vertices), faces, torch.stack(pulls).mean()


def _inside(distance: Tensor) -> Tensor:
    inside = torch.zeros(distance.shape, dtype=torch.bool)
    inside[1:-1, 1:-1, 1:-1] = distance[1:-1, 1:-1, 1:-1] < 0
    return inside


def _tetrahedra(shape: tuple[int, ...]) -> Iterator[tuple[Point, ...]]:
    x, y, z = (range(side - 1) for side in shape)
    for cell in product(x, y, z):
        for order in permutations(range(3)):
            point = list(cell)
            path: list[Point] = [cell]
            for axis in order:
                point[axis] += 1
                path.append((point[0], point[1], point[2]))
            yield tuple(path)


def _outward(
    corners: list[tuple[Point, Point]], negative: list[Point], positive: list[Point]
) -> tuple[tuple[Point, Point], ...]:
    middles = [(np.array(a) + np.array(b)) / 2 for a, b in corners]
    normal = np.cross(middles[1] - middles[0], middles[2] - middles[0])
    outward = np.mean(positive, axis=0) - np.mean(negative, axis=0)
    return tuple(corners if normal @ outward > 0 else corners[::-1])
