"""`lightmould jobs`: the same folders that the panel shows, from a terminal."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lightmould.cli import terminal
from lightmould.jobs import job_file, launch, overview

app = App(name="jobs", help="See, stop and go on with jobs.")

Json = Annotated[bool, Parameter(negative="")]


@app.command(name="list")
def show(folder: Path = Path(), /) -> int:
    """Tell how every job in a folder stands.

    Args:
        folder: Jobs are looked for up to three folders below.
    """
    for place in overview.found_in(folder):
        one = overview.Watch(place).look()
        if one is not None:
            words = one.trouble.partition("\n")[0] or one.status
            sys.stdout.write(f"{one.state:10} {one.fraction:4.0%}  {place}  {words}\n")
    return 0


@app.command
def cancel(folder: Path, /) -> int:
    """Ask a job to end, wherever it runs; `resume` goes on where it was.

    Args:
        folder: The job's.
    """
    launch.cancel(folder)
    return 0


@app.command
def resume(folder: Path, /, *, json: Json = False) -> int:
    """Run what is not yet done of a job.

    Args:
        folder: The job's.
        json: Print one JSON line per event instead of drawing progress.
    """
    terminal.follow(job_file.read(folder.absolute() / job_file.NAME), json=json)
    return 0


@app.command
def retry(folder: Path, /, *, json: Json = False) -> int:
    """Do the same, and try views again that were set aside because they killed Blender.

    Args:
        folder: The job's.
        json: Print one JSON line per event instead of drawing progress.
    """
    job_file.read(folder.absolute() / job_file.NAME)
    names = launch.unlock(folder.absolute())
    if names and not json:
        sys.stdout.write(f"tried again: {', '.join(names)}\n")
    return resume(folder, json=json)
