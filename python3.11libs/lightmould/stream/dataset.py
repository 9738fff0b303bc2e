"""Items of live Blenders as PyTorch's datasets."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

from lightmould.errors import SettingsError, ToolError
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.instance import Terms
from lightmould.stream.producers import Producers, as_source
from lightmould.stream.source import Item, Request, Source

T = TypeVar("T")

_TERMS = Terms()


def to_tensors(item: Item) -> dict[str, torch.Tensor]:
    """An item's arrays as tensors, without copying, and its `index`; metadata is left out.

    Raises:
        ToolError: one of the arrays is called `index`, too.
    """
    if "index" in item.arrays:
        fix = "Call it otherwise in the script, or pass a `transform` of your own."
        raise ToolError(f"{item.request}", "an array `index`", "another name", fix)
    tensors = {name: torch.from_numpy(array) for name, array in item.arrays.items()}
    return {**tensors, "index": torch.tensor(item.request.index)}


class _Feed(Generic[T]):
    """Where a dataset's items come from: in each process over links of its own.

    Args:
        source: producers, or somebody who makes items and can be pickled.
        length: items of an epoch.
        seed: of the training.
        terms: what is wanted of producers.
        transform: makes of an item what the dataset hands out.
    """

    def __init__(
        self,
        source: Endpoints | Source,
        length: int,
        seed: int,
        terms: Terms,
        transform: Callable[[Item], T],
    ) -> None:
        if length < 1:
            raise SettingsError("length", str(length), "1 or more", "Ask for some items.")
        self.length = length
        # Workers that live for several epochs have copies of the dataset, and this in common.
        self.epoch = torch.zeros((), dtype=torch.int64)
        self.epoch.share_memory_()  # type: ignore[no-untyped-call]  # so PyTorch has it
        self._source, self._transform = as_source(source, terms), transform
        self._seed = seed

    def items(self, indices: Sequence[int]) -> Iterator[T]:
        """The items of these numbers, of this epoch."""
        epoch = int(self.epoch)
        requests = [Request(index, epoch, self._seed) for index in indices]
        for item in self._source.ask(requests):
            yield self._transform(item)

    def close(self) -> None:
        """Hang up, if this process has links and nobody else uses them."""
        if isinstance(self._source, Producers):
            self._source.close()


class StreamDataset(IterableDataset[T]):
    """An epoch of items, in order; DataLoader's worker k of W has the items k, k + W, ...

    Each worker connects to all producers, and each item is handed out once, however many there are
    of either. Workers may be forked or spawned, and live as long as they like.
    """

    def __init__(
        self,
        source: Endpoints | Source,
        length: int,
        seed: int = 0,
        terms: Terms = _TERMS,
        transform: Callable[[Item], T] = to_tensors,  # type: ignore[assignment]  # T is its result
        part: tuple[int, int] = (0, 1),
    ) -> None:
        """An epoch; nobody is asked yet.

        Args:
            source: producers, or somebody who makes items and can be pickled, as a replay.
            length: items of an epoch, all parts together.
            seed: of the training; with the epoch and an item's number, it decides all chance.
            terms: what is wanted of producers.
            transform: makes of an item what is handed out.
            part: (k, n) for the k-th of n trainings that share an epoch, counted from 0.

        Raises:
            SettingsError: there are no items, or no such part.
        """
        super().__init__()
        if not 0 <= part[0] < part[1]:
            raise SettingsError("part", str(part), "(k, n), k below n", "Count from 0.")
        self._feed = _Feed(source, length, seed, terms, transform)
        self._indices = range(part[0], length, part[1])

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next; without it, each one is like the first."""
        self._feed.epoch.fill_(epoch)

    def __len__(self) -> int:
        return len(self._indices)

    def __iter__(self) -> Iterator[T]:
        worker = get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        return self._feed.items(self._indices[first::step])

    def close(self) -> None:
        """Hang up; the next epoch connects again."""
        self._feed.close()


class MapDataset(Dataset[T]):
    """An epoch of items, any of them at any time; a batch is asked for at once.

    Producers work only while they are asked: with DataLoader's workers, batches are made ahead.
    """

    def __init__(
        self,
        source: Endpoints | Source,
        length: int,
        seed: int = 0,
        terms: Terms = _TERMS,
        transform: Callable[[Item], T] = to_tensors,  # type: ignore[assignment]  # T is its result
    ) -> None:
        """An epoch; nobody is asked yet. Arguments and errors are those of `StreamDataset`."""
        self._feed = _Feed(source, length, seed, terms, transform)

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next; without it, each one is like the first."""
        self._feed.epoch.fill_(epoch)

    def __len__(self) -> int:
        return self._feed.length

    def __getitem__(self, index: int) -> T:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[T]:
        """Several at once, in the order that they are named in."""
        every = range(len(self))  # which knows negative numbers, and those that are out of range
        return [*self._feed.items([every[index] for index in indices])]

    def close(self) -> None:
        """Hang up; the next item connects again."""
        self._feed.close()


def loader(
    dataset: Dataset[T], batch: int, workers: int = 0, *, start: str | None = None
) -> "DataLoader[T]":
    """PyTorch's DataLoader, with what belongs to a stream.

    Batches lie in pinned memory where there is an accelerator that gains by it; workers live for
    all epochs.

    Args:
        dataset: one of this module.
        batch: items.
        workers: processes that fetch; 0 for none, which is the fastest where producers are not.
        start: how they are started, `fork` or `spawn`; None for the system's habit.
    """
    return DataLoader(
        dataset,
        batch,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.accelerator.is_available(),
        multiprocessing_context=start if workers else None,
    )
