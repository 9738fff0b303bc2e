"""The raster operations under torch's automatic differentiation.

The kernels take and give numpy arrays that share memory with CPU tensors; here they become
functions whose gradients torch knows how to chain.
"""

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd import Function

from lightmould.model.arrays import Ints
from lightmould.raster import cpu
from lightmould.raster.fragments import Fragments


class _Barycentric(Function):
    @staticmethod
    def forward(ctx: Any, clip: Tensor, faces: Ints, fragments: Fragments) -> Tensor:
        ctx.save_for_backward(clip)
        ctx.faces, ctx.fragments = faces, fragments
        return torch.from_numpy(fragments.barycentric)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (clip,) = ctx.saved_tensors
        back = cpu.rasterize_backward(_array(clip), ctx.faces, ctx.fragments, _array(grads[0]))
        return torch.from_numpy(back), None, None


class _Interpolate(Function):
    @staticmethod
    def forward(
        ctx: Any,
        attributes: Tensor,
        barycentric: Tensor,  # noqa: ARG004  (here for its gradient alone)
        faces: Ints,
        fragments: Fragments,
    ) -> Tensor:
        ctx.save_for_backward(attributes)
        ctx.faces, ctx.fragments = faces, fragments
        return torch.from_numpy(cpu.interpolate(_array(attributes), faces, fragments))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (attributes,) = ctx.saved_tensors
        back = cpu.interpolate_backward(
            _array(attributes), ctx.faces, ctx.fragments, _array(grads[0])
        )
        return torch.from_numpy(back[0]), torch.from_numpy(back[1]), None, None


class _Antialias(Function):
    @staticmethod
    def forward(
        ctx: Any,
        color: Tensor,
        clip: Tensor,
        faces: Ints,
        fragments: Fragments,
        adjacency: Ints,
    ) -> Tensor:
        ctx.save_for_backward(color, clip)
        ctx.faces, ctx.fragments, ctx.adjacency = faces, fragments, adjacency
        smooth = cpu.antialias(_array(color), _array(clip), faces, fragments, adjacency)
        return torch.from_numpy(smooth)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        color, clip = ctx.saved_tensors
        back = cpu.antialias_backward(
            _array(color), _array(clip), ctx.faces, ctx.fragments, _array(grads[0]), ctx.adjacency
        )
        return torch.from_numpy(back[0]), torch.from_numpy(back[1]), None, None, None


def rasterize(clip: Tensor, faces: Ints, size: tuple[int, int]) -> tuple[Fragments, Tensor]:
    """What each pixel sees.

    Args:
        clip: (N, V, 4) float32, OpenGL clip space.
        faces: (F, 3).
        size: (width, height) pixels.

    Returns:
        The fragments, and (N, H, W, 2) barycentric coordinates with gradients to `clip`.
    """
    fragments = cpu.rasterize(_array(clip), faces, size)
    barycentric: Tensor = _Barycentric.apply(clip, faces, fragments)
    return fragments, barycentric


def interpolate(
    attributes: Tensor, faces: Ints, fragments: Fragments, barycentric: Tensor
) -> Tensor:
    """Vertex attributes at pixels.

    Args:
        attributes: (N or 1, V, A) float32.
        faces: (F, 3).
        fragments: of `rasterize`.
        barycentric: of `rasterize`.

    Returns:
        (N, H, W, A), zero where nothing is seen; gradients to both attributes and position.
    """
    pixels: Tensor = _Interpolate.apply(attributes, barycentric, faces, fragments)
    return pixels


def antialias(
    color: Tensor, clip: Tensor, faces: Ints, fragments: Fragments, adjacency: Ints
) -> Tensor:
    """Pictures with silhouettes blended by coverage, and gradients from them to positions.

    Args:
        color: (N, H, W, C) float32.
        clip: (N, V, 4) as given to `rasterize`.
        faces: (F, 3).
        fragments: of `rasterize`.
        adjacency: (F, 3) of `raster.cpu.adjacency`.
    """
    smooth: Tensor = _Antialias.apply(color, clip, faces, fragments, adjacency)
    return smooth


def _array(tensor: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.detach().contiguous().numpy()
    return array
