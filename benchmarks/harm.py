"""The kinds of harm that `chaos.py` does to a job at work."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from resume import DAMAGES, spoil

from lightmould.errors import JobError
from lightmould.model import Job

Runner: TypeAlias = "subprocess.Popen[str]"
Undo: TypeAlias = Callable[[], None]
PICTURES = ("*.png", "*.exr", "*.hdr", "*.obj", "*.npz")
MANIFESTS = ("*.json", "*.jsonl", "*.begun", "*.claim")

# Runs `python -m lightmould` with a clock that jumps after a second, by as much as is said.
JUMPING = """
import runpy, sys, time
clock, began, jump = time.time, time.time(), float(sys.argv.pop(1))
time.time = lambda: clock() + (jump if clock() > began + 1 else 0.0)
runpy.run_module("lightmould", run_name="__main__", alter_sys=True)
"""
JUMPS = {"a day back": -86400.0, "an hour on": 3600.0, "beyond 2038": 2.0**29}
"""In seconds."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a job runs: a folder that may be taken away, on a disk that may be filled.

    Attributes:
        folder: the job's.
        disk: where the folder's files really lie.
        mounts: whether there is such a disk; else the folder is a plain one.
        damaged: files that were spoiled, which a run that has looked at them before may not see.
    """

    folder: Path
    disk: Path
    mounts: bool
    damaged: set[str] = field(default_factory=set)

    def set_up(self, options: str) -> None:
        """Mount the disk, and the folder from it."""
        self.folder.mkdir(parents=True)
        if self.mounts:
            self.disk.mkdir()
            mount("-t", "tmpfs", "-o", options, "none", str(self.disk))
            self.attach()

    def tear_down(self) -> None:
        """Unmount both."""
        if self.mounts:
            unmount(self.folder)
            unmount(self.disk)

    def attach(self) -> None:
        """Bring the folder."""
        mount("--bind", str(self.disk), str(self.folder))

    def detach(self) -> None:
        """Take the folder away."""
        unmount(self.folder)


class WrongError(Exception):
    """Something is as it must not be."""


def insist(otherwise: str, *, true: bool) -> None:
    """Raise what is wrong, unless all is right."""
    if not true:
        raise WrongError(otherwise)


def mount(*arguments: str) -> None:
    """Mount something."""
    subprocess.check_call(["mount", *arguments])  # noqa: S607  # where it is differs


def unmount(folder: Path) -> None:
    """Take a mount away, whoever uses it."""
    subprocess.check_call(["umount", "-l", str(folder)])  # noqa: S607  # where it is differs


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of harm.

    Attributes:
        name: of it.
        strike: does it to a running job; returns what undoes it, if that has to be.
        start: starts the runner.
    """

    name: str
    strike: Callable[[Scene, Job, Runner, np.random.Generator], Undo | None]
    start: Callable[[Job], Runner]


def start(job: Job, *before: str) -> Runner:
    """The job's runner, as a process of its own."""
    argv = (*(before or ("-m", "lightmould")), "run", str(job.folder / "job.json"), "--quiet")
    return subprocess.Popen((sys.executable, *argv), stderr=subprocess.PIPE, encoding="utf-8")


def faults(*, mounts: bool) -> tuple[Fault, ...]:
    """Every kind of harm that can be done here."""
    kills = tuple(
        Fault(f"kill -9 {name}", _killing(depths), start)
        for name, depths in {
            "the runner": (0,),
            "a guard": (1,),
            "a program": (2,),
            "Blender": (3,),
            "everybody": (0, 1, 2, 3),
        }.items()
    )
    clocks = tuple(Fault(f"clock jumps {name}", _age, _jumping(by)) for name, by in JUMPS.items())
    disks = (Fault("disk full", _fill, start), Fault("mount vanishes", _vanish, start))
    return (
        *kills,
        Fault("image truncated", _damage_picture, start),
        Fault("manifest corrupt", _damage_manifest, start),
        Fault("task twice", _twice, start),
        *clocks,
        *(disks if mounts else (Fault("folder renamed away", _rename, start),)),
    )


def below(pid: int, depth: int) -> list[int]:
    """Processes that many generations below one."""
    if not depth:
        return [pid]
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [one for child in children for one in below(int(child), depth - 1)]
    return []


def _killing(
    depths: tuple[int, ...],
) -> Callable[[Scene, Job, Runner, np.random.Generator], Undo | None]:
    def kill(_scene: Scene, _job: Job, runner: Runner, _chance: np.random.Generator) -> None:
        victims = [pid for depth in depths for pid in below(runner.pid, depth)]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    return kill


def _damage(scene: Scene, patterns: tuple[str, ...], chance: np.random.Generator) -> None:
    """Spoil one of a job's files, as bad disks, crashed machines and other programs do."""
    found = sorted(
        path
        for pattern in patterns
        for path in scene.folder.rglob(pattern)
        if path.is_file() and path.name != "job.json" and "requests" not in path.parts
    )
    with suppress(OSError):  # it may have been renamed meanwhile
        if found:
            path = found[int(chance.integers(len(found)))]
            if path.stat().st_size:
                scene.damaged.add(str(path.relative_to(scene.folder)))
                spoil(path, DAMAGES[int(chance.integers(len(DAMAGES)))], chance)


def _damage_picture(scene: Scene, _job: Job, _runner: Runner, chance: np.random.Generator) -> None:
    _damage(scene, PICTURES, chance)


def _damage_manifest(scene: Scene, _job: Job, _runner: Runner, chance: np.random.Generator) -> None:
    _damage(scene, MANIFESTS, chance)


def _twice(_scene: Scene, job: Job, _runner: Runner, _chance: np.random.Generator) -> Undo:
    second = start(job)

    def end() -> None:
        _, said = second.communicate()
        sent_away = second.returncode == JobError.exit_code and "a runner at work" in said
        insist(f"the second runner: {said}", true=sent_away or second.returncode == 0)

    return end


def _age(_scene: Scene, job: Job, _runner: Runner, chance: np.random.Generator) -> None:
    """Files, too, are of another time."""
    when = float(chance.choice([0.0, 2.0**31 + 1e6]))
    for path in job.folder.rglob("*"):
        with suppress(OSError):
            os.utime(path, (when, when))


def _jumping(jump: float) -> Callable[[Job], Runner]:
    def begin(job: Job) -> Runner:
        return start(job, "-c", JUMPING, str(jump))

    return begin


def _fill(scene: Scene, _job: Job, _runner: Runner, chance: np.random.Generator) -> Undo:
    ballast = scene.disk / "ballast"
    left = int(chance.choice([0, 1, 64])) * 1024
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        free = os.statvfs(scene.disk)
        wanted = free.f_bavail * free.f_frsize - left
        while wanted > 0:
            wanted -= file.write(bytes(min(wanted, 1 << 20)))
    return lambda: ballast.unlink(missing_ok=True)


def _vanish(scene: Scene, _job: Job, _runner: Runner, _chance: np.random.Generator) -> Undo:
    scene.detach()
    return scene.attach


def _rename(scene: Scene, _job: Job, _runner: Runner, _chance: np.random.Generator) -> Undo:
    away = scene.folder.with_name("away")
    scene.folder.rename(away)

    def back() -> None:
        if scene.folder.exists():
            scene.folder.rename(scene.folder.with_name(f"stray {len([*away.parent.iterdir()])}"))
        away.rename(scene.folder)

    return back


NOTHING = Fault("nothing", lambda *_: None, start)
