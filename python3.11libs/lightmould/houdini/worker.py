"""The worker: the interpreter outside Houdini that has the engine, and short jobs run by it."""

import os
from dataclasses import replace
from pathlib import Path

import hou

from lightmould import settings
from lightmould.errors import SettingsError
from lightmould.jobs import run as runner
from lightmould.jobs.snapshot import Snapshot
from lightmould.model import Job, Record
from lightmould.settings import Settings
from lightmould.tools.own import LIBRARY

_BUNDLED = (".venv/worker/bin/python", ".venv/worker/Scripts/python.exe")


def load(python: Path | None = None) -> Settings:
    """The settings that hold beside the scene, with an interpreter that is not Houdini's.

    Args:
        python: the interpreter; unset, the one that LIGHTMOULD_PYTHON or lightmould.toml names,
            else the one that `scripts/demo.py` made.

    Raises:
        SettingsError: there is none.
    """
    found = settings.load(Path(hou.text.expandString("$HIP")), os.environ)
    chosen = str(python) if python is not None else found.worker.python or _bundled()
    if chosen is None:
        fix = "Run scripts/demo.py once, or name the worker's Python by LIGHTMOULD_PYTHON."
        raise SettingsError("worker", "nothing", "a Python that has lightmould's engine", fix)
    return replace(found, worker=replace(found.worker, python=chosen))


def run(job: Job, title: str) -> None:
    """Run a short job while Houdini waits; Escape stops it.

    Raises:
        JobError, CommandError: it can't be run, or a program failed.
        hou.OperationInterrupted: somebody pressed Escape; no program is left.
    """
    shares = {step.name: 1 / len(job.steps) for step in job.steps}
    state = Snapshot(shares)
    with hou.InterruptableOperation(title, open_interrupt_dialog=True) as operation:

        def show(record: Record) -> None:
            nonlocal state
            state = state.after(record)
            operation.updateProgress(state.fraction)

        runner.run(job, show)


def _bundled() -> str | None:
    candidates = (LIBRARY.parent / name for name in _BUNDLED)
    return next((str(path) for path in candidates if path.is_file()), None)
