"""Whether poses and pictures belong together: hull, mesh and points seen again in the pictures."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lightmould.dataset import diagnosis, hull, images, manifest, masks, photos, poses, settle
from lightmould.dataset.diagnosis import Fault
from lightmould.dataset.hull import Hull, Silhouettes
from lightmould.dataset.photos import Photos
from lightmould.errors import DatasetError
from lightmould.model import Mesh, Placement, Points
from lightmould.model.arrays import Floats
from lightmould.model.camera import project

CELLS = 96
"""Points along the hull's longest side, and pixels along the object's."""

SAMPLES = 60_000
"""Points on a mesh that stand for it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at.

    Attributes:
        names: of the pictures.
        silhouettes: their cameras and masks.
        upright: whether somebody says that the world's up is +Y.
        placement: of the world in the coordinates of its source.
        points: of structure from motion, in the world, where the poses have them.
    """

    names: tuple[str, ...]
    silhouettes: Silhouettes
    upright: bool
    placement: Placement = field(default_factory=Placement)
    points: Points | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well poses and pictures belong together.

    Attributes:
        names: of the pictures.
        hull: (N,) intersection over union of each mask and the hull of all; 0 where there is none.
        mesh: (N,) the same with a mesh's silhouette, if there is a mesh.
        pixels: (S,) how far each point is seen from where it should be, if there are points.
        fit: how well the hull, or the mesh, fits the masks: see `hull.fit`.
        fault: the mistake that explains it, if there is one.
    """

    names: tuple[str, ...]
    hull: Floats
    mesh: Floats | None
    pixels: Floats | None
    fit: float
    fault: Fault | None


def subject_of(folder: Path) -> Subject:
    """A dataset, or a folder of photos with poses.

    Raises:
        DatasetError: it is neither, or its files do not belong together.
        FormatError: a file can't be read.
    """
    if (folder / manifest.NAME).is_file():
        dataset = manifest.read(folder / manifest.NAME)
        names = tuple(view.camera.name for view in dataset.views)
        silhouettes = settle.silhouettes_of(dataset)
        return Subject(names, silhouettes, dataset.up_axis == "y", dataset.placement)
    found = photos.find(folder)
    sizes = {one.color: images.header(folder / one.color).size for one in found.photos}
    cameras = photos.cameras(found, sizes.__getitem__)
    here = found.folder
    shown = tuple(
        masks.of_files(here / photo.color, None if photo.mask is None else here / photo.mask)
        for photo in found.photos
    )
    names = tuple(photo.color.name for photo in found.photos)
    return Subject(names, Silhouettes(cameras, shown), found.upright, points=_points(found))


def _points(found: Photos) -> Points | None:
    """The points of the poses, if there are any."""
    files = tuple(path.relative_to(found.below) for path in found.poses)
    where = poses.Found(found.kind, found.folder / found.below, files)
    return poses.read(where, lambda _: (1, 1)).points


def look(subject: Subject, mesh: Mesh | None = None) -> Agreement:
    """Look at a subject.

    Args:
        subject: of `subject_of`.
        mesh: the object, in the coordinates of the poses' source.
    """
    fine = subject.silhouettes.shrunk(CELLS)
    cells = round(min(CELLS, max(fine.side, diagnosis.CELLS)))
    carved = hull.overlaps(fine, hull.carve(fine, cells))
    known = None if mesh is None else sampled(mesh, subject.placement)
    seen = None if known is None else hull.overlaps(fine, known)
    fit = hull.fit(fine, carved if seen is None else seen)
    fault = diagnosis.diagnose(
        subject.silhouettes,
        subject.names,
        fit,
        upright=subject.upright,
        known=known,
    )
    return Agreement(subject.names, carved, seen, _pixels(subject), fit, fault)


def sampled(mesh: Mesh, placement: Placement) -> Hull:
    """Points spread evenly over a mesh, in the world.

    Raises:
        DatasetError: it has no area.
    """
    corners = (mesh.positions[mesh.faces] - placement.offset) / placement.scale
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.linalg.norm(np.cross(first, second), axis=1) / 2
    total = float(areas.sum())
    if not total > 0:
        fix = "Name a mesh with faces of some size."
        raise DatasetError("the mesh", "no area", "a surface", fix)
    rng = np.random.default_rng(0)
    faces = np.searchsorted(np.cumsum(areas), rng.uniform(0, total, SAMPLES))
    faces = np.minimum(faces, len(areas) - 1)
    u, v = rng.uniform(size=(2, SAMPLES, 1))
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    points = corners[faces, 0] + u * first[faces] + v * second[faces]
    return Hull(points, float(np.sqrt(total / SAMPLES)))


def _pixels(subject: Subject) -> Floats | None:
    """Distances from where points were found to where the cameras see them, pixels."""
    points = subject.points
    if points is None or not len(points.shots):
        return None
    apart = np.zeros(len(points.shots))
    for index, camera in enumerate(subject.silhouettes.cameras):
        rows = points.shots == index
        if rows.any():
            seen = project(camera, points.positions[points.points[rows]])
            apart[rows] = np.linalg.norm(seen - points.pixels[rows], axis=1)
    return np.where(np.isnan(apart), np.inf, apart)
