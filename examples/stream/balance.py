"""Learn to balance a pole whose scene is in Blender, through Gymnasium's interface.

    python examples/stream/balance.py --rounds 6 --out balance.png

A linear policy is found by the cross-entropy method (Rubinstein 1999): of some policies the best
are kept, and the next ones are drawn around them. The picture shows an episode of what was found.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from lightmould.formats import png
from lightmould.formats.files import write_atomically
from lightmould.stream import BlenderLauncher, RemoteEnvironment

SCRIPT = Path(__file__).with_name("cartpole.py")
POLICIES, BEST = 12, 3


def episode(
    environment: gymnasium.Env[Any, Any], policy: NDArray[np.float64], seed: int
) -> tuple[float, list[Any]]:
    """What a policy earns, and what is drawn at every twentieth step if anything is."""
    seen, _ = environment.reset(seed=seed)
    earned, pictures, steps, over = 0.0, [], 0, False
    while not over:
        push = np.clip(policy @ seen, -1, 1).astype(np.float32)
        seen, reward, fallen, late, _ = environment.step(push[None])
        if environment.render_mode is not None and steps % 20 == 0:
            pictures.append(environment.render())
        earned, steps, over = earned + float(reward), steps + 1, fallen or late
    return earned, pictures


def learn(
    environment: gymnasium.Env[Any, Any], rounds: int, told: Callable[[int, float], None]
) -> NDArray[np.float64]:
    """A policy, (4,) of what is seen.

    Args:
        environment: the pole.
        rounds: of the method.
        told: hears of each round what its best policies earn on average.
    """
    rng = np.random.default_rng(0)
    mean, spread = np.zeros(4), np.full(4, 3.0)
    for number in range(rounds):
        policies = rng.normal(mean, spread, (POLICIES, 4))
        earned = np.array([episode(environment, policy, number)[0] for policy in policies])
        best = np.argsort(-earned, kind="stable")[:BEST]
        mean, spread = policies[best].mean(0), policies[best].std(0) + 0.3
        told(number, float(earned[best].mean()))
    return mean


def main() -> None:
    """Learn, and draw an episode."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--out", type=Path, default=Path("balance.png"))
    asked = parser.parse_args()
    with BlenderLauncher(None, SCRIPT) as launcher:
        blind = RemoteEnvironment(launcher.endpoints)
        found = learn(
            blind, asked.rounds, lambda number, earned: print(f"round {number + 1}: {earned:.0f}")
        )
        blind.close()
        environment = RemoteEnvironment(launcher.endpoints, render_mode="rgb_array")
        earned, pictures = episode(environment, found, seed=100)
        environment.close()
    write_atomically(asked.out, png.write(np.concatenate(pictures[:8], axis=1)))
    print(f"{earned:.0f} steps; wrote {asked.out}")


if __name__ == "__main__":
    main()
