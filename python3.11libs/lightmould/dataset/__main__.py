"""Datasets as a program: `python -m lightmould.dataset (assemble | import | join) ...`.

To assemble, REQUEST.json is a manifest of what FOLDER is to hold (see `manifest.plan`), and folders
that follow are parts that its views were rendered into; to import, an `intake.Intake`; to join,
there is none, and datasets inside of FOLDER follow. Says what happens as marked lines on standard
output; exit codes are those of `lightmould.errors`.
"""

import sys
from dataclasses import replace
from pathlib import Path

from lightmould.dataset import manifest
from lightmould.dataset.assemble import assemble
from lightmould.dataset.gather import gather
from lightmould.dataset.intake import Intake, take_in
from lightmould.dataset.join import join
from lightmould.formats import codec, events

USAGE = """usage: python -m lightmould.dataset (assemble | import) REQUEST.json FOLDER [PART...]
       python -m lightmould.dataset join FOLDER PART..."""


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    match arguments:
        case ["assemble", plan, folder, *parts]:
            rendered = tuple(map(Path, parts))
            return events.exit_code(lambda: _assemble(Path(plan), Path(folder), rendered))
        case ["import", request, folder]:
            return events.exit_code(lambda: _take_in(Path(request), Path(folder)))
        case ["join", folder, *parts]:
            return events.exit_code(lambda: _join(Path(folder), tuple(map(Path, parts))))
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2


def _assemble(plan: Path, folder: Path, parts: tuple[Path, ...]) -> None:
    for event in gather(parts, folder):
        events.say(event)
    for event in assemble(replace(manifest.read(plan), folder=folder)):
        events.say(event)


def _join(folder: Path, parts: tuple[Path, ...]) -> None:
    for event in join(folder, parts):
        events.say(event)


def _take_in(request: Path, folder: Path) -> None:
    asked = codec.read(Intake, request.read_bytes(), request)
    for event in take_in(asked, folder):
        events.say(event)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
