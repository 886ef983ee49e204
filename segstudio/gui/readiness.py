"""What is slow to load is made ready while nobody draws: it does not hold the window up when it is asked for."""

from __future__ import annotations

import importlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from segstudio.app.jobs import JobQueue
from segstudio.core.progress import Progress, Work
from segstudio.gui.stepwise import look_up

log = logging.getLogger(__name__)

_WITHOUT_QT = (
    "cv2",
    "segstudio.io.segments",
    "segstudio.learning.config",
    "segstudio.learning.losses.table",
)
"""What a thread loads: nothing in it knows Qt."""
_QT = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets")
_MODULES = (
    "segstudio.gui.panels.training",
    "segstudio.gui.dialogs.train",
    "segstudio.gui.dialogs.export",
    "segstudio.gui.dialogs.import_labels",
)
_KERNELS = ("segstudio.algorithms.scribbles", "segstudio.algorithms.dense_crf")
_PAUSE_MS = 60
"""Between two slices."""
_SLICE = 0.008
"""Seconds of the event loop that a slice takes, and one step more."""


class Readiness(QObject):
    """Loads panels, dialogs and the curves of training and builds what the first curves need, in slices.

    What knows no Qt is loaded by a thread, and the rest in the window's own: what PySide makes when a name of Qt is
    first looked up it does not guard against other threads, and loading beside a busy window ended the program. A slice
    waits while a mouse button is held. Then what *build* makes is made, one thing a step. At last, once *compiled*
    tells that they are there, the kernels of propagation are loaded by a thread again.
    """

    loaded = Signal()
    """Something more is there, for good."""

    def __init__(
        self,
        parent: QObject,
        jobs: JobQueue,
        compiled: Callable[[], bool] | None = None,
        build: Sequence[Callable[[], object]] = (),
    ) -> None:
        super().__init__(parent)
        self.done = False
        self._jobs, self._compiled = jobs, compiled
        self._steps = itertools.chain(_steps(), _built(build))
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._next)
        self._load(_WITHOUT_QT, self._timer.start)

    def _next(self) -> None:
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            end = time.perf_counter() + _SLICE
            while time.perf_counter() < end and not self.done:
                self.done = next(self._steps, self) is self
            self.loaded.emit()
        if not self.done:
            self._timer.start()
        elif self._compiled is not None:
            self._timer.timeout.disconnect(self._next)
            self._timer.timeout.connect(self._wait_for_kernels)
            self._timer.start(1000)

    def _wait_for_kernels(self) -> None:
        if self._compiled is None or self._compiled():
            self._load(_KERNELS, lambda: None)
        else:
            self._timer.start()

    def _load(self, modules: tuple[str, ...], then: Callable[[], None]) -> None:
        """Have *modules* loaded by a thread, and those that know how prepared for their first use."""

        def work() -> Work[None]:
            for name in modules:
                yield Progress(None, "loading")
                module = importlib.import_module(name)
                yield Progress(None, "loading")
                getattr(module, "warm_up", lambda: None)()

        def done(_: object = None) -> None:
            self.loaded.emit()
            then()

        def failed(error: BaseException) -> None:
            log.info("not loaded ahead: %s", error)  # said where it is asked for
            done()

        self._jobs.submit(
            "Make ready",
            work,
            done,
            lane="ready",
            failed=failed,
            progressed=lambda _: self.loaded.emit(),
            quiet=True,
        )


def _steps() -> Iterator[None]:
    for name in _QT:
        yield from look_up(name)
    for name in _MODULES:
        importlib.import_module(name)
        yield
    from segstudio.gui.plotting import LIBRARY

    yield from LIBRARY.steps()
    from segstudio.gui.panels.curves import SLICES

    yield from _built(SLICES)


def _built(things: Sequence[Callable[[], object]]) -> Iterator[None]:
    for build in things:
        build()
        yield
