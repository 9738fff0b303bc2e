"""Kill a job at random moments, run it again: is it completed, what is repeated, is it as good?

    python benchmarks/resume.py [--kills 10] [--damages 5] [--seed 0] [--demo] [--out DIR]

The job is a tiny one, or, with --demo, that of `lightmould demo`. It runs once undisturbed; then,
for each kill, in a fresh folder: until a moment drawn from that first run's log, when the runner,
or Blender or the engine under it, or all of them get SIGKILL; and once more. Then, for each
damage, the undisturbed run is taken back to a random checkpoint, that one is damaged, and the job
goes on. Linux only: processes are found in /proc.
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
from ring import Work, ring

from lightmould.dataset import records as dataset_records
from lightmould.engine.measure.metrics import Metrics
from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.jobs import log, plan
from lightmould.jobs.run import run
from lightmould.model import Job, Progress, Record, Warned, Wrote
from lightmould.settings import Render, Settings
from lightmould.settings.presets import PRESETS

Victim: TypeAlias = Literal["runner", "program", "everybody"]

DAMAGES = ("truncated", "empty", "flipped byte", "zeros", "nonsense")
"""What may become of a checkpoint."""

ASSET = ("mesh.obj", "mesh.mtl", "texture_kd.png", "texture_ks.png", "texture_n.png", "probe.hdr")


@dataclass(frozen=True, slots=True)
class Kill:
    """Who dies, and when.

    Attributes:
        victim: the runner, the program that it runs, or all at once.
        after: how many records the log holds by then.
        delay: seconds after that, at most: the next record ends the wait on a faster run.
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
        metrics=metrics(job),
        asset=asset_hashes(job),
    )


def spoil(path: Path, damage: str, chance: np.random.Generator) -> None:
    """Damage a file."""
    data = bytearray(path.read_bytes())
    place = int(chance.integers(len(data)))
    match damage:
        case "truncated":
            del data[place:]
        case "empty":
            data.clear()
        case "flipped byte":
            # In the arrays, which are most of it; elsewhere a byte may mean nothing.
            data[len(data) // 4 + place // 2] ^= 0x10
        case "zeros":
            data[:] = bytes(len(data))
        case "nonsense":
            data[:] = chance.bytes(len(data))
    path.write_bytes(data)


def damaged(job: Job, damage: str, chance: np.random.Generator) -> tuple[str, bool]:
    """Take a finished job back to a damaged checkpoint and let it go on.

    Returns:
        The checkpoint's name, and whether the log tells that it is damaged.
    """
    asset = job.folder / "asset"
    saved = sorted((asset / "checkpoints").glob("*.npz"))
    newest = int(chance.integers(len(saved)))
    for later in saved[newest + 1 :]:
        later.unlink()
    spoil(saved[newest], damage, chance)
    (asset / "manifest.json").unlink()
    before = len(records(job))
    runner = start(job)
    _, message = runner.communicate()
    if runner.returncode:
        raise SystemExit(f"{job.folder}: after damage the run failed: {message}")
    events = [record.event for record in records(job)[before:]]
    told = any(isinstance(one, Warned) and str(saved[newest]) in one.message for one in events)
    return saved[newest].stem, told


def metrics(job: Job) -> Metrics:
    """How good the asset is."""
    path = job.folder / "asset" / "metrics.json"
    return codec.read(Metrics, path.read_bytes(), path)


def asset_hashes(job: Job) -> dict[str, str]:
    """Hash of each file of the asset that must be the same whenever the inputs are."""
    return {name: file_hash(job.folder / "asset" / "mesh" / name) for name in ASSET}


def alive(job: Job) -> tuple[int, ...]:
    """Processes, other than this one, whose command line names the job's folder."""
    name = os.fsencode(job.folder)
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return tuple(pid for pid in pids if pid != os.getpid() and name in _proc(pid, "cmdline"))


def _await(job: Job, runner: "subprocess.Popen[str]", kill: Kill) -> None:
    path = job.folder / log.NAME

    def heard() -> int:
        return path.read_bytes().count(b"\n") if path.exists() else 0

    while heard() < kill.after:
        if runner.poll() is not None:
            raise SystemExit(f"{job.folder}: ended before it was killed: {runner.communicate()}")
        time.sleep(0.005)
    deadline = time.monotonic() + kill.delay
    while heard() == kill.after and time.monotonic() < deadline:
        time.sleep(0.005)


def _hit(runner: "subprocess.Popen[str]", victim: Victim) -> None:
    """Kill the victim; no program, where none is at work."""
    guards = _children(runner.pid)
    programs = [pid for guard in guards for pid in _children(guard)]
    everybody = [runner.pid, *guards, *programs]
    for pid in {"runner": everybody[:1], "program": programs, "everybody": everybody}[victim]:
        os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    return [int(child) for child in _proc(pid, f"task/{pid}/children").split()]


def _proc(pid: int, name: str) -> bytes:
    """What the system says of a process; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _pictures(job: Job) -> dict[str, int]:
    """When each finished view's picture was written, by name."""
    dataset = job.folder / "dataset"
    names = [frame.view for frame in dataset_records.found(dataset) if frame.kind == "color"]
    return {name: (dataset / f"color/{name}.png").stat().st_mtime_ns for name in names}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--damages", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--out", type=Path, help="a folder to work in, which is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        work = demo(folder / "sample") if options.demo else Work(ring(folder))
        chance = np.random.default_rng(options.seed)
        whole = work.planned(folder / "undisturbed")
        start(whole).communicate()
        told = records(whole)
        print(f"undisturbed: {told[-1].time - told[0].time:.0f} s, {metrics(whole).psnr:.2f} dB")
        if options.kills:
            table_of_kills(work, whole, options.kills, chance)
        if options.damages:
            table_of_damages(whole, options.damages, chance)


def table_of_damages(whole: Job, damages: int, chance: np.random.Generator) -> None:
    """Print a line for each damaged checkpoint."""
    truth, asset = metrics(whole), asset_hashes(whole)
    print(f"\n{'':3}{'damage':14}{'newest':16}{'told':>6}{'psnr':>10}  asset")
    for number in range(damages):
        damage = DAMAGES[number % len(DAMAGES)]
        newest, told = damaged(whole, damage, chance)
        print(
            f"{number + 1:2} {damage:14}{newest:16}{'yes' if told else 'NO':>6}"
            f"{metrics(whole).psnr - truth.psnr:+7.3f} dB"
            f"  {'the same bytes' if asset_hashes(whole) == asset else 'OTHER BYTES'}",
            flush=True,
        )


def table_of_kills(work: Work, whole: Job, kills: int, chance: np.random.Generator) -> None:
    """Do it, and print a line for each kill."""
    truth, asset = metrics(whole), asset_hashes(whole)
    told, folder = records(whole), whole.folder.parent
    print()
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
