"""nvdiffrec's files, taken from its folder as they become complete."""

import shutil
from collections.abc import Callable
from pathlib import Path

from lightmould.formats.files import aside
from lightmould.model import Event, Wrote

_EVERY = 1.0  # seconds between looks
_PNG_END = b"IEND\xaeB`\x82"


class Harvest:
    """Copies pictures while nvdiffrec runs, and everything when it has ended.

    Args:
        source: the folder that nvdiffrec writes.
        out: where its files belong.
        say: hears of each.
    """

    def __init__(self, source: Path, out: Path, say: Callable[[Event], None]) -> None:
        self._source = source
        self._out = out
        self._say = say
        self._looked = float("-inf")
        self._sizes: dict[Path, int] = {}
        self._taken: set[Path] = set()

    def gather(self, now: float) -> bool:
        """Take the pictures that are complete; whether any file is new or has grown."""
        if now - self._looked < _EVERY:
            return False
        self._looked = now
        sizes = {path: path.stat().st_size for path in self._files()}
        alive = sizes != self._sizes
        self._sizes = sizes
        if alive:
            for path in sizes.keys() - self._taken:
                if self._is_preview(path) and _is_whole(path):
                    self._take(path)
        return alive

    def rest(self) -> None:
        """Take everything that is not taken yet."""
        for path in self._files():
            if path not in self._taken:
                self._take(path)

    @property
    def files(self) -> tuple[str, ...]:
        """What was taken: names relative to the folder."""
        return tuple(sorted(path.relative_to(self._source).as_posix() for path in self._taken))

    def _files(self) -> list[Path]:
        return sorted(path for path in self._source.rglob("*") if path.is_file())

    def _is_preview(self, path: Path) -> bool:
        return path.parent == self._source and path.suffix == ".png"

    def _take(self, path: Path) -> None:
        name = path.relative_to(self._source)
        with aside(self._out / name) as temporary:
            shutil.copyfile(path, temporary)
        self._taken.add(path)
        kind = "preview" if self._is_preview(path) else path.suffix.lstrip(".")
        self._say(Wrote(name.as_posix(), kind))


def _is_whole(path: Path) -> bool:
    """Whether a PNG has its last chunk."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(_PNG_END), 0))
        return file.read() == _PNG_END
