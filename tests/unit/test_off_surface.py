import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.errors import SettingsError
from lightmould.model import Mesh
from lightmould.model.camera import project
from lightmould.rigs import Lens, off_surface
from lightmould.rigs.nearest import nearest, on_triangles

LENS = Lens((64, 48), 0.7)
# A box of 2 x 1 x 4 metres.
CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-0.5, 0.5) for z in (-2, 2)], float)
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
BOX = Mesh(CORNERS, [t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_the_nearest_point_of_a_triangle_is_no_farther_than_any_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(5, 3, 3))
    corners[0, 2] = corners[0, 1]  # without area
    point = rng.normal(size=3)
    found = on_triangles(point, corners)
    weights = rng.dirichlet([0.5, 0.5, 0.5], size=500)
    others = np.linalg.norm(np.einsum("pk,fkx->fpx", weights, corners) - point, axis=2)
    away = np.linalg.norm(found - point, axis=1)
    assert (away <= others.min(axis=1) + 1e-9).all()
    assert (away >= others.min(axis=1) - 0.2).all()
    np.testing.assert_allclose(nearest(point[None], corners)[0], found[away.argmin()])


@pytest.mark.parametrize("distance", [0.3, 1.0, 20.0])
def test_cameras_around_a_mesh_keep_their_distance_and_look_straight_at_it(distance: float) -> None:
    rig = off_surface(BOX, distance, 30, LENS, np.random.default_rng(0))
    places = np.array([camera.world_from_camera[:3, 3] for camera in rig.cameras])
    spots = nearest(places, BOX.positions[BOX.faces])
    np.testing.assert_allclose(np.linalg.norm(places - spots, axis=1), distance, rtol=1e-6)
    assert (np.abs(places) > BOX.positions.max(axis=0)).any(axis=1).all()
    for camera, spot in zip(rig.cameras, spots, strict=True):
        np.testing.assert_allclose(project(camera, spot[None])[0], camera.center, atol=1e-6)


def test_cameras_around_a_mesh_are_spread_evenly() -> None:
    rig = off_surface(BOX, 1.0, 60, LENS, np.random.default_rng(1))
    places = np.array([camera.world_from_camera[:3, 3] for camera in rig.cameras])
    gaps = (np.linalg.norm(places[:, None] - places, axis=2) + 99 * np.eye(60)).min(axis=1)
    assert gaps.min() > 0.7 * np.median(gaps)
    assert gaps.max() < 1.4 * np.median(gaps)


def test_equal_seeds_give_equal_cameras_around_a_mesh() -> None:
    rigs = [off_surface(BOX, 1.0, 9, LENS, np.random.default_rng(3)) for _ in range(2)]
    for one, other in zip(rigs[0].cameras, rigs[1].cameras, strict=True):
        np.testing.assert_array_equal(one.world_from_camera, other.world_from_camera)


def test_no_area_no_distance_and_no_room_are_refused() -> None:
    flat = Mesh(np.zeros((3, 3)), [(0, 1, 2)])
    rng = np.random.default_rng(0)
    with pytest.raises(SettingsError, match="a mesh without area"):
        off_surface(flat, 1.0, 3, LENS, rng)
    for distance in (0.0, 1e-3, np.nan):
        with pytest.raises(SettingsError, match="a distance of"):
            off_surface(BOX, distance, 3, LENS, rng)
    inward = Mesh(BOX.positions, BOX.faces[:, ::-1])
    with pytest.raises(SettingsError, match="room for 0 of 3 cameras"):
        off_surface(inward, 0.6, 3, LENS, rng)  # the middle is nearer than that to the walls
