"""The hull of masks must fill them, for made pictures and for real photos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import manifest, photos
from lightmould.dataset.intake import Intake, take_in
from lightmould.engine import views
from lightmould.engine.geometry import agreement
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError

HEAD = Path(__file__).parents[3] / "shared" / "data" / "ethiopian_head_512"


def test_the_hull_of_good_masks_fills_them(scene) -> None:
    found = agreement.of_hull(scene.train)
    assert found.shape == (24,)
    assert found.min() > 0.9


def test_a_mesh_of_another_shape_overlaps_as_much_as_it_covers(scene) -> None:
    half = scene.mesh.positions * (0.5, 1, 1)
    assert 0.3 < agreement.overlap(scene.train, half, scene.mesh.faces).mean() < 0.8
    whole = agreement.overlap(scene.train, scene.mesh.positions, scene.mesh.faces)
    assert whole.min() > 0.95


def test_a_hull_that_is_a_splinter_of_the_masks_is_an_error_with_the_worst_views(scene) -> None:
    splinter = scene.mesh.positions * (0.1, 0.1, 1)
    with pytest.raises(ReconstructionError, match=r"overlap of 0\.[012]\d with .* least in 0000"):
        agreement.check(scene.train, splinter, scene.mesh.faces)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> tuple[Views, Views]:
    """66 photos of a head on a turntable and their masks, 128 x 128: to learn and to score."""
    if not (HEAD / "poses_bounds.npy").is_file():
        pytest.skip("no real photos: ethiopian_head_512 is not beside this repository")
    out = tmp_path_factory.mktemp("head")
    for _ in take_in(Intake(photos.find(HEAD), longest_side=128), out):
        pass
    dataset = manifest.read(out / manifest.NAME)
    return views.load(dataset, "train"), views.load(dataset, "test")


def test_real_photos_and_their_poses_agree(head: tuple[Views, Views]) -> None:
    train, test = head
    assert len(train.cameras) == 57
    assert [camera.name for camera in test.cameras[:3]] == ["DSC_0007", "DSC_0015", "DSC_0023"]
    both = Views(
        train.cameras + test.cameras,
        np.concatenate([train.color, test.color]),
        np.concatenate([train.alpha, test.alpha]),
    )
    found = agreement.of_hull(both, cells=64)
    assert found.mean() > 0.97
    assert found.min() > 0.93


def looking_forward(pose: np.ndarray) -> np.ndarray:
    return pose * (1, -1, -1, 1)


def turned_in_its_frame(pose: np.ndarray) -> np.ndarray:
    right, up, backward, place = pose.T
    return np.stack([-up, right, backward, place], axis=1)


@pytest.mark.parametrize("wrong", [looking_forward, turned_in_its_frame, np.linalg.inv])
def test_another_convention_of_axes_would_not_agree(head: tuple[Views, Views], wrong) -> None:
    train, _ = head
    cameras = tuple(
        replace(camera, world_from_camera=wrong(camera.world_from_camera))
        for camera in train.cameras
    )
    try:
        found = agreement.of_hull(replace(train, cameras=cameras))
    except ReconstructionError:
        return
    assert found.mean() < 0.6
