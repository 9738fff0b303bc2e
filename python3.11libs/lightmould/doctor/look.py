"""A look at everything that a reconstruction needs; every program is asked at the same time."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lightmould.doctor import volume
from lightmould.errors import LightmouldError
from lightmould.jobs.asking import Answer, ask
from lightmould.model import Check, Command
from lightmould.settings import Settings
from lightmould.tools import blender, nvdiffrec, probing, worker
from lightmould.tools.nvdiffrec import probe
from lightmould.tools.nvdiffrec.config import of_checkout

SECONDS = 7.0
"""For all programs to answer."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A program to ask and what its answer means."""

    command: Command
    meaning: Callable[[Answer], Iterator[Check]]


def look(
    settings: Settings, folder: Path, environ: Mapping[str, str], seconds: float = SECONDS
) -> tuple[Check, ...]:
    """Everything that is there and everything that is missing; takes seconds, and no network.

    Args:
        settings: which programs.
        folder: where jobs are to be written.
        environ: the environment's variables.
        seconds: for all programs to answer.
    """
    python = settings.worker.python or sys.executable
    with tempfile.TemporaryDirectory() as inner:
        here = Path(inner)
        questions, checks = [_worker(python, here), _gpu(here)], list[Check]()
        for find in (_blender, _nvdiffrec):
            try:
                questions += find(settings, environ, here)
            except LightmouldError as error:
                checks.append(_missing(find, error))
        answers = ask([one.command for one in questions], seconds)
    for question, answer in zip(questions, answers, strict=True):
        checks += question.meaning(answer)
    checks += _checkout(settings, environ)
    return (*checks, volume.space(folder), volume.writing(folder), volume.memory())


def _worker(python: str, here: Path) -> _Question:
    return _Question(worker.probe(python, here), lambda said: worker.checks(python, said.lines))


def _blender(settings: Settings, environ: Mapping[str, str], here: Path) -> list[_Question]:
    python = settings.worker.python or sys.executable
    program = blender.find(settings.worker.blender, environ, python)

    def meaning(answer: Answer) -> Iterator[Check]:
        name, purpose = "Blender (bpy)" if program.is_python else "Blender", "rendering models"
        said = probing.said(answer.lines).get("blender")
        fix = f'"{python}" -m pip install "lightmould[blender]"'
        if not program.is_python:
            fix = f'Run "{program.program}" --background by hand, and see what it says.'
        if said is not None and said.good:
            found = f"{said.found}, renders, {program.program}"
            yield Check(name, "PASS", found, purpose)
        elif answer.code is None:
            again = "Run lightmould doctor again when the machine is less busy."
            yield Check(name, "WARN", f"no picture within {answer.seconds:.0f} s", purpose, again)
        else:
            yield Check(name, "FAIL", _complaint(answer), purpose, fix)

    return [_Question(blender.check(program, here), meaning)]


def _gpu(here: Path) -> _Question:
    query = "--query-gpu=name,driver_version,memory.total,memory.free"
    argv = ("nvidia-smi", query, "--format=csv,noheader")

    def meaning(answer: Answer) -> Iterator[Check]:
        purpose = "nvdiffrec; device cuda"
        if answer.code == 0 and answer.lines:
            found = "; ".join(f"{i}: {line}" for i, line in enumerate(answer.lines))
            yield Check("GPU", "PASS", found, purpose)
        elif answer.code is None:
            fix = "Restart the driver: nvidia-smi hangs."
            yield Check("GPU", "FAIL", "nvidia-smi does not answer", purpose, fix)
        else:
            yield Check("GPU", "PASS", "none, or no driver: the processor does it", purpose)

    return _Question(Command("Look at the GPU", argv, here), meaning)


def _nvdiffrec(settings: Settings, environ: Mapping[str, str], _here: Path) -> list[_Question]:
    asked = settings.nvdiffrec
    if asked.checkout is None and asked.python is None:
        return []
    setup = nvdiffrec.find(asked, environ)
    command = probe.command(setup, environ.get("PATH", ""))

    def meaning(answer: Answer) -> Iterator[Check]:
        return probe.checks(setup, answer.lines, ended=answer.code is not None)

    return [_Question(command, meaning)]


def _checkout(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    name, purpose = "nvdiffrec", "--engine nvdiffrec"
    asked = settings.nvdiffrec
    if asked.checkout is None and asked.python is None:
        yield Check(name, "PASS", "not set up; nothing else needs it", purpose)
        return
    try:
        setup = nvdiffrec.find(asked, environ)
    except LightmouldError:
        return  # told already
    faults = list(of_checkout(setup.checkout))
    for fault in faults:
        yield Check(
            f"{name}: checkout", "FAIL", f"{fault.where}: {fault.found}", purpose, fault.fix
        )
    if not faults:
        yield Check(f"{name}: checkout", "PASS", str(setup.checkout), purpose)
    yield volume.writing(setup.checkout)
    compiled = "compiled" if probe.is_compiled(setup) else "to be compiled at its first run"
    yield Check(f"{name}: extension", "PASS", f"{compiled}, {setup.extensions}", purpose)


def _complaint(answer: Answer) -> str:
    """The line of an answer that says what is wrong."""
    lines = [line for line in answer.lines if line.strip()]
    errors = [line for line in lines if "Error" in line and "script failed" not in line]
    return (errors or lines or [f"exit code {answer.code}"])[-1][:200]


def _missing(find: Callable[..., list[_Question]], error: LightmouldError) -> Check:
    name, purpose = {
        _blender: ("Blender", "rendering models"),
        _nvdiffrec: ("nvdiffrec", "--engine nvdiffrec"),
    }[find]
    return Check(name, "FAIL", f"{error.where}: {error.found}", purpose, error.fix)
