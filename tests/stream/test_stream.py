"""Items come from several producers as from one: in order, once each, and the same every time."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from lightmould.errors import ToolError
from lightmould.stream import BlenderLauncher, Connection, Item, Own, Request, Terms

Producers = Callable[..., BlenderLauncher]


def same(one: Item, other: Item) -> bool:
    return one.request == other.request and all(
        np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays
    )


def items(launcher: BlenderLauncher, requests: Sequence[Request], terms: Terms) -> list[Item]:
    with Connection(launcher.endpoints, terms) as connection:
        return [*connection.ask(requests)]


def test_an_item_is_the_same_whoever_makes_it_and_however_it_comes(producers: Producers) -> None:
    requests = [Request(index, epoch, 7) for epoch in range(2) for index in range(12)]
    with producers(3) as launcher:
        several = items(launcher, requests, Terms())
    with producers(1) as launcher:
        alone = items(launcher, requests, Terms(ahead=1, shared=False))
    assert [item.request for item in several] == requests
    assert [item.metadata["index"] for item in several] == [each.index for each in requests]
    assert all(map(same, several, alone))
    assert len({item.arrays["color"].tobytes() for item in several}) == len(several)
    first = several[0].arrays
    assert {name: (each.dtype.str, each.shape) for name, each in first.items()} == {
        "color": ("|u1", (4, 4, 4)),
        "depth": ("<f4", (4, 4)),
        "mask": ("|b1", (4, 4)),
        "none": ("<f8", (0, 3)),
    }
    assert all(array.flags.writeable for array in first.values())


def test_an_exception_is_the_answer_to_its_item_and_the_next_one_is_made(
    producers: Producers,
) -> None:
    with producers() as launcher, Connection(launcher.endpoints) as connection:
        found = connection.ask([Request(0), Request(1, parameters={"raise": "no cube"})])
        assert next(found).metadata["index"] == 0
        with pytest.raises(
            ToolError, match=r"(?s)item 1 of epoch 0, blender-0.*ValueError: no cube"
        ):
            next(found)
        (after,) = connection.ask([Request(2)])
        assert after.metadata["index"] == 2
        assert launcher.starts == (1,)


def test_each_instance_has_arguments_environment_and_log_of_its_own(producers: Producers) -> None:
    owns = [Own(("--a", "ö"), {"OWN": "1"}), Own(("b c",), {"OWN": "2"})]
    with producers(owns) as launcher:
        said = {}
        for each in launcher.endpoints.instances:
            with Connection(replace(launcher.endpoints, instances=(each,))) as connection:
                (item,) = connection.ask([Request(0)])
            said[item.instance] = item.metadata["arguments"], item.metadata["env"]
            assert each.log is not None
            assert "@stream serving" in each.log.read_text(encoding="utf-8")
    assert said == {"blender-0": (["--a", "ö"], "1"), "blender-1": (["b c"], "2")}


def test_memory_grows_with_what_is_made_and_is_nobody_elses_while_it_is_used(
    producers: Producers,
) -> None:
    sides = [4] * 8 + [64] * 12 + [4] * 4 + [160] * 12
    requests = [Request(index, parameters={"side": side}) for index, side in enumerate(sides)]
    with producers(1) as launcher:
        with Connection(launcher.endpoints, Terms(ahead=2)) as connection:
            kept = [*connection.ask(requests)]  # more than there are slots
            # What is let go at once is lent again and again; once all fits, nothing else is used.
            for _ in range(100):
                before = connection.stats().shared
                passing = [item.arrays["color"].sum() for item in connection.ask(requests)]
                if connection.stats().shared == before + len(requests):
                    break
            else:
                pytest.fail("what is made never came through shared memory alone")
        copies = items(launcher, requests, Terms(shared=False))
    assert all(map(same, kept, copies))
    assert passing == [item.arrays["color"].sum() for item in copies]
