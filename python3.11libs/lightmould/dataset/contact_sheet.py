"""Some views of a dataset in one picture, passes side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset.images import Pixels
from lightmould.dataset.views import CHANNELS, Views
from lightmould.formats.color import srgb_from_linear

ROWS = 12
"""Views, at most: the first, the last, and some between."""

WIDTH = 160
"""Pixels of a picture's longer side, at most."""

_GAP = 4
_PAPER = 0.13
_CHECKERS = (0.42, 0.5)
_CHECK = 8


def rows(views: Views, count: int = ROWS) -> list[int]:
    """The views that are drawn: evenly from the first to the last."""
    total = len(views.dataset.views)
    return sorted({round(i) for i in np.linspace(0, total - 1, min(count, total))})


def columns(views: Views, chosen: list[int]) -> list[str]:
    """The passes that are drawn, from left to right."""
    there = {name for index in chosen for name in views.names(index)}
    return [name for name in CHANNELS if name in there]


def draw(views: Views, chosen: list[int]) -> Pixels:
    """Chosen views below each other, their passes side by side.

    Color lies on a checkerboard where it is transparent; depth is bright where it is near, from the
    nearest to the farthest of its picture; a normal of (x, y, z) is that color around middle gray;
    what else may have any size goes from black to white. What a view lacks stays empty.

    Returns:
        (H, W, 3) sRGB.

    Raises:
        FormatError: a file is damaged.
        DatasetError: a picture's size is not its camera's.
    """
    drawn = [
        {name: _thumbnail(views, index, name) for name in views.names(index)} for index in chosen
    ]
    names = columns(views, chosen)
    heights = [max(one.shape[0] for one in row.values()) for row in drawn]
    width = max(one.shape[1] for row in drawn for one in row.values())
    shape = (sum(heights) + _GAP * (len(heights) + 1), len(names) * (width + _GAP) + _GAP, 3)
    sheet = np.full(shape, _PAPER, np.float32)
    top = _GAP
    for row, height in zip(drawn, heights, strict=True):
        for name, picture in row.items():
            left = _GAP + names.index(name) * (width + _GAP)
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        top += height + _GAP
    return sheet


def _thumbnail(views: Views, index: int, name: str) -> Pixels:
    array = views.array(index, name)
    step = -(-max(array.shape[:2]) // WIDTH)
    # Data passes are not averaged: a mean of two normals or depths is neither's.
    if name == "rgb":
        return _color(_smaller(_unit(array), step), srgb=views.dataset.color_space == "srgb")
    small = array[::step, ::step]
    if name in ("depth", "distance"):
        return _gray(_nearness(small))
    if name in ("normal", "normal_camera"):
        return np.asarray(small * np.float32(0.5) + np.float32(0.5), np.float32)
    if name == "albedo":
        return np.asarray(srgb_from_linear(_unit(small)), np.float32)
    if name in ("position", "instance", "uv"):
        small = _ranged(small)
    return _gray(_unit(small)) if small.ndim == 2 else _unit(small)


def _ranged(values: NDArray[Any]) -> Pixels:
    """0 to 1 for the least to the greatest; two channels are red and green."""
    seen = values[np.isfinite(values)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 0.0)
    ranged = np.nan_to_num((values - low) / max(high - low, 1e-9))
    if ranged.ndim == 3 and ranged.shape[2] == 2:
        ranged = np.concatenate([ranged, np.zeros_like(ranged[..., :1])], axis=2)
    return np.asarray(ranged, np.float32)


def _unit(array: NDArray[Any]) -> Pixels:
    top = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1
    return np.clip(np.nan_to_num(array.astype(np.float32) / np.float32(top)), 0, 1)


def _smaller(picture: Pixels, step: int) -> Pixels:
    """Means of step x step pixels, what is left over cut."""
    height, width = picture.shape[0] // step, picture.shape[1] // step
    whole = picture[: height * step, : width * step]
    blocks = whole.reshape(height, step, width, step, picture.shape[2])
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _color(picture: Pixels, *, srgb: bool) -> Pixels:
    color = picture[..., :3] if srgb else srgb_from_linear(picture[..., :3])
    if picture.shape[2] == 3:
        return np.asarray(color, np.float32)
    y, x = np.indices(picture.shape[:2]) // _CHECK
    board = np.where((x + y) % 2, *_CHECKERS)[..., None]
    alpha = picture[..., 3:]
    return np.asarray(color * alpha + board * (1 - alpha), np.float32)


def _nearness(depth: NDArray[Any]) -> Pixels:
    """1 where it is nearest, 0.2 where it is farthest, 0 where there is nothing."""
    seen = np.isfinite(depth)
    near, far = (depth[seen].min(), depth[seen].max()) if seen.any() else (0, 0)
    part = (far - np.where(seen, depth, far)) / max(float(far - near), 1e-9)
    return np.asarray(np.where(seen, 0.2 + 0.8 * part, 0), np.float32)


def _gray(values: Pixels) -> Pixels:
    return np.repeat(values[..., None], 3, axis=2)
