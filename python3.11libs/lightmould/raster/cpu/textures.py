"""Lookups in textures: bilinear, or between the levels of a mip chain; images and cube maps."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster import kernels_mip, kernels_texture
from lightmould.raster.arguments import (
    BOUNDARIES,
    checked_batch,
    checked_boundary,
    checked_detail,
    checked_levels,
    checked_uv,
    plain,
)
from lightmould.raster.detail import Boundary, Detail, MipGradients
from lightmould.raster.fragments import Array, Singles
from lightmould.raster.pool import shared
from lightmould.raster.shares import bands, image_bands


def texture(image: Array, uv: Array, boundary: Boundary = "wrap") -> Singles:
    """Bilinear lookups (N, h, w, C); NaN where uv is not finite.

    A cube map's six faces are OpenGL's: +X, -X, +Y, -Y, +Z, -Z, each as `cube.AXES` says. Lookups
    blend over their edges; where three faces meet, the fourth texel is the mean of the three.

    Args:
        image: (N or 1, H, W, C) float32, row 0 is the top; a cube map (N or 1, 6, H, H, C).
        uv: (N, h, w, 2) float32; (0, 0) is the image's lower left corner, v up. For a cube
            directions (N, h, w, 3), of any length.
        boundary: what is beyond the border: the image again, its border, 0; or "cube".
    """
    return _Lookups.of([image], uv, boundary).sampled(_finest(uv))


def texture_backward(
    image: Array, uv: Array, grad: Array, boundary: Boundary = "wrap"
) -> tuple[Singles, Singles]:
    """The gradients of image and of uv; none where uv is not finite.

    Args:
        image: (N or 1, H, W, C) float32, or (N or 1, 6, H, H, C).
        uv: (N, h, w, 2 or 3) float32.
        grad: (N, h, w, C) float32, of what texture returned.
        boundary: as given to texture.
    """
    lookups = _Lookups.of([image], uv, boundary)
    grad = plain("grad", grad, (*uv.shape[:3], image.shape[-1]), np.float32)
    (grad_image,) = lookups.grad_levels(_finest(uv), grad)
    return grad_image, lookups.grad_uv(_finest(uv), grad)[0]


def mip_chain(image: Array, levels: int | None = None) -> tuple[Singles, ...]:
    """The image and its means over 2 x 2 texels, over 4 x 4, ... while both sides can be halved.

    A side of 1 stays 1; an odd side above 1 ends the chain: sides that are powers of two go down to
    one texel.

    Args:
        image: (N, H, W, C) float32, or a cube map (N, 6, H, H, C), whose faces stay apart.
        levels: how many levels at most, the image included; None for all.
    """
    chain = [plain("image", image, image.shape, np.float32)]
    while levels is None or len(chain) < levels:
        sides = chain[-1].shape[-3:-1]
        if max(sides) == 1 or any(side > 1 and side % 2 for side in sides):
            break
        halves = *(max(side // 2, 1) for side in sides), image.shape[-1]
        coarse = np.zeros((*image.shape[:-3], *halves), np.float32)
        fine = chain[-1].reshape(-1, *chain[-1].shape[-3:])
        pieces = image_bands(len(fine), halves[0], shared().count)
        flat = coarse.reshape(-1, *halves)
        shared().run(kernels_mip.halve, [(fine[n], a, b, flat[n]) for n, a, b in pieces])
        chain.append(plain("image", coarse, coarse.shape, np.float32))
    return tuple(chain)


def mip_chain_backward(grads: Sequence[Array]) -> Singles:
    """The gradient of the image, from those of all levels of its chain."""
    coarse = np.array(grads[-1], np.float32)
    for grad in reversed(grads[:-1]):
        fine = np.array(grad, np.float32)
        below, above = (a.reshape(-1, *a.shape[-3:]) for a in (coarse, fine))
        pieces = image_bands(len(below), below.shape[1], shared().count)
        shared().run(kernels_mip.halve_backward, [(below[n], a, b, above[n]) for n, a, b in pieces])
        coarse = fine
    return coarse


def texture_mip(
    levels: Sequence[Array], uv: Array, detail: Detail, boundary: Boundary = "wrap"
) -> Singles:
    """Trilinear lookups (N, h, w, C): bilinear in the two levels nearest to the level of detail.

    Args:
        levels: what mip_chain returned, or levels of your own, each half as large as the last.
        uv: as for texture.
        detail: which level each lookup reads.
        boundary: as for texture.
    """
    lookups = _Lookups.of(levels, uv, boundary)
    return lookups.sampled(lookups.level_of_detail(detail))


def texture_mip_backward(
    levels: Sequence[Array], uv: Array, detail: Detail, grad: Array, boundary: Boundary = "wrap"
) -> MipGradients:
    """The gradients of the levels, of uv and of the level of detail, all of them exact.

    Args:
        levels: as given to texture_mip.
        uv: as given to texture_mip.
        detail: as given to texture_mip.
        grad: (N, h, w, C) float32, of what texture_mip returned.
        boundary: as given to texture_mip.
    """
    lookups = _Lookups.of(levels, uv, boundary)
    grad = plain("grad", grad, (*uv.shape[:3], levels[0].shape[-1]), np.float32)
    lod = lookups.level_of_detail(detail)
    grad_uv, grad_lod = lookups.grad_uv(lod, grad)
    grad_slopes = lookups.grad_detail(detail, grad_lod, grad_uv)
    grad_level = None if detail.level is None else grad_lod.astype(np.float32)
    return MipGradients(lookups.grad_levels(lod, grad), grad_uv, grad_slopes, grad_level)


def _finest(uv: Array) -> Floats:
    """The level of detail where there is one level."""
    return np.zeros((len(uv), 0, 0))


class _Lookups(NamedTuple):
    """Checked arguments, and all levels of a texture in one array.

    Attributes:
        levels: as given.
        texels: (N or 1, T, C).
        table: (L, 3) each level's first texel, height and width.
        uv: (N, h, w, 2 or 3).
        boundary: its number.
    """

    levels: list[Array]
    texels: Array
    table: Ints
    uv: Array
    boundary: int

    @staticmethod
    def of(levels: Sequence[Array], uv: Array, boundary: str) -> "_Lookups":
        number = BOUNDARIES.index(checked_boundary(boundary))
        checked = checked_levels(levels, boundary)
        places = checked_uv(uv, boundary)
        batch, channels = len(checked[0]), checked[0].shape[-1]
        checked_batch("image", batch, len(places))
        flat = [level.reshape(batch, -1, channels) for level in checked]
        starts = np.cumsum([0, *(part.shape[1] for part in flat[:-1])])
        sizes = [level.shape[-3:-1] for level in checked]
        joined = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1)
        texels = plain("texels", joined, (batch, -1, channels), np.float32)
        table = np.array([(start, *size) for start, size in zip(starts, sizes, strict=True)])
        return _Lookups(checked, texels, table, places, number)

    def level_of_detail(self, detail: Detail) -> Floats:
        """(N, h, w)."""
        slopes, bias = checked_detail(detail, self.uv)
        lod = np.zeros(self.uv.shape[:3])
        height, width = self.table[0, 1:]
        size = int(height), int(width), self.boundary
        shared().run(
            kernels_mip.detail,
            [(self.uv[n], slopes[n], bias[n], *size, a, b, lod[n]) for n, a, b in self._rows()],
        )
        return lod

    def sampled(self, lod: Floats) -> Singles:
        """(N, h, w, C)."""
        out = np.zeros((*self.uv.shape[:3], self.texels.shape[2]), np.float32)
        shared().run(
            kernels_texture.sample,
            [(*self._of(n), lod[n], a, b, out[n]) for n, a, b in self._rows()],
        )
        return out

    def grad_uv(self, lod: Floats, grad: Array) -> tuple[Singles, Floats]:
        """The gradients of uv and lod."""
        out, out_lod = np.zeros(self.uv.shape, np.float32), np.zeros(self.uv.shape[:3])
        shared().run(
            kernels_texture.sample_backward_uv,
            [(*self._of(n), lod[n], grad[n], a, b, out[n], out_lod[n]) for n, a, b in self._rows()],
        )
        return out, out_lod

    def grad_detail(self, detail: Detail, grad_lod: Floats, out_uv: Singles) -> Singles | None:
        """The gradient of the derivatives; a cube's level of detail adds to that of uv, too."""
        if detail.derivatives is None:
            return None
        slopes, _ = checked_detail(detail, self.uv)
        out = np.zeros(slopes.shape, np.float32)
        height, width = self.table[0, 1:]
        size = int(height), int(width), self.boundary
        shared().run(
            kernels_mip.detail_backward,
            [
                (self.uv[n], slopes[n], grad_lod[n], *size, a, b, out_uv[n], out[n])
                for n, a, b in self._rows()
            ],
        )
        return out

    def grad_levels(self, lod: Floats, grad: Array) -> tuple[Singles, ...]:
        """The gradients of all levels, shaped as they are."""
        # A million pixels may meet in one coarse texel: single precision would lose count.
        out = np.zeros(self.texels.shape, np.float32 if len(self.levels) == 1 else np.float64)
        one = len(out) == 1
        shared().run(
            kernels_texture.sample_backward_texels,
            [
                (self.table, self.boundary, *(x if one else x[m : m + 1] for x in every), a, b, to)
                for every in [(self.uv, lod, grad)]
                for m, to in enumerate(out)
                for a, b in bands(len(to), shared().count)
            ],
        )
        ends = [int(start) for start in self.table[1:, 0]]
        parts = np.split(out.astype(np.float32, copy=False), ends, axis=1)
        return tuple(
            part.reshape(level.shape) for part, level in zip(parts, self.levels, strict=True)
        )

    def _of(self, n: int) -> tuple[object, ...]:
        texels = self.texels[n % len(self.texels)]
        return texels, self.table, self.boundary, self.uv[n]

    def _rows(self) -> list[tuple[int, int, int]]:
        return image_bands(len(self.uv), self.uv.shape[1], shared().count)
