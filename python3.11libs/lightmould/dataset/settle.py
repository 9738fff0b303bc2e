"""A dataset's world moved and scaled to the visual hull of its masks."""

from dataclasses import replace

import numpy as np

from lightmould.dataset import hull, masks
from lightmould.dataset.hull import Hull, Silhouettes
from lightmould.model import Camera, Dataset, Placement
from lightmould.model.arrays import Floats

CELLS = 48
"""Points along the hull's longest side: its middle and size need no more."""

_ROOM = 1.5  # between the hull and the clipping planes, parts of its radius


def silhouettes_of(dataset: Dataset) -> Silhouettes:
    """Where each picture of a dataset shows the object.

    Raises:
        DatasetError: a picture has neither alpha nor a mask.
        FormatError: a picture can't be decoded.
    """
    folder = dataset.folder
    shown = (
        masks.of_files(folder / view.color, None if view.mask is None else folder / view.mask)
        for view in dataset.views
    )
    return Silhouettes(tuple(view.camera for view in dataset.views), tuple(shown))


def settled(dataset: Dataset) -> Dataset | None:
    """The same dataset with its hull about the origin, from -1 to 1 along its longest side.

    Near and far enclose the hull. None where no point is inside every mask.
    """
    found = hull.carve(silhouettes_of(dataset).shrunk(CELLS), CELLS)
    if found is None:
        return None
    low, high = found.bounds
    middle = (low + high) / 2
    x, y, z = middle.tolist()
    placement = Placement(float((high - low).max()) / 2, (x, y, z))
    radius = _radius(found, middle) / placement.scale
    views = tuple(
        replace(view, camera=_clipped(placement.camera(view.camera), radius))
        for view in dataset.views
    )
    return replace(dataset, views=views, placement=placement)


def _radius(found: Hull, middle: Floats) -> float:
    return float(np.linalg.norm(found.points - middle, axis=1).max()) + found.spacing


def _clipped(camera: Camera, radius: float) -> Camera:
    """The camera with near and far around the origin."""
    distance = float(np.linalg.norm(camera.world_from_camera[:3, 3]))
    near = max(distance - _ROOM * radius, distance / 100, radius / 100)
    return replace(camera, near=near, far=distance + _ROOM * radius + near)
