"""A job's events and its programs' own words: levels, search, follow."""

import re
from array import array
from datetime import UTC, datetime
from pathlib import Path

from lightmould.formats.numbers import number
from lightmould.jobs import log
from lightmould.jobs.launch import LOG
from lightmould.jobs.lines import Lines
from lightmould.jobs.run import LOGS
from lightmould.model import (
    Failed,
    Finished,
    Metric,
    Progress,
    Record,
    Started,
    Warned,
    Wrote,
)
from lightmould.panel import look
from lightmould.panel.log_view import Level, Line, LogView
from lightmould.panel.qt import QtCore, QtWidgets
from lightmould.panel.reader import Reader

Qt = QtCore.Qt
_LEVELS: tuple[tuple[str, bytes, bytes], ...] = (
    ("All lines", b"", b""),
    (
        "Without numbers and files",
        rb'"is": "(?:started|progress|warned|failed|finished)"',
        rb"^(?!@lightmould ).",
    ),
    (
        "Warnings and errors",
        rb'"is": "(?:warned|failed)"',
        rb"(?i)(?:warning|error|failed|critical|exception|traceback)\b",
    ),
    ("Errors", rb'"is": "failed"', rb"(?i)(?:error|failed|critical|exception|traceback)\b"),
)
"""Name, what an event's line holds, what a program's line holds."""
_BREAKS = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
"""What Qt would break a line at."""

_ERROR = re.compile(r"(?:error|failed|critical|exception|traceback)\b", re.IGNORECASE)
_WARNING = re.compile(r"warning\b", re.IGNORECASE)


def event_line(record: Record) -> Line:
    """An event in words."""
    now = datetime.fromtimestamp(max(0.0, min(record.time, 4e9)), UTC).astimezone()
    text, level = _words(record)
    return Line(f"{now:%H:%M:%S}  {record.step or 'job':<12} {text}", level)


def _words(record: Record) -> tuple[str, Level]:  # noqa: PLR0911  # one for each kind of event
    match record.event:
        case Started(title, host):
            return f"started {title}{host and f' on {host}'}", "info"
        case Progress(fraction, status, _):
            return f"{fraction:4.0%} {status}", "info"
        case Metric(name, step, value):
            return f"{name} {number(value)} at {step}", "faint"
        case Wrote(path, kind):
            return f"wrote {kind} {path}", "faint"
        case Warned(message):
            return f"warning: {message}".replace("\n", " "), "warning"
        case Failed(message, code):
            return f"failed, exit code {code}: {message}".replace("\n", " "), "error"
        case Finished(skipped):
            return "already done" if skipped else "finished", "good"


def program_line(text: str) -> Line:
    """A program's line, by what it says."""
    level: Level = "faint" if text.startswith(("$ ", "@lightmould ")) else "info"
    if _WARNING.search(text):
        level = "warning"
    elif _ERROR.search(text):
        level = "error"
    return Line(text, level)


class Source:
    """One text of a job; read in the reader's thread alone.

    Args:
        path: of the text.
    """

    def __init__(self, path: Path) -> None:
        self.lines = Lines(path)
        self.events = path.name == log.NAME
        self._found: dict[re.Pattern[bytes], tuple[int, array[int]]] = {}

    def grow(self) -> tuple[int, bool]:
        """How many lines there are, and whether it is another text now."""
        if not self.lines.path.exists():
            return 0, False
        anew = self.lines.grow()
        if anew:
            self._found.clear()
        return self.lines.count, anew

    def read(self, numbers: tuple[int, ...]) -> dict[int, Line]:
        """Lines by their numbers."""
        texts = (text.translate(_BREAKS) for text in self.lines.read(numbers))
        return {n: self._line(text) for n, text in zip(numbers, texts, strict=True)}

    def find(self, pattern: re.Pattern[bytes]) -> "array[int]":
        """Lines that hold a pattern; only what is new is searched."""
        upto, found = self._found.get(pattern, (0, array("Q")))
        count = self.lines.count
        if count > upto:
            found = found + self.lines.find(pattern, upto)
        self._found = {pattern: (count, found)}
        return found

    def _line(self, text: str) -> Line:
        if not self.events:
            return program_line(text)
        record = log.parse(text.encode(errors="replace"), self.lines.path)
        return Line(text, "warning") if record is None else event_line(record)


class LogPage(QtWidgets.QWidget):
    """Chooses a text, a level and what to search for, and shows the lines."""

    def __init__(self, reader: Reader, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._source: Source | None = None
        self._folder: Path | None = None
        self._hits: array[int] = array("Q")
        self.view = LogView()
        self.view.wanted.connect(self._read)
        self.view.followed.connect(self._show_follow)
        self.texts = QtWidgets.QComboBox()
        self.texts.currentIndexChanged.connect(lambda _: self._open())
        self.levels = QtWidgets.QComboBox()
        self.levels.addItems([name for name, *_ in _LEVELS])
        self.levels.currentIndexChanged.connect(lambda _: self._grow())
        self.search = QtWidgets.QLineEdit()
        self.search.setPlaceholderText("Search; Return goes on")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._search())
        self.search.returnPressed.connect(lambda: self._step(+1))
        self.found = look.faint()
        self.follow = QtWidgets.QCheckBox("Follow")
        self.follow.setChecked(True)
        self.follow.toggled.connect(self.view.follow)
        bar = QtWidgets.QHBoxLayout()
        bar.addWidget(self.texts)
        bar.addWidget(self.levels)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.found)
        bar.addWidget(self.follow)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)

    def show_job(self, folder: Path | None) -> None:
        """Show the texts of a job's folder."""
        if folder == self._folder:
            return
        self._folder = folder
        self._fill([log.NAME])
        if folder is not None:
            self._reader.ask("texts", lambda: _texts(folder), self._fill_found)

    def refresh(self) -> None:
        """Look whether the text has grown."""
        if self._source is not None:
            self._grow()

    def _fill_found(self, found: object) -> None:
        if isinstance(found, list) and self._folder is not None:
            chosen = self.texts.currentText()
            self._fill(found)
            self.texts.setCurrentIndex(max(0, self.texts.findText(chosen)))

    def _fill(self, names: list[str]) -> None:
        shown = [self.texts.itemData(i) for i in range(self.texts.count())]
        if shown != names or self._source is None:
            self.texts.blockSignals(True)
            self.texts.clear()
            for name in names:
                title = "Events" if name == log.NAME else Path(name).stem
                self.texts.addItem(title, name)
            self.texts.blockSignals(False)
        self._open()

    def _open(self) -> None:
        name = self.texts.currentData()
        path = None if self._folder is None or name is None else self._folder / name
        if self._source is not None and path == self._source.lines.path:
            return
        self._source = None if path is None else Source(path)
        self._hits = array("Q")
        self.view.reset()
        self.view.show_lines(0)
        self._grow()

    def _pattern(self) -> re.Pattern[bytes] | None:
        _, event, program = _LEVELS[self.levels.currentIndex()]
        wanted = event if self._source is not None and self._source.events else program
        return re.compile(wanted, re.MULTILINE) if wanted else None

    def _grow(self) -> None:
        source, pattern = self._source, self._pattern()
        if source is None:
            return

        def act() -> tuple[int, bool, "array[int] | None"]:
            count, anew = source.grow()
            return count, anew, source.find(pattern) if pattern is not None else None

        self._reader.ask("grow", act, lambda result: self._grown(source, result))

    def _grown(self, source: Source, result: object) -> None:
        if source is not self._source or not isinstance(result, tuple):
            return
        count, anew, chosen = result
        if anew:
            self.view.reset()
        self.view.show_lines(count, chosen)

    def _read(self, numbers: tuple[int, ...]) -> None:
        source = self._source
        if source is None:
            return

        def take(lines: object) -> None:
            if source is self._source and isinstance(lines, dict):
                self.view.take(lines)

        self._reader.ask("lines", lambda: source.read(numbers), take)

    def _search(self) -> None:
        source, words = self._source, self.search.text()
        if source is None or not words:
            self._hits = array("Q")
            self._tell_found()
            return
        pattern = re.compile(re.escape(words.encode()), re.IGNORECASE)
        self._reader.ask("search", lambda: source.lines.find(pattern), self._searched)

    def _searched(self, hits: object) -> None:
        if isinstance(hits, array):
            self._hits = hits
            self._tell_found()
            self._step(0)

    def _tell_found(self) -> None:
        self.view.mark(self._hits)
        many = f"{len(self._hits):,} lines" if self._hits else "nothing found"
        self.found.setText(many if self.search.text() else "")

    def _step(self, direction: int) -> None:
        """Go to the next line found, beginning at the end when there is no cursor yet."""
        self.levels.setCurrentIndex(0)
        if not self._hits:
            return
        here = self.view.current
        later = [hit for hit in self._hits if hit > here] if direction else []
        self.view.go_to(later[0] if later else self._hits[0])

    def _show_follow(self, following: bool) -> None:
        self.follow.blockSignals(True)
        self.follow.setChecked(following)
        self.follow.blockSignals(False)


def _texts(folder: Path) -> list[str]:
    """The texts of a job: events first."""
    logs = sorted((folder / LOGS).glob("*.log"), key=lambda path: path.stat().st_mtime)
    found = [log.NAME, *(f"{LOGS}/{path.name}" for path in logs)]
    runner = folder / LOG
    return [*found, LOG] if runner.exists() and runner.stat().st_size else found
