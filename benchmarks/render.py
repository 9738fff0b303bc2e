"""How many views a second come out of `lightmould render`, and what it adds to Blender's own work.

    python benchmarks/render.py [--views 40] [--launches 5] [--model MODEL.obj]

Views of 256² with color, depth, normal and mask, by one command of ours into an empty folder,
everything included, from the command line's start to the manifest. Against it, in the same run and
with the same Blender, samples, bounces and light:

launches   Blender started once for each view, as programs that render one image a batch do; the
           time of a few, as one takes as long as the next
bare       one Blender that makes our very render calls and leaves the pixels alone: the seconds
           of these calls, without its start

Every number is the best of `--rounds`. The model is bob if ../shared/data is there, else the
sample.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightmould.formats import codec
from lightmould.jobs import plan
from lightmould.jobs.run import run
from lightmould.model import Camera, CameraRig
from lightmould.model.axes import Z_UP_FROM_Y_UP
from lightmould.rigs import Lens, around_sphere
from lightmould.settings import Settings
from lightmould.tools import blender
from lightmould.tools.blender.program import SCRIPTS

BOB = Path(__file__).resolve().parents[2] / "shared/data/meshes/bob_tri.obj"
INSIDE = Path(__file__).with_name("render_inside.py")
SIZE, FOV, BOUNCES = 256, 0.7, 3


@dataclass(frozen=True, slots=True, order=True)
class Took:
    """Seconds.

    Attributes:
        wall: by the clock.
        processors: of all of them, which a busy machine changes less.
    """

    wall: float
    processors: float


@dataclass(frozen=True, slots=True)
class Work:
    """What is rendered.

    Attributes:
        folder: to work in.
        model: an OBJ.
        cameras: one a view.
        program: Blender.
    """

    folder: Path
    model: Path
    cameras: tuple[Camera, ...]
    program: blender.Blender

    def ours(self, name: str, samples: int) -> Took:
        """What one command takes; leaves its folder."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "lightmould.toml").write_text(
            f"[render]\nsamples = {samples}\nbounces = {BOUNCES}\ndenoise = false\n"
        )
        rig = self.folder / "rig.json"
        rig.write_text(codec.write(CameraRig("benchmark", self.cameras)))
        verb = ("render", str(self.model), "--rig", str(rig), "--out", "out", "--json")
        return timed((sys.executable, "-m", "lightmould.cli", *verb), folder)[0]

    def launched(self, name: str, samples: int, launches: int) -> float:
        """Seconds of each launch of Blender for one view."""
        scene = self.folder / f"{name}.json"
        poses = [(Z_UP_FROM_Y_UP @ one.world_from_camera).tolist() for one in self.cameras]
        told = {"model": str(self.model), "poses": poses, "fov": FOV, "size": [SIZE, SIZE]}
        told |= {"samples": samples, "bounces": BOUNCES, "denoise": False}
        told["light"] = str(self.folder / f"ours {name}" / "out/requests/studio.hdr")
        scene.write_text(json.dumps(told))
        took = [
            timed(self.inside("once", str(scene), str(view), str(self.folder / name)), self.folder)
            for view in range(launches)
        ]
        return sum(one.wall for one, _ in took) / launches

    def bare(self, name: str) -> Took:
        """What the render calls that `ours` made take."""
        request = self.folder / f"ours {name}" / "out/requests/render.json"
        _, said = timed(self.inside("bare", str(SCRIPTS), str(request)), self.folder)
        wall, processors = re.findall(r"^calls (\S+) (\S+)$", said, re.MULTILINE)[-1]
        return Took(float(wall), float(processors))

    def inside(self, *arguments: str) -> tuple[str, ...]:
        """The command that runs our script in Blender."""
        if self.program.is_python:
            return (self.program.program, str(INSIDE), *arguments)
        quiet = ("--background", "--factory-startup", "-noaudio", "--python-exit-code", "1")
        return (self.program.program, *quiet, "--python", str(INSIDE), "--", *arguments)


def timed(argv: tuple[str, ...], cwd: Path) -> tuple[Took, str]:
    """What a program and all that it starts take, and what it printed."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.check_output(argv, cwd=cwd, encoding="utf-8")
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall, spent), said


def sample(folder: Path) -> Path:
    """The bundled sample's model."""
    job = plan.sample(folder / "sample", Settings())
    run(job, lambda _: None)
    return job.steps[0].manifest


def report(work: Work, samples: int, bar: float, options: argparse.Namespace) -> None:
    """Print what one number of samples takes."""
    views = len(work.cameras)
    name = str(samples)
    ours, others = [work.ours(f"ours {name}", samples)], [work.bare(name)]
    for again in range(1, options.rounds):  # in turns, for a busy machine's moods change
        ours.append(work.ours(f"ours {name} {again}", samples))
        others.append(work.bare(name))
    launch = work.launched(name, samples, options.launches)
    best, bare = min(ours), min(others)
    ratio = launch * views / best.wall
    print(f"{samples:3} spp  ours      {best.wall:6.2f} s  {views / best.wall:6.2f} images/s")
    verdict = "met" if ratio >= bar else "MISSED"
    print(f"         launches  {launch:6.2f} s each: {1 / launch:.2f} images/s")
    print(f"                   ratio {ratio:.1f}, bar {bar:g}: {verdict}")
    print(f"         bare      {bare.wall:6.2f} s; ours adds {added(best.wall, bare.wall)}")
    spent, theirs = min(one.processors for one in ours), min(one.processors for one in others)
    print(f"  processors  {theirs:6.2f} s; ours adds {added(spent, theirs)}", flush=True)


def added(ours: float, theirs: float) -> str:
    """What one number is more than another."""
    return f"{100 * (ours / theirs - 1):.0f} %"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=40)
    parser.add_argument("--launches", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--model", type=Path, default=BOB if BOB.is_file() else None)
    options = parser.parse_args()
    program = blender.find(None, os.environ, sys.executable)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = options.model.resolve() if options.model else sample(folder)
        lens, rng = Lens((SIZE, SIZE), FOV), np.random.default_rng(0)
        positions = np.loadtxt(
            [line[2:] for line in model.read_text().splitlines() if line.startswith("v ")]
        )
        rig, _ = around_sphere(positions, lens, options.views, 0, rng)
        work = Work(folder, model, rig.cameras, program)
        print(f"{options.views} views of {model.name}, {SIZE}²\n")
        report(work, 16, 3.0, options)
        report(work, 1, 8.0, options)


if __name__ == "__main__":
    main()
