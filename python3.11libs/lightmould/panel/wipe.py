"""A rendering over its truth, with an edge between them that follows the mouse or the keys."""

from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
MODES = ("Wipe", "Rendering", "Truth", "Error")


class Wipe(QtWidgets.QWidget):
    """Two pictures of one size, and a third that shows where they differ."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Rendering and truth; the arrow keys move the edge between them")
        self.edge = 0.5  # of the width; left of it is the rendering
        self.mode = MODES[0]
        self._pictures: dict[str, QtGui.QImage] = {}
        self._note = ""
        self.setMinimumSize(12 * look.unit(self), 10 * look.unit(self))
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def show_pictures(self, pictures: dict[str, QtGui.QImage], note: str = "") -> None:
        """Show other pictures, by mode; a note where there are none."""
        self._pictures, self._note = pictures, note
        self.update()

    def set_mode(self, mode: str) -> None:
        """Wipe, or one picture alone."""
        self.mode = mode
        self.setCursor(
            Qt.CursorShape.SplitHCursor if mode == MODES[0] else Qt.CursorShape.ArrowCursor
        )
        self.update()

    def set_edge(self, edge: float) -> None:
        """Move the edge."""
        self.edge = max(0.0, min(1.0, edge))
        self.update()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        """Put the edge there."""
        self._drag(event)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        """Pull the edge along."""
        self._drag(event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        """Left and right move the edge; 1 to 4 choose what is shown."""
        steps = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02}
        key = event.key()
        if key in steps:
            self.set_edge(self.edge + steps[Qt.Key(key)])
        elif key == Qt.Key.Key_Home:
            self.set_edge(0.0)
        elif key == Qt.Key.Key_End:
            self.set_edge(1.0)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:
        """Draw them as large as they fit."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QtGui.QColor("#1b1b1b"))
        first = self._pictures.get("Rendering" if self.mode == MODES[0] else self.mode)
        if first is None or first.isNull():
            painter.setPen(QtGui.QColor(look.FAINT))
            note = self._note or f"No picture of this kind: {self.mode.lower()}."
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), note)
        else:
            field = self._field(first)
            painter.drawImage(field, first)
            if self.mode == MODES[0]:
                self._draw_truth(painter, field)
            else:
                self._tag(painter, field, self.mode, Qt.AlignmentFlag.AlignLeft)
        painter.end()

    def _draw_truth(self, painter: QtGui.QPainter, field: QtCore.QRectF) -> None:
        truth = self._pictures.get("Truth")
        x = field.left() + self.edge * field.width()
        right = QtCore.QRectF(x, field.top(), field.right() - x, field.height())
        painter.save()
        painter.setClipRect(right)
        painter.fillRect(field, QtGui.QColor("#1b1b1b"))
        if truth is not None:
            painter.drawImage(field, truth)
        painter.restore()
        painter.fillRect(
            QtCore.QRectF(x - 1, field.top(), 2, field.height()), QtGui.QColor(look.ACCENT)
        )
        self._tag(painter, field, "Rendering", Qt.AlignmentFlag.AlignLeft)
        self._tag(painter, field, "Truth", Qt.AlignmentFlag.AlignRight)

    def _tag(
        self, painter: QtGui.QPainter, field: QtCore.QRectF, text: str, side: Qt.AlignmentFlag
    ) -> None:
        line = look.unit(self)
        width = self.fontMetrics().horizontalAdvance(text) + line
        left = field.left() + 6 if side == Qt.AlignmentFlag.AlignLeft else field.right() - width - 6
        box = QtCore.QRectF(left, field.bottom() - 1.5 * line - 6, width, 1.5 * line)
        painter.fillRect(box, QtGui.QColor(20, 20, 20, 190))
        painter.setPen(QtGui.QColor("#e6e6e6"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    def _field(self, picture: QtGui.QImage) -> QtCore.QRectF:
        size = QtCore.QSizeF(picture.size()).scaled(
            QtCore.QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio
        )
        place = QtCore.QPointF(
            (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        )
        return QtCore.QRectF(place, size)

    def _drag(self, event: QtGui.QMouseEvent) -> None:
        picture = self._pictures.get("Rendering")
        pressed = event.buttons() & Qt.MouseButton.LeftButton
        if self.mode == MODES[0] and picture is not None and pressed:
            place = event.position() if hasattr(event, "position") else event.localPos()
            field = self._field(picture)
            self.set_edge((place.x() - field.left()) / field.width())
