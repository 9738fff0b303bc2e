"""Frames of a capture as tensors."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch

from lightmould.capture.frame import OUTPUTS, Frame
from lightmould.errors import SettingsError
from lightmould.model import Camera


class Draws(Protocol):
    """What every backend of `lightmould.capture` does."""

    def frames(self, cameras: Sequence[Camera]) -> Iterator[Frame]:
        """Frames in the order of their cameras."""


def from_frame(frame: Frame) -> dict[str, torch.Tensor]:
    """A frame's pictures by their names, (H, W, C) each, in the frame's own memory.

    Depth and id have one channel. What the numbers mean is as the frame says.
    """
    found = {name: getattr(frame, name) for name in OUTPUTS}
    tensors = {name: torch.from_numpy(array) for name, array in found.items() if array is not None}
    return {name: one if one.ndim == 3 else one[..., None] for name, one in tensors.items()}


def from_trajectory(
    renderer: Draws, cameras: Sequence[Camera], device: str = "cpu"
) -> dict[str, torch.Tensor]:
    """The pictures of all cameras by their names, (N, H, W, C) each.

    Args:
        renderer: of `lightmould.capture`.
        cameras: of pictures of one size.
        device: where the tensors shall be, as torch calls it.

    Raises:
        SettingsError: there are no cameras, or their pictures differ in size.
    """
    sizes = {camera.size for camera in cameras}
    if len(sizes) != 1:
        found = f"pictures of {len(sizes)} sizes"
        raise SettingsError("cameras", found, "one size", "Capture those of a size at a time.")
    whole: dict[str, torch.Tensor] = {}
    for index, frame in enumerate(renderer.frames(cameras)):
        for name, tensor in from_frame(frame).items():
            if name not in whole:
                shape = (len(cameras), *tensor.shape)
                whole[name] = torch.zeros(shape, dtype=tensor.dtype, device=device)
            whole[name][index] = tensor
    return whole
