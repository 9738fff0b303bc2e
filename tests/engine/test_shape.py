import numpy as np
import pytest

from lightmould.engine import hull, shape
from lightmould.engine.isosurface import dual_mesh
from lightmould.engine.measure.shape import compare
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model import Mesh
from lightmould.settings import ShapeLevel


def _begin(views: Views, cells: int) -> shape.Shape:
    contours = hull.contours_of(views)
    grid = hull.grid_over(*hull.find_object(contours), cells)
    return shape.start(grid, hull.carve(contours, grid))


def _mesh(found: shape.Shape) -> Mesh:
    cells, faces = dual_mesh(found.distance)
    return Mesh(found.grid.origin + found.grid.spacing * cells, faces)


def test_refining_brings_the_hull_nearer_to_the_truth(scene) -> None:
    begun = _begin(scene.train, 24)
    level = ShapeLevel(cells=24, steps=30, halvings=0, batch=6)
    losses: list[float] = []
    refined = shape.refine(
        begun, scene.train, level, np.random.default_rng(0), lambda _, loss: losses.append(loss)
    )
    before = compare(_mesh(begun), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
    after = compare(_mesh(refined), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
    assert after < before * 0.75
    assert losses[-1] < losses[0] / 2


def test_refining_twice_from_the_same_seed_gives_the_same_bytes(scene) -> None:
    begun = _begin(scene.train, 16)
    level = ShapeLevel(cells=16, steps=6, halvings=0, batch=4)
    first, second = (
        shape.refine(begun, scene.train, level, np.random.default_rng(5), lambda *_: None)
        for _ in range(2)
    )
    assert first.distance.tobytes() == second.distance.tobytes()
    assert first.color.tobytes() == second.color.tobytes()


def test_distances_made_again_keep_the_surface_where_it_is() -> None:
    x, y, z = np.indices((40, 40, 40)) - 19.5
    sphere = np.sqrt(x**2 + y**2 + z**2) - 12.0
    again = shape.redistanced(np.sign(sphere) * np.abs(sphere) ** 1.5)
    near = np.abs(sphere) < 1.4
    np.testing.assert_allclose(again[near], sphere[near], atol=0.15)
    np.testing.assert_array_equal(again < 0, sphere < 0)


def test_a_shape_on_a_finer_grid_is_the_same_shape(scene) -> None:
    begun = _begin(scene.train, 20)
    low, high = begun.grid.origin, begun.grid.points.max(axis=0)
    finer = shape.resampled(begun, hull.grid_over(low, high, 40, margin=0))
    distance = compare(_mesh(finer), _mesh(begun), np.random.default_rng(0), 5000)
    assert distance.chamfer_rel < 0.003


def test_a_grid_without_a_surface_is_an_error() -> None:
    with pytest.raises(ReconstructionError, match="without a surface"):
        shape.redistanced(np.ones((6, 6, 6), np.float32))
