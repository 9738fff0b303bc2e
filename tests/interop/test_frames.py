"""Frames of a capture as tensors."""

import numpy as np
import pytest
import torch

from lightmould.capture.frame import OUTPUTS, Frame
from lightmould.capture.renderer import Renderer
from lightmould.capture.scene import Scene, Shape
from lightmould.errors import SettingsError
from lightmould.interop import from_frame, from_trajectory
from lightmould.model import Camera, Mesh
from lightmould.rigs import Lens, ring


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    corners = np.array([(-1, 0, -1), (1, 0, -1), (0, 0, 1), (0, 1, 0)], float)
    mesh = Mesh(corners, np.array([(0, 1, 2), (0, 3, 1), (1, 3, 2), (2, 3, 0)]))
    return Renderer(Scene((Shape("pyramid", mesh),)), OUTPUTS)


def cameras(count: int, size: tuple[int, int] = (12, 8)) -> tuple[Camera, ...]:
    return ring(target=(0, 0.4, 0), radius=4.0, count=count, lens=Lens(size, fov=0.7)).cameras


def test_a_frame_shares_its_memory_with_its_tensors(renderer: Renderer) -> None:
    frame = renderer.render(cameras(1)[0])
    tensors = from_frame(frame)
    assert [*tensors] == [*OUTPUTS]
    for name, channels in zip(OUTPUTS, (3, 1, 3, 1, 2), strict=True):
        array = getattr(frame, name)
        assert tensors[name].shape == (8, 12, channels)
        assert tensors[name].data_ptr() == array.ctypes.data
        assert tensors[name].numpy().tobytes() == array.tobytes()
    assert (tensors["depth"].dtype, tensors["id"].dtype) == (torch.float32, torch.uint16)


def test_a_frame_without_a_picture_has_no_tensor_of_it() -> None:
    depth = np.ones((2, 3), np.float32)
    assert [*from_frame(Frame(depth=depth))] == ["depth"]


def test_a_trajectory_is_one_batch_in_the_order_of_its_cameras(renderer: Renderer) -> None:
    some = cameras(5)
    batch = from_trajectory(renderer, some)
    assert batch["color"].shape == (5, 8, 12, 3)
    assert batch["depth"].shape == (5, 8, 12, 1)
    for index, camera in enumerate(some):
        for name, tensor in from_frame(renderer.render(camera)).items():
            assert batch[name][index].numpy().tobytes() == tensor.numpy().tobytes()


def test_cameras_of_unlike_pictures_are_refused(renderer: Renderer) -> None:
    with pytest.raises(SettingsError, match="2 sizes"):
        from_trajectory(renderer, (*cameras(1), *cameras(1, (8, 12))))
    with pytest.raises(SettingsError, match="0 sizes"):
        from_trajectory(renderer, ())
