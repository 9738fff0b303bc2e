"""Kernels: how much a distance bends, and its gradient."""

from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def bend(
    distance: Array, touched: Array, first: int, last: int, bends: Array, count: Array
) -> None:
    """Fill the Laplacians of planes first to last where `touched` is not 0; borders have none.

    Args:
        distance: (X, Y, Z).
        touched: (X, Y, Z).
        first: plane.
        last: one beyond the last plane.
        bends: (X, Y, Z), filled: the mean of the six neighbors less the point itself.
        count: (1,), added to: how many.
    """
    columns, rows = distance.shape[1], distance.shape[2]
    for x in range(max(first, 1), min(last, distance.shape[0] - 1)):
        for y in range(1, columns - 1):
            for z in range(1, rows - 1):
                if touched[x, y, z] != 0:
                    around = distance[x - 1, y, z] + distance[x + 1, y, z]
                    around += distance[x, y - 1, z] + distance[x, y + 1, z]
                    around += distance[x, y, z - 1] + distance[x, y, z + 1]
                    bends[x, y, z] = around / 6 - distance[x, y, z]
                    count[0] += 1


@njit(cache=True, nogil=True)
def bend_backward(bends: Array, scale: float, first: int, last: int, grad: Array) -> None:
    """Add that of `scale` times half the squares, where the gradient (X, Y, Z) is not 0."""
    columns, rows = bends.shape[1], bends.shape[2]
    for x in range(max(first, 1), min(last, bends.shape[0] - 1)):
        for y in range(1, columns - 1):
            for z in range(1, rows - 1):
                if grad[x, y, z] != 0:
                    around = bends[x - 1, y, z] + bends[x + 1, y, z]
                    around += bends[x, y - 1, z] + bends[x, y + 1, z]
                    around += bends[x, y, z - 1] + bends[x, y, z + 1]
                    grad[x, y, z] += scale * (around / 6 - bends[x, y, z])
