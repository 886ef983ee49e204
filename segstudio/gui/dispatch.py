"""From other threads into the main thread, through Qt's event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Dispatcher(QObject):
    """Made in the main thread; :meth:`post` may be called from any."""

    _called = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._called.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], None]) -> None:
        """Run *function* in the main thread, soon."""
        self._called.emit(function)

    @Slot(object)
    def _run(self, function: Callable[[], None]) -> None:
        function()
