"""The lower part of the panel: one job, in every respect."""

from collections.abc import Callable
from pathlib import Path

from lightmould.errors import LightmouldError
from lightmould.jobs.overview import Overview, place
from lightmould.jobs.story import Story, Teller
from lightmould.panel import look
from lightmould.panel.curves import CurvesPage
from lightmould.panel.job_table import remaining
from lightmould.panel.log_page import LogPage
from lightmould.panel.outputs_page import OutputsPage
from lightmould.panel.qt import QtCore, QtWidgets
from lightmould.panel.reader import Reader
from lightmould.panel.settings_page import SettingsPage
from lightmould.panel.steps_page import StepsPage, Trouble
from lightmould.panel.views_page import ViewsPage

Qt = QtCore.Qt
_LOG_FIRST = 300  # ms
_TITLES = {
    "failed": "What went wrong, and what to do",
    "lost": "The runner is gone",
    "unreadable": "This folder can't be read as a job",
    "stopped": "Stopped",
}


class Details(QtWidgets.QWidget):
    """A heading, what went wrong, and pages: steps, log, curves, views, settings, outputs."""

    def __init__(
        self,
        reader: Reader,
        log_reader: Reader,
        jobs: Callable[[], tuple[Overview, ...]],
        parent: QtWidgets.QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._jobs = jobs
        self._teller: Teller | None = None
        self._story: Story | None = None
        self._state = ""
        self.job: Overview | None = None
        self.name = look.heading()
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state = QtWidgets.QLabel()
        self.place = look.faint()
        self.place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QtWidgets.QHBoxLayout()
        self.trouble = Trouble()
        self.steps, self.log, self.curves = StepsPage(), LogPage(log_reader), CurvesPage()
        self.views, self.settings = ViewsPage(reader), SettingsPage(reader)
        self.outputs = OutputsPage(reader)
        self.tabs = QtWidgets.QTabWidget()
        self.tabs.setDocumentMode(True)
        for title, page in (
            ("Steps", self.steps),
            ("Log", self.log),
            ("Curves", self.curves),
            ("Views", self.views),
            ("Settings", self.settings),
            ("Outputs", self.outputs),
        ):
            self.tabs.addTab(page, title)
        self.tabs.currentChanged.connect(lambda _: self._turned())
        self._layout()
        self.show_job(None)

    def _layout(self) -> None:
        head = QtWidgets.QHBoxLayout()
        head.addWidget(self.name)
        head.addSpacing(look.unit(self))
        head.addWidget(self.state, 1)
        head.addLayout(self.buttons)
        self.none = look.faint("Choose a job to see its steps, log, curves, views and settings.")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(inside)
        layout.setContentsMargins(0, look.unit(self) // 2, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.place)
        layout.addWidget(self.trouble)
        layout.addWidget(self.tabs, 1)
        self.pages = QtWidgets.QStackedLayout(self)
        self.pages.addWidget(self.none)
        self.pages.addWidget(inside)

    def show_job(self, job: Overview | None) -> None:
        """Show a job, or go on showing it as it is now."""
        another = job is None or self.job is None or job.folder != self.job.folder
        self.job = job
        self.pages.setCurrentIndex(int(job is not None))
        if job is None:
            self._teller, self._state = None, ""
            self.log.show_job(None)
            return
        self._head(job)
        if another or (self._teller is None and job.state != self._state):
            self._teller = None
            self._show_story(None)
            self.log.show_job(job.folder)
            self._show_settings()
            folder = job.folder
            # What is looked at comes first: a long log opens before its curves are read.
            wait = _LOG_FIRST if self.tabs.currentWidget() is self.log else 0
            QtCore.QTimer.singleShot(wait, lambda: self._ask_teller(folder))
        elif job.state != self._state:
            self.views.refresh()
            self._show_settings()
        self._state = job.state
        self.refresh()

    def follow(self) -> None:
        """Let the log go on, if it is what is looked at."""
        if self.job is not None and self.tabs.currentWidget() is self.log:
            self.log.refresh()

    def refresh(self) -> None:
        """Read on in what the job has written since."""
        teller = self._teller
        if self.job is not None and teller is not None:
            self._reader.ask("story", teller.tell, lambda found: self._told(teller, found))

    def _head(self, job: Overview) -> None:
        color = look.COLORS[job.state]
        parts = [look.WORDS[job.state]]
        if job.state == "running":
            parts.append(f"{job.fraction:.0%}")
            parts += [f"{remaining(job)} left"] if job.eta is not None else []
            parts += [job.status] if job.status else []
        if job.quality is not None:
            parts.append(f"{job.quality:.1f} dB")
        self.name.setText(job.name)
        self.state.setText("   ".join(parts))
        if job.state != self._state:
            self.state.setStyleSheet(f"color: {color}")
        self.place.setText(str(job.folder))
        self.trouble.tell(_TITLES.get(job.state, "Note"), job.trouble, color)

    def _ask_teller(self, folder: Path) -> None:
        if self.job is not None and self.job.folder == folder:
            self._reader.ask(
                "teller", lambda: Teller(folder), lambda found: self._begin(folder, found)
            )

    def _begin(self, folder: Path, found: object) -> None:
        if self.job is not None and self.job.folder == folder and isinstance(found, Teller):
            self._teller = found
            self.refresh()

    def _told(self, teller: Teller, found: object) -> None:
        if teller is not self._teller:
            return
        if isinstance(found, Story):
            self._show_story(found)
        elif isinstance(found, LightmouldError | OSError):
            self.steps.show_story(None)

    def _show_story(self, told: Story | None) -> None:
        self._story = told
        if told is None:
            for page in (self.steps, self.curves, self.views, self.outputs):
                self._show_page(page)
        else:
            self._show_page(self.tabs.currentWidget())

    def _show_page(self, page: QtWidgets.QWidget) -> None:
        """Bring a page up to date; those that nobody sees wait until somebody does."""
        told, folder = self._story, self.job.folder if self.job is not None else None
        if page is self.steps:
            self.steps.show_story(told)
        elif page is self.curves:
            self.curves.show_curves(told.curves if told else {})
        elif page is self.outputs:
            self.outputs.show_story(folder, told)
        elif page is self.views and (told is None or folder is None):
            self.views.show_asset(None)
        elif page is self.views and told is not None and folder is not None:
            self.views.show_asset(place(told.job, folder), told.snapshot.files.get("preview", ""))

    def _show_settings(self) -> None:
        """Bring the settings up to date, with all other jobs to compare with, if they are seen."""
        if self.job is not None and self.tabs.currentWidget() is self.settings:
            self.settings.show_job(self.job.folder, self._jobs())

    def _turned(self) -> None:
        self._show_page(self.tabs.currentWidget())
        self._show_settings()
        self.follow()
