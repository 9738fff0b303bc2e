"""`lightmould check`: a good dataset is let be; every damage is named, with the views it is in."""

import contextlib
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import datasets

from lightmould.cli import main
from lightmould.dataset import contact_sheet, images, manifest
from lightmould.dataset.finding import Finding
from lightmould.dataset.inspection import Report, inspect
from lightmould.dataset.opening import open_views
from lightmould.dataset.pack import pack
from lightmould.errors import DatasetError
from lightmould.formats import codec
from lightmould.model import Dataset, View
from lightmould.model.camera import resampled
from lightmould.rigs import ring


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gööd") / "dataset"
    datasets.ball(folder, datasets.cameras(26))
    return folder


@pytest.fixture
def copy(good: Path, tmp_path: Path) -> Dataset:
    return manifest.read(Path(shutil.copytree(good, tmp_path / "copy")) / manifest.NAME)


def report_of(path: Path) -> Report:
    return inspect(open_views(path), lambda _: None)


def repaint(dataset: Dataset, index: int, change: Callable[[images.Pixels], images.Pixels]) -> None:
    path = dataset.folder / dataset.views[index].color
    images.write_png(path, np.ascontiguousarray(change(images.read(path, 4))))


def blurred(picture: images.Pixels) -> images.Pixels:
    """The color alone, so that the mask stays."""
    color = picture[..., :3]
    for axis in (0, 1) * 3:
        color = (np.roll(color, 1, axis) + color + np.roll(color, -1, axis)) / 3
    return np.concatenate([color, picture[..., 3:]], axis=2)


def brightened(factor: float) -> Callable[[images.Pixels], images.Pixels]:
    return lambda picture: picture * np.float32([factor, factor, factor, 1])


def shifted(picture: images.Pixels) -> images.Pixels:
    return np.roll(picture, (0, -9), (0, 1))


def of(report: Report, kind: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind == kind]


@pytest.fixture(scope="module")
def looked(good: Path) -> tuple[Report, Path]:
    """What the command says of a good dataset, and the preview that it drew."""
    preview, told = good.parent / "preview.png", io.StringIO()
    with contextlib.redirect_stdout(told):
        line = ["check", str(good), "--preview", str(preview), "--views", "3", "--json"]
        assert main(line) == 0
    return codec.read(Report, told.getvalue(), "report"), preview


def test_a_good_dataset_has_no_findings(looked: tuple[Report, Path]) -> None:
    report, _ = looked
    assert report.findings == ()
    assert (report.train, report.val, report.test) == (24, 0, 2)
    assert report.overlap is not None
    assert report.overlap > 0.95
    assert report.gap < np.radians(45)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


def small(view: View) -> View:
    return replace(view, camera=resampled(view.camera, (20, 16), (0.5, 0.5)))


def write_float(path: Path, channels: int, value: float) -> None:
    images.write_exr(path, np.full((32, 40, channels), value, np.float32))


def change(path: Path, how: Callable[[images.Pixels], images.Pixels]) -> None:
    images.write_exr(path, how(images.read_as_is(path)))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What is found in a dataset of which many views are damaged, each in its own way."""
    folder = tmp_path_factory.mktemp("damaged") / "dataset"
    one = datasets.ball(folder, datasets.cameras(44))
    views = list(one.views)
    repaint(one, 8, blurred)
    repaint(one, 9, brightened(0.2))
    repaint(one, 10, brightened(5))
    repaint(one, 5, lambda picture: picture * 0)
    repaint(one, 6, lambda picture: np.maximum(picture, np.float32([0, 0, 0, 1])))
    repaint(one, 7, shifted)
    shutil.copy(folder / views[11].color, folder / views[12].color)
    write_float(folder / str(views[20].depth), 1, np.nan)
    write_float(folder / str(views[21].normal), 3, 0.9)
    change(folder / str(views[24].normal), lambda normal: -normal)
    change(folder / str(views[25].normal), lambda normal: -normal)
    change(folder / str(views[26].depth), lambda depth: np.roll(depth, 1, 1))
    mask = folder / str(views[27].mask)
    images.write_png(mask, 1 - images.read(mask, 1))
    cut(folder / views[22].color)
    views[23] = small(views[23])
    views[14] = replace(views[14], camera=replace(views[13].camera, name="000014"))
    views[16] = replace(views[16], camera=replace(views[16].camera, name="000015"))
    del views[18]
    datasets.described(replace(one, views=tuple(views)))
    (folder / views[33].color).unlink()
    repaint(one, 31, lambda picture: picture * np.float32(0.98))
    return report_of(folder)


FOUND: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "a blurred picture": ("sharpness", False, ("000008",)),
    "a dark picture": ("exposure", False, ("000009",)),
    "a burnt picture": ("exposure", False, ("000010",)),
    "an empty mask": ("mask", True, ("000005",)),
    "a whole mask": ("mask", False, ("000006",)),
    "a cut object": ("border", False, ("000007",)),
    "depth of NaN": ("broken", True, ("000020",)),
    "normals that are too long": ("broken", True, ("000021",)),
    "half a picture": ("broken", True, ("000022",)),
    "a picture of another size": ("broken", True, ("000023",)),
    "a pose twice": ("duplicate", False, ("000013", "000014")),
    "a picture twice": ("duplicate", False, ("000011", "000012")),
    "a name twice": ("duplicate", True, ("000015",)),
    "views left out": ("missing", False, ("000016", "000018")),
    "normals inside out": ("normal", True, ("000024", "000025")),
    "depth beside the object": ("depth", True, ("000026",)),
    "a mask that is inverted": ("mask", True, ("000027",)),
    "no picture": ("broken", True, ("000034",)),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_damage_is_named_with_its_views(damaged: Report, name: str) -> None:
    assert FOUND[name] in [(one.kind, one.wrong, one.views) for one in damaged.findings]


def test_what_is_wrong_comes_first_and_says_what_to_do(damaged: Report) -> None:
    wrong = [one.wrong for one in damaged.findings]
    assert wrong == sorted(wrong, reverse=True)
    assert damaged.wrong
    assert all(one.said.endswith(".") for one in damaged.findings)


def test_poses_and_masks_that_few_others_agree_with_are_named(damaged: Report) -> None:
    (finding,) = of(damaged, "poses")
    assert not finding.wrong
    assert finding.views == ("000006", "000007")


@pytest.mark.parametrize(("train", "wrong"), [(4, False), (2, True)])
def test_too_few_views_are_told(copy: Dataset, train: int, *, wrong: bool) -> None:
    datasets.described(replace(copy, views=copy.views[:train]))
    few, test = of(report_of(copy.folder), "count")
    assert (few.wrong, test.wrong) == (wrong, False)
    assert f"{train} views to learn from" in few.said
    assert "score" in test.said


def test_a_file_that_is_not_the_manifests_is_wrong(damaged: Report) -> None:
    assert any("found another file" in one.said for one in of(damaged, "broken"))


def test_inverted_poses_are_one_finding_that_says_so(copy: Dataset) -> None:
    views = tuple(
        replace(view, camera=replace(view.camera, world_from_camera=view.camera.camera_from_world))
        for view in copy.views
    )
    datasets.described(replace(copy, views=views))
    (finding,) = of(report_of(copy.folder), "poses")
    assert finding.wrong
    assert "world-to-camera" in finding.said


def test_a_ring_leaves_top_and_bottom_unseen(tmp_path: Path) -> None:
    datasets.ball(tmp_path / "ring", ring((0, 0, 0), 3.0, 12, datasets.LENS).cameras)
    report = report_of(tmp_path / "ring")
    assert not report.wrong, report.findings
    (finding,) = of(report, "directions")
    assert "no camera within 8" in finding.said  # 88 degrees, in steps of 3
    assert "1.00, " in finding.said


def test_the_command_says_it_and_ends_with_5_if_something_is_wrong(
    copy: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    few = replace(copy, views=copy.views[:2])
    datasets.described(few)
    cut(few.folder / few.views[0].color)
    assert main(["check", str(copy.folder)]) == DatasetError.exit_code
    said = capsys.readouterr().out
    assert "2 to learn from, 0 to validate with, 0 to score with" in said
    assert "WRONG      broken: 000000: " in said


@pytest.mark.parametrize("count", ["0", "-3"])
def test_a_preview_of_no_views_is_refused_before_anything_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: str
) -> None:
    assert main(["check", str(tmp_path / "none"), "--views", count]) == 4
    assert f"--views: found {count}; wanted at least 1" in capsys.readouterr().err


def test_a_packed_dataset_is_checked_as_its_folder_is(copy: Dataset) -> None:
    few = replace(copy, views=copy.views[:2])
    datasets.described(few)
    out = copy.folder.parent / "set.npz"
    [*_] = pack(copy.folder, out)
    assert report_of(out.with_suffix(".json")) == report_of(copy.folder)
    data = bytearray(out.read_bytes())
    data[len(data) // 2] ^= 1
    out.write_bytes(data)
    assert len(of(report_of(out.with_suffix(".json")), "broken")) == 2  # the file, and the view


def test_a_preview_has_a_row_for_each_view_and_a_column_for_each_pass(
    looked: tuple[Report, Path], good: Path, tmp_path: Path
) -> None:
    [*_] = pack(good, tmp_path / "set.npz")
    sheet = images.read(looked[1], 3)
    packed = open_views(tmp_path / "set.json")
    again = contact_sheet.draw(packed, contact_sheet.rows(packed, 3))
    np.testing.assert_allclose(again, sheet, atol=1 / 500)
    assert sheet.shape == (3 * (32 + 4) + 4, 4 * (40 + 4) + 4, 3)
    view = open_views(good).dataset.views[0]
    color, depth, normal = datasets.rendered(view.camera)
    tile = sheet[4:36, 4:44]
    seen = color[..., 3] > 0
    np.testing.assert_allclose(tile[seen], color[seen][:, :3], atol=1 / 254)
    np.testing.assert_allclose(sheet[4:36, 136:176], normal / 2 + 0.5, atol=1 / 254)
    near = sheet[4:36, 92:132, 0]
    assert near[~seen].max() == 0
    assert near.ravel()[depth.argmin()] == 1


def test_a_preview_shows_what_there_is_and_is_small(tmp_path: Path) -> None:
    camera = resampled(datasets.cameras(1)[0], (700, 500), (17.5, 15.625))
    dataset = datasets.ball(tmp_path / "large", [camera, datasets.cameras(2)[1]], held_out=1)
    bare = replace(dataset.views[1], depth=None, normal=None)
    datasets.described(replace(dataset, views=(dataset.views[0], bare)))
    views = open_views(tmp_path / "large")
    sheet = contact_sheet.draw(views, contact_sheet.rows(views))
    assert sheet.shape == (100 + 32 + 12, 4 * (140 + 4) + 4, 3)
    assert np.ptp(sheet[-36:, 2 * 144 :]) == 0
