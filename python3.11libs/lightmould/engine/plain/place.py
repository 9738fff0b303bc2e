"""Where torch computes and how exactly: the one door by which arrays go in and come out."""

import numpy as np
import torch
from torch import Tensor

from lightmould.raster.fragments import Array, Singles


class Place:
    """A device and a precision.

    Args:
        device: one of torch's.
        dtype: what gradients are computed in.
    """

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        self._kept: dict[str, tuple[Array, Tensor]] = {}

    def tensor(self, array: Array) -> Tensor:
        """An array on the device, of its own type; on the CPU in the array's own memory."""
        return torch.from_numpy(array).to(self.device)

    def kept(self, name: str, array: Array) -> Tensor:
        """As `tensor`, but what went there under that name before, if it was the same array.

        What is large goes there once; an array that is filled anew must be another array.
        """
        if name not in self._kept or self._kept[name][0] is not array:
            self._kept.pop(name, None)  # before there is another: they are large
            self._kept[name] = array, self.tensor(array)
        return self._kept[name][1]

    def leaf(self, array: Array) -> Tensor:
        """A copy in the place's precision, whose gradient is wanted."""
        return self.tensor(array).to(self.dtype, copy=True).requires_grad_()

    def number(self, tensor: Tensor) -> float:
        """A tensor of one number, on the host."""
        return float(self.array(tensor))

    def array(self, tensor: Tensor) -> Array:
        """A tensor on the host, of its own type."""
        return np.asarray(tensor.detach().cpu().numpy())

    def gradient(self, leaf: Tensor) -> Singles:
        """The gradient of a `leaf`, on the host; 0 where nothing depended on it."""
        grad = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        return self.array(grad.float())


def host() -> Place:
    """The CPU in double precision: what the others are measured by."""
    return Place(torch.device("cpu"), torch.float64)
