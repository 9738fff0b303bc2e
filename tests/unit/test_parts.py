"""The main job in parts: planned one by one, they ask for just what the whole would ask for."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.jobs import views

from lightmould.dataset import manifest, records
from lightmould.dataset.gather import gather
from lightmould.dataset.records import FrameRecord
from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec
from lightmould.jobs import job_file, parts, rendering
from lightmould.jobs.run import run
from lightmould.model import CameraRig, Frame, FrameKind, Job, Wrote
from lightmould.rigs import Lens, ring
from lightmould.settings import Settings
from lightmould.tools.blender import RenderRequest

TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "a mödel.obj"
    path.write_text(TRIANGLE)
    return path


def rig(count: int = 7) -> CameraRig:
    return CameraRig("mine", ring((0, 0, 0), 3.0, count, Lens((40, 30), 0.6)).cameras)


def asked(job: Job) -> RenderRequest:
    (path,) = job.steps[-1].inputs
    return codec.read(RenderRequest, path.read_bytes(), path)


def test_the_parts_of_a_rendering_ask_for_the_same_views_as_the_whole(
    model: Path, tmp_path: Path
) -> None:
    whole = rendering.render(model, tmp_path / "whole", Settings(), os.environ, rig())
    path = whole.folder / "requests" / "render.json"
    views = codec.read(RenderRequest, path.read_bytes(), path).views
    common = parts.render((model, rig()), tmp_path / "out", 3, Settings(), os.environ)
    assert common.count == 3
    jobs = [common.part(number) for number in range(3)]
    requests = [asked(job) for job in jobs]
    assert [len(request.views) for request in requests] == [3, 3, 1]
    assert tuple(view for request in requests for view in request.views) == views
    assert len({job.folder for job in jobs}) == 3
    assert all(request.folder == job.folder for request, job in zip(requests, jobs, strict=True))
    assert all(job_file.read(job.folder / job_file.NAME) == job for job in jobs)


def test_a_part_is_made_anew_only_where_its_views_change(model: Path, tmp_path: Path) -> None:
    def keys(cameras: CameraRig) -> list[str]:
        common = parts.render((model, cameras), tmp_path / "out", 4, Settings(), os.environ)
        return [view.key for view in asked(common.part(0)).views]

    seven, eight = keys(rig(7)), keys(rig(8))
    assert seven[0] == eight[0]  # the first camera of a ring stands where it stood
    assert set(seven[1:]).isdisjoint(eight)


def test_a_dataset_is_assembled_of_all_parts(model: Path, tmp_path: Path) -> None:
    common = parts.render((model, rig()), tmp_path / "views", 3, Settings(), os.environ)
    folders = [common.part(number).folder for number in range(common.count)]
    job = parts.assemble(folders, tmp_path / "set", Settings(), check=True)
    assert [step.name for step in job.steps] == ["assemble", "check"]
    step = job.steps[0]
    assert manifest.read(step.inputs[0]).source == model
    assert step.inputs[1:] == tuple(folder / "views.json" for folder in folders)
    assert step.commands[0].argv[-3:] == tuple(map(str, folders))
    assert step.manifest == tmp_path / "set" / "manifest.json"
    assert job.steps[1].inputs == (step.manifest,)


def test_photos_are_taken_in_without_a_rendering(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="photos"):
        parts.take_in(tmp_path / "photos", tmp_path / "set", Settings(), check=False)


def done(tmp_path: Path) -> Job:
    """A job of one step that is done."""
    job = views(tmp_path, "a.txt", "b.txt")
    run(job, lambda _: None)
    return job


@pytest.mark.parametrize(("keep", "files"), [("automatic", 2), ("read", 2), ("write", 0)])
def test_results_that_are_whole_are_kept_unless_none_are_wanted(
    tmp_path: Path, keep: parts.Keep, files: int
) -> None:
    job = done(tmp_path)
    assert parts.settle(job, keep) is (files > 0)
    assert job.steps[0].manifest.exists() is (files > 0)
    assert len([*job.steps[0].folder.glob("[ab].txt")]) == files


@pytest.mark.parametrize("keep", ["automatic", "read"])
def test_results_of_another_job_or_damaged_ones_are_kept_only_where_all_are(
    tmp_path: Path, keep: parts.Keep
) -> None:
    job = done(tmp_path)
    assert parts.settle(replace(job, versions={"maker": "2"}), keep) is (keep == "read")
    run(job, lambda _: None)
    (job.steps[0].folder / "a.txt").write_text("damaged")
    assert parts.settle(job, keep) is (keep == "read")


def test_a_job_whose_inputs_are_still_to_be_made_is_not_done(tmp_path: Path) -> None:
    job = views(tmp_path, "a.txt", inputs=[tmp_path / "absent"])
    job.steps[0].manifest.write_text("{}")
    assert not parts.settle(job, "automatic")


def test_cameras_are_placed_around_the_obj_that_is_made_of_another_model(tmp_path: Path) -> None:
    model = tmp_path / "model.glb"
    model.write_bytes(b"glTF")
    request = parts.RigRequest("ring", ("--count", "5"), model)
    job = parts.rig(request, tmp_path / "out", Settings(), os.environ)
    assert [step.name for step in job.steps] == ["convert", "rig"]
    (command,) = job.steps[1].commands
    made = job.folder / "model.obj"
    assert job.steps[1].inputs == (made,)
    assert command.argv[2:6] == ("lightmould.cli", "rig", "ring", "--mesh")
    assert command.argv[6:] == (str(made), "--count", "5", "--out", str(job.steps[1].manifest))


def test_cameras_need_no_model_but_one_that_is_named_must_be_there(tmp_path: Path) -> None:
    flags = ("--distance", "2")
    job = parts.rig(parts.RigRequest("sphere", flags), tmp_path, Settings(), {"PATH": ""})
    assert job.steps[0].inputs == ()
    assert "--mesh" not in job.steps[0].commands[0].argv
    absent = parts.RigRequest("sphere", flags, tmp_path / "no.obj")
    with pytest.raises(FormatError, match="found no such file"):
        parts.rig(absent, tmp_path, Settings(), {"PATH": ""})


def rendered(folder: Path, *names: str) -> Path:
    """A part as a rendering leaves it."""
    views: dict[str, dict[FrameKind, FrameRecord]] = {}
    for name in names:
        views[name] = {
            "data": FrameRecord("key", "4.5", "CYCLES", "CPU", {f"depth/{name}.exr": "1"}, ("a",)),
            "color": FrameRecord("key", "4.5", "CYCLES", "CPU", {f"color/{name}.png": "2"}),
        }
        for kind, record in views[name].items():
            for path in record.files:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(f"{folder.name} {path}")
            records.write(folder, Frame(name, kind), record)
    records.write_list(folder, records.Rendered(views))
    return folder


def test_parts_become_one_folder_whatever_lay_there(tmp_path: Path) -> None:
    one, two = rendered(tmp_path / "1", "000000", "000001"), rendered(tmp_path / "2", "000002")
    out = rendered(tmp_path / "out", "000001")
    told = list(gather((one, two), out))
    assert told[0] == Wrote("depth/000000.exr", "depth")
    assert len(told) == 6
    assert sorted(path.name for path in (out / "color").iterdir()) == [
        f"00000{number}.png" for number in range(3)
    ]
    assert (out / "depth" / "000001.exr").read_text() == "1 depth/000001.exr"
    assert [*records.found(out)] == [*records.found(one), *records.found(two)]
    assert list(codec.parse((out / "views.json").read_bytes(), "")["views"]) == [
        "000000",
        "000001",
        "000002",
    ]
    assert list(gather((one, two), out)) == told


def test_a_part_that_is_unfinished_or_holds_anothers_view_is_named(tmp_path: Path) -> None:
    one, two = rendered(tmp_path / "1", "000000"), rendered(tmp_path / "2", "000000")
    with pytest.raises(DatasetError, match=r"2: found views \['000000'\], which another part has"):
        list(gather((one, two), tmp_path / "out"))
    (two / "views.json").unlink()
    with pytest.raises(DatasetError, match="found no list of views"):
        list(gather((one, two), tmp_path / "out"))
    assert not (tmp_path / "out" / "views.json").exists()


def test_without_parts_nothing_is_gathered(tmp_path: Path) -> None:
    assert list(gather((), tmp_path / "out")) == []
    assert not (tmp_path / "out").exists()
