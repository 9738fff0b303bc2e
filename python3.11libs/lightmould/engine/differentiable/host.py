"""The operations on CPU tensors: our kernels, as functions whose gradients torch can chain.

The kernels take and give numpy arrays that share memory with the tensors.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from lightmould.engine.differentiable.values import Backend, Fragments, Indices, Lod
from lightmould.errors import SettingsError
from lightmould.model.arrays import Ints
from lightmould.raster import cpu
from lightmould.raster.detail import Boundary, Detail
from lightmould.raster.fragments import Array
from lightmould.raster.fragments import Fragments as Arrays

# Takes the arrays of an operation's tensors.
Forward = Callable[..., Array]
# Takes the arrays and the result's gradient; gives each array's gradient, None for None.
Backward = Callable[..., Sequence[Array | None]]


class _Operation(Function):
    """A function of arrays and its gradient, as torch chains them."""

    @staticmethod
    def forward(ctx: Any, ahead: Forward, back: Backward, *tensors: Tensor | None) -> Tensor:
        ctx.save_for_backward(*tensors)
        ctx.back = back
        return torch.from_numpy(ahead(*(_array(tensor) for tensor in tensors)))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        found = ctx.back(*(_array(tensor) for tensor in ctx.saved_tensors), _array(grad))
        return None, None, *(None if one is None else torch.from_numpy(one) for one in found)


class Kernels:
    """`Backend` for CPU tensors."""

    def rasterize(
        self, clip: Tensor, faces: Indices, size: tuple[int, int]
    ) -> tuple[Fragments, Tensor]:
        """As `differentiable.rasterize`."""
        corners = _ints(faces)
        seen = cpu.rasterize(_needed(clip), corners, size)

        def back(clip: Array, grad: Array) -> Sequence[Array]:
            return (cpu.rasterize_backward(clip, corners, seen, grad),)

        barycentric = _apply(lambda _: seen.barycentric, back, clip)
        arrays = seen.triangle, seen.barycentric, seen.depth
        return Fragments(*(torch.from_numpy(array) for array in arrays)), barycentric

    def barycentric_derivatives(self, clip: Tensor, faces: Indices, fragments: Fragments) -> Tensor:
        """As `differentiable.barycentric_derivatives`."""
        corners, seen = _ints(faces), _arrays(fragments)

        def ahead(clip: Array) -> Array:
            return cpu.barycentric_derivatives(clip, corners, seen)

        def back(clip: Array, grad: Array) -> Sequence[Array]:
            return (cpu.barycentric_derivatives_backward(clip, corners, seen, grad),)

        return _apply(ahead, back, clip)

    def interpolate(
        self, attributes: Tensor, faces: Indices, fragments: Fragments, barycentric: Tensor
    ) -> Tensor:
        """As `differentiable.interpolate`."""
        corners, seen = _ints(faces), _arrays(fragments)

        def at(weights: Array) -> Arrays:
            return Arrays(seen.triangle, weights, seen.depth)

        def ahead(attributes: Array, weights: Array) -> Array:
            return cpu.interpolate(attributes, corners, at(weights))

        def back(attributes: Array, weights: Array, grad: Array) -> Sequence[Array]:
            return cpu.interpolate_backward(attributes, corners, at(weights), grad)

        return _apply(ahead, back, attributes, barycentric)

    def attribute_derivatives(
        self, attributes: Tensor, faces: Indices, fragments: Fragments, derivatives: Tensor
    ) -> Tensor:
        """As `differentiable.attribute_derivatives`."""
        corners, seen = _ints(faces), _arrays(fragments)

        def ahead(attributes: Array, slopes: Array) -> Array:
            return cpu.attribute_derivatives(attributes, corners, seen, slopes)

        def back(attributes: Array, slopes: Array, grad: Array) -> Sequence[Array]:
            return cpu.attribute_derivatives_backward(attributes, corners, seen, slopes, grad)

        return _apply(ahead, back, attributes, derivatives)

    def texture(
        self, image: Tensor | Sequence[Tensor], uv: Tensor, boundary: Boundary, lod: Lod
    ) -> Tensor:
        """As `differentiable.texture`."""
        if not isinstance(image, Tensor):
            return _chained(image[: lod.levels], uv, boundary, lod)
        if lod.bilinear:
            return _apply(
                lambda image, uv: cpu.texture(image, uv, boundary),
                lambda image, uv, grad: cpu.texture_backward(image, uv, grad, boundary),
                image,
                uv,
            )
        chain = cpu.mip_chain(_needed(image), lod.levels)

        def ahead(_: Array, uv: Array, slopes: Array | None, level: Array | None) -> Array:
            return cpu.texture_mip(chain, uv, Detail(slopes, level), boundary)

        def back(
            _: Array, uv: Array, slopes: Array | None, level: Array | None, grad: Array
        ) -> Sequence[Array | None]:
            found = cpu.texture_mip_backward(chain, uv, Detail(slopes, level), grad, boundary)
            return cpu.mip_chain_backward(found.levels), found.uv, found.derivatives, found.level

        return _apply(ahead, back, image, uv, lod.derivatives, lod.level)

    def antialias(
        self,
        color: Tensor,
        clip: Tensor,
        faces: Indices,
        fragments: Fragments,
        adjacency: Indices | None,
    ) -> Tensor:
        """As `differentiable.antialias`."""
        corners, seen = _ints(faces), _arrays(fragments)
        neighbors = cpu.adjacency(corners) if adjacency is None else _ints(adjacency)

        def ahead(color: Array, clip: Array) -> Array:
            return cpu.antialias(color, clip, corners, seen, neighbors)

        def back(color: Array, clip: Array, grad: Array) -> Sequence[Array]:
            return cpu.antialias_backward(color, clip, corners, seen, grad, neighbors)

        return _apply(ahead, back, color, clip)


KERNELS: Final[Backend] = Kernels()


def adjacency(faces: Indices) -> Tensor:
    """As `differentiable.adjacency`."""
    device = faces.device if isinstance(faces, Tensor) else None
    there = faces.cpu() if isinstance(faces, Tensor) else faces
    return torch.from_numpy(cpu.adjacency(_ints(there))).to(device)


def _chained(levels: Sequence[Tensor], uv: Tensor, boundary: Boundary, lod: Lod) -> Tensor:
    """Lookups in a mip chain that the caller has made."""

    def ahead(uv: Array, slopes: Array | None, level: Array | None, *chain: Array) -> Array:
        return cpu.texture_mip(chain, uv, Detail(slopes, level), boundary)

    def back(
        uv: Array, slopes: Array | None, level: Array | None, *chain: Array
    ) -> Sequence[Array | None]:
        *texels, grad = chain
        found = cpu.texture_mip_backward(texels, uv, Detail(slopes, level), grad, boundary)
        return found.uv, found.derivatives, found.level, *found.levels

    return _apply(ahead, back, uv, lod.derivatives, lod.level, *levels)


def _apply(ahead: Forward, back: Backward, *tensors: Tensor | None) -> Tensor:
    return cast(Tensor, _Operation.apply(ahead, back, *tensors))


def _arrays(fragments: Fragments) -> Arrays:
    triangle = _ints(fragments.triangle)
    return Arrays(triangle, _needed(fragments.barycentric), _needed(fragments.depth))


def _array(tensor: Tensor | None) -> Array | None:
    return None if tensor is None else _needed(tensor)


def _needed(tensor: Tensor) -> Array:
    if tensor.device.type != "cpu" or tensor.dtype != torch.float32:
        found = f"{tensor.dtype} on {tensor.device}"
        raise SettingsError("tensor", found, "float32 on cpu", "Convert it: .float(), .to(...).")
    return cast(Array, tensor.detach().contiguous().numpy())


def _ints(indices: Indices) -> Ints:
    if not isinstance(indices, Tensor):
        return indices
    if indices.device.type != "cpu":
        raise SettingsError(
            "indices", str(indices.device), "cpu", "Move all tensors to one device."
        )
    return np.asarray(indices.detach().numpy(), np.int32)
