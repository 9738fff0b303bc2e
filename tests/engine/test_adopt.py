"""What nvdiffrec wrote becomes an asset of ours: right for everybody, in its place, scored."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import datasets
from fakes.nvdiffrec import Fake, installed

from lightmould.dataset import images
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.texturing import imported
from lightmould.formats import codec, obj
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import linear_from_srgb
from lightmould.jobs import plan
from lightmould.jobs.run import run
from lightmould.model import Finished, Mesh, Record
from lightmould.settings import Settings
from lightmould.settings.presets import training
from lightmould.tools.nvdiffrec.files import Views

# Two charts: the left one lies in the texture as it is, the right one mirrored.
CORNERS = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
FACES = np.array([[0, 1, 2], [0, 2, 3], [0, 1, 2], [0, 2, 3]], np.int32)
UVS = np.array(
    [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4], [0.9, 0.6], [0.6, 0.6], [0.6, 0.9], [0.9, 0.9]]
)
FACE_UVS = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
SHEET = Mesh(CORNERS, FACES, UVS, FACE_UVS)
SIZE = 64


def texels(uv: tuple[float, float]) -> tuple[int, int]:
    return int((1 - uv[1]) * SIZE), int(uv[0] * SIZE)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Textures of one color each, as nvdiffrec writes them."""
    plain = {"kd": (0.5, 0.25, 0.1), "ks": (0.0, 0.5, 0.0), "n": (0.5, 0.75, 0.9)}
    paths = {name: tmp_path / f"texture_{name}.png" for name in plain}
    for name, color in plain.items():
        images.write_png(paths[name], np.full((SIZE, SIZE, 3), color, np.float32))
    return paths


def test_green_turns_where_a_chart_lies_mirrored_and_nowhere_else(files: dict[str, Path]) -> None:
    found = imported.textures(SHEET, files, 1.0)["n"]
    assert found[texels((0.25, 0.25))].tolist() == pytest.approx([0.5, 0.75, 0.9], abs=0.01)
    assert found[texels((0.75, 0.75))].tolist() == pytest.approx([0.5, 0.25, 0.9], abs=0.01)


def test_a_turned_normal_means_the_same_direction_to_everybody(files: dict[str, Path]) -> None:
    found = imported.textures(SHEET, files, 1.0)["n"]
    x, y, z = (np.array([0.5, 0.75, 0.9]) * 2 - 1).tolist()
    for face, where in ((0, (0.25, 0.25)), (2, (0.75, 0.75))):
        along_u, along_v = directions(SHEET, face)
        normal = np.array([0.0, 0.0, 1.0])
        meant = x * along_u + y * np.cross(normal, along_u) + z * normal  # as nvdiffrec has it
        ours = found[texels(where)] * 2 - 1
        seen = ours[0] * along_u + ours[1] * along_v + ours[2] * normal  # as everybody else has
        assert seen == pytest.approx(meant, abs=0.02)


def directions(mesh: Mesh, face: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions in which u and v grow on a face."""
    corners = mesh.positions[mesh.faces[face]]
    uvs = np.asarray(mesh.uvs)[np.asarray(mesh.face_uvs)[face]]
    edges, steps = corners[1:] - corners[0], uvs[1:] - uvs[0]
    along = np.linalg.solve(steps, edges)
    u, v = along / np.linalg.norm(along, axis=1)[:, None]
    return u, v


def test_texels_off_the_charts_are_those_of_the_nearest_chart(files: dict[str, Path]) -> None:
    texture = images.read(files["kd"], 3)
    texture[:, : SIZE // 2] = 0.9
    images.write_png(files["kd"], texture)
    found = imported.textures(SHEET, files, 1.0)["kd"]
    assert found[texels((0.02, 0.02))].tolist() == pytest.approx([0.9] * 3, abs=0.01)
    assert found[texels((0.98, 0.98))].tolist() == pytest.approx([0.5, 0.25, 0.1], abs=0.01)


def test_a_diffuse_gain_is_of_linear_albedo_and_spares_metal(files: dict[str, Path]) -> None:
    ks = images.read(files["ks"], 3)
    ks[: SIZE // 2, :, 2] = 1.0
    kd = images.read(files["kd"], 3)
    found = imported.brightened(kd, ks, 1.08)
    assert found[0, 0].tolist() == pytest.approx(kd[0, 0].tolist(), abs=1e-5)
    wanted = linear_from_srgb(kd[-1, -1]) * 1.08
    assert linear_from_srgb(found[-1, -1]).tolist() == pytest.approx(wanted.tolist(), rel=1e-3)
    assert imported.brightened(kd, ks, 1.0) is kd


def test_an_alpha_stays_what_it_is(files: dict[str, Path]) -> None:
    images.write_png(files["kd"], np.full((SIZE, SIZE, 4), (0.5, 0.5, 0.5, 0.3), np.float32))
    found = imported.textures(SHEET, files, 1.08)["kd"]
    assert found.shape[2] == 4
    assert found[..., 3].mean() == pytest.approx(0.3, abs=0.01)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Fake:
    return installed(tmp_path_factory.mktemp("nvdiffrec"))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ball of radius 1."""
    folder = tmp_path_factory.mktemp("ball")
    datasets.ball(folder, datasets.cameras(26))
    return folder


def test_a_dataset_becomes_an_asset_on_the_same_road(
    fake: Fake, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.delenv("CUDA_HOME", raising=False)
    how = replace(training("draft"), iter=20, save_interval=10, texture_res=(64, 64), layers=2)
    settings = Settings(nvdiffrec=replace(fake.settings, diffuse_gain=1.08))
    job = plan.reconstruct(dataset, tmp_path / "out", settings, how, os.environ)
    assert [step.name for step in job.steps] == ["prepare", "train", "finish"]
    run(replace(job, steps=job.steps[:1]), lambda _: None)
    views = tmp_path / "out" / "nvdiffrec" / "views" / "views.json"
    placement = codec.read(Views, views.read_bytes(), views).placement
    fake.plan(radius=1 / placement.scale)
    records: list[Record] = []
    run(job, records.append)
    check_asset(tmp_path / "out" / "asset")
    again: list[Record] = []
    run(job, again.append)
    done = [one.event for one in again if one.step and isinstance(one.event, Finished)]
    assert done == [Finished(skipped=True)] * 3


def check_asset(folder: Path) -> None:
    asset = read_obj_asset(folder / "mesh" / "mesh.obj")
    (material,) = asset.materials
    assert material.occlusion_inverted
    assert material.opacity_map is not None
    assert (material.opacity_map.path.name, material.opacity_map.channel) == ("texture_kd.png", "a")
    raw = obj.read((folder / "original" / "mesh" / "mesh.obj").read_bytes(), Path("mesh.obj")).mesh
    assert np.ptp(asset.mesh.positions, axis=0) == pytest.approx([2.0] * 3, abs=0.01)
    assert np.ptp(raw.positions, axis=0).max() < 2.0
    metrics = codec.read(Metrics, (folder / "metrics.json").read_bytes(), "metrics.json")
    assert metrics.iou > 0.9
    assert metrics.device.startswith("Fake GPU")
    assert metrics.versions["nvdiffrast"] == "0.4.0"
    hashes = json.loads((folder / "manifest.json").read_text())["hashes"]
    wanted = {"mesh/mesh.obj", "mesh/probe.hdr", "original/mesh/texture_n.png", "report.html"}
    assert wanted <= hashes.keys()
    assert "Reconstruction by nvdiffrec" in (folder / "report.html").read_text()
