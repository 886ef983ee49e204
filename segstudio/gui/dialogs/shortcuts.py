"""Every act with its keys: a cheat sheet that can be searched, and the place to choose other keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from segstudio.gui import icons
from segstudio.gui.actions import MENUS, Act, keys_of
from segstudio.gui.dialogs.base import Button, Dialog
from segstudio.gui.fields import describe
from segstudio.gui.i18n import plain, tr

Shortcuts = dict[str, list[str]]


class ShortcutsDialog(Dialog):
    """A table of acts and keys. *apply* is given the keys that differ from the acts' own, when OK is pressed."""

    def __init__(
        self,
        acts: Mapping[str, Act],
        shortcuts: Mapping[str, list[str]],
        apply: Callable[[Shortcuts], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Button.Ok | Button.Cancel | Button.RestoreDefaults)
        self._acts = acts
        self._apply = apply
        self._keys = {name: keys_of(name, act.keys, shortcuts) for name, act in acts.items()}
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(2)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.setUniformRowHeights(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, QTreeWidgetItem] = {}
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit_label = QLabel()
        self.add, self.clear, self.default = QPushButton(), QPushButton(), QPushButton()
        self._arrange()
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(self._choose)
        self.edit.keySequenceChanged.connect(self._check)
        self.add.clicked.connect(self._add_key)
        self.clear.clicked.connect(self._clear_keys)
        self.default.clicked.connect(self._take_default)
        self.buttons.button(Button.RestoreDefaults).clicked.connect(self._restore)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter in the search field closes nothing
        self.start()
        self._choose()
        self.search.setFocus()

    def _arrange(self) -> None:
        self.content.addWidget(self.search)
        self.content.addWidget(self.tree, 1)
        row = QHBoxLayout()
        row.addWidget(self.edit_label)
        row.addWidget(self.edit, 1)
        for button in (self.add, self.clear, self.default):
            row.addWidget(button)
        self.content.addLayout(row)
        self.resize(620, 640)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Keyboard"))
        self.search.setPlaceholderText(self.tr("Search acts or keys"))
        describe(self.search, self.tr("Search acts or keys"))
        describe(self.tree, self.tr("Acts and their keys"))
        self.tree.setToolTip("")
        self.tree.setHeaderLabels([self.tr("Act"), self.tr("Keys")])
        self.edit_label.setText(self.tr("New key"))
        describe(self.edit, self.tr("New key"), self.tr("Press the key that the chosen act should have"))
        self.add.setText(self.tr("Add"))
        describe(self.add, self.tr("Add"), self.tr("Give the act this key too"))
        self.clear.setText(self.tr("Clear"))
        describe(self.clear, self.tr("Clear"), self.tr("Take all keys from the act"))
        self.default.setText(self.tr("Default"))
        describe(self.default, self.tr("Default"), self.tr("Give the act its own keys again"))
        self.buttons.button(Button.RestoreDefaults).setText(self.tr("All defaults"))
        self.name_ok(self.tr("OK"))
        self._fill()

    # ---- the table

    def _fill(self) -> None:
        self.tree.clear()
        self._items.clear()
        self._groups.clear()
        groups = self._groups
        titles = dict(MENUS)
        for name, act in self._acts.items():
            group = act.menu if act.menu in titles else ""
            if group not in groups:
                title = plain(tr(titles[group], "Acts")) if group else self.tr("Other")
                groups[group] = QTreeWidgetItem(self.tree, [title])
                groups[group].setFlags(Qt.ItemFlag.ItemIsEnabled)
                font = groups[group].font(0)
                font.setBold(True)
                groups[group].setFont(0, font)
            item = self._items[name] = QTreeWidgetItem(groups[group], [act.plain(), ""])
            item.setIcon(0, icons.icon(act.icon))
            item.setData(0, Qt.ItemDataRole.UserRole, name)
            self._show_keys(name)
        self.tree.expandAll()
        self._filter(self.search.text())

    def _show_keys(self, name: str) -> None:
        self._items[name].setText(1, ",  ".join(_shown(key) for key in self._keys[name]))

    def _filter(self, text: str) -> None:
        wanted = text.casefold().strip()
        for item in self._items.values():
            item.setHidden(wanted not in item.text(0).casefold() and wanted not in item.text(1).casefold())
        for group in self._groups.values():
            rows = [item for item in self._items.values() if item.parent() is group]
            group.setHidden(all(row.isHidden() for row in rows))

    def _chosen(self) -> str | None:
        item = self.tree.currentItem()
        name = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return str(name) if name else None

    def _choose(self, *_: object) -> None:
        self.edit.clear()
        for widget in (self.edit, self.clear, self.default):
            widget.setEnabled(self._chosen() is not None)
        self._check()

    # ---- choosing keys

    def _check(self, *_: object) -> None:
        """Say which act has the key already; one key never means two things."""
        key = self.edit.keySequence().toString()
        owner = self._owner(key)
        free = owner is None or owner == self._chosen()
        self.problem.setVisible(not free)
        if owner is not None and not free:
            text = self.tr("{key} is taken by “{act}”: adding it here takes it from there.")
            self.problem.setText(text.format(key=_shown(key), act=self._acts[owner].plain()))
        self.add.setEnabled(bool(key) and self._chosen() is not None)

    def _owner(self, key: str) -> str | None:
        if not key:
            return None
        same = QKeySequence(key)
        return next((name for name, keys in self._keys.items() if any(QKeySequence(k) == same for k in keys)), None)

    def _add_key(self) -> None:
        name, key = self._chosen(), self.edit.keySequence().toString()
        if name is None or not key:
            return
        owner = self._owner(key)
        if owner is not None:
            self._keys[owner] = [k for k in self._keys[owner] if QKeySequence(k) != QKeySequence(key)]
            self._show_keys(owner)
        self._keys[name] = [*self._keys[name], key]
        self._show_keys(name)
        self._choose()

    def _clear_keys(self) -> None:
        name = self._chosen()
        if name is not None:
            self._keys[name] = []
            self._show_keys(name)

    def _take_default(self) -> None:
        name = self._chosen()
        if name is not None:
            self._keys[name] = []
            own = [key for key in self._acts[name].keys if self._owner(key) is None]
            self._keys[name] = own
            self._show_keys(name)

    def _restore(self) -> None:
        self._keys = {name: list(act.keys) for name, act in self._acts.items()}
        for name in self._keys:
            self._show_keys(name)

    def shortcuts(self) -> Shortcuts:
        """The keys that differ from the acts' own."""
        return {name: keys for name, keys in self._keys.items() if keys != list(self._acts[name].keys)}

    def accept(self) -> None:
        self._apply(self.shortcuts())
        super().accept()


def _shown(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
