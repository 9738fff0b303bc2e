"""Arguments of raster operations, checked: kernels run without bounds checks."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, get_args

import numpy as np
from numpy.typing import DTypeLike

from lightmould.errors import SettingsError
from lightmould.raster.detail import Boundary, Detail
from lightmould.raster.fragments import Array, Fragments

BOUNDARIES: Final[tuple[str, ...]] = get_args(Boundary)


def plain(name: str, values: Array, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """A contiguous, read-only view of `values`, a copy only where dtype or layout demand one.

    Args:
        name: what the array is, for the error.
        values: array.
        shape: wanted shape; -1 stands for any length.
        dtype: wanted element type.

    Raises:
        SettingsError: the shape differs.
    """
    fits = values.ndim == len(shape) and all(
        want in (-1, have) for have, want in zip(values.shape, shape, strict=True)
    )
    if not fits:
        raise SettingsError(name, f"shape {values.shape}", f"shape {shape}", "Pass that shape.")
    # Read-only always: a kernel is compiled once for each mix of flags that it meets.
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.setflags(write=False)
    return view


def checked_faces(faces: Array, vertices: int) -> Array:
    """(F, 3) int32, every index one of `vertices`."""
    array = plain("faces", faces, (-1, 3), np.int32)
    if array.size and (array.min() < 0 or array.max() >= vertices):
        found = f"an index {array.min()} or {array.max()}"
        raise SettingsError("faces", found, f"0 to {vertices - 1}", "Pass the faces' own vertices.")
    return array


def checked_triangle(fragments: Fragments, faces: int) -> Array:
    """(N, H, W) int32 triangle indices, every one below `faces`."""
    array = plain("fragments triangle", fragments.triangle, (-1, -1, -1), np.int32)
    if array.size and array.max() >= faces:
        found = f"triangle {array.max()}"
        raise SettingsError("fragments", found, f"below {faces}", "Pass the faces they come from.")
    return array


def checked_neighbors(neighbors: Array, faces: int) -> Array:
    """(F, 3) int32 neighbors across the edges opposite to corners 0, 1 and 2."""
    array = plain("adjacency", neighbors, (faces, 3), np.int32)
    if array.size and array.max() >= faces:
        found = f"neighbor {array.max()}"
        raise SettingsError("adjacency", found, f"below {faces}", "Compute it from these faces.")
    return array


def checked_batch(name: str, batch: int, images: int, *, one_for_all: bool = True) -> None:
    """Refuse a batch that is not one for each image or, where that is allowed, one for all."""
    if batch != images and not (one_for_all and batch == 1):
        wanted = f"1 or {images}" if one_for_all else str(images)
        raise SettingsError(name, f"a batch of {batch}", wanted, "Pass one for each image.")


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height), at least one pixel each."""
    if min(size) < 1:
        raise SettingsError("size", str(size), "at least 1x1 pixel", "Enlarge it.")
    return size


def checked_boundary(boundary: str) -> str:
    """One of the names of a texture's boundaries."""
    if boundary not in BOUNDARIES:
        wanted = ", ".join(BOUNDARIES)
        raise SettingsError("boundary", repr(boundary), wanted, "Name one of them.")
    return boundary


def checked_levels(levels: Sequence[Array], boundary: str) -> list[Array]:
    """Levels of a mip chain (N, H, W, C), of a cube (N, 6, H, H, C), each half the last one."""
    middle = (6, -1, -1) if boundary == "cube" else (-1, -1)
    found = [plain("image", level, (-1, *middle, -1), np.float32) for level in levels]
    if not found or 0 in found[0].shape:
        raise SettingsError("image", "no texels", "at least one", "Pass an image.")
    if boundary == "cube" and found[0].shape[2] != found[0].shape[3]:
        raise SettingsError("image", f"faces {found[0].shape[2:4]}", "squares", "Pass squares.")
    for above, below in pairwise(found):
        halves = *above.shape[:-3], *(max(n // 2, 1) for n in above.shape[-3:-1]), above.shape[-1]
        if below.shape != halves:
            wanted = f"{halves} after {above.shape}"
            raise SettingsError("image", f"a level {below.shape}", wanted, "Halve each level.")
    return found


def checked_uv(uv: Array, boundary: str) -> Array:
    """Places (N, h, w, 2), for a cube directions (N, h, w, 3)."""
    return plain("uv", uv, (-1, -1, -1, 3 if boundary == "cube" else 2), np.float32)


def checked_detail(detail: Detail, uv: Array) -> tuple[Array, Array]:
    """Derivatives (N, h, w, 2 or 3, 2) and levels (N, h, w); of length (N, 0, 0) where none."""
    count = len(uv)
    derivatives, level = np.zeros((count, 0, 0, uv.shape[3], 2)), np.zeros((count, 0, 0))
    if detail.derivatives is not None:
        derivatives = plain("derivatives", detail.derivatives, (*uv.shape, 2), np.float32)
    if detail.level is not None:
        level = plain("level", detail.level, uv.shape[:3], np.float32)
    return (
        plain("derivatives", derivatives, derivatives.shape, np.float32),
        plain("level", level, level.shape, np.float32),
    )
