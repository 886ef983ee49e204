"""The menu of the list of images: what can be done with those that are selected."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from segstudio.app.marking import set_states
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import SampleState
from segstudio.gui import icons
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.gui.panels.sample_model import STATES

_CONTEXT = "SampleMenu"
ACTS = ("model.predict_selected", "sample.remove")
"""Acts of the window that work on the images that are selected."""
_MARK = QT_TRANSLATE_NOOP("SampleMenu", "Mark as")
_SHOW = QT_TRANSLATE_NOOP("SampleMenu", "Show in its folder")
_COPY = QT_TRANSLATE_NOOP("SampleMenu", "Copy the path")


def sample_menu(parent: QWidget, workbench: Workbench, ids: list[int]) -> QMenu:
    """A menu for the images *ids*."""
    menu = QMenu(parent)
    document = workbench.document
    if document is None or not ids:
        return menu
    marks = menu.addMenu(tr(_MARK, _CONTEXT))
    for state, (text, colour) in STATES.items():
        marks.addAction(icons.icon(f"state_{state.value}", colour), tr(text), partial(_mark, workbench, ids, state))
    for name in ACTS:
        action = parent.window().findChild(QAction, name)
        if action is not None:
            menu.addAction(action)
    (first,) = document.project.samples(ids[:1])
    menu.addSeparator()
    menu.addAction(
        icons.icon("folder"),
        tr(_SHOW, _CONTEXT),
        lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(first.path.parent))),
    )
    paths = "\n".join(str(sample.path) for sample in document.project.samples(ids))
    menu.addAction(icons.icon("copy"), tr(_COPY, _CONTEXT), lambda: QGuiApplication.clipboard().setText(paths))
    return menu


def _mark(workbench: Workbench, ids: list[int], state: SampleState) -> None:
    if workbench.document is not None:
        with workbench.reporting("set the state"):
            set_states(workbench.document, ids, state)
