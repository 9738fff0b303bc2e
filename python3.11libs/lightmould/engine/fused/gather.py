"""The points that pictures show of a textured mesh, in the order of its texture."""

import numpy as np

from lightmould.engine.fused import kernels_gather as kernels
from lightmould.engine.texturing.atlas import Corners
from lightmould.engine.texturing.light import filtered, split_sum
from lightmould.engine.texturing.look import LightFrame, Look
from lightmould.engine.texturing.points import BANDS, Points
from lightmould.engine.views import Views
from lightmould.model import Camera
from lightmould.raster import cpu
from lightmould.raster.fragments import Fragments, Singles
from lightmould.raster.pool import shared
from lightmould.raster.shares import bands

COLUMNS = 16

PIECES = 16
"""Bands of rows of a picture."""


def gathered(views: Views, corners: Corners, frame: LightFrame) -> Points:
    """Every fully covered pixel of every view: where on the surface it is, and its color."""
    table = _table(corners)
    counts = np.zeros((len(views.cameras), BANDS * BANDS), np.int64)
    seen = [_seen(camera, corners) for camera in views.cameras]
    shared().run(
        kernels.count,
        [
            (one.triangle[0], one.barycentric[0], alpha, corners.faces, table, BANDS, row)
            for one, alpha, row in zip(seen, views.alpha, counts, strict=True)
        ],
    )
    # In each tile the points of one view follow those of the view before.
    ends = np.cumsum(counts.T.reshape(-1)).reshape(counts.T.shape)
    next_free = np.ascontiguousarray((ends - counts.T).T)
    rows = np.zeros((int(counts.sum()), COLUMNS), np.float32)
    shared().run(
        kernels.place,
        [
            (
                *(one.triangle[0], one.barycentric[0], alpha, color, corners.faces, table),
                *(
                    corners.vertices,
                    corners.free,
                    _eye(camera),
                    _turn(camera, frame),
                    BANDS,
                    free,
                    rows,
                ),
            )
            for one, alpha, color, camera, free in zip(
                seen, views.alpha, views.color, views.cameras, next_free, strict=True
            )
        ],
    )
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0).reshape(BANDS, BANDS).sum(axis=1))])
    return Points(rows, starts)


def picture(camera: Camera, corners: Corners, look: Look, samples: int) -> Singles:
    """(H, W, 4) linear color on black and coverage, samples x samples points a pixel.

    Args:
        camera: whose pixels are already as small as the samples.
        corners: the mesh.
        look: textures and light.
        samples: along a pixel's side.
    """
    found = _seen(camera, corners)
    width, height = camera.size[0] // samples, camera.size[1] // samples
    texture = look.texture
    if len(texture) == 1:  # the kernel looks at four texels
        texture = np.tile(texture, (2, 2, 1))
    out = np.zeros((height, width, 4), np.float32)
    mesh = corners.faces, _table(corners), corners.vertices, corners.free, _eye(camera)
    turn = _turn(camera, look.frame)
    paint = texture, filtered(look.light), split_sum()
    shared().run(
        kernels.picture,
        [
            (found.triangle[0], found.barycentric[0], *mesh, turn, paint, samples, a, b, out)
            for a, b in bands(height, PIECES)
        ],
    )
    return out


def _seen(camera: Camera, corners: Corners) -> Fragments:
    homogeneous = np.pad(corners.positions, ((0, 0), (0, 1)), constant_values=1.0)
    clip = (homogeneous @ camera.clip_from_world.T).astype(np.float32)[None]
    return cpu.rasterize(clip, corners.faces, camera.size)


def _table(corners: Corners) -> Singles:
    across = np.cross(corners.normals, corners.tangents)
    hand = np.sign((across * corners.bitangents).sum(axis=1, keepdims=True))
    fields = corners.uvs, corners.normals, corners.tangents, hand, corners.positions
    return np.ascontiguousarray(np.concatenate(fields, axis=1), np.float32)


def _turn(camera: Camera, frame: LightFrame) -> Singles:
    """(3, 3) from the world to where the light stands still."""
    if frame == "world":
        return np.eye(3, dtype=np.float32)
    return camera.camera_from_world[:3, :3].astype(np.float32)


def _eye(camera: Camera) -> Singles:
    return camera.world_from_camera[:3, 3].astype(np.float32)
