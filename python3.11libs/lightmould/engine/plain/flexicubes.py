"""FlexiCubes one cell at a time, differentiated by torch: the slow twin."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import torch
from torch import Tensor

Point: TypeAlias = tuple[int, int, int]
Edge: TypeAlias = tuple[Point, Point]
Loop: TypeAlias = frozenset[Edge]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A grid's numbers: distance (X, Y, Z), deformation (X, Y, Z, 3), and cells' weights (.., 21).

    `limits` hold a deformation, the weights of corners and edges, and that of diagonals.
    """

    distance: Tensor
    deformation: Tensor
    weights: Tensor
    limits: tuple[float, float, float]

    def inside(self, point: Point) -> bool:
        """Whether a point is inside; the outermost layer is not."""
        deep = all(0 < i < n - 1 for i, n in zip(point, self.distance.shape, strict=True))
        return deep and bool(self.distance[point] < 0)

    def loops(self, cell: Point) -> list[Loop]:
        """The crossed edges of a cell by loops, in the order of their first edges."""
        joined = [
            face
            for face in _faces(cell)
            if self._joins_twice(cell, face) and self._joins_twice(_across(cell, face), face)
        ]
        return self._traced(cell, joined)

    def _joins_twice(self, cell: Point, face: tuple[Point, ...]) -> bool:
        crossed = [edge for edge in _sides(face) if self._crossed(edge)]
        return len(crossed) == 4 and any(
            set(crossed) <= loop for loop in self._traced(cell, joined=[])
        )

    def _traced(self, cell: Point, joined: Iterable[tuple[Point, ...]]) -> list[Loop]:
        parts = [frozenset([edge]) for edge in _edges(cell) if self._crossed(edge)]
        for face in _faces(cell):
            crossed = [edge for edge in _sides(face) if self._crossed(edge)]
            pairs = [frozenset(crossed)]
            if len(crossed) == 4:
                cut_off = [point for point in face if self.inside(point) != (face in joined)]
                pairs = [frozenset(e for e in crossed if point in e) for point in cut_off]
            for pair in pairs:
                touched = [part for part in parts if part & pair]
                parts = [part for part in parts if not part & pair]
                if touched:
                    parts.append(frozenset().union(*touched))
        numbers = {edge: number for number, edge in enumerate(_edges(cell))}
        return sorted(parts, key=lambda loop: min(numbers[edge] for edge in loop))

    def _crossed(self, edge: Edge) -> bool:
        return self.inside(edge[0]) != self.inside(edge[1])

    def place(self, point: Point) -> Tensor:
        """Where a point lies after it moved."""
        moved = self.deformation[point].clamp(-self.limits[0], self.limits[0])
        return torch.tensor(point) + moved

    def crossing(self, cell: Point, edge: Edge) -> Tensor:
        """Where a cell sees the surface cross one of its edges."""
        corners = list(product((0, 1), repeat=3))
        scaled = []
        for end in edge:
            corner = corners.index(tuple(e - c for e, c in zip(end, cell, strict=True)))
            alpha = 1 + self.weights[cell][corner].clamp(-self.limits[1], self.limits[1])
            scaled.append(self.distance[end] * alpha)
        a, b = self.place(edge[0]), self.place(edge[1])
        if (scaled[0] < 0) == (scaled[1] < 0):
            return (a + b) / 2
        return (scaled[0] * b - scaled[1] * a) / (scaled[0] - scaled[1])

    def gamma(self, cell: Point) -> Tensor:
        """The weight of a cell in the choice of diagonals."""
        return 0.5 + self.weights[cell][20].clamp(-self.limits[2], self.limits[2])


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Dual vertices and then quads' middles (V, 3), four triangles a quad, and L_dev."""

    vertices: Tensor
    faces: list[tuple[int, int, int]]
    deviation: Tensor


def flexicubes(grid: Grid) -> Result:
    """The surface with bent quads."""
    shape = grid.distance.shape
    vertices: list[Tensor] = []
    deviations: list[Tensor] = []
    number: dict[tuple[Point, Edge], int] = {}
    for cell in _points(shape, less=1):
        for loop in grid.loops(cell):
            edges = [edge for edge in _edges(cell) if edge in loop]
            points = torch.stack([grid.crossing(cell, edge) for edge in edges])
            columns = [8 + _edges(cell).index(edge) for edge in edges]
            beta = 1 + grid.weights[cell][columns].clamp(-grid.limits[1], grid.limits[1])
            middle = (beta[:, None] * points).sum(dim=0) / beta.sum()
            away = (points - middle).norm(dim=1)
            number |= {(cell, edge): len(vertices) for edge in edges}
            vertices.append(middle)
            deviations.append((away - away.mean()).abs().mean())
    middles: list[Tensor] = []
    faces: list[tuple[int, int, int]] = []
    for start in _points(shape, less=0):
        for axis in range(3):
            if start[axis] + 1 == shape[axis] or grid.inside(start) == grid.inside(
                stop := _step(start, axis, 1)
            ):
                continue
            second, third = (axis + 1) % 3, (axis + 2) % 3
            back = _step(start, third, -1)
            around = [_step(back, second, -1), back, start, _step(start, second, -1)]
            around = around if grid.inside(start) else around[::-1]
            quad = [number[cell, (start, stop)] for cell in around]
            one, other = (grid.gamma(around[k]) * grid.gamma(around[k + 2]) for k in (0, 1))
            a, b, c, d = (vertices[k] for k in quad)
            middles.append((one * (a + c) / 2 + other * (b + d) / 2) / (one + other))
            last = len(vertices) + len(middles) - 1
            faces += [(quad[k - 1], quad[k], last) for k in range(4)]
    return Result(torch.stack(vertices + middles), faces, torch.stack(deviations).mean())


def _points(shape: tuple[int, ...], less: int) -> Iterator[Point]:
    x, y, z = (range(side - less) for side in shape)
    yield from product(x, y, z)


def _step(point: Point, axis: int, by: int) -> Point:
    moved = list(point)
    moved[axis] += by
    return moved[0], moved[1], moved[2]


def _edges(cell: Point) -> list[Edge]:
    edges = []
    for axis in range(3):
        for u, v in product((0, 1), repeat=2):
            start = _step(_step(cell, (axis + 1) % 3, u), (axis + 2) % 3, v)
            edges.append((start, _step(start, axis, 1)))
    return edges


def _faces(cell: Point) -> list[tuple[Point, ...]]:
    faces: list[tuple[Point, ...]] = []
    for axis, side in product(range(3), (0, 1)):
        a = _step(cell, axis, side)
        b = _step(a, (axis + 1) % 3, 1)
        d = _step(a, (axis + 2) % 3, 1)
        faces.append((a, b, _step(b, (axis + 2) % 3, 1), d))
    return faces


def _sides(face: tuple[Point, ...]) -> list[Edge]:
    return [(min(face[k - 1], face[k]), max(face[k - 1], face[k])) for k in range(4)]


def _across(cell: Point, face: tuple[Point, ...]) -> Point:
    """The cell on the other side of a face."""
    for axis in range(3):
        levels = {point[axis] for point in face}
        if len(levels) == 1:
            return _step(cell, axis, 1 if levels.pop() > cell[axis] else -1)
    raise AssertionError(face)
