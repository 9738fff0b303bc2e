"""What happens while a job runs; one JSON line each."""

from dataclasses import dataclass, field
from typing import TypeAlias

from lightmould.errors import Cause


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs a job.

    Attributes:
        pid: process number.
        boot: which start of its machine; empty where the system does not say.
        system: name, release and processor.
        versions: program name to version, Python's own included.
        command: program and arguments.
    """

    pid: int
    boot: str
    system: str
    versions: dict[str, str]
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """A step or job began.

    Attributes:
        title: a few words.
        host: the machine that runs the job; empty for a step.
        runner: what runs the job there; None for a step. Two runs are told apart by their times.
    """

    title: str
    host: str = ""
    runner: Runner | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is.

    Attributes:
        fraction: 0 to 1.
        status: a few words.
        eta: seconds to go; None while unknown.
    """

    fraction: float
    status: str
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A number worth a curve.

    Attributes:
        name: for example "loss".
        step: iteration.
        value: in the unit that the name implies.
    """

    name: str
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Wrote:
    """A file is complete under its final name.

    Attributes:
        path: absolute, or relative to the step's folder.
        kind: for example "color", "mesh", "preview".
    """

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know; the work goes on."""

    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A step or job ended without success.

    Attributes:
        message: where, found, wanted, what to do.
        exit_code: of the program that failed; negative is a signal.
        cause: in a word; see `lightmould.errors`.
    """

    message: str
    exit_code: int
    cause: Cause = "failed"


@dataclass(frozen=True, slots=True)
class Finished:
    """A step or job succeeded.

    Attributes:
        skipped: nothing had to be done.
    """

    skipped: bool = False


Event: TypeAlias = Started | Progress | Metric | Wrote | Warned | Failed | Finished


@dataclass(frozen=True, slots=True)
class Record:
    """An event, when it happened and in which step.

    Attributes:
        time: seconds since 1970, UTC.
        step: the step's name; empty for the job as a whole.
        event: what happened.
    """

    time: float
    step: str
    event: Event
