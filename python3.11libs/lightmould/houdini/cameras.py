"""Our cameras as Houdini's parameters, and back; without hou, so that all of it is tested.

Houdini rotates about X, then Y, then Z, and its film is as wide as `aperture`; a pixel is
`aspect` times as wide as it is high, and `win` moves the window in widths and heights of the
picture, to the right and up.
"""

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any

import numpy as np

from lightmould.errors import SettingsError
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.camera import check_pinhole


@dataclass(frozen=True, slots=True)
class CamParms:
    """The parameters of a `cam` object by which it is one of ours.

    Attributes:
        t: translate, metres.
        r: rotate, degrees, about X, Y and Z in this order.
        res: width and height, pixels.
        aspect: of a pixel.
        focal: millimetres.
        aperture: width of the film, millimetres.
        near: metres.
        far: metres.
        win: window's center; right and up, in widths and heights of the picture.
    """

    t: tuple[float, float, float]
    r: tuple[float, float, float]
    res: tuple[int, int]
    aspect: float
    focal: float
    aperture: float
    near: float
    far: float
    win: tuple[float, float]

    def values(self) -> dict[str, Any]:
        """Every parameter to set, by name; what our cameras know nothing of is reset."""
        own = {name: getattr(self, name) for name in self.__slots__}
        fixed = {"s": (1.0, 1.0, 1.0), "p": (0.0, 0.0, 0.0), "scale": 1.0, "winsize": (1.0, 1.0)}
        orders = {"xOrd": "srt", "rOrd": "xyz", "projection": "perspective", "focalunits": "mm"}
        return {**own, **fixed, **orders}


def parms_of(camera: Camera, aperture_mm: float) -> CamParms:
    """What Houdini's camera is to be set to.

    Args:
        camera: a pinhole.
        aperture_mm: width of its film; the focal length follows.

    Raises:
        SettingsError: the lens distorts.
    """
    check_pinhole(camera)
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    x, y, z = camera.world_from_camera[:3, 3].tolist()
    return CamParms(
        t=(x, y, z),
        r=euler_deg(camera.world_from_camera[:3, :3]),
        res=camera.size,
        aspect=fy / fx,
        focal=fx * aperture_mm / width,
        aperture=aperture_mm,
        near=camera.near,
        far=camera.far,
        win=(0.5 - cx / width, cy / height - 0.5),
    )


def camera_of(parms: CamParms, name: str) -> Camera:
    """The camera that Houdini's parameters tell of.

    Raises:
        SettingsError: there is none like that.
    """
    width, height = parms.res
    if not parms.aperture > 0 or not parms.aspect > 0:
        found = f"aperture {parms.aperture}, aspect {parms.aspect}"
        raise SettingsError(f"camera {name!r}", found, "both above 0", "Correct them.")
    fx = parms.focal * width / parms.aperture
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation(parms.r), parms.t
    center = (width * (0.5 - parms.win[0]), height * (0.5 + parms.win[1]))
    focal = (fx, fx * parms.aspect)
    return Camera(name, parms.res, focal, center, pose, parms.near, parms.far)


def euler_deg(turned: Floats) -> tuple[float, float, float]:
    """Degrees about X, Y and Z, one after the other, that make a (3, 3) rotation.

    The angle about Z is taken out first and the others from what is left, which is as exact where
    two of the axes fall into one as anywhere else.
    """
    flat = hypot(turned[0, 0], turned[1, 0])
    z = atan2(turned[1, 0], turned[0, 0]) if flat > 1e-12 else 0.0
    left = _about_z(-z) @ turned
    y = atan2(-left[2, 0], left[0, 0])
    x = atan2(-left[1, 2], left[1, 1])
    return degrees(x), degrees(y), degrees(z)


def rotation(angles_deg: tuple[float, float, float]) -> Floats:
    """(3, 3) of degrees about X, then Y, then Z."""
    x, y, _ = (radians(angle) for angle in angles_deg)
    about_x = np.array([[1, 0, 0], [0, cos(x), -sin(x)], [0, sin(x), cos(x)]])
    about_y = np.array([[cos(y), 0, sin(y)], [0, 1, 0], [-sin(y), 0, cos(y)]])
    turned: Floats = _about_z(radians(angles_deg[2])) @ about_y @ about_x
    return turned


def _about_z(angle: float) -> Floats:
    return np.array([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1.0]])
