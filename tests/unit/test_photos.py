"""Folders of photos and poses: what is found in them, what becomes of it, what is refused."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from lightmould.dataset import hull, images, manifest, photos, poses, settle, straighten
from lightmould.dataset.intake import Intake, take_in
from lightmould.errors import DatasetError, FormatError, LightmouldError
from lightmould.formats import codec, events
from lightmould.formats.files import write_atomically
from lightmould.formats.poses import transforms
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Dataset, Poses, Progress, Shot, View, Warned, Wrote
from lightmould.model.arrays import Floats
from lightmould.model.camera import project
from lightmould.model.distortion import RadialTangential
from lightmould.rigs import Lens, ring

SIZE = (16, 12)
CAMERAS = ring((0, 0, 0), 3, 10, Lens(SIZE, 0.7)).cameras


def disc(radius: float = 4.0, size: tuple[int, int] = SIZE) -> images.Pixels:
    """(H, W, 1) white inside a circle."""
    y, x = np.indices(size[::-1]) + 0.5
    inside = np.hypot(x - size[0] / 2, y - size[1] / 2) < radius
    return inside[..., None].astype(np.float32)


def colored(seed: int, size: tuple[int, int] = SIZE) -> images.Pixels:
    """(H, W, 3) noise in whole steps of 8 bits."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, 256, (*size[::-1], 3)) / 255).astype(np.float32)


def encode(path: Path, pixels: images.Pixels, **attributes: Any) -> Path:
    """A picture as other programs write it, 8 bits, with whatever attributes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = OpenImageIO.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "uint8")
    for name, value in attributes.items():
        spec.attribute(name, value)
    target = OpenImageIO.ImageOutput.create(str(path))
    assert target.open(str(path), spec)
    assert target.write_image(np.rint(pixels * 255).astype(np.uint8))
    assert target.close()
    return path


def write_poses(folder: Path, count: int = 10, size: tuple[int, int] = SIZE) -> None:
    scale = size[0] / SIZE[0]
    rows = []
    for camera in CAMERAS[:count]:
        right, up, backward, place = camera.world_from_camera[:3].T
        lens = (size[1], size[0], camera.focal[0] * scale)
        matrix = np.stack([-up, right, backward, place, lens], axis=1)
        rows.append([*matrix.ravel(), 1.0, 9.0])
    np.save(folder / "poses_bounds.npy", np.array(rows))


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """Ten pictures and masks in LLFF's form, with names that are no numbers."""
    folder = tmp_path / "un tête #1"
    for index in range(10):
        name = f"DSC {index:02d}"
        encode(folder / "images" / f"{name}.png", colored(index))
        encode(folder / "masks" / f"{name}.png", disc())
    write_poses(folder)
    return folder


@pytest.fixture
def chair(tmp_path: Path) -> Path:
    """Three pictures to learn from and two to score with, in NeRF-synthetic's form."""
    folder = tmp_path / "chair"
    for split, cameras in (("train", CAMERAS[:3]), ("test", CAMERAS[3:5])):
        frames = []
        for index, camera in enumerate(cameras):
            path = PurePosixPath(split, f"r_{index}.png")
            images.write_png(folder / path, np.concatenate([colored(index), disc()], axis=2))
            frames.append(Shot(camera, path))
        text = transforms.write(Poses(tuple(frames)))
        write_atomically(folder / f"transforms_{split}.json", text)
    return folder


def imported(folder: Path, longest_side: int = 1024) -> Dataset:
    out = folder.parent / "out" / "dataset"
    for event in take_in(Intake(photos.find(folder), longest_side), out):
        assert isinstance(event, Progress | Wrote)
    dataset = manifest.read(out / manifest.NAME)
    manifest.verify(dataset)
    assert len(dataset.hashes) == sum(len(view.paths) for view in dataset.views)
    return dataset


def in_source(dataset: Dataset, view: View) -> Floats:
    """A camera's pose in the coordinates of the poses that it was read from."""
    pose = view.camera.world_from_camera.copy()
    pose[:3, 3] = dataset.placement.in_source(pose[None, :3, 3])[0]
    return pose


def edit(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_nerf_synthetics_files_say_what_is_held_out_and_names_become_unique(chair: Path) -> None:
    dataset = imported(chair)
    assert [(view.camera.name, view.split) for view in dataset.views] == [
        ("train_r_0", "train"), ("train_r_1", "train"), ("r_2", "train"),
        ("test_r_0", "test"), ("test_r_1", "test"),
    ]  # fmt: skip
    assert dataset.views[0].color == PurePosixPath("color/train_r_0.png")
    assert dataset.views[0].mask is None
    assert dataset.up_axis == "y"


def test_nerf_synthetics_cameras_stand_upright_in_our_world(chair: Path) -> None:
    dataset = imported(chair)
    for view, camera in zip(dataset.views, CAMERAS, strict=False):
        np.testing.assert_allclose(in_source(dataset, view), camera.world_from_camera, atol=1e-12)
        assert view.camera.focal == pytest.approx(camera.focal)


def test_the_validation_pictures_score_where_there_are_no_others(chair: Path) -> None:
    (chair / "transforms_test.json").rename(chair / "transforms_val.json")
    assert len(imported(chair).of("test")) == 2


@pytest.mark.parametrize("name", ["transforms.json", "transforms_train.json"])
def test_one_file_alone_holds_out_every_eighth_by_name(chair: Path, name: str) -> None:
    (chair / "transforms_test.json").unlink()
    (chair / "transforms_train.json").rename(chair / name)
    edit(chair / name, lambda data: data["frames"].reverse())
    dataset = imported(chair)
    assert [(view.camera.name, view.split) for view in dataset.views] == [
        ("r_2", "train"), ("r_1", "train"), ("r_0", "test"),
    ]  # fmt: skip


def test_llff_pairs_rows_and_masks_with_pictures_by_name_and_holds_out_every_eighth(
    head: Path,
) -> None:
    dataset = imported(head)
    assert [view.camera.name for view in dataset.of("test")] == ["DSC 00", "DSC 08"]
    assert len(dataset.of("train")) == 8
    assert dataset.up_axis == "unknown"
    for view, camera in zip(dataset.views, CAMERAS, strict=True):
        assert str(view.mask) == f"mask/{view.camera.name}.png"
        np.testing.assert_allclose(in_source(dataset, view), camera.world_from_camera, atol=1e-12)
        assert view.camera.focal == pytest.approx(camera.focal)


def test_pictures_are_copied_byte_for_byte(head: Path, chair: Path) -> None:
    for folder, name in ((head, "images/DSC 03.png"), (chair, "train/r_2.png")):
        dataset = imported(folder)
        view = next(view for view in dataset.views if name.endswith(f"{view.camera.name}.png"))
        assert (dataset.folder / view.color).read_bytes() == (folder / name).read_bytes()


def test_llffs_lens_is_scaled_where_the_pictures_were(head: Path) -> None:
    write_poses(head, size=(SIZE[0] * 8, SIZE[1] * 8))
    for view, camera in zip(imported(head).views, CAMERAS, strict=True):
        assert view.camera.size == SIZE
        assert view.camera.focal == pytest.approx(camera.focal)
        assert view.camera.center == pytest.approx(camera.center)


def test_a_size_that_was_rounded_is_a_scale_of_its_own_along_each_axis(head: Path) -> None:
    write_poses(head, size=(SIZE[0] * 8, SIZE[1] * 8 + 3))
    camera = imported(head).views[0].camera
    assert camera.center == pytest.approx((8, 6))
    assert camera.focal[1] / camera.focal[0] == pytest.approx(96 / 99)


def test_masks_of_other_names_belong_by_their_order(head: Path) -> None:
    for index, path in enumerate(sorted((head / "masks").iterdir())):
        path.rename(path.with_name(f"mask{index}.png"))
    dataset = imported(head)
    assert dataset.views[3].mask == PurePosixPath("mask/DSC 03.png")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mask_may_be_gray_or_rgb_and_jpegs_noise_is_taken_out(head: Path, channels: int) -> None:
    big = (64, 48)
    for index, path in enumerate(sorted((head / "masks").iterdir())):
        path.unlink()
        white = np.repeat(disc(15, big), channels, axis=2)
        encode(path.with_suffix(".JPG"), white, Compression="jpeg:75")
        encode(head / "images" / path.name, colored(index, big))
    write_poses(head, size=big)
    dataset = imported(head)
    made = images.read(dataset.folder / str(dataset.views[0].mask), 1)
    raw = images.read(head / "masks" / "DSC 00.JPG", 3)[..., :1]
    far = np.hypot(*(np.indices(big[::-1]) - [[[23.5]], [[31.5]]])) > 20
    assert raw[far].max() > 0
    assert made[far].max() == 0
    assert ((made > 0.5) == (raw > 0.5)).all()


def test_sixteen_bits_are_sixteen_bits(chair: Path) -> None:
    for path in (chair / "train").iterdir():
        images.write_png(path, np.concatenate([colored(0) / 3, disc()], axis=2), bits=16)
    dataset = imported(chair)
    read = images.read(dataset.folder / dataset.views[0].color, 4)
    np.testing.assert_allclose(read[..., :3], colored(0) / 3, atol=2e-5)


def test_what_is_too_long_is_made_smaller_by_a_whole_factor_in_linear_light(head: Path) -> None:
    checked = np.indices(SIZE[::-1]).sum(axis=0)[..., None] % 2 * np.ones(3, np.float32)
    for path in (head / "images").iterdir():
        encode(path, checked.astype(np.float32))
    dataset = imported(head, longest_side=15)
    view = dataset.views[0]
    assert view.camera.size == (8, 6)
    assert view.camera.center == (4, 3)
    assert view.camera.focal == pytest.approx(np.array(CAMERAS[0].focal) / 2)
    read = images.read(dataset.folder / view.color, 3)
    np.testing.assert_allclose(read, 0.7354, atol=0.003)  # half the light, as sRGB has it
    assert images.read(dataset.folder / str(view.mask), 1).shape == (6, 8, 1)


def test_a_cut_out_that_is_made_smaller_keeps_the_color_of_what_it_covers(chair: Path) -> None:
    white = np.concatenate([disc() * np.ones(3, np.float32), disc()], axis=2)
    for path in (*(chair / "train").iterdir(), *(chair / "test").iterdir()):
        images.write_png(path, white)
    dataset = imported(chair, longest_side=4)
    read = images.read(dataset.folder / dataset.views[0].color, 4)
    partly = (read[..., 3] > 0) & (read[..., 3] < 1)
    assert partly.any()
    np.testing.assert_allclose(read[partly][:, :3], 1)


def test_masks_that_nerfstudio_names_are_found(chair: Path) -> None:
    encode(chair / "masks" / "2.png", disc())
    encode(chair / "train" / "r_2.png", colored(2))
    path = chair / "transforms_train.json"
    edit(path, lambda data: data["frames"][2].update(mask_path="masks/2"))
    assert imported(chair).views[2].mask == PurePosixPath("mask/r_2.png")


def remove(path: Path) -> Any:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def rename(path: Path, name: str) -> Any:
    path.rename(path.with_name(name))


def link_out(path: Path) -> Any:
    path.rename(path.parents[2] / "elsewhere.png")
    path.symlink_to(path.parents[2] / "elsewhere.png")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: remove(f / "masks/DSC 03.png"), "masks: found 9 masks; wanted 10, one a"),
        (lambda f: rename(f / "masks/DSC 03.png", "x.png"), "no mask named like DSC 03.png"),
        (lambda f: remove(f / "masks"), r"images/DSC 00\.png: found neither alpha nor a mask"),
        (lambda f: remove(f / "images"), "images: found no such file or directory"),
        (lambda f: write_poses(f, 9), r"images: found 10 pictures; wanted 9, as in .*bounds\.npy"),
        (lambda f: encode(f / "images/a b.png", colored(1)), "11 pictures; wanted 10, as in"),
        (lambda f: rename(f / "images/DSC 03.png", "DSC 04.JPG"), "DSC 04.JPG, DSC 04.png; wanted"),
        (lambda f: link_out(f / "images/DSC 03.png"), "DSC 03.png: found a link to .*elsewhere"),
        (lambda f: write_poses(f, 10, (16, 16)), r"00\.png: found a picture of 16x12 .* 16x16, or"),
        (
            lambda f: encode(f / "images/DSC 03.png", colored(1, (16, 13))),
            r"DSC 03\.png: found a mask of 16x12 pixels; wanted 16x13|a picture of 16x13",
        ),
        (
            lambda f: encode(f / "masks/DSC 03.png", disc(size=(8, 6))),
            r"masks/DSC 03\.png: found a mask of 8x6 pixels; wanted 16x12",
        ),
        (lambda f: encode(f / "masks/DSC 03.png", disc(0)), "an empty mask, 0 of 255 where it"),
        (lambda f: encode(f / "masks/DSC 03.png", disc() / 255), "an empty mask, 1 of 255"),
        (lambda f: encode(f / "masks/DSC 03.png", colored(1)), "a mask in color; wanted a mask in"),
        (
            lambda f: encode(f / "masks/DSC 03.png", np.repeat(disc(), 4, axis=2)),
            "a mask with alpha; wanted a mask in black and white",
        ),
        (
            lambda f: encode(f / "images/DSC 03.png", np.ones((12, 16, 4), np.float32)),
            "alpha that is opaque everywhere",
        ),
        (
            lambda f: encode(
                rename(f / "images/DSC 03.png", "DSC 03.jpg") or f / "images/DSC 03.jpg",
                colored(3),
                Orientation=6,
            ),
            r"DSC 03\.jpg: found a picture that EXIF says is to be turned \(orientation 6\)",
        ),
    ],
)
def test_photos_that_do_not_belong_together_are_refused_by_name(
    head: Path, harm: Callable[[Path], object], words: str
) -> None:
    harm(head)
    with pytest.raises(DatasetError, match=words):
        imported(head)
    assert not (head.parent / "out" / "dataset" / manifest.NAME).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["frames"][1].update(file_path="train/none"), r"none\.png: found no file"),
        (lambda d: d["frames"][1].update(file_path="../x"), r"frames\[1\].* found the path"),
        (lambda d: d["frames"][1].update(file_path="test/r_0"), "picture test_r_0 both to learn"),
        (lambda d: d["frames"][1].update(mask_path=7), r"frames\[1\]: .*with a mask_path"),
        (lambda d: d["frames"][1]["transform_matrix"][0].__setitem__(3, 1e999), "found .*Infinity"),
        (lambda d: d["frames"][1]["transform_matrix"][0].__setitem__(0, 3), "scale, shear"),
        (lambda d: d.update(w=32, h=30), r"r_0\.png: found a picture of 16x12 .* wanted 32x30, or"),
        (lambda d: d.update(k5=0.1), r"k5 = 0\.1; wanted a pinhole"),
    ],
)
def test_poses_that_do_not_fit_the_pictures_are_refused(
    chair: Path, change: Callable[[Any], object], words: str
) -> None:
    edit(chair / "transforms_train.json", change)
    with pytest.raises(LightmouldError, match=words):
        imported(chair)


def test_floating_point_and_damaged_pictures_are_refused(chair: Path) -> None:
    images.write_exr(chair / "train" / "r_1.exr", colored(1))
    edit(
        chair / "transforms_train.json",
        lambda data: data["frames"][1].update(file_path="train/r_1.exr"),
    )
    with pytest.raises(DatasetError, match=r"r_1\.exr: found floating point numbers"):
        imported(chair)
    edit(chair / "transforms_train.json", lambda data: data["frames"].pop(1))
    (chair / "train" / "r_0.png").write_bytes((chair / "train" / "r_0.png").read_bytes()[:90])
    with pytest.raises(FormatError, match=r"r_0\.png: found"):
        imported(chair)


def test_a_folder_without_poses_is_told_what_it_might_hold(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(
        DatasetError, match=r"no manifest\.json and no file of poses; wanted a dataset"
    ):
        photos.find(tmp_path)


def test_a_folder_that_changes_between_plan_and_import_is_noticed(chair: Path) -> None:
    found = photos.find(chair)
    edit(chair / "transforms_train.json", lambda data: data["frames"].pop())
    with pytest.raises(DatasetError, match="found other pictures than it had"):
        list(take_in(Intake(found, 1024), chair.parent / "out"))


def test_the_program_imports_and_says_what_it_wrote(head: Path) -> None:
    request, out = head.parent / "import.json", head.parent / "out"
    request.write_text(codec.write(Intake(photos.find(head), 1024)))
    argv = [sys.executable, "-m", "lightmould.dataset", "import", request, out]
    done = subprocess.run(argv, capture_output=True, check=False, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    said = [events.parse(line) for line in done.stdout.splitlines()]
    wrote = {event.path for event in said if isinstance(event, Wrote)}
    assert wrote == {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert said[-1] == Wrote(manifest.NAME, "manifest")
    remove(head / "masks" / "DSC 07.png")
    done = subprocess.run(argv, capture_output=True, check=False, text=True, encoding="utf-8")
    assert done.returncode == FormatError.exit_code
    assert "DSC 07.png: found no file" in str(events.parse(done.stdout.splitlines()[-1]))


BENT = RadialTangential(-0.3, 0.1, p1=0.01)


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """Ten pictures in COLMAP's form, of a lens that bends, masks beside them; far away and big."""
    folder = tmp_path / "sparse things"
    shots = []
    for index, camera in enumerate(CAMERAS):
        pose = camera.world_from_camera.copy()
        pose[:3, 3] = 40 * pose[:3, 3] + (1000, 2000, -500)
        path = PurePosixPath(f"a {index}.jpg")
        shots.append(Shot(replace(camera, world_from_camera=pose, distortion=BENT), path))
        encode(folder / "images" / path, colored(index))
        encode(folder / "images" / f"a {index}.mask.png", disc(3))
    files = FORMATS["colmap-binary"].write(Poses(tuple(shots)))
    poses.write(files, folder / "sparse" / "0")
    return folder


def test_any_format_of_poses_will_do_and_the_world_is_settled_on_the_hull(sparse: Path) -> None:
    dataset = imported(sparse)
    assert [view.camera.name for view in dataset.of("test")] == ["a 0", "a 8"]
    assert dataset.up_axis == "unknown"
    assert dataset.placement.offset == pytest.approx((1000, 2000, -500), abs=3)
    found = hull.carve(settle.silhouettes_of(dataset), 32)
    assert found is not None
    low, high = found.bounds
    assert abs(high + low).max() < 0.2
    assert (high - low).max() == pytest.approx(2, abs=0.2)
    for view, camera in zip(dataset.views, CAMERAS, strict=True):
        place = 40 * camera.world_from_camera[:3, 3] + (1000, 2000, -500)
        np.testing.assert_allclose(in_source(dataset, view)[:3, 3], place)
        assert view.camera.near < np.linalg.norm(view.camera.world_from_camera[:3, 3]) - 1
    told = poses.read(poses.find(dataset.folder), lambda _: SIZE)
    for shot, view in zip(told.shots, dataset.views, strict=True):
        np.testing.assert_allclose(shot.camera.world_from_camera, in_source(dataset, view))


def test_pictures_of_a_lens_that_bends_are_straightened(sparse: Path) -> None:
    big = (160, 120)
    camera = replace(CAMERAS[0], size=big, focal=(150.0, 150.0), center=(80.0, 60.0))
    bent, points = replace(camera, distortion=BENT), np.array([[0.25, 0.3, 0.2], [-0.4, 0.2, 0.1]])
    picture = np.zeros((*big[::-1], 1), np.float32)
    for x, y in project(bent, points):
        columns, rows = np.meshgrid(np.arange(160) + 0.5, np.arange(120) + 0.5)
        picture[..., 0] += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)
    straightened = straighten.retaken(picture, bent, straighten.straight(bent))
    for x, y in project(camera, points):
        assert straightened[int(y), int(x), 0] > 0.8
    dataset = imported(sparse)
    assert all(view.camera.distortion is None for view in dataset.views)
    assert dataset.views[0].color.suffix == ".png"


def test_what_too_few_masks_agree_on_is_left_where_it_is_and_said(head: Path) -> None:
    for index, path in enumerate(sorted((head / "masks").iterdir())):
        corner = disc(2)
        encode(path, np.roll(corner, (4, 6) if index % 2 else (-4, -6), axis=(0, 1)))
    out = head.parent / "out"
    events = list(take_in(Intake(photos.find(head), 1024), out))
    assert any(isinstance(one, Warned) and "poses check" in one.message for one in events)
    assert manifest.read(out / manifest.NAME).placement.scale == 1
