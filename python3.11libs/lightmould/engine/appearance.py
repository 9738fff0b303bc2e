"""Textures and light that make a fixed mesh look like its pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lightmould.engine import shading
from lightmould.engine.atlas import Corners
from lightmould.engine.light import SHAPE, filtered
from lightmould.engine.shading import Seen
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError

ALBEDO_RATE, FINISH_RATE, SLOPE_RATE, LIGHT_RATE = 0.02, 0.03, 0.008, 0.1
"""First step lengths: albedo, roughness and metallic, the normals, the light's logarithm."""

FINE = 0.2
"""Share of the finish rate that single texels get; the rest moves in patches."""

BROAD = 8
"""Texels that share a part of their roughness and metallic, so that noise finds no foothold."""

LEANING = 0.3
"""Where metallic begins: from 0, gold would end as yellow paint; from here both ways are open."""

BRIGHTEST = 0.6
"""Where the albedo of all but the brightest hundredth begins: chalk, not mirrors."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Textures and light.

    Attributes:
        texture: (H, W, 7) channels of `shading`, row 0 on top.
        light: (18, 36, 3) linear radiance, lat-long.
    """

    texture: NDArray[np.float32]
    light: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the pictures say about the surface.

    Attributes:
        seen: the surface points of each picture.
        truth: their linear colors, (P, 3) each.
    """

    seen: tuple[Seen, ...]
    truth: tuple[Tensor, ...]


def gather(views: Views, corners: Corners) -> Evidence:
    """Look up once which surface point each fully covered pixel shows.

    Raises:
        ReconstructionError: the mesh is in none of the pictures.
    """
    seen, truth = [], []
    for index, camera in enumerate(views.cameras):
        points = shading.seen_by(camera, corners)
        full = views.alpha[index].reshape(-1)[points.pixels.numpy()] > 0.999
        keep = torch.from_numpy(np.flatnonzero(full))
        chosen = Seen(*(getattr(points, name)[keep] for name in Seen.__slots__))
        seen.append(chosen)
        flat = torch.from_numpy(views.color[index].reshape(-1, 3))
        truth.append(flat[chosen.pixels])
    if not any(len(one) for one in truth):
        raise ReconstructionError(
            "appearance", "a mesh in no picture", "one in view", "Check the poses."
        )
    return Evidence(tuple(seen), tuple(truth))


def start(albedo: NDArray[np.float32], brightness: float) -> Look:
    """A half-rough surface, neither paint nor metal yet, under even light.

    Args:
        albedo: (H, W, 3) linear, right up to one factor.
        brightness: radiance of the light that goes with it.
    """
    factor = BRIGHTEST / max(float(np.percentile(albedo, 99)), 1e-3)
    texture = np.zeros((*albedo.shape[:2], shading.CHANNELS), np.float32)
    texture[..., shading.KD] = np.clip(albedo * factor, 0.0, 1.0)
    texture[..., shading.ROUGHNESS] = 0.5
    texture[..., shading.METALLIC] = LEANING
    return Look(texture, np.full((*SHAPE, 3), brightness / factor, np.float32))


def fit(
    look: Look,
    evidence: Evidence,
    steps: int,
    fraction: tuple[float, float],
    rng: np.random.Generator,
    tell: Callable[[int, float], None],
) -> Look:
    """Improve textures and light by gradient descent, one picture a step.

    Args:
        look: where to begin.
        evidence: of `gather`.
        steps: how many.
        fraction: of the whole fit, where these steps begin and end; steps shorten along it.
        rng: orders the pictures.
        tell: called with (step, loss).

    Raises:
        ReconstructionError: a number is no longer finite.
    """
    canvas = _Canvas(look)
    painter = canvas.painter()
    speed = torch.optim.lr_scheduler.LambdaLR(painter, partial(_speed, steps, fraction))
    count = len(evidence.seen)
    order = np.concatenate([rng.permutation(count) for _ in range(steps // count + 1)])
    for step in range(steps):
        view = order[step]
        texels = shading.sample(canvas.texture(), evidence.seen[view].uvs)
        color = shading.shade(evidence.seen[view], texels, filtered(canvas.light.exp()))
        loss = _difference(color, evidence.truth[view]) + _prior(texels, canvas.light)
        painter.zero_grad()
        loss.backward()
        painter.step()
        speed.step()
        canvas.limit()
        if not torch.isfinite(loss):
            raise _not_finite(step)
        tell(step, float(loss.detach()))
    return canvas.look()


class _Canvas:
    """The tensors that are fitted."""

    def __init__(self, look: Look) -> None:
        planes = torch.from_numpy(look.texture).permute(2, 0, 1)[None]
        parts = (part.clone().requires_grad_() for part in planes.split((3, 2, 2), dim=1))
        self._albedo, self._finish, self._slope = parts
        coarse = [max(1, side // BROAD) for side in planes.shape[2:]]
        self._broad = torch.zeros(1, 2, *coarse, requires_grad=True)
        # In logarithms light is never negative, and lamps are found as fast as shade.
        self.light = torch.from_numpy(np.log(np.maximum(look.light, 1e-3))).requires_grad_()

    def painter(self) -> torch.optim.Optimizer:
        """What moves them."""
        rates = (
            (self._albedo, ALBEDO_RATE),
            (self._finish, FINISH_RATE * FINE),
            (self._broad, FINISH_RATE),
            (self._slope, SLOPE_RATE),
            (self.light, LIGHT_RATE),
        )
        groups = [{"params": [tensor], "lr": rate} for tensor, rate in rates]
        return torch.optim.Adam(groups, betas=(0.9, 0.99))

    def texture(self) -> Tensor:
        """(1, 7, H, W) the channels of `shading`."""
        size = self._finish.shape[2:]
        patches = functional.interpolate(self._broad, size, mode="bilinear")
        return torch.cat([self._albedo, self._finish + patches, self._slope], dim=1)

    def limit(self) -> None:
        """Keep what nothing else keeps in its range."""
        with torch.no_grad():
            self._albedo.clamp_(0.0, 1.0)
            self._slope.clamp_(-1.0, 1.0)

    def look(self) -> Look:
        """What was found."""
        texture = self.texture().detach()[0].permute(1, 2, 0).contiguous()
        texture[..., shading.ROUGHNESS].clamp_(shading.LEAST_ROUGHNESS, 1.0)
        texture[..., shading.METALLIC].clamp_(0.0, 1.0)
        return Look(texture.numpy(), self.light.detach().exp().numpy())


def _difference(color: Tensor, truth: Tensor) -> Tensor:
    """Charbonnier loss on a square-root tone curve."""
    tone = (color.clamp_min(0.0) + 1e-3).sqrt() - (truth + 1e-3).sqrt()
    return (tone.square() + 1e-5).sqrt().mean()


def _prior(texels: Tensor, light: Tensor) -> Tensor:
    """A white light, few metals, and normals that stay with the mesh, unless told otherwise."""
    radiance = light.exp()
    gray = radiance.mean(dim=2, keepdim=True)
    tint = (radiance - gray).abs().mean() / gray.mean()
    metal = texels[:, shading.METALLIC].mean()
    return 0.003 * tint + 0.002 * metal + 0.01 * texels[:, shading.SLOPE].square().mean()


def _speed(steps: int, fraction: tuple[float, float], step: int) -> float:
    """Full speed when the whole fit begins, a tenth when it ends."""
    begin, end = fraction
    return float(0.1 ** (begin + (end - begin) * step / steps))


def _not_finite(step: int) -> ReconstructionError:
    return ReconstructionError(
        f"appearance, step {step}",
        "a loss that is not finite",
        "finite numbers",
        "Check the pictures for NaN.",
    )
