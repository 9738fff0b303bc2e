"""The difference of flat pictures, under torch's automatic differentiation."""

import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine import differentiable
from lightmould.engine.flat import SOFT, TONE, FlatDifference, FlatMesh, Targets
from lightmould.engine.plain.place import Place
from lightmould.model.arrays import Ints


def flat_difference(
    mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float, place: Place
) -> FlatDifference:
    """How far pictures of a mesh are from the true ones, and which way is down.

    Args:
        mesh: the surface.
        targets: all pictures.
        chosen: (B,) indices of those to compare with.
        mask_weight: of the squared error of alpha.
        place: where; pictures are drawn in single precision everywhere.

    Raises:
        ToolError: nobody draws on that device.
    """
    positions, colors = place.leaf(mesh.positions), place.leaf(mesh.colors)
    truth = place.kept("truth", targets.truth).index_select(0, place.tensor(chosen))
    size = (truth.shape[2], truth.shape[1])
    attributes = functional.pad(colors.float(), (0, 1), value=1.0)[None]
    faces = place.tensor(mesh.faces)
    # In float64 and rounded once: a center on an edge must not change sides with the summation.
    matrices = place.tensor(targets.clip_from_world[chosen]).double()
    homogeneous = functional.pad(positions.double(), (0, 1), value=1.0)
    clip = torch.einsum("bij,vj->bvi", matrices, homogeneous).float().contiguous()
    fragments, barycentric = differentiable.rasterize(clip, faces, size)
    flat = differentiable.interpolate(attributes, faces, fragments, barycentric)
    picture = differentiable.antialias(flat, clip, faces, fragments, mesh.adjacency)
    loss = difference(picture, truth, mask_weight)
    loss.backward()
    return FlatDifference(place.number(loss), place.gradient(positions), place.gradient(colors))


def difference(picture: Tensor, truth: Tensor, mask_weight: float) -> Tensor:
    """Charbonnier loss on a square-root tone curve, and squared error of the masks.

    Args:
        picture: (B, H, W, 4) linear color on black, and coverage.
        truth: (B, H, W, 4).
        mask_weight: of the masks.
    """
    tone = (picture[..., :3].clamp_min(0.0) + TONE).sqrt() - (truth[..., :3] + TONE).sqrt()
    hue = (tone.square() + SOFT).sqrt().mean()
    return hue + mask_weight * (picture[..., 3] - truth[..., 3]).square().mean()
