"""Shape from pictures: a signed distance grid moved until its surface looks right.

Each step meshes the grid, renders a few views with a color per vertex under a smooth light, and
follows the gradient of the difference: silhouettes through antialiasing, dents through shading
and parallax.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from lightmould.engine import differentiable
from lightmould.engine.hull import Grid
from lightmould.engine.isosurface import Topology, closed, dual_mesh, dual_topology
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model.mesh import vertex_normals
from lightmould.raster import cpu
from lightmould.settings import ShapeLevel

MASK_WEIGHT = 20.0
"""Of the squared error of coverage, beside the error of color."""

SLOWEST = 0.1
"""Share of the rate that is left at the end of a level, so that the surface comes to rest."""

COLOR_RATE, LIGHT_RATE = 0.04, 0.02
"""Step lengths of the albedo guess and of the light."""

LONGEST_STEP = 0.15
"""Cells that a distance may change by at once."""

REDISTANCE_EVERY = 20
"""Steps after which the grid is made a distance again; more lets it flatten, less costs time."""

BAND = 3.0
"""Cells around the surface in which the grid holds a distance; it is clamped beyond."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What the shape stage hands on.

    Attributes:
        grid: where the samples lie.
        distance: (X, Y, Z) cells, negative inside.
        color: (X, Y, Z, 3) albedo guess, linear, 0 to 1.
        light: (9, 3) spherical harmonics of the light, folded with the cosine.
    """

    grid: Grid
    distance: NDArray[np.float32]
    color: NDArray[np.float32]
    light: NDArray[np.float32]


def start(grid: Grid, distance: NDArray[np.float32]) -> Shape:
    """A gray shape under even light, from distances in metres."""
    light = np.zeros((9, 3), np.float32)
    light[0] = 1.0
    color = np.full((*grid.shape, 3), 0.5, np.float32)
    return Shape(grid, redistanced(distance / grid.spacing), color, light)


def resampled(shape: Shape, grid: Grid) -> Shape:
    """The same shape on another grid."""
    where = ((grid.points - shape.grid.origin) / shape.grid.spacing).T
    scale = shape.grid.spacing / grid.spacing
    distance = ndimage.map_coordinates(shape.distance * scale, where, order=1, mode="nearest")
    channels = [
        ndimage.map_coordinates(shape.color[..., c], where, order=1, mode="nearest")
        for c in range(3)
    ]
    color = np.stack(channels, axis=-1).reshape(*grid.shape, 3)
    return Shape(grid, redistanced(distance.reshape(grid.shape)), color, shape.light)


def refine(
    shape: Shape,
    views: Views,
    level: ShapeLevel,
    rng: np.random.Generator,
    tell: Callable[[int, float], None],
) -> Shape:
    """Move the surface until it looks like the views.

    Args:
        shape: where to begin, already on the level's grid.
        views: already halved as the level wants.
        level: how long and how finely.
        rng: chooses the views of each step.
        tell: called with (step, loss).

    Raises:
        ReconstructionError: the surface vanished or a number is no longer finite.
    """
    truth = torch.from_numpy(np.concatenate([views.color, views.alpha[..., None]], axis=-1))
    clip_from_world = torch.from_numpy(
        np.stack([camera.clip_from_world for camera in views.cameras]).astype(np.float32)
    )
    distance = torch.from_numpy(shape.distance.copy()).requires_grad_()
    color = torch.from_numpy(shape.color.copy()).requires_grad_()
    light = torch.from_numpy(shape.light.copy()).requires_grad_()
    mover = torch.optim.Adam([distance], lr=level.rate, betas=(0.8, 0.95))
    slower = torch.optim.lr_scheduler.ExponentialLR(mover, SLOWEST ** (1 / level.steps))
    paints = [{"params": [color], "lr": COLOR_RATE}, {"params": [light], "lr": LIGHT_RATE}]
    painter = torch.optim.Adam(paints)
    order = _order(len(views.cameras), level, rng)
    for step in range(level.steps):
        chosen = order[step]
        surface = _surface(distance, shape.grid)
        picture = _render(surface, color, light, clip_from_world[chosen], views.size, shape.grid)
        loss = _difference(picture, truth[chosen]) + level.smoothness * surface.roughness
        mover.zero_grad()
        painter.zero_grad()
        loss.backward()
        _step(mover, distance)
        slower.step()
        painter.step()
        with torch.no_grad():
            color.clamp_(0.0, 1.0)
            if step % REDISTANCE_EVERY == REDISTANCE_EVERY - 1:
                distance.copy_(torch.from_numpy(redistanced(distance.numpy())))
        _check(float(loss.detach()), step)
        tell(step, float(loss.detach()))
    final = redistanced(distance.detach().numpy())
    return Shape(shape.grid, final, color.detach().numpy(), light.detach().numpy())


def redistanced(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Distances, in cells, to the zero level of `values`; signs are kept.

    Within a cell and a half the distance is to the tangent plane of the nearest vertex, which
    leaves the surface where it is; farther, to the vertex itself.
    """
    inside = closed(values < 0)
    vertices, faces = dual_mesh(values)
    if not len(faces):
        raise _vanished("a grid without a surface")
    normals = vertex_normals(vertices, faces)
    toward = ndimage.distance_transform_edt(inside) + ndimage.distance_transform_edt(~inside)
    band = np.argwhere(toward <= BAND + 1)
    far, nearest = cKDTree(vertices).query(band, workers=-1)
    plane = np.abs(np.einsum("na,na->n", band - vertices[nearest], normals[nearest]))
    size = np.clip(np.where(far < 1.5, plane, far), 0.02, BAND)
    result = np.full(values.shape, BAND, np.float32)
    result[tuple(band.T)] = size
    return np.where(inside, -result, result)


def albedo_at(shape: Shape, points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(P, 3) linear albedo guesses at points (P, 3) in metres."""
    volume, where = torch.from_numpy(shape.color), torch.from_numpy(points)
    albedo: NDArray[np.float32] = _sample(volume, where, shape.grid).contiguous().numpy()
    return albedo


def brightness(shape: Shape) -> float:
    """Mean radiance of the light, in the unit of the pictures."""
    return float(shape.light[0].mean())


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    vertices: Tensor
    normals: Tensor
    topology: Topology
    roughness: Tensor


def _surface(distance: Tensor, grid: Grid) -> _Surface:
    """The zero level as a mesh that is differentiable in the grid's values."""
    topology = dual_topology(closed(distance.detach().numpy() < 0))
    if not topology.vertex_count:
        raise _vanished("a grid without a surface")
    edges = torch.from_numpy(topology.edges)
    ends = distance.reshape(-1)[edges]
    share = ends[:, :1] / (ends[:, :1] - ends[:, 1:])
    corners = np.stack(np.unravel_index(topology.edges, grid.shape), axis=-1).astype(np.float32)
    points = torch.from_numpy(corners)
    crossings = points[:, 0] + share.clamp(0.0, 1.0) * (points[:, 1] - points[:, 0])
    owners = torch.from_numpy(topology.edge_vertices)
    zeros = crossings.new_zeros(topology.vertex_count, 3)
    counts = torch.bincount(owners.reshape(-1), minlength=topology.vertex_count)
    sums = zeros.index_add(0, owners.reshape(-1), crossings.repeat_interleave(4, dim=0))
    cells = sums / counts[:, None]
    around = cells[owners.roll(1, 1)] + cells[owners.roll(-1, 1)] - 2 * cells[owners]
    bends = zeros.index_add(0, owners.reshape(-1), around.reshape(-1, 3)) / counts[:, None]
    vertices = torch.from_numpy(grid.origin.astype(np.float32)) + grid.spacing * cells
    normals = _normals(cells, torch.from_numpy(topology.faces.astype(np.int64)))
    return _Surface(vertices, normals, topology, bends.square().sum(dim=1).mean())


def _normals(vertices: Tensor, faces: Tensor) -> Tensor:
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    cross = torch.linalg.cross(b - a, c - a)
    sums = torch.zeros_like(vertices)
    for corner in range(3):
        sums = sums.index_add(0, faces[:, corner], cross)
    return functional.normalize(sums, dim=1, eps=1e-12)


def _render(
    surface: _Surface,
    color: Tensor,
    light: Tensor,
    clip_from_world: Tensor,
    size: tuple[int, int],
    grid: Grid,
) -> Tensor:
    """(B, H, W, 4) linear color on black, and coverage."""
    albedo = _sample(color, surface.vertices, grid)
    shaded = albedo * (harmonics(surface.normals) @ light).clamp_min(0.0)
    attributes = torch.cat([shaded, torch.ones_like(shaded[:, :1])], dim=1)[None]
    homogeneous = functional.pad(surface.vertices, (0, 1), value=1.0)
    clip = torch.einsum("bij,vj->bvi", clip_from_world, homogeneous).contiguous()
    faces = surface.topology.faces
    fragments, barycentric = differentiable.rasterize(clip, faces, size)
    flat = differentiable.interpolate(attributes, faces, fragments, barycentric)
    return differentiable.antialias(flat, clip, faces, fragments, cpu.adjacency(faces))


def _sample(volume: Tensor, points: Tensor, grid: Grid) -> Tensor:
    """Trilinear samples (V, 3) of a volume (X, Y, Z, 3) at points in metres."""
    origin = torch.from_numpy(grid.origin.astype(np.float32))
    last = torch.tensor(grid.shape, dtype=torch.float32) - 1
    where = (points.detach() - origin) / grid.spacing / last * 2 - 1
    found = functional.grid_sample(
        volume.permute(3, 0, 1, 2)[None],
        where.flip(1)[None, :, None, None],
        align_corners=True,
        padding_mode="border",
    )
    return found[0, :, :, 0, 0].T


def harmonics(directions: Tensor) -> Tensor:
    """(V, 9) real spherical harmonics up to order two, without their constants.

    Source: Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance
    environment maps", eq. 3; constants are left to the coefficients.
    """
    x, y, z = directions.unbind(dim=1)
    one = torch.ones_like(x)
    return torch.stack([one, x, y, z, x * y, y * z, z * x, 3 * z * z - 1, x * x - y * y], dim=1)


def _difference(picture: Tensor, truth: Tensor) -> Tensor:
    """Charbonnier loss on a square-root tone curve, and squared error of the masks."""
    tone = (picture[..., :3].clamp_min(0.0) + 1e-3).sqrt() - (truth[..., :3] + 1e-3).sqrt()
    hue = (tone.square() + 1e-4).sqrt().mean()
    return hue + MASK_WEIGHT * (picture[..., 3] - truth[..., 3]).square().mean()


def _step(mover: torch.optim.Optimizer, distance: Tensor) -> None:
    """One step that leaves alone the points that no gradient touched."""
    if distance.grad is None:
        raise _vanished("a surface that no view sees")
    touched = distance.grad != 0
    before = distance.detach().clone()
    mover.step()
    with torch.no_grad():
        change = (distance - before).clamp(-LONGEST_STEP, LONGEST_STEP)
        distance.copy_(torch.where(touched, before + change, before))


def _order(count: int, level: ShapeLevel, rng: np.random.Generator) -> NDArray[np.int64]:
    """(steps, batch) view indices: shuffled passes over all views."""
    batch = min(level.batch, count)
    passes = level.steps * batch // count + 1
    order = np.concatenate([rng.permutation(count) for _ in range(passes)])
    return np.asarray(order[: level.steps * batch].reshape(level.steps, batch))


def _check(loss: float, step: int) -> None:
    if not np.isfinite(loss):
        raise ReconstructionError(
            f"shape, step {step}",
            "a loss that is not finite",
            "finite numbers",
            "Lower the rate, or check the pictures for NaN.",
        )


def _vanished(found: str) -> ReconstructionError:
    return ReconstructionError(
        "shape", found, "a surface in view", "Check the masks, the poses and the light."
    )
