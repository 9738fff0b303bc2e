"""The slow twin of `cpu`: the same operations in plain NumPy, float64 inside.

What is given in float64 comes back in float64, for finite differences; anything else in float32.
"""

from lightmould.raster.reference.attributes import interpolate, interpolate_backward
from lightmould.raster.reference.coverage import rasterize, rasterize_backward
from lightmould.raster.reference.derivatives import (
    attribute_derivatives,
    attribute_derivatives_backward,
    barycentric_derivatives,
    barycentric_derivatives_backward,
)
from lightmould.raster.reference.sight import sight
from lightmould.raster.reference.silhouettes import adjacency, antialias, antialias_backward
from lightmould.raster.reference.textures import (
    mip_chain,
    mip_chain_backward,
    texture,
    texture_backward,
    texture_mip,
    texture_mip_backward,
)

__all__ = [
    "adjacency",
    "antialias",
    "antialias_backward",
    "attribute_derivatives",
    "attribute_derivatives_backward",
    "barycentric_derivatives",
    "barycentric_derivatives_backward",
    "interpolate",
    "interpolate_backward",
    "mip_chain",
    "mip_chain_backward",
    "rasterize",
    "rasterize_backward",
    "sight",
    "texture",
    "texture_backward",
    "texture_mip",
    "texture_mip_backward",
]
