"""Whatever is wrong is said once: where, what was found, what was wanted, and what to do."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes.programs import program

from lightmould.dataset import images, manifest
from lightmould.formats.files import file_hash
from lightmould.jobs import log
from lightmould.model import CameraRig, Dataset, Finished, View
from lightmould.rigs import Lens
from lightmould.rigs.shapes import sphere

if TYPE_CHECKING:
    from benchmarks import resume as resume_module

MTL = "newmtl paint\nPr 0.6\nmap_Kd stripes.png\n"
SETTINGS = "[render]\nsize = [32, 32]\nviews_train = 2\nviews_test = 1\nsamples = 1\n"


@dataclass(frozen=True)
class Refusal:
    """How the command line said no."""

    code: int
    message: str


@dataclass(frozen=True)
class Desk:
    """A folder with a model, from which the command is given."""

    folder: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def program(self, name: str, code: str) -> str:
        return str(program(self.folder / name, code))

    def obj(self, append: str) -> None:
        """Add lines to the model, whose last line so far is its 1587th."""
        path = self.folder / "ring.obj"
        assert path.read_text().count("\n") == LINES
        path.write_text(path.read_text() + append)

    def refuses(self, *arguments: str, blender: str = "") -> Refusal:
        """Give the command, and check the manners of what it answers."""
        argv = [sys.executable, "-m", "lightmould.cli", "reconstruct", *arguments]
        environ = {**os.environ, "LIGHTMOULD_BLENDER": blender}
        done = subprocess.run(
            argv, cwd=self.folder, env=environ, capture_output=True, check=False, encoding="utf-8"
        )
        assert done.returncode != 0
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        progress, _, message = done.stderr.rpartition("lightmould: ")
        assert "lightmould: " not in progress
        assert re.search(r": found .+; wanted .+\. [A-Z].+\.", message, re.DOTALL), done.stderr
        assert unfinished(self.folder / "out") == []
        return Refusal(done.returncode, message)


LINES = 2 + 512 + 33 * 17 + 512


def unfinished(out: Path) -> list[str]:
    """What looks finished, or half so, in a job that failed."""
    steps = {"render": "dataset/views.json", "assemble": "dataset/manifest.json"}
    steps |= {"reconstruct": "asset/manifest.json"}
    records = log.read(out / log.NAME).records
    done = {record.step for record in records if isinstance(record.event, Finished)}
    early = [name for step, name in steps.items() if (out / name).exists() and step not in done]
    return early + [path.name for path in out.rglob(".*")]


@pytest.fixture
def desk(tmp_path: Path, resume: "resume_module") -> Desk:
    resume.ring(tmp_path)
    (tmp_path / "lightmould.toml").write_text(SETTINGS)
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("harm", "code", "words"),
    [
        (lambda desk: (desk.folder / "ring.obj").unlink(), 3, "ring.obj: found no such file"),
        (lambda desk: desk.write("ring.obj", ""), 3, "ring.obj: found no vertices: an empty OBJ"),
        (lambda desk: desk.obj("f 1/1 2/2 900/3\n"), 3, f"ring.obj:{LINES + 1}: found "),
        (lambda desk: desk.obj("v 0 nan 0\n"), 3, f"ring.obj:{LINES + 1}: found "),
        (lambda desk: desk.obj("f 1/1 2/2 3/\n"), 3, f"ring.obj:{LINES + 1}: found "),
        (lambda desk: desk.obj("usemtl other\nf 1/1 2/2 3/3\n"), 3, f"ring.obj:{LINES + 1}: "),
        (lambda desk: desk.write("ring.obj", "v 0 0 0\nf 1 1 1\n"), 3, "ring.obj: found "),
        (lambda desk: desk.write("ring.mtl", MTL + "map_Kd ../x.png\n"), 3, "ring.mtl:4: found "),
        (lambda desk: desk.write("ring.mtl", MTL + "map_Kd /x.png\n"), 3, "ring.mtl:4: found "),
        (lambda desk: (desk.folder / "stripes.png").unlink(), 3, "ring.mtl:3: found no file"),
        (lambda desk: (desk.folder / "ring.mtl").unlink(), 3, "ring.obj:1: found no file"),
        (lambda desk: desk.write("lightmould.toml", "[render]\nsize = 5\n"), 4, "render.size: "),
    ],
    ids=[
        "missing", "empty", "index", "nan", "no index", "no material", "one point",
        "texture above", "texture elsewhere", "texture missing", "library missing", "settings",
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_used_is_refused_before_anything_is_written(
    desk: Desk, harm: Callable[[Desk], object], code: int, words: str
) -> None:
    harm(desk)
    refusal = desk.refuses("ring.obj", "--out", "out")
    assert words in refusal.message
    assert refusal.message.startswith(str(desk.folder))
    assert refusal.code == code
    assert not (desk.folder / "out").exists()


def test_a_texture_that_is_a_link_out_of_its_folder_is_refused(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    texture = desk.folder / "stripes.png"
    texture.rename(secret)
    texture.symlink_to(secret)
    refusal = desk.refuses("ring.obj", "--out", "out")
    assert refusal.code == 3
    assert f"ring.mtl:3: found {texture}, a link to {secret}" in refusal.message


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("ring.obj", "--out", "ring.mtl/out"), 7, "ring.mtl/out"),
        (("ring.obj", "--out", "/dev/full"), 7, "/dev/full"),
        (("ring.obj", "--out", "out", "--light", "no.hdr"), 3, "no.hdr: found no such file"),
        (("ring.obj", "--out", "out", "--preset", "draught"), 4, "found 'draught'"),
        (("ring.mtl", "--out", "out"), 3, "ring.mtl: found a .mtl file"),
        ((".", "--out", "out"), 5, "found no manifest.json"),
        (("ring.obj", "--out", "out\udcff"), 4, "out\\udcff': found a name that is not UTF-8"),
    ],
    ids=["file in the way", "device", "light", "preset", "kind", "folder", "no text"],
)
def test_an_argument_that_cannot_be_used_is_named(
    desk: Desk, arguments: tuple[str, ...], code: int, words: str
) -> None:
    refusal = desk.refuses(*arguments)
    assert refusal.code == code
    assert words in refusal.message
    assert not (desk.folder / "out").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write it")
def test_a_folder_without_permission_is_named(desk: Desk) -> None:
    locked = desk.folder / "locked"
    locked.mkdir(mode=0o500)
    refusal = desk.refuses("ring.obj", "--out", str(locked / "out"))
    assert refusal.code == 7
    assert f"{locked}" in refusal.message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "found its end before its work was done"),
        ("raise SystemExit('no licence')", "no licence"),
        ("import os; os.abort()", "found its end by signal 6 (SIGABRT)"),
    ],
    ids=["idle", "failing", "crashing"],
)
def test_a_blender_that_does_not_render_is_told_with_its_log(
    desk: Desk, code: str, words: str
) -> None:
    refusal = desk.refuses("ring.obj", "--out", "out", blender=desk.program("blender", code))
    assert refusal.code == 6
    assert words in refusal.message
    assert str(desk.folder / "out" / "logs" / "render.log") in refusal.message


def test_a_missing_blender_is_named_before_anything_is_written(desk: Desk) -> None:
    refusal = desk.refuses("ring.obj", "--out", "out", blender="no-such-blender")
    assert refusal.code == 6
    assert refusal.message.startswith("no-such-blender: found no such program; wanted Blender")
    assert not (desk.folder / "out").exists()


def test_a_blender_that_ends_before_its_work_is_done_is_found_out(desk: Desk) -> None:
    hello = 'print(\'@lightmould {"said": {"is": "hello", "version": "9"}}\', flush=True)\n'
    program = desk.program("blender", hello)
    refusal = desk.refuses("ring.obj", "--out", "out", blender=program)
    assert refusal.code == 6
    assert "Blender: found its end before its work was done" in refusal.message


@pytest.mark.blender
@pytest.mark.usefixtures("needs_blender")
@pytest.mark.parametrize("name", ["light.hdr", "stripes.png"])
def test_a_picture_that_blender_cannot_decode_is_named(desk: Desk, name: str) -> None:
    images.write_hdr(desk.folder / "light.hdr", np.ones((16, 32, 3), np.float32))
    picture = desk.folder / name
    picture.write_bytes(picture.read_bytes()[:100])
    refusal = desk.refuses("ring.obj", "--out", "out", "--light", "light.hdr")
    assert refusal.code == 6
    assert refusal.message.startswith(f"{picture}: found nothing Blender can decode")


def discs(folder: Path, radius: float = 0.6, test: int = 1) -> Dataset:
    """A dataset of discs, as a sphere would give, without its manifest."""
    cameras = sphere(
        (0, 0, 0), 3.0, 4 + test, Lens((32, 32), 0.7), np.random.default_rng(3)
    ).cameras
    rigs = CameraRig("train", cameras[:4]), CameraRig("test", cameras[4:])
    views = manifest.plan(folder, *rigs).views
    across = np.linspace(-1, 1, 32)
    disc = (np.hypot(*np.meshgrid(across, across)) < radius).astype(np.float32)
    for view in views:
        images.write_png(folder / view.color, np.repeat(disc[..., None], 4, axis=2))
    return Dataset(folder, tuple(View(view.camera, view.split, view.color) for view in views))


def describe(dataset: Dataset) -> Path:
    """Write the manifest of what is there now; returns the dataset's folder."""
    hashes = {str(view.color): file_hash(dataset.folder / view.color) for view in dataset.views}
    manifest.write(replace(dataset, hashes=hashes), dataset.folder / manifest.NAME)
    return dataset.folder


def cut_short(picture: Path) -> None:
    picture.write_bytes(picture.read_bytes()[:-30])


def damaged(folder: Path) -> Path:
    dataset = discs(folder)
    describe(dataset)
    cut_short(folder / dataset.views[-1].color)
    return folder


def damaged_from_the_start(folder: Path) -> Path:
    dataset = discs(folder)
    cut_short(folder / dataset.views[-1].color)
    return describe(dataset)


def one_empty(folder: Path) -> Path:
    dataset = discs(folder)
    images.write_png(folder / dataset.views[2].color, np.zeros((32, 32, 4), np.float32))
    return describe(dataset)


def without_background(folder: Path) -> Path:
    dataset = discs(folder, radius=9)
    return describe(dataset)


def two_views(folder: Path) -> Path:
    dataset = discs(folder)
    return describe(replace(dataset, views=dataset.views[2:]))


def contradicting(folder: Path) -> Path:
    """Every other mask has the object at the bottom, the rest have it on top."""
    dataset = discs(folder)
    for index, view in enumerate(dataset.views):
        picture = np.zeros((32, 32, 4), np.float32)
        picture[2 + 22 * (index % 2) :][:6, 13:19] = 1.0
        images.write_png(folder / view.color, picture)
    return describe(dataset)


def incomplete(folder: Path) -> Path:
    dataset = discs(folder)
    describe(dataset)
    (folder / dataset.views[1].color).unlink()
    return folder


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (damaged, 5, r"color/000004\.png: found SHA-256 .* as the manifest says"),
        (damaged_from_the_start, 3, r"color/000004\.png: found .*; wanted a picture"),
        (incomplete, 5, r"color/000001\.png: found no such file"),
        (lambda folder: describe(discs(folder, radius=0)), 5, "png: found an empty mask"),
        (one_empty, 5, r"color/000002\.png: found an empty mask"),
        (lambda folder: describe(discs(folder, test=0)), 5, "found no test views"),
        (without_background, 5, r"manifest\.json: found masks that cover every picture whole"),
        (two_views, 5, r"manifest\.json: found 2 views to learn from; wanted at least 3"),
        (contradicting, 8, r"manifest\.json: visual hull: found no point of space"),
    ],
    ids=[
        "damaged",
        "damaged from the start",
        "incomplete",
        "empty masks",
        "one empty",
        "no test views",
        "no background",
        "two views",
        "contradicting",
    ],
)
def test_a_dataset_that_cannot_be_used_is_refused_before_any_stage(
    desk: Desk, make: Callable[[Path], Path], code: int, words: str
) -> None:
    folder = make(desk.folder / "dataset")
    refusal = desk.refuses("dataset", "--out", "out")
    assert re.search(words, refusal.message)
    assert refusal.message.startswith(str(folder))
    assert refusal.code == code
    assert list((desk.folder / "out" / "asset").iterdir()) == []


def test_a_damaged_manifest_is_told_with_its_line(desk: Desk) -> None:
    path = describe(discs(desk.folder / "dataset")) / "manifest.json"
    path.write_text(path.read_text()[:300] + "oops")
    refusal = desk.refuses("dataset", "--out", "out")
    assert refusal.code == 3
    assert re.match(re.escape(str(path)) + r":\d+: found ", refusal.message)
