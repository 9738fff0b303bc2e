"""Marching tetrahedra and FlexiCubes: closed manifolds whose gradients are their slow twins'."""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.engine.isosurfaces.flexicubes import flexicubes
from lightmould.engine.isosurfaces.surface import (
    FARTHEST,
    GAMMA,
    HEAVIEST,
    STEEPEST,
    Gradients,
    Isosurface,
    Parameters,
    even,
)
from lightmould.engine.isosurfaces.tetrahedra import marching_tetrahedra
from lightmould.engine.plain import flexicubes as plain_flexicubes
from lightmould.engine.plain import tetrahedra as plain_tetrahedra
from lightmould.errors import SettingsError
from lightmould.raster import pool

KINDS: dict[str, Callable[[Parameters], Isosurface]] = {
    "dmtet": marching_tetrahedra,
    "flexicubes": lambda parameters: flexicubes(parameters, bends=False),
    "flexicubes, bent": lambda parameters: flexicubes(parameters, bends=True),
}

every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


def _points(side: int) -> np.ndarray:
    return np.stack(np.indices((side,) * 3), axis=-1) - (side - 1) / 2


def _sphere(side: int, radius: float) -> np.ndarray:
    return np.linalg.norm(_points(side), axis=-1) - radius


def _torus(side: int) -> np.ndarray:
    x, y, z = np.moveaxis(_points(side), -1, 0)
    return np.hypot(np.hypot(x, z) - 0.3 * side, y) - 0.11 * side


def _touching(side: int) -> np.ndarray:
    # Neither apart nor one: the cells between the two have more than one piece of surface.
    reach = side * 0.21
    offset = np.full(3, reach / np.sqrt(3))
    return np.minimum(
        np.linalg.norm(_points(side) - offset, axis=-1) - reach,
        np.linalg.norm(_points(side) + offset, axis=-1) - reach,
    )


def _random(
    shape: tuple[int, int, int], seed: int, reach: float = 1.1, blur: int = 0
) -> Parameters:
    """Signs, movements and weights at random, some beyond their limits."""
    rng = np.random.default_rng(seed)
    distance = rng.normal(size=shape)
    distance = np.sign(distance) * (0.2 + np.abs(distance))
    for axis in range(blur):
        distance = distance + 0.9 * np.roll(distance, 1, axis % 3)
    cells = tuple(side - 1 for side in shape)
    return Parameters(
        distance,
        rng.uniform(-0.5, 0.5, (*shape, 3)) * reach,
        rng.uniform(-1.0, 1.0, (*cells, 21)) * reach,
    )


def _as_trimesh(surface: Isosurface) -> trimesh.Trimesh:
    return trimesh.Trimesh(surface.vertices, surface.faces, process=False)


def _assert_closed_manifold(surface: Isosurface) -> None:
    faces = surface.faces
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, times = np.unique(sides, axis=0, return_counts=True)
    assert (times == 1).all(), "an edge is run through twice in the same direction"
    back = np.unique(sides[:, ::-1], axis=0)
    np.testing.assert_array_equal(there, back)
    used = np.unique(faces)
    np.testing.assert_array_equal(used, np.arange(len(surface.vertices)))
    # A vertex where two fans of triangles meet would make the sphere's and torus' count wrong;
    # here each vertex's triangles must be one fan.
    corners = np.concatenate([faces, np.roll(faces, -1, axis=1), np.roll(faces, -2, axis=1)])
    following = {(int(a), int(b)): int(c) for a, b, c in corners}
    degree = np.bincount(corners[:, 0])
    for vertex, first in {int(a): int(b) for a, b, _ in corners}.items():
        around, now = 1, following[vertex, first]
        while now != first:
            now = following[vertex, now]
            around += 1
        assert around == degree[vertex]


@every_kind
@pytest.mark.parametrize(
    ("distance", "euler", "volume"),
    [
        (_sphere(18, 6.3), 2, 4 / 3 * np.pi * 6.3**3),
        (_torus(24), 0, 2 * np.pi**2 * 0.3 * 0.11**2 * 24**3),
    ],
    ids=["sphere", "torus"],
)
def test_simple_shapes_are_closed_manifolds_with_the_right_holes(
    make, distance, euler, volume
) -> None:
    surface = make(even(distance))
    _assert_closed_manifold(surface)
    mesh = _as_trimesh(surface)
    assert mesh.euler_number == euler
    assert mesh.body_count == 1
    assert mesh.volume == pytest.approx(volume, rel=0.06)


@pytest.mark.parametrize("side", [15, 16, 20, 23])
@pytest.mark.parametrize("bends", [False, True])
def test_touching_blobs_are_one_or_two_closed_manifolds(side, bends) -> None:
    surface = flexicubes(even(_touching(side)), bends=bends)
    _assert_closed_manifold(surface)
    assert _as_trimesh(surface).euler_number == 2 * _as_trimesh(surface).body_count
    assert _as_trimesh(surface).body_count in (1, 2)


@pytest.mark.parametrize("side", [15, 16, 20, 23])
def test_blobs_that_touch_through_tetrahedra_have_as_many_bridges_as_edges(side) -> None:
    distance = _touching(side)
    surface = marching_tetrahedra(even(distance))
    _assert_closed_manifold(surface)
    assert _as_trimesh(surface).euler_number == 2 * _solid_euler(distance < 0)


def _solid_euler(inside: np.ndarray) -> int:
    """Of all points, edges, triangles and tetrahedra of the grid that are inside altogether."""
    reach = [side - 1 for side in inside.shape]

    def count(*corners: int) -> int:
        together = np.ones(reach, bool)
        for corner in corners:
            x, y, z = corner >> 2, corner >> 1 & 1, corner & 1
            together &= inside[x : x + reach[0], y : y + reach[1], z : z + reach[2]]
        return int(together.sum())

    # A chain of corners from the lowest one, each containing the axes of the one before.
    def grows(*chain: int) -> bool:
        return all(a & b == a != b for a, b in pairwise(chain))

    edges = sum(count(0, a) for a in range(1, 8))
    pairs = product(range(1, 8), repeat=2)
    triangles = sum(count(0, a, b) for a, b in pairs if grows(a, b))
    threes = product(range(1, 8), repeat=3)
    tetrahedra = sum(count(0, a, b, c) for a, b, c in threes if grows(a, b, c))
    return count(0) - edges + triangles - tetrahedra


@every_kind
def test_vertices_near_the_zero_level_to_second_order(make) -> None:
    # Twice as fine, four times as near.
    errors = []
    for side in (17, 33):
        surface = make(even(_sphere(side, 0.35 * (side - 1))))
        radius = np.linalg.norm(surface.vertices - (side - 1) / 2, axis=1) / (side - 1)
        errors.append(np.abs(radius - 0.35).max())
    assert errors[1] < errors[0] / 3.3
    assert errors[1] < 0.2 / 32


def test_moved_points_and_weights_keep_vertices_on_a_plane_that_they_describe() -> None:
    parameters = _random((9, 9, 9), 3)
    moved = np.indices((9, 9, 9))[0] + np.clip(parameters.deformation[..., 0], -FARTHEST, FARTHEST)
    plain = Parameters(moved - 4.3, parameters.deformation)
    surface = marching_tetrahedra(plain)
    x = surface.vertices[(np.abs(surface.vertices - 4) < 2).all(axis=1), 0]
    np.testing.assert_allclose(x, 4.3, atol=1e-12)
    assert len(x) > 20


@every_kind
@given(
    shape=st.tuples(*[st.integers(4, 7)] * 3),
    seed=st.integers(0, 2**32 - 1),
    blur=st.integers(0, 4),
)
@settings(max_examples=60, deadline=None)
def test_random_grids_give_closed_oriented_manifolds(make, shape, seed, blur) -> None:
    surface = make(_random(shape, seed, blur=blur))
    if len(surface.faces):
        _assert_closed_manifold(surface)


@every_kind
def test_every_single_and_double_cell_is_closed(make) -> None:
    rng = np.random.default_rng(11)
    patterns = rng.integers(0, 2, (400, 2, 2, 3)) * 2.0 - 1
    patterns[:256, :, :, :2] = np.unpackbits(np.arange(256, dtype=np.uint8)).reshape(-1, 2, 2, 2)
    patterns[:256, :, :, :2] = patterns[:256, :, :, :2] * 2 - 1
    for pattern in patterns:
        distance = np.ones((4, 4, 5))
        distance[1:3, 1:3, 1:4] = pattern
        surface = make(even(distance))
        if (pattern < 0).any():
            _assert_closed_manifold(surface)


@every_kind
def test_faces_look_outward(make) -> None:
    surface = make(even(_sphere(14, 4.6)))
    corners = surface.vertices[surface.faces] - 6.5
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((cross * corners.mean(axis=1)).sum(axis=1) > -1e-9).all()


@every_kind
def test_a_grid_that_is_inside_up_to_its_border_is_still_closed(make) -> None:
    surface = make(even(np.full((6, 5, 6), -1.0)))
    _assert_closed_manifold(surface)
    assert _as_trimesh(surface).volume > 0
    gradients = surface.backward(np.ones_like(surface.vertices), 1.0)
    assert not gradients.distance.any()


@every_kind
def test_an_empty_grid_has_no_surface(make) -> None:
    surface = make(even(np.ones((5, 5, 5))))
    assert surface.vertices.shape == (0, 3)
    assert surface.faces.shape == (0, 3)
    assert surface.penalty == 0
    assert not surface.backward(surface.vertices, 1.0).distance.any()


def _twin(
    name: str, parameters: Parameters, grad: np.ndarray, weight: float
) -> tuple[np.ndarray, set[tuple[int, ...]], float, Gradients]:
    leaves = [
        torch.tensor(array, dtype=torch.float64, requires_grad=True)
        for array in (parameters.distance, parameters.deformation, parameters.weights)
    ]
    if name == "dmtet":
        vertices, faces, penalty = plain_tetrahedra.marching_tetrahedra(*leaves[:2], FARTHEST)
    else:
        grid = plain_flexicubes.Grid(*leaves, (FARTHEST, HEAVIEST, STEEPEST))
        result = plain_flexicubes.flexicubes(grid)
        vertices, faces, penalty = result.vertices, result.faces, result.deviation
    ((vertices * torch.from_numpy(grad)).sum() + weight * penalty).backward()
    found = [None if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]
    weights = None if found[2] is None else found[2]
    gradients = Gradients(found[0], found[1], None, weights)
    return vertices.detach().numpy(), _turned(faces), float(penalty.detach()), gradients


def _turned(faces) -> set[tuple[int, ...]]:
    """Triangles, each from its lowest corner on."""
    return {tuple(np.roll(face, -int(np.argmin(face))).tolist()) for face in faces}


@pytest.mark.parametrize("name", ["dmtet", "flexicubes, bent"])
@pytest.mark.parametrize(("seed", "blur"), [(0, 0), (1, 3), (2, 0)])
def test_vertices_faces_and_gradients_equal_the_slow_twins(name, seed, blur) -> None:
    parameters = _random((6, 5, 6), seed, blur=blur)
    surface = KINDS[name](parameters)
    grad = np.random.default_rng(seed).normal(size=surface.vertices.shape)
    vertices, faces, penalty, gradients = _twin(name, parameters, grad, 3.0)
    # The middles of quads come in the order of their edges' starts on both sides.
    np.testing.assert_allclose(surface.vertices, vertices, atol=1e-12)
    assert _turned(surface.faces) == faces
    assert surface.penalty == pytest.approx(penalty, abs=1e-12)
    found = surface.backward(grad, 3.0)
    np.testing.assert_allclose(found.distance, gradients.distance, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found.deformation, gradients.deformation, rtol=1e-9, atol=1e-11)
    if found.weights is not None:
        dense = np.zeros_like(gradients.weights)
        dense[tuple(found.cells.T)] = found.weights
        np.testing.assert_allclose(dense, gradients.weights, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", KINDS)
def test_gradients_equal_finite_differences(name) -> None:
    parameters = _random((6, 6, 6), 7, reach=0.8, blur=3)
    surface = KINDS[name](parameters)
    rng = np.random.default_rng(1)
    grad = rng.normal(size=surface.vertices.shape)
    found = surface.backward(grad, 2.0)

    def loss(by: float, move: Parameters) -> float:
        moved = Parameters(
            parameters.distance + by * move.distance,
            parameters.deformation + by * move.deformation,
            parameters.weights + by * move.weights,
        )
        after = KINDS[name](moved)
        np.testing.assert_array_equal(after.faces, surface.faces)
        return float((after.vertices * grad).sum()) + 2.0 * after.penalty

    for _ in range(5):
        move = Parameters(
            rng.normal(size=parameters.distance.shape),
            rng.normal(size=parameters.deformation.shape),
            rng.normal(size=parameters.weights.shape),
        )
        slope = (loss(1e-6, move) - loss(-1e-6, move)) / 2e-6
        expected = (found.distance * move.distance).sum()
        expected += (found.deformation * move.deformation).sum()
        if found.weights is not None:
            expected += (found.weights * move.weights[tuple(found.cells.T)]).sum()
        assert slope == pytest.approx(expected, rel=1e-5, abs=1e-5)


@every_kind
def test_any_number_of_threads_gives_the_same_bytes(make) -> None:
    parameters = _random((20, 18, 16), 5, blur=2)
    single = Parameters(
        *(
            array.astype(np.float32)
            for array in (parameters.distance, parameters.deformation, parameters.weights)
        )
    )
    before, results = pool.shared().count, []
    try:
        for count in (1, 2, 3):
            pool.set_threads(count)
            surface = make(single)
            found = surface.backward(np.cos(surface.vertices), 0.5)
            results.append(
                surface.vertices.tobytes()
                + surface.faces.tobytes()
                + found.distance.tobytes()
                + found.deformation.tobytes()
                + (b"" if found.weights is None else found.weights.tobytes())
            )
    finally:
        pool.set_threads(before)
    assert results[0] == results[1] == results[2]


def test_a_quad_is_split_along_the_diagonal_that_gamma_prefers() -> None:
    x, y, z = np.indices((8, 8, 8)) - 3.4
    distance = np.hypot(np.hypot(x, y), z) - 2.2
    flat = even(distance)
    bent = flexicubes(flat, bends=True)
    first = flexicubes(flat, bends=False)
    owners = first.owners[10]
    flat.weights[(*first.cells.corners[owners[1]], GAMMA)] = 0.4
    other = flexicubes(flat, bends=False)
    np.testing.assert_array_equal(first.faces[20, [0, 2]], first.quads[10, [0, 2]])
    np.testing.assert_array_equal(other.faces[20, [0, 2]], other.quads[10, [1, 3]])
    assert len(bent.faces) == 2 * len(first.faces)


def test_arrays_of_another_shape_are_named() -> None:
    with pytest.raises(SettingsError, match="isosurface deformation"):
        Parameters(np.zeros((4, 4, 4)), np.zeros((4, 4, 3)))
    with pytest.raises(SettingsError, match="isosurface weights"):
        Parameters(np.zeros((4, 4, 4)), None, np.zeros((3, 3, 3, 20)))
    with pytest.raises(SettingsError, match="isosurface distance"):
        Parameters(np.zeros((4, 4), np.float32))
