"""Captured sequences: what lies on disk, what is kept, what starts anew."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightmould import cli
from lightmould.capture import encoding, sequence
from lightmould.capture.encoding import Coding
from lightmould.capture.frame import OUTPUTS, Output
from lightmould.capture.renderer import Renderer
from lightmould.capture.scene import Scene, Shape
from lightmould.dataset import images
from lightmould.errors import JobError, SettingsError
from lightmould.formats import codec, obj, ply, png
from lightmould.formats.poses import open3d
from lightmould.model import CameraRig, Mesh, Poses, Shot
from lightmould.model.distortion import Fisheye
from lightmould.rigs import Lens, ring

SHEET = Mesh(
    np.array([(-1, -1, 0), (1, -1, 0.2), (1, 1, 0), (-1, 1, 0.4)], float),
    np.array([(0, 1, 2), (0, 2, 3)]),
    np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float),
    np.array([(0, 1, 2), (0, 2, 3)]),
)
RIG = ring((0, 0, 0), 3.0, 4, Lens((32, 24), 0.9))


def captured(
    folder: Path, outputs: Sequence[Output] = OUTPUTS, coding: Coding | None = None
) -> tuple[sequence.Manifest, list[tuple[int, bool]]]:
    renderer = Renderer(Scene((Shape("sheet", SHEET),)), outputs)
    request = sequence.Request(
        "1", renderer.digest, RIG.cameras, tuple(outputs), coding=coding or Coding()
    )
    said: list[tuple[int, bool]] = []
    told = lambda index, kept: said.append((index, kept))  # noqa: E731
    return sequence.capture(renderer, request, folder, told), sorted(said)


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}


def test_files_hold_what_the_renderer_saw(tmp_path: Path) -> None:
    manifest, _ = captured(tmp_path)
    frame = Renderer(Scene((Shape("sheet", SHEET),)), OUTPUTS).render(RIG.cameras[1])
    color = images.read(tmp_path / "image/00001.png", 3)
    assert np.array_equal(np.rint(color * 255), frame.color)
    depth = np.rint(images.read_as_is(tmp_path / "depth/00001.png")[..., 0] * 65535)
    seen = frame.id > 0
    assert seen.any()
    assert not seen.all()
    assert np.abs(depth[seen] - frame.depth[seen] * 1000).max() <= 0.5 + 1e-3
    assert (depth[~seen] == 0).all()
    normal = np.rint(images.read(tmp_path / "normal/00001.png", 3) * 255)
    assert np.abs(normal[seen] / 127.5 - 1 - frame.normal[seen]).max() <= 0.5 / 127.5 + 1e-6
    assert (normal[~seen] == 0).all()
    assert np.array_equal(np.load(tmp_path / "uv/00001.npy"), frame.uv, equal_nan=True)
    number = np.rint(images.read_as_is(tmp_path / "id/00001.png")[..., 0] * 65535)
    assert np.array_equal(number, frame.id)
    for path, known in manifest.hashes.items():
        assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == known
    assert codec.read(sequence.Manifest, (tmp_path / "manifest.json").read_text(), "m") == manifest


def test_depth_and_normals_may_be_floats(tmp_path: Path) -> None:
    captured(tmp_path, coding=Coding("npy"))
    frame = Renderer(Scene((Shape("sheet", SHEET),))).render(RIG.cameras[0])
    assert np.array_equal(np.load(tmp_path / "depth/00000.npy"), frame.depth)
    assert np.array_equal(np.load(tmp_path / "normal/00000.npy"), frame.normal)


def test_a_capture_goes_on_where_it_was_left(tmp_path: Path) -> None:
    first, said = captured(tmp_path)
    assert said == [(index, False) for index in range(4)]
    before = stamps(tmp_path)
    (tmp_path / "manifest.json").unlink()
    cut = tmp_path / "normal/00002.png"
    cut.write_bytes(cut.read_bytes()[:-7])
    (tmp_path / "depth/00003.png").unlink()
    again, said = captured(tmp_path)
    assert said == [(0, True), (1, True), (2, False), (3, False)]
    assert again == first
    kept = {path for path in before if path.stem in ("00000", "00001")}
    after = stamps(tmp_path)
    assert all(after[path] == before[path] for path in kept)


def test_another_request_starts_anew(tmp_path: Path) -> None:
    captured(tmp_path)
    _, said = captured(tmp_path, ("color", "depth"), Coding(depth_scale=500))
    assert said == [(index, False) for index in range(4)]
    assert not (tmp_path / "normal").exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image/holiday.png").write_bytes(b"mine")
    with pytest.raises(JobError, match="other files"):
        captured(tmp_path)
    assert (tmp_path / "image/holiday.png").read_bytes() == b"mine"


def test_a_camera_that_can_not_be_drawn_leaves_no_manifest(tmp_path: Path) -> None:
    bent = replace(RIG.cameras[3], distortion=Fisheye(0.1, 0, 0, 0))
    renderer = Renderer(Scene((Shape("sheet", SHEET),)))
    request = sequence.Request("1", renderer.digest, (*RIG.cameras[:3], bent))
    with pytest.raises(SettingsError, match="pinhole"):
        sequence.capture(renderer, request, tmp_path, lambda _index, _kept: None)
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_our_png_reads_back_the_same(tmp_path: Path, channels: int, kind: type) -> None:
    rng = np.random.default_rng(channels)
    pixels = rng.integers(0, np.iinfo(kind).max, (5, 7, channels), endpoint=True).astype(kind)
    (tmp_path / "a.png").write_bytes(png.write(pixels, encoding.DEFLATE))
    read = images.read_as_is(tmp_path / "a.png")
    assert np.array_equal(np.rint(read.astype(np.float64) * np.iinfo(kind).max), pixels)
    assert images.header(tmp_path / "a.png").bits == 8 * np.dtype(kind).itemsize


def test_a_png_of_floats_is_refused() -> None:
    with pytest.raises(SettingsError, match="uint8 or uint16"):
        png.write(np.zeros((2, 2, 3)))


def test_the_command_captures_a_mesh_along_open3ds_trajectory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mesh.obj").write_text(obj.write(SHEET))
    shots = tuple(Shot(camera) for camera in RIG.cameras)
    (tmp_path / "trajectory.json").write_text(open3d.write(Poses(shots)))
    argv = ["capture", str(tmp_path / "mesh.obj"), str(tmp_path / "trajectory.json")]
    assert cli.main([*argv, "--out", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:4]) == [f"Capture image {index:05d}" for index in range(4)]
    assert cli.main([*argv, "--out", str(tmp_path / "out")]) == 0
    assert "Keep image 00000" in capsys.readouterr().out
    # Written as by our own rig, though Open3D knows no clipping planes.
    (tmp_path / "rig.json").write_text(codec.write(CameraRig("rig", RIG.cameras)))
    argv[2] = str(tmp_path / "rig.json")
    assert cli.main([*argv, "--out", str(tmp_path / "own")]) == 0
    for name in ("image/00002.png", "depth/00002.png", "normal/00002.png"):
        assert (tmp_path / "own" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_the_command_says_what_it_can_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mesh.stl").write_bytes(b"solid")
    (tmp_path / "rig.json").write_text(codec.write(RIG))
    for name in ("mesh.stl", "absent.ply", "absent.obj"):
        argv = ["capture", str(tmp_path / name), str(tmp_path / "rig.json")]
        assert cli.main([*argv, "--out", str(tmp_path / "out")]) == 3
        assert name in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_can_not_make(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mesh.obj").write_text(obj.write(SHEET))
    (tmp_path / "rig.json").write_text(codec.write(RIG))
    argv = ["capture", str(tmp_path / "mesh.obj"), str(tmp_path / "rig.json"), "--out"]
    assert cli.main([*argv, str(tmp_path / "mesh.obj")]) == 7
    assert "mesh.obj: found a file; wanted a folder" in capsys.readouterr().err
    assert (tmp_path / "mesh.obj").read_text() == obj.write(SHEET)
    assert cli.main([*argv, str(tmp_path / "out"), "--size", "200000", "200000"]) == 4
    assert "found 200000 x 200000 pixels" in capsys.readouterr().err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_several_files_are_several_objects(tmp_path: Path) -> None:
    (tmp_path / "mesh.obj").write_text(obj.write(SHEET))
    rows = "".join(f"{x} 0 2 255 0 0\n" for x in np.linspace(-1, 1, 9))
    names = ("float x", "float y", "float z", "uchar red", "uchar green", "uchar blue")
    head = "".join(f"property {name}\n" for name in names)
    cloud = f"ply\nformat ascii 1.0\nelement vertex 9\n{head}end_header\n{rows}"
    (tmp_path / "cloud.ply").write_text(cloud)
    (tmp_path / "rig.json").write_text(codec.write(RIG))
    argv = ["capture", str(tmp_path / "mesh.obj"), str(tmp_path / "rig.json"), "--also"]
    argv += [str(tmp_path / "cloud.ply"), "--outputs", "id", "--out", str(tmp_path / "out")]
    assert cli.main(argv) == 0
    manifest = codec.read(
        sequence.Manifest, (tmp_path / "out/manifest.json").read_text(), "manifest"
    )
    assert manifest.objects == ("mesh", "cloud")
    seen = {
        int(number)
        for path in (tmp_path / "out/id").iterdir()
        for number in np.unique(np.rint(images.read_as_is(path) * 65535))
    }
    assert seen == {0, 1, 2}


def _ply(order: str, faces: list[list[int]]) -> bytes:
    """A sheet with normals, colors and texture coordinates, as other programs write it."""
    names = [f"float {name}" for name in ("x", "y", "z", "nx", "ny", "nz")]
    names += [f"uchar {name}" for name in ("red", "green", "blue")] + ["float s", "float t"]
    head = [f"ply\nformat {order} 1.0\ncomment made by hand", f"element vertex {len(ROWS)}"]
    head += [f"property {name}" for name in names]
    head += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header\n"]
    out = io.BytesIO()
    out.write("\n".join(head).encode())
    mark = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}[order]
    types = [f"{mark}f4"] * 6 + ["u1"] * 3 + [f"{mark}f4"] * 2
    for row in ROWS:
        if order == "ascii":
            out.write((" ".join(str(number) for number in row) + "\n").encode())
        else:
            out.write(b"".join(np.array(n, t).tobytes() for n, t in zip(row, types, strict=True)))
    for face in faces:
        if order == "ascii":
            out.write((" ".join(map(str, [len(face), *face])) + "\n").encode())
        else:
            out.write(bytes([len(face)]) + np.array(face, f"{mark}i4").tobytes())
    return out.getvalue()


ROWS = [
    (0, 0, 0, 0, 0, 1, 255, 0, 0, 0, 0),
    (1, 0, 0, 0, 0, 1, 0, 255, 0, 1, 0),
    (1, 1, 0, 0, 0, 1, 0, 0, 255, 1, 1),
    (0, 1, 0, 0, 0, 1, 255, 255, 255, 0, 1),
]


@pytest.mark.parametrize("order", ["ascii", "binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize(
    "faces", [[[0, 1, 2, 3]], [[0, 1, 2], [0, 2, 3]], [[0, 1, 2], [3, 2, 1, 0]]]
)
def test_ply_meshes_are_read_in_every_order_of_bytes(order: str, faces: list[list[int]]) -> None:
    found = ply.read(_ply(order, faces), Path("a.ply"))
    fans = [[face[0], face[k], face[k + 1]] for face in faces for k in range(1, len(face) - 1)]
    assert found.mesh.faces.tolist() == fans
    assert found.mesh.positions.tolist() == [list(row[:3]) for row in ROWS]
    assert found.mesh.normals.tolist() == [[0, 0, 1]] * 4
    assert found.mesh.uvs.tolist() == [list(row[9:]) for row in ROWS]
    assert found.colors.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize("order", ["ascii", "binary_little_endian"])
def test_a_ply_that_is_cut_off_or_wrong_is_one_clear_error(order: str) -> None:
    from lightmould.errors import FormatError  # noqa: PLC0415

    whole = _ply(order, [[0, 1, 2], [0, 2, 3]])
    for stop in range(0, len(whole) - (2 if order == "ascii" else 1), 3):
        with pytest.raises(FormatError, match=r"a\.ply"):
            ply.read(whole[:stop], Path("a.ply"))
    for wrong in (_ply(order, [[0, 1, 9]]), whole.replace(b"int vertex", b"iNt vertex")):
        with pytest.raises(FormatError, match=r"a\.ply"):
            ply.read(wrong, Path("a.ply"))
