"""Blender's environment, seen through Gymnasium's interface."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from lightmould.errors import FormatError, LightmouldError, SettingsError, ToolError
from lightmould.stream import spaces
from lightmould.stream.environment import RemoteEnvironment
from lightmould.stream.launcher import BlenderLauncher, Launch, Own
from lightmould.tools.blender import Blender

WALK = Path(__file__).with_name("walk.py")
PLAIN = Launch(Blender(sys.executable, is_python=True))


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BlenderLauncher, Path]]:
    dies = tmp_path_factory.mktemp("walk") / "dies"
    own = Own(env={"WALK_DIES": str(dies)})
    with BlenderLauncher(None, WALK, [own, own], PLAIN) as launcher:
        yield launcher, dies


@pytest.fixture
def walk(walks: tuple[BlenderLauncher, Path]) -> Iterator[RemoteEnvironment]:
    environment = RemoteEnvironment(walks[0].endpoints, render_mode="rgb_array")
    yield environment
    environment.close()


def episode(walk: gymnasium.Env[Any, Any], seed: int) -> list[tuple[float, ...]]:
    """What is seen and earned in ten steps."""
    seen, _ = walk.reset(seed=seed)
    found = [tuple(seen["place"])]
    for action in (1, 1, 0, -1, 0, 1, 0, -1, -1, 1):
        seen, reward, ended, cut, info = walk.step(action)
        found.append((*seen["place"], reward, ended, cut, info["count"]))
    return found


def test_gymnasium_finds_no_fault(walk: RemoteEnvironment) -> None:
    check_env(walk, skip_render_check=True)


def test_spaces_are_those_that_the_script_says(walk: RemoteEnvironment) -> None:
    low, high = (np.array(each, np.float32) for each in ([-10, 0], [10, 1000]))
    place = gymnasium.spaces.Box(low, high)
    color = gymnasium.spaces.Box(0, 255, (3,), np.uint8)
    named = {"place": place, "color": color, "parity": gymnasium.spaces.Discrete(2)}
    assert walk.observation_space == gymnasium.spaces.Dict(named)
    assert walk.action_space == gymnasium.spaces.Discrete(3, start=-1)


def test_an_episode_is_what_its_seed_and_its_actions_make_of_it(walk: RemoteEnvironment) -> None:
    first = episode(walk, 3)
    assert episode(walk, 4) != first
    assert episode(walk, 3) == first


def test_a_new_episode_without_a_seed_is_another_one(walk: RemoteEnvironment) -> None:
    places = [walk.reset(seed=5)[0]["place"][0], *(walk.reset()[0]["place"][0] for _ in range(3))]
    assert len({*places}) == 4


def test_an_episode_goes_on_after_its_producer_was_killed(
    walks: tuple[BlenderLauncher, Path], walk: RemoteEnvironment
) -> None:
    undisturbed = episode(walk, 7)
    before, dies = walks[0].starts[0], walks[1]

    walk.reset(seed=7)
    assert walk.step(1)[4] == {"count": 1}
    dies.touch()
    seen, *_ = walk.step(1)
    assert not dies.exists()
    assert tuple(seen["place"]) == undisturbed[2][:2]
    assert walk.render()[0, 0, 0] == 2
    assert walks[0].starts[0] == before + 1


def test_two_that_share_an_instance_disturb_nothing_but_their_speed(
    walks: tuple[BlenderLauncher, Path], walk: RemoteEnvironment
) -> None:
    alone = episode(walk, 1)
    other = RemoteEnvironment(walks[0].endpoints)
    walk.reset(seed=1)
    other.reset(seed=2)
    places = []
    for action in (1, 1, 0):
        places.append(tuple(walk.step(action)[0]["place"]))
        other.step(-action)
    other.close()
    assert places == [row[:2] for row in alone[1:4]]


def test_what_is_drawn_is_the_state_and_nothing_without_a_mode(
    walks: tuple[BlenderLauncher, Path], walk: RemoteEnvironment
) -> None:
    walk.reset(seed=0)
    walk.step(0)
    assert np.array_equal(walk.render(), np.full((4, 5, 3), 1, np.uint8))
    blind = RemoteEnvironment(walks[0].endpoints)
    blind.reset(seed=0)
    assert blind.render() is None
    blind.close()


def test_a_mode_that_there_is_not_is_refused(walks: tuple[BlenderLauncher, Path]) -> None:
    with pytest.raises(SettingsError, match=r"human.*rgb_array"):
        RemoteEnvironment(walks[0].endpoints, render_mode="human")


def test_options_reach_the_script(walk: RemoteEnvironment) -> None:
    walk.reset(seed=0, options={"goal": 0.5})
    assert walk.step(1)[2] is True


def test_a_step_before_the_first_reset_is_refused(walk: RemoteEnvironment) -> None:
    with pytest.raises(gymnasium.error.ResetNeeded):
        walk.step(0)


def test_an_error_of_the_script_is_told_and_the_next_episode_is_a_good_one(
    walk: RemoteEnvironment,
) -> None:
    walk.reset(seed=0)
    with pytest.raises(ToolError, match="invalid literal for int"):
        walk.step("left")
    assert len(episode(walk, 3)) == 11


@pytest.mark.parametrize("kind", [gymnasium.vector.SyncVectorEnv, gymnasium.vector.AsyncVectorEnv])
def test_instances_are_a_vector_of_environments(
    walks: tuple[BlenderLauncher, Path], kind: type[gymnasium.vector.VectorEnv[Any, Any, Any]]
) -> None:
    endpoints = walks[0].endpoints
    both = kind([lambda i=i: RemoteEnvironment(endpoints, i) for i in range(2)])
    seen, told = both.reset(seed=[3, 3])
    assert len({*told["pid"]}) == 2
    assert np.array_equal(*seen["place"])
    seen, rewards, *_ = both.step(np.array([1, -1]))
    assert seen["place"][0, 0] > seen["place"][1, 0]
    assert rewards.tolist() == [-1.0, -1.0]
    both.close()


def test_a_bound_that_is_not_told_is_none() -> None:
    said = {"box": {"shape": [2], "low": [0, None], "high": None}}
    low, high = (np.array(each, np.float32) for each in ([0, -np.inf], [np.inf, np.inf]))
    assert spaces.read(said, "action") == gymnasium.spaces.Box(low, high)


@pytest.mark.parametrize(
    "said",
    [
        [], {}, {"box": {}, "discrete": {}}, {"ball": {}}, {"box": {"shape": "4"}},
        {"box": {"shape": [2], "low": [0, 0, 0]}}, {"discrete": {"n": "many"}},
        {"dict": {"inner": {"box": 3}}}, {"box": {"shape": [2], "dtype": "object"}},
    ],
)  # fmt: skip
def test_what_is_no_space_is_refused_by_name(said: Any) -> None:
    with pytest.raises((FormatError, LightmouldError), match=r"observation|box"):
        spaces.read(said, "observation")
