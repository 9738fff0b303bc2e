"""Models of all formats: one shape, one size, one look, or an error with the file's path."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.dataset import images, manifest
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.asset import read_obj_asset
from lightmould.jobs import conversion, run
from lightmould.model import Asset, CameraRig, Frame
from lightmould.rigs import Lens, look_at
from lightmould.settings import Render, Settings, Worker
from lightmould.tools import blender
from lightmould.tools.blender.conversation import Batch, Order
from lightmould.tools.blender.program import SCRIPTS

pytestmark = pytest.mark.blender

FORMATS = ("blend", "obj", "fbx", "glb", "gltf", "ply", "stl", "usdc", "usda")
BARE = ("ply", "stl")  # of materials
DRIVER = Path(__file__).with_name("inside_blender.py")


def drive(program: blender.Blender, *arguments: str, said: str = "") -> None:
    """Run the driver; a crash of Blender is a failure."""
    bare = (str(DRIVER), str(SCRIPTS), *arguments)
    argv = (program.program, *bare)
    if not program.is_python:
        quiet = ("--background", "--factory-startup", "-noaudio", "--python-exit-code", "1")
        argv = (program.program, *quiet, "--python", bare[0], "--", *bare[1:])
    done = subprocess.run(argv, input=said.encode(), capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def ask(model: Path, out: Path, placement: blender.Placement | None = None) -> Path:
    """The request that a job would write."""
    job = conversion.convert(model, out, Settings(), placement or blender.Placement(), os.environ)
    return job.folder / "requests" / "convert.json"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, some_blender: blender.Blender) -> Path:
    """model.* in every format that this Blender writes: Debian's is built without USD."""
    folder = tmp_path_factory.mktemp("größer #1")
    drive(some_blender, "export", str(folder))
    return folder


def written(exported: Path) -> list[str]:
    return [kind for kind in FORMATS if (exported / f"model.{kind}").is_file()]


@pytest.fixture(scope="module")
def converted(exported: Path, some_blender: blender.Blender) -> dict[str, Path]:
    """Format to the OBJ made of it."""
    made = {kind: exported / "made" / kind for kind in written(exported)}
    requests = [str(ask(exported / f"model.{kind}", folder)) for kind, folder in made.items()]
    drive(some_blender, "convert", *requests)
    for request in requests:
        assert not Path(f"{request}.error").exists(), Path(f"{request}.error").read_text()
    return {kind: folder / conversion.RESULT for kind, folder in made.items()}


def silhouettes(models: Sequence[Path], program: blender.Blender) -> list[NDArray[np.bool_]]:
    """Where a view shows each model; all by one Blender, as asked on its standard input."""
    camera = Lens((128, 128), 0.6).camera("a", look_at((1.5, 1.2, 2), (0, 0, 0)))
    requests, said = [], []
    for model in models:
        plan = manifest.plan_rig(model.parent, CameraRig("a", (camera,)))
        asked = blender.request(read_obj_asset(model), model, plan, Render(samples=1))
        requests.append(model.with_name("render.json"))
        requests[-1].write_text(codec.write(asked), encoding="utf-8")
        said += [Order("cycles", "cpu", model.parent), Batch("file", (Frame("a", "data"),)), None]
    drive(program, "render", *map(str, requests), said="".join(map(codec.write_line, said)))
    layers = [images.read_layers(model.with_name("a.data.exr")) for model in models]
    return [layer["Depth"][..., 0] < 1e9 for layer in layers]


def test_every_format_shows_the_same_silhouette(
    converted: dict[str, Path], some_blender: blender.Blender
) -> None:
    found = silhouettes([*converted.values()], some_blender)
    masks = dict(zip(converted, found, strict=True))
    truth = masks["blend"]
    assert 1000 < truth.sum() < 10_000
    for kind, mask in masks.items():
        assert (mask & truth).sum() / (mask | truth).sum() >= 0.995, kind


def test_every_format_keeps_scale_and_place(converted: dict[str, Path]) -> None:
    bounds = {kind: read_obj_asset(model).mesh.bounds for kind, model in converted.items()}
    for kind, found in bounds.items():
        np.testing.assert_allclose(found, bounds["blend"], atol=2e-6, err_msg=kind)


def test_materials_and_textures_come_along(exported: Path, converted: dict[str, Path]) -> None:
    for kind in set(converted) - set(BARE):
        asset: Asset = read_obj_asset(converted[kind])
        (material,) = asset.materials
        assert material.base_color_map is not None, kind
        found = images.read(material.base_color_map.path, 3)
        np.testing.assert_array_equal(found, images.read(exported / "paint.png", 3))
        found_pair = (material.roughness, material.metallic)
        assert found_pair == pytest.approx((0.3, 0.25), abs=1e-2), kind
        assert asset.mesh.uvs is not None
        record = json.loads((converted[kind].parent / "model.json").read_text(encoding="utf-8"))
        assert record["warnings"] == [], kind


def test_axis_unit_and_size_are_as_asked_and_are_recorded(
    exported: Path, some_blender: blender.Blender, tmp_path: Path
) -> None:
    named = None if some_blender.is_python else some_blender.program
    settings = Settings(worker=Worker(blender=named))
    placement = blender.Placement(up="z", unit=0.01, normalize=True)
    job = conversion.convert(exported / "model.obj", tmp_path, settings, placement, os.environ)
    run.run(job, lambda _: None)
    record = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    source = read_obj_asset(exported / "model.obj")
    turned = source.mesh.positions @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    placed = 0.01 * turned
    np.testing.assert_allclose([record["low"], record["high"]], [placed.min(0), placed.max(0)])
    moved = record["scale"] * turned + record["shift"]
    found = read_obj_asset(tmp_path / conversion.RESULT)
    np.testing.assert_allclose(found.mesh.bounds, [moved.min(0), moved.max(0)], atol=1e-6)
    assert np.ptp(found.mesh.bounds, axis=0).max() == pytest.approx(1)
    assert np.mean(found.mesh.bounds, axis=0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert (record["normalized"], record["up"], record["unit"]) == (True, "z", 0.01)


def test_broken_files_and_missing_textures_are_errors_with_their_paths(
    exported: Path, some_blender: blender.Blender, tmp_path: Path
) -> None:
    broken = [tmp_path / f"broken.{kind}" for kind in written(exported) if kind != "obj"]
    for path in broken:
        whole = (exported / f"model{path.suffix}").read_bytes()
        path.write_bytes(whole[: len(whole) // 3])
    broken.append(tmp_path / "header.glb")
    broken[-1].write_bytes(b"glTF\2\0\0\0\x10\0")
    bare = tmp_path / "bare.gltf"
    text = (exported / "model.gltf").read_text(encoding="utf-8")
    bare.write_text(text.replace("paint.png", "nowhere.png"), encoding="utf-8")
    (tmp_path / "model.bin").write_bytes((exported / "model.bin").read_bytes())
    requests = [str(ask(path, tmp_path / path.suffix[1:] / path.stem)) for path in (*broken, bare)]
    drive(some_blender, "convert", *requests)
    said = [Path(f"{request}.error").read_text(encoding="utf-8") for request in requests]
    for path, text in zip(broken, said, strict=False):
        assert str(path) in text
        assert ": found " in text, text
    assert "nowhere.png" in said[-1]
    assert not any("Location:" in text for text in said), said  # where Blender called, not what
    assert not list(tmp_path.glob("*/*/model.json"))


def test_a_missing_texture_is_an_error_with_its_path_in_every_format(
    exported: Path, some_blender: blender.Blender, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(exported, tmp_path / "copy", ignore=lambda *_: ["made"]))
    hidden = exported.with_name("hidden")
    exported.rename(hidden)  # some formats keep the whole path of a texture
    try:
        for path in (copy / "paint.png", copy / "textures" / "paint.png"):
            path.unlink(missing_ok=True)
        with pytest.raises(FormatError, match=r"mtl:\d+: found no file .*paint\.png"):
            ask(copy / "model.obj", tmp_path / "obj")
        kinds = set(written(copy)) - {"obj", "glb", *BARE}  # a GLB holds its textures
        requests = {kind: str(ask(copy / f"model.{kind}", tmp_path / kind)) for kind in kinds}
        drive(some_blender, "convert", *requests.values())
        for kind, request in requests.items():
            said = Path(f"{request}.error").read_text(encoding="utf-8")
            assert "found no texture" in said, kind
            assert str(copy / f"model.{kind}") in said
            # Of USD, Blender drops the path: the material is named instead.
            assert ("my_paint" if kind.startswith("usd") else "paint.png") in said
    finally:
        hidden.rename(exported)


def test_what_can_not_be_read_is_refused_before_any_program_runs(tmp_path: Path) -> None:
    odd, told = tmp_path / "model.max", tmp_path / "model.glb"
    odd.write_text("")
    told.write_text("")
    with pytest.raises(FormatError, match=r"model\.max: found a \.max file; wanted one of \.obj"):
        ask(odd, tmp_path / "out")
    with pytest.raises(SettingsError, match=r"an axis or a unit for \.glb"):
        ask(told, tmp_path / "out", blender.Placement(up="z"))
    with pytest.raises(SettingsError, match="metres above 0"):
        blender.Placement(unit=0)
    assert conversion.is_needed(Path("a.obj"), blender.Placement(normalize=True))
    assert not conversion.is_needed(Path("a.obj"), blender.Placement())
    assert conversion.is_needed(Path("a.ply"), blender.Placement())
