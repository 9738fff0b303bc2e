"""How much a rendering resembles the picture that was held out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.errors import ReconstructionError

Image = NDArray[Any]
Mask = NDArray[np.bool_]

_CEILING_DB = 100.0
_RADIUS, _SIGMA = 5, 1.5
_LUMINANCE_FLOOR, _CONTRAST_FLOOR = 0.01**2, 0.03**2
_HEAT = np.array(
    [
        (0.02, 0.02, 0.07),
        (0.25, 0.07, 0.39),
        (0.62, 0.16, 0.38),
        (0.91, 0.36, 0.20),
        (0.99, 0.68, 0.20),
        (1.00, 0.98, 0.78),
    ]
)


@dataclass(frozen=True, slots=True)
class Score:
    """How much one rendering resembles its truth, or the mean over several.

    Attributes:
        psnr: dB over the pixels that the object covers in the truth (alpha above 0), both
            pictures composited on black. The truth alone chooses the pixels, so every
            reconstruction is judged on the same ones; what spills over lowers psnr_full and iou.
        psnr_full: dB over the whole picture, both composited on white, as the NeRF literature.
        ssim: structural similarity of the same two whole pictures; 1 is equal.
        iou: intersection over union of the silhouettes; 1 is equal.
    """

    psnr: float
    psnr_full: float
    ssim: float
    iou: float


def score(found: Image, truth: Image) -> Score:
    """Judge one rendering.

    Args:
        found: (H, W, 4) the rendering, sRGB encoded, straight alpha, 0 to 1; beyond is clipped.
        truth: (H, W, 4) the picture held out, alike.

    Raises:
        ReconstructionError: sizes differ, a value is not finite, or the truth is empty.
    """
    _check(found, truth)
    on_black = composite(found, 0.0), composite(truth, 0.0)
    on_white = composite(found, 1.0), composite(truth, 1.0)
    return Score(
        psnr=psnr(*on_black, where=truth[..., 3] > 0),
        psnr_full=psnr(*on_white),
        ssim=ssim(*on_white),
        iou=silhouette_iou(found[..., 3], truth[..., 3]),
    )


def mean(scores: tuple[Score, ...]) -> Score:
    """The mean of each number over views: of decibels, not of the errors behind them."""
    count = len(scores)
    return Score(
        psnr=sum(one.psnr for one in scores) / count,
        psnr_full=sum(one.psnr_full for one in scores) / count,
        ssim=sum(one.ssim for one in scores) / count,
        iou=sum(one.iou for one in scores) / count,
    )


def composite(picture: Image, background: float) -> Image:
    """An (H, W, 4) straight-alpha picture over a gray, (H, W, 3), clipped to 0 to 1.

    Encoded values are mixed, not linear ones, as the NeRF literature does.
    """
    alpha = np.clip(picture[..., 3:], 0, 1)
    color: Image = np.clip(picture[..., :3], 0, 1) * alpha + background * (1 - alpha)
    return color


def psnr(found: Image, truth: Image, where: Mask | None = None) -> float:
    """Peak signal-to-noise ratio, dB, of values whose peak is 1.

    Args:
        found: (H, W, C).
        truth: (H, W, C).
        where: (H, W) the pixels that count; all without it.

    Returns:
        dB; 100 at most, so that equal pictures have a number too.

    Raises:
        ReconstructionError: no pixel counts.
    """
    squares = np.square(found.astype(np.float64) - truth)
    if where is not None:
        squares = squares[where]
    if not squares.size:
        raise ReconstructionError(
            "psnr", "no pixel to judge", "the object in view", "Leave that view out of the test."
        )
    return float(-10 * np.log10(max(squares.mean(), 10 ** (-_CEILING_DB / 10))))


def ssim(found: Image, truth: Image) -> float:
    """Structural similarity, mean over channels and over every window that fits.

    Args:
        found: (H, W, C), 0 to 1, at least 11 pixels each way.
        truth: (H, W, C).

    Source: Wang, Bovik, Sheikh, Simoncelli 2004, eq. 13; 11 x 11 Gaussian window of sigma 1.5,
    K1 = 0.01, K2 = 0.03.
    """
    if min(truth.shape[:2]) <= 2 * _RADIUS:
        size = f"{truth.shape[1]} x {truth.shape[0]} pixels"
        raise ReconstructionError("ssim", size, "11 x 11 at least", "Use larger pictures.")
    windows = (truth.shape[0] - 2 * _RADIUS) * (truth.shape[1] - 2 * _RADIUS)
    part = _where_different(found, truth)
    # Windows of equal pixels are similar by 1, and there are many around an object.
    x, y = found[part].astype(np.float64), truth[part].astype(np.float64)
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x**2
    variance_y = _window_mean(y * y) - mean_y**2
    covariance: Image = _window_mean(x * y) - mean_x * mean_y
    similar = (2 * mean_x * mean_y + _LUMINANCE_FLOOR) * (2 * covariance + _CONTRAST_FLOOR)
    spread = (mean_x**2 + mean_y**2 + _LUMINANCE_FLOOR) * (
        variance_x + variance_y + _CONTRAST_FLOOR
    )
    missing = 1.0 - similar / spread
    return 1.0 - float(missing.sum()) / (windows * truth.shape[2])


def _where_different(found: Image, truth: Image) -> tuple[slice, slice]:
    """The part of two pictures outside of which all windows are equal; one window at least."""
    different = (found != truth).any(axis=2)
    parts = []
    for axis, size in enumerate(truth.shape[:2]):
        where = np.flatnonzero(different.any(axis=1 - axis))
        first, last = (where[0], where[-1]) if len(where) else (0, 0)
        low = max(0, min(first - 2 * _RADIUS, size - 2 * _RADIUS - 1))
        parts.append(slice(low, max(last + 2 * _RADIUS + 1, low + 2 * _RADIUS + 1)))
    return parts[0], parts[1]


def silhouette_iou(found_alpha: Image, truth_alpha: Image) -> float:
    """Intersection over union of what is more than half covered; 1 where both are empty.

    Args:
        found_alpha: (H, W) coverage, 0 to 1.
        truth_alpha: (H, W).
    """
    found, truth = found_alpha > 0.5, truth_alpha > 0.5
    union = np.count_nonzero(found | truth)
    return np.count_nonzero(found & truth) / union if union else 1.0


def error_picture(found: Image, truth: Image, full_scale: float = 0.25) -> Image:
    """A heat map of the error per pixel: near black is none, pale yellow `full_scale` and more.

    Args:
        found: (H, W, 4) sRGB encoded, straight alpha.
        truth: (H, W, 4).
        full_scale: the root-mean-square error over the channels that is drawn brightest.

    Returns:
        (H, W, 3) sRGB, 0 to 1.
    """
    difference = composite(found, 0.0) - composite(truth, 0.0)
    error = np.sqrt(np.square(difference).mean(axis=-1)) / full_scale
    stops = np.linspace(0, 1, len(_HEAT))
    return np.stack([np.interp(error, stops, _HEAT[:, c]) for c in range(3)], axis=-1)


def _window_mean(image: Image) -> Image:
    """Gaussian means of the windows that lie wholly inside, (H - 10, W - 10, C)."""
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    weights /= weights.sum()
    rows = ndimage.correlate1d(image, weights, axis=0)
    means: Image = ndimage.correlate1d(rows, weights, axis=1)
    return means[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]


def _check(found: Image, truth: Image) -> None:
    if found.shape != truth.shape or truth.ndim != 3 or truth.shape[2] != 4:
        raise ReconstructionError(
            "score",
            f"pictures of shape {found.shape} and {truth.shape}",
            "two of one shape (H, W, 4)",
            "Render at the size of the held-out picture.",
        )
    if not (np.isfinite(found).all() and np.isfinite(truth).all()):
        raise ReconstructionError(
            "score", "a pixel that is not finite", "finite colors", "Look for NaN in the rendering."
        )
