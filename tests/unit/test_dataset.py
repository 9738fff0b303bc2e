import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightmould.dataset import images, manifest, records
from lightmould.dataset.assemble import assemble
from lightmould.dataset.develop import codes, develop
from lightmould.dataset.records import FrameRecord
from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec, events
from lightmould.formats.color import linear_from_srgb
from lightmould.formats.files import file_hash
from lightmould.model import CameraRig, Dataset, Frame, FrameKind, Progress, View, Wrote
from lightmould.rigs import Lens, ring

SIZE = (8, 6)
LENS = Lens(SIZE, 0.7)
KINDS: tuple[FrameKind, ...] = ("data", "color")


def rigs() -> tuple[CameraRig, CameraRig]:
    cameras = ring((0, 0, 0), 3, 3, LENS).cameras
    return CameraRig("train", cameras[:2]), CameraRig("test", cameras[2:])


def layers(size: tuple[int, int] = SIZE) -> dict[str, images.Pixels]:
    """What Blender hands over: seen at 2 metres in the left half, facing its -Y, our +Z."""
    width, height = size
    found = {
        "Combined": np.ones((height, width, 4), np.float32),
        "Depth": np.full((height, width, 1), 1e10, np.float32),
        "Normal": np.zeros((height, width, 3), np.float32),
    }
    found["Combined"][:, width // 2 :] = 0
    found["Depth"][:, : width // 2] = 2
    found["Normal"][:, : width // 2, 1] = -1
    return found


def render(planned: Dataset) -> None:
    """Leave what rendering leaves."""
    for view in planned.views:
        for kind in KINDS:
            develop(planned.folder, view, kind, layers())
    finish(planned)


def finish(planned: Dataset) -> None:
    """Leave views.json, which describes the files as they are."""

    def record(view: View, kind: FrameKind) -> FrameRecord:
        paths = [planned.folder / path for path in records.paths(view, kind)]
        hashes = [file_hash(path) if path.exists() else "" for path in paths]
        names = [path.as_posix() for path in records.paths(view, kind)]
        made = dict(zip(names, hashes, strict=True))
        return FrameRecord("key", "4.5.0", "CYCLES", "CPU", made)

    views = {
        view.camera.name: {kind: record(view, kind) for kind in KINDS} for view in planned.views
    }
    records.write_list(planned.folder, records.Rendered(views))


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
    assert found.source == tmp_path / "after" / "bob.obj"
    same = replace(found, folder=planned.folder, source=planned.source)
    assert codec.write(same) == codec.write(planned)


def test_a_source_is_found_wherever_the_folder_of_both_is_mounted(tmp_path: Path) -> None:
    place = tmp_path / "nas" / "jobs" / "dataset"
    planned = manifest.plan(place, *rigs(), source=tmp_path / "nas" / "models" / "bob.obj")
    manifest.write(planned, place / manifest.NAME)
    assert str(tmp_path) not in (place / manifest.NAME).read_text()
    (tmp_path / "nas").rename(tmp_path / "mnt")
    found = manifest.read(tmp_path / "mnt" / "jobs" / "dataset" / manifest.NAME)
    assert found.source == tmp_path / "mnt" / "models" / "bob.obj"


def test_a_source_that_has_the_root_alone_in_common_stays_where_it_is(tmp_path: Path) -> None:
    planned = manifest.plan(tmp_path, *rigs(), source=Path("/else where/bob.obj"))
    manifest.write(planned, tmp_path / manifest.NAME)
    assert manifest.read(tmp_path / manifest.NAME).source == Path("/else where/bob.obj")


def test_a_missing_or_damaged_manifest_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / manifest.NAME
    with pytest.raises(DatasetError, match=r"manifest\.json: found no such file"):
        manifest.read(path)
    path.write_text('{"folder": ".", "views": 3}')
    with pytest.raises(FormatError, match=r"manifest\.json: \$\.views"):
        manifest.read(path)


def test_pictures_that_contradict_each_other_become_no_dataset(rendered: Dataset) -> None:
    view, mirrored = rendered.views[0], layers()
    mirrored["Combined"] = mirrored["Combined"][:, ::-1]
    develop(rendered.folder, view, "color", mirrored)
    finish(rendered)
    with pytest.raises(DatasetError, match=r"view 000000: found a mask that is inverted"):
        list(assemble(rendered))
    assert not (rendered.folder / manifest.NAME).exists()


def test_layers_become_pictures_of_our_world(rendered: Dataset) -> None:
    said = list(assemble(rendered))
    dataset = manifest.read(rendered.folder / manifest.NAME)
    manifest.verify(dataset)
    assert dataset.versions["blender"] == "4.5.0"
    assert dataset.source == rendered.folder / "bob.obj"
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
    assert wrote == {name for name in written if "/" not in name} - {"views.json"}
    assert {(view.engine, view.device) for view in dataset.views} == {("CYCLES", "CPU")}
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
    with pytest.raises(DatasetError, match=r"mask/000000\.png: found no file.*rendered anew"):
        list(assemble(planned))


@pytest.mark.parametrize("name", ["color/000001.png", "depth/000001.exr"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_damaged_view_is_named_and_there_is_no_manifest(
    rendered: Dataset, name: str, harm: str
) -> None:
    path = rendered.folder / name
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DatasetError, match=rf"{path.name}: found .*rendered anew"):
        list(assemble(rendered))
    assert not (rendered.folder / manifest.NAME).exists()


def test_layers_that_are_missing_or_of_another_size_are_refused(tmp_path: Path) -> None:
    planned = manifest.plan(tmp_path, *rigs())
    found = layers()
    del found["Normal"]
    with pytest.raises(DatasetError, match=r"found layers .*; wanted also \['Normal'\]"):
        develop(tmp_path, planned.views[0], "data", found)
    with pytest.raises(DatasetError, match=r"found \(4, 4\) pixels in layer .*; wanted \(6, 8\)"):
        develop(tmp_path, planned.views[0], "color", layers((4, 4)))
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_names_files_elsewhere_is_none(tmp_path: Path) -> None:
    frame = Frame("a", "color")
    record = FrameRecord("key", "4.5.0", "CYCLES", "CPU", {"color/a.png": ""})
    records.write(tmp_path, frame, record)
    assert records.read(tmp_path, frame) == record
    path = tmp_path / "views" / "a.color.json"
    path.write_text(path.read_text().replace("color/a.png", "../a.png"))
    assert records.read(tmp_path, frame) is None


@given(code=st.integers(0, 255), shift=st.floats(-0.499, 0.499), alpha=st.floats(0.05, 1))
def test_color_is_rounded_to_the_nearest_code_of_srgb(
    code: int, shift: float, alpha: float
) -> None:
    linear = float(linear_from_srgb(np.array((code + shift) / 255)))
    pixel = np.array([[[linear * alpha] * 3 + [alpha]]], np.float32)
    assert codes(pixel)[0, 0].tolist() == [code] * 3 + [round(alpha * 255)]


def test_color_out_of_range_is_clipped_and_nothing_is_seen_through_nothing() -> None:
    pixels = np.array([[[2, -1, 0.5, 1], [0.3, 0.3, 0.3, 0], [np.nan, 1, 1, 1]]], np.float32)
    assert codes(pixels)[0, :2].tolist() == [[255, 0, 188, 255], [0, 0, 0, 0]]


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
