"""What was recorded comes back, to the byte; what was damaged is named."""

import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from lightmould.errors import DatasetError, FormatError, JobError, LightmouldError
from lightmould.stream import recording
from lightmould.stream.recorder import Recorder
from lightmould.stream.replay import Recording
from lightmould.stream.source import Item, Request

DTYPES = st.sampled_from([np.uint8, np.int64, np.float16, np.float32, np.float64, np.bool_])
ARRAYS = DTYPES.flatmap(lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_dims=0)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=5,
)  # fmt: skip


class Numbers:
    """A source of arrays that depend on what is asked, and on nothing else."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        for request in requests:
            self.asked.append(request.index)
            yield made(request)


def made(request: Request) -> Item:
    rng = np.random.default_rng((request.seed, request.epoch, request.index))
    color = rng.integers(0, 256, (4, 5, 4), np.uint8)
    return Item(
        request,
        {"color": color, "one": np.float32(request.index)[...]},
        {"at": [0.1, 2]},
        "test",
        0.5,
    )


def asked(count: int, epoch: int = 0) -> list[Request]:
    return [Request(index, epoch, 7, {"bright": index / 3}) for index in range(count)]


def same(one: Item, other: Item) -> bool:
    return (
        (one.request, one.metadata) == (other.request, other.metadata)
        and [*one.arrays] == [*other.arrays]
        and all(
            (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
            for a, b in zip(one.arrays.values(), other.arrays.values(), strict=True)
        )
    )


def recorded(folder: Path, count: int = 5) -> Path:
    with Recorder(Numbers(), folder) as source:
        list(source.ask(asked(count)))
    return folder


def test_what_was_recorded_is_replayed_to_the_byte(tmp_path: Path) -> None:
    with Recorder(Numbers(), tmp_path / "it") as source:
        first = list(source.ask(asked(6)))
    again = Recording(tmp_path / "it")
    assert all(map(same, first, again.ask(asked(6))))
    assert [*again.requests] == asked(6)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arrays=st.dictionaries(st.text("abcxyz", min_size=1), ARRAYS, max_size=3), words=JSON)
def test_any_arrays_and_any_words_come_back(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, Any], words: Any
) -> None:
    class One(Numbers):
        def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
            return (Item(request, arrays, {"said": words}, "", 0.0) for request in requests)

    folder = tmp_path_factory.mktemp("any") / "it"
    request = Request(0, 0, 0, {"wanted": words})
    with Recorder(One(), folder) as source:
        (first,) = source.ask([request])
    assert same(Recording(folder).item(request), first)


def test_numpy_alone_reads_the_arrays_of_a_recording(tmp_path: Path) -> None:
    _, path = recording.paths(recorded(tmp_path / "it", 2), 0)
    with path.open("rb") as file:
        found = [np.load(file, allow_pickle=False) for _ in range(4)]
    wanted = [array for request in asked(2) for array in made(request).arrays.values()]
    assert all(map(np.array_equal, found, wanted))


def test_recording_goes_on_where_it_was_stopped_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    first = Recorder(Numbers(), tmp_path / "it")
    assert len(list(first.ask(asked(3)))) == 3
    first.close()
    with pytest.raises(DatasetError, match=r"no manifest.json"):
        Recording(tmp_path / "it")
    numbers = Numbers()
    with Recorder(numbers, tmp_path / "it") as source:
        found = list(source.ask(asked(6)))
    assert numbers.asked == [3, 4, 5]
    assert all(map(same, found, map(made, asked(6))))
    assert len(Recording(tmp_path / "it")) == 6


def test_recording_more_makes_a_recording_unfinished_until_it_is_finished(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "it", 2)
    source = Recorder(Numbers(), folder)
    list(source.ask(asked(2)))
    assert len(Recording(folder)) == 2
    list(source.ask(asked(3)))
    with pytest.raises(DatasetError):
        Recording(folder)
    source.finish()
    assert len(Recording(folder)) == 3


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from test_recording import Numbers, Recorder, asked
source = Recorder(Numbers(), sys.argv[2])
for item in source.ask(asked(5000)):
    print(item.request.index, flush=True)
"""


def test_a_killed_recorder_loses_nothing_that_it_has_handed_over(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(tmp_path / "it"))
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        handed = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
    recording.finish(tmp_path / "it")
    found = Recording(tmp_path / "it")
    assert {*handed} <= {request.index for request in found.requests}
    assert all(same(found.item(request), made(request)) for request in found.requests)


FULL = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from test_recording import JobError, Numbers, Recorder, asked
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    for item in Recorder(Numbers(), sys.argv[2]).ask(asked(100)):
        print(item.request.index)
except JobError as error:
    print(error, file=sys.stderr)
"""


def test_a_disk_that_is_full_is_told_and_costs_nothing_that_was_handed_over(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", FULL, str(Path(__file__).parent), str(tmp_path / "it"))
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=600)
    assert "File too large" in told.stderr
    numbers = Numbers()
    with Recorder(numbers, tmp_path / "it") as source:
        list(source.ask(asked(20)))
    handed = [*map(int, told.stdout.split())]
    assert handed
    assert numbers.asked == [*range(len(handed), 20)]
    assert all(map(same, Recording(tmp_path / "it").ask(asked(20)), map(made, asked(20))))


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    class Words(Numbers):
        def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
            return (Item(each, {"said": np.array(["a"])}, {}, "", 0.0) for each in requests)

    with pytest.raises(FormatError, match="plain numbers"), Recorder(Words(), tmp_path) as source:
        list(source.ask(asked(1)))


def records(source: Recorder, first: int) -> None:
    list(source.ask(asked(12)[first::2]))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_processes_that_record_side_by_side_write_one_recording(tmp_path: Path, start: str) -> None:
    source = Recorder(Numbers(), tmp_path / "it")
    list(source.ask(asked(2)))
    context = multiprocessing.get_context(start)
    workers = [context.Process(target=records, args=(source, first)) for first in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    source.finish()
    again = Recording(tmp_path / "it")
    assert len(recording.numbers(tmp_path / "it")) == 3
    assert all(map(same, map(made, asked(12)), again.ask(asked(12))))


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [-1, 20, 130])
def test_a_damaged_array_is_named(tmp_path: Path, at: int) -> None:
    folder = recorded(tmp_path / "it")
    flipped(recording.paths(folder, 0)[1], at)
    found = Recording(folder)
    with pytest.raises(FormatError, match=r"arrays-0000.npy: (color|one) of item \d.*CRC-32"):
        list(found.ask(asked(5)))


@pytest.mark.parametrize("name", ["items-0000.jsonl", "recording.json", "manifest.json"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    folder = recorded(tmp_path / "it")
    flipped(folder / name, 12)
    with pytest.raises((DatasetError, FormatError), match=name):
        Recording(folder)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_damaged_what_is_read_is_what_was_recorded_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = recorded(tmp_path_factory.mktemp("damaged") / "it", 2)
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(LightmouldError):
        assert all(map(same, Recording(folder).ask(asked(2)), map(made, asked(2))))


@pytest.mark.parametrize("number", [0, 1])
def test_a_file_that_was_cut_off_is_named(tmp_path: Path, number: int) -> None:
    path = recording.paths(recorded(tmp_path / "it"), 0)[number]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetError, match=f"{path.name}.*as the manifest says"):
        Recording(tmp_path / "it")


def test_an_item_larger_than_allowed_is_not_read(tmp_path: Path) -> None:
    found = Recording(recorded(tmp_path / "it"), limit=100)
    with pytest.raises(FormatError, match="100 at most"):
        found.item(asked(1)[0])


def test_what_was_not_recorded_is_named(tmp_path: Path) -> None:
    found = Recording(recorded(tmp_path / "it"))
    with pytest.raises(DatasetError, match="no item 9 of epoch 0, seed 7"):
        found.item(asked(10)[9])


def test_another_thing_is_not_mixed_into_a_recording(tmp_path: Path) -> None:
    with Recorder(Numbers(), tmp_path / "it", {"script": "a"}) as source:
        list(source.ask(asked(1)))
    with pytest.raises(JobError, match="recording of something else"):
        Recorder(Numbers(), tmp_path / "it", {"script": "b"})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(JobError, match="other files"):
        Recorder(Numbers(), tmp_path / "full")


def test_nothing_recorded_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no items"), Recorder(Numbers(), tmp_path / "it"):
        pass
