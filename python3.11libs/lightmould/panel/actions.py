"""What can be done with jobs, by button, menu or key; first asked where something would be lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import LightmouldError
from lightmould.formats.numbers import size
from lightmould.jobs import asked, launch, removal
from lightmould.jobs.asked import Plain
from lightmould.jobs.job_file import NAME
from lightmould.jobs.job_file import look as look_at
from lightmould.jobs.overview import Overview, State, place
from lightmould.panel.duplicate_dialog import DuplicateDialog, Wish, fresh_folder
from lightmould.panel.qt import QAction, QtCore, QtGui, QtWidgets
from lightmould.panel.reader import Reader

Qt = QtCore.Qt
_RESUMABLE: frozenset[State] = frozenset({"stopped", "lost", "waiting"})
_LISTED = 12  # names in a question


@dataclass(frozen=True, slots=True)
class Powers:
    """What the panel may use that is not its own.

    Attributes:
        python: finds the interpreter that runs jobs; may raise a LightmouldError.
        environ: the variables that runs begin with.
        bring_in: brings an asset's folder into the scene; None outside Houdini.
    """

    python: Callable[[], str]
    environ: dict[str, str]
    bring_in: Callable[[Path], object] | None = None


class Actions(QtCore.QObject):
    """The actions on the chosen jobs.

    Args:
        powers: what may be used.
        reader: does in its thread what touches disks.
        window: where questions appear and keys are heard.
    """

    done = QtCore.Signal()  # something was done that job folders may show by now

    def __init__(self, powers: Powers, reader: Reader, window: QtWidgets.QWidget) -> None:
        super().__init__(window)
        self._powers, self._reader, self._window = powers, reader, window
        self._jobs: Sequence[Overview] = ()
        self._count = 0
        self.cancel = self._action(
            "Stop", "Ctrl+.", self._cancel, "End the job; it can go on later"
        )
        self.resume = self._action("Resume", "Ctrl+R", self._run, "Go on where it was")
        self.retry = self._action("Retry", "Ctrl+Shift+R", self._retry, "Run again what failed")
        self.duplicate = self._action(
            "Duplicate…", "Ctrl+D", self._duplicate, "The same job with other settings"
        )
        self.report = self._action("Report", "Ctrl+Return", self._report, "Open report.html")
        self.folder = self._action("Open folder", "Ctrl+O", self._folder, "In the file browser")
        self.copy = self._action("Copy path", "Ctrl+Shift+C", self._copy, "Of the job's folder")
        self.bring_in = self._action(
            "Import into scene", "Ctrl+I", self._bring_in, "The asset as SOPs and materials"
        )
        self.delete = self._action("Delete…", "Del", self._delete, "Shows first what would go")
        self.buttons = (self.cancel, self.resume, self.retry, self.report, self.bring_in)
        self.bring_in.setVisible(powers.bring_in is not None)
        self.choose(())

    def choose(self, jobs: Sequence[Overview]) -> None:
        """From now on, act on these."""
        self._jobs = jobs
        states = {job.state for job in jobs}
        one = len(jobs) == 1
        ready = bool(states) and "unreadable" not in states
        self.cancel.setVisible(not states or "running" in states)
        self.cancel.setEnabled("running" in states)
        self.resume.setVisible(bool(states & _RESUMABLE))
        self.retry.setVisible("failed" in states)
        self.report.setEnabled(one and jobs[0].state == "finished")
        self.bring_in.setEnabled(one and jobs[0].state == "finished")
        self.duplicate.setEnabled(one and ready)
        self.delete.setEnabled(ready and "running" not in states)
        for action in (self.folder, self.copy):
            action.setEnabled(one)

    def menu(self) -> QtWidgets.QMenu:
        """All of them."""
        menu = QtWidgets.QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for group in (
            (self.cancel, self.resume, self.retry, self.duplicate),
            (self.report, self.bring_in, self.folder, self.copy),
            (self.delete,),
        ):
            menu.addActions(list(group))
            menu.addSeparator()
        return menu

    def _action(self, text: str, keys: str, act: Callable[[], None], hint: str) -> QAction:
        action = QAction(text, self._window)
        action.setShortcut(QtGui.QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(f"{hint} ({keys})")
        action.triggered.connect(lambda _=False: act())
        self._window.addAction(action)
        return action

    def _cancel(self) -> None:
        jobs = [job for job in self._jobs if job.state == "running"]
        text = "What is finished stays, and Resume goes on where it was."
        self._ask(f"Stop {_named(jobs)}?", text, "Stop", lambda: self._each(jobs, launch.cancel))

    def _run(self) -> None:
        self._launch(lambda _folder: None)

    def _retry(self) -> None:
        self._launch(launch.unlock)

    def _launch(self, prepare: Callable[[Path], object]) -> None:
        jobs = [job for job in self._jobs if job.state in _RESUMABLE | {"failed"}]
        python = self._python()
        if python is None:
            return
        environ = self._powers.environ

        def act(folder: Path) -> None:
            prepare(folder)
            launch.launch(folder, python, environ)

        self._each(jobs, act)

    def _python(self) -> str | None:
        """The worker's interpreter, looked for in this thread, as Houdini wants it."""
        try:
            return self._powers.python()
        except LightmouldError as error:
            self._tell(error)
            return None

    def _duplicate(self) -> None:
        job = self._jobs[0]

        def then(found: object) -> None:
            if isinstance(found, dict):
                self._ask_wish(job, found)
            else:
                self._tell(found)

        self._reader.ask("duplicate", lambda: asked.asked(job.folder), then)

    def _ask_wish(self, job: Overview, settings: dict[str, Plain]) -> None:
        dialog = DuplicateDialog(job.name, fresh_folder(job.folder), settings, self._window)
        dialog.wished.connect(lambda wish: self._make(job.folder, wish))
        dialog.open()

    def _make(self, source: Path, wish: Wish) -> None:
        python = self._python() if wish.start else None

        def act() -> None:
            asked.duplicate(source, wish.folder, wish.changes, again=wish.again)
            if python is not None:
                launch.launch(wish.folder, python, self._powers.environ)

        self._do(act)

    def _delete(self) -> None:
        jobs = list(self._jobs)

        def then(found: object) -> None:
            if isinstance(found, list):
                self._ask_delete(found)
            else:
                self._tell(found)

        self._reader.ask("removal", lambda: [removal.plan(job.folder) for job in jobs], then)

    def _ask_delete(self, planned: list[removal.Removal]) -> None:
        lines = []
        for one in planned:
            lines.append(f"{one.folder}")
            lines += [f"    {_gone(going, one.folder)}" for going in one.going]
            if one.staying:
                lines.append(f"    stays: {', '.join(one.staying[:_LISTED])}")
        title = (
            f"Delete {len(planned)} jobs?"
            if len(planned) > 1
            else f"Delete {planned[0].folder.name}?"
        )
        whole = size(sum(one.size for one in planned))
        text = f"{whole} will be gone for good. What they did not make stays."
        self._ask(title, text, "Delete", lambda: self._remove(planned), "\n".join(lines))

    def _remove(self, planned: list[removal.Removal]) -> None:
        def act() -> None:
            for one in planned:
                removal.remove(one)

        self._do(act)

    def _report(self) -> None:
        self._with_result(lambda asset: _open(asset / "report.html"))

    def _bring_in(self) -> None:
        bring_in = self._powers.bring_in
        if bring_in is not None:
            self._with_result(bring_in)

    def _with_result(self, use: Callable[[Path], object]) -> None:
        folder = self._jobs[0].folder

        def then(found: object) -> None:
            if isinstance(found, Path):
                use(found)
            else:
                self._tell(found)

        self._reader.ask("result", lambda: place(look_at(folder / NAME), folder), then)

    def _folder(self) -> None:
        _open(self._jobs[0].folder)

    def _copy(self) -> None:
        QtWidgets.QApplication.clipboard().setText(str(self._jobs[0].folder))

    def _each(self, jobs: Sequence[Overview], act: Callable[[Path], object]) -> None:
        folders = [job.folder for job in jobs]

        def act_on_all() -> None:
            for folder in folders:
                act(folder)

        self._do(act_on_all)

    def _do(self, act: Callable[[], None]) -> None:
        self._count += 1
        self._reader.ask(f"action {self._count}", act, self._finished)

    def _finished(self, result: object) -> None:
        self._tell(result)
        self.done.emit()

    def _tell(self, error: object) -> None:
        """Say what kept something from being done."""
        if isinstance(error, Exception):
            box = self._box(
                QtWidgets.QMessageBox.Icon.Warning, "That could not be done", str(error)
            )
            box.setStandardButtons(QtWidgets.QMessageBox.StandardButton.Ok)
            box.open()

    def _ask(
        self, title: str, text: str, verb: str, then: Callable[[], None], detail: str = ""
    ) -> None:
        box = self._box(QtWidgets.QMessageBox.Icon.Question, title, text)
        box.setDetailedText(detail)
        yes = box.addButton(verb, QtWidgets.QMessageBox.ButtonRole.AcceptRole)
        no = box.addButton(QtWidgets.QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(no)
        yes.clicked.connect(then)
        for button in box.buttons() if detail else ():
            if box.buttonRole(button) == QtWidgets.QMessageBox.ButtonRole.ActionRole:
                button.click()  # what will go is shown, not hidden
        box.open()

    def _box(
        self, icon: QtWidgets.QMessageBox.Icon, title: str, text: str
    ) -> QtWidgets.QMessageBox:
        box = QtWidgets.QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("lightmould")
        box.setIcon(icon)
        box.setText(title)
        box.setInformativeText(text)
        return box


def _named(jobs: Sequence[Overview]) -> str:
    return jobs[0].name if len(jobs) == 1 else f"{len(jobs)} jobs"


def _gone(going: removal.Going, folder: Path) -> str:
    name = going.path.relative_to(folder).as_posix()
    many = f", {going.files} files" if going.path.is_dir() else ""
    return f"{name}{many}, {size(going.size)}"


def _open(path: Path) -> None:
    QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(path)))
