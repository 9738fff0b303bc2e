"""What a format can't say: refused where a camera would be wrong, told where something is lost."""

from collections.abc import Iterator
from math import isclose

from lightmould.errors import SettingsError
from lightmould.formats.poses.format import Holds
from lightmould.model import Camera, Poses
from lightmould.model.distortion import Fisheye, terms_of

NEAR = 1e-6
"""Relative difference of numbers that count as the same: single precision makes as much."""

_FIX = "Choose another format, or resample the pictures with --undistort."


def check(poses: Poses, holds: Holds) -> None:
    """Refuse what would come back as another camera.

    Raises:
        SettingsError: naming the camera, what it has and what the format holds.
    """
    first = poses.cameras[0]
    for camera in poses.cameras:
        for found, wanted in _misfits(camera, first, holds):
            raise SettingsError(f"camera {camera.name!r}", found, wanted, _FIX)


def _misfits(camera: Camera, first: Camera, holds: Holds) -> Iterator[tuple[str, str]]:
    """What a camera has and what the format holds instead."""
    if not holds.varying:
        for name in ("size", "focal", "center", "distortion"):
            found, wanted = getattr(camera, name), getattr(first, name)
            same = found == wanted
            if name in ("focal", "center"):
                same = all(_near(one, two) for one, two in zip(found, wanted, strict=True))
            if not same:
                yield f"{name} {found}", f"{wanted} for all"
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    if not holds.aspect and not _near(fx, fy):
        yield f"focal {camera.focal}", "square pixels"
    middle = _near(2 * cx, width) and _near(2 * cy, height)
    if not holds.off_center and not middle:
        yield f"center {camera.center}", "the middle of the picture"
    yield from _lens_misfits(camera, holds)


def _near(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=NEAR)


def _lens_misfits(camera: Camera, holds: Holds) -> Iterator[tuple[str, str]]:
    terms = terms_of(camera.distortion)
    listed = ", ".join(f"{name} {value:g}" for name, value in terms.items())
    if isinstance(camera.distortion, Fisheye):
        if not holds.fisheye:
            wanted = "Brown's lens or a pinhole" if holds.terms else "a pinhole"
            yield f"a fisheye lens ({listed or 'equidistant'})", wanted
    elif not terms.keys() <= holds.terms:
        wanted = f"but {', '.join(sorted(holds.terms))}" if holds.terms else "a pinhole"
        yield f"distortion ({listed})", wanted


def lost(poses: Poses, holds: Holds) -> list[str]:
    """What is left out, in sentences; cameras stay exact."""
    told = []
    if not holds.names:
        told.append("The pictures' names: they are known by their order.")
    if not holds.size:
        told.append("The pictures' sizes: readers take them from the pictures.")
    if not holds.depths and any((one.near, one.far) != (0.01, 1000.0) for one in poses.cameras):
        told.append("Near and far.")
    if not holds.points and poses.points is not None:
        told.append(f"{len(poses.points.positions)} points.")
    if any(shot.mask is not None for shot in poses.shots):
        told.append("The names of masks.")
    if any(shot.split is not None for shot in poses.shots):
        told.append("What each picture is for: to learn from, or to score with.")
    return told
