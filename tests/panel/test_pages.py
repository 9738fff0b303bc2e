"""The pages of one job: log, curves, views, settings, outputs."""

import math
from pathlib import Path
from typing import Any

import pytest
from fakes.panel import Shown, job, running_elsewhere

from lightmould.formats import outcome
from lightmould.jobs import log
from lightmould.model import (
    Failed,
    Finished,
    Metric,
    Progress,
    Record,
    Started,
    ViewResult,
    Warned,
    Wrote,
)
from lightmould.panel.curves import Axis, smoothed
from lightmould.panel.duplicate_dialog import DuplicateDialog, value_of
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
SAID = (
    ("", Started("vase", "here")),
    ("reconstruct", Started("reconstruct")),
    ("reconstruct", Progress(0.5, "shape, 48 cells", 60.0)),
    ("reconstruct", Metric("10_shape", 1, 0.5)),
    ("reconstruct", Metric("10_shape", 2, 0.25)),
    ("reconstruct", Warned("the mask of view 7 is small")),
    ("reconstruct", Wrote("previews/after_10_shape.png", "preview")),
)


def chosen(bot: Any, folder: Path, page: int) -> Shown:
    """A panel with this one job chosen and a page open."""
    shown = Shown.of(bot, folder.parent)
    shown.has(folder.name)
    shown.choose(folder.name)
    shown.panel.details.tabs.setCurrentIndex(page)
    return shown


def texts(shown: Shown) -> list[str]:
    """The lines that are at hand."""
    view = shown.panel.details.log.view
    lines = [view._line(row) for row in range(view.rows)]
    return [line.text for line in lines if line is not None]


def picture(path: Path, color: str) -> Path:
    """A small picture of one color."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = QtGui.QImage(16, 16, QtGui.QImage.Format.Format_RGB32)
    image.fill(QtGui.QColor(color))
    assert image.save(str(path))
    return path


def test_the_log_is_told_in_words_and_followed(qtbot: Any, tmp_path: Path) -> None:
    folder = running_elsewhere(job(tmp_path / "jobs" / "vase", *SAID))
    shown = chosen(qtbot, folder, 1)
    shown.until(lambda: len(texts(shown)) == len(SAID))
    assert "50% shape, 48 cells" in texts(shown)[2]
    with log.Log(folder / log.NAME) as opened:
        for i in range(500):
            opened.append(Record(1.7e9, "reconstruct", Progress(0.5, f"more {i}")))
    view = shown.panel.details.log.view
    shown.until(lambda: view.rows == len(SAID) + 500)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum() > 0
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert not shown.panel.details.log.follow.isChecked()
    assert view.verticalScrollBar().value() == 0


def test_the_log_shows_only_warnings_when_asked(qtbot: Any, tmp_path: Path) -> None:
    folder = job(tmp_path / "jobs" / "vase", *SAID, ("", Failed("why", 7)))
    shown = chosen(qtbot, folder, 1)
    page = shown.panel.details.log
    shown.until(lambda: page.view.rows == len(SAID) + 1)
    page.levels.setCurrentIndex(2)
    shown.until(lambda: page.view.rows == 2 and len(texts(shown)) == 2)
    assert "the mask of view 7 is small" in texts(shown)[0]
    page.levels.setCurrentIndex(3)
    shown.until(lambda: page.view.rows == 1 and len(texts(shown)) == 1)
    assert "exit code 7" in texts(shown)[0]


def test_what_is_searched_for_is_found_by_typing_and_return(qtbot: Any, tmp_path: Path) -> None:
    folder = job(tmp_path / "jobs" / "vase", *SAID)
    shown = chosen(qtbot, folder, 1)
    page = shown.panel.details.log
    shown.until(lambda: page.view.rows == len(SAID))
    qtbot.keyClicks(page.search, "SHAPE")
    shown.until(lambda: page.found.text() == "4 lines")
    rows = [page.view.current]
    for _ in range(4):
        qtbot.keyClick(page.search, Qt.Key.Key_Return)
        rows.append(page.view.current)
    assert rows == [2, 3, 4, 6, 2]
    qtbot.keyClicks(page.search, " of nothing")
    shown.until(lambda: page.found.text() == "nothing found")


def test_chosen_lines_are_copied(qtbot: Any, tmp_path: Path) -> None:
    folder = job(tmp_path / "jobs" / "vase", *SAID)
    shown = chosen(qtbot, folder, 1)
    view = shown.panel.details.log.view
    shown.until(lambda: len(texts(shown)) == len(SAID))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QtWidgets.QApplication.clipboard().text().splitlines() == texts(shown)[:2]
    place = QtCore.QPoint(40, int(view._high() * 2.5))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.selected_text() == texts(shown)[2]


def test_a_programs_own_words_are_shown_beside_the_events(qtbot: Any, tmp_path: Path) -> None:
    folder = job(tmp_path / "jobs" / "vase", *SAID)
    (folder / "logs").mkdir()
    (folder / "logs" / "reconstruct.log").write_text("$ python\nall fine\nValueError: broken\n")
    shown = chosen(qtbot, folder, 1)
    page = shown.panel.details.log
    shown.until(lambda: page.texts.count() == 2)
    page.texts.setCurrentIndex(1)
    shown.until(lambda: texts(shown) == ["$ python", "all fine", "ValueError: broken"])
    line = page.view._line(2)
    assert line is not None
    assert line.level == "error"


def test_curves_are_drawn_for_every_number(qtbot: Any, tmp_path: Path) -> None:
    folder = running_elsewhere(job(tmp_path / "jobs" / "vase", *SAID))
    shown = chosen(qtbot, folder, 2)
    curves = shown.panel.details.curves
    shown.until(lambda: list(curves.charts) == ["10_shape"])
    assert "0.25" in curves.charts["10_shape"].accessibleName()
    with log.Log(folder / log.NAME) as opened:
        opened.append(Record(1.7e9, "reconstruct", Metric("10_shape", 3, 0.125)))
    shown.until(lambda: "0.125" in curves.charts["10_shape"].accessibleName())
    qtbot.mouseMove(curves.charts["10_shape"])
    assert not curves.grab().isNull()


@pytest.mark.parametrize("values", [(1.0,), (0.0, 0.0), (1e-9, 1e9), (-1.0, 5.0), (3.0, 3.0)])
def test_any_finite_values_have_an_axis(values: tuple[float, ...]) -> None:
    axis = Axis.of(values)
    assert all(0 <= axis.place(value) <= 1 for value in values)
    assert all(-0.01 <= axis.place(tick) <= 1.01 for tick in axis.ticks())
    assert len(smoothed(values)) == len(values)


def test_views_are_listed_the_worst_first_and_wiped(qtbot: Any, tmp_path: Path) -> None:
    folder = job(tmp_path / "jobs" / "vase", *SAID, ("", Finished()))
    asset = folder / "asset"
    views = []
    for name, psnr in (("000060", 31.0), ("000061", 24.0)):
        paths = [
            picture(asset / "previews" / f"{name}_{kind}.png", color)
            for kind, color in (("truth", "red"), ("found", "blue"), ("error", "black"))
        ]
        views.append(ViewResult(name, psnr, 0.9, 0.99, *paths))
    outcome.write(asset, views)
    shown = chosen(qtbot, folder, 3)
    page = shown.panel.details.views
    shown.until(lambda: page.list.count() == 2)
    assert page.list.item(0).text() == "000061\n24.0 dB, ±16 of 255"
    shown.until(lambda: "Truth" in page.wipe._pictures)
    field = page.wipe._field(page.wipe._pictures["Rendering"])
    place = QtCore.QPoint(int(field.left() + field.width() / 4), int(field.center().y()))
    qtbot.mouseClick(page.wipe, Qt.MouseButton.LeftButton, pos=place)
    assert page.wipe.edge == pytest.approx(0.25, abs=0.02)
    drawn = page.wipe.grab().toImage()
    ratio = drawn.width() / page.wipe.width()
    left, right = (QtCore.QPointF(field.left() + field.width() * x, place.y()) for x in (0.1, 0.9))
    assert drawn.pixelColor((left * ratio).toPoint()) == QtGui.QColor("blue")
    assert drawn.pixelColor((right * ratio).toPoint()) == QtGui.QColor("red")
    qtbot.keyClick(page.wipe, Qt.Key.Key_Right)
    assert page.wipe.edge == pytest.approx(0.27, abs=0.02)
    shown.click(page.modes.button(3))
    assert page.wipe.mode == "Error"


def test_an_older_asset_has_its_pictures_alone(tmp_path: Path) -> None:
    for kind in ("truth", "found"):
        picture(tmp_path / "previews" / f"a_{kind}.png", "red")
    (view,) = outcome.views(tmp_path)
    assert (view.name, view.error) == ("a", None)
    assert math.isnan(view.psnr)


def test_the_newest_preview_is_shown_while_a_job_runs(qtbot: Any, tmp_path: Path) -> None:
    folder = running_elsewhere(job(tmp_path / "jobs" / "vase", *SAID))
    picture(folder / "asset" / "previews" / "after_10_shape.png", "blue")
    shown = chosen(qtbot, folder, 3)
    page = shown.panel.details.views
    shown.until(lambda: not page.wipe._pictures.get("Rendering", QtGui.QImage()).isNull())
    assert "after_10_shape" in page.scores.text()


def test_settings_are_compared_with_another_jobs(qtbot: Any, tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 7)):
        folder = job(tmp_path / "jobs" / name, *SAID)
        (folder / "requests").mkdir()
        text = f'{{"out": "{folder}/asset", "how": {{"seed": {seed}, "faces": 5}}}}'
        (folder / "requests" / "reconstruct.json").write_text(text)
    shown = Shown.of(qtbot, tmp_path / "jobs")
    shown.has("one", "two")
    shown.choose("one")
    shown.panel.details.tabs.setCurrentIndex(4)
    page = shown.panel.details.settings
    shown.until(lambda: page.tree.topLevelItemCount() == 3)
    page.compare_with(tmp_path / "jobs" / "two")
    shown.until(lambda: page.note.text() == "1 differ")
    item = page.tree.topLevelItem(0)
    assert [item.text(column) for column in range(3)] == ["reconstruct.how.seed", "0", "7"]
    shown.click(page.only)
    shown.until(lambda: page.tree.topLevelItemCount() == 3)
    qtbot.keyClicks(page.search, "faces")
    assert [page.tree.topLevelItem(row).isHidden() for row in range(3)].count(False) == 1


def test_outputs_are_listed_with_their_sizes(qtbot: Any, tmp_path: Path) -> None:
    folder = job(tmp_path / "jobs" / "vase", *SAID, ("", Finished()))
    mesh = folder / "asset" / "mesh" / "mesh.obj"
    mesh.parent.mkdir(parents=True)
    mesh.write_bytes(b"x" * 2500)
    shown = chosen(qtbot, folder, 5)
    page = shown.panel.details.outputs
    shown.until(lambda: page.tree.topLevelItemCount() == 1)
    item = page.tree.topLevelItem(0)
    assert (item.text(0), item.text(1)) == ("asset/mesh/mesh.obj", "2.5 kB")
    assert page.note.text() == "1 files, 2.5 kB"


def test_a_duplicate_is_wished_for_with_changes(qtbot: Any, tmp_path: Path) -> None:
    parent = QtWidgets.QWidget()
    qtbot.addWidget(parent)
    settings = {"reconstruct.how.seed": 0, "reconstruct.how.isosurface": "dual", "render.size": 5}
    dialog = DuplicateDialog("vase", tmp_path / "new", settings, parent)
    dialog.open()
    assert dialog.table.rowCount() == 2
    dialog.table.item(0, 1).setText("7")
    with qtbot.waitSignal(dialog.wished) as wished:
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    (wish,) = wished.args
    assert wish.changes == {"reconstruct.how.seed": 7}
    assert (wish.folder, wish.again, wish.start) == (tmp_path / "new", False, True)


def test_what_is_typed_is_read_as_what_was_there() -> None:
    assert value_of("7", 0) == 7
    assert value_of("7", "six") == "7"
    assert value_of("dual", "x") == "dual"
    assert value_of("null", 1) is None
    assert value_of("[1]", 1) == "[1]"
