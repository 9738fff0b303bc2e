"""Where silhouettes pass between pixels: the slow twin of `cpu.silhouettes` and its kernels."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.arguments import checked_batch, checked_faces, checked_neighbors, plain
from lightmould.raster.fragments import Array, Fragments
from lightmould.raster.kernels_antialias import SLACK, WALK_STEPS
from lightmould.raster.reference.coverage import project
from lightmould.raster.reference.precision import like

# Image, row and column of P pixels.
Pixels: TypeAlias = tuple[Array, Array, Array]


def adjacency(faces: Ints) -> Ints:
    """Triangles across the edges opposite to corners 0, 1, 2, as `cpu.adjacency`."""
    faces = plain("faces", faces, (-1, 3), np.int32)
    sides: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for f, corners in enumerate(faces.tolist()):
        for k in range(3) if len(set(corners)) == 3 else ():
            tail, head = sorted((corners[(k + 1) % 3], corners[(k + 2) % 3]))
            sides.setdefault((tail, head), []).append((f, k))
    neighbors = np.full(faces.shape, -1, np.int32)
    for pair in sides.values():
        if len(pair) == 2:
            neighbors[pair[0]], neighbors[pair[1]] = pair[1][0], pair[0][0]
    return neighbors


def antialias(
    color: Array, clip: Array, faces: Ints, fragments: Fragments, adjacency: Ints | None = None
) -> Array:
    """Color with the pixels beside silhouettes blended, as `cpu.antialias`."""
    dtype = like(color, clip)
    color = plain("color", color, (*fragments.triangle.shape, -1), np.float64)
    found = crossings(_surface(clip, faces, fragments, adjacency), fragments)
    out = color.copy()
    share = np.abs(found.offset)[:, None] * (color[found.source] - color[found.target])
    np.add.at(out, found.target, share)
    return out.astype(dtype)


def antialias_backward(
    color: Array,
    clip: Array,
    faces: Ints,
    fragments: Fragments,
    grad: Array,
    adjacency: Ints | None = None,
) -> tuple[Array, Array]:
    """The gradients of color and clip, as `cpu.antialias_backward`."""
    dtype = like(color, clip)
    color = plain("color", color, (*fragments.triangle.shape, -1), np.float64)
    grad = plain("grad", grad, color.shape, np.float64)
    mesh = _surface(clip, faces, fragments, adjacency)
    found = crossings(mesh, fragments)
    out = grad.copy()
    share = np.abs(found.offset)[:, None] * grad[found.target]
    np.add.at(out, found.source, share)
    np.add.at(out, found.target, -share)
    slope = (grad[found.target] * (color[found.here] - color[found.there])).sum(axis=1)
    return out.astype(dtype), move_corners(clip, mesh, found, slope).astype(dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """K pairs of neighboring pixels that a silhouette passes between.

    Attributes:
        here: the left or upper pixels.
        there: the right or lower pixels.
        offset: (K,) pixels from their border to the silhouette, positive towards `there`.
        corners: (K, 2) the vertices of its edge.
        axis: (K,) 0 for horizontal pairs, 1 for vertical ones.
        size: (width, height) of the images.
    """

    here: Pixels
    there: Pixels
    offset: Floats
    corners: Array
    axis: Array
    size: tuple[int, int]

    @property
    def target(self) -> Pixels:
        """The pixels that the silhouettes cut, which are blended."""
        return self._choose(self.there, self.here)

    @property
    def source(self) -> Pixels:
        """The pixels whose color the others take a share of."""
        return self._choose(self.here, self.there)

    def _choose(self, after: Pixels, before: Pixels) -> Pixels:
        n, row, column = (
            np.where(self.offset >= 0, a, b) for a, b in zip(after, before, strict=True)
        )
        return n, row, column


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A projected mesh.

    Attributes:
        screen: (N, V, 3) pixels x, y and z/w.
        faces: (F, 3).
        neighbors: (F, 3).
        facing: (N, F) 1 or 2, 0 where a triangle can't be drawn.
    """

    screen: Floats
    faces: Ints
    neighbors: Ints
    facing: Array


def surface(clip: Array, faces: Ints, neighbors: Ints, size: tuple[int, int]) -> Surface:
    """The mesh as images of one size see it."""
    screen, drawn = project(clip, size)
    a, b, c = (screen[:, faces[:, k], :2] for k in range(3))
    area = (b - a)[..., 0] * (c - a)[..., 1] - (b - a)[..., 1] * (c - a)[..., 0]
    facing = np.where(drawn[:, faces].all(axis=-1), np.where(area > 0, 1, 2), 0)
    return Surface(screen, faces, neighbors, facing)


def crossings(mesh: Surface, fragments: Fragments) -> Crossings:
    """All places where a silhouette passes between two neighboring pixels."""
    found = [_crossings_along(axis, mesh, fragments) for axis in (0, 1)]
    here, there = (
        tuple(np.concatenate(parts) for parts in zip(*pixels, strict=True))
        for pixels in zip(*((one.here, one.there) for one in found), strict=True)
    )
    return Crossings(
        (here[0], here[1], here[2]),
        (there[0], there[1], there[2]),
        np.concatenate([one.offset for one in found]),
        np.concatenate([one.corners for one in found]),
        np.concatenate([one.axis for one in found]),
        fragments.size,
    )


def move_corners(clip: Array, mesh: Surface, found: Crossings, slope: Floats) -> Floats:
    """The gradient (N, V, 4) of clip, from that of each crossing's offset (K,)."""
    image, k = found.here[0], np.arange(len(slope))
    ends = mesh.screen[image[:, None], found.corners, :2]
    center = np.stack([found.here[2] + 0.5, found.here[1] + 0.5], axis=1)
    other = 1 - found.axis
    line = center[k, other]
    delta = ends[:, 1] - ends[:, 0]
    share = (line - ends[k, 0, other]) / delta[k, other]
    lean = delta[k, found.axis] / delta[k, other]
    out = np.zeros(clip.shape)
    for end, weight in ((0, (1 - share) * slope), (1, share * slope)):
        grad = np.zeros((len(slope), 2))
        grad[k, found.axis], grad[k, other] = weight, -weight * lean
        corner = clip[image, found.corners[:, end]]
        grad *= 0.5 * np.array([found.size[0], -found.size[1]]) / corner[:, 3:]
        through_w = -(grad * corner[:, :2]).sum(axis=1) / corner[:, 3]
        moved = np.stack([grad[:, 0], grad[:, 1], np.zeros(len(slope)), through_w], axis=1)
        np.add.at(out, (image, found.corners[:, end]), moved)
    return out


def _crossings_along(axis: int, mesh: Surface, fragments: Fragments) -> Crossings:
    triangle, depth = fragments.triangle, fragments.depth
    first = triangle[:, :, :-1] if axis == 0 else triangle[:, :-1, :]
    last = triangle[:, :, 1:] if axis == 0 else triangle[:, 1:, :]
    image, row, column = np.nonzero(first != last)
    here = image, row, column
    there = image, row + axis, column + 1 - axis
    forward = (triangle[there] < 0) | ((triangle[here] >= 0) & (depth[here] <= depth[there]))
    start = np.where(forward, triangle[here], triangle[there])
    goal = np.where(forward, triangle[there], triangle[here])
    step = np.where(forward, 1, -1)
    center = np.stack([column, row], axis=1) + 0.5
    center[:, axis] += np.where(forward, 0, 1)
    reach, corners = _walk(axis, mesh, image, start, goal, center, step)
    same_sheet = (goal >= 0) & (mesh.neighbors[start] == goal[:, None]).any(axis=1)
    same_sheet &= mesh.facing[image, start] == mesh.facing[image, goal]
    met = np.flatnonzero((corners[:, 0] >= 0) & ~same_sheet)
    return Crossings(
        (image[met], row[met], column[met]),
        (there[0][met], there[1][met], there[2][met]),
        (step * (reach - 0.5))[met],
        corners[met],
        np.full(len(met), axis),
        fragments.size,
    )


def _walk(
    axis: int, mesh: Surface, image: Array, start: Array, goal: Array, center: Floats, step: Array
) -> tuple[Floats, Array]:
    """Walk from pixel centers (P, 2) one pixel along an axis until silhouettes are met.

    Returns:
        (P,) pixels to the silhouette and (P, 2) its edge's vertices, -1 where none is met.
    """
    found_reach, found_corners = np.zeros(len(start)), np.full((len(start), 2), -1)
    current, previous = start.copy(), np.full(len(start), -1)
    walking = np.arange(len(start))
    for _ in range(WALK_STEPS):
        now = current[walking]
        reach, leave = _exit(
            axis, mesh, image[walking], now, previous[walking], center[walking], step[walking]
        )
        beyond = mesh.neighbors[now, leave]
        edge = np.stack([mesh.faces[now, (leave + 1) % 3], mesh.faces[now, (leave + 2) % 3]], 1)
        onward = np.isfinite(reach) & (reach <= 1 + SLACK)
        facing = mesh.facing[image[walking], now]
        silhouette = (beyond < 0) | (mesh.facing[image[walking], beyond] != facing)
        ends = mesh.screen[image[walking][:, None], edge, :2]
        extent = np.abs(ends[:, 1] - ends[:, 0])
        steep = extent[:, 1] > extent[:, 0] if axis == 0 else extent[:, 0] >= extent[:, 1]
        met = onward & silhouette & steep & (reach >= -SLACK)
        found_reach[walking[met]], found_corners[walking[met]] = reach[met], edge[met]
        onward &= ~silhouette & (beyond != goal[walking])
        previous[walking] = now
        current[walking] = beyond
        walking = walking[onward]
    return found_reach, found_corners


def _exit(
    axis: int,
    mesh: Surface,
    image: Array,
    current: Array,
    previous: Array,
    center: Floats,
    step: Array,
) -> tuple[Floats, Array]:
    """How far the walk leaves each current triangle, -inf if never, and across which edge."""
    corners = mesh.faces[current]
    tail = mesh.screen[image[:, None], np.roll(corners, -1, axis=1)]
    head = mesh.screen[image[:, None], np.roll(corners, -2, axis=1)]
    from_line = tail[..., 1 - axis] - center[:, None, 1 - axis]
    to_line = head[..., 1 - axis] - center[:, None, 1 - axis]
    came_from = (previous[:, None] >= 0) & (mesh.neighbors[current] == previous[:, None])
    crossed = ((from_line > 0) != (to_line > 0)) & ~came_from
    share = from_line / np.where(crossed, from_line - to_line, 1.0)
    place = tail[..., axis] + share * (head[..., axis] - tail[..., axis])
    reach = np.where(crossed, step[:, None] * (place - center[:, None, axis]), -np.inf)
    leave = reach.argmax(axis=1)
    return reach[np.arange(len(leave)), leave], leave


def _surface(clip: Array, faces: Ints, fragments: Fragments, neighbors: Ints | None) -> Surface:
    clip = plain("clip", clip, (-1, -1, 4), np.float64)
    faces = checked_faces(faces, clip.shape[1])
    neighbors = adjacency(faces) if neighbors is None else neighbors
    neighbors = checked_neighbors(neighbors, len(faces))
    checked_batch("clip", len(clip), len(fragments.triangle), one_for_all=False)
    return surface(clip, faces, neighbors, fragments.size)
