"""From a model to an asset: what is there at the end, and what is done a second time."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh

from lightmould.dataset import images, manifest, nerf_reader
from lightmould.formats import mtl
from lightmould.formats.files import file_hash
from lightmould.jobs import plan
from lightmould.model import Job, Warned
from lightmould.settings import Settings

if TYPE_CHECKING:
    from benchmarks import resume as resume_module
    from tests.acceptance.conftest import Told

    Run = Callable[[Job], Told]

pytestmark = pytest.mark.blender

METRICS = {
    "psnr", "psnr_full", "ssim", "iou", "chamfer_rel", "seconds",
    "views_train", "views_test", "faces", "device", "versions",
    "albedo_error", "albedo_error_scaled", "roughness_error", "metallic_error",
}  # fmt: skip


def asset(job: Job) -> Path:
    return job.folder / "asset"


def dataset(job: Job) -> Path:
    return job.folder / "dataset"


def test_the_asset_is_complete_and_its_manifest_is_its_last_word(finished: Job) -> None:
    manifest = asset(finished) / "manifest.json"
    hashes = json.loads(manifest.read_bytes())["hashes"]
    names = {f"mesh/texture_{kind}.png" for kind in ("kd", "ks", "n")}
    names |= {"mesh/mesh.obj", "mesh/mesh.mtl", "mesh/probe.hdr", "metrics.json", "report.html"}
    assert names <= set(hashes)
    files = [path for path in asset(finished).rglob("*") if path.is_file() and path != manifest]
    assert {name: file_hash(asset(finished) / name) for name in hashes} == hashes
    assert max(path.stat().st_mtime_ns for path in files) <= manifest.stat().st_mtime_ns
    assert not [path for path in files if path.name.startswith(".")]


def test_metrics_have_the_keys_that_never_change(finished: Job) -> None:
    metrics = json.loads((asset(finished) / "metrics.json").read_bytes())
    assert set(metrics) == METRICS
    assert metrics["views_train"] == 10
    assert metrics["views_test"] == 2
    assert metrics["iou"] > 0.9
    assert metrics["psnr"] > 15
    assert metrics["chamfer_rel"] < 0.01
    curve = (asset(finished) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert {frozenset(json.loads(line)) for line in curve} == {frozenset(("name", "step", "value"))}


def test_the_report_stands_alone(finished: Job) -> None:
    page = (asset(finished) / "report.html").read_text(encoding="utf-8")
    references = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', page)
    targets = {target for pair in references for target in pair if target}
    assert any(target.startswith("data:image/png") for target in targets)
    assert [target for target in targets if not target.startswith(("data:", "#"))] == []


def test_the_mesh_overlays_its_source(finished: Job, work: "resume_module.Work") -> None:
    found = trimesh.load(asset(finished) / "mesh" / "mesh.obj", process=False)
    source = trimesh.load(work.model, process=False)
    cell = float(np.max(source.extents)) / work.how.levels[-1].cells
    assert np.abs(found.bounds - source.bounds).max() < 2 * cell
    assert found.visual.uv.min() >= 0
    assert found.visual.uv.max() <= 1


def test_the_material_is_wired_as_nvdiffrec_does(finished: Job) -> None:
    folder, size = asset(finished) / "mesh", (128, 128)
    lines = (folder / "mesh.mtl").read_text(encoding="utf-8").splitlines()
    wired = dict(line.split(maxsplit=1) for line in lines if line.startswith(("map_", "bump")))
    assert wired["map_Kd"] == "texture_kd.png"
    assert wired["map_Ks"] == "texture_ks.png"
    assert wired["bump"] == "texture_n.png"
    (material,) = mtl.read((folder / "mesh.mtl").read_bytes(), folder / "mesh.mtl")
    for texture in material.maps:
        assert images.read(folder / texture.path, 3).shape[:2] == size
    assert images.read(folder / "probe.hdr", 3).max() > 0


@pytest.mark.parametrize(("split", "count"), [("train", 10), ("test", 2)])
def test_the_dataset_is_nerf_synthetic(finished: Job, split: str, count: int) -> None:
    folder = dataset(finished)
    poses = json.loads((folder / f"transforms_{split}.json").read_bytes())
    assert 0 < poses["camera_angle_x"] < np.pi
    assert len(poses["frames"]) == count
    for frame in poses["frames"]:
        (picture,) = folder.glob(f"{frame['file_path']}.*")
        header = picture.read_bytes()[:26]
        assert header[:8] == b"\x89PNG\r\n\x1a\n"
        assert header[24:26] == bytes((8, 6))  # bits of a channel; color and alpha
        pose = np.array(frame["transform_matrix"])
        assert pose.shape == (4, 4)
        assert np.allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-6)
        alpha = images.read(picture, 4)[..., 3]
        assert 0.02 < (alpha > 0.5).mean() < 0.9


def test_nvdiffrec_would_read_the_dataset_as_it_is(finished: Job) -> None:
    assert list(nerf_reader.faults(dataset(finished))) == []


def test_running_again_does_nothing(finished: Job, run: "Run") -> None:
    before = {path: path.stat().st_mtime_ns for path in asset(finished).rglob("*")}
    told = run(finished)
    assert told.skipped == {"render": True, "assemble": True, "reconstruct": True, "": False}
    assert told.wrote == []
    assert {path: path.stat().st_mtime_ns for path in asset(finished).rglob("*")} == before


def test_a_dataset_is_a_source_too_and_gives_the_same_bytes(
    finished: Job, work: "resume_module.Work", resume: "resume_module", tmp_path: Path, run: "Run"
) -> None:
    moved = Path(shutil.copytree(dataset(finished), tmp_path / "moved"))
    path = moved / manifest.NAME
    manifest.write(replace(manifest.read(path), source=Path("gone.obj")), path)
    job = plan.reconstruct(moved, tmp_path / "out", Settings(), work.how, {})
    curves = asset(job) / "metrics.jsonl"
    curves.parent.mkdir()
    curves.write_text('{"name": "of something else", "step": 7, "value": 1.0}\n')

    assert run(job).skipped == {"reconstruct": False, "": False}
    assert resume.asset_hashes(job) == resume.asset_hashes(finished)
    assert json.loads((asset(job) / "metrics.json").read_bytes())["chamfer_rel"] is None
    warnings = [each.event for each in resume.records(job) if isinstance(each.event, Warned)]
    assert [str(moved / "gone.obj") in warning.message for warning in warnings] == [True]
    assert "something else" not in curves.read_text()
