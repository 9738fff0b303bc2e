"""What this machine has to spare: memory, and room on its disks."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path


def memory(root: Path = Path("/")) -> float | None:
    """Bytes that this process may still take: the machine's, or its control group's if fewer.

    Args:
        root: where `proc` and `sys` lie.

    Returns:
        None where the system doesn't say.
    """
    known = [*_machine(root), *_control_groups(root)]
    return min(known, default=None)


def space(folder: Path) -> int:
    """Bytes that are free where a folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _machine(root: Path) -> Iterator[float]:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _text(root / "proc/meminfo"), re.MULTILINE)
    if found:
        yield 1024.0 * int(found[1])
    elif "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}) and root == Path("/"):
        yield float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")


def _control_groups(root: Path) -> Iterator[float]:
    """What is left to each control group that the process is in, version 1 or 2."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if not controllers:
            top, limit, usage, cache = "", "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            top, limit, usage = "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        folder = root / "sys/fs/cgroup" / top
        # In a container the group's own folder may be mounted as the top one.
        inner = folder / group.strip("/")
        for one in (inner, *inner.parents):
            most, now = _text(one / limit).strip(), _text(one / usage).strip()
            if most.isdecimal() and now.isdecimal():
                # Pages of files that nobody uses are given back when memory is short.
                idle = re.search(rf"^{cache} (\d+)$", _text(one / "memory.stat"), re.MULTILINE)
                yield float(int(most) - int(now) + (int(idle[1]) if idle else 0))
            if one == folder:
                break


def _text(path: Path) -> str:
    """A file's text; empty where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
