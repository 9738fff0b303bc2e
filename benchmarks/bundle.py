"""The demo's job on one machine, as a bundle by openjd, and by workers side by side: one asset?

    python benchmarks/bundle.py [--size 256] [--train 60] [--test 8] [--workers 4] [--out DIR]

Every file of the assets is compared, byte by byte, but for those that say how long it took:
metrics.json and report.html, which metrics.json is a part of. Needs openjd-cli and Blender.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from resume import demo
from ring import Work

from lightmould.farm import bundle, wedge
from lightmould.farm.prepared import Division
from lightmould.farm.template import Needs
from lightmould.jobs import plan
from lightmould.jobs.run import run
from lightmould.settings import Render, Settings

TIMED = ("metrics.json", "report.html")


def bundled(work: Work, out: Path) -> Path:
    """A bundle of the work; returns its job's folder."""
    settings = Settings(render=work.render)
    _, dataset = plan.dataset(work.model, out / bundle.JOB, settings, os.environ)
    division = Division(8, dataset, wedge.every(("draft",), (), lambda _: work.how))
    return bundle.write(out, division, "the demo", sys.executable, Needs()).parent / bundle.JOB


def by_openjd(folder: Path, _workers: int) -> None:
    """Every task, by Open Job Description's own program."""
    template = folder.parent / bundle.TEMPLATE
    argv = (sys.executable, "-m", "openjd", "run", str(template))
    subprocess.check_output(argv, stderr=subprocess.STDOUT)


def by_workers(folder: Path, workers: int) -> None:
    """Every task, by workers who share them."""
    argv = (sys.executable, "-m", "lightmould", "task", str(folder))
    crew = [subprocess.Popen(argv, stdout=subprocess.DEVNULL) for _ in range(workers)]
    codes = [worker.wait() for worker in crew]
    if any(codes):
        raise SystemExit(f"{folder}: a worker failed")


def hashes(asset: Path) -> dict[str, str]:
    """SHA-256 of each file of an asset that its manifest lists."""
    found: dict[str, str] = json.loads((asset / "manifest.json").read_bytes())["hashes"]
    return found


def main() -> None:
    """Run all three and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=Render().size[0])
    parser.add_argument("--train", type=int, default=Render().views_train)
    parser.add_argument("--test", type=int, default=Render().views_test)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    top = options.out or Path(tempfile.mkdtemp())
    sample = demo(top / "sample")
    size, light = (options.size, options.size), sample.render.light
    shot = Render(size, options.train, options.test, light=light)
    work = Work(sample.model, shot, sample.how)
    job = plan.reconstruct(work.model, top / "local", Settings(render=shot), work.how, os.environ)
    began = time.monotonic()
    run(job, lambda _: None)
    print(f"one machine: {time.monotonic() - began:.0f} s")
    wanted = hashes(job.folder / "asset")
    ways: dict[str, Callable[[Path, int], None]] = {
        "openjd run": by_openjd,
        f"{options.workers} workers": by_workers,
    }
    for name, way in ways.items():
        folder = bundled(work, top / name)
        began = time.monotonic()
        way(folder, options.workers)
        seconds, found = time.monotonic() - began, hashes(folder / "asset")
        same = [each for each in wanted if wanted[each] == found.get(each)]
        others = sorted({*wanted, *found} - {*same} - {*TIMED})
        print(f"{name}: {seconds:.0f} s, {len(same)} files the same, others: {others or 'none'}")


if __name__ == "__main__":
    main()
