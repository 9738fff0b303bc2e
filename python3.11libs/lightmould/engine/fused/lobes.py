"""Which share of the light each direction sees through a lobe: constant matrices."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Singles
from lightmould.raster.pool import shared


def operator(toward: Floats, samples: Floats, weight: Floats, roughness: float | None) -> Singles:
    """(N, N) the share of texel j in what direction i sees; rows sum to one.

    Args:
        toward: (N, 3) unit directions: normals, or reflections for a rough mirror.
        samples: (N, K, 3) unit directions spread over the texels.
        weight: (N,) solid angles.
        roughness: of the mirror, whose lobe is Trowbridge and Reitz's seen head-on; None is a
            diffuse surface.
    """
    rows = np.zeros((len(toward), len(toward)), np.float32)
    alpha = -1.0 if roughness is None else roughness**2
    step = -(-len(toward) // 16)
    pieces = [
        (toward, samples, weight, alpha, first, min(first + step, len(toward)), rows)
        for first in range(0, len(toward), step)
    ]
    shared().run(_fill, pieces)
    return rows


def applied(operators: Singles, light: Singles) -> Singles:
    """(R, N, 3) what directions see of a light (N, 3) through operators (R, N, N).

    Not by BLAS: its threads wait for one another, and stand still on a busy machine.
    """
    colors = np.ascontiguousarray(light.T)
    out = np.zeros((*operators.shape[:2], 3), np.float32)
    shared().run(_apply, [(one, colors, row) for one, row in zip(operators, out, strict=True)])
    return out


def applied_transposed(operators: Singles, grad: Singles) -> Singles:
    """(N, 3) the gradient of the light from that of `applied` (R, N, 3)."""
    out = np.zeros((len(operators), 3, operators.shape[2]), np.float32)
    pieces = zip(operators, grad, out, strict=True)
    shared().run(_apply_transposed, list(pieces))
    return np.asarray(out.sum(axis=0).T, np.float32)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _apply(operator: Singles, light: Singles, out: Singles) -> None:
    for i in range(len(operator)):
        red, green, blue = np.float32(0), np.float32(0), np.float32(0)
        for j in range(light.shape[1]):
            share = operator[i, j]
            red += share * light[0, j]
            green += share * light[1, j]
            blue += share * light[2, j]
        out[i, 0], out[i, 1], out[i, 2] = red, green, blue


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _apply_transposed(operator: Singles, grad: Singles, out: Singles) -> None:
    for i in range(len(operator)):
        for c in range(3):
            slope = grad[i, c]
            for j in range(operator.shape[1]):
                out[c, j] += operator[i, j] * slope


@njit(cache=True, nogil=True)
def _fill(
    toward: NDArray[np.float64],
    samples: NDArray[np.float64],
    weight: NDArray[np.float64],
    alpha: float,
    first: int,
    last: int,
    rows: Singles,
) -> None:
    for i in range(first, last):
        total = 0.0
        x, y, z = toward[i]
        for j in range(len(samples)):
            seen = 0.0
            for k in range(samples.shape[1]):
                cosine = x * samples[j, k, 0] + y * samples[j, k, 1] + z * samples[j, k, 2]
                if cosine <= 0:
                    continue
                if alpha < 0:
                    seen += cosine
                else:
                    # The half vector's cosine squared is (1 + cosine) / 2.
                    bend = (1 + cosine) / 2 * (alpha * alpha - 1) + 1
                    seen += cosine / (bend * bend)
            rows[i, j] = seen * weight[j]
            total += seen * weight[j]
        for j in range(len(samples)):
            rows[i, j] /= total
