"""A mesh whose vertices have an albedo, under a smooth light: what the shape stage looks at.

What it is given and gives back; `fused.shell` and `plain.shell` compute it.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Singles


@dataclass(frozen=True, slots=True, eq=False)
class ShellGradients:
    """The derivatives of a number by what a shell is made from.

    Attributes:
        vertices: (V, 3) float64.
        albedo: (V, 3) float64.
        light: (9, 3) float64.
    """

    vertices: Floats
    albedo: Floats
    light: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ShellInput:
    """What a shell is made from. The arrays are neither copied nor locked.

    Attributes:
        vertices: (V, 3) float64, any unit.
        faces: (F, 3) int32.
        albedo: (V, 3) linear.
        light: (9, 3) of `harmonics`, folded with the cosine.
    """

    vertices: Floats
    faces: Ints
    albedo: Singles
    light: Singles


class Shell(Protocol):
    """A shaded mesh, and the way back."""

    @property
    def colors(self) -> Singles:
        """(V, 3) linear radiance: albedo times the light at the normal."""

    @property
    def roughness(self) -> float:
        """Mean over vertices of their squared distance to the mean of their neighbors."""

    def backward(self, grad_colors: Singles, roughness_weight: float) -> ShellGradients:
        """The gradients of what it is made from.

        Args:
            grad_colors: (V, 3), of the loss by the colors.
            roughness_weight: of the loss by the roughness.
        """


def harmonics(directions: Floats) -> Floats:
    """(V, 9) real spherical harmonics up to order two, without their constants.

    Source: Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance
    environment maps", eq. 3; constants are left to the coefficients.
    """
    x, y, z = np.moveaxis(directions, -1, 0)
    one: NDArray[np.float64] = np.ones_like(x)
    return np.stack([one, x, y, z, x * y, y * z, z * x, 3 * z * z - 1, x * x - y * y], axis=1)
