"""Job folders, looked at again and again: the line of a table for each, from its files alone."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.jobs import claim, job_file, log
from lightmould.jobs.snapshot import Snapshot, fold, waiting
from lightmould.jobs.tail import Tail, gist
from lightmould.model import Job, Record

State: TypeAlias = Literal[
    "waiting", "running", "finished", "failed", "stopped", "lost", "unreadable"
]
STATES: tuple[State, ...] = (
    "running",
    "failed",
    "lost",
    "unreadable",
    "stopped",
    "waiting",
    "finished",
)
"""In the order in which they want attention."""

_DEPTH = 3  # folders below the one that is searched
_QUIET = 5.0  # seconds after which a log that says "running" is doubted
_LARGEST = 1 << 24  # bytes of a job.json that is read


@dataclass(frozen=True, slots=True)
class Overview:
    """A job at one moment.

    Attributes:
        folder: where it lies now.
        name: of the job; of the folder where there is none.
        state: `lost` says running, but its runner is gone; `unreadable` is no job of ours.
        fraction: 0 to 1.
        eta: seconds to go; None while unknown.
        step: at work.
        status: its last words.
        engine: the program that does the main work.
        host: the machine that runs it, or did last.
        began: when the last run began; seconds since 1970, UTC; 0 if none did.
        time: of the last word; seconds since 1970, UTC.
        quality: dB of held-out pictures, as far as known.
        trouble: why it failed, or what is wrong with its files.
    """

    folder: Path
    name: str
    state: State
    fraction: float = 0.0
    eta: float | None = None
    step: str = ""
    status: str = ""
    engine: str = ""
    host: str = ""
    began: float = 0.0
    time: float = 0.0
    quality: float | None = None
    trouble: str = ""


class Watch:
    """One job folder. `look` is cheap while nothing changes.

    Args:
        folder: the job's.
        clock: seconds that never jump.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._file: tuple[int, int] | None = None  # time and size of job.json
        self._job: Job | None = None
        self._wrong = ""
        self._snapshot: Snapshot | None = None
        self._tail: Tail | None = None
        self._asked = 0.0
        self._held = False
        self._scored: tuple[float, float | None] = (-1.0, None)

    def look(self) -> Overview | None:
        """The job now; None when the folder holds no job any more."""
        try:
            found = (self.folder / job_file.NAME).stat()
            if self._file != (found.st_mtime_ns, found.st_size):
                self._file = (found.st_mtime_ns, found.st_size)
                self._read_job(found.st_size)
            if self._job is not None:
                self._read_log(self._job)
        except FileNotFoundError:
            return None
        except OSError as error:
            said = f"{error.filename}: {error.strerror}"
            return Overview(self.folder, self.folder.name, "unreadable", trouble=said)
        if self._job is None or self._snapshot is None:
            return Overview(self.folder, self.folder.name, "unreadable", trouble=self._wrong)
        return self._overview(self._job, self._snapshot)

    def _read_job(self, size: int) -> None:
        self._job, self._wrong, self._tail = None, "", None
        path = self.folder / job_file.NAME
        if size > _LARGEST:
            self._wrong = f"{path}: found {size} bytes; wanted a job of lightmould."
            return
        try:
            self._job = job_file.look(path)
        except (FormatError, JobError) as error:
            self._wrong = str(error)

    def _read_log(self, job: Job) -> None:
        path = self.folder / log.NAME
        fresh: tuple[Record, ...] | None = ()
        if self._tail is not None:
            with suppress(FileNotFoundError):
                fresh = self._tail.read()
        if self._tail is None or fresh is None:
            began = gist(path)
            self._tail = Tail(path, began.end)
            self._snapshot = fold(waiting(job).shares, began.records)
            self._ask()
        elif fresh and self._snapshot is not None:
            self._snapshot = reduce(Snapshot.after, fresh, self._snapshot)
            self._asked, self._held = self._clock(), True
        elif self._clock() - self._asked > _QUIET:
            self._ask()

    def _ask(self) -> None:
        """Whether somebody still runs what the log says is running."""
        self._asked = self._clock()
        running = self._snapshot is not None and self._snapshot.state == "running"
        self._held = running and claim.is_held(self.folder)

    def _overview(self, job: Job, now: Snapshot) -> Overview:
        state: State = now.state
        if state == "running" and not self._held:
            state = "lost"
        return Overview(
            self.folder,
            job.name,
            state,
            1.0 if state == "finished" else now.fraction,
            None if now.eta is None or state == "lost" else max(0.0, now.eta),
            now.step,
            now.status,
            engine(job),
            now.host,
            now.began,
            now.time,
            self._quality(job, now),
            self._trouble(job, now, state),
        )

    def _quality(self, job: Job, now: Snapshot) -> float | None:
        if now.state != "finished":
            return now.metrics.get("preview")
        if self._scored[0] != now.time:
            self._scored = (now.time, _psnr(place(job, self.folder) / "metrics.json"))
        return self._scored[1]

    def _trouble(self, job: Job, now: Snapshot, state: State) -> str:
        if state == "lost":
            return (
                f"Its runner on {now.host or 'its machine'} is gone without a last word. Resume it."
            )
        if now.state in ("failed", "stopped"):
            return now.message
        if not job_file.is_at_home(job, self.folder):
            return f"It was written for {job.folder}; here it can be looked at, but not run."
        return ""


def place(job: Job, folder: Path) -> Path:
    """Where a job's result lies, if the job's folder is this one now."""
    made = job.steps[-1].folder if job.steps else job.folder
    return folder / made.relative_to(job.folder) if made.is_relative_to(job.folder) else made


def engine(job: Job) -> str:
    """The program that does a job's main work: that of its last step."""
    words = [word for step in job.steps[-1:] for each in step.commands for word in each.argv]
    text = " ".join(words)
    for mark, name in (("nvdiffrec", "nvdiffrec"), ("lightmould.engine", "lightmould")):
        if mark in text:
            return name
    return "Blender" if "blender" in text or "lightmould.dataset" in text else ""


def found_in(root: Path) -> list[Path]:
    """The job folders in a folder: itself, or up to three levels below; no jobs within jobs.

    Raises:
        OSError: the folder can't be read; what can't be read below is left out.
    """
    if (root / job_file.NAME).is_file():
        return [root]
    found: list[Path] = []
    level = [root]
    for depth in range(_DEPTH):
        below: list[Path] = []
        for folder in level:
            try:
                inside = _folders(folder)
            except OSError:
                if depth == 0:
                    raise
                continue
            for path in inside:
                (found if (path / job_file.NAME).exists() else below).append(path)
        level = below
    return found


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if entry.is_dir() and not entry.name.startswith(".")
        ]


def _psnr(path: Path) -> float | None:
    try:
        data = codec.parse(path.read_bytes(), path)
    except (OSError, FormatError):
        return None
    found = data.get("psnr") if isinstance(data, dict) else None
    return float(found) if isinstance(found, int | float) else None
