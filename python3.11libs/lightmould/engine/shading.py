"""What a textured surface point looks like under a filtered light.

Split-sum shading: no shadows and no light from one part of the object to another; what there is
of them in the pictures ends up in the albedo.

Source: Karis 2013, "Real shading in Unreal Engine 4".
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine.atlas import Corners
from lightmould.engine.light import Filtered, look_up, split_sum
from lightmould.model import Camera
from lightmould.raster import cpu

KD, ROUGHNESS, METALLIC, SLOPE = slice(0, 3), 3, 4, slice(5, 7)
"""Channels of the texture: linear albedo, then scalars, then the normal's slopes along t and b."""

CHANNELS = 7

LEAST_ROUGHNESS = 0.08
"""Smoother surfaces show more detail of the light than it has."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The surface points that one picture shows.

    Attributes:
        pixels: (P,) flat pixel indices.
        uvs: (P, 2).
        normals: (P, 3) unit.
        tangents: (P, 3).
        bitangents: (P, 3).
        toward_eye: (P, 3) unit.
    """

    pixels: Tensor
    uvs: Tensor
    normals: Tensor
    tangents: Tensor
    bitangents: Tensor
    toward_eye: Tensor


def seen_by(camera: Camera, corners: Corners) -> Seen:
    """The surface points at the pixel centers of a camera."""
    homogeneous = np.pad(corners.positions, ((0, 0), (0, 1)), constant_values=1.0)
    clip = (homogeneous @ camera.clip_from_world.T).astype(np.float32)[None]
    fragments = cpu.rasterize(clip, corners.faces, camera.size)
    fields = (
        corners.uvs,
        corners.normals,
        corners.tangents,
        corners.bitangents,
        corners.positions,
    )
    attributes = np.concatenate(fields, axis=1)[None]
    flat = cpu.interpolate(attributes, corners.faces, fragments).reshape(-1, attributes.shape[2])
    pixels = np.flatnonzero(fragments.triangle.reshape(-1) >= 0)
    points = torch.from_numpy(flat[pixels])
    eye = torch.from_numpy(camera.world_from_camera[:3, 3].astype(np.float32))
    return Seen(
        torch.from_numpy(pixels),
        points[:, 0:2],
        functional.normalize(points[:, 2:5], dim=1),
        points[:, 5:8],
        points[:, 8:11],
        functional.normalize(eye - points[:, 11:14], dim=1),
    )


def sample(texture: Tensor, uvs: Tensor) -> Tensor:
    """Bilinear samples (P, C) of a texture (1, C, H, W); row 0 is v = 1."""
    where = torch.stack([uvs[:, 0] * 2 - 1, 1 - uvs[:, 1] * 2], dim=1)[None, :, None]
    found = functional.grid_sample(texture, where, align_corners=False, padding_mode="border")
    return found[0, :, :, 0].T


def shade(seen: Seen, texels: Tensor, light: Filtered) -> Tensor:
    """(P, 3) linear radiance toward the eye.

    Args:
        seen: surface points.
        texels: (P, 7) texture samples there.
        light: filtered.
    """
    kd = texels[:, KD]
    roughness = texels[:, ROUGHNESS].clamp(LEAST_ROUGHNESS, 1.0)
    metallic = texels[:, METALLIC, None].clamp(0.0, 1.0)
    slope = texels[:, SLOPE]
    bent = seen.normals + slope[:, :1] * seen.tangents + slope[:, 1:] * seen.bitangents
    normal = functional.normalize(bent, dim=1)
    cosine = (normal * seen.toward_eye).sum(dim=1, keepdim=True)
    reflected = functional.normalize(2 * cosine * normal - seen.toward_eye, dim=1)
    facing = cosine[:, 0].clamp(0.0, 1.0)
    f0 = 0.04 * (1 - metallic) + kd * metallic
    where = torch.stack([facing * 2 - 1, roughness * 2 - 1], dim=1)[None, :, None]
    table = functional.grid_sample(split_sum(), where, align_corners=False, padding_mode="border")[
        0, :, :, 0
    ].T
    specular = look_up(light.specular, reflected, roughness) * (f0 * table[:, :1] + table[:, 1:])
    return kd * (1 - metallic) * look_up(light.diffuse, normal) + specular
