"""The panel on the screen: what it shows of job folders, and what keys and clicks do."""

import sys
from pathlib import Path
from typing import Any

import pytest
from fakes import panel as fakes
from fakes.panel import Shown, append, job, running_elsewhere

from lightmould.jobs import claim, job_file
from lightmould.model import Command, Failed, Finished, Job, Progress, Started, Step, Warned
from lightmould.panel.job_table import PROGRESS, STATE
from lightmould.panel.qt import QtCore, QtWidgets

Qt = QtCore.Qt
DONE = (("", Started("x", "here")), ("reconstruct", Started("r")), ("", Finished()))
FAILED = (
    ("", Started("x", "here")),
    ("", Failed("mask 7: found nothing; wanted an object. Cut it.", 5)),
)
HALF = (("", Started("x", "farm7")), ("reconstruct", Progress(0.5, "half", 60.0)))


def test_jobs_of_every_state_are_shown_as_what_they_are(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    job(root / "done", *DONE)
    job(root / "failed", *FAILED)
    job(root / "lost", *HALF)
    running_elsewhere(job(root / "running", *HALF))
    job(root / "waiting")
    (root / "foreign").mkdir()
    (root / "foreign" / "job.json").write_text('{"tasks": []}')
    shown = Shown.of(qtbot, root)
    shown.has("done", "failed", "lost", "running", "waiting", "foreign")
    states = {name: shown.cell(name, STATE) for name in shown.names()}
    assert states == {
        "done": "Done",
        "failed": "Failed",
        "lost": "Lost",
        "running": "Running",
        "waiting": "Waiting",
        "foreign": "Unreadable",
    }
    assert shown.cell("running", PROGRESS) == "50%"


def test_what_a_job_writes_appears_and_what_vanishes_goes(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    one = running_elsewhere(job(root / "one", *HALF))
    shown = Shown.of(qtbot, root)
    shown.has("one")
    append(one, ("reconstruct", Progress(0.75, "more")))
    shown.until(lambda: shown.cell("one", PROGRESS) == "75%")
    job(root / "two", *DONE)
    shown.has("one", "two")
    (root / "two").rename(tmp_path / "away")
    shown.has("one")


def test_a_job_that_vanishes_while_it_is_chosen_leaves_an_empty_page(
    qtbot: Any, tmp_path: Path
) -> None:
    root = tmp_path / "jobs"
    job(root / "one", *DONE)
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    (root / "one").rename(tmp_path / "away")
    shown.has()
    shown.until(lambda: shown.panel.details.job is None)
    assert "No jobs here yet" in shown.panel.list.empty.text()


def test_nothing_and_no_match_are_told_apart(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    root.mkdir()
    shown = Shown.of(qtbot, root)
    shown.until(lambda: "No jobs here yet" in shown.panel.list.empty.text())
    job(root / "vase", *DONE)
    shown.has("vase")
    qtbot.keyClicks(shown.panel.list.search, "teapot")
    assert shown.names() == []
    assert "No job matches" in shown.panel.list.empty.text()
    qtbot.keyClick(shown.panel.list.search, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(shown.panel.list.search, "VASE here")
    assert shown.names() == ["vase"]


def test_filters_and_headings_are_clicked(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    for name, events in (("b", DONE), ("a", DONE), ("c", FAILED)):
        job(root / name, *events)
    shown = Shown.of(qtbot, root)
    shown.has("a", "b", "c")
    shown.click(shown.panel.list.filters.button(2))
    assert shown.names() == ["c"]
    shown.click(shown.panel.list.filters.button(0))
    header = shown.panel.list.table.horizontalHeader()
    place = QtCore.QPoint(header.sectionViewportPosition(0) + 20, header.height() // 2)
    for wanted in (["a", "b", "c"], ["c", "b", "a"]):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert shown.names() == wanted


def test_a_choice_outlives_sorting_and_news(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    job(root / "a", *DONE)
    running_elsewhere(job(root / "b", *HALF))
    shown = Shown.of(qtbot, root)
    shown.has("a", "b")
    shown.choose("a")
    shown.panel.list.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    append(root / "b", ("", Finished()), time=1.8e9)
    shown.until(lambda: shown.cell("b", STATE) == "Done")
    assert [one.name for one in shown.panel.list.selected] == ["a"]


def test_a_failure_tells_cause_and_fix_without_a_click(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    job(root / "failed", *FAILED)
    shown = Shown.of(qtbot, root)
    shown.has("failed")
    shown.choose("failed")
    trouble = shown.panel.details.trouble
    assert trouble.isVisible()
    assert "Cut it." in trouble.cause.toPlainText()
    (copy,) = trouble.findChildren(QtWidgets.QToolButton)
    shown.click(copy)
    assert "Cut it." in QtWidgets.QApplication.clipboard().text()


def test_steps_and_warnings_are_listed(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    running_elsewhere(job(root / "one", *HALF, ("reconstruct", Warned("dark"))))
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    steps = shown.panel.details.steps
    shown.until(lambda: steps.tree.topLevelItemCount() == 1 and steps.warnings.isVisible())
    assert steps.tree.topLevelItem(0).text(2) == "50%"
    assert "dark" in steps.warnings.toPlainText()


def test_stopping_asks_first_and_then_stops(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    one = running_elsewhere(job(root / "one", *HALF))
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    keys = (Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    shown.press(*keys)
    shown.answer("Cancel")
    assert not (one / "cancel").exists()
    shown.press(*keys)
    shown.answer("Stop")
    shown.until((one / "cancel").exists)


def test_a_job_is_run_and_run_again_from_here(qtbot: Any, tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "real"
    folder.mkdir(parents=True)
    code = "import pathlib\nassert pathlib.Path('go').exists()\npathlib.Path('done').touch()"
    command = Command("Work", (sys.executable, "-c", code), folder)
    job_file.write(Job("real", folder, (Step("work", (command,), (), folder, folder / "done"),)))
    shown = Shown.of(qtbot, tmp_path / "jobs")
    shown.has("real")
    shown.choose("real")
    shown.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    shown.until(lambda: shown.cell("real", STATE) == "Failed")
    shown.until(lambda: not claim.is_held(folder))  # the first runner has left
    (folder / "go").touch()
    (retry,) = (
        button
        for button in shown.panel.findChildren(QtWidgets.QToolButton)
        if button.text() == "Retry" and button.isVisible()
    )
    shown.click(retry)
    shown.until(lambda: shown.cell("real", STATE) == "Done")


def test_deleting_shows_what_goes_and_asks(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    one = job(root / "one", *DONE)
    (one / "notes.txt").write_text("mine")
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    shown.press(Qt.Key.Key_Delete)
    detail = shown.box().detailedText()
    assert "job.json" in detail
    assert "stays: notes.txt" in detail
    qtbot.keyClick(shown.box(), Qt.Key.Key_Escape)
    assert (one / "job.json").exists()
    shown.until(lambda: not shown._boxes())
    shown.press(Qt.Key.Key_Delete)
    shown.answer("Delete")
    shown.has()
    assert [path.name for path in one.iterdir()] == ["notes.txt"]


def test_what_can_not_be_done_is_told(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    one = job(root / "one", *FAILED)
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    running_elsewhere(one)
    shown.press(
        Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    )
    assert "a runner at work" in shown.box().informativeText()


def test_an_asset_is_brought_in_through_the_function_that_was_passed(
    qtbot: Any, tmp_path: Path
) -> None:
    root = tmp_path / "jobs"
    job(root / "one", *DONE)
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    shown.press(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    shown.until(lambda: shown.brought == [root / "one" / "asset"])


def test_the_menu_offers_what_the_state_allows(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    job(root / "one", *DONE)
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.choose("one")
    menu = shown.panel.actions_.menu()
    offered = {
        action.text() for action in menu.actions() if action.isVisible() and action.isEnabled()
    }
    assert {"Report", "Duplicate…", "Delete…", "Open folder", "Copy path"} <= offered
    assert not offered & {"Stop", "Resume", "Retry"}


def test_the_layout_and_the_folders_are_remembered(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    job(root / "one", *DONE)
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.panel.splitter.setSizes([300, 100])
    shown.panel.list.table.horizontalHeader().setSectionHidden(5, True)
    shown.panel.details.tabs.setCurrentIndex(2)
    sizes = shown.panel.splitter.sizes()
    shown.panel.close()
    again = fakes.JobPanel((), fakes.Powers(lambda: "", {}), fakes.settings(tmp_path))
    qtbot.addWidget(again, before_close_func=lambda panel: panel.end())
    again.show()
    assert again.folders == (root,)
    assert again.splitter.sizes() == sizes
    assert again.list.table.horizontalHeader().isSectionHidden(5)
    assert again.details.tabs.currentIndex() == 2


def test_nothing_is_looked_at_while_the_panel_is_hidden(qtbot: Any, tmp_path: Path) -> None:
    root = tmp_path / "jobs"
    one = running_elsewhere(job(root / "one", *HALF))
    shown = Shown.of(qtbot, root)
    shown.has("one")
    shown.panel.hide()
    append(one, ("reconstruct", Progress(0.9, "more")))
    qtbot.wait(800)
    assert not shown.panel._timer.isActive()
    assert shown.cell("one", PROGRESS) == "50%"
    shown.panel.show()
    shown.until(lambda: shown.cell("one", PROGRESS) == "90%")


def test_a_folder_that_can_not_be_read_is_told_and_the_others_go_on(
    qtbot: Any, tmp_path: Path
) -> None:
    root = tmp_path / "jobs"
    job(root / "one", *DONE)
    shown = Shown.of(qtbot, root, tmp_path / "nowhere", root)
    shown.has("one")
    shown.until(shown.panel.list.trouble.isVisible)
    assert "nowhere" in shown.panel.list.trouble.text()
    (tmp_path / "nowhere").mkdir()
    shown.until(lambda: not shown.panel.list.trouble.isVisible())


def test_a_share_that_hangs_is_told_and_blocks_nothing(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, dead = tmp_path / "jobs", tmp_path / "dead"
    job(root / "one", *DONE)
    dead.mkdir()
    monkeypatch.setattr("lightmould.panel.window._HUNG", 0.5)
    shown = Shown.of(qtbot, root, root)
    shown.has("one")
    shown.panel.add_folder(dead)
    shown.panel._scouts[dead].beat -= 60.0
    monkeypatch.setattr(shown.panel._scouts[dead], "wake", lambda **_: None)
    shown.panel._scouts[dead].show(False)
    shown.panel._scouts[dead].beat -= 60.0
    shown.until(lambda: "does not answer" in shown.panel.list.trouble.text())


def test_folders_are_added_and_taken_away_in_their_dialog(qtbot: Any, tmp_path: Path) -> None:
    root, other = tmp_path / "jobs", tmp_path / "other"
    job(root / "one", *DONE)
    job(other / "two", *DONE)
    shown = Shown.of(qtbot, root)
    shown.has("one")
    (button,) = (
        one
        for one in shown.panel.list.findChildren(QtWidgets.QToolButton)
        if "Folders" in one.text()
    )
    shown.click(button)
    (dialog,) = shown.panel.findChildren(QtWidgets.QDialog)
    qtbot.keyClicks(dialog.path, str(other))
    qtbot.keyClick(dialog.path, Qt.Key.Key_Return)
    shown.has("one", "two")
    dialog.list.setCurrentRow(0)
    (less,) = (b for b in dialog.findChildren(QtWidgets.QPushButton) if b.text() == "Show no more")
    shown.click(less)
    shown.has("two")
    assert (root / "one" / "job.json").exists()
