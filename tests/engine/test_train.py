"""A configuration of nvdiffrec from its file to its files, on a small painted block."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightmould import cli
from lightmould.dataset import images
from lightmould.engine import train
from lightmould.engine.train import mapping, mesh_views, notes, sources
from lightmould.engine.views import Views
from lightmould.errors import DatasetError, SettingsError
from lightmould.formats import nvdiffrec, obj, radiance
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.nvdiffrec import Config
from lightmould.formats.poses import transforms
from lightmould.model import Event, Poses, Shot, Warned
from lightmould.rigs import studio

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
PUBLISHED = ROOT / "python3.11libs" / "lightmould" / "presets" / "nvdiffrec"
BOB = Path(__file__).parents[3] / "shared" / "data" / "meshes" / "bob_tri.obj"

QUADS = ((1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4))
MESH = ["mesh.mtl", "mesh.obj", "probe.hdr", "texture_kd.png", "texture_ks.png", "texture_n.png"]
SMALL = {
    "ref_mesh": "data/block.obj",
    "envmap": "data/studio.hdr",
    "iter": 50,
    "save_interval": 25,
    "batch": 3,
    "train_res": [40, 48],
    "texture_res": [64, 64],
    "dmtet_grid": 24,
    "learning_rate": [0.03, 0.003],
    "background": "white",
    "validate": False,
    "out_dir": "block",
}


class Heard:
    """Everything that was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.events: list[Event] = []
        self.listener = train.Listener(self.lines.append, self.events.append)

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]


def config(**changes: Any) -> Config:
    return nvdiffrec.of(SMALL | changes, Path("small.json"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/block.obj, its texture, and a light."""
    folder = tmp_path_factory.mktemp("ein klötzchen")
    data = folder / "data"
    data.mkdir()
    corners = [(x, y, z) for x in (-0.7, 0.7) for y in (-0.5, 0.5) for z in (-0.8, 0.8)]
    lines = ["mtllib block.mtl", *("v {} {} {}".format(*one) for one in corners)]
    lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1", "vn 0 1 0", "usemtl paint"]
    lines += ["f " + " ".join(f"{v}/{t}/1" for t, v in enumerate(quad, 1)) for quad in QUADS]
    (data / "block.obj").write_text("\n".join(lines))
    words = "newmtl paint\nbsdf pbr\nKs 0 {} 0\nmap_Kd paint.png\n"
    (data / "block.mtl").write_text(words.format(0.4))
    (data / "gold.mtl").write_text("newmtl other\nbsdf pbr\nKd 0.9 0.7 0.2\nKs 0 0.3 1\n")
    paint = np.full((16, 16, 3), 0.6, np.float32)
    paint[:, 8:] = (0.8, 0.3, 0.2)
    images.write_png(data / "paint.png", paint)
    (data / "studio.hdr").write_bytes(radiance.write(studio.studio(32)))
    return folder


@pytest.fixture(scope="module")
def finished(place: Path) -> tuple[Path, Heard]:
    heard = Heard()
    return train.train(config(), (place,), heard.listener), heard


def names(folder: Path) -> list[str]:
    """Files in a folder and below, relative, but for ours."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != ".lightmould")


def masked(lines: list[str]) -> str:
    """Lines with # for what a machine or a version decides: losses, times, sizes of meshes."""
    text = re.sub(r"(img_loss|time|rem)=[\d.]+", r"\1=#", "".join(lines))
    text = re.sub(r"=# [smh]$", "=# #", text, flags=re.MULTILINE)
    sizes = r"^(Base mesh has|    writing) \d+ (\w+)( and \d+ \w+)?"
    return re.sub(sizes, r"\1 # \2", text, flags=re.MULTILINE)


def test_a_run_leaves_nvdiffrecs_files_and_two_of_ours(finished: tuple[Path, Heard]) -> None:
    previews = [
        f"img_{part}_{index:06d}.png" for part in ("dmtet_pass1", "mesh_pass") for index in range(3)
    ]
    meshes = [f"{folder}/{name}" for folder in ("dmtet_mesh", "mesh") for name in MESH]
    assert names(finished[0]) == sorted([*previews, *meshes, "metrics.json", "report.html"])


def test_a_run_says_nvdiffrecs_lines(finished: tuple[Path, Heard]) -> None:
    wanted = (GOLDEN / "nvdiffrec_stdout.txt").read_text()
    assert masked(finished[1].lines) == wanted


def test_a_preview_shows_what_was_found_beside_what_is_true(finished: tuple[Path, Heard]) -> None:
    for path in finished[0].glob("img_*.png"):
        picture = images.read(path, 3)
        assert picture.shape == (40, 96, 3)
        assert (picture[0, 0] == 1).all()  # the white that was asked for
        assert picture[:, 48:].min() < 0.9


def test_a_run_finds_the_block(finished: tuple[Path, Heard]) -> None:
    found = read_obj_asset(finished[0] / "mesh" / "mesh.obj").mesh
    low, high = found.bounds
    assert np.allclose((low, high), ((-0.7, -0.5, -0.8), (0.7, 0.5, 0.8)), atol=0.08)
    metrics = json.loads((finished[0] / "metrics.json").read_text())
    assert metrics["iou"] > 0.9
    assert metrics["chamfer_rel"] < 0.02


def test_roughness_keeps_within_its_limits(place: Path) -> None:
    small = config(ks_min=[0, 0.6, 0], ks_max=[1, 0.7, 1], out_dir="limits", iter=5, batch=1)
    out = train.train(small, (place,), Heard().listener)
    finish = images.read(out / "mesh" / "texture_ks.png", 3)
    assert 0.595 <= finish[..., 1].min() <= finish[..., 1].max() <= 0.705


def test_a_second_run_repeats_no_step_and_leaves_the_same_mesh(
    place: Path, finished: tuple[Path, Heard]
) -> None:
    out, first = finished
    before = {name: (out / "mesh" / name).read_bytes() for name in MESH}
    again = Heard()
    train.train(config(), (place,), again.listener)
    assert any(line.startswith("iter=") for line in first.lines)
    assert not any(line.startswith("iter=") for line in again.lines)
    assert {name: (out / "mesh" / name).read_bytes() for name in MESH} == before


def test_a_base_mesh_keeps_its_shape_and_its_uvs(place: Path) -> None:
    heard = Heard()
    changes: dict[str, Any] = {"base_mesh": "data/block.obj", "learning_rate": [0.01]}
    changes |= {"display": [{"latlong": True}, {"bsdf": "kd"}, {"bsdf": "normal"}]}
    changes |= {"out_dir": "base", "validate": True, "background": "checker"}
    out = train.train(config(**changes), (place,), heard.listener)
    path = place / "data" / "block.obj"
    given = obj.read(path.read_bytes(), path).mesh
    found = read_obj_asset(out / "mesh" / "mesh.obj").mesh
    assert np.array_equal(found.positions, given.positions)
    assert np.array_equal(found.faces, given.faces)
    assert found.uvs is not None
    assert given.uvs is not None
    assert np.array_equal(found.uvs[found.face_uvs], given.uvs[given.face_uvs])
    assert not [name for name in names(out) if "dmtet" in name]
    kinds = ["kd", "light_image", "normal", "opt", "ref"]
    every = [f"validate/val_{index:06d}_{kind}.png" for index in range(50) for kind in kinds]
    assert [name for name in names(out) if name.startswith("validate/val")] == every
    scores = (out / "validate" / "metrics.txt").read_text().splitlines()
    assert scores[0] == "ID, MSE, PSNR"
    assert len(scores) == 52
    psnr = float(scores[-1].rpartition(" ")[2])
    assert psnr > 25
    assert images.read(out / "img_mesh_pass_000002.png", 3).shape == (40, 5 * 48, 3)


def test_a_light_turned_up_makes_pictures_as_much_brighter(place: Path) -> None:
    files = mapping.inputs(config(), (place,))
    cameras = mesh_views.turntable(1, (32, 32))
    one, two = (
        mesh_views.render(mesh_views.scene_of(files, scale), cameras) for scale in (1.0, 2.0)
    )
    assert np.allclose(two.color, 2 * one.color, rtol=1e-4)


def test_other_materials_take_the_place_of_the_meshs_own(place: Path) -> None:
    files = mapping.inputs(config(mtl_override="data/gold.mtl"), (place,))
    (material,) = mesh_views.scene_of(files, 1.0).asset.materials
    assert (material.name, material.metallic) == ("other", 1.0)


def test_cameras_look_at_a_mesh_as_nvdiffrecs_do() -> None:
    rng = np.random.default_rng(0)
    cameras = mesh_views.around(50, (40, 48), (0.1, 1000.0), rng)
    seen = np.array([camera.camera_from_world[:3, 3] for camera in cameras])
    assert np.abs(seen - (0, 0, -3)).max() <= 0.25
    assert cameras[0].size == (48, 40)
    assert np.isclose(cameras[0].focal[1], 20 / np.tan(np.pi / 8))
    first, *_ = mesh_views.turntable(4, (40, 48))
    wanted = (0.0, 3 * np.sin(0.4), 3 * np.cos(0.4))
    assert np.allclose(first.world_from_camera[:3, 3], wanted)


def write_nerf(folder: Path, views: dict[str, Views]) -> None:
    for split, some in views.items():
        frames = []
        for index, camera in enumerate(some.cameras):
            alpha = some.alpha[index][..., None]
            straight = some.color[index] / np.where(alpha > 0, alpha, 1)
            pixels = np.concatenate([srgb_from_linear(np.clip(straight, 0, 1)), alpha], axis=-1)
            path = Path(split, f"{camera.name}.png")
            images.write_png(folder / path, pixels.astype(np.float32))
            frames.append(Shot(camera, obj.PurePosixPath(path.as_posix())))
        (folder / f"transforms_{split}.json").write_text(transforms.write(Poses(tuple(frames))))


def test_a_folder_of_nerf_synthetic_is_read_as_nvdiffrec_reads_it(
    place: Path, tmp_path: Path
) -> None:
    scene = mesh_views.scene_of(mapping.inputs(config(), (place,)), 0.5)
    rng = np.random.default_rng(0)
    train_views = mesh_views.render(scene, mesh_views.around(3, (40, 48), (0.1, 1000.0), rng))
    test_views = mesh_views.render(scene, mesh_views.turntable(2, (40, 48)))
    write_nerf(tmp_path / "set", {"train": train_views, "test": test_views})
    small = config(ref_mesh="set", envmap=None)
    found = sources.read(small, mapping.inputs(small, (tmp_path,)))
    assert found.lines == (
        "DatasetNERF: 3 images with shape [40, 48]\n",
        "DatasetNERF: 2 images with shape [40, 48]\n",
    )
    assert np.allclose(found.train.color, train_views.color, atol=0.02)
    pose = found.test[0].world_from_camera
    assert np.allclose(pose, test_views.cameras[0].world_from_camera, atol=1e-6)
    assert np.allclose(found.truth(1).alpha[0], test_views.alpha[1], atol=0.01)


def test_files_are_found_beside_the_configuration_too_and_that_is_said(
    place: Path, tmp_path: Path
) -> None:
    files = mapping.inputs(config(), (tmp_path, place))
    assert files.ref_mesh == place / "data" / "block.obj"
    with pytest.raises(SettingsError, match=r"ref_mesh: found no data/block\.obj in .* and .*"):
        mapping.inputs(config(), (tmp_path, tmp_path))


def test_a_folder_without_poses_is_an_error_that_names_what_was_wanted(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    small = config(ref_mesh="empty", envmap=None)
    with pytest.raises(DatasetError, match="no file of poses; wanted"):
        sources.read(small, mapping.inputs(small, (tmp_path,)))


OTHERWISE: dict[str, Any] = {
    "spp": 2,
    "layers": 2,
    "display_interval": 5,
    "min_roughness": 0.1,
    "custom_mip": True,
    "loss": "mse",
    "lock_light": True,
    "sdf_regularizer": 0.1,
    "laplace": "none",
    "pre_load": False,
    "nrm_min": [0, 0, 0],
    "nrm_max": [0, 0, 1],
    "local_rank": 1,
    "multi_gpu": True,
    "texture_res": [32, 64],
    "save_interval": 3,
}
"""Values that are not the defaults, of keys that may come with a note."""

SETTINGS: dict[str, Any] = {
    "iter": 40,
    "batch": 4,
    "texture_res": [128, 128],
    "learning_rate": [0.01, 0.01],
    "random_textures": True,
    "base_mesh": "data/block.obj",
    "dmtet_grid": 32,
    "isosurface": "flexicubes",
    "mesh_scale": 2.5,
    "lock_pos": True,
    "learn_light": False,
    "camera_space_light": True,
    "laplace_scale": 3000,
    "kd_min": [0.1, 0.1, 0.1],
    "kd_max": [0.9, 0.9, 0.9],
    "ks_min": [0, 0.25, 0],
    "ks_max": [0, 1, 1],
}
"""Values that change the engine's settings."""

ELSEWHERE = {
    *("ref_mesh", "out_dir", "config", "display_res", "background", "validate", "mtl_override"),
    *("envmap", "env_scale", "display", "cam_near_far", "train_res"),
}
"""Keys that other tests are about; config is the command line's."""


@pytest.mark.parametrize(
    ("steps", "interval", "previews", "stages"),
    [
        (1000, 100, 10, 10),
        (5000, 1000, 5, 5),
        (1000, 500, 2, 4),
        (1000, 0, 0, 4),
        (60, 0, 0, 1),
        (50, 3, 2, 2),
        (5, 1, 0, 1),
    ],
)
def test_a_stage_ends_where_a_preview_is_due(
    steps: int, interval: int, previews: int, stages: int
) -> None:
    small = config(iter=steps, save_interval=interval)
    assert (mapping.previews(small), mapping.stages(small)) == (previews, stages)


@pytest.mark.parametrize("name", sorted(OTHERWISE))
def test_a_key_that_is_not_honored_is_named(name: str) -> None:
    said = list(notes.notes(config(**{name: OTHERWISE[name]})))
    assert [note for note in said if note.startswith(f"{name} ")]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_key_that_is_honored_changes_the_settings(name: str, place: Path) -> None:
    def settings(**changes: Any) -> Any:
        changed = config(**changes)
        return mapping.reconstruction(changed, mapping.inputs(changed, (place,)))

    assert settings(**{name: SETTINGS[name]}) != settings()


def test_no_key_is_forgotten() -> None:
    keys = {one.name for one in fields(Config)}
    assert keys == {*OTHERWISE, *SETTINGS, *ELSEWHERE}


def test_the_page_says_what_every_key_does() -> None:
    text = (ROOT / "docs" / "train.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, flags=re.MULTILINE)
    told = [name.strip("`") for row in rows for name in row.split(", ")]
    assert sorted(told) == sorted(one.name for one in fields(Config))


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.json")), ids=lambda p: p.stem)
def test_every_published_configuration_has_settings(path: Path, tmp_path: Path) -> None:
    published = nvdiffrec.read(path.read_bytes(), path)
    for text in (published.ref_mesh, published.base_mesh, published.envmap, published.mtl_override):
        if text is not None:
            (tmp_path / text).mkdir(parents=True, exist_ok=True)
    how = mapping.reconstruction(published, mapping.inputs(published, (tmp_path,)))
    steps = published.iter + 1
    assert sum(level.steps for level in how.levels) == (0 if published.base_mesh else steps)
    assert sum(level.steps for level in how.appearance) == steps


@pytest.mark.parametrize(
    ("text", "code"), [("{", 3), ('{"ref_mesh": "a", "out_dir": "b", "itr": 3}', 3), (None, 3)]
)
def test_a_wrong_file_is_told_in_one_line(
    text: str | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    assert cli.main(["train", "--config", str(path)]) == code
    said = capsys.readouterr().err
    assert said.startswith(f"lightmould: {path}")
    assert "itr" not in said or "Did you mean 'iter'?" in said


def test_a_flag_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(SMALL))
    monkeypatch.chdir(tmp_path)
    flags = ["--iter", "7", "--train-res", "64", "32", "--validate", "-o", "there"]
    assert cli.main(["train", "--config", "x.json", *flags]) == 4  # the mesh is not there
    said = capsys.readouterr().out.splitlines()
    assert {"iter 7", "train_res [64, 32]", "validate True", "out_dir there"} <= set(said)


@pytest.mark.slow
@pytest.mark.skipif(not BOB.is_file(), reason="needs the mesh of bob")
def test_bobs_published_configuration_completes_when_it_is_made_small(tmp_path: Path) -> None:
    path = PUBLISHED / "bob.json"
    data = json.loads(path.read_text())
    light = tmp_path / data["envmap"]
    light.parent.mkdir(parents=True)
    light.write_bytes(radiance.write(studio.studio()))
    small = {"iter": 50, "save_interval": 25, "train_res": [64, 64], "texture_res": [64, 64]}
    changed = nvdiffrec.of(data | small | {"ref_mesh": str(BOB)}, path)
    out = train.train(changed, (tmp_path,), Heard().listener)
    assert len(names(out)) == 20
    assert json.loads((out / "metrics.json").read_text())["iou"] > 0.95


def test_what_nobody_asks_for_is_never_told() -> None:
    assert list(notes.notes(config())) == []
