"""What training tells the scene."""

import itertools
import multiprocessing
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightmould.errors import FormatError, SettingsError
from lightmould.stream.duplex import Duplex
from lightmould.stream.loss_weights import LossWeights
from lightmould.stream.source import Item, Request


class Echo:
    """A source that answers with what it was asked."""

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        return (Item(request, {}, dict(request.parameters), "", 0.0) for request in requests)


def told(source: Duplex, **parameters: float) -> object:
    (item,) = source.ask([Request(0, parameters=parameters)])
    assert item.metadata == item.request.parameters
    return item.metadata


def test_what_is_broadcast_stands_until_the_next(tmp_path: Path) -> None:
    source = Duplex(Echo(), tmp_path / "standing.json")
    assert told(source, a=1) == {"a": 1}
    source.broadcast(light=2.5, a=0)
    assert told(source) == {"light": 2.5, "a": 0}
    source.broadcast(a=3)
    assert told(source) == {"a": 3}


def test_a_requests_own_parameters_go_first(tmp_path: Path) -> None:
    source = Duplex(Echo(), tmp_path / "standing.json")
    source.broadcast(a=1, b=2)
    assert told(source, b=5) == {"a": 1, "b": 5}


def hears(source: Duplex, said: "multiprocessing.SimpleQueue[object]") -> None:
    said.put(told(source))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_other_processes_hear_a_broadcast(tmp_path: Path, start: str) -> None:
    source = Duplex(Echo(), tmp_path / "standing.json")
    context = multiprocessing.get_context(start)
    said = context.SimpleQueue()
    source.broadcast(a=1)
    worker = context.Process(target=hears, args=(source, said))
    worker.start()
    assert said.get() == {"a": 1}
    worker.join()


def test_a_damaged_file_of_what_stands_is_named(tmp_path: Path) -> None:
    path = tmp_path / "standing.json"
    for text in ("[1]", "{"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FormatError, match=r"standing\.json"):
            told(Duplex(Echo(), path))


LOSSES = st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1e6)), max_size=20)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(LOSSES, st.floats(0.01, 1))
def test_weights_are_a_share_for_each_and_no_kind_is_starved(
    losses: list[tuple[int, float]], share: float
) -> None:
    weights = LossWeights(5, share=share)
    for kind, loss in losses:
        weights.tell(kind, loss)
    assert sum(weights.weights) == pytest.approx(1)
    assert min(weights.weights) >= share / 5 * (1 - 1e-9)


def test_the_kind_with_the_higher_loss_comes_more_often() -> None:
    weights = LossWeights(3)
    for kind, loss in ((0, 1.0), (1, 4.0)):
        weights.tell(kind, loss)
    known, worse, unknown = weights.weights
    assert worse == unknown > known


def test_training_on_what_is_hard_evens_out_the_losses() -> None:
    rng, skill = np.random.default_rng(0), np.array([1.0, 8.0, 2.0])
    weights = LossWeights(3, memory=0.5)
    for _ in range(200):
        kind = rng.choice(3, p=weights.weights)
        weights.tell(int(kind), float(skill[kind]))
        skill[kind] *= 0.97
    assert skill.max() < 0.5
    assert all(abs(np.log(a / b)) < 1.5 for a, b in itertools.combinations(skill, 2))


def test_a_loss_that_is_none_is_refused() -> None:
    weights = LossWeights(2)
    for loss in (float("nan"), float("inf"), -1.0):
        with pytest.raises(SettingsError, match="a loss"):
            weights.tell(0, loss)
    with pytest.raises(SettingsError, match="at least 1"):
        LossWeights(0)


def bright(request: Request) -> dict[str, float]:
    return {"light": request.index / 2, "a": 0}


def test_an_item_has_parameters_of_its_own_before_those_that_stand(tmp_path: Path) -> None:
    source = Duplex(Echo(), tmp_path / "standing.json", bright)
    source.broadcast(light=9, b=1)
    found = source.ask([Request(2), Request(3, parameters={"a": 5})])
    assert [item.metadata for item in found] == [
        {"light": 1.0, "a": 0, "b": 1},
        {"light": 1.5, "a": 5, "b": 1},
    ]
