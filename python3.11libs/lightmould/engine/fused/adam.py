"""Adam for textures, texel by texel, and for the logarithm of a light.

Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization".
"""

from typing import cast

import numpy as np

from lightmould.engine.fused import kernels_adam
from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Singles
from lightmould.raster.pool import shared
from lightmould.raster.shares import bands

KEEP, KEEP_SQUARE = 0.9, 0.99
"""Shares of the moments that stay from one step to the next."""

PIECES = 16

DARKEST = 1e-3
"""Radiance below which there is no light."""


class Texture:
    """A texture that is fitted; texels that nothing pulls stay as they are.

    Attributes:
        values: (S, S, C) changed in place.
        state: all arrays that decide what comes next.
    """

    def __init__(self, values: Singles, limits: Singles) -> None:
        """Begin.

        Args:
            values: (S, S, C), taken over.
            limits: (C, 2) least and largest value of each channel.
        """
        self.values, self._limits = np.clip(values, *limits.T), limits
        self._moments = np.zeros((2, *values.shape), np.float32)
        self._steps = np.zeros(1)
        self.state = self.values, self._moments, self._steps

    def step(self, grad: Singles, rates: Singles, pulls: Singles) -> None:
        """Move against a gradient.

        Args:
            grad: (S, S, C).
            rates: (C,) step lengths; channels with 0 stay.
            pulls: (C,) share of its way to zero that each channel goes besides.
        """
        corrections = _corrections(self._steps)
        shared().run(
            kernels_adam.step_texture,
            [
                (self.values, grad, *self._moments, rates, self._limits, pulls, corrections, a, b)
                for a, b in bands(len(grad), PIECES)
            ],
        )


class Light:
    """A light that is fitted in logarithms: never negative, and lamps move as fast as shade.

    Attributes:
        state: all arrays that decide what comes next.
    """

    def __init__(self, radiance: Singles, tint: float) -> None:
        """Begin.

        Args:
            radiance: (N, N, 3).
            tint: weight of the light's color in the loss.
        """
        self._log = np.log(np.maximum(radiance, DARKEST)).astype(np.float32)
        self._moments = np.zeros((2, *radiance.shape), np.float32)
        self._steps = np.zeros(1)
        self._tint = tint
        self.state = self._log, self._moments, self._steps

    def radiance(self) -> Singles:
        """(N, N, 3) what it is now."""
        return cast(Singles, np.exp(self._log))

    def step(self, grad: Singles, rate: float) -> None:
        """Move against the gradient (N, N, 3) by the radiance."""
        radiance = self.radiance()
        sign = np.sign(radiance - radiance.mean(axis=2, keepdims=True))
        color = (sign - sign.mean(axis=2, keepdims=True)) / (radiance.size * radiance.mean())
        grad = (grad + self._tint * color) * radiance
        keep, keep_square, bias, bias_square = _corrections(self._steps)
        mean, square = self._moments
        mean[...] = keep * mean + (1 - keep) * grad
        square[...] = keep_square * square + (1 - keep_square) * grad * grad
        self._log -= rate * mean * bias / (np.sqrt(square * bias_square) + 1e-12)


def _corrections(steps: Floats) -> Singles:
    """Counts a step; both shares, and the factors that undo the moments' beginning at zero."""
    steps += 1
    bias, bias_square = 1 / (1 - KEEP ** steps[0]), 1 / (1 - KEEP_SQUARE ** steps[0])
    return np.array([KEEP, KEEP_SQUARE, bias, bias_square], np.float32)
