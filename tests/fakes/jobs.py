"""Small jobs of real programs, and what they told."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lightmould.errors import LightmouldError
from lightmould.jobs.run import run
from lightmould.model import Command, Event, Job, Patience, Record, Step

ONCE = Patience(0, 0)
"""Nothing is tried again."""

# Makes the files named on its command line that are not there yet, then the manifest.
MAKER = """
import sys
from pathlib import Path
from lightmould.formats.events import line
from lightmould.model import Progress, Wrote

for i, name in enumerate(sys.argv[1:]):
    if not Path(name).exists():
        with open("made.txt", "a") as made:
            made.write(name + "\\n")
        Path(name).write_text("content of " + name)
    sys.stdout.write(line(Wrote(name, "view")))
    sys.stdout.write(line(Progress((i + 1) / len(sys.argv[1:]), name)))
Path("manifest.json").write_text("{}")
"""


def python(code: str, cwd: Path, *arguments: str, title: str = "work") -> Command:
    return Command(title, (sys.executable, "-c", code, *arguments), cwd)


def step(tmp_path: Path, *commands: Command, inputs: Sequence[Path] = ()) -> Step:
    folder = tmp_path / "out"
    folder.mkdir(exist_ok=True)
    return Step("work", commands, tuple(inputs), folder, folder / "manifest.json")


def job(tmp_path: Path, *steps: Step) -> Job:
    return Job("a job", tmp_path / "job", steps, {"maker": "1"}, ONCE)


def views(tmp_path: Path, *names: str, inputs: Sequence[Path] = ()) -> Job:
    return job(tmp_path, step(tmp_path, python(MAKER, tmp_path / "out", *names), inputs=inputs))


def printing(tmp_path: Path, code: str) -> Job:
    """A job whose one command prints and then succeeds."""
    out = tmp_path / "out"
    end = "\nimport pathlib; pathlib.Path('manifest.json').write_text('{}')"
    return job(tmp_path, step(tmp_path, python(code + end, out)))


def events_of(job: Job) -> list[tuple[str, Event]]:
    records: list[Record] = []
    run(job, records.append)
    return [(record.step, record.event) for record in records]


def made(tmp_path: Path) -> list[str]:
    return (tmp_path / "out" / "made.txt").read_text().split()


def failure(job: Job) -> LightmouldError:
    with pytest.raises(LightmouldError) as caught:
        run(job, lambda _: None)
    return caught.value
