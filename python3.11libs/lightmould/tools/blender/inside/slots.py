# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Memory that a consumer shares with a producer on the same host: as many slots as answers wait.

Both sides of a stream use this file: the standard library, Python 3.10 and later. The consumer
makes a file where files are memory, tells its name, and removes it as soon as the producer has
opened it: whoever is killed then, nothing is left.
"""

import hmac
import mmap
import os
import re
import secrets
import stat
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.platform == "win32" or not os.access("/dev/shm", os.W_OK):  # noqa: S108
    FOLDER = Path(tempfile.gettempdir())
else:
    FOLDER = Path("/dev/shm")  # noqa: S108  # where Linux keeps what is memory and has a name

_NAME = "lightmould-stream-{}"
_KNOWN = re.compile(r"lightmould-stream-[0-9a-f]{32}")
_KEY = 32  # bytes at the beginning, which tell this file from any other one
_HEAD = 4096  # bytes before the first slot
_FORGOTTEN = 600.0  # seconds; nobody opens a file that was offered so long ago
_MOST = 1 << 38  # bytes of one file


class SlotsError(Exception):
    """There is no such memory, at least not here."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Shared memory in parts of one size.

    Attributes:
        memory: all of it.
        count: of slots.
        size: bytes of one.
    """

    memory: Any
    count: int
    size: int

    def __getitem__(self, slot: int) -> memoryview:
        """The memory of a slot; released with whatever is made of it."""
        start = _HEAD + slot * self.size
        return memoryview(self.memory)[start : start + self.size]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a producer is told of slots.

    Attributes:
        name: of the file.
        key: in hexadecimal, what it begins with.
        count: of slots.
        size: bytes of one.
    """

    name: str
    key: str
    count: int
    size: int


def create(count: int, size: int) -> tuple[Slots, Offer]:
    """New slots, in a file that has to be removed by `remove`.

    Raises:
        SlotsError: there is not as much memory left.
    """
    _sweep()
    name, key = _NAME.format(secrets.token_hex(16)), secrets.token_bytes(_KEY)
    whole = _HEAD + count * size
    try:
        # Whatever is in the way is not ours: O_EXCL follows no link, either.
        number = os.open(FOLDER / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _reserve(number, whole)
            memory = mmap.mmap(number, whole)
        finally:
            os.close(number)
    except OSError as error:
        remove(name)
        raise SlotsError(f"{FOLDER}: {error.strerror}") from error
    memory[:_KEY] = key
    return Slots(memory, count, size), Offer(name, key.hex(), count, size)


def take(offer: Offer) -> Slots:
    """The slots that a consumer offers.

    Raises:
        SlotsError: they are somewhere else, or somebody else's.
    """
    whole = _HEAD + offer.count * offer.size
    if not _KNOWN.fullmatch(offer.name) or not 0 < offer.count <= 1 << 16 or not 0 < whole <= _MOST:
        raise SlotsError("an offer that no consumer makes")
    try:
        number = os.open(FOLDER / offer.name, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode) or not _ours(found) or found.st_size != whole:
                raise SlotsError("somebody else's file")
            memory = mmap.mmap(number, whole)
        finally:
            os.close(number)
    except OSError as error:
        raise SlotsError(f"{FOLDER}: {error.strerror}") from error
    if not hmac.compare_digest(memory[:_KEY].hex(), offer.key):
        raise SlotsError("another file of the same name")
    return Slots(memory, offer.count, offer.size)


def remove(name: str) -> None:
    """Take a file's name away; its memory lasts as long as anybody uses it."""
    (FOLDER / name).unlink(missing_ok=True)


def _sweep() -> None:
    """Remove what consumers left who were killed before a producer had opened it."""
    for path in FOLDER.glob(_NAME.format("*")):
        with suppress(OSError):
            found = path.lstat()
            if _ours(found) and found.st_mtime < time.time() - _FORGOTTEN:
                path.unlink()


def _ours(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _reserve(number: int, size: int) -> None:
    # Memory that is promised and not there ends a program by a signal, when it is written to.
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(number, 0, size)
    else:
        os.truncate(number, size)
