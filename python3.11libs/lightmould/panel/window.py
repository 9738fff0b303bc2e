"""The whole panel: the list of jobs above, one job below; remembers how it was left."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from lightmould.jobs import log
from lightmould.panel import look
from lightmould.panel.actions import Actions, Powers
from lightmould.panel.details import Details
from lightmould.panel.doctor_dialog import DoctorDialog
from lightmould.panel.folders_dialog import FoldersDialog
from lightmould.panel.job_list import JobList
from lightmould.panel.qt import QShortcut, QtCore, QtGui, QtWidgets
from lightmould.panel.reader import Reader
from lightmould.panel.scout import News, Scout

Qt = QtCore.Qt
_DRAIN = 150  # ms between looks at what was found, while the panel is visible
_HUNG = 5.0  # seconds without a sign of life after which a share is said not to answer
_WATCHED = 200  # files that the system is asked to watch
_CLOCK = 30.0  # seconds between repaints of how long ago things were


class JobPanel(QtWidgets.QWidget):
    """What artists keep open.

    Args:
        folders: of jobs; the remembered ones are added unless there are any.
        powers: what needs Houdini or a worker's Python.
        settings: where the layout is remembered.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        powers: Powers,
        settings: QtCore.QSettings,
        parent: QtWidgets.QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("lightmould_jobs")
        self.setWindowTitle("lightmould jobs")
        self._settings, self._powers = settings, powers
        self._news: SimpleQueue[News] = SimpleQueue()
        self._scouts: dict[Path, Scout] = {}
        self._troubles: dict[Path, str] = {}
        self._looked: set[Path] = set()
        self._painted = 0.0
        self.reader, self.log_reader = Reader(), Reader()  # a log opens while curves are read
        self.list = JobList()
        self.details = Details(self.reader, self.log_reader, lambda: self.list.model.jobs)
        self.actions_ = Actions(powers, self.reader, self)
        self._watcher = QtCore.QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._wake())
        self._watcher.directoryChanged.connect(lambda _: self._wake(relist=True))
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(_DRAIN)
        self._timer.timeout.connect(self.drain)
        self.splitter = QtWidgets.QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setChildrenCollapsible(False)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.splitter)
        self._connect()
        self.destroyed.connect(partial(_end, (self.reader, self.log_reader), self._scouts))
        self._restore()
        self.list.table.setFocus()
        for folder in folders or self._remembered():
            self.add_folder(folder)
        if not self._scouts:
            self.list.looked()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of jobs that are shown."""
        return tuple(self._scouts)

    def add_folder(self, folder: Path) -> None:
        """Show the jobs of a folder, too."""
        folder = folder.absolute()
        if folder not in self._scouts:
            scout = self._scouts[folder] = Scout(folder, self._news)
            scout.show(self.isVisible())
            scout.start()

    def remove_folder(self, folder: Path) -> None:
        """Show the jobs of a folder no more; nothing happens to them."""
        self._scouts.pop(folder).end()
        self._troubles.pop(folder, None)
        jobs = self.list.model.jobs
        self.list.model.update(
            (), [job.folder for job in jobs if job.folder.is_relative_to(folder)]
        )

    def drain(self) -> None:
        """Show what the scouts have found and the reader has read."""
        changed = {}
        gone: set[Path] = set()
        while not self._news.empty():
            news = self._news.get()
            if news.root in self._scouts:
                self._looked.add(news.root)
                self._troubles[news.root] = news.trouble
                changed.update({job.folder: job for job in news.changed})
                gone |= set(news.gone)
                if news.local:
                    self._watch(news)
        if changed or gone:
            self.list.model.update(changed.values(), gone - set(changed))
            self._follow(set(changed) | gone)
        if self._looked >= set(self._scouts):
            self.list.looked()
        self._tell_troubles()
        self.details.follow()
        self.reader.drain()
        self.log_reader.drain()
        if time.monotonic() - self._painted > _CLOCK:
            self._painted = time.monotonic()
            self.list.table.viewport().update()

    def end(self) -> None:
        """Remember the layout and end every thread."""
        self._timer.stop()
        self._save()
        _end((self.reader, self.log_reader), self._scouts)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        """Go on looking."""
        super().showEvent(event)
        for scout in self._scouts.values():
            scout.show(True)
        self._timer.start()

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        """Rest while nobody can see."""
        super().hideEvent(event)
        self._timer.stop()
        for scout in self._scouts.values():
            scout.show(False)
        self._save()

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        """End with the window."""
        self.end()
        super().closeEvent(event)

    def _connect(self) -> None:
        self.list.chosen.connect(lambda _: self._choose())
        self.list.table.selectionModel().selectionChanged.connect(lambda *_: self._choose())
        self.list.opened.connect(self._open)
        self.list.menu_wanted.connect(lambda place: self.actions_.menu().popup(place))
        self.list.folder_wanted.connect(self._ask_folders)
        self.list.doctor_wanted.connect(
            lambda: DoctorDialog(self._powers.python, self._powers.environ, self).open()
        )
        self.actions_.done.connect(lambda: self._wake(relist=True))
        for action in self.actions_.buttons:
            button = QtWidgets.QToolButton()
            button.setDefaultAction(action)
            button.setVisible(action.isVisible())
            action.changed.connect(lambda a=action, b=button: b.setVisible(a.isVisible()))
            self.details.buttons.addWidget(button)
        tabs = self.details.tabs
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+F": self.list.search.setFocus,
            "F5": partial(self._wake, relist=True),
        }
        for number in range(tabs.count()):
            keys[f"Ctrl+{number + 1}"] = partial(tabs.setCurrentIndex, number)
        for key, act in keys.items():
            shortcut = QShortcut(QtGui.QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    def _open(self) -> None:
        """The report of a job that is done; the keys of the page below for any other."""
        if self.actions_.report.isEnabled():
            self.actions_.report.trigger()
        else:
            self.details.tabs.currentWidget().setFocus()

    def _choose(self) -> None:
        folder = self.list.folder
        self.actions_.choose(self.list.selected)
        self.details.show_job(None if folder is None else self.list.model.job(folder))

    def _follow(self, concerned: set[Path]) -> None:
        """Keep the job below as it is now; choose the first when there is none."""
        shown = self.details.job
        if shown is None or shown.folder in concerned:
            self.actions_.choose(self.list.selected)
        if shown is not None and shown.folder in concerned:
            self.details.show_job(self.list.model.job(shown.folder))

    def _watch(self, news: News) -> None:
        """Have the system tell of changes, so that they are shown before the next look at them."""
        known = set(self._watcher.files()) | set(self._watcher.directories())
        logs = {job.folder / log.NAME: job.state == "running" for job in news.changed}
        wanted = [str(news.root), *(str(path) for path, runs in logs.items() if runs)]
        ended = [str(path) for path, runs in logs.items() if not runs and str(path) in known]
        fresh = [path for path in wanted if path not in known][: max(0, _WATCHED - len(known))]
        if ended:
            self._watcher.removePaths(ended)
        if fresh:
            self._watcher.addPaths(fresh)

    def _wake(self, *, relist: bool = False) -> None:
        for scout in self._scouts.values():
            scout.wake(relist=relist)

    def _tell_troubles(self) -> None:
        now = time.monotonic()
        said = [f"Can't be read: {text}" for text in self._troubles.values() if text]
        for folder, scout in self._scouts.items():
            if self.isVisible() and now - scout.beat > _HUNG and not self._troubles.get(folder):
                said.append(f"{folder} does not answer, since {now - scout.beat:.0f} s.")
        self.list.tell("\n".join(said))

    def _ask_folders(self) -> None:
        dialog = FoldersDialog(self.folders, self)
        dialog.added.connect(self.add_folder)
        dialog.removed.connect(self.remove_folder)
        dialog.open()

    def _remembered(self) -> list[Path]:
        found = self._settings.value("folders", [])
        names = [found] if isinstance(found, str) else found
        return [Path(str(name)) for name in names] if isinstance(names, list) else []

    def _restore(self) -> None:
        for name, restore in (
            ("geometry", self.restoreGeometry),
            ("splitter", self.splitter.restoreState),
            ("views", self.details.views.restoreState),
            ("columns", self.list.table.horizontalHeader().restoreState),
        ):
            state = self._settings.value(name)
            if isinstance(state, QtCore.QByteArray):
                restore(state)
        page = self._settings.value("page", 0)
        self.details.tabs.setCurrentIndex(int(str(page)) if str(page).isdecimal() else 0)
        if self._settings.value("geometry") is None:
            line = look.unit(self)
            self.resize(70 * line, 54 * line)

    def _save(self) -> None:
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("splitter", self.splitter.saveState())
        self._settings.setValue("views", self.details.views.saveState())
        self._settings.setValue("columns", self.list.table.horizontalHeader().saveState())
        self._settings.setValue("page", self.details.tabs.currentIndex())
        self._settings.setValue("folders", [str(folder) for folder in self.folders])


def _end(readers: Sequence[Reader], scouts: Mapping[Path, Scout], *_: object) -> None:
    """End the threads; also when Houdini has destroyed the panel without closing it."""
    for scout in scouts.values():
        scout.end()
    for reader in readers:
        reader.end()
