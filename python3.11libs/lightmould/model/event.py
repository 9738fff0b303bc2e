"""What happens while a job runs; one JSON line each."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Started:
    """A step or job began.

    Attributes:
        title: a few words.
        host: the machine that runs the job; empty for a step.
    """

    title: str
    host: str = ""


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
    """

    message: str
    exit_code: int


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
