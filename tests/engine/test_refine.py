import logging

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.engine.geometry import kernels_displacement, refine
from lightmould.engine.geometry.displacement import System, neighbors_of
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.measure.shape import compare
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model import Camera, Mesh
from lightmould.model.mesh import vertex_normals
from lightmould.raster import cpu, pool
from lightmould.rigs.pose import look_at

SIZE, FINE = 96, 8

Solid = tuple[NDArray[np.float64], NDArray[np.int32]]


def _solid(distance, cells: int = 26) -> Solid:
    places = np.indices((cells, cells, cells)).transpose(1, 2, 3, 0) * (2.6 / (cells - 1)) - 1.3
    vertices, faces = dual_mesh(distance(places))
    return vertices * (2.6 / (cells - 1)) - 1.3, faces


def _ball(places):
    return np.linalg.norm(places, axis=-1) - 1.0


def _cup(places):
    """A ball with a bowl cut out of its top, which no outline shows."""
    bowl = 0.6 - np.linalg.norm(places - (0.0, 1.0, 0.0), axis=-1)
    return np.maximum(_ball(places), bowl)


def _cameras(count: int = 20) -> tuple[Camera, ...]:
    turns = np.arange(count) + 0.5
    height = 1 - 2 * turns / count
    around, width = turns * np.pi * (3 - np.sqrt(5)), np.sqrt(1 - height**2)
    places = 4 * np.stack([width * np.cos(around), height, width * np.sin(around)], axis=1)
    middle = (SIZE / 2, SIZE / 2)
    focal = (SIZE * 1.6, SIZE * 1.6)
    poses = [look_at(place, np.zeros(3)) for place in places]
    return tuple(Camera(str(i), (SIZE, SIZE), focal, middle, pose) for i, pose in enumerate(poses))


def _shown(solid: Solid) -> Views:
    """Pictures of a checkered solid, 8 x 8 samples a pixel."""
    positions, faces = solid
    colors, masks = [], []
    for camera in _cameras():
        clip = np.c_[positions, np.ones(len(positions))] @ camera.clip_from_world.T
        fragments = cpu.rasterize(clip[None].astype(np.float32), faces, (SIZE * FINE, SIZE * FINE))
        places = cpu.interpolate(positions[None].astype(np.float32), faces, fragments)[0]
        inside = (fragments.triangle[0] >= 0)[..., None]
        checks = (0.4 + 0.3 * np.sin(9 * places)) * inside
        blocks = np.concatenate([checks, inside], axis=-1).reshape(SIZE, FINE, SIZE, FINE, 4)
        picture = blocks.mean(axis=(1, 3)).astype(np.float32)
        colors.append(picture[..., :3])
        masks.append(picture[..., 3])
    return Views(_cameras(), np.stack(colors), np.stack(masks))


def _bumped(solid: Solid, size: float) -> NDArray[np.float64]:
    """Pushed in and out along the normals, smoothly and vertex by vertex."""
    positions, faces = solid
    rough = np.random.default_rng(3).normal(size=len(positions))
    bumps = np.sin(5 * positions).sum(axis=1) + 0.5 * rough
    return positions + size * bumps[:, None] * vertex_normals(positions, faces)


def _apart(positions: NDArray[np.float64], solid: Solid) -> float:
    truth = Mesh(*solid)
    return compare(Mesh(positions, solid[1]), truth, np.random.default_rng(0), 5000).chamfer_rel


def _quiet(step: int, miss: float) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def ball() -> Solid:
    return _solid(_ball)


@pytest.fixture(scope="module")
def pictures(ball: Solid) -> Views:
    return _shown(ball)


def test_a_bumped_ball_becomes_a_ball_again(ball, pictures) -> None:
    misses: list[float] = []
    begun = _bumped(ball, 0.01)
    found = refine.refine(begun, ball[1], pictures, 4, lambda _, miss: misses.append(miss))
    assert _apart(found, ball) < 0.3 * _apart(begun, ball)
    assert misses[-1] < 0.3 * misses[0]


def test_a_bowl_that_no_outline_shows_is_kept() -> None:
    cup = _solid(_cup)
    begun = _bumped(cup, 0.006)
    found = refine.refine(begun, cup[1], _shown(cup), 4, _quiet)
    inside = np.linalg.norm(cup[0], axis=1) < 0.95
    off = ((found - cup[0]) * vertex_normals(*cup)).sum(axis=1)[inside]
    # A tenth of a cell; filling it up would be five.
    assert np.median(np.abs(off)) < 0.01
    assert _apart(found, cup) < _apart(begun, cup)


def test_a_mesh_that_is_right_stays_where_it_is(ball, pictures) -> None:
    found = refine.refine(ball[0], ball[1], pictures, 3, _quiet)
    assert np.abs(found - ball[0]).max() < 0.01
    assert _apart(found, ball) < 2e-4


def test_no_step_at_all_changes_nothing(ball, pictures) -> None:
    np.testing.assert_array_equal(refine.refine(*ball, pictures, 0, _quiet), ball[0])


def test_a_step_that_folds_the_mesh_is_not_taken(ball, pictures, caplog) -> None:
    search = refine._Search(*ball, pictures)
    evidence = search.look(ball[0])
    evidence.right[:] = 1e6 * np.random.default_rng(0).normal(size=len(ball[0]))
    with caplog.at_level(logging.WARNING):
        moved = search.moved(ball[0], evidence, 1e-3)
    np.testing.assert_array_equal(moved, ball[0])
    assert "folds" in caplog.text


def test_a_step_that_makes_it_worse_is_taken_back(ball, pictures, monkeypatch, caplog) -> None:
    def astray(_self, positions, *_):
        return positions * 1.05

    monkeypatch.setattr(refine._Search, "moved", astray)
    with caplog.at_level(logging.WARNING):
        found = refine.refine(*ball, pictures, 4, _quiet)
    # Smoothing, which comes before the first step, moves it as far.
    assert np.abs(found - ball[0]).max() < 0.01
    assert "back by half" in caplog.text


def test_a_mesh_that_only_gets_worse_is_given_back(ball, pictures, monkeypatch, caplog) -> None:
    def swollen(positions, *_):
        return positions * 1.05

    monkeypatch.setattr(refine, "smoothed", swollen)
    monkeypatch.setattr(refine._Search, "moved", lambda _self, positions, *_: positions)
    with caplog.at_level(logging.WARNING):
        found = refine.refine(*ball, pictures, 2, _quiet)
    np.testing.assert_array_equal(found, ball[0])
    assert "stays as it is" in caplog.text


def test_masks_without_contours_leave_the_mesh_alone(ball, pictures, caplog) -> None:
    full = Views(pictures.cameras, pictures.color, np.ones_like(pictures.alpha))
    with caplog.at_level(logging.WARNING):
        found = refine.refine(*ball, full, 2, _quiet)
    np.testing.assert_array_equal(found, ball[0])
    assert "no outline meets a contour" in caplog.text


def test_pictures_that_are_not_finite_are_an_error(ball, pictures) -> None:
    color = np.full_like(pictures.color, np.nan)
    with pytest.raises(ReconstructionError, match="not finite"):
        refine.refine(*ball, Views(pictures.cameras, color, pictures.alpha), 1, _quiet)


def test_any_number_of_threads_gives_the_same_bytes(ball, pictures) -> None:
    begun, found = _bumped(ball, 0.01), []
    try:
        for threads in (1, 3):
            pool.set_threads(threads)
            found.append(refine.refine(begun, ball[1], pictures, 2, _quiet).tobytes())
    finally:
        pool.set_threads(None)
    assert found[0] == found[1]


def test_the_solve_is_that_of_the_dense_matrix(ball) -> None:
    positions, faces = ball
    count, rng = len(positions), np.random.default_rng(1)
    neighbors = neighbors_of(faces, count)
    corners = faces[:, :2].astype(np.int32)
    rows = rng.normal(size=(len(corners), 3))
    diagonal, right = np.full(count, 0.01), np.zeros(count)
    beside = np.zeros(len(neighbors.others))
    mesh = neighbors.starts, neighbors.others
    kernels_displacement.gather(corners, rows, np.inf, *mesh, diagonal, beside, right)
    found = System(neighbors, diagonal, beside, 7.0, right).solved(1e-12, 5000)
    jacobian = np.zeros((len(rows), count))
    each = np.arange(len(rows))
    jacobian[each, corners[:, 0]], jacobian[each, corners[:, 1]] = rows[:, 0], rows[:, 1]
    bends = np.eye(count)
    for v in range(count):
        around = neighbors.others[neighbors.starts[v] : neighbors.starts[v + 1]]
        bends[v, around] = -1 / len(around)
    dense = jacobian.T @ jacobian + 0.01 * np.eye(count) + 7.0 * bends.T @ bends
    np.testing.assert_allclose(found, np.linalg.solve(dense, jacobian.T @ rows[:, 2]), atol=1e-8)


def test_a_measured_row_is_what_the_outline_does_when_a_vertex_moves(ball, pictures) -> None:
    search = refine._Search(*ball, pictures)
    normals = vertex_normals(*ball)
    corners, rows = search._measured(search._benches[0], 0, ball[0], normals)
    grown = ball[0] + normals * 0.01
    again, moved = search._measured(search._benches[1], 0, grown, normals)
    # Most crossings are on the same edges still; of those the miss falls by what rows foretell.
    before = {tuple(c): r for c, r in zip(corners.tolist(), rows.tolist(), strict=True)}
    pairs = [
        (before[tuple(c)], r)
        for c, r in zip(again.tolist(), moved.tolist(), strict=True)
        if tuple(c) in before
    ]
    assert len(pairs) > 20
    foretold = np.array([(r[0] + r[1]) * 0.01 * search._scale for r, _ in pairs])
    seen = np.array([r[2] - later[2] for r, later in pairs])
    assert np.median(np.abs(seen - foretold)) < 0.1 * np.median(np.abs(foretold))
