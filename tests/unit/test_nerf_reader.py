"""What nvdiffrec's reader of views stumbles over is told; what it reads is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from fakes import datasets

from lightmould.dataset import images, manifest, nerf_reader
from lightmould.errors import DatasetError
from lightmould.formats import codec, png
from lightmould.formats.files import write_atomically
from lightmould.formats.poses import transforms
from lightmould.model import Poses, Shot
from lightmould.model.distortion import RadialTangential
from lightmould.supervisor.prepare import fitting, prepare
from lightmould.tools.nvdiffrec import PrepareRequest
from lightmould.tools.nvdiffrec.files import Views

SIZE = (40, 32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four views to learn from and one to validate with, all as they have to be."""
    taken = datasets.cameras(5)
    for split, cameras in (("train", taken[:4]), ("test", taken[4:])):
        shots = []
        for camera in cameras:
            path = PurePosixPath(split, f"{camera.name}.png")
            images.write_png(tmp_path / path, datasets.rendered(camera)[0])
            shots.append(Shot(camera, path))
        text = transforms.write(Poses(tuple(shots)))
        write_atomically(tmp_path / f"transforms_{split}.json", text)
    return tmp_path


def test_what_it_reads_has_no_faults(folder: Path) -> None:
    assert list(nerf_reader.faults(folder, SIZE)) == []
    assert list(nerf_reader.faults(folder)) == []


def edited(change: Callable[[Any], object]) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = folder / "transforms_train.json"
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))

    return act


def first(**values: object) -> Callable[[Path], None]:
    return edited(lambda data: data["frames"][0].update(values))


def picture(channels: int, bits: int = 8, side: int = 32) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = min((folder / "train").iterdir())
        pixels = np.full((side, 40, channels), 0.5, np.float32)
        images.write_png(path, pixels, bits)  # type: ignore[arg-type]

    return act


def second_suffix(folder: Path) -> None:
    path = min((folder / "train").iterdir())
    path.with_suffix(".json").write_text("{}")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no file to learn from": (lambda f: (f / "transforms_train.json").unlink(), "found no"),
    "no file to validate with": (lambda f: (f / "transforms_test.json").unlink(), "test.json"),
    "no JSON": (lambda f: (f / "transforms_test.json").write_text("{"), "wanted JSON"),
    "no frames": (edited(lambda data: data.update(frames=[])), "found no frames"),
    "no angle": (edited(lambda data: data.pop("camera_angle_x")), "camera_angle_x None"),
    "an angle in degrees": (edited(lambda data: data.update(camera_angle_x=40.0)), "40.0"),
    "a lens that bends": (edited(lambda data: data.update(k1=-0.1)), r"bends \(k1\)"),
    "pixels that are not square": (edited(lambda data: data.update(fl_y=99.0)), "fl_y 99.0"),
    "another center": (edited(lambda data: data.update(cx=12.0)), "cx 12.0 of w 40"),
    "lenses of their own": (first(fl_x=50.0), "a lens for each frame"),
    "no picture named": (first(file_path=None), "no picture named"),
    "a suffix": (first(file_path="./train/000000.png"), "with a suffix"),
    "no such picture": (first(file_path="./train/nothing"), "found no file"),
    "a pattern": (first(file_path="./train/*"), r"without \* \? \["),
    "two files of one name": (second_suffix, "000000.json, 000000.png"),
    "no matrix": (first(transform_matrix=[[1, 2], [3]]), "another matrix"),
    "a matrix with scale": (first(transform_matrix=np.diag([2, 2, 2, 1]).tolist()), "another"),
    "no alpha": (picture(3), "found RGB of 8 bits; wanted RGBA"),
    "sixteen bits": (picture(4, 16), "found RGBA of 16 bits"),
    "gray": (picture(1), "found gray of 8 bits"),
    "another size": (picture(4, side=20), "40x20 pixels; wanted 40x32, as train_res"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_what_mends_it(folder: Path, fault: str) -> None:
    plant, said = FAULTS[fault]
    plant(folder)
    told = list(nerf_reader.faults(folder, SIZE))
    assert told
    with pytest.raises(type(told[0]), match=said):
        raise told[0]


def test_no_header_but_a_pngs_is_taken_for_one() -> None:
    with pytest.raises(Exception, match="no PNG header"):
        png.header(b"\x89PNG\r\n\x1a\n" + b"\0" * 99, Path("a.png"))


def prepared(folder: Path, out: Path) -> Views:
    list(prepare(PrepareRequest(folder / "manifest.json", out, 2.1)))
    return codec.read(Views, (out / "views.json").read_bytes(), "views.json")


def test_pictures_that_fit_are_copied_byte_for_byte(tmp_path: Path) -> None:
    dataset = datasets.ball(tmp_path / "in", datasets.cameras(8))
    views = prepared(tmp_path / "in", tmp_path / "out")
    assert (views.size, views.train, views.test) == (SIZE, 6, 2)
    for view in dataset.of("train"):
        copy = tmp_path / "out" / "train" / f"{view.camera.name}.png"
        assert copy.read_bytes() == (dataset.folder / view.color).read_bytes()
    assert list(nerf_reader.faults(tmp_path / "out", SIZE)) == []


def test_masks_bent_lenses_and_other_centers_become_what_it_reads(tmp_path: Path) -> None:
    dataset = datasets.ball(tmp_path / "in", datasets.cameras(8))
    views = []
    for index, view in enumerate(dataset.views):
        picture = images.read(dataset.folder / view.color, 3)
        images.write_png(dataset.folder / view.color, picture)
        bent = RadialTangential(-0.02) if index == 0 else None
        camera = replace(view.camera, center=(20.5, 15.5), distortion=bent)
        views.append(replace(view, camera=camera))
    datasets.described(replace(dataset, views=tuple(views)))
    prepared(tmp_path / "in", tmp_path / "out")
    assert list(nerf_reader.faults(tmp_path / "out", SIZE)) == []
    made = images.read(tmp_path / "out" / "train" / "000000.png", 4)[..., 3]
    assert 0.1 < made.mean() < 0.9


def test_an_object_that_fits_stays_where_it_is_and_others_are_moved_into_the_grid() -> None:
    box = np.array([-0.8, -0.5, -0.5]), np.array([0.8, 0.5, 0.5])
    assert fitting(*box, 1.05).scale == 1
    for low, high in (
        (box[0] * 100, box[1] * 100),
        (box[0] / 100, box[1] / 100),
        (box[0] + 5, box[1] + 5),
    ):
        placed = fitting(low, high, 1.05)
        corners = (np.array([low, high]) - placed.offset) / placed.scale
        assert np.abs(corners).max() == pytest.approx(0.86 * 1.05)


def test_views_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    dataset = datasets.ball(tmp_path / "in", datasets.cameras(8))
    moved = []
    for index, view in enumerate(dataset.views):
        pose = view.camera.world_from_camera.copy()
        pose[0, 3] += 10 * index
        moved.append(replace(view, camera=replace(view.camera, world_from_camera=pose)))
    manifest.write(replace(dataset, views=tuple(moved)), tmp_path / "in" / "manifest.json")
    with pytest.raises(DatasetError, match=r"no point inside every mask.*poses check"):
        prepared(tmp_path / "in", tmp_path / "out")
