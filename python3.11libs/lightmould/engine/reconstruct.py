"""From a dataset's manifest to a finished asset folder, stage by stage, resumable in between."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from lightmould.dataset import manifest
from lightmould.engine import admission, devices, export, judge, memory, stages, summary, views
from lightmould.engine.checkpoint import Arrays, Checkpoints
from lightmould.engine.geometry import depth
from lightmould.engine.journal import Journal, Warnings
from lightmould.engine.preview import Previews
from lightmould.engine.texturing import retexture
from lightmould.errors import ReconstructionError
from lightmould.formats import codec
from lightmould.formats.files import file_hash, write_atomically
from lightmould.jobs import machine
from lightmould.model import Dataset, Event, Warned, Wrote
from lightmould.tools.own import ReconstructionRequest


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written last into the asset's folder: when it exists, the asset is finished.

    Attributes:
        key: hash of everything that decides the result.
        versions: program name to version.
        hashes: relative path to sha256 of each file of the asset.
    """

    key: str
    versions: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


def reconstruct(request: ReconstructionRequest, say: Callable[[Event], None]) -> Path:
    """Run every stage that is not done yet, then write the asset, its scores and its report.

    Args:
        request: what to do.
        say: hears what happens.

    Returns:
        The asset's manifest, written last.

    Raises:
        DatasetError: the dataset is damaged, or has no views to learn from or to score with.
        ReconstructionError: nothing sensible can be made of it.
        ToolError: the device that is asked for can't be used.
    """
    begun = time.monotonic()
    say = warnings = Warnings(say)
    devices.check(request.how.device, draws=request.how.base_mesh is None)
    dataset = with_known_source(manifest.read(request.dataset), say)
    manifest.verify(dataset)
    needed = memory.estimate(dataset, request.how)
    memory.check(needed, request.dataset, machine.memory(), lambda text: say(Warned(text)))
    train, test = views.load(dataset, "train"), views.load(dataset, "test")
    admission.check(train, request.dataset, lambda text: say(Warned(text)))
    how = request.how
    if dataset.source is not None and how.light_frame == "auto":
        how = replace(how, light_frame="world")  # we rendered it, and know
    plan = stages.plan(train, how, depth.load(dataset, request.how.supervision))
    checkpoints = Checkpoints(request.out / "checkpoints", _key(request))
    journal = Journal(request.out / "metrics.jsonl", plan, say)
    with _named(request.dataset):
        watch = Previews(request.out / "previews", test, journal)
        earlier, arrays = run_stages(plan, checkpoints, journal, watch.draw)
    mesh, look = stages.mesh_of(arrays), stages.look_of(arrays)
    textures = export.textures_of(mesh, look)
    placed = replace(mesh, positions=dataset.placement.in_source(mesh.positions))
    written = export.write(request.out / "mesh", placed, textures, look.light)
    with journal.warnings():
        judgment = judge.judge(
            request.out,
            dataset,
            test,
            arrays,
            how.device,
            lambda: earlier + time.monotonic() - begun,
        )
    written += judgment.pictures
    told = summary.Told(journal, tuple(warnings.told))
    written += summary.write(request.out, judgment, arrays, textures, told, request.how)
    for path in written:
        say(Wrote(str(path), path.suffix.lstrip(".")))
    return _finish(request, checkpoints.key, written)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors of the engine say which dataset they are about."""
    try:
        yield
    except ReconstructionError as error:
        where = f"{path}: {error.where}"
        raise ReconstructionError(where, error.found, error.wanted, error.fix) from error


def with_known_source(dataset: Dataset, say: Callable[[Event], None]) -> Dataset:
    """The dataset; without its source where that is gone or has become another."""
    if dataset.source is None:
        return dataset
    path = dataset.folder / dataset.source
    if path.is_file() and dataset.source_hash in (None, file_hash(path)):
        return dataset
    say(Warned(f"{path} is not there or has changed since: the shape is not compared with it."))
    return replace(dataset, source=None)


def run_stages(
    plan: tuple[stages.Stage, ...],
    checkpoints: Checkpoints,
    journal: Journal,
    draw: Callable[[int, Arrays], None] | None = None,
) -> tuple[float, Arrays]:
    """Seconds that earlier runs took, and the arrays of the last stage.

    Args:
        plan: what to run; stages with a checkpoint are not run again.
        checkpoints: where each stage is saved.
        journal: hears how it goes.
        draw: called with each finished stage's index and arrays.
    """
    first, arrays = _last_done(plan, checkpoints, journal)
    earlier = float(arrays["seconds"].sum()) if first else 0.0
    if first == 0:
        journal.clear()
    for index, spent in enumerate(arrays["seconds"] if first else ()):
        if not spent:
            journal.skip(index)
    for index in range(first, len(plan)):
        begun = time.monotonic()
        seconds = arrays.pop("seconds", np.zeros(0))
        if plan[index].skips(arrays):
            arrays["seconds"] = np.append(seconds, 0.0)
            journal.skip(index)
            continue
        with journal.warnings():
            arrays = plan[index].run(arrays, partial(journal.tell, index))
        arrays["seconds"] = np.append(seconds, time.monotonic() - begun)
        if draw is not None:  # before the stage counts as done: a kill in between repeats both
            draw(index, arrays)
        checkpoints.save(plan[index].name, arrays)
        journal.done(index)
    return earlier, arrays


def _last_done(
    plan: tuple[stages.Stage, ...], checkpoints: Checkpoints, journal: Journal
) -> tuple[int, Arrays]:
    """The index of the first stage to run, and the arrays that it starts from."""
    for index in reversed(range(len(plan))):
        try:
            arrays = checkpoints.load(plan[index].name)
        except ValueError as error:
            path = checkpoints.path(plan[index].name)
            journal.say(Warned(f"{path} is damaged ({error}); going on from the one before"))
            continue
        if arrays is not None:
            journal.done(index)
            return index + 1, arrays
    return 0, {}


def _key(request: ReconstructionRequest) -> str:
    """Hash of everything that decides the result."""
    parts = (
        codec.write(request.how),
        codec.write(judge.versions()),
        *map(file_hash, retexture.files(request.how)),
    )
    content = (request.dataset.read_bytes(), *(part.encode() for part in parts))
    return hashlib.sha256(b"\0".join(content)).hexdigest()


def _finish(request: ReconstructionRequest, key: str, written: tuple[Path, ...]) -> Path:
    hashes = {path.relative_to(request.out).as_posix(): file_hash(path) for path in written}
    path = request.out / "manifest.json"
    versions = judge.versions()
    write_atomically(path, codec.write(Manifest(key, versions, hashes)))
    return path
