"""Parameters from training to the scene that stand until they are changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.producers import as_source
from lightmould.stream.source import Item, Request, Source


class Duplex:
    """A source whose every item is asked with what was broadcast last.

    Items stay functions of what they are asked with: each carries the parameters that it was made
    of, those that were asked for before a broadcast the earlier ones. What stands is a small file
    of JSON, so that DataLoader's workers, or another program, see it at their next request.
    """

    def __init__(
        self,
        source: Endpoints | Source,
        place: Path | str,
        choose: Callable[[Request], dict[str, Any]] | None = None,
    ) -> None:
        """Nothing stands until something is broadcast, unless the file is there already.

        Args:
            source: that is asked.
            place: the file.
            choose: parameters of an item's own, which go before those that stand.
        """
        self.source, self.place = as_source(source), Path(place)
        self._choose = choose

    def broadcast(self, **parameters: Any) -> None:
        """From now on ask with these; what stood before is forgotten.

        Raises:
            JobError: the file can't be written.
        """
        write_atomically(self.place, codec.write(parameters))

    @property
    def standing(self) -> dict[str, Any]:
        """What was broadcast last.

        Raises:
            FormatError: the file does not hold JSON's object.
        """
        try:
            found = codec.parse(self.place.read_bytes(), self.place)
        except FileNotFoundError:
            return {}
        if not isinstance(found, dict):
            raise FormatError(self.place, str(found)[:80], "an object", "Broadcast again.")
        return found

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        """The source's items; a request's own parameters go before those that stand."""
        return self.source.ask(self._told(request) for request in requests)

    def _told(self, request: Request) -> Request:
        chosen = self._choose(request) if self._choose is not None else {}
        return replace(request, parameters={**self.standing, **chosen, **request.parameters})
