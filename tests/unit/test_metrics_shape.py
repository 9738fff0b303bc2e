"""Surface distances where the answer is known."""

import numpy as np
import pytest

from lightmould.engine.measure import shape
from lightmould.errors import ReconstructionError
from lightmould.model import Mesh

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def square(height: float, size: float = 1.0) -> Mesh:
    return Mesh(SQUARE * size + (0, 0, height), HALVES)


def test_a_lifted_square_is_as_far_as_it_was_lifted() -> None:
    found = shape.compare(square(0.25), square(0), np.random.default_rng(0), samples=1000)
    assert found.found_to_truth == pytest.approx(0.25)
    assert found.truth_to_found == pytest.approx(0.25)
    assert found.percentile_99 == pytest.approx(0.25)
    assert found.chamfer_rel == pytest.approx(0.25 / np.sqrt(2))


def test_a_mesh_is_at_no_distance_from_itself() -> None:
    rng = np.random.default_rng(0)
    mesh = Mesh(rng.random((50, 3)), rng.permuted(np.arange(51) % 50).reshape(-1, 3))
    assert shape.compare(mesh, mesh, rng, samples=1000).percentile_99 < 1e-8


def test_both_directions_are_told_apart() -> None:
    """A tall truth's upper half is missing: nothing found is wrong, half a length is missing."""
    tall = Mesh(SQUARE * (1, 2, 1), HALVES)
    found = shape.compare(square(0), tall, np.random.default_rng(0), samples=4000)
    assert found.found_to_truth < 1e-12
    assert found.truth_to_found == pytest.approx(0.25, rel=0.05)


def test_the_result_does_not_depend_on_the_unit() -> None:
    small = shape.compare(square(0.1), square(0), np.random.default_rng(0), samples=500)
    large = shape.compare(
        square(100.0, 1000.0), square(0, 1000.0), np.random.default_rng(0), samples=500
    )
    assert large.chamfer_rel == pytest.approx(small.chamfer_rel)


def test_samples_are_even_over_faces_of_very_different_size() -> None:
    positions = np.array([[0, 0, 0], [3, 0, 0], [0, 2, 0], [10, 0, 0], [11, 0, 0], [10, 2, 0]])
    mesh = Mesh(positions, np.array([[0, 1, 2], [3, 4, 5]]))
    points = shape.sample_surface(mesh, np.random.default_rng(0), 4000)
    assert np.count_nonzero(points[:, 0] < 5) == 3000
    assert points[:3000].mean(axis=0) == pytest.approx([1, 2 / 3, 0], abs=0.03)


def test_a_face_without_area_is_measured_as_the_line_it_is() -> None:
    line = Mesh(np.array([[0, 0, 0], [1, 0, 0], [3, 0, 0], [5, 5, 5]]), np.array([[0, 1, 2]]))
    points = np.array([[2.0, 1, 0], [5, 0, 0], [-3, 4, 0]])
    assert shape.distances(points, line).tolist() == pytest.approx([1, 2, 5])
    dot = Mesh(np.array([[1, 1, 1]]), np.zeros((1, 3), int))
    assert shape.distances(np.zeros((1, 3)), dot).tolist() == pytest.approx([np.sqrt(3)])


def test_a_mesh_without_area_is_refused() -> None:
    with pytest.raises(ReconstructionError, match="without area"):
        shape.compare(Mesh(SQUARE, np.zeros((0, 3), int)), square(0), np.random.default_rng(0))


def test_the_same_generator_gives_the_same_numbers() -> None:
    one, two = (
        shape.compare(square(0.1, 0.9), square(0), np.random.default_rng(7), samples=300)
        for _ in range(2)
    )
    assert one == two
