"""Damaged files of poses: one error of ours that says where, no traceback, no wrong camera."""

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from fakes.poses import FOLDER, apart

from lightmould.errors import FormatError, LightmouldError
from lightmould.formats.poses.format import Contents, Files
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera, Poses, Shot
from lightmould.model.distortion import RadialTangential

NAMES = [name for name in FORMATS if name != "usd" or find_spec("pxr") is not None]
TEXTS = [name for name in NAMES if name not in ("colmap-binary", "llff")]
PLACE = re.compile(
    r":\d+|: byte \d+|: row \d+|\[\d+\]|: \$|: \w+|: /|\.json|\.npy|\.xml|\.usda|poses"
)


def example(name: str) -> Poses:
    """Two cameras that the format holds, each with a picture."""
    holds = FORMATS[name].holds
    lens = RadialTangential(0.01) if "k1" in holds.terms else None
    shots = []
    for index in range(2):
        pose = np.eye(4)
        pose[:3, 3] = (index, 2, 3)
        camera = Camera(f"v{index}", (64, 48), (50.0, 50.0), (32.0, 24.0), pose, 0.1, 90.0, lens)
        shots.append(Shot(camera, PurePosixPath(f"v{index}.png")))
    return Poses(tuple(shots))


def read(name: str, files: Contents) -> Poses:
    return FORMATS[name].read(Files(FOLDER, files, lambda _: (64, 48)))


def refused(name: str, files: Contents) -> FormatError | None:
    """The error, or None if what is read are the same cameras as before."""
    try:
        again = read(name, files)
    except FormatError as error:
        caught = error
    else:
        assert len(again.shots) <= 2
        return None
    assert PLACE.search(caught.where), caught
    assert caught.found
    assert caught.fix
    return caught


def edited(files: Contents, change: Callable[[bytes], bytes]) -> Contents:
    return {path: change(data) for path, data in files.items()}


@pytest.mark.parametrize("name", TEXTS)
def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing(name: str) -> None:
    files = edited(FORMATS[name].write(example(name)), lambda data: data.replace(b"\n", b"\r\n"))
    assert apart(example(name), read(name, files)) < 1e-6
    if not any(path.suffix == ".npy" for path in files):
        files = edited(files, lambda data: b"\xef\xbb\xbf" + data)
        assert apart(example(name), read(name, files)) < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_short_is_refused_or_still_the_same_cameras(name: str) -> None:
    files = FORMATS[name].write(example(name))
    hits = 0
    for path, data in files.items():
        for share in (0.0, 0.1, 0.35, 0.6, 0.8, 0.95):
            cut = {**files, path: data[: int(len(data) * share)]}
            if refused(name, cut) is not None:
                hits += 1
                continue
            again = read(name, cut)
            whole = Poses(example(name).shots[: len(again.shots)])
            assert apart(whole, again) < 1e-6, path
    assert hits > 2


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "word", ["nan", "inf", "-1e999", "1e400", "x", "", "1_0", '"7"', "[]", "null"]
)
def test_a_number_that_is_none_is_refused_or_nobodys_number(name: str, word: str) -> None:
    files = FORMATS[name].write(example(name))
    rng = np.random.default_rng(0)
    for path, data in files.items():
        text = data.decode()
        spots = [match.span() for match in re.finditer(r"-?\d+\.\d+(e-?\d+)?", text)]
        for index in rng.choice(len(spots), min(4, len(spots)), replace=False) if spots else []:
            start, end = spots[index]
            harmed = (text[:start] + word + text[end:]).encode()
            refused(name, {**files, path: harmed})


@pytest.mark.parametrize("name", NAMES)
def test_damage_anywhere_is_an_error_of_ours_or_none(name: str) -> None:
    files = FORMATS[name].write(example(name))
    rng = np.random.default_rng(1)
    for path, data in files.items():
        for _ in range(15 if name != "usd" else 5):
            harmed = bytearray(data)
            for place in rng.integers(0, max(len(data), 1), 2) if data else ():
                harmed[place] = rng.integers(0, 256)
            refused(name, {**files, path: bytes(harmed)})


def _first(text: str, pattern: str, by: str, count: int = 1) -> bytes:
    assert re.search(pattern, text, re.DOTALL), pattern
    return re.sub(pattern, by, text, count=count, flags=re.DOTALL).encode()


ROTATIONS: dict[str, tuple[str, str, str, str]] = {
    # file, what stands there, a mirror, a scale
    "nerfstudio": ("transforms.json", r"(\[\s*)1\.0(,\s*0\.0)", r"\g<1>-1.0\2", r"\g<1>2.0\2"),
    "colmap": ("images.txt", r"^1 (\S+) (\S+)", "", r"1 3.0 \2"),
    "mvsnet": ("cams/00000000_cam.txt", r"extrinsic\n1\.0", "extrinsic\n-1.0", "extrinsic\n2.0"),
    "bundler": ("bundle.out", r"\n1\.0 0\.0 0\.0\n", "\n-1.0 0.0 0.0\n", "\n2.0 0.0 0.0\n"),
    "metashape": ("cameras.xml", r"<transform>1\.0", "<transform>-1.0", "<transform>2.0"),
    "meshroom": ("cameras.sfm", r'("rotation": \[\s*)"1\.0"', r'\1"-1.0"', r'\1"2.0"'),
    "open3d": ("trajectory.json", r'("extrinsic": \[\s*)1\.0', r"\g<1>-1.0", r"\g<1>2.0"),
    "lightmould": (
        "poses.json",
        r'("world_from_camera": \[\s*\[\s*)1\.0',
        r"\g<1>-1.0",
        r"\g<1>2.0",
    ),
    "opencv": ("extri.yml", r"(Rot_v0.*?data: \[ )1\.0", r"\g<1>-1.0", r"\g<1>2.0"),
}


@pytest.mark.parametrize("name", ROTATIONS)
def test_a_rotation_with_scale_or_a_mirror_is_refused(name: str) -> None:
    file, pattern, *harms = ROTATIONS[name]
    files = FORMATS[name].write(example(name))
    for by in filter(None, harms):
        harmed = {
            **files,
            PurePosixPath(file): _first(files[PurePosixPath(file)].decode(), pattern, by),
        }
        error = refused(name, harmed)
        assert error is not None, by
        assert re.search("scale, shear or a mirror|length|another rotation", str(error)), error


@pytest.mark.parametrize(
    "name", ["nerfstudio", "colmap", "colmap-binary", "bundler", "meshroom", "realitycapture"]
)
@pytest.mark.parametrize(
    "path", ["../secret.png", "a/../../b.png", "..\\b.png", "file://x/a.png", "a\0b.png", ""]
)
def test_a_picture_outside_its_folder_is_refused_or_cut_to_its_name(name: str, path: str) -> None:
    files = edited(
        FORMATS[name].write(example(name)), lambda data: data.replace(b"v0.png", path.encode())
    )
    assert refused(name, files) is not None


@pytest.mark.parametrize("name", [name for name in TEXTS if FORMATS[name].holds.names])
def test_the_same_picture_twice_is_refused(name: str) -> None:
    files = edited(FORMATS[name].write(example(name)), lambda data: data.replace(b"v1", b"v0"))
    assert refused(name, files) is not None


@pytest.mark.parametrize(
    ("name", "file", "change", "words"),
    [
        (
            "colmap",
            "cameras.txt",
            lambda t: t.replace("OPENCV", "FOV"),
            r"cameras\.txt:1: .*numbers",
        ),
        (
            "colmap",
            "cameras.txt",
            lambda t: t.replace("OPENCV", "NONE"),
            "camera model NONE; wanted",
        ),
        ("colmap", "cameras.txt", lambda t: t + t, r"cameras\.txt:2: found the id 1 as in"),
        ("colmap", "images.txt", lambda t: t.replace(" 1 v0.png", " 7 v0.png"), "found camera 7"),
        (
            "colmap",
            "images.txt",
            lambda t: t.replace("\n\n", "\n1 2\n", 1),
            "2 numbers; wanted x, y",
        ),
        ("bundler", "list.txt", lambda t: t.replace("v1", "v0"), r"list\.txt:2: found v0"),
        ("bundler", "list.txt", lambda t: t + "v2.png\n", "found 3 pictures; wanted 2"),
        ("metashape", "cameras.xml", lambda t: t.replace("<f>50.0</f>", ""), "found focal"),
        ("metashape", "cameras.xml", lambda t: t.replace('"frame"', '"spherical"'), "a spherical"),
        (
            "metashape",
            "cameras.xml",
            lambda t: "<!DOCTYPE a>" + t[38:],
            r":1: found a document type",
        ),
        ("metashape", "cameras.xml", lambda t: t.replace("</k1>", "</k1><b2>3</b2>"), "skew b2"),
        (
            "realitycapture",
            "cameras.csv",
            lambda t: t.replace("0.0\n", "0.5\n"),
            r":2: found t2 = 0\.5",
        ),
        ("realitycapture", "cameras.csv", lambda t: t.replace("pitch", "tilt"), "found columns"),
        ("realitycapture", "cameras.csv", lambda t: t.replace("v0.png,", ""), ":2: found 15 cells"),
        ("meshroom", "cameras.sfm", lambda t: t.replace('"2",', '"3",'), r"version \(1, 3, 0\)"),
        ("meshroom", "cameras.sfm", lambda t: t.replace('"brown"', '"odd"'), 'the lens "odd"'),
        ("mvsnet", "cams/00000001_cam.txt", lambda t: t + "1 2\n", "11 lines that are not empty"),
        ("opencv", "intri.yml", lambda t: t.replace("K_v1", "K v1"), r"intri\.yml:\d+: found K v1"),
        ("opencv", "intri.yml", lambda t: t.replace("cols: 3", "cols: 4", 1), "9 words"),
        ("opencv", "extri.yml", lambda t: t.replace("Rot_v0", "Q_v0"), None),
        (
            "nerfstudio",
            "transforms.json",
            lambda t: t.replace('"frames"', '"frame"'),
            "frames null",
        ),
        ("open3d", "trajectory.json", lambda t: t.replace("Trajectory", "Path"), "class_name"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    name: str, file: str, change: Callable[[str], str], words: str | None
) -> None:
    files = FORMATS[name].write(example(name))
    text = files[PurePosixPath(file)].decode()
    assert change(text) != text
    error = refused(name, {**files, PurePosixPath(file): change(text).encode()})
    if words is not None:
        assert error is not None
        assert re.search(words, str(error)), error


def test_frames_that_contradict_the_images_are_refused_and_others_read() -> None:
    files = FORMATS["colmap"].write(example("colmap"))
    rigs = b"# rigs\n1 1 CAMERA 1\n"
    lines = files[PurePosixPath("images.txt")].decode().splitlines()[::2]
    frames = "".join(
        f"{index} 1 {' '.join(line.split()[1:8])} 1 CAMERA 1 {index}\n"
        for index, line in enumerate(lines, 1)
    )
    both = {**files, PurePosixPath("rigs.txt"): rigs, PurePosixPath("frames.txt"): frames.encode()}
    assert apart(example("colmap"), read("colmap", both)) < 1e-9
    moved = frames.replace("CAMERA 1 2", "CAMERA 1 1").encode()
    error = refused("colmap", {**both, PurePosixPath("frames.txt"): moved})
    assert error is not None
    assert "image 1 elsewhere than" in str(error)


def test_every_error_is_one_of_ours() -> None:
    assert issubclass(FormatError, LightmouldError)
    assert Path(FOLDER) == Path("poses")


def test_bundlers_list_tells_names_with_and_without_focal_lengths() -> None:
    poses = example("bundler")
    shots = tuple(
        replace(shot, picture=PurePosixPath(name))
        for shot, name in zip(poses.shots, ("take 0 b.png", "plain.png"), strict=True)
    )
    files = FORMATS["bundler"].write(Poses(shots))
    files[PurePosixPath("list.txt")] = b"take 0 b.png\nplain.png 0 532.14\n"
    again = read("bundler", files)
    assert [str(shot.picture) for shot in again.shots] == ["take 0 b.png", "plain.png"]
