"""A scene in Blender as an environment of Gymnasium.

An episode is what its seed, its options and its actions make of it: a Blender that is killed in the
middle of one is started anew, the actions are taken again, and the episode goes on.
"""

import uuid
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError, ToolError
from lightmould.stream.connection import Connection
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.instance import Terms
from lightmould.stream.source import Item, Request

try:
    import gymnasium
except ImportError as error:
    fix = "Install it with `pip install lightmould[gym]`."
    raise ToolError("gymnasium", str(error), "the Python package", fix) from error

from lightmould.stream import spaces

Answer: TypeAlias = tuple[Any, float, bool, bool, dict[str, Any]]
Parameters: TypeAlias = dict[str, Any]

_TRIES = 5
"""Times that one step may find its Blender started anew."""

_SEEDS = 1 << 31
_TERMS = Terms()


class RemoteEnvironment(gymnasium.Env[Any, Any]):
    """`reset` and `step` of a script that runs `environment.serve` in Blender.

    Random numbers of the script depend on the seed of `reset` and on the step's number, so the same
    seed and the same actions make the same episode.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        instance: int = 0,
        render_mode: str | None = None,
        terms: Terms = _TERMS,
    ) -> None:
        """Ask the script for its spaces.

        Args:
            endpoints: of producers that run the script.
            instance: the one of them that this environment has for itself.
            render_mode: "rgb_array" for `render`.
            terms: how long to wait.

        Raises:
            FormatError: the script describes no spaces.
            SettingsError: it does not draw that way.
            ToolError: it does not answer.
        """
        one = replace(endpoints, instances=(endpoints.instances[instance],))
        self._source = Connection(one, terms)
        self._name, self._episodes = uuid.uuid4().hex, 0
        self._history: list[Parameters] = []
        self._seed = 0
        said = self._ask({"do": "describe"}, 0).metadata
        described = said["spaces"]
        self.observation_space = spaces.read(described["observation"], "observation space")
        self.action_space = spaces.read(described["action"], "action space")
        modes = ["rgb_array"] if said["draws"] else []
        if render_mode not in (None, *modes):
            fix = "Choose one of them, or give the script's environment a `render`."
            raise SettingsError("render_mode", str(render_mode), f"None or one of {modes}", fix)
        self.metadata = {"render_modes": modes}
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; see Gymnasium."""
        super().reset(seed=seed)
        self._seed = int(self.np_random.integers(_SEEDS))
        self._episodes += 1
        self._history = [{"do": "reset", "options": options or {}}]
        item = self._latest()
        return self._observed(item), item.metadata["info"]

    def step(self, action: Any) -> Answer:
        """Take an action; see Gymnasium."""
        self._check_begun()
        self._history.append({"do": "step", "action": _plain(action)})
        item = self._latest()
        said = item.metadata
        result = (said["reward"], said["terminated"], said["truncated"], said["info"])
        return self._observed(item), *result

    def render(self) -> Any:
        """(H, W, 3) uint8: the scene as it is, sRGB; None without a mode to render in."""
        self._check_begun()
        if self.render_mode is None:
            return None
        return self._latest({"do": "render"}).arrays["picture"]

    def close(self) -> None:
        """Hang up."""
        self._source.close()

    def _latest(self, after: Parameters | None = None) -> Item:
        """The answer to the last thing done; all is done again by a Blender that forgot it.

        Args:
            after: what to ask once that is done, without being part of the episode.
        """
        asked = [*enumerate(self._history)]
        begin = len(asked) - 1
        if after is not None:
            asked.append((begin, after))
            begin += 1
        for _ in range(_TRIES):
            item = self._last_of(asked[begin:])
            if item is not None:
                return item
            begin = 0
        found = f"an episode that was forgotten {_TRIES} times at step {len(self._history) - 1}"
        fix = "Give each environment an instance of its own; see the instance's log."
        raise ToolError("the environment's Blender", found, "one that remembers it", fix)

    def _last_of(self, asked: list[tuple[int, Parameters]]) -> Item | None:
        """The answer to the last of these; None where the episode is not known."""
        item = None
        for step, what in asked:
            item = self._ask(what, step)
            if item.metadata.get("lost"):
                return None
        return item

    def _ask(self, what: Parameters, step: int) -> Item:
        named = {**what, "episode": f"{self._name}-{self._episodes}", "step": step}
        (item,) = self._source.ask([Request(step, 0, self._seed, named)])
        return item

    def _observed(self, item: Item) -> Any:
        """What the observation space has, of its type."""
        if isinstance(self.observation_space, gymnasium.spaces.Dict):
            return {
                name: _fitting(item.arrays[name], space)
                for name, space in self.observation_space.items()
            }
        return _fitting(item.arrays["observation"], self.observation_space)

    def _check_begun(self) -> None:
        if not self._history:
            raise gymnasium.error.ResetNeeded("call reset() first")


def _plain(action: Any) -> Any:
    """An action in the words of JSON."""
    if isinstance(action, dict):
        return {name: _plain(one) for name, one in action.items()}
    return np.asarray(action).tolist()


def _fitting(array: NDArray[Any], space: gymnasium.Space[Any]) -> Any:
    if isinstance(space, gymnasium.spaces.Discrete):
        return np.int64(array[()])
    return array.astype(space.dtype, copy=False)
