"""What stands where the image will be: how to begin, and the first five steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from segstudio.app.workbench import Workbench
from segstudio.gui import icons, theme
from segstudio.gui.actions import first_key
from segstudio.gui.fields import describe
from segstudio.gui.i18n import Translated, plain

MAX_RECENT = 5
_ICON = 28


class EmptyState(Translated, QScrollArea):
    """Open, new, drop; the projects of last time; the five steps that lead to masks.

    *trigger* runs an act by its id. With a project open that has no image yet, it asks for images.
    """

    def __init__(self, workbench: Workbench, trigger: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty_state")
        self._workbench = workbench
        self._trigger = trigger
        self.title, self.lead = QLabel(), QLabel()
        self.title.setProperty("role", "title")
        self.lead.setProperty("role", "muted")
        self.lead.setWordWrap(True)
        self.new, self.open, self.add = (self._button(act) for act in ("project.new", "project.open", "project.add"))
        self.recent_title = QLabel()
        self.recent_title.setProperty("role", "heading")
        self.recent = QVBoxLayout()
        self._steps = [_Step(icon, acts) for icon, acts in _STEPS]
        self._arrange()
        theme.on_change().changed.connect(self._draw)
        workbench.document_changed.connect(self.retranslate)
        self.retranslate()

    def _button(self, act: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(act)
        first = act != "project.open"  # what a person wants most likely stands out
        button.setDefault(first)
        button.setIcon(icons.icon(act.rpartition(".")[2].replace("add", "image"), "accent_text" if first else "icon"))
        button.clicked.connect(lambda: self._trigger(act))
        return button

    def _arrange(self) -> None:
        card = QFrame()
        card.setProperty("role", "drop")
        card.setMaximumWidth(640)
        column = QVBoxLayout(card)
        column.setContentsMargins(32, 28, 32, 28)
        column.setSpacing(10)
        column.addWidget(self.title)
        column.addWidget(self.lead)
        buttons = QHBoxLayout()
        for button in (self.new, self.open, self.add):
            buttons.addWidget(button)
        buttons.addStretch()
        column.addLayout(buttons)
        column.addWidget(self.recent_title)
        column.addLayout(self.recent)
        line = QFrame()
        line.setProperty("role", "line")
        column.addSpacing(6)
        column.addWidget(line)
        column.addSpacing(6)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        for place, step in enumerate(self._steps):
            grid.addWidget(step.icon, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(step.text, place, 1)
            grid.addWidget(step.key, place, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(grid)
        around = QWidget()
        row = QHBoxLayout(around)
        row.addStretch(1)
        row.addWidget(card, 10, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        self.setWidget(around)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._draw()

    def _draw(self) -> None:
        for step in self._steps:
            step.draw(self.devicePixelRatioF())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.retranslate()  # the keys may be others now

    def retranslate(self) -> None:
        document = self._workbench.document
        if document is None:
            self.title.setText(self.tr("Start labelling"))
            self.lead.setText(self.tr("Drop images, a folder or a project here, or begin with one of these."))
        else:
            self.title.setText(self.tr("{name} has no images yet").format(name=document.project.name))
            self.lead.setText(self.tr("Drop images or a folder here, or choose them."))
        self.new.setText(self.tr("New project…"))
        self.open.setText(self.tr("Open project…"))
        self.add.setText(self.tr("Add images…"))
        self.new.setVisible(document is None)
        self.open.setVisible(document is None)
        self.add.setVisible(document is not None)
        for button in (self.new, self.open, self.add):
            key = first_key(button.objectName(), self._workbench.settings.shortcuts)
            describe(button, button.text(), f"{plain(button.text())} ({key})")
        self._write_steps()
        self._list_recent()

    def _write_steps(self) -> None:
        texts = (
            (self.tr("Add images"), self.tr("Photographs, TIFF, DICOM, NIfTI or video. They are never changed.")),
            (self.tr("Pick a class"), self.tr("In the list at the right, or by its number.")),
            (self.tr("Scribble"), self.tr("A stroke or two in each object and in the background is enough.")),
            (self.tr("Propagate"), self.tr("Your strokes spread to the edges of the objects.")),
            (self.tr("Train, then predict"), self.tr("A network learns from what you did and labels the next image.")),
        )
        for number, (step, (title, text)) in enumerate(zip(self._steps, texts, strict=True), start=1):
            step.text.setText(f"<b>{number}. {title}</b><br>{text}")
            step.key.setText(self._keys(step.acts))

    def _keys(self, acts: tuple[str, ...]) -> str:
        """The keys of *acts* as they are now; the first and the last where they are many in a row."""
        keys = [first_key(act, self._workbench.settings.shortcuts) for act in acts]
        if acts == _CLASSES:
            return f"{keys[0]} – {keys[-1]}"
        return self.tr(" then ").join(key for key in keys if key)

    def _list_recent(self) -> None:
        while (item := self.recent.takeAt(0)) is not None:
            button = item.widget()
            if button is not None:
                button.deleteLater()
        known = [Path(folder) for folder in self._workbench.settings.recent_projects]
        known = [folder for folder in known if folder.is_dir()][:MAX_RECENT] if self._workbench.document is None else []
        self.recent_title.setText(self.tr("Recent projects"))
        self.recent_title.setVisible(bool(known))
        for folder in known:
            self.recent.addWidget(self._recent_button(folder))

    def _recent_button(self, folder: Path) -> QPushButton:
        button = QPushButton(icons.icon("folder"), f"{folder.stem}   ·   {_short(folder.parent)}")
        button.setFlat(True)
        button.setProperty("role", "link")
        describe(button, self.tr("Open {name}").format(name=folder.stem), str(folder))
        button.clicked.connect(lambda: self._workbench.open_project(folder))
        return button


def _short(folder: Path, limit: int = 48) -> str:
    text = str(folder)
    return text if len(text) <= limit else "…" + text[-limit:]


_CLASSES = ("class.1", "class.9")
_STEPS = (
    ("image", ("project.add",)),
    ("classes", _CLASSES),
    ("scribble", ("tool.brush",)),
    ("propagate", ("propagate.scribbles",)),
    ("train", ("model.train", "model.predict")),
)


class _Step:
    def __init__(self, icon: str, acts: tuple[str, ...]) -> None:
        self._name = icon
        self.acts = acts
        self.icon, self.text, self.key = QLabel(), QLabel(), QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.key.setProperty("role", "key")

    def draw(self, ratio: float) -> None:
        self.icon.setPixmap(icons.pixmap(self._name, _ICON, role="accent", ratio=ratio))
