"""What became of a network's work items, as their jobs' logs tell it; no Houdini is needed."""

from dataclasses import dataclass
from typing import Any

from lightmould.errors import JobError
from lightmould.jobs import log, snapshot
from lightmould.model import Failed, Job


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one work item.

    Attributes:
        top: the TOP's path.
        job: the job's folder.
        state: as `jobs.snapshot` tells it.
        seconds: that it took, the last time it ran.
        message: why it failed.
        exit_code: 0, or that of the failure.
    """

    top: str
    job: str
    state: str
    seconds: float
    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Result:
    """What was done.

    Attributes:
        tops: the TOPs, and what they are asked.
        outcomes: of the work items.
        asset: the mesh; None where there is none.
        imported: the node that reads it.
        saved: the scene's file.
    """

    tops: dict[str, dict[str, Any]]
    outcomes: tuple[Outcome, ...] = ()
    asset: str | None = None
    imported: str | None = None
    saved: str | None = None

    @property
    def failure(self) -> Outcome | None:
        """The first work item that failed."""
        return next((each for each in self.outcomes if each.exit_code), None)


def outcome(top: str, job: Job) -> Outcome:
    """What a job's log says of its last run."""
    records = log.read(job.folder / log.NAME).records
    state = snapshot.fold({step.name: 1.0 for step in job.steps}, records)
    last = records[-1].event if records else None
    code = last.exit_code if isinstance(last, Failed) else JobError.exit_code
    code = 0 if state.state == "finished" else code
    return Outcome(top, job.folder.as_posix(), state.state, state.seconds, state.message, code)
