"""A producer for tests: a walk along a line, without Blender."""

import os
import signal
from pathlib import Path

import environment
import numpy as np


class Walk:
    spaces = {  # noqa: RUF012
        "observation": {
            "dict": {
                "place": {"box": {"shape": [2], "low": [-10, 0], "high": [10, 1000]}},
                "color": {"box": {"shape": [3], "low": 0, "high": 255, "dtype": "uint8"}},
                "parity": {"discrete": {"n": 2}},
            }
        },
        "action": {"discrete": {"n": 3, "start": -1}},
    }

    def __init__(self):
        self.dies = Path(os.environ["WALK_DIES"])

    def reset(self, rng, options):
        self.place = rng.uniform(-1, 1)
        self.count = 0
        self.goal = options.get("goal", 4.0)
        return self.seen(), {"pid": os.getpid()}

    def step(self, action, rng):
        self.place = float(np.clip(self.place + action + rng.normal(0, 0.1), -10, 10))
        self.count += 1
        if self.dies.exists():
            self.dies.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        done = abs(self.place) > self.goal
        return self.seen(), -1.0, done, self.count >= 20, {"count": self.count}

    def render(self):
        return np.full((4, 5, 3), self.count, np.uint8)

    def seen(self):
        return {
            "place": np.array([self.place, self.count]),
            "color": np.array([self.count, 0, 255], np.uint8),
            "parity": np.array(self.count % 2),
        }


environment.serve(Walk())
