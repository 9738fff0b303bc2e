import logging

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.engine.geometry import cleaning
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model import Camera
from lightmould.rigs.pose import look_at

Solid = tuple[NDArray[np.float64], NDArray[np.int32]]


def _ball(radius: float, center: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Solid:
    places = np.indices((16, 16, 16)).transpose(1, 2, 3, 0) / 7.5 - 1.0
    vertices, faces = dual_mesh(np.linalg.norm(places, axis=-1) - 0.8)
    return (vertices / 7.5 - 1.0) * (radius / 0.8) + center, faces


def _together(*solids: Solid) -> Solid:
    starts = np.cumsum([0, *(len(positions) for positions, _ in solids)])
    faces = [faces + start for (_, faces), start in zip(solids, starts, strict=False)]
    return np.concatenate([one for one, _ in solids]), np.concatenate(faces).astype(np.int32)


CRUMB: Solid = (
    np.array([[1.2, 0, 0], [1.4, 0, 0], [1.2, 0.2, 0]]),
    np.array([[0, 1, 2]], np.int32),
)
"""A face beside a ball of radius 1."""


@pytest.fixture
def views() -> Views:
    """Six cameras around the origin; what they saw does not matter."""
    eyes = 5.0 * np.concatenate([np.eye(3), -np.eye(3)]) + 0.1
    cameras = tuple(
        Camera(str(i), (64, 64), (80.0, 80.0), (32.0, 32.0), look_at(eye, np.zeros(3)))
        for i, eye in enumerate(eyes)
    )
    blank = np.zeros((6, 64, 64, 3), np.float32)
    return Views(cameras, blank, blank[..., 0])


def test_crumbs_that_no_mask_shows_are_removed_and_the_object_stays(views: Views) -> None:
    ball = _ball(1.0)
    kept, corners = cleaning.without_crumbs(*_together(ball, CRUMB), views)
    assert len(corners) == len(ball[1])
    assert kept.max() < 1.1


def test_a_small_part_that_masks_show_is_kept(views: Views) -> None:
    full = Views(views.cameras, views.color, np.ones_like(views.alpha))
    both = _together(_ball(1.0), CRUMB)
    kept, corners = cleaning.without_crumbs(*both, full)
    np.testing.assert_array_equal(kept, both[0])
    np.testing.assert_array_equal(corners, both[1])


def test_a_part_inside_another_is_removed(views: Views) -> None:
    outer = _ball(1.0)
    kept, corners = cleaning.without_unseen(*_together(outer, _ball(0.5)), views)
    np.testing.assert_array_equal(kept, outer[0])
    np.testing.assert_array_equal(corners, outer[1])


def test_every_part_that_a_camera_sees_is_kept(views: Views) -> None:
    both = _together(_ball(0.5, (0.8, 0, 0)), _ball(0.5, (-0.8, 0, 0)))
    kept, corners = cleaning.without_unseen(*both, views)
    np.testing.assert_array_equal(kept, both[0])
    np.testing.assert_array_equal(corners, both[1])


def test_a_closed_manifold_stays_one(views: Views, caplog: pytest.LogCaptureFixture) -> None:
    crowd = _together(_ball(1.0), _ball(0.5), _ball(0.2, (0, 1.3, 0)))
    assert cleaning.odd_edges(crowd[1]) == 0
    with caplog.at_level(logging.WARNING):
        positions, faces = cleaning.cleaned(*crowd, views)
    assert cleaning.odd_edges(faces) == 0
    assert cleaning.parts(faces, len(positions)).max() == 1
    assert not caplog.text


def test_edges_of_more_or_fewer_than_two_faces_are_told_of(
    views: Views, caplog: pytest.LogCaptureFixture
) -> None:
    positions, faces = _ball(1.0)
    with caplog.at_level(logging.WARNING):
        cleaning.cleaned(positions, faces[1:], views)
    assert "3 edges that are not of exactly two faces" in caplog.text
    book = np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]], np.int32)
    assert cleaning.odd_edges(book) == 7


def test_a_mesh_that_no_camera_sees_is_an_error(views: Views) -> None:
    far = _together(_ball(0.5, (90, 0, 90)), _ball(0.5, (90, 9, 90)))
    with pytest.raises(ReconstructionError, match="no part that a camera sees"):
        cleaning.without_unseen(*far, views)
