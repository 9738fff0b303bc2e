"""Differentiable rasterization for PyTorch: rasterize, interpolate, texture, antialias.

The same calls for CPU tensors, which our own kernels work on without a copy, and for CUDA tensors,
which go to nvdiffrast where the user has installed it (see `cuda`; `packed` has its calling
convention, on the CPU). Gradients are those of torch's automatic differentiation, of first order.

Clip space is OpenGL's: x right, y up, -w <= z <= w. Row 0 of every image is its top. Derivatives
are per pixel, to the right and down. Tensors are float32, indices int32; whatever has a batch of 1
serves all images. The same input gives the same bytes on the CPU, whatever the number of threads.
"""

from collections.abc import Sequence

from torch import Tensor

from lightmould.engine.differentiable import cuda, host
from lightmould.engine.differentiable.values import Backend, Fragments, Indices, Lod
from lightmould.raster.detail import Boundary

__all__ = [
    "Boundary",
    "Fragments",
    "Indices",
    "adjacency",
    "antialias",
    "attribute_derivatives",
    "barycentric_derivatives",
    "interpolate",
    "rasterize",
    "texture",
]


def rasterize(clip: Tensor, faces: Indices, size: tuple[int, int]) -> tuple[Fragments, Tensor]:
    """What each pixel sees: the nearest triangle at its center, both sides of it count.

    Visibility has no gradient; see `antialias`.

    Args:
        clip: (N, V, 4) clip positions.
        faces: (F, 3) vertex indices, tensor or array.
        size: (width, height) pixels.

    Returns:
        The fragments, and (N, H, W, 2) perspective-correct barycentrics of the triangle's corners 0
        and 1 with gradients to x, y, w of `clip`; 0 where nothing is seen.

    Raises:
        SettingsError: a tensor has another shape, type or device.
        ToolError: tensors are on a GPU, and nvdiffrast is missing or does not work there.
    """
    return _backend(clip).rasterize(clip, faces, size)


def barycentric_derivatives(clip: Tensor, faces: Indices, fragments: Fragments) -> Tensor:
    """How barycentrics change from pixel to pixel: (N, H, W, 2, 2), with gradients to `clip`.

    Args:
        clip: (N, V, 4) as given to `rasterize`.
        faces: (F, 3).
        fragments: of `rasterize`.

    Returns:
        [..., k, 0] is the derivative of barycentric k per pixel to the right, [..., k, 1] down.
    """
    return _backend(clip).barycentric_derivatives(clip, faces, fragments)


def interpolate(
    attributes: Tensor, faces: Indices, fragments: Fragments, barycentric: Tensor
) -> Tensor:
    """Vertex attributes at pixels.

    Args:
        attributes: (N or 1, V, A).
        faces: (F, 3).
        fragments: of `rasterize`.
        barycentric: of `rasterize`.

    Returns:
        (N, H, W, A), zero where nothing is seen; gradients to both attributes and position.
    """
    return _backend(attributes).interpolate(attributes, faces, fragments, barycentric)


def attribute_derivatives(
    attributes: Tensor, faces: Indices, fragments: Fragments, derivatives: Tensor
) -> Tensor:
    """How vertex attributes change from pixel to pixel, for the level of detail of `texture`.

    Args:
        attributes: (N or 1, V, A).
        faces: (F, 3).
        fragments: of `rasterize`.
        derivatives: of `barycentric_derivatives`.

    Returns:
        (N, H, W, A, 2), per pixel to the right and down; gradients to both.
    """
    return _backend(attributes).attribute_derivatives(attributes, faces, fragments, derivatives)


def texture(
    image: Tensor | Sequence[Tensor],
    uv: Tensor,
    boundary: Boundary = "wrap",
    *,
    derivatives: Tensor | None = None,
    level: Tensor | None = None,
    levels: int | None = None,
) -> Tensor:
    """Texture lookups: bilinear; trilinear in a mip chain once derivatives or a level are given.

    The chain is made of means of 2 x 2 texels, down to one texel or to an odd side. Which level a
    lookup reads: the logarithm to base 2 of the longer axis of its pixel's footprint in texels,
    plus `level`; or `level` alone. On the CPU all gradients are exact: to texels, places,
    derivatives and level.

    Args:
        image: (N or 1, H, W, C), row 0 is the top; for "cube" (N or 1, 6, H, H, C), the faces +X,
            -X, +Y, -Y, +Z, -Z as OpenGL turns them. Or all levels of a mip chain of your own,
            finest first, each half as large as the last.
        uv: (N, h, w, 2); (0, 0) is the image's lower left corner, v up. For "cube" directions
            (N, h, w, 3) of any length.
        boundary: beyond the border is the image again ("wrap"), its border ("clamp") or nothing
            ("zero"); "cube" blends over the edges of its faces.
        derivatives: (N, h, w, 2 or 3, 2) of uv, from `attribute_derivatives`.
        level: (N, h, w).
        levels: how many levels at most, the finest included; None for all.

    Returns:
        (N, h, w, C); NaN where uv is not finite.
    """
    lod = Lod(derivatives, level, levels)
    return _backend(uv).texture(image, uv, boundary, lod)


def antialias(
    color: Tensor,
    clip: Tensor,
    faces: Indices,
    fragments: Fragments,
    adjacency: Indices | None = None,
) -> Tensor:
    """Pictures with silhouettes blended by coverage, and gradients from them to positions.

    Args:
        color: (N, H, W, C).
        clip: (N, V, 4) as given to `rasterize`.
        faces: (F, 3), welded: neighbors share vertices.
        fragments: of `rasterize`.
        adjacency: of `adjacency` for these faces, if at hand: it saves time on the CPU.
    """
    return _backend(color).antialias(color, clip, faces, fragments, adjacency)


def adjacency(faces: Indices) -> Tensor:
    """Triangles (F, 3) across the edges opposite to corners 0, 1, 2; -1 where not exactly one."""
    return host.adjacency(faces)


def _backend(tensor: Tensor) -> Backend:
    if tensor.device.type == "cpu":
        return host.KERNELS
    return cuda.PROBE.backend(tensor.device)
