"""A model and cameras of one's own become a dataset's plan; nothing runs here."""

import os
from pathlib import Path

import pytest

from lightmould.cli import main
from lightmould.dataset import manifest
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.jobs import plan, rendering
from lightmould.model import CameraRig
from lightmould.rigs import Lens, ring
from lightmould.settings import Settings
from lightmould.settings.presets import PRESETS
from lightmould.tools.blender import RenderRequest

TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.obj"
    path.write_text(TRIANGLE)
    return path


def rig(val: tuple[str, ...] = (), test: tuple[str, ...] = ()) -> CameraRig:
    cameras = ring((0, 0, 0), 3.0, 4, Lens((40, 30), 0.6)).cameras
    return CameraRig("mine", cameras, val, test)


def test_a_rigs_cameras_are_rendered_in_its_order_and_with_its_splits(
    model: Path, tmp_path: Path
) -> None:
    mine = rig(("000001",), ("000002",))
    job = rendering.render(model, tmp_path / "set", Settings(), os.environ, mine)
    assert [step.folder for step in job.steps] == [job.folder] * 2 == [tmp_path / "set"] * 2
    planned = manifest.read(job.folder / "requests" / "assemble.json")
    assert [view.split for view in planned.views] == ["train", "val", "test", "train"]
    path = job.folder / "requests" / "render.json"
    asked = codec.read(RenderRequest, path.read_bytes(), path)
    assert [(view.name, view.size) for view in asked.views] == [
        (camera.name, (40, 30)) for camera in mine.cameras
    ]
    assert planned.source == model


def test_a_reconstruction_takes_a_rig_that_holds_something_out(model: Path, tmp_path: Path) -> None:
    how = PRESETS["draft"]
    job = plan.reconstruct(model, tmp_path / "out", Settings(), how, {}, rig(test=("000000",)))
    planned = manifest.read(job.folder / "requests" / "assemble.json")
    assert [view.split for view in planned.views] == ["test", "train", "train", "train"]
    with pytest.raises(SettingsError, match=r"no cameras to score with; wanted some .* --test 8"):
        plan.reconstruct(model, tmp_path / "out", Settings(), how, {}, rig())
    with pytest.raises(SettingsError, match="Leave the rig out"):
        plan.reconstruct(tmp_path, tmp_path / "out", Settings(), how, {}, rig(test=("000000",)))


def test_what_is_no_rig_or_no_obj_is_named(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--out", str(tmp_path / "set"), "--rig"]
    assert main(["render", str(model), *where, str(model)]) == FormatError.exit_code
    assert "model.obj:1: found" in capsys.readouterr().err
    assert main(["render", str(model), *where, str(tmp_path / "no")]) == FormatError.exit_code
    assert "no such file or directory; wanted a camera rig" in capsys.readouterr().err
    other = tmp_path / "model.glb"
    other.write_bytes(b"")
    with pytest.raises(FormatError, match=r"found a \.glb file; wanted one of \.obj\. Make an OBJ"):
        rendering.render(other, tmp_path / "set", Settings(), {})
    assert not (tmp_path / "set" / "job.json").exists()
