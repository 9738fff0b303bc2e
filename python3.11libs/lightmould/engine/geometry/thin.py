"""Objects of thin parts: told from others, and kept from melting on coarse grids."""

import numpy as np
from scipy import ndimage

from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Singles

OVERLAP = 0.8
"""Of a coarse hull with the median mask: below, there are parts that its grid can't hold."""

SEARCH_CELLS = 144
"""Cells of the grid that tells thin parts from poses that do not fit the masks."""

SWELLING = 0.35
"""Cells by which hulls are thickened: what is thinner than a cell survives between grid points."""

CORE = 1.5
"""Cells; what lies no deeper below a hull's surface is thin, unless it is the skin of more."""


def is_thin(overlap: Floats) -> bool:
    """Whether thin parts are missing from a coarse hull, from each view's overlap (N,) with it."""
    return float(np.median(overlap)) < OVERLAP


def swollen(hull: Singles, spacing: float) -> Singles:
    """The distance (X, Y, Z), metres, of a thicker hull, on a grid with cells of `spacing`."""
    return np.asarray(hull - np.float32(SWELLING * spacing))


def restored(distance: Singles, hull: Singles) -> Singles:
    """A shape with all thin parts of a hull, which may have broken on a coarser grid.

    Thick parts stay as they are: there, pictures may have found what no mask shows.

    Args:
        distance: (X, Y, Z) of the shape, cells, negative inside.
        hull: (X, Y, Z) of the hull on the same grid, cells.
    """
    core = hull < -CORE
    if core.any():
        thin = ndimage.distance_transform_edt(~core) > CORE + 1
    else:
        thin = np.ones(hull.shape, bool)
    return np.where(thin, np.minimum(distance, hull), distance)
