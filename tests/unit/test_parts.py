"""The main job in parts: planned one by one, they ask for just what the whole would ask for."""

import os
from pathlib import Path

import pytest

from lightmould.dataset import manifest
from lightmould.dataset.gather import gather
from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec
from lightmould.jobs import job_file, parts, rendering
from lightmould.model import CameraRig, Job, Wrote
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
    common = parts.render(model, rig(), tmp_path / "out", Settings(), os.environ)
    assert common.count(3) == 3
    jobs = [common.part(number, 3) for number in range(3)]
    requests = [asked(job) for job in jobs]
    assert [len(request.views) for request in requests] == [3, 3, 1]
    assert tuple(view for request in requests for view in request.views) == views
    assert len({job.folder for job in jobs}) == 3
    assert all(request.folder == job.folder for request, job in zip(requests, jobs, strict=True))
    assert all(job_file.read(job.folder / job_file.NAME) == job for job in jobs)


def test_a_part_is_made_anew_only_where_its_views_change(model: Path, tmp_path: Path) -> None:
    def keys(cameras: CameraRig) -> list[str]:
        common = parts.render(model, cameras, tmp_path / "out", Settings(), os.environ)
        return [view.key for view in asked(common.part(0, 4)).views]

    seven, eight = keys(rig(7)), keys(rig(8))
    assert seven[0] == eight[0]  # the first camera of a ring stands where it stood
    assert set(seven[1:]).isdisjoint(eight)


def test_a_dataset_is_assembled_of_all_parts(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    parts.render(model, rig(), out, Settings(), os.environ)
    job = parts.assemble(out, 3, Settings())
    (step,) = job.steps
    assert manifest.read(step.inputs[0]).source == model
    assert [path.parent.name for path in step.inputs[1:]] == ["000000", "000001", "000002"]
    assert step.commands[0].argv[-3:] == tuple(str(path.parent) for path in step.inputs[1:])
    assert step.manifest == out / "dataset" / "manifest.json"


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
    """A part as Blender leaves it."""
    views = {}
    for name in names:
        for path in (f"color/{name}.png", f"raw/{name}.exr", f"views/{name}.json"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(f"{folder.name} {path}")
        views[name] = {"key": name, "blender": "4.5", "color": "1", "raw": "2"}
    (folder / "views.json").write_text(codec.write({"views": views}))
    return folder


def test_parts_become_one_folder_whatever_lay_there(tmp_path: Path) -> None:
    one, two = rendered(tmp_path / "1", "000000", "000001"), rendered(tmp_path / "2", "000002")
    out = rendered(tmp_path / "out", "000001")
    told = list(gather((one, two), out))
    assert told[0] == Wrote("color/000000.png", "color")
    assert len(told) == 9
    assert sorted(path.name for path in (out / "color").iterdir()) == [
        f"00000{number}.png" for number in range(3)
    ]
    assert (out / "raw" / "000001.exr").read_text() == "1 raw/000001.exr"
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
