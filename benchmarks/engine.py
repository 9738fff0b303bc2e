"""Reconstruct, and print how good it became in how many seconds and how much memory.

    python benchmarks/engine.py [DATASET | MODEL.obj ...] [--presets draft standard] [--out DIR]
        [--busy] [--over-time] [--enlarged 100x1024]

Without an argument it takes the bundled sample, rendered tiny, as every MODEL is unless `--render`
says otherwise; that needs Blender. Each reconstruction is a process of its own, so that its memory
is its own; compiled kernels are taken from the cache, which a run before the first one fills.

--busy        again beside as many endless loops as there are cores, and the ratio of both times
--over-time   what one held-out view's PSNR was after each stage, and when
--enlarged    the training views repeated and blown up to that many of that size: for memory
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from lightmould.dataset import images, manifest
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.preview import CURVE
from lightmould.engine.sample import write_sample
from lightmould.formats import codec, events
from lightmould.formats.files import file_hash, write_atomically
from lightmould.jobs import plan, rendering
from lightmould.jobs.run import run
from lightmould.model import Dataset, Metric, Progress, View
from lightmould.raster.pool import available
from lightmould.settings import Render, Settings
from lightmould.settings.presets import PRESETS, reconstruction
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools import own

TINY = Render(size=(128, 128), views_train=30, views_test=4, samples=8, test_samples=16)
COLUMNS = "psnr psnr_full iou chamfer_rel albedo_error albedo_error_scaled roughness_error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One reconstruction.

    Attributes:
        seconds: wall time of the whole process.
        processor: seconds of all cores together.
        mebibytes: the most memory that it held.
        metrics: of the asset.
        stages: title and seconds of each, in order.
        course: seconds since the start, the stage, and dB of one held-out view after it.
    """

    seconds: float
    processor: float
    mebibytes: float
    metrics: Metrics
    stages: tuple[tuple[str, float], ...]
    course: tuple[tuple[float, str, float], ...]


def reconstruct(dataset: Path, out: Path, how: Reconstruction) -> Outcome:
    """Reconstruct in a process of its own."""
    request = out / "request.json"
    write_atomically(request, codec.write(own.ReconstructionRequest(dataset, out / "asset", how)))
    command = own.reconstruct(sys.executable, request)
    began = time.monotonic()
    process = subprocess.Popen(
        command.argv,
        env={**os.environ, **{name: value for name, value in command.env.items() if value}},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    if process.stdout is None:
        raise SystemExit("no pipe")
    stages: dict[str, float] = {}
    course, told, title = [], began, "begin"
    for line in process.stdout:
        event, now = events.parse(line), time.monotonic()
        if isinstance(event, Progress):
            title = event.status
            stages[title] = stages.get(title, 0.0) + now - told
            told = now
        elif isinstance(event, Metric) and event.name == CURVE:
            course.append((now - began, title, event.value))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{dataset}: the engine ended with {process.returncode}")
    now = time.monotonic()
    stages["write and measure"] = now - told
    path = out / "asset" / "metrics.json"
    return Outcome(
        now - began,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
        codec.read(Metrics, path.read_bytes(), path),
        tuple(stages.items()),
        tuple(course),
    )


def rendered(model: Path, out: Path, how: Render) -> Path:
    """The manifest of a dataset of a model, made by Blender unless it is there."""
    job = plan.reconstruct(model, out, Settings(render=how), PRESETS["draft"], os.environ)
    run(replace(job, steps=job.steps[:-1]), lambda _: None)
    return out / "dataset" / manifest.NAME


def enlarged(source: Path, folder: Path, views: int, size: int) -> Path:
    """A dataset with so many training views, their longer side so many pixels; nothing is new."""
    old = manifest.read(source)
    train, test = old.of("train"), old.of("test")
    chosen = [(f"{i:06d}", train[i % len(train)]) for i in range(views)]
    chosen += [(f"{views + i:06d}", view) for i, view in enumerate(test)]
    made = [_blown_up(old, view, name, folder, size) for name, view in chosen]
    hashes = {str(view.color): file_hash(folder / view.color) for view in made}
    mesh = old.source and old.folder / old.source
    dataset = replace(old, folder=folder, views=tuple(made), hashes=hashes, source=mesh)
    manifest.write(dataset, folder / manifest.NAME)
    return folder / manifest.NAME


def _blown_up(old: Dataset, view: View, name: str, folder: Path, size: int) -> View:
    picture = images.read(old.folder / view.color, 4)
    height, width = picture.shape[:2]
    scale = size / max(width, height)
    rows, columns = (np.arange(round(side * scale)) / scale for side in (height, width))
    color = PurePosixPath(f"color/{name}.png")
    images.write_png(folder / color, picture[rows.astype(int)][:, columns.astype(int)])
    camera = view.camera
    stretch = len(columns) / width, len(rows) / height
    grown = replace(
        camera,
        name=name,
        size=(len(columns), len(rows)),
        focal=(camera.focal[0] * stretch[0], camera.focal[1] * stretch[1]),
        center=(camera.center[0] * stretch[0], camera.center[1] * stretch[1]),
    )
    return View(grown, view.split, color)


@contextmanager
def busy() -> Iterator[None]:
    """While this lasts, every core has an endless loop to run."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(available())
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="*", type=Path)
    parser.add_argument("--presets", nargs="+", default=["draft"], choices=sorted(PRESETS))
    parser.add_argument("--settings", type=Path, help="JSON: changes to every preset")
    parser.add_argument(
        "--render", default="30+4x128", help="views to learn from + held out x size"
    )
    parser.add_argument("--out", type=Path, help="a folder to work in, which is kept")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--over-time", action="store_true")
    parser.add_argument("--enlarged", help="views x size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.out or Path(temporary)).absolute()
        datasets = prepared(options, folder)
        subprocess.Popen([sys.executable, "-m", "lightmould.engine", "warm"]).wait()
        table(datasets, options, folder)


def prepared(options: argparse.Namespace, folder: Path) -> dict[str, Path]:
    """The manifests of all datasets, by name."""
    train, rest = options.render.split("+")
    test, size = rest.split("x")
    how = replace(TINY, size=(int(size), int(size)), views_train=int(train), views_test=int(test))
    sources = options.sources or [write_sample(folder / "sample")]
    found = {}
    for source in sources:
        name = source.parent.name if source.name == "dataset" else source.stem
        is_model = source.suffix in rendering.MODELS
        made = rendered(source, folder / name, how) if is_model else source / manifest.NAME
        if options.enlarged:
            views, side = options.enlarged.split("x")
            name = f"{name} {options.enlarged}"
            made = enlarged(made, folder / name / "dataset", int(views), int(side))
        found[name] = made.absolute()
    return found


def table(datasets: dict[str, Path], options: argparse.Namespace, folder: Path) -> None:
    """Reconstruct everything in every preset, a line each."""
    names = COLUMNS.split()
    heads = [
        name.removesuffix("_error").replace("_error", "").replace("_rel", "") for name in names
    ]
    print(f"{'dataset':16} {'preset':9}{'s':>7}{'CPU s':>8}{'MiB':>7}", end="")
    print("".join(f"{head:>15}" for head in heads))
    for name, dataset in datasets.items():
        for preset in options.presets:
            how = reconstruction(preset, options.settings)
            out = Path(tempfile.mkdtemp(prefix=f"{name} {preset} ", dir=folder))
            done = reconstruct(dataset, out / "alone", how)
            print(f"{name:16} {preset:9}{done.seconds:7.1f}{done.processor:8.1f}", end="")
            print(f"{done.mebibytes:7.0f}", end="")
            print("".join(f"{_shown(getattr(done.metrics, key)):>15}" for key in names), flush=True)
            _tell_more(done, over_time=options.over_time)
            if options.busy:
                with busy():
                    beside = reconstruct(dataset, out / "beside", how)
                ratio = beside.seconds / done.seconds
                print(f"{'':16} beside {available()} loops: {beside.seconds:.1f} s, x{ratio:.2f}")


def _tell_more(done: Outcome, *, over_time: bool) -> None:
    print(f"{'':17}" + "; ".join(f"{title} {seconds:.1f}" for title, seconds in done.stages))
    for seconds, title, value in done.course if over_time else ():
        print(f"{'':17}{seconds:7.1f} s {value:6.2f} dB after {title}")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.5f}" if value < 1 else f"{value:.2f}"


if __name__ == "__main__":
    main()
