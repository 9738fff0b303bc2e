"""Views as tensors: the same from a folder and from packed files, in workers of either kind."""

import re
import shlex
import typing
from pathlib import Path

import numpy as np
import pytest
from fakes import datasets
from torch.utils.data import DataLoader

from lightmould.cli import app
from lightmould.dataset.finding import Kind
from lightmould.dataset.pack import pack
from lightmould.errors import DatasetError, FormatError, SettingsError
from lightmould.stream import ViewDataset

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stream") / "dataset"
    datasets.ball(folder, datasets.cameras(7), held_out=2)
    [*_] = pack(folder, folder.parent / "set.npz", 2 * 40 * 32 * 21)
    return folder


def test_a_folder_and_its_packed_files_are_the_same_tensors(folder: Path) -> None:
    ours, theirs = ViewDataset(folder), ViewDataset(folder.parent / "set.json")
    assert len(ours) == len(theirs) == 7
    for one, other in zip(ours, theirs, strict=True):
        assert [*one] == [*other] == ["rgb", "mask", "depth", "normal", "K", "c2w", "index"]
        for name, tensor in one.items():
            assert tensor.dtype == other[name].dtype
            assert np.array_equal(tensor.numpy(), other[name].numpy())


def test_a_pixel_and_its_depth_are_a_point_on_the_ball(folder: Path) -> None:
    """What a user would do with K, c2w and depth gives the place that was rendered."""
    item = ViewDataset(folder.parent / "set.json")[3]
    depth, k, c2w = (item[name].double().numpy() for name in ("depth", "K", "c2w"))
    row, column = np.nonzero(np.isfinite(depth))
    pixels = np.stack([column + 0.5, row + 0.5, np.ones(len(row))])
    seen = np.linalg.inv(k) @ pixels * depth[row, column] * np.array([[1], [-1], [-1]])
    points = (c2w[:3, :3] @ seen + c2w[:3, 3:]).T
    assert np.abs(np.linalg.norm(points, axis=1) - 1).max() < 1e-5
    assert np.abs(points - item["normal"].numpy()[row, column]).max() < 1e-5


def test_splits_are_apart_and_counted_from_zero(folder: Path) -> None:
    train, test = ViewDataset(folder, "train"), ViewDataset(folder, "test")
    assert (len(train), len(test)) == (5, 2)
    assert {camera.name for camera in train.cameras} & {one.name for one in test.cameras} == set()
    assert [int(item["index"]) for item in test] == [0, 1]
    assert int(test[-1]["index"]) == 1
    with pytest.raises(IndexError):
        test[2]
    with pytest.raises(DatasetError, match="no val views"):
        ViewDataset(folder, "val")


@pytest.mark.parametrize("kind", ["fork", "spawn"])
def test_workers_load_batches(folder: Path, kind: str) -> None:
    views = ViewDataset(folder.parent / "set.json", "train")
    loader = DataLoader(views, batch_size=2, num_workers=1, multiprocessing_context=kind)
    batches = [*loader]
    assert [tuple(batch["rgb"].shape) for batch in batches] == [(2, 32, 40, 4)] * 2 + [
        (1, 32, 40, 4)
    ]
    assert [index for batch in batches for index in batch["index"].tolist()] == [*range(5)]


def test_what_is_no_dataset_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="manifest"):
        ViewDataset(tmp_path)
    with pytest.raises(FormatError, match="no file"):
        ViewDataset(tmp_path / "set.npz")
    with pytest.raises(FormatError, match="at most"):
        ViewDataset(folder.parent / "set.json", largest_view=100)


def test_a_lens_that_bends_is_refused(folder: Path) -> None:
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    bent = text.replace('"distortion": null', '"distortion": {"is": "fisheye", "k1": 0.1}', 1)
    other = folder.parent / "bent"
    other.mkdir()
    (other / "manifest.json").write_text(bent, encoding="utf-8")
    with pytest.raises(SettingsError, match="Fisheye"):
        ViewDataset(other)


def test_the_page_about_datasets_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    place = folder.parent / "page"
    [*_] = pack(folder, place / "set.npz")
    monkeypatch.chdir(place)
    exec("\n".join(blocks), {})  # noqa: S102


def test_the_page_about_datasets_has_commands_that_are_taken_and_every_kind_of_finding() -> None:
    text = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^lightmould (.*)$", text, re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        app.parse_args(shlex.split(line), print_error=False, exit_on_error=False)
    section = text.split("## Pack")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(typing.get_args(Kind))
