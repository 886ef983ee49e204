"""The class list: colours, names and the digit keys; a click says what is drawn next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QColorDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segstudio.app.class_marks import ClassMarks
from segstudio.app.workbench import Workbench
from segstudio.core.classes import Color, LabelClass, LabelSet
from segstudio.gui import icons, theme
from segstudio.gui.fields import ARROWS, describe, tool_button, wants_key
from segstudio.gui.panels.base import Link, Panel
from segstudio.gui.preset_titles import preset_title
from segstudio.io.class_files import load_classes, presets, save_classes

if TYPE_CHECKING:
    from segstudio.app.document import Document
    from segstudio.gui.canvas import Canvas

Index = QModelIndex | QPersistentModelIndex
COLOR, KEY = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
LOCKED, HIDDEN = Qt.ItemDataRole.UserRole + 3, Qt.ItemDataRole.UserRole + 4
_MARK, _KEY_WIDTH, _SWATCH_WIDTH = 16, 26, 32
"""Widths in a row: of the eye and the lock, of the digit, of the colour."""


class ClassModel(QAbstractListModel):
    """The classes as rows. It changes nothing itself: *rename* and *move* are asked to."""

    def __init__(self, rename: Callable[[int, str], bool], move: Callable[[int, int], None], marks: ClassMarks) -> None:
        super().__init__()
        self._marks = marks
        self._rename = rename
        self._move = move
        self.classes: list[LabelClass] = []

    def show(self, classes: LabelSet) -> None:
        self.beginResetModel()
        self.classes = list(classes.values())
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        label, row = self.classes[index.row()], index.row()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return label.name
        if role == COLOR:
            return QColor(*label.color)
        if role == KEY:
            return str((row + 1) % 10) if row < 10 else ""
        if role == LOCKED:
            return label.id in self._marks.locked
        if role == HIDDEN:
            return label.id in self._marks.hidden
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = [label.name, str(row + 1)]
            said += [self.tr("locked")] if label.id in self._marks.locked else []
            said += [self.tr("hidden")] if label.id in self._marks.hidden else []
            return ", ".join(said)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr(
                "Class {id}, {color}. Double-click to rename, drag to reorder. The eye hides it, the lock keeps it."
            ).format(id=label.id, color=label.hex)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        return self._rename(self.classes[index.row()].id, str(value).strip())

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def dropMimeData(self, data: Any, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        source = _dragged_row(data)
        if source is None or action is not Qt.DropAction.MoveAction:
            return False
        target = (row if row >= 0 else len(self.classes)) - (row > source)
        self._move(self.classes[source].id, min(target, len(self.classes) - 1))
        return False  # the classes come back in their new order; there is nothing left to remove

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Any) -> Any:
        data = super().mimeData(indexes)
        data.setData(_MIME, str(indexes[0].row()).encode())
        return data


_MIME = "application/x-segstudio-class"


def _dragged_row(data: Any) -> int | None:
    return int(bytes(data.data(_MIME)).decode()) if data.hasFormat(_MIME) else None


class ClassDelegate(QStyledItemDelegate):
    """Paints a row: the colour, the name, the digit key."""

    color_clicked = Signal(int)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("border_strong"))
        painter.setBrush(index.data(COLOR))
        painter.drawRoundedRect(swatch(rect), 3, 3)
        ratio = option.widget.devicePixelRatioF()
        hidden, locked = index.data(HIDDEN), index.data(LOCKED)
        eye = icons.pixmap("eye_off" if hidden else "eye", _MARK, role="accent" if hidden else "disabled", ratio=ratio)
        lock = icons.pixmap("lock" if locked else "unlock", _MARK, role="accent" if locked else "disabled", ratio=ratio)
        painter.drawPixmap(eye_place(rect).topLeft(), eye)
        painter.drawPixmap(lock_place(rect).topLeft(), lock)
        key = index.data(KEY)
        if key:
            painter.setPen(theme.color("muted"))
            painter.drawText(
                rect.adjusted(0, 0, -10, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, key
            )
        painter.restore()

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        # an empty icon keeps the place of the swatch, so that text and editor start beyond it
        option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
        option.decorationSize = QSize(22, 16)
        room = eye_place(option.rect).left() - option.rect.left() - _SWATCH_WIDTH - 8
        option.text = option.fontMetrics.elidedText(option.text, Qt.TextElideMode.ElideRight, room)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(_SWATCH_WIDTH, 0, -4, 0))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, max(28, super().sizeHint(option, index).height()))


def swatch(row: QRect) -> QRect:
    """Where a row's colour is."""
    return QRect(row.left() + 8, row.center().y() - 7, 16, 15)


def lock_place(row: QRect) -> QRect:
    """Where a row's lock is."""
    return QRect(row.right() - _KEY_WIDTH - _MARK, row.center().y() - _MARK // 2 + 1, _MARK, _MARK)


def eye_place(row: QRect) -> QRect:
    """Where a row's eye is."""
    return lock_place(row).translated(-_MARK - 8, 0)


class ClassList(QListView):
    """The list itself: Delete removes, a click on a colour changes it, one on the eye or the lock hides or locks."""

    color_wanted = Signal(int)
    hiding_wanted = Signal(int)
    locking_wanted = Signal(int)
    removal_wanted = Signal()
    touched = Signal()
    """A row is about to be picked."""

    def mousePressEvent(self, event: Any) -> None:
        if self._marked(event):
            return
        self.touched.emit()
        index = self.indexAt(event.position().toPoint())
        super().mousePressEvent(event)
        if index.isValid() and swatch(self.visualRect(index)).contains(event.position().toPoint()):
            self.color_wanted.emit(index.row())

    def mouseDoubleClickEvent(self, event: Any) -> None:
        if not self._marked(event):
            super().mouseDoubleClickEvent(event)

    def _marked(self, event: Any) -> bool:
        """Whether the event is on an eye or a lock, which are asked for then."""
        at = event.position().toPoint()
        index = self.indexAt(at)
        for place, wanted in ((eye_place, self.hiding_wanted), (lock_place, self.locking_wanted)):
            if index.isValid() and place(self.visualRect(index)).adjusted(-3, -5, 3, 5).contains(at):
                wanted.emit(index.row())
                return True
        return False

    def event(self, event: QEvent) -> bool:
        # with the keyboard in this list, Delete means the class and not what is selected on the canvas
        return wants_key(event, (*ARROWS, Qt.Key.Key_Delete)) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)


class ClassesPanel(Panel):
    """Classes of the open project: pick, add, rename, recolour, reorder, remove; each change is one step of undo."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self._marks = canvas.marks
        self.model = ClassModel(self._rename, self._move, canvas.marks)
        self.view = ClassList()
        self.view.setModel(self.model)
        self.view.setItemDelegate(ClassDelegate(self.view))
        self.view.setEditTriggers(QListView.EditTrigger.DoubleClicked | QListView.EditTrigger.EditKeyPressed)
        self.view.setDragDropMode(QListView.DragDropMode.InternalMove)
        self.view.setUniformItemSizes(True)
        self.view.selectionModel().currentChanged.connect(self._pick)
        self._canvas = canvas
        self._instance: int | None = None
        """What was picked when the mouse was pressed: to pick a class lets go of it."""
        self.view.touched.connect(self._keep_instance)
        self.view.clicked.connect(self._choose)
        self.view.color_wanted.connect(self._recolour_row)
        self.view.hiding_wanted.connect(lambda row: self._marks.toggle_hidden(self.model.classes[row].id))
        self.view.locking_wanted.connect(lambda row: self._marks.toggle_locked(self.model.classes[row].id))
        self._marks.changed.connect(self._show_marks)
        self.view.removal_wanted.connect(self._remove)
        self._buttons = self._make_buttons()
        self.empty = QLabel()
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        QVBoxLayout(self.view.viewport()).addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.view)
        row = QHBoxLayout()
        row.setSpacing(2)
        for name, button in self._buttons.items():
            if name == "presets":
                row.addStretch()
            row.addWidget(button)
        layout.addLayout(row)
        self.start()

    def _make_buttons(self) -> dict[str, QToolButton]:
        buttons = {
            "add": tool_button("plus", self._add, self),
            "remove": tool_button("minus", self._remove, self),
            "up": tool_button("up", lambda: self._shift(-1), self),
            "down": tool_button("down", lambda: self._shift(1), self),
            "color": tool_button("color", lambda: self._recolour_row(self._row()), self),
            "presets": tool_button("presets", lambda: None, self),
        }
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill_presets)
        buttons["presets"].setMenu(menu)
        buttons["presets"].setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return buttons

    def retranslate(self) -> None:
        describe(self.view, self.tr("Classes"), self.tr("Click a class to draw with it (keys 1-9 and 0)"))
        self.empty.setText(
            self.tr("The classes of a project stand here. Make a new project, or open one or drop it in the window.")
        )
        describe(self._buttons["add"], self.tr("Add a class"))
        describe(
            self._buttons["remove"],
            self.tr("Remove this class"),
            self.tr("Remove this class, or merge it into another (Del)"),
        )
        describe(self._buttons["up"], self.tr("Move this class up"))
        describe(self._buttons["down"], self.tr("Move this class down"))
        describe(self._buttons["color"], self.tr("Colour of this class"))
        describe(self._buttons["presets"], self.tr("Class presets and class files"))

    def links(self, document: Document) -> list[Link]:
        return [
            (document.classes_changed, self.refresh),
            (document.active_class_changed, self._show_active),
        ]

    def refresh(self) -> None:
        self.model.show(self.document.classes if self.document is not None else LabelSet())
        self.empty.setVisible(self.document is None)
        self._show_active()

    # ---- the active class

    def _row(self) -> int:
        return self.view.currentIndex().row()

    def _class_id(self) -> int | None:
        row = self._row()
        return self.model.classes[row].id if 0 <= row < len(self.model.classes) else None

    def _keep_instance(self) -> None:
        document = self.document if self._canvas.tool == "select" else None
        self._instance = document.active_instance if document is not None else None

    def _choose(self, index: QModelIndex) -> None:
        """A click: with the arrow in hand what is selected gets the class."""
        class_id = self.model.classes[index.row()].id
        if self.document is not None and self._instance is not None:
            self.document.set_active_instance(self._instance)
        self._canvas.choose_class(class_id)

    def _pick(self, current: QModelIndex, previous: QModelIndex) -> None:
        if self.document is not None and current.isValid():
            self.document.set_active_class(self.model.classes[current.row()].id)

    def _show_active(self, *_: object) -> None:
        if self.document is None:
            return
        for row, label in enumerate(self.model.classes):
            if label.id == self.document.active_class:
                self.view.setCurrentIndex(self.model.index(row))

    def _show_marks(self) -> None:
        rows = self.model.rowCount()
        if rows:
            self.model.dataChanged.emit(self.model.index(0), self.model.index(rows - 1))

    # ---- acts

    def _change(self, name: str, change: Callable[[LabelSet], LabelSet]) -> bool:
        """Replace the class list by what *change* makes of it, as one step of undo; whether that went well."""
        document = self.document
        if document is None:
            return False
        with self.workbench.reporting(name):
            classes = change(document.classes)
            if classes != document.classes:
                with document.edit(name):
                    document.set_classes(classes)
            return True
        return False

    def _add(self) -> None:
        document = self.document
        if document is None:
            return
        before = set(document.classes)
        if self._change("Add class", lambda classes: classes.added(self._free_name(classes))):
            for class_id in set(document.classes) - before:
                document.set_active_class(class_id)
            self.view.edit(self.view.currentIndex())

    def _free_name(self, classes: LabelSet) -> str:
        taken = {label.name for label in classes.values()}
        number = classes.free_id()
        while (name := self.tr("class {number}").format(number=number)) in taken:
            number += 1
        return name

    def _rename(self, class_id: int, name: str) -> bool:
        return bool(name) and self._change("Rename class", lambda classes: classes.changed(class_id, name=name))

    def _move(self, class_id: int, position: int) -> None:
        self._change("Reorder classes", lambda classes: classes.moved(class_id, position))

    def _shift(self, by: int) -> None:
        class_id, position = self._class_id(), self._row() + by
        if class_id is not None and 0 <= position < len(self.model.classes):
            self._move(class_id, position)

    def _recolour_row(self, row: int) -> None:
        if not 0 <= row < len(self.model.classes):
            return
        label = self.model.classes[row]
        title = self.tr("Colour of {name}").format(name=label.name)
        chosen = QColorDialog.getColor(QColor(*label.color), self, title)
        if chosen.isValid():
            self.recolour(label.id, (chosen.red(), chosen.green(), chosen.blue()))

    def recolour(self, class_id: int, color: Color) -> None:
        """Give a class another colour."""
        self._change("Colour of class", lambda classes: classes.changed(class_id, color=color))

    def recolour_safely(self) -> None:
        """Give all classes but the background colours that the colour-blind can tell apart; names and ids stay."""
        from segstudio.io.segments import is_background  # loads OpenCV and SciPy

        def recoloured(classes: LabelSet) -> LabelSet:
            return classes.in_safe_colors(keep=[label.id for label in classes.values() if is_background(label)])

        self._change("Colours of classes", recoloured)

    def _remove(self) -> None:
        class_id = self._class_id()
        if class_id is None or self.document is None:
            return
        from segstudio.gui.dialogs.remove_class import ask_and_remove_class  # seldom needed

        ask_and_remove_class(self.workbench, class_id, self)

    # ---- presets and files

    def _fill_presets(self) -> None:
        menu = self._buttons["presets"].menu()
        menu.clear()
        for name in presets():
            menu.addAction(preset_title(name), partial(self.use, name))
        menu.addSeparator()
        menu.addAction(self.tr("Colours for the colour-blind"), self.recolour_safely)
        menu.addSeparator()
        menu.addAction(self.tr("Load from a file…"), self._load)
        menu.addAction(self.tr("Save to a file…"), self._save)

    def use(self, spec: str | Path) -> None:
        """Take up the classes of a preset or file. Ids keep their pixels."""
        from segstudio.gui.dialogs.replace_classes import ask_and_replace_classes  # seldom needed

        with self.workbench.reporting("take the classes"):
            ask_and_replace_classes(self.workbench, load_classes(spec), self)

    def _load(self) -> None:
        file, _ = QFileDialog.getOpenFileName(self, self.tr("Load classes"), "", self.tr("Class lists (*.json)"))
        if file:
            self.use(file)

    def _save(self) -> None:
        file, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save classes"), "classes.json", self.tr("Class lists (*.json)")
        )
        if file and self.document is not None:
            with self.workbench.reporting("save the classes"):
                save_classes(file, self.document.classes)
