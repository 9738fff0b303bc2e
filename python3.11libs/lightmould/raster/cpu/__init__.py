"""Rasterize, interpolate, texture and antialias on every core; `reference` is the slow twin.

The same bytes for any number of threads: rows are cut into bands, and where bands add to the same
vertices there is a fixed number of private sums, added up in order.

Clip space is OpenGL's: x right, y up, -w <= z <= w. Row 0 of every image is its top.
"""

import numpy as np

from lightmould.raster.cpu.attributes import (
    attribute_derivatives,
    attribute_derivatives_backward,
    interpolate,
    interpolate_backward,
)
from lightmould.raster.cpu.coverage import (
    barycentric_derivatives,
    barycentric_derivatives_backward,
    rasterize,
    rasterize_backward,
)
from lightmould.raster.cpu.sight import sight
from lightmould.raster.cpu.silhouettes import adjacency, antialias, antialias_backward
from lightmould.raster.cpu.textures import (
    mip_chain,
    mip_chain_backward,
    texture,
    texture_backward,
    texture_mip,
    texture_mip_backward,
)
from lightmould.raster.detail import Boundary
from lightmould.raster.pool import set_threads

__all__ = [
    "Boundary",
    "adjacency",
    "antialias",
    "antialias_backward",
    "attribute_derivatives",
    "attribute_derivatives_backward",
    "barycentric_derivatives",
    "barycentric_derivatives_backward",
    "compile_kernels",
    "interpolate",
    "interpolate_backward",
    "mip_chain",
    "mip_chain_backward",
    "rasterize",
    "rasterize_backward",
    "set_threads",
    "sight",
    "texture",
    "texture_backward",
    "texture_mip",
    "texture_mip_backward",
]


def compile_kernels() -> None:
    """Run what a reconstruction needs once, so that later processes find it compiled.

    Textures and derivatives, which it does without, are compiled at their first use.
    """
    clip = np.array([[[-1, -1, 0, 1], [3, -1, 0, 1], [-1, 3, 0, 1]]], np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    fragments = rasterize(clip, faces, (2, 2))
    color = interpolate(clip, faces, fragments)
    interpolate_backward(clip, faces, fragments, color)
    rasterize_backward(clip, faces, fragments, fragments.barycentric)
    antialias(color, clip, faces, fragments)
    antialias_backward(color, clip, faces, fragments, color)
