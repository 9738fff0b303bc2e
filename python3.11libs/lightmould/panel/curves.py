"""Numbers over iterations: one chart for each, the line smoothed, what it smooths behind it."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lightmould.formats.numbers import decade_ticks, number, round_ticks
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
Points = tuple[tuple[int, ...], tuple[float, ...]]

_TITLES = {"preview": "Held-out view, PSNR in dB"}
_SPREAD = 30.0  # highest over lowest value from which on the axis counts decades


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to places between 0 and 1.

    Attributes:
        low: the value at 0.
        high: the value at 1.
        decades: whether equal factors, rather than equal differences, are equally far.
    """

    low: float
    high: float
    decades: bool = False

    @classmethod
    def of(cls, values: Sequence[float]) -> "Axis":
        """Around finite values, with a little room."""
        low, high = min(values), max(values)
        if low > 0 and high / low > _SPREAD:
            return cls(low / 1.1, high * 1.1, decades=True)
        room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
        return cls(low - room, high + room)

    def place(self, value: float) -> float:
        """Where a value lies."""
        if self.decades:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> tuple[float, ...]:
        """Round values on it."""
        return (
            decade_ticks(self.low, self.high)
            if self.decades
            else round_ticks(self.low, self.high, 4)
        )


def smoothed(values: Sequence[float]) -> list[float]:
    """The running mean of a fiftieth of the values, each end judged by what there is."""
    half = len(values) // 100
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    spans = ((max(0, i - half), min(len(values), i + half + 1)) for i in range(len(values)))
    return [(sums[stop] - sums[start]) / (stop - start) for start, stop in spans]


class Chart(QtWidgets.QWidget):
    """One curve. Pointed at, it tells the value there."""

    def __init__(self, name: str, color: str, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._color = QtGui.QColor(color)
        self._steps: tuple[int, ...] = ()
        self._values: tuple[float, ...] = ()
        self._smooth: list[float] = []
        self._mouse: float | None = None
        self.setMouseTracking(True)
        line = look.unit(self)
        self.setMinimumSize(14 * line, 11 * line)

    def show_points(self, points: Points) -> None:
        """Another state of the curve; what is not finite is left out."""
        finite = [
            (step, value) for step, value in zip(*points, strict=True) if math.isfinite(value)
        ]
        self._steps = tuple(step for step, _ in finite)
        self._values = tuple(value for _, value in finite)
        self._smooth = smoothed(self._values)
        last = f", last {number(self._values[-1])}" if self._values else ""
        self.setAccessibleName(f"{self.title}{last}")
        self.update()

    @property
    def title(self) -> str:
        """The curve's name for people."""
        return _TITLES.get(self.name, self.name.replace("_", " "))

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        """Tell the value under the mouse."""
        place = event.position() if hasattr(event, "position") else event.localPos()
        self._mouse = place.x()
        self.update()

    def leaveEvent(self, _event: QtCore.QEvent) -> None:
        """Tell the last value again."""
        self._mouse = None
        self.update()

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:
        """Draw it."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        line = look.unit(self)
        head = QtCore.QRectF(line * 0.8, line * 0.5, self.width() - line * 1.6, line * 1.3)
        painter.setPen(self.palette().color(QtGui.QPalette.ColorRole.Text))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, self.title)
        if self._values:
            field = QtCore.QRectF(self.rect()).adjusted(4.2 * line, 2.2 * line, -line, -1.8 * line)
            across = Axis(self._steps[0], max(self._steps[-1], self._steps[0] + 1))
            up = Axis.of(self._values)
            self._draw_axes(painter, field, across, up)
            self._draw_line(painter, field, across, up, self._values)
            self._draw_line(painter, field, across, up, self._smooth)
            self._tell(painter, head, field, across, up)
        painter.end()

    def _draw_axes(
        self, painter: QtGui.QPainter, field: QtCore.QRectF, across: Axis, up: Axis
    ) -> None:
        line = look.unit(self)
        for value in up.ticks():
            y = field.bottom() - up.place(value) * field.height()
            painter.setPen(QtGui.QColor("#3a3a3a"))
            painter.drawLine(QtCore.QPointF(field.left(), y), QtCore.QPointF(field.right(), y))
            painter.setPen(QtGui.QColor(look.FAINT))
            box = QtCore.QRectF(0, y - line, field.left() - line * 0.4, 2 * line)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, int(side), number(value, 3))
        for value in across.ticks():
            x = field.left() + across.place(value) * field.width()
            box = QtCore.QRectF(x - 3 * line, field.bottom() + line * 0.2, 6 * line, line * 1.4)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), number(value))

    def _draw_line(
        self,
        painter: QtGui.QPainter,
        field: QtCore.QRectF,
        across: Axis,
        up: Axis,
        values: Sequence[float],
    ) -> None:
        raw = values is self._values
        color = QtGui.QColor(self._color)
        color.setAlpha(80 if raw else 255)
        painter.setPen(QtGui.QPen(color, 1.0 if raw else 1.8))
        # More points than pixels only cost time.
        stride = max(1, len(values) // max(1, int(2 * field.width())))
        line = [
            QtCore.QPointF(
                field.left() + across.place(step) * field.width(),
                field.bottom() - up.place(value) * field.height(),
            )
            for step, value in zip(self._steps[::stride], values[::stride], strict=True)
        ]
        painter.drawPolyline(QtGui.QPolygonF(line))
        if len(line) == 1:
            painter.setBrush(color)
            painter.drawEllipse(line[0], 2.5, 2.5)

    def _tell(
        self,
        painter: QtGui.QPainter,
        head: QtCore.QRectF,
        field: QtCore.QRectF,
        across: Axis,
        up: Axis,
    ) -> None:
        index = len(self._steps) - 1
        if self._mouse is not None:
            step = across.low + (self._mouse - field.left()) / field.width() * (
                across.high - across.low
            )
            index = min(index, max(0, bisect_left(self._steps, step)))
            x = field.left() + across.place(self._steps[index]) * field.width()
            y = field.bottom() - up.place(self._values[index]) * field.height()
            painter.setPen(QtGui.QPen(QtGui.QColor(look.FAINT), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QtCore.QPointF(x, field.top()), QtCore.QPointF(x, field.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._color)
            painter.drawEllipse(QtCore.QPointF(x, y), 3.5, 3.5)
        at = f"{number(self._values[index])} at {self._steps[index]}"
        painter.setPen(self._color)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignRight), at)


class CurvesPage(QtWidgets.QScrollArea):
    """All curves of a job, as many side by side as fit."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self._content = QtWidgets.QWidget()
        self._grid = QtWidgets.QGridLayout(self._content)
        self._empty = look.faint("Curves come with the first numbers of a reconstruction.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._grid.addWidget(self._empty, 0, 0)
        self.setWidget(self._content)
        self.charts: dict[str, Chart] = {}

    def show_curves(self, curves: Mapping[str, Points]) -> None:
        """Another state of the curves."""
        if list(curves) != list(self.charts):
            for chart in self.charts.values():
                chart.deleteLater()
            colors = (look.SERIES[i % len(look.SERIES)] for i in range(len(curves)))
            self.charts = {
                name: Chart(name, color) for name, color in zip(curves, colors, strict=True)
            }
            self._arrange()
        for name, points in curves.items():
            self.charts[name].show_points(points)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        """Use the room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self._empty.setVisible(not self.charts)
        across = max(1, self.viewport().width() // (24 * look.unit(self)))
        for number_of, chart in enumerate(self.charts.values()):
            self._grid.addWidget(chart, number_of // across, number_of % across)
