"""What a real lens does to a pinhole's picture, in the two families that OpenCV defines.

Coordinates are normalized: a point's x and y in a pinhole's picture at focal length 1, x to the
right and y down, the axis at (0, 0). They are free of pixels, so scaling a picture changes nothing.

Source: OpenCV's documentation, "Camera Calibration and 3D Reconstruction" and "Fisheye camera
model"; Brown 1966; Kannala & Brandt 2006.
"""

from dataclasses import astuple, dataclass, fields
from math import isfinite, pi
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.model.arrays import Floats

_STEPS = 50
_CLOSE = 1e-12


@dataclass(frozen=True, slots=True)
class RadialTangential:
    """Brown's lens: a ratio of polynomials of the radius, and a decentered glass.

    Attributes:
        k1: of the squared radius.
        k2: of its square.
        k3: of its cube.
        k4: below the fraction, as k1 is above it.
        k5: as k2.
        k6: as k3.
        p1: tangential, along y.
        p2: tangential, along x.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0
    p1: float = 0.0
    p2: float = 0.0

    def __post_init__(self) -> None:
        _check_finite(self)

    def distorted(self, points: Floats) -> Floats:
        """Where a pinhole's points are seen: (N, 2) to (N, 2); NaN where the lens folds over."""
        seen, slopes = self._bent(points)
        return np.where(self._folded(points, slopes)[:, None], np.nan, seen)

    def undistorted(self, points: Floats) -> Floats:
        """The pinhole's points of what is seen: (N, 2) to (N, 2); NaN where there are none."""
        found = np.array(points, dtype=np.float64)
        with np.errstate(all="ignore"):  # what runs away is NaN in the end
            for _ in range(_STEPS):
                seen, slopes = self._bent(found)
                step = _solved(slopes, points - seen)
                found += step
                if not np.abs(step).max(initial=0.0) > _CLOSE:
                    break
            again, slopes = self._bent(found)
            wrong = ~(np.abs(again - points).max(axis=1) < 1e-9 * (1 + np.abs(points).max(axis=1)))
            wrong |= self._folded(found, slopes)
        return np.where(wrong[:, None], np.nan, found)

    def _folded(self, points: Floats, slopes: Floats) -> NDArray[np.bool_]:
        """Whether points lie beyond the fold, where the picture runs backward or mirrored.

        A polynomial may turn forward again farther out: what counts is the way from the axis.
        """
        folded = ~(_determinant(slopes) > 0)
        for share in (0.25, 0.5, 0.75):
            folded |= ~(_determinant(self._bent(points * share)[1]) > 0)
        return folded

    def _bent(self, points: Floats) -> tuple[Floats, Floats]:
        """(N, 2) distorted points and (N, 3) slopes: dx/dx, dx/dy = dy/dx, dy/dy."""
        with np.errstate(all="ignore"):  # what runs away is refused by its slopes
            x, y = points[:, 0], points[:, 1]
            r = x * x + y * y
            above = 1 + r * (self.k1 + r * (self.k2 + r * self.k3))
            below = 1 + r * (self.k4 + r * (self.k5 + r * self.k6))
            gain = above / below
            above_slope = self.k1 + r * (2 * self.k2 + r * 3 * self.k3)
            below_slope = self.k4 + r * (2 * self.k5 + r * 3 * self.k6)
            slope = 2 * (above_slope - gain * below_slope) / below
            p1, p2 = self.p1, self.p2
            seen_x = x * gain + 2 * p1 * x * y + p2 * (r + 2 * x * x)
            seen_y = y * gain + p1 * (r + 2 * y * y) + 2 * p2 * x * y
            across = x * y * slope + 2 * (p1 * x + p2 * y)
            along_x = gain + x * x * slope + 2 * p1 * y + 6 * p2 * x
            along_y = gain + y * y * slope + 6 * p1 * y + 2 * p2 * x
        return np.stack([seen_x, seen_y], axis=1), np.stack([along_x, across, along_y], axis=1)


@dataclass(frozen=True, slots=True)
class Fisheye:
    """An equidistant lens: the distance from the axis grows with a polynomial of the angle.

    Attributes:
        k1: of the angle's cube, radians.
        k2: of its fifth power.
        k3: of its seventh.
        k4: of its ninth.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    def __post_init__(self) -> None:
        _check_finite(self)

    def distorted(self, points: Floats) -> Floats:
        """Where a pinhole's points are seen: (N, 2) to (N, 2); NaN where the lens folds over."""
        radius = np.hypot(points[:, 0], points[:, 1])
        angle = np.arctan(radius)
        seen, slope = self._bent(angle)
        gain = np.divide(seen, radius, out=np.ones_like(radius), where=radius > 0)
        return np.where((slope <= 0)[:, None], np.nan, points * gain[:, None])

    def undistorted(self, points: Floats) -> Floats:
        """The pinhole's points of what is seen; NaN where there are none: 90 degrees and more."""
        radius = np.hypot(points[:, 0], points[:, 1])
        angle = radius.copy()
        with np.errstate(all="ignore"):
            for _ in range(_STEPS):
                seen, slope = self._bent(angle)
                step = (radius - seen) / slope
                angle += step
                if not np.abs(step).max(initial=0.0) > _CLOSE:
                    break
            seen, slope = self._bent(angle)
            wrong = ~((np.abs(seen - radius) < 1e-9 * (1 + radius)) & (slope > 0))
            wrong |= (angle >= pi / 2) | (angle < 0)
            gain = np.divide(np.tan(angle), radius, out=np.ones_like(radius), where=radius > 0)
        return np.where(wrong[:, None], np.nan, points * gain[:, None])

    def _bent(self, angle: Floats) -> tuple[Floats, Floats]:
        """Distances from the axis and their slopes."""
        t = angle * angle
        k1, k2, k3, k4 = astuple(self)
        seen = angle * (1 + t * (k1 + t * (k2 + t * (k3 + t * k4))))
        return seen, 1 + t * (3 * k1 + t * (5 * k2 + t * (7 * k3 + t * 9 * k4)))


Distortion: TypeAlias = RadialTangential | Fisheye


def radial_tangential(**terms: float) -> RadialTangential | None:
    """Brown's lens by its terms; None where all are 0, which is a pinhole."""
    return RadialTangential(**terms) if any(terms.values()) else None


def terms_of(distortion: Distortion | None) -> dict[str, float]:
    """The terms that are not 0, by name."""
    if distortion is None:
        return {}
    terms = {one.name: float(getattr(distortion, one.name)) for one in fields(distortion)}
    return {name: value for name, value in terms.items() if value}


def _check_finite(distortion: Distortion) -> None:
    if not all(isfinite(term) for term in astuple(distortion)):
        where = f"{type(distortion).__name__} distortion"
        fix = "Calibrate the lens again."
        raise SettingsError(where, f"terms {astuple(distortion)}", "finite numbers", fix)


def _determinant(slopes: Floats) -> Floats:
    determinant: Floats = slopes[:, 0] * slopes[:, 2] - slopes[:, 1] ** 2
    return determinant


def _solved(slopes: Floats, right: Floats) -> Floats:
    """(N, 2) steps that symmetric (N, 3) slopes turn into `right`."""
    scale = 1 / _determinant(slopes)
    x = (slopes[:, 2] * right[:, 0] - slopes[:, 1] * right[:, 1]) * scale
    y = (slopes[:, 0] * right[:, 1] - slopes[:, 1] * right[:, 0]) * scale
    return np.stack([x, y], axis=1)
