"""poses_bounds.npy: what is read, in which axes, and what is refused."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.errors import FormatError
from lightmould.formats.poses import llff
from lightmould.model.camera import project

SOURCE = Path("poses_bounds.npy")

DOWN, RIGHT, BACKWARD = (0.0, -1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)
"""A camera that stands on the world's +X and looks along -X, upright about +Y."""


def row(**change: float) -> NDArray[np.float64]:
    """4 wide, 2 high, focal length 5, at (3, 0, 0), things from 2 to 6 away."""
    matrix = np.zeros((3, 5))
    matrix[:, :4] = np.stack([DOWN, RIGHT, BACKWARD, (3, 0, 0)], axis=1)
    matrix[:, 4] = [change.get(key, value) for key, value in (("h", 2), ("w", 4), ("f", 5))]
    return np.append(matrix.ravel(), [change.get("near", 2.0), change.get("far", 6.0)])


def file(rows: NDArray[np.generic] | list[object], *, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(rows), allow_pickle=allow_pickle)
    return stream.getvalue()


def test_a_row_is_down_right_backward_position_and_lens() -> None:
    (camera,) = llff.read(file([row()]), SOURCE)
    assert camera.name == "000000"
    assert camera.size == (4, 2)
    assert camera.focal == (5.0, 5.0)
    assert camera.center == (2.0, 1.0)
    pose = camera.world_from_camera
    np.testing.assert_array_equal(pose[:3, 0], RIGHT)
    np.testing.assert_array_equal(pose[:3, 1], (0, 1, 0))
    np.testing.assert_array_equal(pose[:3, 2], BACKWARD)
    np.testing.assert_array_equal(pose[:3, 3], (3, 0, 0))


def test_a_point_is_seen_where_the_axes_say() -> None:
    (camera,) = llff.read(file([row()]), SOURCE)
    above_and_to_its_right = np.array([[0.0, 0.3, -0.6]])
    np.testing.assert_allclose(project(camera, above_and_to_its_right), [[3.0, 0.5]])


def test_the_depths_are_percentiles_so_more_is_let_in() -> None:
    (camera,) = llff.read(file([row()]), SOURCE)
    assert camera.near < 2 / 2
    assert camera.far > 6 * 2


def test_every_row_is_a_camera_in_order_whatever_the_float_or_the_layout() -> None:
    rows = np.stack([row(f=focal) for focal in (5, 6, 7)])
    for form in (rows, rows.astype(np.float32), np.asfortranarray(rows), rows.astype(">f8")):
        cameras = llff.read(file(form), SOURCE)
        assert [camera.name for camera in cameras] == ["000000", "000001", "000002"]
        assert [camera.focal[0] for camera in cameras] == [5, 6, 7]


def changed(column: int, value: float) -> NDArray[np.float64]:
    rows = np.stack([row(), row()])
    rows[1, column] = value
    return rows


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"", "npy: found something else; wanted an array"),
        (lambda: b"PK\x03\x04 and so on", "found something else"),
        (lambda: file([row()])[:-1], "npy: found "),
        (lambda: file([row()])[:60], "npy: found "),
        (lambda: file(np.zeros((0, 17))), r"shape \(0, 17\) and type float64"),
        (lambda: file(np.zeros(17)), r"shape \(17,\)"),
        (lambda: file(np.zeros((2, 15))), r"shape \(2, 15\).*wanted 17 floating point numbers"),
        (lambda: file(np.zeros((2, 17), int)), "type int64"),
        (lambda: file([{"a": 1}], allow_pickle=True), "npy: found .*allow_pickle"),
        (lambda: file(changed(3, np.nan)), "row 1: found nan in column 3; wanted finite"),
        (lambda: file(changed(16, np.inf)), "row 1: found inf in column 16"),
        (lambda: file(changed(4, 2.5)), "row 1: found height 2.5, width 4.0; wanted whole"),
        (lambda: file(changed(4, 0)), "row 1: found size"),
        (lambda: file(changed(14, -5)), "row 1: found focal"),
        (lambda: file(changed(15, 0)), "row 1: found near 0.0"),
        (lambda: file(changed(15, 700)), "row 1: found near 70.0, far 60.0"),
        (lambda: file(changed(0, 0.5)), "row 1: found scale, shear or a mirror"),
        (lambda: file(changed(0, 1e200)), "row 1: found scale, shear or a mirror"),
    ],
)
def test_what_is_no_camera_is_refused_by_its_row(make: Callable[[], bytes], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        llff.read(make(), SOURCE)


def test_damage_anywhere_is_an_error_of_ours_or_no_error() -> None:
    whole, rng = file([row(), row()]), np.random.default_rng(2)
    refused = 0
    for _ in range(300):
        harmed = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            harmed[place] = rng.integers(0, 256)
        try:
            llff.read(bytes(harmed), SOURCE)
        except FormatError:
            refused += 1
    assert refused > 100
