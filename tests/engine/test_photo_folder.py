"""A folder in NeRF-synthetic's form goes the whole road: plan, import, reconstruction."""

import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from lightmould.dataset import images, manifest
from lightmould.engine.judge import encoded
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.views import Views
from lightmould.formats import codec, obj
from lightmould.formats.files import write_atomically
from lightmould.formats.poses import transforms
from lightmould.jobs import plan, run
from lightmould.model import Finished, Poses, Record, Shot
from lightmould.settings import Settings, Worker
from lightmould.settings.presets import PRESETS
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

TINY: Reconstruction = replace(
    PRESETS["draft"],
    levels=(ShapeLevel(24, 6, 0, 2),),
    texture_size=64,
    appearance=(AppearanceLevel(0, 4, 4),),
)


def write(folder: Path, split: str, views: Views) -> None:
    frames = []
    for index, camera in enumerate(views.cameras):
        path = PurePosixPath(split, f"r_{index}.png")
        images.write_png(folder / path, encoded(views, index))
        frames.append(Shot(camera, path))
    write_atomically(folder / f"transforms_{split}.json", transforms.write(Poses(tuple(frames))))


@pytest.fixture(scope="module")
def out(scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job's folder, its job done."""
    folder = tmp_path_factory.mktemp("torus à vis")
    write(folder / "torus", "train", scene.train)
    write(folder / "torus", "test", scene.test)
    settings = Settings(Worker(python=sys.executable))
    job = plan.reconstruct(folder / "torus", folder / "out", settings, TINY, {})
    assert [step.name for step in job.steps] == ["import", "reconstruct"]
    run.run(job, lambda _: None)
    return job.folder


def test_what_comes_back_lies_where_the_source_is(out: Path, scene) -> None:
    numbers = codec.read(Metrics, (out / "asset" / "metrics.json").read_bytes(), "metrics.json")
    assert (numbers.views_train, numbers.views_test) == (24, 4)
    assert numbers.iou > 0.9
    path = out / "asset" / "mesh" / "mesh.obj"
    found, true = obj.read(path.read_bytes(), path).mesh.bounds, scene.mesh.bounds
    assert abs(found[0] - true[0]).max() < 0.1
    assert abs(found[1] - true[1]).max() < 0.1


def test_the_job_needs_the_source_no_more_and_repeats_nothing(out: Path) -> None:
    manifest.verify(manifest.read(out / "dataset" / manifest.NAME))
    source = out.parent / "torus"
    settings = Settings(Worker(python=sys.executable))
    job = plan.reconstruct(source, out, settings, TINY, {})
    heard: list[Record] = []
    run.run(job, heard.append)
    ends = {one.step: one.event.skipped for one in heard if isinstance(one.event, Finished)}
    assert ends == {"import": True, "reconstruct": True, "": False}
    job = plan.reconstruct(out / "dataset", out.parent / "again", settings, TINY, {})
    assert [step.name for step in job.steps] == ["reconstruct"]


def test_a_picture_that_changed_is_imported_anew(out: Path, scene) -> None:
    source = out.parent / "torus"
    picture = source / "train" / "r_3.png"
    before = picture.read_bytes()
    images.write_png(picture, encoded(scene.train, 3) * 0.5)
    job = plan.reconstruct(source, out, Settings(Worker(python=sys.executable)), TINY, {})
    first = replace(job, steps=job.steps[:1])
    heard: list[Record] = []
    run.run(first, heard.append)
    picture.write_bytes(before)
    assert not next(one.event.skipped for one in heard if isinstance(one.event, Finished))
    assert (out / "dataset" / "color" / "train_r_3.png").read_bytes() != before
