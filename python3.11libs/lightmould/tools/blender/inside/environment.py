# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""An environment that learns: `reset` and `step` in Blender, Gymnasium outside.

    import environment

    class Reach:
        spaces = {"observation": {"box": {"low": -1, "high": 1, "shape": [2]}},
                  "action": {"discrete": {"n": 4}}}
        def reset(self, rng, options): ...; return observation, {}
        def step(self, action, rng): ...; return observation, reward, terminated, truncated, {}
        def render(self): return pixels

    environment.serve(Reach())

A space is one of {"box": {"low", "high", "shape", "dtype"}} (null is no bound), {"discrete": {"n",
"start"}} and {"dict": {name: space}}; an observation is an array, or arrays by name for the last.

Every step has a number. One that is asked again is not done again: its answer is repeated. One
that does not follow the last, because this Blender was started anew, is answered with `lost`; then
the episode is asked for again from its beginning. So chance may come from `rng` alone.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside import publisher
else:  # in Blender, this folder is on the path and nothing else of ours is
    import publisher

OBSERVATION = "observation"


class Episode:
    """What an environment has answered in the episode that runs.

    Args:
        environment: `spaces`, `reset`, `step` and, where pictures are wanted, `render`.
    """

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._name = ""
        self._step = -1
        self._answer: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def answer(self, item: publisher.Item) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is asked: the spaces, the beginning of an episode, a step of it, or a picture."""
        asked = item.parameters
        what, name, step = asked["do"], asked.get("episode", ""), asked.get("step", 0)
        if what == "describe":
            draws = hasattr(self._environment, "render")
            return {}, {"spaces": self._environment.spaces, "draws": draws}
        if what == "render" and (name, step) == (self._name, self._step):
            return {"picture": np.asarray(self._environment.render())}, {}
        if (name, step) == (self._name, self._step) and what != "render":
            return self._answer
        if what == "reset":
            self._reset(name, asked["options"], item.rng())
        elif what == "step" and (name, step) == (self._name, self._step + 1):
            self._take(step, asked["action"], item.rng())
        else:
            return {}, {"lost": True}
        return self._answer

    def _reset(self, name: str, options: Any, rng: Any) -> None:
        self._name = ""  # nothing goes on should this fail
        observation, info = self._environment.reset(rng, options)
        self._answer = _arrays(observation), {"info": info}
        self._name, self._step = name, 0

    def _take(self, step: int, action: Any, rng: Any) -> None:
        name, self._name = self._name, ""
        wanted = _action(self._environment.spaces["action"], action)
        observation, reward, ended, cut, info = self._environment.step(wanted, rng)
        said = {"reward": float(reward), "terminated": bool(ended), "truncated": bool(cut)}
        self._answer = _arrays(observation), {**said, "info": info}
        self._name, self._step = name, step


def serve(environment: Any) -> None:
    """Answer until whoever asks is gone."""
    publisher.serve(Episode(environment).answer)


def _arrays(observation: Any) -> dict[str, Any]:
    named = observation if isinstance(observation, dict) else {OBSERVATION: observation}
    return {name: np.asarray(value) for name, value in named.items()}


def _action(space: Any, action: Any) -> Any:
    """An action as the space has it: an array, a whole number, or such by name."""
    if "dict" in space:
        return {name: _action(inner, action[name]) for name, inner in space["dict"].items()}
    if "box" in space:
        return np.array(action, space["box"].get("dtype", "float32"))
    return int(action)
