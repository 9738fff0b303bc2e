"""Datasets as a program: `python -m lightmould.dataset assemble PLAN.json FOLDER`.

PLAN.json is a manifest of what FOLDER is to hold (see `manifest.plan`). Says what happens as
marked lines on standard output; exit codes are those of `lightmould.errors`.
"""

import sys
from dataclasses import replace
from pathlib import Path

from lightmould.dataset import manifest
from lightmould.dataset.assemble import assemble
from lightmould.errors import LightmouldError
from lightmould.formats import events
from lightmould.model import Event, Failed

USAGE = "usage: python -m lightmould.dataset assemble PLAN.json FOLDER"


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    try:
        match arguments:
            case ["assemble", plan, folder]:
                for event in assemble(replace(manifest.read(Path(plan)), folder=Path(folder))):
                    say(event)
            case _:
                sys.stderr.write(USAGE + "\n")
                return 2
    except LightmouldError as error:
        say(Failed(str(error), error.exit_code))
        return error.exit_code
    return 0


def say(event: Event) -> None:
    """Tell the runner."""
    sys.stdout.write(events.line(event))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
