"""The instances of the image at hand: a list to pick from, and what can be done with those picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
)

from segstudio.app import instances
from segstudio.app.document import Document
from segstudio.app.instances import Instance
from segstudio.app.workbench import Workbench
from segstudio.core.classes import voc_color
from segstudio.core.errors import AnnotationError
from segstudio.gui import icons
from segstudio.gui.fields import ARROWS, describe, tool_button, wants_key
from segstudio.gui.i18n import counted
from segstudio.gui.panels.base import Link, Panel

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas

_SEGMENT = Qt.ItemDataRole.UserRole
_PAUSE_MS = 150
_SWATCH = 14


class InstanceList(QListWidget):
    """Several can be picked; Delete takes them away, Enter goes there."""

    def __init__(self, removal_wanted: Callable[[], None], wanted: Callable[[], None]) -> None:
        super().__init__()
        self._removal_wanted, self._wanted = removal_wanted, wanted
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setIconSize(QSize(_SWATCH, _SWATCH))
        self.setUniformItemSizes(True)

    def event(self, event: QEvent) -> bool:
        keys = (*ARROWS, Qt.Key.Key_Delete, Qt.Key.Key_Return)
        return wants_key(event, keys) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self._removal_wanted()
        elif event.key() == Qt.Key.Key_Return:
            self._wanted()
        else:
            super().keyPressEvent(event)


class InstancesPanel(Panel):
    """Picks the instance that strokes are drawn on; merges, splits, deletes, and makes instances of regions."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.canvas = canvas
        self.list = InstanceList(self.delete, self.go_there)
        self.list.itemSelectionChanged.connect(self._picked)
        self.list.itemDoubleClicked.connect(lambda _: self.go_there())
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.classes = QComboBox()
        self.classes.activated.connect(self._set_class)
        self.buttons: dict[str, QToolButton] = {
            name: tool_button(icon, call, self)
            for name, icon, call in (
                ("new", "new_instance", self.new),
                ("merge", "merge", self.merge),
                ("split", "split", self.split),
                ("components", "instances", self.components),
                ("delete", "delete", self.delete),
            )
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        self.empty = QLabel()
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        inside = QVBoxLayout(self.list.viewport())
        inside.addWidget(self.empty)
        column.addWidget(self.list)
        row = QHBoxLayout()
        row.setSpacing(2)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addWidget(self.classes, 1)
        column.addLayout(row)
        column.addWidget(self.count)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self.refresh)
        self.start()

    def retranslate(self) -> None:
        describe(self.list, self.tr("Instances"), self.tr("Pick one to draw on it; double-click goes there"))
        describe(self.classes, self.tr("Class of the picked instances"))
        texts = {
            "new": (self.tr("New instance"), self.tr("Strokes make a new object from now on (Shift+N)")),
            "merge": (self.tr("Merge"), self.tr("Make one instance of those picked")),
            "split": (self.tr("Split"), self.tr("Make an instance of each unconnected part")),
            "components": (
                self.tr("Regions to instances"),
                self.tr("Make an instance of each connected region of the active class"),
            ),
            "delete": (self.tr("Delete"), self.tr("Take the picked instances away (Del)")),
        }
        for name, (title, tip) in texts.items():
            describe(self.buttons[name], title, tip)
        self.empty.setText(
            self.tr("No instances yet. New instance (Shift+N), then a stroke, makes one object of a class.")
        )
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [
            (document.sample_changed, self.refresh),
            (document.history.changed, self._refresh_soon),
            (document.classes_changed, self.refresh),
            (document.active_instance_changed, self._refresh_soon),
        ]

    def _refresh_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        document = self.document
        found = instances.instances(document) if document is not None and document.image is not None else []
        picked = set(self.picked())
        if document is not None and document.active_instance is not None:
            picked = picked if document.active_instance in picked else {document.active_instance}
        self.list.blockSignals(True)
        self.list.clear()
        for instance in found:
            self.list.addItem(self._item(instance))
            self.list.item(self.list.count() - 1).setSelected(instance.segment in picked)
        self.list.blockSignals(False)
        self.classes.clear()
        for class_id, label in document.classes.items() if document is not None else ():
            self.classes.addItem(label.name, class_id)
        self._show_class()
        self.empty.setVisible(not found)
        one, several = self.tr("{0} instance in this image"), self.tr("{0} instances in this image")
        self.count.setText(counted(one, several, len(found)))
        self._enable()

    def picked(self) -> list[int]:
        """The numbers of the instances that are picked, in the order of the list."""
        return [int(item.data(_SEGMENT)) for item in self.list.selectedItems()]

    def new(self) -> None:
        if self.document is not None and self.document.image is not None:
            with self.workbench.reporting("make an instance"):
                instances.new(self.document)

    def merge(self) -> None:
        if self.document is not None:
            with self.workbench.reporting("merge instances"):
                instances.merge(self.document, self.picked())

    def split(self) -> None:
        if self.document is not None:
            with self.workbench.reporting("split the instance"):
                picked = self.picked()
                if not picked:
                    raise AnnotationError("choose an instance first")
                for segment in picked:
                    instances.split(self.document, segment)

    def components(self) -> None:
        if self.document is not None and self.document.image is not None:
            with self.workbench.reporting("make instances of regions"):
                instances.components(self.document, self.document.active_class)

    def delete(self) -> None:
        if self.document is not None:
            with self.workbench.reporting("delete instances"):
                instances.delete(self.document, self.picked())

    def go_there(self) -> None:
        """Show the first of the picked instances in the middle."""
        picked = self.picked()
        found = instances.instances(self.document) if self.document is not None else []
        place = next((i.region for i in found if picked and i.segment == picked[0] and not i.region.empty), None)
        if place is not None:
            self.canvas.center_on((place.y0 + place.y1) / 2, (place.x0 + place.x1) / 2)

    def _item(self, instance: Instance) -> QListWidgetItem:
        document = self.document
        known = document is not None and instance.class_id in document.classes
        name = document.classes[instance.class_id].name if document is not None and known else "?"
        item = QListWidgetItem(
            _swatch(instance.segment),
            self.tr("{name} {number} · {area:,} px").format(
                name=name, number=instance.segment - 255, area=instance.area
            ),
        )
        item.setData(_SEGMENT, instance.segment)
        return item

    def _picked(self) -> None:
        document, picked = self.document, self.picked()
        if document is not None:
            document.set_active_instance(picked[0] if len(picked) == 1 else None)
            self._show_class()
        self._enable()

    def _show_class(self) -> None:
        """The class of the first that is picked; none where none is."""
        document, picked = self.document, self.picked()
        known = document.labels.segments.get(picked[0]) if document is not None and picked else None
        self.classes.setCurrentIndex(self.classes.findData(known) if known is not None else -1)

    def _set_class(self, _: int) -> None:
        if self.document is not None and self.picked():
            with self.workbench.reporting("change the class"):
                instances.set_class(self.document, self.picked(), int(self.classes.currentData()))

    def _enable(self) -> None:
        picked = len(self.picked())
        self.buttons["merge"].setEnabled(picked > 1)
        self.buttons["split"].setEnabled(picked > 0)
        self.buttons["delete"].setEnabled(picked > 0)
        self.classes.setEnabled(picked > 0)


def _swatch(segment: int) -> QIcon:
    """The colour in which the canvas shows the instance."""
    return icons.swatch(QColor(*voc_color(1 + segment % 254)))
