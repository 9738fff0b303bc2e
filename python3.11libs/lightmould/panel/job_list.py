"""The upper part of the panel: search, filters and the table of jobs."""

from pathlib import Path
from typing import Any

from lightmould.jobs.overview import STATES, Overview, State
from lightmould.panel import look
from lightmould.panel.job_table import COLUMNS, JOB, LAST, PROGRESS, STATE, JobTable
from lightmould.panel.qt import QAction, QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
FILTERS: tuple[tuple[str, frozenset[State]], ...] = (
    ("All", frozenset(STATES)),
    ("Running", frozenset({"running", "waiting"})),
    ("Failed", frozenset({"failed", "lost", "unreadable"})),
    ("Stopped", frozenset({"stopped"})),
    ("Done", frozenset({"finished"})),
)
_WIDTHS = (15, 6, 10, 6, 5.5, 7, 8, 8)  # of the columns, lines of text
_NOTHING = """<h3>No jobs here yet</h3>
<p>Everything that lightmould runs is a folder with a <code>job.json</code>.<br>
Start a reconstruction, or show the folder where your jobs are.</p>"""
_NO_MATCH = "<h3>No job matches</h3><p>Search for less, or choose <b>All</b>.</p>"
_LOOKING = "<h3>Looking for jobs…</h3>"


class ProgressCell(QtWidgets.QStyledItemDelegate):
    """Draws how far a job is as a bar in its state's color."""

    def paint(self, painter: QtGui.QPainter, option: Any, index: Any) -> None:
        """Draw one cell."""
        super().paint(painter, QtWidgets.QStyleOptionViewItem(option), index)
        job: Overview = index.data(JOB)
        high = option.rect.height()
        track = QtCore.QRectF(option.rect).adjusted(high * 1.8, high * 0.36, -8, -high * 0.36)
        painter.save()
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for share, color in ((1.0, "#1b1b1b"), (job.fraction, look.COLORS[job.state])):
            if share > 0:
                painter.setBrush(QtGui.QColor(color))
                bar = QtCore.QRectF(track)
                bar.setWidth(max(track.height(), track.width() * min(1.0, share)))
                painter.drawRoundedRect(bar, track.height() / 2, track.height() / 2)
        painter.restore()


class JobList(QtWidgets.QWidget):
    """Search, filters, table. What is chosen, and what is asked for, it tells by signals."""

    chosen = QtCore.Signal(object)  # the job's folder, or None
    opened = QtCore.Signal()  # double click or Return
    menu_wanted = QtCore.Signal(QtCore.QPoint)
    folder_wanted = QtCore.Signal()
    doctor_wanted = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = JobTable(self)
        self.search = QtWidgets.QLineEdit()
        self.search.setPlaceholderText("Search by name, folder, engine or host")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.filters = QtWidgets.QButtonGroup(self)
        self.table = self._table()
        self.empty = QtWidgets.QLabel(_LOOKING)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setObjectName("empty")
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.table)
        self.trouble = QtWidgets.QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.setStyleSheet(f"color: {look.COLORS['lost']}")
        self.trouble.hide()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._bar())
        layout.addWidget(self.trouble)
        layout.addWidget(self.pages, 1)
        self._looked = False
        self.model.layoutChanged.connect(self._count)
        self._count()

    @property
    def folder(self) -> Path | None:
        """The current job's folder."""
        index = self.table.currentIndex()
        return index.data(JOB).folder if index.isValid() else None

    @property
    def selected(self) -> list[Overview]:
        """All chosen jobs."""
        return [index.data(JOB) for index in self.table.selectionModel().selectedRows()]

    def select(self, folder: Path) -> None:
        """Make a job the current one, if it is shown."""
        row = self.model.row(folder)
        if row >= 0:
            self.table.selectRow(row)

    def looked(self) -> None:
        """All folders were looked at once; what is empty now is empty."""
        self._looked = True
        self._count()

    def tell(self, trouble: str) -> None:
        """Show what is wrong with the folders of jobs; nothing if all is well."""
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))

    def _bar(self) -> QtWidgets.QHBoxLayout:
        bar = QtWidgets.QHBoxLayout()
        bar.addWidget(self.search, 1)
        for number, (name, _) in enumerate(FILTERS):
            button = QtWidgets.QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.setChecked(number == 0)
            self.filters.addButton(button, number)
            bar.addWidget(button)
        # Between PySide2 and 6 the group's own signal changed its name.
        for each in self.filters.buttons():
            each.toggled.connect(self._filter)
        add = QtWidgets.QToolButton()
        add.setText("Folders…")
        add.setToolTip("Show the jobs of another folder, or of one less")
        add.clicked.connect(self.folder_wanted)
        doctor = QtWidgets.QToolButton()
        doctor.setText("Doctor")
        doctor.setToolTip("Show what is installed and what is missing")
        doctor.clicked.connect(self.doctor_wanted)
        bar.addSpacing(look.unit(self) // 2)
        bar.addWidget(add)
        bar.addWidget(doctor)
        return bar

    def _table(self) -> QtWidgets.QTableView:
        table = QtWidgets.QTableView()
        table.setModel(self.model)
        table.setItemDelegateForColumn(PROGRESS, ProgressCell(table))
        table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(
            lambda point: self.menu_wanted.emit(table.viewport().mapToGlobal(point))
        )
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        line = look.unit(self)
        table.verticalHeader().setDefaultSectionSize(int(line * 1.75))
        table.verticalHeader().setSectionResizeMode(QtWidgets.QHeaderView.ResizeMode.Fixed)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setStretchLastSection(False)
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, int(width * line))
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.ResizeMode.Stretch)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        table.setSortingEnabled(True)
        table.sortByColumn(LAST, Qt.SortOrder.DescendingOrder)
        table.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit(self.folder))
        table.activated.connect(lambda _: self.opened.emit())
        return table

    def _choose_columns(self, point: QtCore.QPoint) -> None:
        header, menu = self.table.horizontalHeader(), QtWidgets.QMenu(self)
        for number, column in enumerate(COLUMNS[STATE:], start=STATE):
            action = QAction(column.title, menu)
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(number))
            action.toggled.connect(lambda shown, at=number: header.setSectionHidden(at, not shown))
            menu.addAction(action)
        menu.popup(header.mapToGlobal(point))

    def _filter(self) -> None:
        _, states = FILTERS[self.filters.checkedId()]
        self.model.filter(self.search.text(), states)

    def _count(self, *_: object) -> None:
        if self.model.rowCount():
            self.pages.setCurrentWidget(self.table)
            return
        self.empty.setText(_NO_MATCH if self.model.jobs else _NOTHING if self._looked else _LOOKING)
        self.pages.setCurrentWidget(self.empty)
