"""What writers of poses share."""

from collections.abc import Iterable

from lightmould.formats.wavefront import writable_path
from lightmould.model import Camera, Poses, Shot
from lightmould.model.distortion import Distortion

BROWN = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
"""Brown's terms in OpenCV's order."""


def picture(shot: Shot) -> str:
    """The shot's picture, as readers find it again.

    Raises:
        SettingsError: naming the camera: the path leaves its folder, or can't be written.
    """
    return writable_path(shot.named_picture, f"the picture of camera {shot.camera.name!r}")


def by_name(poses: Poses) -> tuple[Camera, ...]:
    """The cameras in the order of their pictures' names.

    Where poses are known by their order alone, that is how readers find whose they are.
    """
    shots = sorted(poses.shots, key=lambda shot: (shot.named_picture.name, shot.named_picture))
    return tuple(shot.camera for shot in shots)


def terms(distortion: Distortion | None, names: tuple[str, ...] = BROWN) -> list[float]:
    """Terms of a lens by name, 0 where it has none of that name."""
    return [float(getattr(distortion, name, 0.0)) for name in names]


def text(numbers: Iterable[float]) -> str:
    """Numbers as text, with all their digits."""
    return " ".join(repr(float(number)) for number in numbers)
