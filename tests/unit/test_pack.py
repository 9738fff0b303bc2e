"""Packed datasets: what goes in comes out, for NumPy as for us; what is wrong with one is told."""

import io
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import datasets

from lightmould.cli import main
from lightmould.dataset import contact_sheet, images, manifest, packed
from lightmould.dataset.pack import pack
from lightmould.dataset.views import CHANNELS, FolderViews, Views, of_folder
from lightmould.errors import DatasetError, FormatError, JobError, LightmouldError, SettingsError
from lightmould.formats.files import file_hash
from lightmould.model import Dataset, Progress, Wrote
from lightmould.model.camera import resampled
from lightmould.model.dataset import PASSES

NAMES = ("rgb", "mask", "depth", "normal")
VIEW_BYTES = 40 * 32 * (4 + 1 + 4 + 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("däta") / "dataset"
    datasets.ball(folder, datasets.cameras(5))
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    out = folder.parent / "set.npz"
    [*_] = pack(folder, out)
    return out


def same(one: Views, other: Views) -> bool:
    views = range(len(one.dataset.views))
    assert [one.names(i) for i in views] == [other.names(i) for i in views]
    return all(
        np.array_equal(one.array(i, name), other.array(i, name))
        and one.array(i, name).dtype == other.array(i, name).dtype
        for i in views
        for name in one.names(i)
    )


def test_a_packed_dataset_is_the_folder_again(folder: Path, whole: Path) -> None:
    ours, theirs = packed.read(whole.with_suffix(".json")), of_folder(folder)
    assert same(ours, theirs)
    assert [view.split for view in ours.dataset.views] == ["train"] * 3 + ["test"] * 2
    for mine, yours in zip(ours.dataset.views, theirs.dataset.views, strict=True):
        assert mine.camera.name == yours.camera.name
        assert np.array_equal(mine.camera.world_from_camera, yours.camera.world_from_camera)
        assert (mine.camera.focal, mine.camera.near) == (yours.camera.focal, yours.camera.near)
    assert ours.dataset.hashes == theirs.dataset.hashes
    assert same(packed.read(whole), theirs)
    ours.verify()


def test_numpy_alone_reads_it(folder: Path, whole: Path) -> None:
    dataset = manifest.read(folder / manifest.NAME)
    with np.load(whole, allow_pickle=False) as arrays:
        kinds = {name: (arrays[name].dtype.str, arrays[name].shape) for name in arrays}
        meta = json.loads(bytes(arrays["meta"]))
        c2w, depth = arrays["c2w"], arrays["depth"]
    del kinds["meta"]
    assert kinds == {
        "rgb": ("|u1", (5, 32, 40, 4)),
        "mask": ("|u1", (5, 32, 40)),
        "depth": ("<f4", (5, 32, 40)),
        "normal": ("<f4", (5, 32, 40, 3)),
        "K": ("<f8", (5, 3, 3)),
        "c2w": ("<f8", (5, 4, 4)),
    }
    assert np.array_equal(c2w[2], dataset.views[2].camera.world_from_camera)
    assert np.array_equal(depth[2], datasets.rendered(dataset.views[2].camera)[1])
    assert meta["dataset"]["depth_kind"] == "z"
    assert {*meta["meanings"]} == {*NAMES, "K", "c2w"}
    assert meta["manifest"] == file_hash(folder / manifest.NAME)


def test_shards_are_as_large_as_asked_and_make_the_same_set(folder: Path, tmp_path: Path) -> None:
    events = [*pack(folder, tmp_path / "set.npz", 2 * VIEW_BYTES)]
    names = [f"set-00000{n}.npz" for n in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "set.json"]
    wrote = [Path(event.path).name for event in events if isinstance(event, Wrote)]
    assert wrote == [*names, "set.json"]  # the index is last
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert same(packed.read(tmp_path / "set.json"), of_folder(folder))
    assert len(packed.read(tmp_path / names[2]).dataset.views) == 1


def test_packing_again_gives_the_same_bytes_elsewhere_and_is_refused_there(
    folder: Path, whole: Path, tmp_path: Path
) -> None:
    [*_] = pack(folder, tmp_path / "new" / whole.name)
    for suffix in (".npz", ".json"):
        again = (tmp_path / "new" / whole.name).with_suffix(suffix)
        assert again.read_bytes() == whole.with_suffix(suffix).read_bytes()
    with pytest.raises(JobError, match="choose another name"):
        [*pack(folder, whole)]


def mixed(folder: Path) -> Dataset:
    """Views of two sizes, without alpha, of 16 bits, of floats, and with a single pass."""
    dataset = datasets.ball(folder, datasets.cameras(6))
    views = list(dataset.views)
    for i in (1, 3):
        small = resampled(views[i].camera, (20, 16), (0.5, 0.5))
        color = datasets.rendered(small)[0]
        images.write_png(folder / views[i].color, color[..., :3], bits=16)
        images.write_png(folder / str(views[i].mask), np.repeat(color[..., 3:], 3, axis=2))
        views[i] = replace(views[i], camera=small, depth=None, normal=None)
    color = views[4].color.with_suffix(".exr")
    images.write_exr(folder / color, datasets.rendered(views[4].camera)[0] * 3)
    views[4] = replace(views[4], color=color, mask=None)
    return datasets.described(replace(dataset, views=tuple(views)))


def test_views_of_different_kinds_are_in_different_files(tmp_path: Path) -> None:
    dataset = mixed(tmp_path / "dataset")
    [*_] = pack(dataset.folder, tmp_path / "set.npz")
    found = packed.read(tmp_path / "set.json")
    order = (0, 2, 5, 1, 3, 4)
    assert same(found, FolderViews(replace(dataset, views=tuple(dataset.views[i] for i in order))))
    kinds = [found.array(i, "rgb").dtype.str for i in (0, 3, 5)]
    assert kinds == ["|u1", "<u2", "<f4"]
    exact = datasets.rendered(dataset.views[1].camera)[0][..., :3]
    assert np.abs(found.array(3, "rgb") / 65535 - exact).max() < 1e-5


def with_passes(folder: Path) -> Dataset:
    """Every data picture that there is, some of them made up."""
    dataset = datasets.ball(folder, datasets.cameras(3), held_out=1)
    dataset = manifest.with_passes(dataset, [*PASSES])
    rng = np.random.default_rng(4)
    for view in dataset.views:
        for name, path in view.passes.items():
            pixels = rng.random((32, 40, *CHANNELS[name][0]), np.float32).reshape(32, 40, -1)
            pixels[:4] = np.float32(PASSES[name].nothing)
            images.write_exr(folder / path, pixels)
    return datasets.described(dataset)


def test_further_data_pictures_are_packed_and_drawn(tmp_path: Path) -> None:
    dataset = with_passes(tmp_path / "dataset")
    [*_] = pack(dataset.folder, tmp_path / "set.npz")
    found = packed.read(tmp_path / "set.json")
    assert found.names(0) == tuple(CHANNELS)
    for index in range(3):
        for name in CHANNELS:
            theirs = of_folder(dataset.folder).array(index, name)
            np.testing.assert_array_equal(found.array(index, name), theirs)
    assert found.array(0, "uv").shape == (32, 40, 2)
    assert found.dataset.passes == PASSES
    drawn = contact_sheet.draw(found, [0, 2])
    assert drawn.shape == (2 * 36 + 4, len(CHANNELS) * 44 + 4, 3)
    assert np.isfinite(drawn).all()
    path = dataset.folder / dataset.views[1].passes["uv"]
    images.write_exr(path, np.zeros((32, 40, 3), np.float32))
    with pytest.raises(FormatError, match="3 channels; wanted 2, of uv"):
        of_folder(dataset.folder).array(1, "uv")


def remade(path: Path, **changed: Any) -> None:
    """A shard with other arrays, as an honest zip."""
    with np.load(path, allow_pickle=False) as old:
        arrays = {name: old[name] for name in old} | changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def with_meta(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        meta = json.loads(bytes(arrays["meta"]))
    change(meta)
    remade(path, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8))


def flip(path: Path) -> None:
    views = packed.read(path)
    place = views.shards[0].arrays["depth"].offset + 40 * 32 * 4 * 2 + 77
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no cameras": (lambda p: remade(p, c2w=None), "no array 'c2w'"),
    "no meta": (lambda p: remade(p, meta=None), "no array 'meta'"),
    "an array nobody knows": (lambda p: remade(p, x=np.ones(3)), "an array 'x'"),
    "color of 8 bytes": (lambda p: remade(p, rgb=np.zeros((5, 32, 40, 4))), "type float64"),
    "depth of halves": (lambda p: remade(p, depth=np.zeros((5, 32, 40), np.float16)), "float16"),
    "two channels": (lambda p: remade(p, rgb=np.zeros((5, 32, 40, 2), np.uint8)), "shape"),
    "another size": (lambda p: remade(p, mask=np.zeros((5, 40, 32), np.uint8)), "shape"),
    "fewer views": (lambda p: remade(p, mask=np.zeros((4, 32, 40), np.uint8)), "shape"),
    "other cameras": (lambda p: remade(p, c2w=np.tile(np.eye(4), (5, 1, 1))), "other cameras"),
    "a lens of NaN": (lambda p: remade(p, K=np.full((5, 3, 3), np.nan)), "other cameras"),
    "cameras in floats": (lambda p: remade(p, K=np.zeros((5, 3, 3), np.float32)), "float32"),
    "meta of another layout": (lambda p: with_meta(p, lambda m: m.update(layout=2)), "2"),
    "meta without views": (
        lambda p: with_meta(p, lambda m: m["dataset"].update(views=[])), "no views",
    ),
    "meta that leaves the folder": (
        lambda p: with_meta(p, lambda m: m["dataset"]["views"][0].update(color="../x.png")), "../x",
    ),
    "meta without checks": (lambda p: with_meta(p, lambda m: m.update(checks={})), "no CRC-32"),
    "meta with words": (lambda p: with_meta(p, lambda m: m.update(more=1)), "more"),
    "meta that is no text": (lambda p: remade(p, meta=np.array([255, 254], np.uint8)), ""),
    "meta of floats": (lambda p: remade(p, meta=np.ones(4)), "float64"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_shard_that_contradicts_itself_is_one_error(
    whole: Path, tmp_path: Path, name: str
) -> None:
    break_it, found = BAD[name]
    path = tmp_path / "set.npz"
    path.write_bytes(whole.read_bytes())
    break_it(path)
    with pytest.raises(FormatError) as caught:
        packed.read(path)
    assert found in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_damaged_view_is_named_and_the_others_are_read(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    path.write_bytes(whole.read_bytes())
    flip(path)
    path.with_suffix(".json").write_bytes(whole.with_suffix(".json").read_bytes())
    views = packed.read(path.with_suffix(".json"))
    assert views.array(1, "depth").shape == (32, 40)
    with pytest.raises(FormatError, match="damaged bytes in view '000002'"):
        views.array(2, "depth")
    with pytest.raises(DatasetError, match="SHA-256"):
        views.verify()


def test_a_view_larger_than_allowed_is_refused_before_it_is_read(whole: Path) -> None:
    with pytest.raises(FormatError, match=f"{VIEW_BYTES} bytes a view"):
        packed.read(whole, VIEW_BYTES - 1)
    assert packed.read(whole, VIEW_BYTES).array(0, "rgb").shape == (32, 40, 4)


def test_reading_a_view_takes_the_memory_of_a_view(whole: Path) -> None:
    packed.read(whole).array(0, "normal")
    tracemalloc.start()
    packed.read(whole).array(3, "normal")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < whole.stat().st_size / 2


INDEX: dict[str, tuple[str, object, str]] = {
    "upwards": ("name", "../set.npz", "plain name"),
    "absolute": ("name", "/set.npz", "plain name"),
    "no .npz": ("name", "set.zip", "plain name"),
    "a missing file": ("name", "other.npz", "no file"),
    "another size": ("size", 7, "7 bytes"),
    "other views": ("views", 9, "9 views"),
}


@pytest.mark.parametrize("name", INDEX)
def test_an_index_that_is_not_of_its_files_is_one_error(
    whole: Path, tmp_path: Path, name: str
) -> None:
    field, value, found = INDEX[name]
    (tmp_path / "set.npz").write_bytes(whole.read_bytes())
    index = json.loads(whole.with_suffix(".json").read_text())
    index["shards"][0][field] = value
    (tmp_path / "set.json").write_text(json.dumps(index))
    with pytest.raises(LightmouldError) as caught:
        packed.read(tmp_path / "set.json")
    assert found in str(caught.value)


def test_an_index_lists_each_view_once_and_nothing_from_elsewhere(
    whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "set.npz").write_bytes(whole.read_bytes())
    index = json.loads(whole.with_suffix(".json").read_text())
    index["shards"] *= 2
    (tmp_path / "set.json").write_text(json.dumps(index))
    with pytest.raises(DatasetError, match="twice"):
        packed.read(tmp_path / "set.json")
    (tmp_path / "set.npz").unlink()
    (tmp_path / "set.npz").symlink_to(whole)
    with pytest.raises(FormatError, match="a link"):
        packed.read(tmp_path / "set.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"layout": 1}', b"\xff\xfe"])
def test_an_index_that_is_none_is_one_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "set.json").write_bytes(data)
    with pytest.raises(FormatError):
        packed.read(tmp_path / "set.json")


def test_only_a_whole_dataset_is_packed_and_nothing_is_left_of_another(tmp_path: Path) -> None:
    dataset = datasets.ball(tmp_path / "dataset", datasets.cameras(3))
    out = tmp_path / "out" / "set.npz"
    with pytest.raises(SettingsError, match=r"\.npz"):
        [*pack(dataset.folder, out.with_suffix(".tar"))]
    images.write_png(dataset.folder / dataset.views[0].color, np.ones((32, 40, 4), np.float32))
    with pytest.raises(DatasetError, match="SHA-256"):
        [*pack(dataset.folder, out)]
    path = dataset.folder / dataset.views[1].color
    path.write_bytes(path.read_bytes()[:200])
    datasets.described(dataset)
    with pytest.raises(FormatError, match="000001"):
        [*pack(dataset.folder, out)]
    images.write_png(path, np.ones((30, 40, 4), np.float32))
    datasets.described(dataset)
    with pytest.raises(DatasetError, match="40x30 pixels; wanted 40x32"):
        [*pack(dataset.folder, out)]
    assert not list(out.parent.glob("*"))


def test_the_command_packs_and_says_what_it_wrote(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set.npz"
    assert main(["pack", str(folder), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"index {out.with_suffix('.json')}" in said
    assert "set.npz: 5 views, 0.1 MiB" in said
    assert main(["pack", str(folder), "--out", str(tmp_path / "b.npz"), "--json"]) == 0
    assert json.load(io.StringIO(capsys.readouterr().out))["shards"][0]["views"] == 5
    assert main(["pack", str(folder), "--out", str(out)]) == JobError.exit_code
    assert main(["pack", str(tmp_path), "--out", str(tmp_path / "c.npz")]) == DatasetError.exit_code
