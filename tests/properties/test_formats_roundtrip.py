"""What a format writes, it reads back the same."""

from contextlib import suppress
from math import pi
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec, mtl, obj
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.formats.poses import transforms
from lightmould.model import Camera, CameraRig, Map, Material, Mesh, Poses, Shot
from lightmould.model.arrays import Floats, Ints

SOURCE = Path("source")
COORDINATES = st.floats(-1e30, 1e30)
AMOUNTS = st.floats(0, 1)
PLAIN = st.sampled_from(["brick", "old house", "Material #25", "-s 1", "日本語", "a.mtl"])
WORDS = PLAIN | st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
FILES = WORDS.filter(lambda name: "\0" not in name)


def tables(width: int) -> st.SearchStrategy[Floats]:
    shapes = st.tuples(st.integers(1, 6), st.just(width))
    return arrays.arrays(np.float64, shapes, elements=COORDINATES)


def corners(faces: int, count: int) -> st.SearchStrategy[Ints]:
    return arrays.arrays(np.int32, (faces, 3), elements=st.integers(0, count - 1))


@st.composite
def meshes(draw: st.DrawFn) -> Mesh:
    positions, uvs, normals = draw(tables(3)), draw(tables(2)), draw(tables(3))
    faces = draw(st.integers(1, 8))
    with_uvs, with_normals = draw(st.booleans()), draw(st.booleans())
    return Mesh(
        positions,
        draw(corners(faces, len(positions))),
        uvs if with_uvs else None,
        draw(corners(faces, len(uvs))) if with_uvs else None,
        normals if with_normals else None,
        draw(corners(faces, len(normals))) if with_normals else None,
    )


def same(one: Floats | Ints | None, other: Floats | Ints | None) -> bool:
    """Equal to the last bit, signs of zeros included."""
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and one.tobytes() == other.tobytes()


@given(meshes())
@settings(max_examples=60, deadline=None)
def test_a_mesh_survives_an_obj_to_the_last_bit(mesh: Mesh) -> None:
    again = obj.read(obj.write(mesh), SOURCE).mesh
    for field in ("positions", "faces", "uvs", "face_uvs", "normals", "face_normals"):
        assert same(getattr(mesh, field), getattr(again, field)), field


@given(st.data(), meshes(), st.sets(WORDS, max_size=3), st.sets(WORDS, max_size=3))
@settings(max_examples=80, deadline=None)
def test_names_survive_an_obj_or_are_refused(
    data: st.DataObject, mesh: Mesh, materials: set[str], groups: set[str]
) -> None:
    faces = range(len(mesh.faces))
    names = sorted(materials)
    chosen = data.draw(st.tuples(*[st.integers(-1, len(names) - 1) for _ in faces]))
    members = {name: data.draw(st.sets(st.sampled_from(faces), min_size=1)) for name in groups}
    try:
        text = obj.write(
            mesh,
            mtllib="a.mtl",
            materials=names,
            face_materials=np.array(chosen, np.int32),
            groups={name: np.array(sorted(ones)) for name, ones in members.items()},
        )
    except SettingsError:
        return
    again = obj.read(text, SOURCE)
    found = [again.materials[i] if i >= 0 else None for i in again.face_materials]
    assert found == [names[i] if i >= 0 else None for i in chosen]
    assert {name: set(ones.tolist()) for name, ones in again.groups.items()} == members
    assert again.libraries == (PurePosixPath("a.mtl"),)


@given(st.text(st.sampled_from("vtnfgousemtlib 0123-/.#\\\n\t e_"), max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_an_obj_or_refused_properly(text: str) -> None:
    with suppress(FormatError):
        assert len(obj.read(text, SOURCE).mesh.faces)


def maps(space: str, channels: str = "") -> st.SearchStrategy[Map | None]:
    path = st.lists(FILES, min_size=1, max_size=2).map(lambda words: Path(*words))
    channel = st.sampled_from(channels) if channels else st.just("rgb")
    return st.none() | st.builds(Map, path, st.just(space), channel)


MATERIALS = st.builds(
    Material,
    name=WORDS,
    base_color=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS),
    roughness=AMOUNTS,
    metallic=AMOUNTS,
    base_color_map=maps("srgb"),
    roughness_map=maps("linear", "rgba"),
    metallic_map=maps("linear", "rgba"),
    normal_map=maps("linear"),
)


@given(st.lists(MATERIALS, max_size=4))
@settings(max_examples=100, deadline=None)
def test_plain_materials_survive_an_mtl_or_are_refused(materials: list[Material]) -> None:
    try:
        text = mtl.write(materials)
    except SettingsError:
        return
    assert mtl.read(text, SOURCE) == tuple(materials)


OPACITIES = st.none() | st.sampled_from([Map(Path("kd.png"), "linear", c) for c in ("a", "r")])


@given(MATERIALS, st.sampled_from(["ks.png", "a b.png", "sub/ks.png"]), OPACITIES)
@settings(max_examples=25, deadline=None)
def test_packed_materials_survive_nvdiffrec_s_words(
    material: Material, path: str, opacity: Map | None
) -> None:
    packed = Material(
        "defaultMat",
        base_color=material.base_color,
        roughness_map=Map(Path(path), "linear", "g"),
        metallic_map=Map(Path(path), "linear", "b"),
        occlusion_map=Map(Path(path), "linear", "r"),
        occlusion_inverted=True,
        opacity_map=opacity,
    )
    (again,) = mtl.read(mtl.write([packed]), SOURCE)
    assert again.maps == packed.maps
    assert again.occlusion_inverted
    assert again.base_color == pytest.approx(packed.base_color, abs=1e-7)


@st.composite
def cameras(draw: st.DrawFn, name: str) -> Camera:
    axis = draw(st.sampled_from([(0, 1), (1, 2), (0, 2)]))
    angle = draw(st.floats(-pi, pi))
    pose = np.eye(4)
    pose[np.ix_(axis, axis)] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    pose[:3, 3] = draw(st.tuples(*[st.floats(-1e6, 1e6)] * 3))
    lens = st.tuples(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6))
    size = draw(st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)))
    return Camera(name, size, draw(lens), draw(lens), pose)


def alike(one: Camera, other: Camera) -> bool:
    lenses = (one.name, one.size, one.focal, one.center) == (
        other.name,
        other.size,
        other.focal,
        other.center,
    )
    return lenses and np.array_equal(one.world_from_camera, other.world_from_camera)


@given(st.tuples(cameras("a"), cameras("b")))
@settings(max_examples=25, deadline=None)
def test_cameras_survive_nerfstudio_s_file_exactly(pair: tuple[Camera, Camera]) -> None:
    shots = tuple(Shot(one, PurePosixPath(f"color/{one.name}.jpg")) for one in pair)
    text = transforms.write(Poses(shots), "nerfstudio")
    again = transforms.read(text, SOURCE, lambda _: (1, 1)).shots
    assert [one.picture for one in again] == [one.picture for one in shots]
    assert all(alike(one.camera, camera) for one, camera in zip(again, pair, strict=True))


@given(cameras("a"))
@settings(max_examples=25, deadline=None)
def test_centered_cameras_survive_nerf_synthetic_s_file_exactly(camera: Camera) -> None:
    (width, height), (focal, _) = camera.size, camera.focal
    centered = Camera(
        "a", camera.size, (focal, focal), (width / 2, height / 2), camera.world_from_camera
    )
    shot = Shot(centered, PurePosixPath("color/a.png"))
    text = transforms.write(Poses((shot,)))
    (again,) = transforms.read(text, SOURCE, lambda _: (1, 1)).shots
    assert again.picture == shot.picture
    assert alike(again.camera, centered)


@given(st.tuples(cameras("a"), cameras("b")))
@settings(max_examples=25, deadline=None)
def test_a_rig_survives_json_exactly(pair: tuple[Camera, Camera]) -> None:
    rig = codec.read(CameraRig, codec.write(CameraRig("rig", pair)), SOURCE)
    assert all(alike(one, other) for one, other in zip(rig.cameras, pair, strict=True))


@given(MATERIALS)
@settings(max_examples=25, deadline=None)
def test_a_material_survives_json_exactly(material: Material) -> None:
    assert codec.read(Material, codec.write_line(material), SOURCE) == material


@given(arrays.arrays(np.float64, 8, elements=st.floats(-2, 10)))
@settings(max_examples=25, deadline=None)
def test_srgb_survives_there_and_back(values: Floats) -> None:
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)
