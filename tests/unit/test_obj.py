"""OBJ files as they are found, as we write them, and as they should be refused."""

import logging
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import trimesh

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import obj
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Mesh

GOLDEN = Path(__file__).parents[1] / "golden"
MESHES = Path(__file__).parents[2].parent / "shared" / "data" / "meshes"
SOURCE = Path("a.obj")
POINTS = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"


def read(text: str | bytes) -> obj.ObjFile:
    return obj.read(text, SOURCE)


def golden(name: str) -> obj.ObjFile:
    return obj.read((GOLDEN / name).read_bytes(), GOLDEN / name)


def test_a_file_of_quads_becomes_fans_in_the_file_s_order() -> None:
    mesh = golden("house.obj").mesh
    assert mesh.faces.tolist() == [[4, 5, 6], [4, 6, 7], [1, 0, 3], [1, 3, 2], [7, 6, 8], [3, 8, 2]]
    assert mesh.face_uvs is not None
    assert mesh.face_uvs[:2].tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.face_normals is not None
    assert mesh.face_normals[:, 0].tolist() == [0, 0, 1, 1, 0, 1]


def test_materials_come_in_order_of_first_use_and_only_once() -> None:
    house = golden("house.obj")
    assert house.materials == ("brick", "tile")
    assert house.material_lines == (20, 26)
    assert house.face_materials.tolist() == [0, 0, 0, 0, 1, 0]


def test_groups_and_objects_know_their_faces() -> None:
    groups = {name: faces.tolist() for name, faces in golden("house.obj").groups.items()}
    assert groups == {
        "House": [0, 1, 2, 3, 4, 5],
        "walls": [0, 1, 2, 3],
        "front": [0, 1],
        "back": [2, 3],
        "roof": [4, 5],
    }


def test_what_is_written_is_what_lies_in_the_golden_file() -> None:
    house = golden("house.obj")
    text = obj.write(
        house.mesh,
        mtllib="house.mtl",
        materials=house.materials,
        face_materials=house.face_materials,
        groups=house.groups,
    )
    assert text == (GOLDEN / "house_written.obj").read_text(encoding="utf-8")


def test_nvdiffrec_s_own_files_are_read() -> None:
    file = golden("nvdiffrec.obj")
    assert file.libraries == (PurePosixPath("nvdiffrec.mtl"),)
    assert file.materials == ("defaultMat",)
    assert list(file.groups) == ["pMesh1"]
    assert file.mesh.uvs is not None
    assert file.mesh.uvs.tolist() == [[0.25, 0.75], [0.5, 0.75], [0.25, 1.0]]


def test_a_whole_mesh_agrees_with_trimesh() -> None:
    path = MESHES / "bob_tri.obj"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    mesh = obj.read(path.read_bytes(), path).mesh
    other = trimesh.load(path, process=False, maintain_order=True)
    ours = mesh.positions[mesh.faces]
    np.testing.assert_allclose(ours, other.vertices[other.faces], atol=1e-8)


@pytest.mark.parametrize(
    ("face", "corners"),
    [("f 1 2 3", None), ("f 1/1 2/2 3/3", "uv"), ("f 1//1 2//1 3//1", "n")],
)
def test_each_form_of_corner_is_read(face: str, corners: str | None) -> None:
    mesh = read(f"{POINTS}vt 0 0\nvt 1 0\nvt 0 1\nvn 0 0 1\n{face}").mesh
    assert mesh.faces.tolist() == [[0, 1, 2]]
    assert (mesh.face_uvs is not None) == (corners == "uv")
    assert (mesh.face_normals is not None) == (corners == "n")


def test_negative_indices_count_back_from_the_face() -> None:
    later = "v 9 9 9\nf -3 -2 -1\n"
    assert read(f"{POINTS}f -4 -3 -2\n{later}").mesh.faces.tolist() == [[0, 1, 2], [2, 3, 4]]


def test_a_face_may_come_before_its_vertices() -> None:
    assert read(f"f 1 2 3\n{POINTS}").mesh.faces.tolist() == [[0, 1, 2]]


def test_a_polygon_of_seven_corners_is_five_triangles() -> None:
    points = "".join(f"v {i} {i * i} 0\n" for i in range(7))
    faces = read(f"{points}f 1 2 3 4 5 6 7").mesh.faces
    assert faces.tolist() == [[0, i, i + 1] for i in range(1, 6)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(end: str) -> None:
    text = f"# first\n{POINTS}f 1 2 3\n".replace("\n", end)
    assert len(read(text).mesh.faces) == 1
    with pytest.raises(FormatError, match=r"a\.obj:6"):
        read(text.replace("f 1 2 3", "f 1 2 9"))


def test_oddities_of_real_files_are_read() -> None:
    text = (
        "\ufeff# 一只鸭子 in C:\\duck\\\n"
        "v\t0 0\t0 1.0\n"  # w
        "  v 1 0 0 0.5 0.5 0.5  \n"  # vertex color
        "v 0 \\\n 1 \\\n0 # a comment\n"
        "vt 0.25\nvt 0.5 0.5 0\nvt 1 1\n"
        "vp 1 2\ncstype bezier\nl 1 2\n\n"
        "usemtl Material #25\n"
        "f 1/1 \\\n2/2 3/3"
    )
    file = read(text.encode())
    assert file.mesh.positions.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert file.mesh.uvs is not None
    assert file.mesh.uvs.tolist() == [[0.25, 0], [0.5, 0.5], [1, 1]]
    assert file.materials == ("Material #25",)
    assert file.colors is not None
    assert np.allclose(file.colors[[0, 2]], 1)
    assert np.allclose(file.colors[1], linear_from_srgb(0.5))


def test_colors_of_vertices_are_srgb_as_blender_writes_them() -> None:
    # Blender 4.5.15 wrote this of (0, 0.0021404, 0.2) and twice (0.5, 0.25, 1), linear.
    text = (
        "v 0.000000 0.000000 0.000000 0.0000 0.0277 0.4845\n"
        "v 1.000000 0.000000 0.000000 0.7353 0.5371 1.0000\n"
        "v 0.000000 0.000000 -1.000000 0.7353 0.5371 1.0000\nf 1 2 3\n"
    )
    wanted = [(0, 0.0021404, 0.2), (0.5, 0.25, 1), (0.5, 0.25, 1)]
    assert np.allclose(read(text).colors, wanted, atol=1e-4)


def test_colors_of_vertices_may_be_bytes_but_nothing_else() -> None:
    bytes_ = read("v 0 0 0 0 1 255\nv 1 0 0 0 0 0\nv 0 1 0 127 0 0\nf 1 2 3\n").colors
    assert np.allclose(bytes_[2], linear_from_srgb((127 / 255, 0, 0)))
    for color in ("0.5 1.5 0", "300 0 0", "0 -0.1 0", "0 0 red"):
        with pytest.raises(FormatError, match=r"a\.obj:2"):
            read(f"v 0 0 0 0 1 1\nv 1 0 0 {color}\nv 0 1 0\nf 1 2 3\n")


def test_colors_of_vertices_come_back() -> None:
    mesh = read(f"{POINTS}f 1 2 3").mesh
    colors = np.random.default_rng(1).random(mesh.positions.shape)
    again = read(obj.write(mesh, colors=colors))
    assert np.allclose(again.colors, colors, rtol=1e-12)
    assert np.array_equal(again.mesh.positions, mesh.positions)
    with pytest.raises(SettingsError, match="0 to 1"):
        obj.write(mesh, colors=colors + 1)


def test_lines_are_counted_through_continuations() -> None:
    with pytest.raises(FormatError, match=r"a\.obj:7"):
        read(POINTS + "f 1 \\\n2 3\nf 1 2 x\n")


def test_a_comment_of_another_encoding_does_no_harm() -> None:
    assert len(read(b"# \xb1\xe3\xff\n" + POINTS.encode() + b"f 1 2 3").mesh.faces) == 1


@pytest.mark.parametrize(
    ("line", "libraries"),
    [
        ("mtllib a.mtl", ["a.mtl"]),
        ("mtllib a.mtl b.mtl", ["a.mtl", "b.mtl"]),
        ("mtllib my duck.mtl other.MTL", ["my duck.mtl", "other.MTL"]),
        ("mtllib my duck", ["my duck"]),
        ("mtllib ./sub\\a.mtl", ["sub/a.mtl"]),
        ("mtllib a.mtl\nmtllib a.mtl", ["a.mtl"]),
        ("mtllib späce dir's/日本語.mtl", ["späce dir's/日本語.mtl"]),
    ],
)
def test_libraries_are_named_once_and_may_have_spaces(line: str, libraries: list[str]) -> None:
    found = read(f"{line}\n{POINTS}f 1 2 3").libraries
    assert [path.as_posix() for path in found] == libraries


def test_faces_without_uvs_among_others_get_one_at_the_corner(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        mesh = read(f"{POINTS}vt 1 1\nf 1/1 2/1 3/1\nf 1 3 4").mesh
    assert mesh.uvs is not None
    assert mesh.face_uvs is not None
    assert mesh.uvs[mesh.face_uvs].tolist() == [[[1, 1]] * 3, [[0, 0]] * 3]
    assert "a.obj:7: 1 triangles without uvs" in caplog.text


def test_faces_without_normals_among_others_get_flat_ones(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        mesh = read(f"{POINTS}vn 1 0 0\nf 1//1 2//1 3//1\nf 1 3 4\nf 1 1 1").mesh
    assert mesh.normals is not None
    assert mesh.face_normals is not None
    shown = mesh.normals[mesh.face_normals].tolist()
    assert shown == [[[1, 0, 0]] * 3, [[0, 0, 1]] * 3, [[0, 0, 0]] * 3]
    assert "a.obj:7: 2 triangles without normals" in caplog.text


def test_uvs_that_no_face_uses_are_left_out() -> None:
    assert read(f"{POINTS}vt 0 0\nf 1 2 3").mesh.uvs is None


def test_faces_may_have_no_material_and_no_group() -> None:
    text = f"{POINTS}f 1 2 3\nusemtl a\ng x\nf 1 2 4\nusemtl (null)\ng\nf 2 3 4\nusemtl a\nf 1 3 4"
    file = read(text)
    assert file.face_materials.tolist() == [-1, 0, -1, 0]
    assert {name: faces.tolist() for name, faces in file.groups.items()} == {"x": [1]}


def test_white_space_in_the_name_of_an_object_becomes_an_underscore() -> None:
    assert list(read(f"{POINTS}o my  old house\nf 1 2 3").groups) == ["my_old_house"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a.obj: found no vertices: an empty OBJ"),
        ("# nothing\n", "no vertices"),
        (POINTS, "a.obj: found no faces"),
        ("f 1 2 3", "no vertices"),
        ("\0\0\0\0PNG", "no vertices"),
        (POINTS + "f 1 2 5", "a.obj:5: found a face that wants vertex 5; wanted vertex 1 to 4"),
        (POINTS + "f 0 1 2", "a.obj:5: found the corner '0'"),
        (POINTS + "f -5 1 2", "a.obj:5: found a face that wants vertex -5; wanted vertex -1 to -4"),
        ("f -1 -2 -3\n" + POINTS, "a.obj:1: found a face that wants vertex -1"),
        (POINTS + "f 1 2 99999999999999999999999", "a.obj:5: found a face that wants vertex"),
        (POINTS + "f 1/1 2/1 3/1", "a.obj:5: found a face that wants uv 1; wanted no uv"),
        (POINTS + "f 1//2 2//1 3//1\nvn 0 0 1", "a.obj:5: found a face that wants normal 2"),
        (POINTS + "f 1// 2// 3//", "a.obj:5: found the corner '1//'; wanted v, v/t"),
        (POINTS + "f 1/1/1/1 2 3", "a.obj:5: found the corner '1/1/1/1'"),
        (POINTS + "f 1.0 2 3", "a.obj:5: found the corner '1.0'"),
        (POINTS + "f 1_0 2 3", "a.obj:5: found the corner '1_0'"),
        (POINTS + "f /1 2 3", "a.obj:5: found the corner '/1'"),
        (POINTS + "f 1 2", "a.obj:5: found a face of 2 corners; wanted at least 3"),
        (POINTS + "f 1 2 3\nf", "a.obj:6: found a face of 0 corners"),
        (POINTS + "f 1 2 # 3", "a.obj:5: found a face of 2 corners"),
        (POINTS + "vt 0 0\nf 1/1 2/1 3", "a.obj:6: found a face whose corners differ"),
        ("v nan 0 0\nf 1 1 1", "a.obj:1: found 'nan'; wanted a finite number"),
        ("v 0 inf 0\nf 1 1 1", "a.obj:1: found 'inf'"),
        ("v 0 0 0\nv 0 1e400 0\nf 1 1 1", "a.obj:2: found '1e400'"),
        ("v 0 0 -1e400\nf 1 1 1", "a.obj:1: found '-1e400'"),
        ("v 0 0 zero\nf 1 1 1", "a.obj:1: found 'zero'"),
        ("v 1,5 0 0\nf 1 1 1", "a.obj:1: found '1,5'"),
        ("v 1_0 0 0\nf 1 1 1", "a.obj:1: found '1_0'"),
        ("v 0 0\nf 1 1 1", "a.obj:1: found 2 numbers; wanted 3"),
        ("v\nf 1 1 1", "a.obj:1: found 0 numbers"),
        (POINTS + "vt nan 0\nf 1 2 3", "a.obj:5: found 'nan'"),
        (POINTS + "vt\nf 1 2 3", "a.obj:5: found 0 numbers; wanted 2"),
        (POINTS + "vn 0 0\nf 1 2 3", "a.obj:5: found 2 numbers; wanted 3"),
        (POINTS + "f 1 2 3\nmtllib ../../etc/passwd", "a.obj:6: found the path '../../etc/passwd'"),
        (POINTS + "f 1 2 3\nmtllib /dev/zero", "a.obj:6"),
        (POINTS + "f 1 2 3\nmtllib C:\\a.mtl", "a.obj:6"),
        (POINTS + "f 1 2 3\nmtllib \\\\srv\\share\\a.mtl", "a.obj:6"),
        (POINTS + "f 1 2 3\nmtllib http://x.org/a.mtl", "a.obj:6"),
        (POINTS + "f 1 2 3\nmtllib a\0.mtl", "a.obj:6"),
        (POINTS + "f 1 2 3\nmtllib", "a.obj:6: found the path ''"),
        (POINTS + "f 1 2 3\nmtllib a/..", "a.obj:6"),
    ],
)
def test_bad_input_is_refused_with_its_line(text: str, words: str) -> None:
    for content in (text, text.encode()):
        with pytest.raises(FormatError) as caught:
            read(content)
        assert words in str(caught.value)
        assert caught.value.fix


def test_a_name_of_another_encoding_is_refused() -> None:
    with pytest.raises(FormatError, match=r"a\.obj:5: found the name .*wanted UTF-8"):
        read(POINTS.encode() + b"usemtl \xff\nf 1 2 3")


@pytest.mark.parametrize("name", ["", " a", "a\nb", "a\\", "(null)"])
def test_a_material_s_name_that_would_be_read_otherwise_is_not_written(name: str) -> None:
    mesh = read(f"{POINTS}f 1 2 3").mesh
    with pytest.raises(SettingsError, match="material name"):
        obj.write(mesh, materials=(name,), face_materials=np.zeros(1, np.int32))


def test_a_group_s_name_is_one_word() -> None:
    mesh = read(f"{POINTS}f 1 2 3").mesh
    with pytest.raises(SettingsError, match="one word"):
        obj.write(mesh, groups={"two words": np.array([0])})


def test_a_group_names_faces_that_there_are() -> None:
    mesh = read(f"{POINTS}f 1 2 3").mesh
    with pytest.raises(SettingsError, match="0 to 0"):
        obj.write(mesh, groups={"a": np.array([1])})


def test_a_face_names_a_material_that_there_is() -> None:
    mesh = read(f"{POINTS}f 1 2 3").mesh
    with pytest.raises(SettingsError, match="-1 to 0"):
        obj.write(mesh, materials=("a",), face_materials=np.array([1], np.int32))


def test_a_mesh_without_faces_is_not_written() -> None:
    with pytest.raises(SettingsError, match="no faces"):
        obj.write(Mesh(np.zeros((1, 3)), np.zeros((0, 3), np.int32)))


@pytest.mark.parametrize("library", ["../a.mtl", "/a.mtl", "a\\b.mtl", "a\nb.mtl"])
def test_a_library_elsewhere_is_not_written(library: str) -> None:
    with pytest.raises(SettingsError, match="mtllib"):
        obj.write(read(f"{POINTS}f 1 2 3").mesh, mtllib=library)
