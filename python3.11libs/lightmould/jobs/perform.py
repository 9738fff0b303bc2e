"""One step at work: its commands' lines become log and events."""

import shlex
from collections.abc import Callable
from pathlib import Path

from lightmould.formats import events
from lightmould.jobs.child import Ended, Line
from lightmould.jobs.failure import Account, CommandError
from lightmould.jobs.team import Team
from lightmould.model import Event, Failed, Progress, Step


def perform(
    step: Step,
    team: Team,
    log: Path,
    tell: Callable[[Event], None],
    hide: Callable[[str], str],
    who: str,
) -> None:
    """Run a step's commands to their end.

    Args:
        step: what to do.
        team: its commands.
        log: gets every line that they print.
        tell: gets every event.
        hide: takes secrets out of a line.
        who: runs it, and with what, for the log.

    Raises:
        CommandError: a command failed, after which the others were ended; or none wrote the
            manifest.
    """
    accounts = [Account(f"{step.name}: {each.title}", log) for each in step.commands]
    progress = _Progress(step)
    failure = None
    with log.open("a", buffering=1, encoding="utf-8", errors="replace") as text, team:
        text.write(f"# {who}\n")
        text.writelines(hide(f"$ {shlex.join(each.argv)}\n") for each in step.commands)
        for arrival in team:
            index = arrival.child.index
            if isinstance(arrival, Line):
                line = hide(arrival.text)
                text.write(f"{line}\n")
                for event in _hear(accounts[index], line):
                    tell(progress.of_all(index, event))
                continue
            failure = failure or _failure(accounts[index], arrival)
            if failure is not None:
                team.end()
            elif len(accounts) > 1:
                tell(progress.of_all(index, Progress(1.0, f"{arrival.child.command.title}: done")))
    if failure is not None:
        raise failure
    if not step.manifest.is_file():
        raise accounts[-1].wrote_nothing(step.manifest)


class _Progress:
    """Joins the progress of commands that run side by side into the step's."""

    def __init__(self, step: Step) -> None:
        self._fractions = [0.0] * len(step.commands)

    def of_all(self, index: int, event: Event) -> Event:
        """The same event, as one of the step."""
        if not isinstance(event, Progress):
            return event
        self._fractions[index] = event.fraction
        fraction = sum(self._fractions) / len(self._fractions)
        alone = len(self._fractions) == 1
        return Progress(fraction, event.status, event.eta if alone else None)


def _failure(account: Account, ended: Ended) -> CommandError | None:
    """The error for how a command ended; None for success."""
    if ended.child.silenced:
        return account.was_silent(ended.child.silenced, ended.code)
    return account.failure(ended.code)


def _hear(account: Account, line: str) -> tuple[Event, ...]:
    """The event in a line, if there is one to pass on."""
    event = events.parse(line)
    if event is None:
        if line.strip():
            account.last.append(line)
    elif isinstance(event, Failed):
        account.said = event  # told once, by the runner, when the command has ended
    else:
        return (event,)
    return ()
