"""The slow twin of `cpu`: the same operations in plain NumPy, float64 inside.

What is given in float64 comes back in float64, for finite differences; anything else in float32.
"""

from lightmould.raster.reference.attributes import interpolate, interpolate_backward
from lightmould.raster.reference.coverage import rasterize, rasterize_backward
from lightmould.raster.reference.silhouettes import adjacency, antialias, antialias_backward
from lightmould.raster.reference.textures import texture, texture_backward

__all__ = [
    "adjacency",
    "antialias",
    "antialias_backward",
    "interpolate",
    "interpolate_backward",
    "rasterize",
    "rasterize_backward",
    "texture",
    "texture_backward",
]
