"""The fused difference of flat pictures against its slow twin, finite differences and itself."""

import numpy as np
import pytest
import torch

from lightmould.engine import flat
from lightmould.engine.backend import Fused, backend
from lightmould.engine.flat import FlatDifference, FlatMesh, Targets
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.plain.backend import Plain
from lightmould.engine.plain.place import Place, host
from lightmould.engine.views import Views
from lightmould.errors import SettingsError
from lightmould.model import Camera
from lightmould.raster import cpu, pool
from lightmould.rigs.pose import look_at

CHOSEN = np.array([0, 2, 3])
WEIGHT = 20.0


def _camera(name: str, place: tuple[float, float, float]) -> Camera:
    size, focal, middle = (72, 64), (96.0, 96.0), (37.0, 30.0)
    return Camera(name, size, focal, middle, look_at(np.array(place), np.zeros(3)))


def _torus(side: int, squeeze: float) -> FlatMesh:
    points = np.indices((side, side, side)).transpose(1, 2, 3, 0) * (2.0 / (side - 1)) - 1.0
    ring = np.hypot(points[..., 0], points[..., 2]) - 0.6
    cells, faces = dual_mesh(np.hypot(ring, points[..., 1] * squeeze) - 0.25)
    positions = (cells * (2.0 / (side - 1)) - 1.0).astype(np.float32)
    colors = 0.5 + 0.4 * np.sin(5 * positions + np.array([0.0, 1.0, 2.0]))
    return FlatMesh(positions, colors.astype(np.float32), faces, cpu.adjacency(faces))


def _targets(mesh: FlatMesh) -> Targets:
    """What four cameras see of a mesh, and a little noise."""
    places = [(2.5, 0.8, 0.4), (-1.5, 1.6, 1.4), (0.3, -2.4, 1.0), (0.9, 0.7, -2.2)]
    cameras = tuple(_camera(f"{n}", place) for n, place in enumerate(places))
    matrices = np.stack([camera.clip_from_world for camera in cameras]).astype(np.float32)
    homogeneous = np.pad(mesh.positions, ((0, 0), (0, 1)), constant_values=1)
    clip = (homogeneous @ matrices.transpose(0, 2, 1)).astype(np.float32)
    fragments = cpu.rasterize(clip, mesh.faces, (72, 64))
    attributes = np.pad(mesh.colors, ((0, 0), (0, 1)), constant_values=1)[None]
    truth = cpu.interpolate(attributes, mesh.faces, fragments)
    truth = cpu.antialias(truth, clip, mesh.faces, fragments, mesh.adjacency)
    noise = np.random.default_rng(0).uniform(0.0, 0.05, truth.shape).astype(np.float32)
    truth = truth.clip(0, 1) + noise
    return flat.targets_of(Views(cameras, truth[..., :3], truth[..., 3]))


@pytest.fixture(scope="module")
def found() -> FlatMesh:
    return _torus(28, squeeze=1.3)


@pytest.fixture(scope="module")
def wanted() -> Targets:
    return _targets(_torus(28, squeeze=1.0))


def _difference(name: str, mesh: FlatMesh, wanted: Targets) -> FlatDifference:
    compute = Fused() if name == "fused" else Plain()
    return compute.flat_difference(mesh, wanted, CHOSEN, WEIGHT)


@pytest.mark.parametrize("place", [host(), Place(torch.device("cpu"), torch.float32)])
def test_loss_and_gradients_are_those_of_the_slow_twin(found, wanted, place) -> None:
    fast = _difference("fused", found, wanted)
    slow = Plain(place).flat_difference(found, wanted, CHOSEN, WEIGHT)
    np.testing.assert_allclose(fast.loss, slow.loss, rtol=1e-5)
    for ours, theirs in (
        (fast.grad_positions, slow.grad_positions),
        (fast.grad_colors, slow.grad_colors),
    ):
        assert np.abs(theirs).max() > 0
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())


def test_a_second_call_in_the_same_memory_gives_the_same_bytes(found, wanted) -> None:
    fused = Fused()
    first = fused.flat_difference(found, wanted, CHOSEN, WEIGHT)
    other = _torus(20, squeeze=0.8)
    fused.flat_difference(other, wanted, np.array([1, 2, 3, 0]), WEIGHT)
    again = fused.flat_difference(found, wanted, CHOSEN, WEIGHT)
    assert first.loss == again.loss
    assert first.grad_positions.tobytes() == again.grad_positions.tobytes()
    assert first.grad_colors.tobytes() == again.grad_colors.tobytes()


def test_any_number_of_threads_gives_the_same_bytes(found, wanted) -> None:
    results = []
    for count in (1, 2, 3):
        pool.set_threads(count)
        try:
            results.append(_difference("fused", found, wanted))
        finally:
            pool.set_threads(None)
    for one in results[1:]:
        assert one.loss == results[0].loss
        assert one.grad_positions.tobytes() == results[0].grad_positions.tobytes()
        assert one.grad_colors.tobytes() == results[0].grad_colors.tobytes()


def test_gradients_of_colors_are_finite_differences(found, wanted) -> None:
    fast = _difference("fused", found, wanted)
    rng = np.random.default_rng(1)
    for _ in range(3):
        way = rng.normal(size=found.colors.shape).astype(np.float32)
        ahead, behind = (
            _difference(
                "fused",
                FlatMesh(found.positions, found.colors + h * way, found.faces, found.adjacency),
                wanted,
            ).loss
            for h in (1e-3, -1e-3)
        )
        slope = float((fast.grad_colors * way).sum())
        assert (ahead - behind) / 2e-3 == pytest.approx(slope, rel=2e-2, abs=2e-4)


def test_gradients_of_positions_are_finite_differences(found, wanted) -> None:
    # Along smooth motions: a single vertex moves too few pixels to be measured between flips.
    fast = _difference("fused", found, wanted)
    x, y, z = found.positions.T
    motions = [(x, 0 * x, 0 * x), (0 * x, y, 0 * x), (x, y, z), (0 * x, 0 * x, z)]
    for motion in motions:
        way = np.stack(motion, axis=1).astype(np.float32)
        ahead, behind = (
            _difference(
                "fused",
                FlatMesh(found.positions + h * way, found.colors, found.faces, found.adjacency),
                wanted,
            ).loss
            for h in (2e-3, -2e-3)
        )
        slope = float((fast.grad_positions * way).sum())
        assert (ahead - behind) / 4e-3 == pytest.approx(slope, rel=0.25, abs=0.05)


def test_a_mesh_out_of_view_loses_what_an_empty_picture_loses(found, wanted) -> None:
    away = FlatMesh(found.positions + 100, found.colors, found.faces, found.adjacency)
    fast, slow = (_difference(name, away, wanted) for name in ("fused", "plain"))
    np.testing.assert_allclose(fast.loss, slow.loss, rtol=1e-5)
    assert not fast.grad_positions.any()


def test_an_unknown_device_is_an_error() -> None:
    with pytest.raises(SettingsError, match="one of cpu, cuda"):
        backend("gpu")
