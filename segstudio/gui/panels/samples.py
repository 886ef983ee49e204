"""The list of images: searched and filtered by the database, its rows fetched as they come into view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAccessible, QAction, QActionGroup, QColor, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QProgressBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
)

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import SampleState
from segstudio.gui import icons, theme
from segstudio.gui.fields import ARROWS, describe, tool_button, wants_key
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.gui.panels.base import Link, Panel
from segstudio.gui.panels.sample_menu import sample_menu
from segstudio.gui.panels.sample_model import STATES, THUMBNAIL, UNCERTAINTY, Index, SampleModel
from segstudio.io.project import SampleOrder, SampleQuery

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas

SEARCH_PAUSE_MS = 150
UNSURE = 0.3
"""The uncertainty from which on the filter shows an image as unsure."""
ORDERS = {
    SampleOrder.ADDED: QT_TRANSLATE_NOOP("Tables", "As added"),
    SampleOrder.NAME: QT_TRANSLATE_NOOP("Tables", "By folder and name"),
    SampleOrder.STATE: QT_TRANSLATE_NOOP("Tables", "By state, to do first"),
    SampleOrder.UNCERTAINTY: QT_TRANSLATE_NOOP("Tables", "Least certain first"),
}
"""What people call the orders of the list."""
_ORDER = "list_order"
"""What a project remembers the chosen order by."""
_THUMB_WIDTH, _THUMB_HEIGHT = 52, 34
_LIST_KEYS = (*ARROWS, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class SampleDelegate(QStyledItemDelegate):
    """A row: the state's mark, a small picture, the name (bold when at hand), how unsure the prediction was."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), max(size.height(), _THUMB_HEIGHT + 6)) if _pictured(index) else size

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.decorationSize = QSize(16, 16)
        option.textElideMode = Qt.TextElideMode.ElideLeft  # what tells frames of one scene apart is at the end
        model = index.model()
        if isinstance(model, SampleModel) and model.ids[index.row()] == model.current:
            option.font.setBold(True)

    def paint(self, painter: Any, option: QStyleOptionViewItem, index: Index) -> None:
        unsure = index.data(UNCERTAINTY)
        whole = option.rect
        before = _THUMB_WIDTH + 8 if _pictured(index) else 0
        behind = option.fontMetrics.horizontalAdvance(unsure) + 12 if unsure else 0
        if before or behind:
            self._paint_picture(painter, option, index)
            option = QStyleOptionViewItem(option)
            option.rect = whole.adjusted(before, 0, -behind, 0)  # a long name is cut before it meets the number
        super().paint(painter, option, index)
        if unsure:
            painter.save()
            painter.setPen(QColor(theme.color("muted")))
            place = whole.adjusted(0, 0, -8, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, unsure)
            painter.restore()

    def _paint_picture(self, painter: Any, option: QStyleOptionViewItem, index: Index) -> None:
        style = option.widget.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, self._background(option, index), painter, option.widget
        )
        picture = index.data(THUMBNAIL)
        place = QRect(option.rect.left() + 4, option.rect.top() + 3, _THUMB_WIDTH, option.rect.height() - 6)
        if picture is None:
            return
        height, width = picture.shape[:2]
        image = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        size = QSize(width, height).scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        shown = QRect(0, 0, size.width(), size.height())
        shown.moveCenter(place.center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(shown, image)
        painter.restore()

    def _background(self, option: QStyleOptionViewItem, index: Index) -> QStyleOptionViewItem:
        around = QStyleOptionViewItem(option)
        self.initStyleOption(around, index)
        return around


def _pictured(index: Index) -> bool:
    model = index.model()
    return isinstance(model, SampleModel) and model.thumbnails is not None


class SampleList(QListView):
    """The list; Enter and a double click go to an image, Delete takes those that are selected out."""

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Paint these rows anew. Qt would lay out all rows of the list, which are of one size whatever they show."""
        if QAccessible.isActive():
            super().dataChanged(first, last, roles)
        for row in range(first.row(), last.row() + 1):
            self.update(self.model().index(row, 0))

    removal_wanted = Signal()

    def event(self, event: QEvent) -> bool:
        return wants_key(event, _LIST_KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)


class SamplesPanel(Panel):
    """Search, filter and choose an image; *next* and *previous* walk through what the list shows."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self._canvas = canvas
        self.model = SampleModel(workbench.thumbnails if workbench.settings.thumbnails else None)
        workbench.thumbnails.made.connect(self.model.show_again)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # files that are dropped here belong to the window
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.state = QComboBox()
        self.shown_class = QComboBox()
        self.order = tool_button("sort", lambda: None, self)
        self.order.setCheckable(True)
        self.order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._orders = self._make_orders()
        self.pictures = tool_button("image", self._show_pictures, self)
        self.pictures.setCheckable(True)
        self.pictures.setChecked(self.model.thumbnails is not None)
        for box in (self.state, self.shown_class):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(5)
            box.setMinimumWidth(64)
        self.view = self._make_view()
        self.empty = QLabel(self.view)
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setProperty("role", "thin")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self._arrange()
        self._pause = self._timer(SEARCH_PAUSE_MS, self.filter)
        self._counting = self._timer(100, self._show_counts)
        self.search.textChanged.connect(lambda: self._pause.start())
        self.search.returnPressed.connect(self._find)
        for box in (self.state, self.shown_class):
            box.activated.connect(self.filter)
        self.start()

    def _make_orders(self) -> QActionGroup:
        """The choices of the button for the order, of which one is made."""
        menu, orders = QMenu(self), QActionGroup(self)
        for order in ORDERS:
            act = menu.addAction("")
            act.setCheckable(True)
            act.setChecked(order is SampleOrder.ADDED)
            act.setData(order)
            orders.addAction(act)
        orders.triggered.connect(self._set_order)
        self.order.setMenu(menu)
        return orders

    def _set_order(self, chosen: QAction) -> None:
        """Show the chosen order, now and whenever the project is opened."""
        self.order.setChecked(SampleOrder(chosen.data()) is not SampleOrder.ADDED)
        if self.document is not None:
            with self.workbench.reporting("remember the order"):
                self.document.project.set_setting(_ORDER, SampleOrder(chosen.data()))
        self.filter()

    def _take_order(self) -> None:
        """Show the order that was chosen for the project last."""
        kept = self.document.project.setting(_ORDER) if self.document is not None else None
        wanted = kept if kept in ORDERS else SampleOrder.ADDED
        for act in self._orders.actions():
            act.setChecked(act.data() == wanted)
        self.order.setChecked(wanted != SampleOrder.ADDED)

    def _make_view(self) -> SampleList:
        view = SampleList()
        view.setModel(self.model)
        view.setItemDelegate(SampleDelegate(view))
        view.setUniformItemSizes(True)
        view.setLayoutMode(QListView.LayoutMode.Batched)
        view.setBatchSize(2000)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.activated.connect(self._go)
        view.removal_wanted.connect(self._remove)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._show_menu)
        return view

    def _timer(self, pause: int, act: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(pause)
        timer.timeout.connect(act)
        return timer

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        for fields in ((self.search, self.order, self.pictures), (self.state, self.shown_class)):
            row = QHBoxLayout()
            row.setSpacing(4)
            for field in fields:
                row.addWidget(field, 0 if isinstance(field, QToolButton) else 1)
            layout.addLayout(row)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.count)

    def retranslate(self) -> None:
        self.search.setPlaceholderText(self.tr("Search images"))
        describe(
            self.search,
            self.tr("Search images"),
            self.tr("Show images whose path or note holds this text; Enter goes there"),
        )
        describe(self.state, self.tr("State"), self.tr("Show images in this state only"))
        describe(self.shown_class, self.tr("Class"), self.tr("Show images with this class only"))
        describe(self.order, self.tr("Order"), self.tr("In which order the images stand, and come one after the other"))
        for act in self._orders.actions():
            act.setText(tr(ORDERS[SampleOrder(act.data())]))
        describe(self.pictures, self.tr("Small pictures"), self.tr("Show a small picture of each image in the list"))
        describe(self.view, self.tr("Images"), self.tr("Double-click or Enter opens an image"))
        self.view.setToolTip("")  # each row has its own
        self.progress.setAccessibleName(self.tr("Share of images that are done"))
        unsure = self.tr("unsure ({0:.0%} or more)").format(UNSURE), UNSURE
        _fill(
            self.state,
            [(self.tr("All states"), None), *((tr(text), state) for state, (text, _) in STATES.items()), unsure],
        )
        self._fill_classes()
        self._explain_emptiness()
        self._show_counts()

    def links(self, document: Document) -> list[Link]:
        return [
            (document.sample_changed, self._show_current),
            (document.sample_updated, self._update),
            (document.samples_changed, self.filter),
            (document.classes_changed, self._fill_classes),
        ]

    def refresh(self) -> None:
        self._fill_classes()
        self._take_order()
        self.filter()

    def selected(self) -> list[int]:
        """The samples that are selected, in the order of the list."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedIndexes())
        return [self.model.ids[row] for row in rows]

    # ---- what the list shows

    def query(self) -> SampleQuery:
        """What the fields above the list ask for."""
        state = self.state.currentData()
        return SampleQuery(
            text=self.search.text().strip(),
            states=frozenset({SampleState(state)}) if isinstance(state, str) else frozenset(),
            min_uncertainty=state if isinstance(state, float) else None,
            class_id=self.shown_class.currentData(),
            order=SampleOrder(self._orders.checkedAction().data()),
        )

    def filter(self) -> None:
        """Ask the project for what the fields say; next and previous walk through it from now on."""
        self._pause.stop()
        document = self.document
        ids: Sequence[int] = ()
        if document is not None:
            with self.workbench.reporting("search"):
                ids = document.project.sample_ids(self.query())
                document.order = ids
        self.model.show(document, ids)
        self._explain_emptiness()
        self._show_current()
        self._show_counts()

    def _explain_emptiness(self) -> None:
        document = self.document
        self.empty.setVisible(not self.model.ids)
        if document is None:
            self.empty.setText(self.tr("The images of a project stand here."))
        elif self.model.ids or sum(document.project.counts().values()):
            self.empty.setText(self.tr("No image matches."))
        else:
            self.empty.setText(self.tr("No images yet. Drop images or a folder anywhere in the window."))

    def _show_pictures(self) -> None:
        shown = self.pictures.isChecked()
        self.workbench.settings.thumbnails = shown
        self.model.thumbnails = self.workbench.thumbnails if shown else None
        self.filter()

    def _find(self) -> None:
        self.filter()
        if self.model.ids:
            self.workbench.goto(self.model.ids[0])
            self._canvas.setFocus()

    def _go(self, index: QModelIndex) -> None:
        if index.isValid():
            self.workbench.goto(self.model.ids[index.row()])

    def _remove(self) -> None:
        remove = self.window().findChild(QAction, "sample.remove")
        if remove is not None:
            remove.trigger()

    def _show_menu(self, at: QPoint) -> None:
        menu = sample_menu(self, self.workbench, self.selected())
        if not menu.isEmpty():
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.view.viewport().mapToGlobal(at))

    def _show_current(self) -> None:
        sample = self.document.sample if self.document is not None else None
        self.model.set_current(sample.id if sample is not None else None)
        row = self.model.row_of(sample.id) if sample is not None else None
        if row is None:
            self.view.setCurrentIndex(QModelIndex())
        elif row != self.view.currentIndex().row():  # else a person chose it in the list, perhaps with others
            # not the view's own way: it would add to the selection while the Shift of a shortcut is held
            select = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().setCurrentIndex(self.model.index(row), select)
        self._counting.start()

    def _update(self, sample_id: int) -> None:
        self.model.update(sample_id)
        self._counting.start()

    def _fill_classes(self) -> None:
        classes = self.document.classes.values() if self.document is not None else ()
        _fill(self.shown_class, [(self.tr("All classes"), None), *((label.name, label.id) for label in classes)])

    def _show_counts(self) -> None:
        if self.document is None:
            self.count.clear()
            self.progress.setValue(0)
            return
        counts = self.document.project.counts()
        total = sum(counts.values())
        done = counts[SampleState.DONE] + counts[SampleState.REVIEWED]
        text = self.tr("{done} of {total} done").format(done=done, total=total)
        place = self.model.row_of(self.model.current) if self.model.current is not None else None
        if place is not None:
            text = self.tr("no. {place}").format(place=place + 1) + " · " + text
        if len(self.model.ids) != total:
            text += " · " + self.tr("{shown} shown").format(shown=len(self.model.ids))
        self.count.setText(text)
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place_empty()
        QTimer.singleShot(0, self, lambda: self.view.scrollTo(self.view.currentIndex()))  # it may be cut off now

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._place_empty()

    def _place_empty(self) -> None:
        self.empty.setGeometry(self.view.viewport().rect().adjusted(8, 0, -8, 0))


def _fill(box: QComboBox, choices: Sequence[tuple[str, Any]]) -> None:
    """Put *choices* (text and data) into *box*, keeping what was chosen."""
    chosen = box.currentData()
    box.blockSignals(True)
    box.clear()
    for text, data in choices:
        box.addItem(text, data)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.blockSignals(False)
