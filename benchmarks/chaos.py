"""Do every kind of harm to a job, at random moments: how does it end, is what it made right?

    python benchmarks/chaos.py [--faults 100] [--seed 0] [--blender PROGRAM] [--each] [--dataset]

The job is a tiny reconstruction, or, with --dataset, a tiny rendering; it runs once undisturbed.
Then it runs in fresh folders, and is harmed and run again until it is complete, or five times, and
then to its end.
Whatever a run ends with is counted by what was done to it. Ends with 1 if anything that a run
called complete has other bytes than the undisturbed run's, if a run fails without a cause, or if
any process outlives its runner. Linux only; disks are filled and taken away in a namespace of
mounts of its own (`unshare`).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import harm
import numpy as np
from resume import alive
from ring import RENDER, Work, ring

from lightmould.formats.files import file_hash
from lightmould.jobs import log, rendering
from lightmould.model import CameraRig, Failed, Job
from lightmould.rigs import Lens
from lightmould.rigs import ring as ring_of_cameras
from lightmould.settings import Settings, Worker

PICTURES = {".png", ".exr", ".obj", ".mtl", ".hdr"}
"""Endings of files whose bytes are the same whenever a job is run."""

ROUND = 5  # faults in a folder, at most
DISK = "size=96m"
LONGEST = 600  # seconds of a run


@dataclass(slots=True)
class Score:
    """What came of it.

    Attributes:
        endings: how often each fault ended in each way.
        wrong: what must not be, in words.
    """

    endings: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bench:
    """What is run.

    Attributes:
        model: an OBJ.
        settings: programs, rendering.
        dataset: nothing but the rendering.
        size: of its pictures, pixels.
    """

    model: Path
    settings: Settings
    dataset: bool
    size: int

    def planned(self, out: Path) -> Job:
        """The job in a folder."""
        if self.dataset:
            how = self.settings.render
            around = ring_of_cameras((0, 0, 0), 3, how.views_train, Lens((self.size,) * 2, how.fov))
            rig = CameraRig("around", around.cameras)
            return rendering.render(self.model, out, self.settings, os.environ, rig)
        return Work(self.model, self.settings.render).planned(out)


class Round:
    """A folder in which a job is run, and harmed, until it is done.

    Args:
        bench: what is run.
        place: holds the folder; a small disk of its own, where that is permitted.
        truth: what the undisturbed run made.
        mounts: whether disks may be mounted.
    """

    def __init__(self, bench: Bench, place: Path, truth: dict[str, str], *, mounts: bool) -> None:
        self.truth = truth
        self.scene = harm.Scene(place / "out", place / "disk", mounts)
        self.scene.set_up(DISK)
        self.bench = bench
        self.words = ""
        self.job = bench.planned(self.scene.folder)

    def suffer(
        self, fault: harm.Fault, after: float, chance: np.random.Generator
    ) -> tuple[bool, str]:
        """Run the job and harm it after some records; whether it still ran, and how it ended.

        Raises:
            WrongError: something is as it must not be.
        """
        before = len(records(self.job))
        runner = fault.start(self.job)
        while runner.poll() is None and len(records(self.job)) < before + after:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.2))
        hit = runner.poll() is None
        undo = fault.strike(self.scene, self.job, runner, chance) if hit else None
        said = runner.communicate(timeout=LONGEST)[1]
        if undo is not None:
            undo()
        self.job = self.bench.planned(self.scene.folder)
        ending = self.ending(runner.returncode, said, before)
        self.check(ending)
        self.words = said.strip().partition("\n")[0]
        return hit, ending

    def ending(self, code: int, said: str, before: int) -> str:
        """In a word or two."""
        harm.insist(said, true="Traceback" not in said)
        if code < 0:
            return "killed"
        if code == 0:
            return "complete"
        failed = [one.event for one in records(self.job)[before:] if isinstance(one.event, Failed)]
        named = bool(failed) or "found " in said
        harm.insist(f"exit code {code} without a cause: {said!r}", true=named)
        return failed[-1].cause if failed else "told on standard error"

    def check(self, ending: str) -> None:
        """No process lives; nothing that is called complete is wrong."""
        give_up = time.monotonic() + 10  # guards of a killed runner end what they guard
        while left := alive(self.job):
            harm.insist(f"{ending}: processes {left} live", true=time.monotonic() < give_up)
            time.sleep(0.05)
        if ending != "complete":
            return
        made = results(self.job)
        names = sorted({*made, *self.truth})
        harmed = self.scene.damaged
        other = [n for n in names if made.get(n) != self.truth.get(n) and n not in harmed]
        harm.insist(f"complete, but {other[:5]} are not as undisturbed", true=not other)
        half = [*self.scene.folder.rglob(".*.[0-9]*-[0-9]*.*")]
        harm.insist(f"complete, but {half} are left", true=not half)


def records(job: Job) -> tuple[log.Record, ...]:
    """All that a job's log holds."""
    return log.read(job.folder / log.NAME).records


def results(job: Job) -> dict[str, str]:
    """Hash of every file that a job made and that is the same for each run of it."""
    files = (path for step in job.steps for path in step.folder.rglob("*"))
    return {
        str(path.relative_to(job.folder)): file_hash(path)
        for path in files
        if path.suffix in PICTURES and path.is_file() and "previews" not in path.parts
    }


def undisturbed(bench: Bench, folder: Path) -> tuple[dict[str, str], int]:
    """What a run that nobody harms makes, and how many records it tells."""
    job = bench.planned(folder)
    runner = harm.start(job)
    _, said = runner.communicate(timeout=LONGEST)
    if runner.returncode:
        raise SystemExit(f"undisturbed, it fails: {said}")
    return results(job), len(records(job))


def main() -> None:
    """Do it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--blender", help="Blender's program")
    parser.add_argument("--dataset", action="store_true", help="render only")
    parser.add_argument("--each", action="store_true", help="every kind of fault in its turn")
    parser.add_argument("--size", type=int, default=64, help="of what --dataset renders, pixels")
    parser.add_argument("--out", type=Path, help="a folder to work in, which is kept")
    parser.add_argument("--mounted", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.mounted:
        _go_apart()
        print("mounts are not permitted here: disks are not filled, folders are renamed away")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(worker=Worker(blender=options.blender), render=RENDER)
        bench = Bench(ring(folder), settings, options.dataset, options.size)
        score = harmed(bench, folder, options)
    show(score)
    raise SystemExit(1 if score.wrong else 0)


def harmed(bench: Bench, folder: Path, options: argparse.Namespace) -> Score:
    """Harm the job as often as asked."""
    truth, words = undisturbed(bench, folder / "undisturbed")
    print(f"undisturbed: {words} records, {len(truth)} files", flush=True)
    chance, score, number = np.random.default_rng(options.seed), Score(), 0
    faults = harm.faults(mounts=options.mounted)
    while score.endings.total() < options.faults:
        place = folder / f"round {number}"
        number += 1
        here = Round(bench, place, truth, mounts=options.mounted)
        left = options.faults - score.endings.total()
        if options.each:
            first = score.endings.total() % len(faults)
            drawn = [faults[(first + i) % len(faults)] for i in range(min(ROUND, left))]
        else:
            drawn = [faults[i] for i in chance.integers(len(faults), size=min(ROUND, left))]
        try:
            suffered(here, drawn, score, (words, chance))
        except harm.WrongError as wrong:
            score.wrong.append(f"round {number - 1}: {wrong}")
            print(f"WRONG: {score.wrong[-1]}", flush=True)
        finally:
            here.scene.tear_down()
        if not score.wrong:
            shutil.rmtree(place)
    return score


def suffered(
    here: Round,
    faults: Sequence[harm.Fault],
    score: Score,
    how: tuple[int, np.random.Generator],
) -> None:
    """A round: faults, and then a run that nobody harms."""
    words, chance = how
    for fault in faults:
        hit, ending = here.suffer(fault, chance.uniform(0, words), chance)
        if hit:
            score.endings[fault.name, ending] += 1
            print(f"{score.endings.total():4} {fault.name:24} {ending:20} {here.words}", flush=True)
        if ending == "complete":
            break
    here.scene.damaged.clear()  # from here on, all is as it has to be
    _, ending = here.suffer(harm.NOTHING, inf, chance)
    harm.insist(f"unharmed, it ends with {ending}", true=ending == "complete")


def show(score: Score) -> None:
    """Print the table."""
    names = sorted({ending for _, ending in score.endings})
    print(f"\n{'':24}" + "".join(f"{name:>{len(name) + 3}}" for name in names))
    for fault in sorted({fault for fault, _ in score.endings}):
        counts = (f"{score.endings[fault, name] or '':>{len(name) + 3}}" for name in names)
        print(f"{fault:24}" + "".join(counts))
    print(f"\n{score.endings.total()} faults, {len(score.wrong)} wrong")
    for words in score.wrong:
        print(f"  {words}")


def _go_apart() -> None:
    """Begin again as a process that may mount; returns where that is not permitted."""
    argv = ("unshare", "--user", "--map-root-user", "--mount")
    try:
        subprocess.check_output((*argv, "mount", "-t", "tmpfs", "none", "/mnt"))
    except (OSError, subprocess.CalledProcessError):
        return
    os.execvp(argv[0], (*argv, sys.executable, *sys.argv, "--mounted"))  # noqa: S606  # no shell


if __name__ == "__main__":
    main()
