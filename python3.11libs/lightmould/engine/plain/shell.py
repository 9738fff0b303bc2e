"""Normals, bends and colors of a mesh, under torch's automatic differentiation."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine.plain.place import Place
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
        place: where they are.
    """

    colors: Singles
    roughness: float
    leaves: tuple[Tensor, Tensor, Tensor]
    results: tuple[Tensor, Tensor]
    place: Place

    def backward(self, grad_colors: Singles, roughness_weight: float) -> ShellGradients:
        """The gradients of vertices, albedo and light."""
        colors, roughness = self.results
        loss = (colors * self.place.tensor(grad_colors)).sum() + roughness_weight * roughness
        grads = torch.autograd.grad(loss, self.leaves, retain_graph=True)
        return ShellGradients(*(self.place.array(grad.double()) for grad in grads))


def shell(given: ShellInput, place: Place) -> Shell:
    """Shade a mesh; see `fused.shell.shell`.

    Args:
        given: vertices, faces, albedo and light.
        place: where.
    """
    vertices, albedo, light = (
        place.leaf(array) for array in (given.vertices, given.albedo, given.light)
    )
    faces = place.tensor(given.faces).long()
    corners = vertices[faces]
    cross = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas, around, counts = (torch.zeros_like(vertices) for _ in range(3))
    for k in range(3):
        areas = areas.index_add(0, faces[:, k], cross)
        around = around.index_add(0, faces[:, k], corners[:, k - 1] + corners[:, k - 2])
        counts = counts.index_add(0, faces[:, k], torch.full_like(cross, 2.0))
    bends = around / counts.clamp_min(1.0) - vertices * (counts > 0)
    basis = harmonics(functional.normalize(areas, dim=1, eps=1e-30))
    colors = albedo * (basis @ light).clamp_min(0.0)
    roughness = bends.square().sum(dim=1).mean()
    return Shell(
        place.array(colors.float()),
        place.number(roughness),
        (vertices, albedo, light),
        (colors, roughness),
        place,
    )


def harmonics(directions: Tensor) -> Tensor:
    """(V, 9) as `engine.shell.harmonics`."""
    x, y, z = directions.unbind(dim=1)
    one = torch.ones_like(x)
    return torch.stack([one, x, y, z, x * y, y * z, z * x, 3 * z * z - 1, x * x - y * y], dim=1)
