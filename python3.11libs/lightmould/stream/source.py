"""What one asks for, what one gets, and from whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from lightmould.errors import SettingsError

_WORD = 1 << 64


@dataclass(frozen=True, slots=True)
class Request:
    """Which item is wanted. Equal requests are answered by equal items, whoever makes them.

    Attributes:
        index: which item of the epoch.
        epoch: which pass through all items.
        seed: of the whole training.
        parameters: JSON for the script.
    """

    index: int
    epoch: int = 0
    seed: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (("index", self.index), ("epoch", self.epoch), ("seed", self.seed)):
            if not 0 <= value < _WORD:
                raise SettingsError(name, str(value), "a number from 0 to 2**64 - 1", "Pass one.")

    def __str__(self) -> str:
        return f"item {self.index} of epoch {self.epoch}"


@dataclass(frozen=True, slots=True)
class Item:
    """What a script made.

    Attributes:
        request: what for.
        arrays: by name; the receiver's own, writable.
        metadata: JSON.
        instance: who made it.
        render_s: seconds that its script took.
    """

    request: Request
    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]
    instance: str
    render_s: float


class Source(Protocol):
    """Somebody who makes items."""

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        """The items for these requests, in their order, some of them made ahead.

        Raises:
            ToolError: an item can't be made.
        """
        ...
