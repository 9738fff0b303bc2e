"""The difference of flat pictures, under torch's automatic differentiation."""

import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine import differentiable
from lightmould.engine.flat import SOFT, TONE, FlatDifference, FlatMesh, Targets
from lightmould.model.arrays import Ints
from lightmould.raster.fragments import Singles


def flat_difference(
    mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
) -> FlatDifference:
    """How far pictures of a mesh are from the true ones, and which way is down.

    Args:
        mesh: the surface.
        targets: all pictures.
        chosen: (B,) indices of those to compare with.
        mask_weight: of the squared error of alpha.
    """
    positions = torch.tensor(mesh.positions).requires_grad_()
    colors = torch.tensor(mesh.colors).requires_grad_()
    truth = torch.from_numpy(targets.truth[chosen])
    size = (truth.shape[2], truth.shape[1])
    attributes = torch.cat([colors, torch.ones_like(colors[:, :1])], dim=1)[None]
    # In float64 and rounded once: a center on an edge must not change sides with the summation.
    matrices = torch.from_numpy(targets.clip_from_world[chosen]).double()
    homogeneous = functional.pad(positions.double(), (0, 1), value=1.0)
    clip = torch.einsum("bij,vj->bvi", matrices, homogeneous).float().contiguous()
    fragments, barycentric = differentiable.rasterize(clip, mesh.faces, size)
    flat = differentiable.interpolate(attributes, mesh.faces, fragments, barycentric)
    picture = differentiable.antialias(flat, clip, mesh.faces, fragments, mesh.adjacency)
    loss = difference(picture, truth, mask_weight)
    loss.backward()
    return FlatDifference(float(loss.detach()), _gradient(positions), _gradient(colors))


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


def _gradient(leaf: Tensor) -> Singles:
    grad: Singles = (torch.zeros_like(leaf) if leaf.grad is None else leaf.grad).numpy()
    return grad
