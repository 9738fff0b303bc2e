"""What a drawn scene looks like and where its pictures go, as kernels are given it."""

from typing import NamedTuple

from lightmould.raster.fragments import Array


class Surfaces(NamedTuple):
    """What a scene's triangles look like. Nothing of something is an array of no rows.

    Attributes:
        faces: (F, 3) int32 into corners.
        face_normals: (F, 3) int32 into normals.
        normals: (N, 3) float32 unit.
        face_uvs: (F, 3) int32 into uvs, or none.
        uvs: (T, 2) float32.
        colors: (V, 3) float32 linear, of corners, or none.
        material: (F,) int32.
        base: (M, 3) float32 linear.
        levels: (M, 2) int32, first of its color map's levels and how many; 0 if there is no map.
        level: (L, 4) int32 of a level: first texel, width, height, 256 times the encoding.
        texels: (S,) uint32 of all levels, red in the lowest byte, first rows on top.
        decoded: (512,) float32, linear color by encoding and byte.
        encoded: (E,) uint8, sRGB by linear color, from 0 to 1.
    """

    faces: Array
    face_normals: Array
    normals: Array
    face_uvs: Array
    uvs: Array
    colors: Array
    material: Array
    base: Array
    levels: Array
    level: Array
    texels: Array
    decoded: Array
    encoded: Array


class Paint(NamedTuple):
    """What of the surfaces' color is the same for all frames.

    Attributes:
        levels: (M, 2) int32 into level, first and last of each material's color map; a material
            without one has one of a single texel.
        level: (L, 3) int32 of a level: first texel, width, height.
        texels: (S,) int64 linear: red, green, blue in 21 bits each from the lowest on, of which
            they fill 13, so that all three are mixed at once by shares of 256.
    """

    levels: Array
    level: Array
    texels: Array


class Pictures(NamedTuple):
    """What is filled where something is seen; one of no rows is not wanted.

    Attributes:
        color: (H, W, 3) uint8 sRGB.
        depth: (H, W) float32 metres along the axis.
        normal: (H, W, 3) float32 unit, towards the camera.
        uv: (H, W, 2) float32.
        depth_code: (H, W) uint16, depth times the scale, rounded; 65535 beyond that.
        normal_code: (H, W, 3) uint8, -1 to 1 as 0 to 255, rounded.
        id: (H, W) uint16, the object's number.
    """

    color: Array
    depth: Array
    normal: Array
    uv: Array
    depth_code: Array
    normal_code: Array
    id: Array
