"""Kernel: which triangles share an edge."""

from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def pair_edges(faces: Array, table: Array, partner: Array, neighbors: Array) -> None:
    """Fill neighbors (F, 3) across the edges opposite to corners 0, 1, 2; -1 where not one other.

    Args:
        faces: (F, 3).
        table: scratch, a power of two above 3 F, all -1; an edge's first side by its hash.
        partner: (3 F,) scratch, all -1; an edge's second side.
        neighbors: (F, 3), all -1.
    """
    mask = int(table.shape[0] - 1)
    for side in range(3 * faces.shape[0]):
        f, k = side // 3, side % 3
        a, b = int(faces[f, (k + 1) % 3]), int(faces[f, (k + 2) % 3])
        if a == b or a == faces[f, k] or b == faces[f, k]:
            # A triangle folded to a line is nobody's neighbor.
            continue
        low, high = min(a, b), max(a, b)
        slot = (low * 73856093 ^ high * 19349663) & mask
        while True:
            seen = table[slot]
            if seen < 0:
                table[slot] = side
                break
            g, m = seen // 3, seen % 3
            c, d = int(faces[g, (m + 1) % 3]), int(faces[g, (m + 2) % 3])
            if min(c, d) == low and max(c, d) == high:
                if partner[seen] < 0:
                    partner[seen] = side
                    neighbors[g, m], neighbors[f, k] = f, g
                else:
                    # A third triangle: nobody's neighbor is certain.
                    second = partner[seen]
                    neighbors[g, m] = -1
                    neighbors[second // 3, second % 3] = -1
                break
            slot = (slot + 1) & mask
