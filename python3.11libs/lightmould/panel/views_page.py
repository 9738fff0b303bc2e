"""Held-out views: thumbnails with their errors, the worst first, and a wipe to look closely."""

import math
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import LightmouldError
from lightmould.formats import outcome
from lightmould.formats.numbers import levels
from lightmould.model import ViewResult
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets
from lightmould.panel.reader import Reader
from lightmould.panel.wipe import MODES, Wipe

Qt = QtCore.Qt
_THUMBNAIL = 128  # pixels
_LARGEST = 4096  # pixels of a side that is shown
_MOST = 500  # views


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A view as the list shows it.

    Attributes:
        view: its scores and pictures.
        picture: small.
    """

    view: ViewResult
    picture: QtGui.QImage


def small(path: Path, side: int) -> QtGui.QImage:
    """A picture at most so large, decoded no larger than needed; a null one if it can't be read."""
    reader = QtGui.QImageReader(str(path))
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def thumbnails(asset: Path) -> list[Thumbnail]:
    """The held-out views of an asset."""
    found = outcome.views(asset)[:_MOST]
    return [Thumbnail(view, small(view.found, 2 * _THUMBNAIL)) for view in found]


def caption(view: ViewResult) -> str:
    """What is told of a view: its name and how far it is off."""
    if math.isnan(view.psnr):
        return view.name
    return f"{view.name}\n{view.psnr:.1f} dB, ±{levels(view.psnr):.0f} of 255"


class ViewsPage(QtWidgets.QSplitter):
    """Thumbnails on the left, the wipe on the right."""

    def __init__(self, reader: Reader, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._reader = reader
        self._asset: Path | None = None
        self._preview = ""
        self.setObjectName("views")
        self.list = QtWidgets.QListWidget()
        self.list.setViewMode(QtWidgets.QListView.ViewMode.IconMode)
        self.list.setResizeMode(QtWidgets.QListView.ResizeMode.Adjust)
        self.list.setMovement(QtWidgets.QListView.Movement.Static)
        self.list.setIconSize(QtCore.QSize(_THUMBNAIL, _THUMBNAIL))
        line = look.unit(self)
        self.list.setGridSize(QtCore.QSize(_THUMBNAIL + 3 * line, _THUMBNAIL + 4 * line))
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(4)
        self.list.setWordWrap(True)
        self.list.currentItemChanged.connect(lambda *_: self._open())
        self.wipe = Wipe()
        self.scores = look.faint()
        self.modes = QtWidgets.QButtonGroup(self)
        right = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(right)
        layout.addWidget(self.wipe, 1)
        layout.addLayout(self._bar())
        self.addWidget(self.list)
        self.addWidget(right)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(1, 3)

    def show_asset(self, asset: Path | None, preview: str = "") -> None:
        """Show the views of an asset's folder.

        Args:
            asset: where they are.
            preview: the newest picture of a job at work, shown until there are views.
        """
        if (asset, preview) == (self._asset, self._preview):
            return
        if asset != self._asset:
            self.list.clear()
            self.wipe.show_pictures({}, "Pictures of held-out views come with the first stage.")
            self.scores.clear()
        self._asset, self._preview = asset, preview
        if asset is not None:
            self._reader.ask(
                "views", lambda: thumbnails(asset), lambda found: self._fill(asset, found)
            )

    def refresh(self) -> None:
        """The job has ended: look again."""
        asset, preview = self._asset, self._preview
        self._asset = None
        self.show_asset(asset, preview)

    def _bar(self) -> QtWidgets.QHBoxLayout:
        bar = QtWidgets.QHBoxLayout()
        for number, mode in enumerate(MODES):
            button = QtWidgets.QToolButton()
            button.setText(mode)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setShortcut(str(number + 1))
            button.clicked.connect(lambda _=False, mode=mode: self.wipe.set_mode(mode))
            self.modes.addButton(button, number)
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self.scores)
        return bar

    def _fill(self, asset: Path, found: object) -> None:
        if asset != self._asset:
            return
        self.list.clear()
        if isinstance(found, LightmouldError | OSError):
            self.wipe.show_pictures({}, str(found))
            return
        for one in found if isinstance(found, list) else ():
            icon = QtGui.QIcon(QtGui.QPixmap.fromImage(one.picture))
            item = QtWidgets.QListWidgetItem(icon, caption(one.view))
            item.setData(Qt.ItemDataRole.UserRole, one.view)
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)
        elif self._preview:
            self._show(
                {"Rendering": asset / self._preview, "Truth": asset / "previews" / "truth.png"}
            )
            self.scores.setText(f"so far: {Path(self._preview).stem}")

    def _open(self) -> None:
        if self.list.currentRow() < 0:
            return
        item = self.list.currentItem()
        view: ViewResult = item.data(Qt.ItemDataRole.UserRole)
        pictures = {"Rendering": view.found, "Truth": view.truth}
        if view.error is not None:
            pictures["Error"] = view.error
        self._show(pictures)
        known = f"PSNR {view.psnr:.2f} dB    SSIM {view.ssim:.3f}    IoU {view.iou:.4f}"
        self.scores.setText("" if math.isnan(view.psnr) else known)

    def _show(self, paths: dict[str, Path]) -> None:
        def act() -> dict[str, QtGui.QImage]:
            return {mode: small(path, _LARGEST) for mode, path in paths.items()}

        def then(found: object) -> None:
            if isinstance(found, dict):
                self.wipe.show_pictures(found)

        self._reader.ask("pictures", act, then)
