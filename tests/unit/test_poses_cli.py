"""`lightmould poses`: from files to files, and a look at a folder of photos."""

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from fakes.poses import apart

from lightmould.cli import main
from lightmould.dataset import agreement, images, poses
from lightmould.formats.files import write_atomically
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera, Poses, Shot
from lightmould.model.camera import project
from lightmould.model.distortion import RadialTangential
from lightmould.rigs import Lens, ring

ROOT = Path(__file__).parents[2]
HEAD = Path(__file__).parents[3] / "shared" / "data" / "ethiopian_head_512"
SIZE = (48, 40)
BENT = RadialTangential(-0.2, 0.05)


def ball(camera: Camera) -> images.Pixels:
    """A picture of a ball about (0.2, 0, 0), cut out."""
    points = np.random.default_rng(0).normal(size=(40000, 3))
    points *= (np.random.default_rng(1).uniform(size=(40000, 1)) ** (1 / 3)) / np.linalg.norm(
        points, axis=1, keepdims=True
    )
    pixels = project(camera, 0.5 * points + (0.2, 0, 0)).astype(int)
    picture = np.zeros((SIZE[1], SIZE[0], 4), np.float32)
    inside = ((pixels >= 0) & (pixels < SIZE)).all(axis=1)
    picture[pixels[inside, 1], pixels[inside, 0]] = 1
    return picture


def shots(lens: RadialTangential | None) -> Poses:
    cameras = ring((0, 0, 0), 3, 12, Lens(SIZE, 0.7)).cameras
    return Poses(
        tuple(
            Shot(replace(camera, distortion=lens), PurePosixPath(f"{camera.name}.png"))
            for camera in cameras
        )
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures of a ball through a lens that bends, in COLMAP's form."""
    told = shots(BENT)
    for shot in told.shots:
        picture, name = ball(shot.camera), shot.camera.name
        images.write_png(tmp_path / "in" / "images" / f"{name}.png", picture)
        images.write_png(tmp_path / "in" / "masks" / f"{name}.png", picture[..., 3:])
    poses.write(FORMATS["colmap"].write(told), tmp_path / "in" / "sparse" / "0")
    return tmp_path / "in"


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def test_poses_are_converted_and_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "out dir"
    assert run("poses", "convert", folder, out, "--to", "meshroom") == 0
    assert capsys.readouterr().out.splitlines() == [str(out / "cameras.sfm")]
    back = folder.parent / "back"
    assert run("poses", "convert", out / "cameras.sfm", back, "--to", "colmap-binary") == 0
    found = poses.find(back)
    assert found.format == "colmap-binary"
    assert apart(poses.read(found, lambda _: SIZE), shots(BENT)) < 1e-9


def test_what_the_format_can_not_hold_is_refused_and_nothing_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder.parent / "out"
    assert run("poses", "convert", folder, out, "--to", "llff") == 4
    said = capsys.readouterr().err
    assert "camera '000000': found distortion (k1 -0.2, k2 0.05); wanted a pinhole" in said
    assert "--undistort" in said
    assert not out.exists()
    assert run("poses", "convert", folder, out, "--to", "betamax") == 4
    assert "wanted one of lightmould" in capsys.readouterr().err
    assert run("poses", "convert", folder / "images", out, "--to", "llff") == 5
    assert "no file of poses" in capsys.readouterr().err


def test_undistorted_pictures_come_with_the_poses_and_fit_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder.parent / "out"
    assert run("poses", "convert", folder, out, "--to", "llff", "--undistort") == 0
    assert "left out: The pictures' names" in capsys.readouterr().err
    assert len(list((out / "images").iterdir())) == 12
    alpha = images.read(out / "images" / "000003.png", 4)[..., 3]
    mask = images.read(out / "masks" / "000003.png", 1)[..., 0]
    np.testing.assert_allclose(mask, alpha, atol=0.01)
    subject = agreement.subject_of(out)
    straight = [replace(one, distortion=None) for one in shots(BENT).cameras]
    for mask, camera in zip(subject.silhouettes.masks, straight, strict=True):
        true = ball(camera)[..., 3] > 0
        assert (mask & true).sum() / (mask | true).sum() > 0.85


def test_a_check_tells_right_from_wrong_and_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("poses", "check", folder) == 0
    said = capsys.readouterr().out
    assert "views   12" in said
    assert "belong together" in said
    path = folder / "sparse" / "0" / "images.txt"
    lines = path.read_text().splitlines()
    for index in range(0, len(lines), 2):  # world_from_camera where camera_from_world belongs
        number, *pose, lens, name = lines[index].split()
        camera = shots(None).cameras[index // 2]
        pose[4:] = [repr(float(x)) for x in camera.world_from_camera[:3, 3]]
        pose[1:4] = [repr(-float(x)) for x in pose[1:4]]
        lines[index] = " ".join([number, *pose, lens, name])
    write_atomically(path, "\n".join(lines) + "\n")
    assert run("poses", "check", folder, "--json") == 1
    summary = json.loads(capsys.readouterr().out)
    assert summary["fault"] == "inverse"
    assert summary["hull_median"] < 0.5
    assert "camera_from_world" in summary["found"]


def test_the_real_photos_go_to_colmap_and_transforms_and_back(tmp_path: Path) -> None:
    if not HEAD.is_dir():
        pytest.skip("no real photos: ethiopian_head_512 is not beside this repository")
    first = poses.read(poses.find(HEAD), lambda _: (512, 512))
    source: Path = HEAD
    for name in ("colmap", "nerf-synthetic", "colmap-binary", "nerfstudio", "llff"):
        assert run("poses", "convert", source, tmp_path / name, "--to", name) == 0
        source = tmp_path / name
        again = poses.read(poses.find(source), lambda _: (512, 512))
        assert len(again.shots) == 66
        assert apart(first, again) < 1e-6
