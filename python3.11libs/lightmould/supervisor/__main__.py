"""The supervisor as a program: `python -m lightmould.supervisor (prepare | train) REQUEST.json`.

Says what happens as marked lines on standard output, and passes nvdiffrec's own lines on; exit
codes are those of `lightmould.errors`.
"""

import sys
from pathlib import Path

from lightmould.formats import codec, events
from lightmould.jobs import stop
from lightmould.supervisor import prepare, training
from lightmould.tools.nvdiffrec import PrepareRequest, TrainRequest

USAGE = "usage: python -m lightmould.supervisor (prepare | train) REQUEST.json"


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    try:
        match arguments:
            case ["prepare", request]:
                return events.exit_code(lambda: _prepare(Path(request)))
            case ["train", request]:
                return events.exit_code(lambda: _train(Path(request)))
            case _:
                sys.stderr.write(USAGE + "\n")
                return 2
    except stop.Stopped as stopped:
        return stopped.exit_code


def _prepare(path: Path) -> None:
    for event in prepare.prepare(codec.read(PrepareRequest, path.read_bytes(), path)):
        events.say(event)


def _train(path: Path) -> None:
    training.supervise(codec.read(TrainRequest, path.read_bytes(), path), events.say)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
