"""Renders the views of a request: `python -m lightmould.jobs.shoot REQUEST PLAN PROGRAM [bpy]`.

REQUEST is a `RenderRequest`, PLAN a manifest of what the dataset is to hold, PROGRAM Blender's, or
with `bpy` a Python's that has the package. Done when views.json is in the request's folder. Says
what happens as marked lines; exit codes are those of `lightmould.errors`.
"""

import os
import signal
import sys
from pathlib import Path

from lightmould.dataset import manifest
from lightmould.formats import codec, events
from lightmould.jobs import stop
from lightmould.jobs.failure import LOG
from lightmould.jobs.shoot.shoot import Means, shoot
from lightmould.tools import blender

USAGE = "usage: python -m lightmould.jobs.shoot REQUEST PLAN PROGRAM [bpy]"


def main(arguments: list[str]) -> int:
    """Run it; returns the exit code."""
    match arguments:
        case [request, plan, program]:
            return _shoot(Path(request), Path(plan), blender.Blender(program))
        case [request, plan, program, "bpy"]:
            return _shoot(Path(request), Path(plan), blender.Blender(program, is_python=True))
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2


def _shoot(request: Path, plan: Path, program: blender.Blender) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(stop.TERMINATED))  # and leave nothing behind

    def work() -> None:
        asked = codec.read(blender.RenderRequest, request.read_bytes(), request)
        log = os.environ.get(LOG)
        means = Means(blender.command(request, program), Path(log) if log else None)
        shoot(asked, manifest.read(plan), means, events.say)

    return events.exit_code(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
