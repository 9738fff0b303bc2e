"""Whether a folder's volume takes what we write: room, and files that are flushed and renamed."""

import os
import tempfile
import time
from pathlib import Path

from lightmould.jobs import machine
from lightmould.model import Check

ROOM = 5e9
"""Bytes that a demo's job takes with ease."""

MEMORY = 4e9
"""Bytes that 100 views of 512 pixels need."""

_PURPOSE = "jobs and assets"
_SLOW = 2.0  # seconds for a megabyte


def space(folder: Path) -> Check:
    """Room where a folder is, or will be."""
    free = machine.space(folder)
    found, name = f"{free / 1e9:.1f} GB free at {folder}", "Disk"
    if free >= ROOM:
        return Check(name, "PASS", found, _PURPOSE)
    fix = f"Free space at {folder}, or choose another folder by --out."
    return Check(name, "FAIL" if free < ROOM / 50 else "WARN", found, _PURPOSE, fix)


def writing(folder: Path) -> Check:
    """A file that is written, flushed to the disk, renamed and read again."""
    name, begun = "Writing", time.monotonic()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        same = _round_trip(folder)
    except OSError as error:
        fix = f"Allow writing and renaming in {folder}, or choose another folder by --out."
        return Check(name, "FAIL", f"{folder}: {error.strerror or error}", _PURPOSE, fix)
    seconds = time.monotonic() - begun
    found = f"written, flushed, renamed in {1000 * seconds:.0f} ms at {folder}"
    if not same:
        fix = "Choose a folder on another volume: this one loses what is flushed."
        return Check(name, "FAIL", "a file that reads as another", _PURPOSE, fix)
    if seconds > _SLOW:
        fix = "Choose a folder on a faster volume."
        return Check(name, "WARN", found, _PURPOSE, fix)
    return Check(name, "PASS", found, _PURPOSE)


def memory(root: Path = Path("/")) -> Check:
    """Memory that a program may still take."""
    free = machine.memory(root)
    if free is None:
        return Check("Memory", "WARN", "the system does not say", "reconstruction")
    found = f"{free / 1e9:.1f} GB free"
    if free >= MEMORY:
        return Check("Memory", "PASS", found, "reconstruction")
    fix = "End other programs, or reconstruct from fewer or smaller pictures."
    return Check("Memory", "WARN", found, "reconstruction", fix)


def _round_trip(folder: Path) -> bool:
    content = os.urandom(1 << 20)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".lightmould-") as inner:
        first, second = Path(inner, "first"), Path(inner, "second")
        with first.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        first.replace(second)
        return second.read_bytes() == content
