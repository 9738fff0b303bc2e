"""Kernels: the quads between dual vertices, as triangles, and the gradient of their middles."""

from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def connect(
    corners: Array,
    cases: Array,
    slots: Array,
    forms: Array,
    labels: Array,
    starts: Array,
    quad_starts: Array,
    first: int,
    last: int,
    quads: Array,
    owners: Array,
) -> None:
    """Fill the quads (Q, 4) of edges that begin at cells first to last, and their cells (Q, 4).

    Counter-clockwise seen from outside.
    """
    for cell in range(first, last):
        quad = quad_starts[cell]
        inside = cases[cell] & 1
        for axis in range(3):
            if (cases[cell] >> (4 >> axis) & 1) == inside:
                continue
            for turn in range(4):
                # Counter-clockwise seen from the edge's high end, or from its low one.
                around = turn if inside else 3 - turn
                u, v = int(around in (0, 3)), int(around in (0, 1))
                x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
                if axis == 0:
                    y, z = y - u, z - v
                elif axis == 1:
                    z, x = z - u, x - v
                else:
                    x, y = x - u, y - v
                owner = slots[x, y, z]
                quads[quad, turn] = starts[owner] + labels[forms[owner], 4 * axis + 2 * u + v]
                owners[quad, turn] = owner
            quad += 1


@njit(cache=True, nogil=True)
def split(quads: Array, owners: Array, gammas: Array, faces: Array) -> None:
    """Fill the triangles (2 Q, 3): along the diagonal with the larger product of gammas (C,)."""
    for quad in range(quads.shape[0]):
        first = gammas[owners[quad, 0]] * gammas[owners[quad, 2]]
        second = gammas[owners[quad, 1]] * gammas[owners[quad, 3]]
        turn = 0 if first >= second else 1
        for half in range(2):
            faces[2 * quad + half, 0] = quads[quad, turn]
            faces[2 * quad + half, 1] = quads[quad, turn + half + 1]
            faces[2 * quad + half, 2] = quads[quad, (turn + half + 2) % 4]


@njit(cache=True, nogil=True)
def fan(
    quads: Array, owners: Array, gammas: Array, duals: int, vertices: Array, faces: Array
) -> None:
    """Fill the vertex in the middle of each quad, after the dual ones, and triangles (4 Q, 3)."""
    for quad in range(quads.shape[0]):
        first = gammas[owners[quad, 0]] * gammas[owners[quad, 2]]
        second = gammas[owners[quad, 1]] * gammas[owners[quad, 3]]
        share = first / (first + second)
        a, b, c, d = quads[quad, 0], quads[quad, 1], quads[quad, 2], quads[quad, 3]
        for axis in range(3):
            one = (vertices[a, axis] + vertices[c, axis]) / 2
            other = (vertices[b, axis] + vertices[d, axis]) / 2
            vertices[duals + quad, axis] = share * one + (1 - share) * other
        for turn in range(4):
            faces[4 * quad + turn, 0] = quads[quad, turn]
            faces[4 * quad + turn, 1] = quads[quad, (turn + 1) % 4]
            faces[4 * quad + turn, 2] = duals + quad


@njit(cache=True, nogil=True)
def fan_backward(
    quads: Array,
    owners: Array,
    gammas: Array,
    duals: int,
    vertices: Array,
    grad: Array,
    out_vertices: Array,
    out_gammas: Array,
) -> None:
    """Add to the gradients of dual vertices (D, 3) and gammas (C,) from those of the middles."""
    for quad in range(quads.shape[0]):
        p, q = gammas[owners[quad, 0]], gammas[owners[quad, 2]]
        r, s = gammas[owners[quad, 1]], gammas[owners[quad, 3]]
        total = p * q + r * s
        share = p * q / total
        across = 0.0
        for axis in range(3):
            g = grad[duals + quad, axis]
            one = vertices[quads[quad, 0], axis] + vertices[quads[quad, 2], axis]
            other = vertices[quads[quad, 1], axis] + vertices[quads[quad, 3], axis]
            across += g * (one - other) / 2
            out_vertices[quads[quad, 0], axis] += g * share / 2
            out_vertices[quads[quad, 2], axis] += g * share / 2
            out_vertices[quads[quad, 1], axis] += g * (1 - share) / 2
            out_vertices[quads[quad, 3], axis] += g * (1 - share) / 2
        out_gammas[owners[quad, 0]] += across * (1 - share) / total * q
        out_gammas[owners[quad, 2]] += across * (1 - share) / total * p
        out_gammas[owners[quad, 1]] -= across * share / total * s
        out_gammas[owners[quad, 3]] -= across * share / total * r
