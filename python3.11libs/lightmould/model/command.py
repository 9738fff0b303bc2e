"""What is to be run: commands, the steps they make up, and the job."""

from dataclasses import dataclass, field
from pathlib import Path

from lightmould.errors import JobError
from lightmould.model.patience import Patience


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run, without a shell.

    Attributes:
        title: a few words for people.
        argv: program and arguments.
        cwd: working folder.
        env: variables to set on a scrubbed environment; None unsets one.
    """

    title: str
    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.argv or not self.argv[0]:
            raise JobError(f"command {self.title!r}", "no program", "argv", "Name a program.")


@dataclass(frozen=True, slots=True)
class Step:
    """Reads files and folders, writes a folder; done when its manifest exists.

    Attributes:
        name: a plain word, unique within the job; also its log's name.
        commands: may run side by side.
        inputs: files whose content decides whether the step must run again.
        folder: what the step writes into.
        manifest: the file that is written last.
        checks_itself: its commands tell whether earlier work still holds, so that none of it is
            removed for them.
        at_once: how many of its commands run at the same time; None is one per processor.
    """

    name: str
    commands: tuple[Command, ...]
    inputs: tuple[Path, ...]
    folder: Path
    manifest: Path
    checks_itself: bool = False
    at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Steps that run one after another.

    Attributes:
        name: a few words for people.
        folder: where job.json, events.jsonl and the logs lie.
        steps: in order.
        versions: program name to version; a change runs the steps again.
        patience: how often steps are tried again, and for how long they may hang.
        home: the folder that machines may have at different places; unset, the job's.
    """

    name: str
    folder: Path
    steps: tuple[Step, ...]
    versions: dict[str, str] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    home: Path | None = None

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
            raise JobError(
                f"job {self.name!r}", f"steps {names}", "unique plain words", "Rename the steps."
            )
