"""Cameras all around a mesh at one distance from its surface: pushed off it, then relaxed."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import CameraRig, Mesh
from lightmould.model.arrays import Floats
from lightmould.model.mesh import vertex_normals
from lightmould.rigs.nearest import nearest
from lightmould.rigs.pose import UP, Lens, check_count, look_at

_FEWEST, _MOST = 4096, 65536  # points that stand for the surface
_NEAR = 0.95  # of the distance, which no camera may come nearer than as these points tell it
_ROUNDS = 40  # of relaxation; more spread the cameras no better
_STEP = 0.25  # of their spacing, that cameras are pushed apart in a round


def off_surface(
    mesh: Mesh,
    distance: float,
    count: int,
    lens: Lens,
    rng: np.random.Generator,
    up: ArrayLike = UP,
) -> CameraRig:
    """Cameras all around a mesh at one distance from its surface, each looking straight at it.

    Points of the surface are pushed off along its normals; those that come near another part of it,
    as in a hollow, are dropped; of the rest, cameras are chosen far apart and push one another
    farther apart without leaving that distance.

    Args:
        mesh: counter-clockwise seen from outside.
        distance: metres; where another part is near a camera may be up to a tenth nearer.
        count: of cameras.
        lens: that they share.
        rng: of the points.
        up: (3,) the direction that points up in the pictures.

    Raises:
        SettingsError: the distance is too small for the mesh's size, or there is no room.
    """
    check_count(count)
    corners = mesh.positions[mesh.faces]
    areas = (
        np.linalg.norm(np.cross(*np.moveaxis(corners[:, 1:] - corners[:, :1], 1, 0)), axis=1) / 2
    )
    _check_distance(distance, float(areas.sum()))
    amount = int(np.clip(16 * areas.sum() / distance**2, max(_FEWEST, 8 * count), _MOST))
    surface, normals = _strewn(mesh, areas, amount, rng)
    places = surface + distance * normals
    places = places[_gaps(places, surface) >= _NEAR * distance]
    if len(places) < count:
        found = f"room for {len(places)} of {count} cameras {distance} m off the surface"
        raise SettingsError("off_surface", found, "room for all", "Change the distance.")
    places = _relaxed(_apart(places, count), surface, distance)
    seen = nearest(places, corners)
    off = places - seen
    places = seen + off * (distance / np.linalg.norm(off, axis=1, keepdims=True))
    poses = [look_at(place, spot, up) for place, spot in zip(places, seen, strict=True)]
    cameras = tuple(lens.camera(f"{i:06d}", pose) for i, pose in enumerate(poses))
    return CameraRig("around", cameras)


def _check_distance(distance: float, area: float) -> None:
    least = 4 * sqrt(area / _MOST)
    if not area > 0:
        raise SettingsError("off_surface", "a mesh without area", "some", "Check the mesh.")
    if not least <= distance < np.inf:
        found, wanted = f"a distance of {distance} m", f"at least {least:.4g} m for this mesh"
        raise SettingsError("off_surface", found, wanted, "Go farther away.")


def _strewn(
    mesh: Mesh, areas: Floats, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """(S, 3) points evenly over the surface, and unit normals there, smooth across edges."""
    total = np.cumsum(areas)
    wanted = (np.arange(count) + rng.random(count)) / count * total[-1]
    face = np.minimum(np.searchsorted(total, wanted, side="right"), len(areas) - 1)
    root, other = np.sqrt(rng.random(count)), rng.random(count)
    # Uniform in a triangle: Turk 1990, "Generating random points in triangles".
    weight = np.stack([1 - root, root * (1 - other), root * other], axis=1)[..., None]
    corner = mesh.faces[face]
    normals = (vertex_normals(mesh.positions, mesh.faces)[corner] * weight).sum(axis=1)
    length = np.linalg.norm(normals, axis=1)
    keep = length > 1e-6
    points = (mesh.positions[corner] * weight).sum(axis=1)
    return points[keep], normals[keep] / length[keep, None]


def _apart(places: Floats, count: int) -> Floats:
    """`count` of the places, each the farthest from those before it."""
    chosen = [0]
    away = np.full(len(places), np.inf)
    for _ in range(count - 1):
        away = np.minimum(away, np.linalg.norm(places - places[chosen[-1]], axis=1))
        chosen.append(int(np.argmax(away)))
    return places[chosen]


def _relaxed(places: Floats, surface: Floats, distance: float) -> Floats:
    """The places pushed apart, all still at that distance from the points of the surface."""
    if len(places) < 2:
        return places
    for _ in range(_ROUNDS):
        between = places[:, None] - places
        gap = np.linalg.norm(between, axis=2)
        np.fill_diagonal(gap, np.inf)
        reach = 2 * np.median(gap.min(axis=1))
        push = np.maximum(1 - gap / reach, 0) / np.maximum(gap, 1e-9 * reach)
        step = _STEP * reach * (between * push[..., None]).sum(axis=1)
        length = np.linalg.norm(step, axis=1, keepdims=True)
        # Less than half the distance at once: nobody gets through the surface.
        step *= np.minimum(1, distance / 2 / np.maximum(length, 1e-12))
        moved = _at_distance(places + step, surface, distance)
        good = _gaps(moved, surface) >= _NEAR * distance
        places = np.where(good[:, None], moved, places)
    return places


def _at_distance(places: Floats, surface: Floats, distance: float) -> Floats:
    """The places on lines from the points nearest to them, at that distance from these."""
    spots = surface[[int(np.argmin(((surface - place) ** 2).sum(axis=1))) for place in places]]
    off = places - spots
    return np.asarray(spots + off * (distance / np.linalg.norm(off, axis=1, keepdims=True)))


def _gaps(places: Floats, surface: Floats) -> Floats:
    """(N,) distances to the nearest of the points."""
    own = (surface**2).sum(axis=1)
    squared = [
        (own - 2 * part @ surface.T).min(axis=1) + (part**2).sum(axis=1)
        for part in np.array_split(places, max(1, len(places) // 64))
    ]
    return np.asarray(np.sqrt(np.maximum(np.concatenate(squared), 0)))
