"""Whether masks and poses agree, told before any training: their hull must fill the masks."""

import numpy as np

from lightmould.engine.geometry import hull
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model.arrays import Floats, Ints
from lightmould.model.camera import resampled
from lightmould.raster import cpu

SIZE = 128
"""Pixels along a picture's longer side, at most, that are compared."""

LEAST = 0.3
"""Overlap of the median view. The hull of good masks has 0.9 and more, or 0.5 if it is all twigs;
that of wrong poses is a splinter."""

NAMED = 5
"""Views that an error names, at most."""


def check(views: Views, positions: Floats, faces: Ints) -> Floats:
    """Refuse a hull that leaves most of the masks empty.

    Args:
        views: the masks that it was carved from.
        positions: (V, 3) metres, of its mesh.
        faces: (F, 3).

    Returns:
        (N,) each view's overlap, as `overlap` has it.

    Raises:
        ReconstructionError: masks and poses contradict each other.
    """
    found = overlap(views, positions, faces)
    middle = float(np.median(found))
    if middle < LEAST:
        worst = [views.cameras[index].name for index in np.argsort(found, kind="stable")[:NAMED]]
        raise ReconstructionError(
            "visual hull",
            f"an overlap of {middle:.2f} with the median mask, least in {', '.join(worst)}",
            f"{LEAST} at least, for masks and poses that agree",
            "Check that masks are white on the object and that poses are camera-to-world.",
        )
    return found


def overlap(views: Views, positions: Floats, faces: Ints) -> Floats:
    """(N,) intersection over union of each mask and the silhouette of a mesh."""
    width, height = views.size
    factor = -(-max(width, height) // SIZE)
    size = (width // factor, height // factor)
    whole = views.alpha[:, : size[1] * factor, : size[0] * factor]
    blocks = whole.reshape(-1, size[1], factor, size[0], factor)
    mask = blocks.mean(axis=(2, 4)) > 0.5
    cameras = [resampled(camera, size, (1 / factor, 1 / factor)) for camera in views.cameras]
    points = np.concatenate([positions, np.ones((len(positions), 1))], axis=1)
    clip = np.stack([points @ camera.clip_from_world.T for camera in cameras])
    seen = cpu.rasterize(clip.astype(np.float32), faces, size).triangle >= 0
    both: Floats = (seen & mask).sum(axis=(1, 2)) / np.maximum((seen | mask).sum(axis=(1, 2)), 1)
    return both


def of_hull(views: Views, cells: int = hull.SEARCH_CELLS) -> Floats:
    """(N,) overlap of the visual hull of these views with each of their masks.

    Raises:
        ReconstructionError: there is no hull, or it leaves most of the masks empty.
    """
    contours = hull.contours_of(views)
    grid = hull.grid_over(*hull.find_object(contours), cells)
    positions, faces = dual_mesh(hull.carve(contours, grid))
    return check(views, grid.origin + grid.spacing * positions, faces)
