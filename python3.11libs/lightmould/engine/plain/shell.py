"""Normals, bends and colors of a mesh, under torch's automatic differentiation."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine.shell import ShellGradients, ShellInput
from lightmould.raster.fragments import Singles


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """A shaded mesh; see `fused.shell.Shell`.

    Attributes:
        colors: (V, 3) float32.
        roughness: mean squared distance to the mean of the neighbors.
        leaves: vertices, albedo and light.
        results: colors and roughness.
    """

    colors: Singles
    roughness: float
    leaves: tuple[Tensor, Tensor, Tensor]
    results: tuple[Tensor, Tensor]

    def backward(self, grad_colors: Singles, roughness_weight: float) -> ShellGradients:
        """The gradients of vertices, albedo and light."""
        colors, roughness = self.results
        loss = (colors * torch.from_numpy(grad_colors)).sum() + roughness_weight * roughness
        grads = torch.autograd.grad(loss, self.leaves, retain_graph=True)
        return ShellGradients(*(grad.numpy() for grad in grads))


def shell(given: ShellInput) -> Shell:
    """Shade a mesh; see `fused.shell.shell`."""
    vertices, albedo, light = (
        torch.from_numpy(array).double().clone().requires_grad_()
        for array in (given.vertices, given.albedo, given.light)
    )
    faces = torch.from_numpy(given.faces).long()
    corners = vertices[faces]
    cross = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas, around = torch.zeros_like(vertices), torch.zeros_like(vertices)
    for k in range(3):
        areas = areas.index_add(0, faces[:, k], cross)
        around = around.index_add(0, faces[:, k], corners[:, k - 1] + corners[:, k - 2])
    counts = 2 * torch.bincount(faces.reshape(-1), minlength=len(vertices))
    bends = around / counts.clamp_min(1)[:, None] - vertices * (counts > 0)[:, None]
    basis = harmonics(functional.normalize(areas, dim=1, eps=1e-30))
    colors = albedo * (basis @ light).clamp_min(0.0)
    roughness = bends.square().sum(dim=1).mean()
    return Shell(
        colors.detach().float().numpy(),
        float(roughness.detach()),
        (vertices, albedo, light),
        (colors, roughness),
    )


def harmonics(directions: Tensor) -> Tensor:
    """(V, 9) as `engine.shell.harmonics`."""
    x, y, z = directions.unbind(dim=1)
    one = torch.ones_like(x)
    return torch.stack([one, x, y, z, x * y, y * z, z * x, 3 * z * z - 1, x * x - y * y], dim=1)
