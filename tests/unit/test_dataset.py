import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

from lightmould.dataset import images, manifest
from lightmould.dataset.assemble import Rendered, RenderedView, assemble
from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec, events
from lightmould.formats.files import file_hash, write_atomically
from lightmould.model import CameraRig, Dataset, Progress, Wrote
from lightmould.rigs import Lens, ring

SIZE = (8, 6)
LENS = Lens(SIZE, 0.7)


def rigs() -> tuple[CameraRig, CameraRig]:
    cameras = ring((0, 0, 0), 3, 3, LENS).cameras
    return CameraRig("train", cameras[:2]), CameraRig("test", cameras[2:])


def write_raw(path: Path, size: tuple[int, int] = SIZE, layer: str = "Depth") -> None:
    """What Blender writes: seen at 2 metres in the left half, facing its -Y, our +Z."""
    width, height = size
    pixels = np.zeros((height, width, 8), np.float32)
    pixels[..., 4] = 1e10
    pixels[:, : width // 2, 4] = 2
    pixels[:, : width // 2, 6] = -1
    spec = OpenImageIO.ImageSpec(width, height, 8, "float")
    names = [f"Combined.{c}" for c in "RGBA"] + [f"{layer}.Z"] + [f"Normal.{c}" for c in "XYZ"]
    spec.channelnames = tuple(f"ViewLayer.{name}" for name in names)
    path.parent.mkdir(parents=True, exist_ok=True)
    target = OpenImageIO.ImageOutput.create(str(path))
    assert target.open(str(path), spec)
    assert target.write_image(pixels)
    assert target.close()


def render(planned: Dataset) -> None:
    """Leave what the render script leaves."""
    for view in planned.views:
        color = np.ones((SIZE[1], SIZE[0], 4), np.float32)
        images.write_png(planned.folder / view.color, color)
        write_raw(planned.folder / f"raw/{view.camera.name}.exr")
    finish(planned)


def finish(planned: Dataset) -> None:
    """Leave views.json, which describes the files as they are."""
    views = {}
    for view in planned.views:
        color, raw = planned.folder / view.color, planned.folder / f"raw/{view.camera.name}.exr"
        hashes = (file_hash(path) if path.exists() else "" for path in (color, raw))
        views[view.camera.name] = RenderedView("key", "4.5.0", *hashes)
    write_atomically(planned.folder / "views.json", codec.write(Rendered(views)))


@pytest.fixture
def rendered(tmp_path: Path) -> Dataset:
    """A plan whose views Blender has rendered."""
    planned = manifest.plan(tmp_path / "data set", *rigs(), source=Path("bob.obj"))
    render(planned)
    return planned


def test_a_plan_gives_every_camera_a_split_and_paths(tmp_path: Path) -> None:
    planned = manifest.plan(tmp_path, *rigs())
    assert [view.split for view in planned.views] == ["train", "train", "test"]
    names = [path.as_posix() for path in planned.views[2].paths]
    assert names == [
        "color/000002.png", "mask/000002.png", "depth/000002.exr", "normal/000002.exr",
    ]  # fmt: skip


def test_a_manifest_survives_the_disk_and_moves_with_its_folder(tmp_path: Path) -> None:
    planned = manifest.plan(tmp_path / "before", *rigs(), source=Path("bob.obj"))
    manifest.write(planned, tmp_path / "before" / manifest.NAME)
    (tmp_path / "before").rename(tmp_path / "after")
    found = manifest.read(tmp_path / "after" / manifest.NAME)
    assert found.folder == tmp_path / "after"
    assert codec.write(replace(found, folder=planned.folder)) == codec.write(planned)


def test_a_missing_or_damaged_manifest_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / manifest.NAME
    with pytest.raises(DatasetError, match=r"manifest\.json: found no such file"):
        manifest.read(path)
    path.write_text('{"folder": ".", "views": 3}')
    with pytest.raises(FormatError, match=r"manifest\.json: \$\.views"):
        manifest.read(path)


def test_assembly_takes_the_layers_apart_in_our_world(rendered: Dataset) -> None:
    said = list(assemble(rendered))
    dataset = manifest.read(rendered.folder / manifest.NAME)
    manifest.verify(dataset)
    assert dataset.versions["blender"] == "4.5.0"
    assert dataset.source == Path("bob.obj")
    assert len(dataset.hashes) == 12
    half = np.arange(SIZE[0]) < SIZE[0] // 2
    for view in dataset.views:
        mask = images.read(dataset.folder / str(view.mask), 1)[..., 0]
        depth = images.read(dataset.folder / str(view.depth), 1)[..., 0]
        normal = images.read(dataset.folder / str(view.normal), 3)
        np.testing.assert_array_equal(mask, np.broadcast_to(half, mask.shape))
        np.testing.assert_array_equal(depth, np.broadcast_to(np.where(half, 2, np.inf), mask.shape))
        np.testing.assert_array_equal(normal[0, 0], (0, 0, 1))
        np.testing.assert_array_equal(normal[0, -1], (0, 0, 0))
    assert said[-1] == Wrote("manifest.json", "manifest")
    wrote = {event.path for event in said if isinstance(event, Wrote)}
    written = {p.relative_to(rendered.folder).as_posix() for p in rendered.folder.rglob("*.*")}
    kept = {name for name in written if name.split("/")[0] not in ("raw", "views.json", "color")}
    assert wrote == kept
    assert [event.fraction for event in said if isinstance(event, Progress)][-1] == 1


def test_assembly_can_be_stopped_anywhere_and_done_again(rendered: Dataset) -> None:
    total = len(list(assemble(rendered)))
    before = {path: path.read_bytes() for path in rendered.folder.rglob("*.*")}
    for stop in range(0, total + 1, 3):
        (rendered.folder / manifest.NAME).unlink(missing_ok=True)
        running = assemble(rendered)
        for _ in range(stop):
            next(running)
        running.close()
        *_, last = assemble(rendered)
        assert last == Wrote("manifest.json", "manifest")
        assert {path: path.read_bytes() for path in rendered.folder.rglob("*.*")} == before


def test_a_renderer_that_wrote_nothing_is_found_out(tmp_path: Path) -> None:
    planned = manifest.plan(tmp_path / "data", *rigs())
    with pytest.raises(DatasetError, match=r"views\.json: found no list of views"):
        list(assemble(planned))
    finish(replace(planned, views=planned.views[:1]))
    with pytest.raises(DatasetError, match=r"views\.json: found no views \['000001', '000002'\]"):
        list(assemble(planned))
    finish(planned)
    with pytest.raises(DatasetError, match=r"color/000000\.png: found no file.*rendered anew"):
        list(assemble(planned))


@pytest.mark.parametrize("name", ["color/000001.png", "raw/000001.exr"])
@pytest.mark.parametrize("harm", ["gone", "cut", "small"])
def test_a_damaged_view_is_named_and_there_is_no_manifest(
    rendered: Dataset, name: str, harm: str
) -> None:
    path = rendered.folder / name
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif name.startswith("raw"):
        write_raw(path, size=(4, 4))
        finish(rendered)
    else:
        images.write_png(path, np.ones((4, 4, 4), np.float32))
        finish(rendered)
    with pytest.raises(DatasetError, match=rf"{path.name}: found .*rendered anew"):
        list(assemble(rendered))
    assert not (rendered.folder / manifest.NAME).exists()


def test_a_raw_file_without_its_layers_is_an_error(rendered: Dataset) -> None:
    write_raw(rendered.folder / "raw/000000.exr", layer="Mist")
    finish(rendered)
    with pytest.raises(DatasetError, match=r"found layers \['Combined', 'Mist', 'Normal'\]"):
        list(assemble(rendered))


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_verification_names_the_file_that_is_not_as_listed(rendered: Dataset, harm: str) -> None:
    list(assemble(rendered))
    dataset = manifest.read(rendered.folder / manifest.NAME)
    path = dataset.folder / "depth/000001.exr"
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"depth/000001\.exr: found") as caught:
        manifest.verify(dataset)
    assert caught.value.where == str(path)


def test_the_program_says_events_and_its_exit_code_is_the_errors(rendered: Dataset) -> None:
    plan = rendered.folder.parent / "plan.json"
    manifest.write(rendered, plan)
    argv = [sys.executable, "-m", "lightmould.dataset", "assemble", plan, rendered.folder]
    done = subprocess.run(argv, capture_output=True, check=False, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    said = [events.parse(line) for line in done.stdout.splitlines()]
    assert said[-1] == Wrote("manifest.json", "manifest")
    (rendered.folder / "views.json").unlink()
    done = subprocess.run(argv, capture_output=True, check=False, text=True, encoding="utf-8")
    assert done.returncode == DatasetError.exit_code
    assert "Blender ended before it had rendered all" in str(events.parse(done.stdout))
    done = subprocess.run(argv[:3], capture_output=True, check=False)
    assert done.returncode == 2
