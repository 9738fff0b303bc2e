"""The channels of a texture, as every part of the engine has them."""

KD, ROUGHNESS, METALLIC, SLOPE, OCCLUSION = slice(0, 3), 3, 4, slice(5, 7), 7
"""Linear albedo; perceptual roughness; metalness; the normal's slopes along the tangent and the
bitangent; the occluded amount."""

CHANNELS = 8

LEAST_ROUGHNESS = 0.08
"""Smoother surfaces show more detail of the light than it has."""
