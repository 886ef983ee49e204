"""The Qt application: made once, dressed in the user's theme and language."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from segstudio.app import warm_up
from segstudio.app.settings import load_settings
from segstudio.gui import i18n, theme
from segstudio.gui.garbage import Garbage
from segstudio.gui.main_window import MainWindow
from segstudio.gui.readiness import Readiness

log = logging.getLogger(__name__)

_WARM_UP_MS = 1500
"""After the window is shown: its own start comes first."""


def application() -> QApplication:
    """The one QApplication; made if there is none."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(sys.argv[:1])
    app.setApplicationName("segstudio")
    app.setDesktopFileName("segstudio")
    return app


def create_window(project: str | Path | None = None) -> MainWindow:
    """The main window, with *project* open if one is given; the event loop is the caller's to run."""
    app = application()
    settings = load_settings()
    theme.apply(app, settings.theme)
    i18n.apply(app, settings.language)
    window = MainWindow()
    if project is not None:
        window.workbench.open_project(project)
    return window


def make_ready(window: MainWindow, compiled: Callable[[], bool] | None = None) -> Readiness:
    """Load, a part at a time, what *window* may need later and what is slow to load; the kernels of propagation once
    *compiled* tells that loading them takes no compiler any more."""
    return Readiness(window, window.jobs, compiled, [lambda: window.panel("training")])


def settle(window: MainWindow, compiled: Callable[[], bool] | None = None) -> Readiness:
    """What comes once *window* is shown: see :func:`make_ready`. What is there then is there for good."""
    garbage = Garbage(window, window.workbench)
    ready = make_ready(window, compiled)
    ready.loaded.connect(garbage.keep)
    return ready


def run(project: str | Path | None = None) -> int:
    """Open the window and stay until it is closed; the exit status."""
    app = application()
    window = create_window(project)

    def show_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("a bug", exc_info=(kind, error, trace))
        details = "".join(traceback.format_exception(kind, error, trace))
        window.notice.show_bug(error, details)

    sys.excepthook = show_bug
    window.show()
    warm: list[object] = []

    def begin() -> None:
        compiling = warm_up.start()
        warm.extend((compiling, settle(window, lambda: compiling.poll() is not None)))

    QTimer.singleShot(_WARM_UP_MS, begin)
    status = app.exec()
    sys.excepthook = sys.__excepthook__
    return status
