"""What farms' tasks are made of: `python -m lightmould.farm best REQUEST.json`.

Says what happens as marked lines on standard output; exit codes are those of `lightmould.errors`.
"""

import sys
from pathlib import Path

from lightmould.farm import best
from lightmould.formats import codec, events
from lightmould.tools.farm import BestRequest

USAGE = "usage: python -m lightmould.farm best REQUEST.json"


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    match arguments:
        case ["best", request]:
            return events.exit_code(lambda: _best(Path(request)))
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2


def _best(request: Path) -> None:
    for event in best.keep(codec.read(BestRequest, request.read_bytes(), request)):
        events.say(event)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
