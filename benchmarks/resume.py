"""Kill a job at random moments, run it again: is it completed, what is repeated, is it as good?

    python benchmarks/resume.py [--kills 10] [--seed 0] [--demo] [--out DIR]

The job is a tiny one, or, with --demo, that of `lightmould demo`. It runs once undisturbed; then,
for each kill, in a fresh folder: until a moment drawn from that first run's log, when the runner,
or Blender or the engine under it, or all of them get SIGKILL; and once more. Linux only: processes
are found in /proc.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from lightmould.dataset import images
from lightmould.engine.measure.metrics import Metrics
from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.jobs import log, plan
from lightmould.jobs.run import run
from lightmould.model import Job, Progress, Record, Wrote
from lightmould.settings import PRESETS, Reconstruction, Render, Settings, ShapeLevel

Victim: TypeAlias = Literal["runner", "program", "everybody"]

RENDER = Render(
    size=(64, 64), views_train=10, views_test=2, samples=32, test_samples=32, bounces=1, seed=4
)
LEVELS = (ShapeLevel(16, 10, 0, 3), ShapeLevel(24, 10, 0, 3))
RECONSTRUCTION = Reconstruction(
    levels=LEVELS, texture_size=128, appearance_rounds=2, appearance_steps=20
)
ASSET = ("mesh.obj", "mesh.mtl", "texture_kd.png", "texture_ks.png", "texture_n.png", "probe.hdr")


@dataclass(frozen=True, slots=True)
class Work:
    """What is done in every folder.

    Attributes:
        model: an OBJ file.
        render: how it is rendered.
        how: how it is reconstructed.
    """

    model: Path
    render: Render = RENDER
    how: Reconstruction = RECONSTRUCTION

    def planned(self, out: Path) -> Job:
        """The job in a folder."""
        return plan.reconstruct(self.model, out, Settings(render=self.render), self.how, os.environ)


@dataclass(frozen=True, slots=True)
class Kill:
    """Who dies, and when.

    Attributes:
        victim: the runner, the program that it runs, or all at once.
        after: how many records the log holds by then.
        delay: seconds after that.
    """

    victim: Victim
    after: int
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a kill did, and what the second run made of it.

    Attributes:
        step: what was at work.
        codes: exit codes of both runs.
        finished: views that were complete when it happened.
        repeated: those of them that were made once more.
        pictures: how often the log tells of each picture that it was made.
        left: processes that outlived the second run.
        seconds: of the second run.
        metrics: of the asset.
        asset: hash of each file of the asset.
    """

    step: str
    codes: tuple[int, int]
    finished: tuple[str, ...]
    repeated: tuple[str, ...]
    pictures: Counter[str]
    left: tuple[int, ...]
    seconds: float
    metrics: Metrics
    asset: dict[str, str]


def ring(folder: Path) -> Path:
    """Write a textured torus, 0.6 and 0.25 m in radius, as OBJ; returns its path."""
    around, across = 32, 16
    turn, tilt = (np.arange(n) * 2 * np.pi / n for n in (around, across))
    away = 0.6 + 0.25 * np.cos(tilt)
    lines = ["mtllib ring.mtl", "usemtl paint"]
    for a in turn:
        circle = zip(away * np.cos(a), 0.25 * np.sin(tilt), away * np.sin(a), strict=True)
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in circle]
    for u in np.linspace(0, 1, around + 1):
        lines += [f"vt {u:.6f} {v:.6f}" for v in np.linspace(0, 1, across + 1)]
    for i, j in np.ndindex(around, across):
        corners = ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j))
        lines.append("f " + " ".join(_corner(p, q, around, across) for p, q in corners))
    y, x = np.mgrid[:64, :64] / 64
    paint = np.stack([0.2 + 0.6 * (np.sin(25 * x) > 0), 0.3 + 0.4 * y, 0.5 + 0 * x], axis=-1)
    images.write_png(folder / "stripes.png", paint.astype(np.float32))
    (folder / "ring.mtl").write_text("newmtl paint\nPr 0.6\nmap_Kd stripes.png\n")
    path = folder / "ring.obj"
    path.write_text("\n".join([*lines, ""]))
    return path


def _corner(i: int, j: int, around: int, across: int) -> str:
    return f"{i % around * across + j % across + 1}/{i * (across + 1) + j + 1}"


def demo(folder: Path) -> Work:
    """The work of `lightmould demo`; makes the sample."""
    sample = plan.sample(folder, Settings())
    run(sample, lambda _: None)
    model = sample.steps[0].manifest
    return Work(model, Render(light=model.with_name("light.hdr")), PRESETS["draft"])


def start(job: Job) -> "subprocess.Popen[str]":
    """The job's runner, as a process of its own."""
    argv = [sys.executable, "-m", "lightmould", "run", str(job.folder / "job.json"), "--quiet"]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, encoding="utf-8")


def records(job: Job) -> tuple[Record, ...]:
    """All that the job's log holds."""
    return log.read(job.folder / log.NAME).records


def at_any_time(told: Sequence[Record], victim: Victim, chance: np.random.Generator) -> Kill:
    """A kill at a moment of an undisturbed run, any as likely as any other."""
    moment = chance.uniform(told[0].time, told[-1].time)
    before = [record.time for record in told if record.time <= moment]
    return Kill(victim, len(before), moment - before[-1])


def during(told: Sequence[Record], step: str, victim: Victim, chance: np.random.Generator) -> Kill:
    """A kill right after a step said how far it is, and that it is not half done."""
    heard = [
        number
        for number, record in enumerate(told, 1)
        if record.step == step
        and isinstance(record.event, Progress)
        and record.event.fraction < 0.5
    ]
    return Kill(victim, int(chance.choice(heard)))


def disturb(job: Job, kill: Kill) -> Aftermath:
    """Run a job until it is hit, then run it again to its end."""
    first = start(job)
    _await(job, first, kill)
    step = records(job)[-1].step
    _hit(first, kill.victim)
    first.communicate()
    finished = _pictures(job)
    began = time.monotonic()
    second = start(job)
    _, message = second.communicate()
    if second.returncode:
        raise SystemExit(f"{job.folder}: the second run failed: {message}")
    now = _pictures(job)
    metrics = job.folder / "asset" / "metrics.json"
    return Aftermath(
        step=step,
        codes=(first.returncode, second.returncode),
        finished=tuple(finished),
        repeated=tuple(name for name, stamp in finished.items() if now[name] != stamp),
        pictures=Counter(
            record.event.path
            for record in records(job)
            if isinstance(record.event, Wrote) and record.event.kind == "color"
        ),
        left=alive(job),
        seconds=time.monotonic() - began,
        metrics=codec.read(Metrics, metrics.read_bytes(), metrics),
        asset=asset_hashes(job),
    )


def asset_hashes(job: Job) -> dict[str, str]:
    """Hash of each file of the asset that must be the same whenever the inputs are."""
    return {name: file_hash(job.folder / "asset" / "mesh" / name) for name in ASSET}


def alive(job: Job) -> tuple[int, ...]:
    """Processes, other than this one, whose command line names the job's folder."""
    name = os.fsencode(job.folder)
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return tuple(pid for pid in pids if pid != os.getpid() and name in _command_line(pid))


def _await(job: Job, runner: "subprocess.Popen[str]", kill: Kill) -> None:
    path = job.folder / log.NAME
    while not path.exists() or path.read_bytes().count(b"\n") < kill.after:
        if runner.poll() is not None:
            raise SystemExit(f"{job.folder}: ended before it was killed: {runner.communicate()}")
        time.sleep(0.005)
    time.sleep(kill.delay)


def _hit(runner: "subprocess.Popen[str]", victim: Victim) -> None:
    """Kill the victim; no program, where none is at work."""
    guards = _children(runner.pid)
    programs = [pid for guard in guards for pid in _children(guard)]
    everybody = [runner.pid, *guards, *programs]
    for pid in {"runner": everybody[:1], "program": programs, "everybody": everybody}[victim]:
        os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _pictures(job: Job) -> dict[str, int]:
    """When each finished view's picture was written, by name."""
    dataset = job.folder / "dataset"
    names = [path.stem for path in sorted(dataset.glob("views/*.json"))]
    return {name: (dataset / f"color/{name}.png").stat().st_mtime_ns for name in names}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--out", type=Path, help="a folder to work in, which is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        work = demo(folder / "sample") if options.demo else Work(ring(folder))
        table(work, folder, options.kills, np.random.default_rng(options.seed))


def table(work: Work, folder: Path, kills: int, chance: np.random.Generator) -> None:
    """Do it, and print a line for each kill."""
    whole = work.planned(folder / "undisturbed")
    _, message = start(whole).communicate()
    path = whole.folder / "asset" / "metrics.json"
    if not path.is_file():
        raise SystemExit(message)
    truth, asset = codec.read(Metrics, path.read_bytes(), path), asset_hashes(whole)
    told = records(whole)
    print(f"undisturbed: {told[-1].time - told[0].time:.0f} s, {truth.psnr:.2f} dB\n")
    print(f"{'':3}{'killed':10}{'at':>8}  {'step':12}{'finished':>9}{'repeated':>9}", end="")
    print(f"{'left':>6}{'2nd run':>9}{'psnr':>10}  asset")
    victims = get_args(Victim)
    for number in range(kills):
        kill = at_any_time(told, victims[number % len(victims)], chance)
        moment = told[kill.after - 1].time - told[0].time + kill.delay
        seen = disturb(work.planned(folder / f"killed {number}"), kill)
        repeated = len(seen.repeated) + sum(count > 1 for count in seen.pictures.values())
        print(
            f"{number + 1:2} {kill.victim:10}{moment:6.1f} s  {seen.step:12}"
            f"{len(seen.finished):9}{repeated:9}{len(seen.left):6}{seen.seconds:7.1f} s"
            f"{seen.metrics.psnr - truth.psnr:+7.3f} dB"
            f"  {'the same bytes' if seen.asset == asset else 'OTHER BYTES'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
