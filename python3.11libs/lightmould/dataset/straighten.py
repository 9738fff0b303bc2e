"""Pictures as another lens at the same place would have taken them: undistorted, or centered."""

from dataclasses import replace

import numpy as np

from lightmould.dataset.images import Pixels
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.formats.poses.format import Holds
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.distortion import Fisheye, terms_of

_ROWS = 256  # of a picture that are made at once


def straight(camera: Camera, holds: Holds | None = None) -> Camera:
    """The pinhole that stands in for a camera, with its focal lengths, size and center.

    Args:
        camera: any.
        holds: of a format; where that can't hold a center or two focal lengths, they become the
            middle of the picture and the shorter of both, which crops.
    """
    holds = holds or Holds()
    kept = terms_of(camera.distortion).keys() <= holds.terms
    if isinstance(camera.distortion, Fisheye):
        kept = holds.fisheye
    (width, height), (fx, fy) = camera.size, camera.focal
    return replace(
        camera,
        distortion=camera.distortion if kept else None,
        focal=camera.focal if holds.aspect else (max(fx, fy),) * 2,
        center=camera.center if holds.off_center else (width / 2, height / 2),
    )


def retaken(picture: Pixels, by: Camera, instead: Camera) -> Pixels:
    """What another lens at the same place would have seen.

    Args:
        picture: (H, W, C) in sRGB, straight alpha if C is 4; gray is a mask and linear.
        by: the camera that took it, its size the picture's.
        instead: a camera of the same pose.

    Returns:
        The picture of `instead`; 0, and transparent, where the first camera did not look.
    """
    channels = picture.shape[2]
    linear = picture if channels == 1 else linear_from_srgb(picture[..., :3])
    if channels == 4:
        linear = np.concatenate([linear * picture[..., 3:], picture[..., 3:]], axis=2)
    width, height = instead.size
    out = np.zeros((height, width, channels), np.float32)
    for top in range(0, height, _ROWS):
        rows = out[top : top + _ROWS]
        y, x = np.indices(rows.shape[:2]).reshape(2, -1) + 0.5
        rows[...] = _sampled(linear, _seen(by, instead, x, y + top)).reshape(rows.shape)
    if channels == 4:
        out[..., :3] /= np.maximum(out[..., 3:], 1e-6)
    if channels > 1:
        out[..., :3] = srgb_from_linear(np.clip(out[..., :3], 0, 1))
    return out


def _seen(by: Camera, instead: Camera, x: Floats, y: Floats) -> Floats:
    """(N, 2) pixels of `by` where it sees what `instead` sees in its own."""
    points = (np.stack([x, y], axis=1) - instead.center) / instead.focal
    if instead.distortion is not None:
        points = instead.distortion.undistorted(points)
    if by.distortion is not None:
        points = by.distortion.distorted(points)
    return np.asarray(points * by.focal + by.center)


def _sampled(picture: Pixels, places: Floats) -> Pixels:
    """(N, C) bilinear; 0 outside."""
    height, width = picture.shape[:2]
    inside = ((places > 0) & (places < (width, height))).all(axis=1)
    corner = np.where(inside[:, None], places - 0.5, 0)
    first = np.floor(corner).astype(int)
    share = (corner - first).astype(np.float32)
    low = np.clip(first, 0, (width - 1, height - 1))
    high = np.clip(first + 1, 0, (width - 1, height - 1))
    u, v = share[:, :1], share[:, 1:]
    top = picture[low[:, 1], low[:, 0]] * (1 - u) + picture[low[:, 1], high[:, 0]] * u
    bottom = picture[high[:, 1], low[:, 0]] * (1 - u) + picture[high[:, 1], high[:, 0]] * u
    return np.asarray((top * (1 - v) + bottom * v) * inside[:, None], np.float32)
