"""MTL files in both dialects, and what an OBJ with all its files becomes."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import mtl
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.model import Map, Material

GOLDEN = Path(__file__).parents[1] / "golden"
SOURCE = Path("a.mtl")
TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"

PACKED = Material(
    name="defaultMat",
    base_color_map=Map(Path("texture_kd.png"), "srgb"),
    roughness_map=Map(Path("texture_ks.png"), "linear", "g"),
    metallic_map=Map(Path("texture_ks.png"), "linear", "b"),
    occlusion_map=Map(Path("texture_ks.png"), "linear", "r"),
    normal_map=Map(Path("texture_n.png"), "linear"),
    occlusion_inverted=True,
)


def one(text: str) -> Material:
    (material,) = mtl.read(f"newmtl m\n{text}", SOURCE)
    return material


def test_nvdiffrec_s_own_file_is_read_and_written_to_the_letter() -> None:
    text = (GOLDEN / "nvdiffrec.mtl").read_text(encoding="utf-8")
    assert mtl.read(text, SOURCE) == (PACKED,)
    assert mtl.write((PACKED,)) == text


def test_plain_words_are_read_and_written_as_in_the_golden_files() -> None:
    materials = mtl.read((GOLDEN / "house.mtl").read_bytes(), GOLDEN / "house.mtl")
    assert materials[0] == Material(
        "brick", (0.5, 0.25, 0.125), 0.75, base_color_map=Map(Path("brick wall.png"), "srgb")
    )
    written = (GOLDEN / "house_written.mtl").read_text(encoding="utf-8")
    assert mtl.write(materials) == written


def test_nvdiffrec_s_constants_are_srgb_color_and_occluded_rough_metal() -> None:
    material = one("bsdf pbr\nKd 0.5 0.5 0.5\nKs 0.25 0.5 1\n")
    assert material.base_color == pytest.approx((0.21404114,) * 3)
    assert (material.occlusion, material.roughness, material.metallic) == (0.75, 0.5, 1.0)


def test_nvdiffrec_s_diffuse_material_is_matte() -> None:
    assert one("bsdf diffuse\nKd 1 1 1\nNs 900").roughness == 1.0


def test_plain_color_is_linear() -> None:
    assert one("Kd 0.5 0.25 0.125").base_color == (0.5, 0.25, 0.125)


def test_a_single_number_is_grey() -> None:
    assert one("Kd 0.5 # grey").base_color == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "roughness"),
    [("Ns 0", 1.0), ("Ns 250", 0.5), ("Ns 1000", 0.0), ("Ns 5000", 0.0), ("Ks 0 0 0", 1.0)],
)
def test_phong_s_gloss_becomes_roughness_as_in_blender(text: str, roughness: float) -> None:
    assert one(text).roughness == pytest.approx(roughness)


def test_an_explicit_roughness_wins_over_phong_s_gloss() -> None:
    assert one("Ns 250\nPr 0.3\nPm 0.7").roughness == 0.3


def test_phong_s_maps_are_ignored_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        material = one("map_Ks spec.png\nmap_Bump -bm 0.4 heights.png")
    assert material.maps == ()
    assert "a.mtl:2: map_ks is ignored" in caplog.text
    assert "a.mtl:3: map_bump is ignored" in caplog.text


def test_keywords_of_others_are_ignored() -> None:
    text = "illum 2\nd 1\nTr none\nmap_d ../x.png\nmap_Ka /x.png\nrefl -type sphere x\nKe a b c"
    assert one(text).maps == ()


def test_the_last_statement_wins_and_case_does_not_matter() -> None:
    assert one("PR 0.1\npr 0.2\nMAP_KD a.png").roughness == 0.2


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("tex.png", "tex.png"),
        ("my tex  ture.png", "my tex  ture.png"),
        ("-s 1 1 1 -o 0 0 0 tex name.png", "tex name.png"),
        ("-bm 1.000000 -clamp on tex.png", "tex.png"),
        ("-mm 0 1 -t 0 0 -blendu off tex.png", "tex.png"),
        ("-s 1\t1\t1\ttex.png", "tex.png"),
        ("-o 0 2.png", "2.png"),
        ("sub\\deep\\tex.png", "sub/deep/tex.png"),
        ("./sub/../tex.png", "tex.png"),
        ("-leading.png", "-leading.png"),
        ("#1.png", "#1.png"),
        ("späce dir's/日本語.png", "späce dir's/日本語.png"),
        ("a%04d$F`@attr.png", "a%04d$F`@attr.png"),
    ],
)
def test_texture_names_are_read_whole_after_their_options(said: str, path: str) -> None:
    assert one(f"map_Kd {said}").base_color_map == Map(Path(path), "srgb")


@pytest.mark.parametrize(
    ("said", "channel"), [("a.png", "r"), ("-imfchan g a.png", "g"), ("-imfchan m a.png", "a")]
)
def test_a_channel_may_be_chosen(said: str, channel: str) -> None:
    found = one(f"map_Pr {said}").roughness_map
    assert found is not None
    assert found.channel == channel


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kd 0.5 0.5", "a.mtl:2: found Kd 0.5 0.5; wanted 3 from 0 to 1"),
        ("Kd 0.5 x 0.5", "a.mtl:2: found 'x'; wanted a finite number"),
        ("Kd nan 0 0", "a.mtl:2: found 'nan'"),
        ("Kd 1e400 0 0", "a.mtl:2: found '1e400'"),
        ("Kd 255 0 0", "a.mtl:2: found Kd 255 0 0"),
        ("Kd -0.1 0 0", "a.mtl:2: found Kd -0.1 0 0"),
        ("Kd spectral file.rfl", "a.mtl:2: found 'spectral'"),
        ("Kd", "a.mtl:2: found Kd ; wanted 3"),
        ("Pr 2", "a.mtl:2: found Pr 2; wanted 1 from 0 to 1"),
        ("Ns -1", "a.mtl:2: found Ns -1"),
        ("bsdf pbr\nKs 0 0.5", "a.mtl:3: found Ks 0 0.5"),
        ("bsdf hair", "a.mtl:2: found bsdf hair; wanted bsdf pbr or bsdf diffuse"),
        ("map_Kd -s 2 2 2 a.png", "a.mtl:2: found the option -s 2 2 2; wanted a texture as it is"),
        ("map_Kd -o 0.5 a.png", "a.mtl:2: found the option -o 0.5"),
        ("map_Kd -s nan 1 1 a.png", "a.mtl:2: found the option -s"),
        ("map_Kd -mm 0.1 0.9 a.png", "a.mtl:2: found the option -mm 0.1 0.9"),
        ("map_Kd -imfchan r a.png", "a.mtl:2: found the option -imfchan r"),
        ("map_Pr -imfchan l a.png", "a.mtl:2: found the option -imfchan l"),
        ("bsdf pbr\nbump -bm 0.5 a.png", "a.mtl:3: found the option -bm 0.5"),
        ("map_Kd", "a.mtl:2: found the path ''"),
        ("map_Kd ../a.png", "a.mtl:2: found the path '../a.png'; wanted a file in the folder"),
        ("map_Kd a/../../b.png", "a.mtl:2: found the path"),
        ("map_Kd ..\\a.png", "a.mtl:2: found the path"),
        ("map_Kd ..", "a.mtl:2: found the path"),
        ("map_Kd /dev/random", "a.mtl:2: found the path"),
        ("map_Pm C:\\a.png", "a.mtl:2: found the path"),
        ("norm \\\\srv\\share\\a.png", "a.mtl:2: found the path"),
        ("map_Pr https://x.org/a.png", "a.mtl:2: found the path"),
        ("map_Kd a\0.png", "a.mtl:2: found the path"),
        ("newmtl m", "a.mtl:2: found the name 'm' again"),
        ("newmtl", "a.mtl:2: found the name ''"),
    ],
)
def test_bad_input_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        one(text)
    assert words in str(caught.value)
    assert caught.value.fix


def test_a_statement_before_any_material_is_refused() -> None:
    with pytest.raises(FormatError, match=r"a\.mtl:1: found Kd; wanted newmtl first"):
        mtl.read("Kd 1 1 1\nnewmtl a", SOURCE)


def test_a_file_without_materials_has_none() -> None:
    assert mtl.read("# nothing\n", SOURCE) == ()


def test_sixty_five_thousand_materials_are_read() -> None:
    text = "".join(f"newmtl m{i}\nKd 0 0 0\n" for i in range(65_000))
    assert len(mtl.read(text, SOURCE)) == 65_000


def test_maps_within_the_folder_are_written_relative_to_it(tmp_path: Path) -> None:
    inside = Material("m", base_color_map=Map(tmp_path / "sub" / "a.png", "srgb"))
    assert "map_Kd sub/a.png\n" in mtl.write((inside,), tmp_path)
    with pytest.raises(SettingsError, match="path"):
        mtl.write((inside,), tmp_path / "sub" / "deeper")


@pytest.mark.parametrize(
    ("material", "words"),
    [
        (Material("m", occlusion=0.5), "occlusion"),
        (Material("m", occlusion_map=Map(Path("a.png"), "linear", "r")), "occlusion"),
        (Material("m", base_color_map=Map(Path("a.png"), "linear")), "linear for map_Kd"),
        (Material("m", roughness_map=Map(Path("a.png"), "srgb", "r")), "srgb for map_Pr"),
        (Material("m", roughness_map=Map(Path("a.png"), "linear")), "channel rgb"),
        (Material("m", normal_map=Map(Path("../a.png"), "linear")), "the path"),
        (Material("m\nKd 0"), "material name"),
        (Material("m", opacity_map=Map(Path("a.png"), "linear", "a")), "opacity"),
    ],
)
def test_what_mtl_has_no_words_for_is_not_written(material: Material, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        mtl.write((material,))


def test_materials_are_written_under_their_own_names() -> None:
    with pytest.raises(SettingsError, match="unique"):
        mtl.write((Material("a"), Material("a")))


def test_srgb_and_linear_agree_with_the_standard() -> None:
    # IEC 61966-2-1: the middle grey of 8 bits, and both sides of the knee.
    assert linear_from_srgb(119 / 255) == pytest.approx(0.18447, abs=1e-5)
    assert linear_from_srgb(0.04045) == pytest.approx(0.0031308, abs=1e-7)
    assert srgb_from_linear(0.18) == pytest.approx(0.46135, abs=1e-5)
    assert srgb_from_linear([0.0, 1.0]).tolist() == pytest.approx([0.0, 1.0])


def test_srgb_survives_there_and_back_in_any_shape_and_range() -> None:
    values = np.linspace(-0.5, 4.0, 91, dtype=np.float32).reshape(7, 13)
    again = srgb_from_linear(linear_from_srgb(values))
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, values, rtol=1e-5, atol=1e-6)


def write(folder: Path, **files: str) -> Path:
    """Files in a folder, "_" standing for the dot; the OBJ's path."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder / "a.obj"


def test_an_obj_comes_with_the_materials_that_it_uses(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        a_obj=f"mtllib a.mtl b.mtl\n{TRIANGLE}usemtl two\nf 1 2 3\nusemtl one\nf 1 2 3\n",
        a_mtl="newmtl unused\nmap_Kd missing.png\nnewmtl one\nPr 0.25\n",
        b_mtl="newmtl two\nmap_Kd t.png\n",
        t_png="",
    )
    asset = read_obj_asset(path)
    assert [material.name for material in asset.materials] == ["two", "one"]
    assert asset.materials[0].maps[0].path == tmp_path / "t.png"
    assert asset.face_materials is not None
    assert asset.face_materials.tolist() == [0, 1]


def test_an_obj_without_materials_is_an_asset_without_any(tmp_path: Path) -> None:
    asset = read_obj_asset(write(tmp_path, a_obj=f"{TRIANGLE}f 1 2 3"))
    assert asset.materials == ()
    assert asset.face_materials is None


def test_textures_are_relative_to_the_folder_of_the_mtl(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "m.mtl").write_text("newmtl m\nmap_Kd t.png", encoding="utf-8")
    (tmp_path / "sub" / "t.png").touch()
    path = write(tmp_path, a_obj=f"mtllib sub/m.mtl\n{TRIANGLE}usemtl m\nf 1 2 3")
    assert read_obj_asset(path).materials[0].maps[0].path == tmp_path / "sub" / "t.png"


@pytest.mark.parametrize(
    ("obj_text", "mtl_text", "words"),
    [
        ("mtllib b.mtl", "", "a.obj:1: found no file"),
        ("mtllib sub", "", "a.obj:1: found"),
        ("mtllib pipe.mtl", "", "which is not a regular file"),
        ("mtllib loop.mtl", "", "a.obj:1: found"),
        ("mtllib out.mtl", "", "a.obj:1: found"),
        ("mtllib " + "x" * 300 + ".mtl", "", "a.obj:1: found"),
        ("usemtl m", "", "a.obj:1: found the unknown material 'm'"),
        ("mtllib a.mtl\nusemtl x", "newmtl m", "a.obj:2: found the unknown material 'x'; wanted"),
        ("mtllib a.mtl\nusemtl m", "newmtl m\n\nmap_Kd t.png", "a.mtl:3: found no file"),
        ("mtllib a.mtl\nusemtl m", "newmtl m\nmap_Kd sub", "a.mtl:2: found"),
        ("mtllib a.mtl\nusemtl m", "newmtl m\nmap_Kd pipe.mtl", "a.mtl:2: found"),
        ("mtllib a.mtl\nusemtl m", "newmtl m\nmap_Kd out.mtl", "a link to"),
        ("mtllib a.mtl\nusemtl m", "newmtl m\nmap_Kd ../a.png", "a.mtl:2: found the path"),
        ("mtllib a.mtl c.mtl", "newmtl m\nPr 0.1", "c.mtl: found another 'm' than in"),
    ],
)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_files_that_are_missing_or_elsewhere_are_refused(
    tmp_path: Path, obj_text: str, mtl_text: str, words: str
) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    os.mkfifo(folder / "pipe.mtl")
    (folder / "loop.mtl").symlink_to("loop.mtl")
    (tmp_path / "secret.mtl").touch()
    (folder / "out.mtl").symlink_to(tmp_path / "secret.mtl")
    path = write(folder, a_obj=f"{obj_text}\n{TRIANGLE}f 1 2 3", a_mtl=mtl_text, c_mtl="newmtl m")
    with pytest.raises(FormatError) as caught:
        read_obj_asset(path)
    assert words in str(caught.value)
    assert caught.value.fix


def test_a_missing_obj_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no file"):
        read_obj_asset(tmp_path / "a.obj")


def test_a_folder_is_no_obj(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a regular file"):
        read_obj_asset(tmp_path)
