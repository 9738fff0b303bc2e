"""Machines of a farm, as namespaces of this one: name, processes and mounts are their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

APART = ("unshare", "--user", "--map-root-user", "--mount", "--uts", "--net", "--pid")
BORN = (*APART, "--fork", "--mount-proc", "--kill-child", "sh", "-e", "-c")

# What is shared is seen at a place of the host's own, and no more where it really lies.
BOOT = """
hostname "$1"
mount --bind "$2" "$3"
mount -t tmpfs none "$2"
shift 3
exec "$@"
"""


@cache
def are_possible() -> bool:
    """Whether this system lets us have them."""
    if shutil.which("unshare") is None:
        return False
    argv = (*BORN, "hostname x; mount -t tmpfs none /mnt")
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Host:
    """A machine.

    Attributes:
        name: its own.
        shared: the folder that all hosts share, where it really lies.
        mount: where this host sees it.
    """

    name: str
    shared: Path
    mount: Path

    def start(self, *argv: str, environ: Mapping[str, str]) -> "subprocess.Popen[str]":
        """A program of ours on it: `python -m ...`."""
        self.mount.mkdir(parents=True, exist_ok=True)
        boot = (BOOT, "boot", self.name, str(self.shared), str(self.mount))
        return subprocess.Popen(
            (*BORN, *boot, sys.executable, "-m", *argv),
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def sees(self, path: Path) -> str:
        """How it calls something in the shared folder."""
        return str(self.mount / path.relative_to(self.shared))
