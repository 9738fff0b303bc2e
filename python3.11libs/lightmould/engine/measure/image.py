"""How much a rendering resembles the picture that was held out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.measure import kernels_image as kernels
from lightmould.errors import ReconstructionError

Image = NDArray[Any]

_CEILING_DB = 100.0
_RADIUS, _SIGMA = 5, 1.5
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
_STEPS = np.linspace(0, len(_HEAT) - 1, 1024)
_HEATS = np.stack([np.interp(_STEPS, np.arange(len(_HEAT)), heat) for heat in _HEAT.T], axis=-1)
_HEATS = _HEATS.astype(np.float32)
"""(1024, 3) finer than bytes can tell."""


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
    told = _told(found, truth)
    return Score(told.psnr, told.psnr_full, ssim(*told.white), told.iou)


def psnr(found: Image, truth: Image) -> float:
    """The first number of `score` alone, which takes a tenth of the time; arguments as there."""
    return _told(found, truth).psnr


def mean(scores: tuple[Score, ...]) -> Score:
    """The mean of each number over views: of decibels, not of the errors behind them."""
    count = len(scores)
    return Score(
        psnr=sum(one.psnr for one in scores) / count,
        psnr_full=sum(one.psnr_full for one in scores) / count,
        ssim=sum(one.ssim for one in scores) / count,
        iou=sum(one.iou for one in scores) / count,
    )


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
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    windows = (truth.shape[0] - 2 * _RADIUS) * (truth.shape[1] - 2 * _RADIUS) * truth.shape[2]
    return 1.0 - kernels.dissimilarity(found, truth, weights / weights.sum()) / windows


def error_picture(found: Image, truth: Image, full_scale: float = 0.25) -> Image:
    """A heat map of the error per pixel: near black is none, pale yellow `full_scale` and more.

    Args:
        found: (H, W, 4) sRGB encoded, straight alpha.
        truth: (H, W, 4).
        full_scale: the root-mean-square error over the channels that is drawn brightest.

    Returns:
        (H, W, 3) float32 sRGB, 0 to 1.
    """
    error = np.sqrt(_told(found, truth).error) / full_scale
    steps = np.minimum(error * (len(_HEATS) - 1) + 0.5, len(_HEATS) - 1)
    return _HEATS[steps.astype(np.int64)]


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What `kernels.tally` tells of two pictures.

    Attributes:
        white: (2, H, W, 3) both over white.
        error: (H, W) mean square of the difference over black.
        sums: by the kernel's names.
    """

    white: Image
    error: Image
    sums: NDArray[np.float64]

    @property
    def psnr(self) -> float:
        """As `Score`."""
        covered = self.sums[kernels.COVERED]
        if not covered:
            fix = "Leave that view out of the test."
            raise ReconstructionError("psnr", "no pixel to judge", "the object in view", fix)
        return _decibels(self.sums[kernels.OBJECT] / (3 * covered))

    @property
    def psnr_full(self) -> float:
        """As `Score`."""
        return _decibels(self.sums[kernels.WHOLE] / (3 * self.error.size))

    @property
    def iou(self) -> float:
        """As `Score`; 1 where both are empty."""
        either = self.sums[kernels.EITHER]
        return float(self.sums[kernels.SHARED] / either) if either else 1.0


def _told(found: Image, truth: Image) -> _Told:
    _check(found, truth)
    white = np.zeros((2, *truth.shape[:2], 3), truth.dtype)
    error, sums = np.zeros(truth.shape[:2], truth.dtype), np.zeros(5)
    kernels.tally(found, truth, white, error, sums)
    return _Told(white, error, sums)


def _decibels(mean_square: float) -> float:
    """Of values whose peak is 1; no more than a ceiling, so that equal pictures have a number."""
    return float(-10 * np.log10(max(mean_square, 10 ** (-_CEILING_DB / 10))))


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
