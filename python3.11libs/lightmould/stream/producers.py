"""Producers as a source that can be pickled and forked."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from lightmould.stream.connection import Connection
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.instance import Terms
from lightmould.stream.source import Item, Request, Source

_TERMS = Terms()


class Producers:
    """A `Source` with links of its own in each process, opened as the first item is asked for.

    Args:
        endpoints: where the producers are.
        terms: what is wanted of them.
    """

    def __init__(self, endpoints: Endpoints, terms: Terms = _TERMS) -> None:
        self.endpoints, self.terms = endpoints, terms
        self._connection: Connection | None = None
        self._owner = 0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_connection": None}

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        """The items for these requests, in their order; see `Connection.ask`."""
        if self._connection is None or self._owner != os.getpid():  # a fork must not share it
            self._connection = Connection(self.endpoints, self.terms)
            self._owner = os.getpid()
        return self._connection.ask(requests)

    def close(self) -> None:
        """Hang up, if this process has links; the next item opens others."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def as_source(source: Endpoints | Source, terms: Terms = _TERMS) -> Source:
    """What makes items: producers, where only their places are told."""
    return Producers(source, terms) if isinstance(source, Endpoints) else source
