"""The transforms.json family: what is read, what is written, and what is refused."""

import json
from dataclasses import replace
from math import pi, tan
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from lightmould.errors import FormatError, SettingsError
from lightmould.formats.poses import transforms
from lightmould.formats.poses.transforms import Dialect
from lightmould.model import Camera, Poses, Shot
from lightmould.model.axes import Z_UP_FROM_Y_UP
from lightmould.model.distortion import Distortion, Fisheye, RadialTangential

GOLDEN = Path(__file__).parents[1] / "golden"
SOURCE = Path("t.json")
IDENTITY = np.eye(4).tolist()


def never(path: PurePosixPath) -> tuple[int, int]:
    raise AssertionError(f"asked for the size of {path}")


def golden(name: str, size: tuple[int, int] = (800, 800)) -> tuple[Shot, ...]:
    return transforms.read((GOLDEN / name).read_bytes(), GOLDEN / name, lambda _: size).shots


def file(*frames: dict[str, Any], **whole: Any) -> str:
    return json.dumps({"camera_angle_x": 1.0, "w": 64, "h": 48, **whole, "frames": list(frames)})


def frame(file_path: str = "a.png", **more: Any) -> dict[str, Any]:
    return {"file_path": file_path, "transform_matrix": IDENTITY, **more}


def seen(
    name: str = "000000",
    *,
    size: tuple[int, int] = (64, 48),
    focal: tuple[float, float] = (32.0, 32.0),
    center: tuple[float, float] = (32.0, 24.0),
) -> Shot:
    pose = np.eye(4)
    pose[:3, 3] = (1, 2, 3)
    return Shot(Camera(name, size, focal, center, pose), PurePosixPath(f"color/{name}.png"))


def test_a_nerf_synthetic_file_is_turned_upright() -> None:
    (one,) = golden("transforms_nerf.json")
    assert one.picture == PurePosixPath("train/r_0.png")
    assert one.camera.name == "r_0"
    assert one.camera.size == (800, 800)
    assert one.camera.center == (400.0, 400.0)
    assert one.camera.focal == pytest.approx((400 / tan(0.6911112070083618 / 2),) * 2)
    # (x, y, z) of the file is (x, z, -y) of ours.
    moved = [-0.05379832163453102, 1.2080823183059692, -3.845470428466797]
    assert one.camera.world_from_camera[:3, 3].tolist() == moved


def test_a_camera_of_nerf_synthetic_still_looks_at_the_middle() -> None:
    (one,) = golden("transforms_nerf.json")
    pose = one.camera.world_from_camera
    toward = -pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    np.testing.assert_allclose(-pose[:3, 2], toward, atol=1e-3)
    assert pose[1, 1] > 0.9  # up is up


def test_nerfstudio_s_frames_may_have_lenses_of_their_own() -> None:
    first, second = golden("transforms_nerfstudio.json")
    assert first.camera.focal == (1072.5, 1070.25)
    assert first.camera.center == (960.5, 540.25)
    assert first.camera.size == (1920, 1080)
    assert first.camera.world_from_camera[:3, 3].tolist() == [1, 3, 2]
    assert second.picture == PurePosixPath("images/frame_00002.jpeg")
    assert second.camera.focal == (500.0, 501.0)
    assert second.camera.size == (640, 480)


def test_the_size_is_asked_for_only_where_the_file_does_not_say_it() -> None:
    assert transforms.read(file(frame()), SOURCE, never).shots[0].camera.size == (64, 48)
    text = file(frame("sub/a.jpg"), w=None, h=None)
    asked: list[PurePosixPath] = []

    def size_of(path: PurePosixPath) -> tuple[int, int]:
        asked.append(path)
        return 10, 20

    assert transforms.read(text, SOURCE, size_of).shots[0].camera.center == (5.0, 10.0)
    assert asked == [PurePosixPath("sub/a.jpg")]


def test_both_angles_are_honored() -> None:
    (one,) = transforms.read(file(frame(), camera_angle_y=pi / 2), SOURCE, never).shots
    assert one.camera.focal == pytest.approx((32 / tan(0.5), 24.0))


def test_a_focal_length_wins_over_an_angle() -> None:
    (one,) = transforms.read(file(frame(), fl_x=50), SOURCE, never).shots
    assert one.camera.focal == (50.0, 50.0)


def test_pictures_of_one_name_in_two_folders_are_told_apart() -> None:
    text = file(frame("left/1.png"), frame("right/1.png"), frame("right/2.png"))
    frames = transforms.read(text, SOURCE, never).shots
    assert [one.camera.name for one in frames] == ["left_1", "right_1", "2"]


def test_models_of_lenses_without_distortion_are_pinholes() -> None:
    whole = {"camera_model": "OPENCV", "k1": 0, "k2": 0.0, "p1": 0, "is_fisheye": False}
    assert len(transforms.read(file(frame(), **whole), SOURCE, never).shots) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "t.json:1: found Expecting value; wanted JSON"),
        ("[]", "t.json: found []; wanted an object"),
        ("{}", "t.json: found frames null"),
        (file(), "t.json: found frames []"),
        (json.dumps({"frames": {}}), "t.json: found frames {}"),
        (file(frame(), 5), "t.json: frames[1]: found 5; wanted an object with a file_path"),
        (file({"transform_matrix": IDENTITY}), "t.json: frames[0]: found"),
        (file(frame(file_path=3)), "t.json: frames[0]: found"),
        (file({"file_path": "a.png"}), "frames[0].transform_matrix: found null"),
        (file(frame(transform_matrix="x")), 'transform_matrix: found "x"'),
        (file(frame(transform_matrix=IDENTITY[:3])), "found rows of [4, 4, 4] numbers; wanted 4"),
        (file(frame(transform_matrix=[[1, 2]])), "found rows of [2]"),
        (
            file(frame(transform_matrix=[*IDENTITY[:3], [0, 0, 0, "1"]])),
            'found "1"; wanted a finite number',
        ),
        (file(frame(transform_matrix=[*IDENTITY[:3], [0, 0, 0, True]])), "found true"),
        (file(frame(transform_matrix=[*IDENTITY[:3], [0, 0, 0, None]])), "found null"),
        (
            file(frame(transform_matrix=[*IDENTITY[:3], [0, 0, 0, 10**400]])),
            "wanted a finite number",
        ),
        (file(frame()).replace("1.0", "NaN"), "t.json: found NaN; wanted finite numbers"),
        (file(frame()).replace("1.0", "1e999"), "t.json: found 1e999"),
        (file(frame(transform_matrix=np.zeros((4, 4)).tolist())), "frames[0]: found scale, shear"),
        (file(frame(transform_matrix=np.diag([1, 1, -1, 1]).tolist())), "found scale, shear or a"),
        (file(frame(transform_matrix=np.diag([2, 2, 2, 1]).tolist())), "found scale, shear or a"),
        (file(frame(), frame()), "frames[1].file_path: found a.png as in t.json: frames[0]"),
        (file(frame("a_b/c.png"), frame("a/b_c.png"), frame("x/c.png"), frame("y/b_c.png")), "[1]"),
        (file(frame("/a.png")), "frames[0].file_path: found the path '/a.png'"),
        (file(frame("../a.png")), "frames[0].file_path: found the path '../a.png'"),
        (file(frame("C:\\a.png")), "frames[0].file_path: found the path"),
        (file(frame("\\\\srv\\a.png")), "frames[0].file_path: found the path"),
        (file(frame("http://x/a.png")), "frames[0].file_path: found the path"),
        (file(frame("a\0.png")), "frames[0].file_path: found the path"),
        (file(frame("")), "frames[0].file_path: found the path ''"),
        (file(frame("\ud800.png")), "frames[0].file_path: found"),
        (file(frame("ab:c.png")), "frames[0]: found that name"),
        (file(frame(), camera_model="FOV"), 'found camera_model "FOV"'),
        (file(frame(camera_model=3)), "found camera_model 3"),
        (file(frame(), is_fisheye=True, p1=0.1), "found p1 = 0.1; wanted a pinhole"),
        (file(frame(), ortho=True), "found ortho True; wanted a pinhole"),
        (file(frame(), k4=0.1, k6=-0.2), "found k4 = 0.1, k6 = -0.2; wanted a pinhole"),
        (file(frame(k5=1)), "frames[0]: found k5 = 1"),
        (file(frame(k1="0")), 'frames[0].k1: found "0"; wanted a finite number'),
        (file(frame(fl_x="50")), 'frames[0].fl_x: found "50"'),
        (file(frame(fl_x=0)), "frames[0]: found focal (0.0, 0.0)"),
        (file(frame(), camera_angle_x=None), "frames[0]: found neither fl_x nor camera_angle_x"),
        (file(frame(), camera_angle_x=45), "found camera_angle_x 45.0; wanted an angle between 0"),
        (file(frame(), camera_angle_x=0), "found camera_angle_x 0.0"),
        (file(frame(), w=64.5), "found w 64.5, h 48.0; wanted whole pixels"),
        (file(frame(), w=0), "found size (0, 48)"),
    ],
)
def test_bad_input_is_refused_with_its_frame(text: str, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        transforms.read(text, SOURCE, never)
    assert words in str(caught.value)
    assert caught.value.fix


def test_nerf_synthetic_is_written_as_in_the_golden_file() -> None:
    written = (GOLDEN / "transforms_written.json").read_text(encoding="utf-8")
    assert transforms.write(Poses((seen(),))) == written


def test_what_nvdiffrec_wants_is_in_the_file() -> None:
    data = json.loads(transforms.write(Poses((seen("000000"), seen("000001")))))
    assert data["camera_angle_x"] == pytest.approx(2 * np.arctan(64 / 2 / 32))
    assert [one["file_path"] for one in data["frames"]] == ["./color/000000", "./color/000001"]
    pose = np.array(data["frames"][0]["transform_matrix"])
    assert np.array_equal(pose, Z_UP_FROM_Y_UP @ seen().camera.world_from_camera)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            seen("b", center=(30.0, 24.0)),
            r"camera 'b': found center \(30.0, 24.0\); wanted \(32.0, 24.0\) for all",
        ),
        (seen("b", focal=(32.0, 33.0)), r"camera 'b': found focal \(32.0, 33.0\)"),
        (seen("b", focal=(31.0, 31.0)), r"camera 'b': found focal .* for all"),
        (seen("b", size=(65, 48)), r"camera 'b': found size \(65, 48\); wanted \(64, 48\) for all"),
        (replace(seen("b"), picture=PurePosixPath("b.exr")), "wanted a .png file"),
        (replace(seen("b"), picture=PurePosixPath("b.jpg.png")), "wanted a .png file"),
        (replace(seen("b"), picture=PurePosixPath("b[1].png")), "wanted a name without"),
        (replace(seen("b"), picture=PurePosixPath("../b.png")), "found the path"),
    ],
)
def test_nerf_synthetic_refuses_by_name_what_it_can_not_hold(other: Shot, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        transforms.write(Poses((seen(), other)))


def test_nerfstudio_holds_any_pinhole() -> None:
    odd = seen("b", size=(65, 50), focal=(31.0, 33.0), center=(30.0, 20.0))
    text = transforms.write(Poses((seen(), odd)), "nerfstudio")
    again = transforms.read(text, SOURCE, never).shots
    assert [one.picture for one in again] == [seen().picture, odd.picture]
    assert again[1].camera.focal == odd.camera.focal
    assert again[1].camera.center == odd.camera.center
    assert again[1].camera.size == odd.camera.size


@pytest.mark.parametrize("dialect", ["nerfstudio", "instant-ngp"])
@pytest.mark.parametrize(
    "lens", [RadialTangential(0.1, -0.2, 0.01, p1=1e-3, p2=2e-3), Fisheye(0.1)]
)
def test_a_lens_that_bends_is_written_and_read(dialect: Dialect, lens: Distortion) -> None:
    bent = seen()
    bent = replace(bent, camera=replace(bent.camera, distortion=lens))
    (again,) = transforms.read(transforms.write(Poses((bent,)), dialect), SOURCE, never).shots
    assert again.camera.distortion == lens
    with pytest.raises(SettingsError, match="wanted a pinhole"):
        transforms.write(Poses((bent,)))
