"""The jobs as a table: kept sorted and filtered here, where a thousand rows cost a millisecond."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightmould.formats.numbers import duration
from lightmould.jobs.overview import STATES, Overview, State
from lightmould.panel import look
from lightmould.panel.qt import QtCore

Qt = QtCore.Qt
JOB = int(Qt.ItemDataRole.UserRole)  # the row's Overview
_NONE = QtCore.QModelIndex()
_DAY = 86_400.0
_RANK = {state: rank for rank, state in enumerate(STATES)}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        title: its heading.
        text: of a cell.
        key: what it is sorted by.
        hint: what the heading tells when pointed at.
        right: whether numbers stand on the right.
    """

    title: str
    text: Callable[[Overview], str]
    key: Callable[[Overview], Any]
    hint: str
    right: bool = False


def ago(then: float, now: float) -> str:
    """How long ago something was; a clock that jumped is told rather than believed."""
    if then == 0:
        return ""
    seconds = now - then
    if seconds < -60:
        return "in the future"
    if seconds < 60:
        return "now"
    if seconds < _DAY:
        return f"{duration(60 * (seconds // 60)).removesuffix(' 00 s')} ago"
    days = int(seconds // _DAY)
    return "a day ago" if days == 1 else f"{days} days ago"


def remaining(job: Overview) -> str:
    """How long a job will still take, as far as is known."""
    return "" if job.eta is None else duration(float(round(job.eta))).replace(".0 s", " s")


COLUMNS = (
    Column("Job", lambda job: job.name, lambda job: job.name.lower(), "Name and state"),
    Column(
        "State", lambda job: look.WORDS[job.state], lambda job: _RANK[job.state], "How it stands"
    ),
    Column("Progress", lambda job: f"{job.fraction:.0%}", lambda job: job.fraction, "Of all steps"),
    Column(
        "Left",
        remaining,
        lambda job: float("inf") if job.eta is None else job.eta,
        "By its pace",
        right=True,
    ),
    Column(
        "Quality",
        lambda job: "" if job.quality is None else f"{job.quality:.1f} dB",
        lambda job: -float("inf") if job.quality is None else job.quality,
        "PSNR of pictures it never learned from",
        right=True,
    ),
    Column("Engine", lambda job: job.engine, lambda job: job.engine, "The program at work"),
    Column("Host", lambda job: job.host, lambda job: job.host, "The machine of its last run"),
    Column(
        "Last word",
        lambda job: ago(job.time, time.time()),
        lambda job: job.time // 60,  # those at work would change places all the time
        "In its log",
        right=True,
    ),
)
STATE, PROGRESS, QUALITY, LAST = 1, 2, 4, len(COLUMNS) - 1


class JobTable(QtCore.QAbstractTableModel):
    """Rows of the jobs that pass the filters, in order."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[Path, Overview] = {}
        self._rows: list[Overview] = []
        self._places: dict[Path, int] = {}
        self._column, self._down = LAST, True
        self._words: tuple[str, ...] = ()
        self._states: frozenset[State] = frozenset(STATES)

    @property
    def jobs(self) -> tuple[Overview, ...]:
        """All of them, shown or not."""
        return tuple(self._jobs.values())

    def job(self, folder: Path) -> Overview | None:
        """The job of a folder."""
        return self._jobs.get(folder)

    def row(self, folder: Path) -> int:
        """Where a job is shown; -1 where it is not."""
        return self._places.get(folder, -1)

    def update(self, changed: Iterable[Overview], gone: Iterable[Path] = ()) -> None:
        """Jobs are new, not as before, or no more."""
        fresh, gone = list(changed), list(gone)
        stay = not gone and all(self._keeps_place(job) for job in fresh)
        self._jobs.update({job.folder: job for job in fresh})
        for folder in gone:
            self._jobs.pop(folder, None)
        if not stay:
            self._rearrange(self._wanted())
            return
        for job in fresh:
            number = self._places.get(job.folder)
            if number is not None:
                same = _still(self._rows[number]) == _still(job)
                self._rows[number] = job
                first, last = (PROGRESS, QUALITY) if same else (0, LAST)
                self.dataChanged.emit(self.index(number, first), self.index(number, last))

    def filter(self, text: str, states: frozenset[State]) -> None:
        """Show jobs of some states, in whose name, folder, engine or host every word occurs."""
        self._words, self._states = tuple(text.lower().split()), states
        self._rearrange(self._wanted())

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; equal ones by when they began, the newest first."""
        self._column, self._down = column, order == Qt.SortOrder.DescendingOrder
        self._rearrange(self._wanted())

    def rowCount(self, parent: Any = _NONE) -> int:
        """How many jobs are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Any = _NONE) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows."""
        job, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[column].text(job)
        if role == JOB:
            return job
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return look.dot(job.state)
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[column].right:
            return look.RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (str(job.folder), job.status, job.trouble[:600])))
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """What a heading shows."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section].hint
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)
            return look.RIGHT if COLUMNS[section].right else left
        return None

    def _keeps_place(self, job: Overview) -> bool:
        """Whether a job that is not as before is shown where it was."""
        before, key = self._jobs.get(job.folder), COLUMNS[self._column].key
        return (
            before is not None
            and key(before) == key(job)
            and before.began == job.began
            and self._passes(before) == self._passes(job)
        )

    def _wanted(self) -> list[Overview]:
        rows = [job for job in self._jobs.values() if self._passes(job)]
        rows.sort(key=lambda job: (-job.began, job.folder.name))
        rows.sort(key=COLUMNS[self._column].key, reverse=self._down)
        return rows

    def _passes(self, job: Overview) -> bool:
        if job.state not in self._states:
            return False
        text = f"{job.name} {job.folder} {job.engine} {job.host}".lower() if self._words else ""
        return all(word in text for word in self._words)

    def _rearrange(self, rows: list[Overview]) -> None:
        """Other rows; what is selected stays selected as long as it is shown."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        self._places = places = {job.folder: number for number, job in enumerate(rows)}
        after = []
        for index in before:
            number = places.get(self._rows[index.row()].folder, -1)
            after.append(self.index(number, index.column()) if number >= 0 else _NONE)
        self._rows = rows
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def _still(job: Overview) -> tuple[object, ...]:
    """What rarely changes while a job runs."""
    return job.name, job.state, job.engine, job.host, job.time // 60
