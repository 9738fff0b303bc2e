"""A job that is a command of another one: its records become the lines that a command says."""

from collections.abc import Callable
from pathlib import Path

from lightmould.formats import events
from lightmould.model import Failed, Job, Metric, Progress, Record, Warned, Wrote


def teller(job: Job, say: Callable[[str], None]) -> Callable[[Record], None]:
    """What passes a job's records on: files by their whole paths, progress as the job's.

    Args:
        job: whose records they are.
        say: gets each line, with its line break.
    """
    folders = {step.name: step.folder for step in job.steps}
    places = {step.name: place for place, step in enumerate(job.steps)}

    def tell(record: Record) -> None:
        match record.event:
            case Wrote(path, kind):
                say(events.line(Wrote(str(Path(folders[record.step], path)), kind)))
            case Progress(fraction, status):
                done = (places[record.step] + fraction) / len(places)
                say(events.line(Progress(done, f"{job.name}: {status}")))
            case Failed() if record.step:
                pass  # the job says it once more, and that is its last word
            case Metric() | Warned() | Failed():
                say(events.line(record.event))
            case _:
                pass

    return tell
