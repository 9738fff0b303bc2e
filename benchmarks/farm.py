"""What sharing a rendering costs, and how its memory grows: `python benchmarks/farm.py`.

The renderer is a stand-in that needs `--seconds` for a view and hands over small pictures. The
first table holds a task that renders all views, in parts, against bare calls of that stand-in: what
it adds is claims, plans, records, logs, the starts of its programs, writing and checking pictures.
The second one is of a process that does its share of ever more views, all of them in the end; there
a part is one small file for each view and a list of them.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lightmould.farm import bundle, prepared, wedge
from lightmould.farm.prepared import Division
from lightmould.formats import codec, events
from lightmould.jobs import plan
from lightmould.jobs.lease import Watch
from lightmould.jobs.run import run
from lightmould.jobs.shares import Unit, shares
from lightmould.jobs.shoot.session import Session
from lightmould.model import CameraRig, Command, Frame, Job, Progress, Record, Step, Wrote
from lightmould.rigs import Lens, ring
from lightmould.settings import Render, Settings
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools import blender
from lightmould.tools.blender.conversation import Order
from lightmould.tools.own import LIBRARY

FAKES = Path(__file__).parents[1] / "tests"
REAL = 0.57
"""Seconds of a bare call of Blender's for a view of 256² at 16 samples; see docs/rendering.md."""

STAND_IN = """
import sys, time
from pathlib import Path
sys.path[:0] = [{fakes!r}, {library!r}]
from fakes.blender import Actor

class Slow(Actor):
    def take(self, frame):
        if frame.kind == "color":
            time.sleep({seconds})
        super().take(frame)

Slow(Path(sys.argv[-1])).play()
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the first table is made.

    Attributes:
        folder: for everything.
        program: the stand-in.
    """

    folder: Path
    program: Path


def stage(folder: Path, seconds: float) -> Stage:
    """Write a stand-in that needs so long for a view."""
    script, program = folder / "stand_in.py", folder / "blender"
    text = STAND_IN.format(fakes=str(FAKES), library=str(LIBRARY), seconds=seconds)
    script.write_text(text)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    (folder / "model.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    return Stage(folder, program)


def prepare(where: Stage, views: int, chunk: int) -> Path:
    """A prepared folder with so many views."""
    cameras = ring((0.3, 0.3, 0.0), 3.0, views, Lens((8, 8), 0.7)).cameras
    rig = CameraRig("ring", cameras, test=(cameras[0].name,))
    out = where.folder / "bundle"
    settings = Settings(render=Render(samples=1, test_samples=1))
    environ = {**os.environ, "LIGHTMOULD_BLENDER": str(where.program)}
    _, made = plan.dataset(where.folder / "model.obj", out / bundle.JOB, settings, environ, rig)
    division = Division(chunk, made, wedge.every(("draft",), (), lambda _: Reconstruction()))
    prepared.write(out / bundle.JOB, division)
    return out / bundle.JOB


def bare(where: Stage, folder: Path) -> float:
    """Seconds of one renderer that takes every frame and is done."""
    request = folder / "requests" / "render.json"
    asked = codec.read(blender.RenderRequest, request.read_bytes(), request)
    frames = [Frame(view.name, kind) for kind in ("data", "color") for view in asked.views]
    command = blender.command(request, blender.Blender(str(where.program)))
    began = time.monotonic()
    with Session(command, None, lambda _: None, 600.0) as session:
        session.hello()
        _, route = session.prepare(Order("cycles", "cpu", where.folder))
        for _ in session.take(route, frames):
            pass
    return time.monotonic() - began


def shared(where: Stage, folder: Path) -> float:
    """Seconds of a task that renders all parts."""
    argv = (sys.executable, "-m", "lightmould", "task", str(folder), "render")
    began = time.monotonic()
    environ = {**os.environ, "LIGHTMOULD_BLENDER": str(where.program)}
    subprocess.check_call(argv, env=environ, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def cost(views: int, chunk: int, seconds: float) -> None:
    """Print the first table."""
    with tempfile.TemporaryDirectory() as name:
        where = stage(Path(name), seconds)
        folder = prepare(where, views, chunk)
        alone, ours = bare(where, folder), shared(where, folder)
    added = ours - alone
    print(f"{views} views in parts of {chunk}, {seconds} s a view")
    print(f"{'bare calls':34}{alone:9.1f} s")
    print(f"{'a task that renders all parts':34}{ours:9.1f} s")
    print(f"{'added':34}{1000 * added / views:9.2f} ms a view, {added / alone:.1%}")
    print(f"{f'of views of {REAL} s':34}{added / views / REAL:9.1%}, where 3% are wanted")


def part(folder: Path, names: list[str]) -> None:
    """What the stand-in of a part's program does: a file for each view, and the list at the end."""
    for number, name in enumerate(names, start=1):
        (folder / name).write_text(name)
        events.say(Wrote(name, "color"))
        events.say(Progress(number / len(names), f"view {number} of {len(names)}"))
    (folder / "views.json").write_text(codec.write(names))


def work(top: Path, views: int, chunk: int) -> None:
    """Do our share of the second table, which is all of it."""
    heard = np.zeros(2, np.int64)

    def hear(record: Record) -> None:
        heard[int(isinstance(record.event, Wrote))] += 1

    folders = [top / f"{number:06d}" for number in range(-(-views // chunk))]
    units = [Unit(n, one, partial((one / "views.json").exists)) for n, one in enumerate(folders)]
    for unit, lease in shares(units, Watch(), lambda: None):
        names = [str(unit.number * chunk), str(min((unit.number + 1) * chunk, views))]
        argv = (sys.executable, __file__, "--part", str(unit.folder), *names)
        command = Command("Render", argv, unit.folder, {"PYTHONPATH": str(LIBRARY)})
        step = Step("render", (command,), (), unit.folder, unit.folder / "views.json")
        run(Job(f"part {unit.number}", unit.folder, (step,)), hear, lease=lease)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{views:9d}{heard[1]:9d}{own:12.1f}{child:12.1f}", end="", flush=True)


def memory(counts: list[int], chunk: int) -> None:
    """Print the second table."""
    print(f"{'views':>9}{'files':>9}{'MiB':>12}{'MiB, part':>12}{'s':>9}")
    for views in counts:
        with tempfile.TemporaryDirectory() as name:
            argv = (sys.executable, __file__, "--work", name, str(views), str(chunk))
            began = time.monotonic()
            subprocess.check_call(argv)
            print(f"{time.monotonic() - began:9.1f}")


def main() -> None:
    """Print both tables, or be one of their processes."""
    match sys.argv[1:]:
        case ["--part", folder, first, end]:
            return part(Path(folder), [f"{view:06d}" for view in range(int(first), int(end))])
        case ["--work", top, views, chunk]:
            return work(Path(top), int(views), int(chunk))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--chunk", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--memory", type=int, nargs="*", default=[1000, 10_000, 100_000])
    asked = parser.parse_args()
    if asked.views:
        cost(asked.views, asked.chunk, asked.seconds)
    return memory(asked.memory, 1000)


if __name__ == "__main__":
    main()
