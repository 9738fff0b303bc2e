"""The operations on the CPU in nvdiffrast's calling convention: change the import, keep the code.

    from lightmould.engine.differentiable import packed as dr

    context = dr.RasterizeContext()
    rast, rast_db = dr.rasterize(context, pos, tri, resolution=[512, 512])
    uv, uv_da = dr.interpolate(uvs, rast, tri, rast_db=rast_db, diff_attrs="all")
    color = dr.texture(tex, uv, uv_da)
    color = dr.antialias(color, rast, pos, tri)

Written from its documentation. Row 0 of an image is its bottom, of a texture the row at t = 0;
`rast` is u, v, z/w, triangle + 1 in one tensor, 0 where nothing is seen; derivatives are per pixel
to the right and up, last axis (du/dX, du/dY, dv/dX, dv/dY). What it can't do is an error.

Not here: `ranges`, depth peeling, filter modes without interpolation. Other than there, all
gradients of the level of detail are exact, and antialiasing walks over several triangles.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from lightmould.engine import differentiable as ours
from lightmould.engine.differentiable.values import Fragments
from lightmould.errors import SettingsError
from lightmould.raster.detail import Boundary

_LINEAR, _MIPMAPPED = "linear", "linear-mipmap-linear"


class RasterizeContext:
    """Takes a context's place; there is nothing to keep on the CPU."""


def rasterize(
    ctx: object,  # noqa: ARG001  (its place in the convention)
    pos: Tensor,
    tri: Tensor,
    resolution: Sequence[int],
    *,
    grad_db: bool = True,
) -> tuple[Tensor, Tensor]:
    """(N, H, W, 4) of what each pixel sees, and (N, H, W, 4) the derivatives of u and v.

    Args:
        ctx: anything.
        pos: (N, V, 4) float32 clip positions.
        tri: (F, 3) int32.
        resolution: height, width.
        grad_db: whether the derivatives hand gradients on.
    """
    height, width = resolution
    fragments, weights = ours.rasterize(pos, tri, (width, height))
    slopes = ours.barycentric_derivatives(pos if grad_db else pos.detach(), tri, fragments)
    depth = torch.where(fragments.triangle >= 0, fragments.depth, 0.0)
    rest = torch.stack([depth, fragments.triangle + 1.0], dim=3)
    return torch.cat([weights, rest], dim=3).flip(1), (slopes * _upwards()).flatten(3).flip(1)


def interpolate(
    attr: Tensor,
    rast: Tensor,
    tri: Tensor,
    rast_db: Tensor | None = None,
    diff_attrs: str | Sequence[int] | None = None,
) -> tuple[Tensor, Tensor]:
    """(N, H, W, A) attributes, and (N, H, W, 2 K) derivatives of K of them.

    Args:
        attr: (N or 1, V, A) or (V, A) float32.
        rast: of rasterize.
        tri: (F, 3) int32.
        rast_db: of rasterize.
        diff_attrs: which attributes' derivatives: "all", their indices, or None.
    """
    attributes = attr if attr.dim() == 3 else attr[None]
    fragments, weights = _unpacked(rast)
    out = ours.interpolate(attributes, tri, fragments, weights).flip(1)
    if diff_attrs is None:
        return out, out.new_zeros((*out.shape[:3], 0))
    if rast_db is None:
        raise SettingsError("rast_db", "none", "what rasterize returned", "Pass it, too.")
    if not isinstance(diff_attrs, str):
        attributes = attributes[..., list(diff_attrs)].contiguous()
    elif diff_attrs != "all":
        raise SettingsError("diff_attrs", diff_attrs, "all, indices or None", "Pass one of them.")
    slopes = rast_db.flip(1).unflatten(3, (2, 2)) * _upwards()
    steps = ours.attribute_derivatives(attributes, tri, fragments, slopes)
    return out, (steps * _upwards()).flatten(3).flip(1)


def texture(  # noqa: PLR0913, PLR0917  (the convention's arguments)
    tex: Tensor,
    uv: Tensor,
    uv_da: Tensor | None = None,
    mip_level_bias: Tensor | None = None,
    mip: Sequence[Tensor] | None = None,
    filter_mode: str = "auto",
    boundary_mode: str = "wrap",
    max_mip_level: int | None = None,
) -> Tensor:
    """(N, h, w, C) lookups.

    Args:
        tex: (N or 1, H, W, C) float32, or a cube map (N or 1, 6, H, H, C).
        uv: (N, h, w, 2), or directions (N, h, w, 3).
        uv_da: (N, h, w, 4), for a cube (N, h, w, 6).
        mip_level_bias: (N, h, w) added to the level of detail, or instead of it.
        mip: the levels after `tex`; None makes them.
        filter_mode: auto, linear or linear-mipmap-linear.
        boundary_mode: wrap, clamp, zero or cube.
        max_mip_level: the coarsest level that is used, 0 being `tex`.
    """
    mipmapped = uv_da is not None or mip_level_bias is not None
    mode = (_MIPMAPPED if mipmapped else _LINEAR) if filter_mode == "auto" else filter_mode
    if mode not in (_LINEAR, _MIPMAPPED):
        wanted = f"auto, {_LINEAR} or {_MIPMAPPED}"
        raise SettingsError("filter_mode", repr(filter_mode), wanted, "Pass one of them.")
    slopes = None if uv_da is None else uv_da.unflatten(3, (-1, 2))
    if boundary_mode != "cube":
        # t = 0 is a texture's first row here, and its last one there.
        uv = uv * _upwards() + torch.tensor([0.0, 1.0])
        slopes = None if slopes is None else slopes * _upwards()[:, None]
    boundary = cast(Boundary, boundary_mode)
    if mode == _LINEAR:
        return ours.texture(tex, uv, boundary)
    if not mipmapped:
        raise SettingsError("uv_da", "none", f"derivatives for {mode}", "Pass uv_da or a level.")
    return ours.texture(
        tex if mip is None else [tex, *mip],
        uv,
        boundary,
        derivatives=slopes,
        level=mip_level_bias,
        levels=None if max_mip_level is None else max_mip_level + 1,
    )


def antialias(
    color: Tensor, rast: Tensor, pos: Tensor, tri: Tensor, topology_hash: Tensor | None = None
) -> Tensor:
    """(N, H, W, C) with silhouettes blended, and gradients from them to positions.

    Args:
        color: (N, H, W, C) float32.
        rast: of rasterize.
        pos: (N, V, 4) as rasterized.
        tri: (F, 3) int32, welded.
        topology_hash: of antialias_construct_topology_hash for these triangles, if at hand.
    """
    fragments, _ = _unpacked(rast)
    return ours.antialias(color.flip(1), pos, tri, fragments, topology_hash).flip(1)


def antialias_construct_topology_hash(tri: Tensor) -> Tensor:
    """What antialias finds neighbors with, to be used again while the triangles stay."""
    return ours.adjacency(tri)


def _unpacked(rast: Tensor) -> tuple[Fragments, Tensor]:
    rows = rast.flip(1)
    triangle = rows[..., 3].detach().round().int() - 1
    depth = torch.where(triangle >= 0, rows[..., 2].detach(), 1.0)
    return Fragments(triangle, rows[..., :2].detach(), depth), rows[..., :2]


def _upwards() -> Tensor:
    """What turns derivatives per pixel to the right and down into those to the right and up."""
    return torch.tensor([1.0, -1.0])
