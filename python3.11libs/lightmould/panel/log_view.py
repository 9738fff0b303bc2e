"""A text of any length on the screen: only what is visible is ever read, drawn or remembered."""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, TypeAlias

from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
Level: TypeAlias = Literal["info", "good", "warning", "error", "faint"]
COLORS: dict[Level, str] = {
    "good": look.COLORS["finished"],
    "warning": "#e6b35c",
    "error": look.COLORS["failed"],
    "faint": look.FAINT,
}
_PLAIN = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextExpandTabs)
_BLOCK = 128  # lines that are asked for together
_KEPT = 64  # blocks
_MOST = 10_000  # lines that can be copied at once


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is shown.

    Attributes:
        text: without its line break.
        level: decides the color.
    """

    text: str
    level: Level = "info"


class LogView(QtWidgets.QAbstractScrollArea):
    """Lines by number; whoever owns it hears which are wanted and hands them over."""

    wanted = QtCore.Signal(object)  # a tuple of line numbers
    followed = QtCore.Signal(bool)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(look.fixed_font())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self._count = 0
        self._chosen: array[int] | None = None
        self._blocks: OrderedDict[int, tuple[Line, ...]] = OrderedDict()
        self._asked: set[int] = set()
        self._marked: array[int] = array("Q")
        self._anchor, self._current = -1, -1
        self._follow = True
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.horizontalScrollBar().valueChanged.connect(lambda _: self.viewport().update())

    @property
    def rows(self) -> int:
        """How many lines there are to scroll through."""
        return self._count if self._chosen is None else len(self._chosen)

    @property
    def current(self) -> int:
        """The row of the cursor; -1 if there is none."""
        return self._current

    def number(self, row: int) -> int:
        """The line that a row shows."""
        return row if self._chosen is None else self._chosen[row]

    def reset(self) -> None:
        """Another text, still empty."""
        self._count, self._chosen = 0, None
        self._marked = array("Q")
        self._anchor = self._current = -1
        self._forget()
        self.follow(True)

    def show_lines(self, count: int, chosen: "array[int] | None" = None) -> None:
        """Say how many lines there are, and which of them are shown; None is all."""
        before = self.rows
        if not _extends(self._chosen, chosen):
            self._anchor = self._current = -1
            self._forget()
        elif before < (count if chosen is None else len(chosen)):
            self._blocks.pop(before // _BLOCK, None)  # its last lines are new
            self._asked.discard(before // _BLOCK)
        self._count, self._chosen = count, chosen
        self._layout()

    def take(self, lines: dict[int, Line]) -> None:
        """Lines that were wanted, by number."""
        rows = self.rows
        for block in sorted(self._asked):
            span = range(block * _BLOCK, min(rows, (block + 1) * _BLOCK))
            numbers = [self.number(row) for row in span]
            if numbers and all(number in lines for number in numbers):
                self._blocks[block] = tuple(lines[number] for number in numbers)
                self._asked.discard(block)
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        self._widen()
        self.viewport().update()

    def mark(self, numbers: "array[int]") -> None:
        """Lines that a search found."""
        self._marked = numbers
        self.viewport().update()

    def go_to(self, row: int) -> None:
        """Put the cursor on a row and the row in the middle."""
        self.follow(False)
        self._anchor = self._current = row
        self.verticalScrollBar().setValue(row - self._page() // 2)
        self.viewport().update()

    def follow(self, following: bool) -> None:
        """Keep the newest line in view, or stay."""
        if following != self._follow:
            self._follow = following
            self.followed.emit(following)
        if following:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def selected_text(self) -> str:
        """The chosen lines, as far as they are at hand."""
        low, high = sorted((self._anchor, self._current))
        rows = range(max(0, low), min(high + 1, low + _MOST))
        return "\n".join(line.text for line in map(self._line, rows) if line is not None)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        """Draw what is visible; ask for what is not at hand."""
        painter = QtGui.QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().base())
        painter.setFont(self.font())
        first = self.verticalScrollBar().value()
        rows = range(first, min(self.rows, first + self._page() + 1))
        self._draw_grounds(painter, rows)
        # One call for all neighbors of a color: each lets other threads have their turn first.
        for level, group in groupby(
            rows, lambda row: line.level if (line := self._line(row)) else None
        ):
            whole = list(group)
            lines = [self._line(row) for row in whole]
            color = COLORS.get(level) if level else None
            role = QtGui.QPalette.ColorRole.Text
            painter.setPen(QtGui.QColor(color) if color else self.palette().color(role))
            text = "\n".join(line.text for line in lines if line is not None)
            painter.drawText(self._box(whole[0] - first), _PLAIN, text)
        painter.end()
        self._ask(first)

    def _draw_grounds(self, painter: QtGui.QPainter, rows: range) -> None:
        """What is chosen and what was found stand out."""
        low, last = sorted((self._anchor, self._current))
        marked = set(self._marked_within(rows.start, rows.stop))
        for row in rows:
            box = QtCore.QRect(0, (row - rows.start) * self._high(), self.width(), self._high())
            if low <= row <= last and self._current >= 0:
                painter.fillRect(box, self.palette().highlight())
            elif row in marked:
                painter.fillRect(box, QtGui.QColor(229, 164, 69, 46))

    def _box(self, row: int) -> QtCore.QRect:
        """Where the text of a visible row begins; it may be wider than the view."""
        left = 8 - self.horizontalScrollBar().value()
        return QtCore.QRect(left, row * self._high(), 1 << 20, 1 << 20)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        """Fit the scroll bars."""
        super().resizeEvent(event)
        self._layout()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        """Begin to choose lines."""
        self._current = self._row_at(event)
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = self._current
        self.follow(False)
        self.viewport().update()

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        """Choose more lines."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._current = self._row_at(event)
            self.viewport().update()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        """Move as in an editor; Ctrl+C copies, Ctrl+A chooses all."""
        page, last = self._page(), self.rows - 1
        moves: dict[Any, int] = {
            Qt.Key.Key_Up: self._current - 1,
            Qt.Key.Key_Down: self._current + 1,
            Qt.Key.Key_PageUp: self._current - page,
            Qt.Key.Key_PageDown: self._current + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.matches(QtGui.QKeySequence.StandardKey.Copy):
            QtWidgets.QApplication.clipboard().setText(self.selected_text())
        elif event.matches(QtGui.QKeySequence.StandardKey.SelectAll):
            self._anchor, self._current = 0, last
        elif event.key() in moves and self.rows:
            self._current = max(0, min(last, moves[Qt.Key(event.key())]))
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._anchor = self._current
            self.follow(event.key() == Qt.Key.Key_End)
            self._reveal()
        else:
            super().keyPressEvent(event)
            return
        self.viewport().update()

    def _reveal(self) -> None:
        bar = self.verticalScrollBar()
        if self._current < bar.value():
            bar.setValue(self._current)
        elif self._current >= bar.value() + self._page():
            bar.setValue(self._current - self._page() + 1)

    def _line(self, row: int) -> Line | None:
        block = self._blocks.get(row // _BLOCK, ())
        return block[row % _BLOCK] if row % _BLOCK < len(block) else None

    def _ask(self, first: int) -> None:
        blocks = range(first // _BLOCK, (first + self._page()) // _BLOCK + 1)
        for block in blocks:
            if block in self._blocks:
                self._blocks.move_to_end(block)
        absent = [b for b in blocks if b not in self._blocks and b * _BLOCK < self.rows]
        if absent and set(absent) != self._asked:
            self._asked = set(absent)
            spans = (range(b * _BLOCK, min(self.rows, (b + 1) * _BLOCK)) for b in absent)
            self.wanted.emit(tuple(self.number(row) for span in spans for row in span))

    def _marked_within(self, first: int, last: int) -> list[int]:
        if self._chosen is not None or not self._marked:
            return []
        found = self._marked[bisect_left(self._marked, first) : bisect_left(self._marked, last)]
        return list(found)

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if self._follow and value < bar.maximum():
            self._follow = False
            self.followed.emit(False)
        elif not self._follow and value == bar.maximum() > 0 and self._current < 0:
            self._follow = True
            self.followed.emit(True)
        self.viewport().update()

    def _layout(self) -> None:
        bar, following = self.verticalScrollBar(), self._follow
        bar.blockSignals(True)
        bar.setRange(0, max(0, self.rows - self._page()))
        bar.setPageStep(self._page())
        if following:
            bar.setValue(bar.maximum())
        bar.blockSignals(False)
        self.viewport().update()

    def _widen(self) -> None:
        longest = max(
            (len(line.text) for block in self._blocks.values() for line in block), default=0
        )
        width = longest * self.fontMetrics().horizontalAdvance("0") + 16
        self.horizontalScrollBar().setRange(0, max(0, width - self.viewport().width()))
        self.horizontalScrollBar().setPageStep(self.viewport().width())

    def _forget(self) -> None:
        self._blocks.clear()
        self._asked.clear()

    def _row_at(self, event: QtGui.QMouseEvent) -> int:
        place = event.position() if hasattr(event, "position") else event.localPos()
        row = self.verticalScrollBar().value() + int(place.y()) // self._high()
        return max(-1, min(self.rows - 1, row))

    def _page(self) -> int:
        return max(1, self.viewport().height() // self._high())

    def _high(self) -> int:
        return max(1, self.fontMetrics().lineSpacing())


def _extends(before: "array[int] | None", now: "array[int] | None") -> bool:
    """Whether the same lines are shown as before, and perhaps more below them."""
    if before is None or now is None:
        return before is now
    return before is now or now[: len(before)] == before
