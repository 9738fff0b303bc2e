from dataclasses import replace

import numpy as np
import pytest
import trimesh

from lightmould.engine import stages
from lightmould.engine.geometry import hull, sdf, shape
from lightmould.engine.isosurfaces import extraction
from lightmould.engine.measure.shape import compare
from lightmould.engine.views import Views
from lightmould.errors import LightmouldError, ReconstructionError
from lightmould.model import Mesh
from lightmould.settings.presets import PRESETS, reconstruction
from lightmould.settings.reconstruction import Reconstruction, ShapeLevel


def _begin(views: Views, cells: int) -> shape.Shape:
    contours = hull.contours_of(views)
    grid = hull.grid_over(*hull.find_object(contours), cells)
    return shape.start(grid, hull.carve(contours, grid))


def _mesh(found: shape.Shape) -> Mesh:
    return Mesh(*shape.mesh_of(found))


def test_refining_brings_the_hull_nearer_to_the_truth(scene) -> None:
    begun = _begin(scene.train, 24)
    level = ShapeLevel(cells=24, steps=30, halvings=0, batch=6)
    losses: list[float] = []
    refined = shape.refine(
        begun,
        scene.train,
        Reconstruction(),
        level,
        np.random.default_rng(0),
        lambda _, loss: losses.append(loss),
    )
    before = compare(_mesh(begun), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
    after = compare(_mesh(refined), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
    assert after < before * 0.75
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("isosurface", ["dual", "dmtet", "flexicubes"])
def test_every_isosurface_finds_the_shape(scene, isosurface) -> None:
    begun = _begin(scene.train, 16)
    how = Reconstruction(isosurface=isosurface)
    level = ShapeLevel(cells=16, steps=30, halvings=0, batch=6)
    refined = shape.refine(
        begun, scene.train, how, level, np.random.default_rng(0), lambda *_: None
    )
    before = compare(_mesh(begun), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
    after = compare(_mesh(refined), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
    assert after < 0.003
    assert after < before * 0.75
    # The next level begins with the distance alone: it is to the same surface.
    again = compare(
        Mesh(*shape.mesh_of(replace(refined, mesh=None))),
        scene.mesh,
        np.random.default_rng(1),
        5000,
    )
    assert again.chamfer_rel < after + 0.002


def test_a_distance_at_moved_points_is_one_at_the_points_before_they_moved() -> None:
    points = np.indices((24, 24, 24)).transpose(1, 2, 3, 0) - 11.5
    moved = 0.3 * np.sin(points[..., [1, 2, 0]] / 2).astype(np.float32)
    at_moved = np.linalg.norm(points + moved, axis=-1) - 8
    still = sdf.unmoved(at_moved.astype(np.float32), moved)
    near = np.abs(at_moved) < 2
    np.testing.assert_allclose(still[near], (np.linalg.norm(points, axis=-1) - 8)[near], atol=0.06)


def test_stiffness_pulls_bends_straight_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    distance = rng.normal(size=(7, 6, 8))
    touched = (rng.random(distance.shape) < 0.4).astype(float)

    def bends(values: np.ndarray) -> float:
        around = sum(np.roll(values, by, axis) for axis in range(3) for by in (-1, 1))
        inner = np.zeros(values.shape, bool)
        inner[1:-1, 1:-1, 1:-1] = touched[1:-1, 1:-1, 1:-1] != 0
        return float(np.square((around / 6 - values)[inner]).mean())

    grad = touched.copy()
    extraction.stiffen(distance, grad, 3.0)
    assert not grad[touched == 0].any()
    core = (slice(1, -1),) * 3
    for place in np.argwhere(touched[core])[:12] + 1:
        step = np.zeros_like(distance)
        step[tuple(place)] = 1e-5
        slope = (bends(distance + step) - bends(distance - step)) / 2e-5
        assert grad[tuple(place)] - 1 == pytest.approx(3.0 * slope, abs=1e-5)


@pytest.mark.parametrize("isosurface", ["dual", "dmtet", "flexicubes"])
def test_refining_twice_from_the_same_seed_gives_the_same_bytes(scene, isosurface) -> None:
    begun = _begin(scene.train, 16)
    how = Reconstruction(isosurface=isosurface)
    level = ShapeLevel(cells=16, steps=6, halvings=0, batch=4)
    first, second = (
        shape.refine(begun, scene.train, how, level, np.random.default_rng(5), lambda *_: None)
        for _ in range(2)
    )
    assert shape.mesh_of(first)[0].tobytes() == shape.mesh_of(second)[0].tobytes()
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


@pytest.mark.parametrize("isosurface", ["dmtet", "flexicubes"])
def test_the_chosen_isosurface_goes_all_the_way_to_the_atlas(scene, isosurface) -> None:
    levels = (ShapeLevel(14, 3, 1, 4), ShapeLevel(18, 3, 0, 4))
    how = replace(PRESETS["draft"], levels=levels, isosurface=isosurface, texture_size=64)
    arrays = {}
    for stage in stages.plan(scene.train, how):
        if stage.name == "20_atlas":
            break
        arrays = stage.run(arrays, lambda *_: None)
    found = stages.shape_of(arrays)
    vertices, faces = found.mesh
    assert trimesh.Trimesh(vertices, faces, process=False).is_watertight
    unwrapped = stages.mesh_of(stage.run(arrays, lambda *_: None))
    assert len(unwrapped.faces) == len(faces)


def test_an_isosurface_is_a_setting(tmp_path) -> None:
    path = tmp_path / "how.json"
    path.write_text('{"isosurface": "flexicubes"}')
    assert reconstruction("draft", path).isosurface == "flexicubes"
    path.write_text('{"isosurface": "cubes"}')
    with pytest.raises(LightmouldError, match="isosurface"):
        reconstruction("draft", path)
