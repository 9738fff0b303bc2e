"""What PyTorch gets: every item once, the same each time, from whatever workers there are."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import torch

from lightmould.errors import SettingsError
from lightmould.stream import (
    BlenderLauncher,
    Connection,
    Endpoints,
    MapDataset,
    Request,
    StreamDataset,
    Terms,
    loader,
)

TENSORS = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def endpoints(producers: Callable[..., BlenderLauncher]) -> Iterator[Endpoints]:
    """Two producers for all tests here."""
    with producers(2) as launcher:
        yield launcher.endpoints


def contents(batches: "torch.utils.data.DataLoader[TENSORS]") -> dict[int, bytes]:
    """The items of an epoch by number, each found once."""
    found: dict[int, bytes] = {}
    for batch in batches:
        for index, *arrays in zip(batch["index"], batch["color"], batch["depth"], strict=True):
            assert int(index) not in found
            found[int(index)] = b"".join(array.numpy().tobytes() for array in arrays)
    return found


# It says so of more workers than processors; they have to share them here, too.
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_a_thousand_items_of_four_workers_and_two_producers_are_the_same_twice_and_each_once(
    endpoints: Endpoints,
) -> None:
    dataset = StreamDataset(endpoints, 1000, seed=3)
    dataset.set_epoch(1)
    first = contents(loader(dataset, 10, 4))
    second = contents(loader(dataset, 7, 4))
    assert sorted(first) == [*range(1000)]
    assert first == second
    assert len(set(first.values())) == 1000


@pytest.mark.parametrize(("start", "workers"), [("fork", 2), ("spawn", 1)])
def test_workers_that_live_on_have_the_next_epoch(
    endpoints: Endpoints, start: str, workers: int
) -> None:
    if start not in torch.multiprocessing.get_all_start_methods():
        pytest.skip(f"this system can't {start}")
    dataset = StreamDataset(endpoints, 9, seed=3)
    with Connection(endpoints) as connection:
        requests = [Request(index, epoch, 3) for epoch in (0, 5) for index in range(9)]
        wanted = [item.arrays["color"].tobytes() for item in connection.ask(requests)]
    # Used here before, so that a fork would have this process's links in its hands.
    assert len([*dataset]) == 9
    batches = loader(dataset, 2, workers, start=start)
    for epoch, expected in ((0, wanted[:9]), (5, wanted[9:])):
        dataset.set_epoch(epoch)
        found = {
            int(index): color.numpy().tobytes()
            for batch in batches
            for index, color in zip(batch["index"], batch["color"], strict=True)
        }
        assert [found[index] for index in range(9)] == expected
    dataset.close()


def test_a_map_has_any_item_at_any_time_and_those_of_the_stream(endpoints: Endpoints) -> None:
    dataset = MapDataset(endpoints, 12, seed=3)
    stream = {int(item["index"]): item["color"] for item in StreamDataset(endpoints, 12, seed=3)}
    assert torch.equal(dataset[-1]["color"], stream[11])
    batch = dataset.__getitems__([5, 2, 5])
    assert [int(item["index"]) for item in batch] == [5, 2, 5]
    assert torch.equal(batch[0]["color"], stream[5])
    with pytest.raises(IndexError):
        dataset[12]
    chance = torch.Generator().manual_seed(1)
    shuffled = torch.utils.data.DataLoader(dataset, 5, shuffle=True, generator=chance)
    assert sorted(contents(shuffled)) == [*range(12)]
    dataset.close()


def test_trainings_that_share_an_epoch_have_each_item_once(endpoints: Endpoints) -> None:
    parts = [StreamDataset(endpoints, 10, part=(part, 3)) for part in range(3)]
    rows = [iter(part) for part in parts]  # all at work at the same time
    found = [[int(next(row)["index"]) for _ in range(3)] for row in rows]
    assert found == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    assert [int(item["index"]) for item in rows[0]] == [9]
    assert [len(part) for part in parts] == [4, 3, 3]
    for part in parts:
        part.close()
    with pytest.raises(SettingsError, match="part"):
        StreamDataset(endpoints, 10, part=(3, 3))


def test_an_item_is_handed_out_as_one_likes(endpoints: Endpoints) -> None:
    terms = Terms(ahead=1, shared=False)
    dataset = StreamDataset(endpoints, 3, terms=terms, transform=lambda item: item.metadata)
    assert [said["index"] for said in dataset] == [0, 1, 2]
    dataset.close()


def test_launcher_and_links_need_no_torch() -> None:
    code = "import sys, lightmould.stream; print('torch' in sys.modules)"
    assert subprocess.check_output((sys.executable, "-c", code), timeout=60).strip() == b"False"
