"""Makes the worker: a virtual environment that holds what lightmould needs. Standard library alone.

`plan` decides what is to be run, `ready` runs it. A mark in the environment, written last, says
what it holds; while the mark fits, nothing is run and no network is needed.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv" / "worker"  # a folder of its own, so that nobody else's .venv is touched
CONSTRAINTS = Path("scripts") / "constraints.txt"
MARK = "lightmould.json"
STUBS = FOLDER / "houdini-20.5"  # the oldest Houdini's names; those of the newest are a library
OLDEST = "types-houdini==20.5.487.0"
USE = ("blender", "capture", "cli", "engine")
TESTS = (*USE, "usd", "dev")


class SetUpError(Exception):
    """The worker can't be made; says what to do."""


@dataclass(frozen=True)
class Task:
    """A program to run in the repository's folder."""

    title: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """What an environment holds.

    Attributes:
        place: the Python and the folder that it was made for; it can't be moved.
        pins: SHA-256 of all that decides the versions in it; empty before anything is installed.
        extras: installed sets of libraries, as pyproject.toml names them.
    """

    place: str
    pins: str
    extras: tuple[str, ...]

    def holds(self, want: "Mark") -> bool:
        """Whether everything wanted is there."""
        same = (self.place, self.pins) == (want.place, want.pins)
        return same and {*want.extras} <= {*self.extras}


@dataclass(frozen=True)
class Means:
    """How this machine makes an environment, and how it installs into it."""

    make: Task
    pip: tuple[str, ...]


def worker(extras: tuple[str, ...]) -> Path:
    """The worker's folder, ready; ends the program with a message where that fails."""
    try:
        ready(extras)
    except SetUpError as error:
        sys.exit(f"set-up failed: {error}")
    except KeyboardInterrupt:
        sys.exit("\nset-up stopped; run the same command again to go on")
    return FOLDER


def ready(extras: tuple[str, ...]) -> None:
    """Do what is still to be done, with progress on the terminal.

    Raises:
        SetUpError: this Python lacks pip, or a task failed.
    """
    want = Mark(f"Python {sys.version} of {sys.base_prefix} for {ROOT}", pins(ROOT), extras)
    have = read_mark(FOLDER)
    has = importlib.util.find_spec
    means = ways(ensurepip=has("ensurepip") is not None, pip=has("pip") is not None)
    tasks = plan(want, have, means)
    for number, task in enumerate(tasks, start=1):
        print(f"[{number}/{len(tasks)}] {task.title}", flush=True)
        _run(task)
        if task == means.make:
            write_mark(FOLDER, Mark(want.place, "", ()))
    if tasks:
        write_mark(FOLDER, Mark(want.place, want.pins, together(want, have)))
        print(f"the worker is ready: {FOLDER}\n", flush=True)


def plan(want: Mark, have: "Mark | None", means: Means) -> tuple[Task, ...]:
    """What is still to be run so that the worker holds what is wanted; most often nothing."""
    if have is not None and have.holds(want):
        return ()
    fits = have is not None and have.place == want.place
    ourselves = f".[{','.join(together(want, have))}]"
    return (
        *(() if fits else (means.make,)),
        Task("install what builds packages", (*means.pip, "setuptools")),
        # Built with the setuptools just pinned, so that a repair needs no network.
        Task("install lightmould", (*means.pip, "--no-build-isolation", "--editable", ourselves)),
        *(_stubs(means) if "dev" in together(want, have) else ()),
        Task("compile kernels", (str(program("python")), "-m", "lightmould.engine", "warm")),
    )


def _stubs(means: Means) -> tuple[Task, ...]:
    """The names of the oldest Houdini, where mypy finds them before the newest one's."""
    pinned = means.pip[: means.pip.index("--constraint")]  # which pin the newest
    fetch = (*pinned, "--no-deps", "--upgrade", "--target", str(STUBS), OLDEST)
    named = "import shutil as s, sys; _, a, b = sys.argv; s.rmtree(b, True); s.move(a, b)"
    rename = (sys.executable, "-c", named, str(STUBS / "hou-stubs"), str(STUBS / "hou"))
    return Task("install the stubs of Houdini 20.5", fetch), Task("name them", rename)


def ways(*, ensurepip: bool, pip: bool) -> Means:
    """How to make an environment on a machine that has these modules.

    Raises:
        SetUpError: it has neither.
    """
    title = "make a virtual environment"
    venv = (sys.executable, "-m", "venv", "--clear")
    install = ("install", "--constraint", str(CONSTRAINTS))
    terse = ("--disable-pip-version-check", "--no-input")
    if ensurepip:
        own_pip = (str(program("python")), "-m", "pip")
        return Means(Task(title, (*venv, str(FOLDER))), (*own_pip, *terse, *install))
    if pip:  # some systems split ensurepip from Python, but their pip installs elsewhere too
        this_pip = (sys.executable, "-m", "pip", "--python", str(program("python")))
        make = Task(title, (*venv, "--without-pip", str(FOLDER)))
        return Means(make, (*this_pip, *terse, *install))
    raise SetUpError(f"{sys.executable} has neither pip nor ensurepip. Install pip for it.")


def together(want: Mark, have: "Mark | None") -> tuple[str, ...]:
    """The extras that are wanted and those that were there before."""
    kept = have.extras if have is not None and have.place == want.place else ()
    return tuple(sorted({*want.extras, *kept}))


def program(name: str, folder: Path = FOLDER, platform: str = sys.platform) -> Path:
    """An installed program of the worker."""
    if platform == "win32":
        return folder / "Scripts" / f"{name}.exe"
    return folder / "bin" / name


def environment() -> dict[str, str]:
    """This process's environment without what would lead another Python astray."""
    astray = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    # Threads that spin while they wait for one another stand still on a busy machine.
    return {**kept, "PYTHONNOUSERSITE": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def pins(root: Path) -> str:
    """SHA-256 of all that decides which versions are installed."""
    digest = hashlib.sha256()
    for name in (CONSTRAINTS, Path("pyproject.toml")):
        digest.update((root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def read_mark(folder: Path) -> "Mark | None":
    """What an environment says of itself; None if it is absent, unfinished or damaged."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        whole = Mark(mark["place"], mark["pins"], tuple(mark["extras"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return whole if program("python", folder).exists() else None


def write_mark(folder: Path, mark: Mark) -> None:
    """Write aside and rename, so that the mark is whole or absent."""
    aside = folder / f"{MARK}.{os.getpid()}"
    aside.write_text(json.dumps(asdict(mark), indent=1), encoding="utf-8")
    aside.replace(folder / MARK)


def _run(task: Task) -> None:
    start = time.monotonic()
    try:
        code = subprocess.call(task.argv, cwd=ROOT, env=environment())
    except OSError as error:
        raise SetUpError(f"{task.title}: {error}. Make {ROOT} writable.") from error
    if code != 0:
        raise SetUpError(
            f"{task.title}: exit code {code}, see above. Once that is mended (network? space on "
            "the disk?), run the same command again to go on."
        )
    print(f"      {time.monotonic() - start:.0f} s", flush=True)
