"""What DataLoader's workers record is what they hand out again."""

from collections.abc import Callable
from pathlib import Path

import torch

from lightmould.stream import (
    BlenderLauncher,
    Duplex,
    RecordedDataset,
    Recorder,
    Recording,
    StreamDataset,
    loader,
    recording,
)

Producers = Callable[..., BlenderLauncher]
Batch = dict[str, torch.Tensor]


def by_index(batches: list[Batch]) -> dict[int, Batch]:
    return {
        int(batch["index"][row]): {name: array[row] for name, array in batch.items()}
        for batch in batches
        for row in range(len(batch["index"]))
    }


def equal(one: Batch, other: Batch) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_workers_record_side_by_side_and_replay_the_same(
    producers: Producers, tmp_path: Path
) -> None:
    with producers(2) as launcher:
        recorder = Recorder(launcher.endpoints, tmp_path / "it")
        source = Duplex(recorder, tmp_path / "standing.json")
        source.broadcast(side=6)
        live = by_index([*loader(StreamDataset(source, 12, 5), 2, 2)])
    recorder.finish()
    assert len(recording.numbers(tmp_path / "it")) == 2
    replayed = by_index([*loader(RecordedDataset(tmp_path / "it"), 3, 2)])
    assert [*replayed] == [*range(12)]
    assert all(equal(live[index], replayed[index]) for index in range(12))
    assert live[0]["color"].shape == (6, 6, 4)


def test_a_recording_stands_in_for_the_blenders_that_made_it(
    producers: Producers, tmp_path: Path
) -> None:
    with producers() as launcher, Recorder(launcher.endpoints, tmp_path / "it") as recorder:
        live = [*StreamDataset(recorder, 6, 5)]
    again = [*StreamDataset(Recording(tmp_path / "it"), 6, 5)]
    assert all(map(equal, live, again))
