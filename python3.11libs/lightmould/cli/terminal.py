"""A running job on the terminal: one bar per job, or one JSON line per record for machines."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from lightmould import model
from lightmould.formats import codec
from lightmould.jobs import run, stop
from lightmould.jobs.snapshot import waiting
from lightmould.model import Event, Job, Record, Warned


def follow(job: Job, *, json: bool) -> None:
    """Run a job and show how far it is.

    Args:
        job: what to run.
        json: print each record as a line of JSON instead of drawing.

    Raises:
        LightmouldError: as `jobs.run.run` does.
    """
    with stop.on_signals() as asked:
        if json:
            run.run(job, _print, asked)
        else:
            _draw(job, asked)


def _draw(job: Job, asked: stop.Stop) -> None:
    snapshot = waiting(job)
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", style="bold", markup=False),  # file names have brackets
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[rest]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(job.name, total=1.0, rest="")

        def show(record: Record) -> None:
            nonlocal snapshot
            snapshot = snapshot.after(record)
            if isinstance(record.event, Warned):
                progress.console.print(f"warning: {record.event.message}", markup=False)
            rest = "" if snapshot.eta is None else f"{snapshot.eta:.0f} s left"
            progress.update(
                task,
                completed=snapshot.fraction,
                description=snapshot.status or job.name,
                rest=rest,
            )

        run.run(job, show, asked)


@contextmanager
def bar(title: str, *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """A bar for work that is done here; returns what is to hear the work's events.

    Args:
        title: what the work is called until it says so itself.
        quiet: draw nothing.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task(title, total=1.0)

        def told(event: Event) -> None:
            if isinstance(event, model.Progress):
                progress.update(task, completed=event.fraction, description=event.status)

        yield told


def _print(record: Record) -> None:
    sys.stdout.write(codec.write_line(record))
    sys.stdout.flush()
