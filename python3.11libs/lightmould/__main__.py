"""`python -m lightmould run JOB.json`, `tail JOBFOLDER`, `task FOLDER STEP`: plain lines, or JSON.

What Houdini, a farm or a shell starts; needs no library beyond what Houdini has. Exit codes are
those of `lightmould.errors`; a task's are in `lightmould.farm.verdict`.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from lightmould.errors import JobError, LightmouldError
from lightmould.farm import units
from lightmould.farm.dialect import DIALECTS, spoken
from lightmould.farm.task import Teller, perform
from lightmould.formats import codec
from lightmould.jobs import claim, inner, job_file, log, stop
from lightmould.jobs.run import run
from lightmould.model import (
    Event,
    Failed,
    Finished,
    Metric,
    Progress,
    Record,
    Started,
    Warned,
    Wrote,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a name that can't be shown must not end a job
    options = _parser().parse_args(arguments)
    act: Callable[[argparse.Namespace], int] = options.act
    try:
        return act(options)
    except LightmouldError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except stop.Stopped as stopped:
        print(stopped, file=sys.stderr)
        return stopped.exit_code
    except KeyboardInterrupt:
        return stop.INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    job = job_file.read(options.job)
    with stop.on_signals() as asked:
        run(job, inner.teller(job, _say) if options.marked else options.tell, asked)
    return 0


def _tail(options: argparse.Namespace) -> int:
    path = options.folder / log.NAME
    if not path.exists() and claim.holder(options.folder) is None:
        fix = "Name a job's folder, and run the job."
        raise JobError(path, "no such file, and no runner", "a job's log", fix)
    code = None
    for record in log.follow(path, lambda: claim.holder(options.folder) is not None):
        _show(record)
        code = _job_exit_code(record, code)
    if code is None:
        fix = "Run the job again to resume it."
        raise JobError(path, "no last word of the runner, and no runner", "either", fix)
    return code


def _task(options: argparse.Namespace) -> int:
    dialect = DIALECTS[options.progress or spoken(os.environ)]
    teller = Teller(dialect, sys.stdout)
    rules = {} if options.map is None else {"LIGHTMOULD_PATHMAP": str(options.map)}
    return perform(options.folder, (options.step, options.part), teller, os.environ | rules)


def _job_exit_code(record: Record, before: int | None) -> int | None:
    """How the run has ended, as far as this record tells; None while it goes on."""
    if record.step:
        return before
    match record.event:
        case Started():
            return None
        case Failed(_, code):
            return code
        case Finished():
            return 0
        case _:
            return before


def _show(record: Record) -> None:
    now = datetime.fromtimestamp(record.time, UTC).astimezone()
    print(f"{now:%H:%M:%S} {record.step or 'job'}: {_words(record.event)}", flush=True)


def _say(line: str) -> None:
    print(line, end="", flush=True)


def _show_json(record: Record) -> None:
    print(codec.write_line(record), end="", flush=True)


def _quiet(_record: Record) -> None:
    pass


def _words(event: Event) -> str:  # noqa: PLR0911  # one for each kind of event
    match event:
        case Started(title):
            return f"started {title}"
        case Progress(fraction, status, eta):
            rest = "" if eta is None else f", {eta:.0f} s left"
            return f"{fraction:4.0%} {status}{rest}"
        case Metric(name, step, value):
            return f"{name} {value:.6g} at {step}"
        case Wrote(path, kind):
            return f"wrote {kind} {path}"
        case Warned(message):
            return f"warning: {message}"
        case Failed(_, code):
            return f"failed, exit code {code}"
        case Finished(skipped):
            return "already done" if skipped else "finished"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lightmould", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    runs = verbs.add_parser("run", help="run what is not yet done of a job")
    runs.add_argument("job", type=Path, metavar="JOB.json")
    way = runs.add_mutually_exclusive_group()
    quiet, machine = "print nothing but a failure", "print each record of events.jsonl"
    way.add_argument("--quiet", dest="tell", action="store_const", const=_quiet, help=quiet)
    way.add_argument("--json", dest="tell", action="store_const", const=_show_json, help=machine)
    marked = "print what a job's command says, for a job that this one is a command of"
    way.add_argument("--marked", action="store_true", help=marked)
    runs.set_defaults(act=_run, tell=_show)
    tails = verbs.add_parser("tail", help="print a job's events until nobody runs it")
    tails.add_argument("folder", type=Path, metavar="JOBFOLDER")
    tails.set_defaults(act=_tail)
    _describe_task(verbs.add_parser("task", help="do one unit of a farm's work; docs/farm.md"))
    return parser


def _describe_task(task: argparse.ArgumentParser) -> None:
    task.add_argument("folder", type=Path, metavar="FOLDER", help="of a job that is prepared")
    steps = f"{', '.join(get_args(units.StepName))}; unset, all of them"
    choices = get_args(units.StepName)
    task.add_argument("step", choices=choices, nargs="?", metavar="STEP", help=steps)
    part = "a number from 0, or a wedge's name; unset, all, shared with others who do so"
    task.add_argument("--part", help=part)
    rules = "path mapping rules, as Open Job Description's; else LIGHTMOULD_PATHMAP"
    task.add_argument("--map", type=Path, metavar="FILE", help=rules)
    words = "how the farm is told; unset, as its environment says"
    task.add_argument("--progress", choices=DIALECTS, help=words)
    task.set_defaults(act=_task)


if __name__ == "__main__":
    sys.exit(main())
