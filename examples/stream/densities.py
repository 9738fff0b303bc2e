"""Find how a scene's parameters are distributed, from pictures alone.

Ellipsoids are seen that somebody drew from a distribution of sizes. Ours is moved, by what a small
network says that tells our pictures from theirs, until it can't. No gradient goes through Blender:
what is learned is the distribution, by the score-function gradient (Williams 1992, REINFORCE), as
in Louppe et al., Adversarial Variational Optimization of Non-Differentiable Simulators, 2019.

    python examples/stream/densities.py --steps 80
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from lightmould.stream import BlenderLauncher, Connection, Request, Source

SCENE = Path(__file__).with_name("ellipsoids.py")
THEIRS = ((1.2, 0.5), (0.15, 0.25))
"""Medians of width and height, metres, and how far their logarithms spread."""
OURS = ((0.6, 1.0), (0.3, 0.3))
"""The same, to begin with."""


class Density(nn.Module):
    """A log-normal distribution of width and height that can be learned."""

    def __init__(self, medians: Iterable[float], spreads: Iterable[float]) -> None:
        super().__init__()
        self.log_median = nn.Parameter(torch.tensor([*medians]).log())
        self.log_spread = nn.Parameter(torch.tensor([*spreads]).log())

    def now(self) -> torch.distributions.LogNormal:
        """As it is."""
        return torch.distributions.LogNormal(self.log_median, self.log_spread.exp())

    def numbers(self) -> Tensor:
        """(4,) medians of width and height; their spreads."""
        return torch.cat([self.log_median, self.log_spread]).detach().exp()


def judge() -> nn.Sequential:
    """A network that says how much a silhouette, (N, 1, 32, 32), looks like theirs."""
    return nn.Sequential(
        nn.AvgPool2d(2),
        nn.Conv2d(1, 8, 5, 2, 2), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 16, 3, 2, 1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(256, 1),
    )  # fmt: skip


def silhouettes(source: Source, sizes: Tensor, epoch: int) -> Tensor:
    """(N, 1, 32, 32) of ellipsoids; sizes (N, 2) metres."""
    asked = [
        Request(index, epoch, parameters={"size": size})
        for index, size in enumerate(sizes.tolist())
    ]
    seen = np.stack([item.arrays["ids"] > 0 for item in source.ask(asked)])
    return torch.from_numpy(seen[:, None].astype(np.float32))


def optimize(source: Source, steps: int, batch: int, told: Callable[[int, Tensor], None]) -> Tensor:
    """What our distribution has become: mean of `Density.numbers` over the second half.

    Args:
        source: of ellipsoids.
        steps: each of which asks for a batch.
        batch: pictures.
        told: hears the numbers after each step.
    """
    with torch.no_grad():
        theirs = silhouettes(source, Density(*THEIRS).now().sample((4 * batch,)), 0)
    ours, critic = Density(*OURS), judge()
    for_critic = torch.optim.Adam(critic.parameters(), 2e-3, (0.5, 0.99))
    for_ours = torch.optim.Adam(ours.parameters(), 0.05, (0.7, 0.99))
    slower = torch.optim.lr_scheduler.LinearLR(for_ours, 1.0, 0.1, steps)
    found = []
    for step in range(steps):
        sizes = ours.now().sample((batch,))
        seen = silhouettes(source, sizes, 1 + step)
        for _ in range(2):
            some = theirs[torch.randint(len(theirs), (batch,))]
            real, fake = (critic(each + 0.1 * torch.randn_like(each)) for each in (some, seen))
            _descend(for_critic, softplus(-real).mean() + softplus(fake).mean())
        with torch.no_grad():
            praise = critic(seen)[:, 0]
            praise = (praise - praise.mean()) / (praise.std() + 1e-3)
        _descend(for_ours, -(praise * ours.now().log_prob(sizes).sum(1)).mean())
        slower.step()
        with torch.no_grad():
            ours.log_spread.clamp_(np.log(0.08), np.log(0.5))
        found.append(ours.numbers())
        told(step, found[-1])
    return torch.stack(found[steps // 2 :]).mean(0)


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main() -> None:
    """Optimize, and say how far it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--instances", type=int, default=1)
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the other processors render

    def told(step: int, numbers: Tensor) -> None:
        if step % 5 == 4:
            print(f"step {step + 1:3d}: {_words(numbers)}", flush=True)

    with (
        BlenderLauncher(None, SCENE, instances=asked.instances) as launcher,
        Connection(launcher.endpoints) as source,
    ):
        found = optimize(source, asked.steps, asked.batch, told)
    print(f"found:    {_words(found)}")
    print(f"theirs:   {_words(torch.tensor(THEIRS).flatten())}")


def _words(numbers: Tensor) -> str:
    width, height, *spreads = numbers.tolist()
    return f"{width:.2f} x {height:.2f} m, spread {spreads[0]:.2f}, {spreads[1]:.2f}"


if __name__ == "__main__":
    main()
