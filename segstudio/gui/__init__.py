"""The window: the only floor that knows Qt."""

from __future__ import annotations

from segstudio.gui.application import create_window, run
from segstudio.gui.main_window import MainWindow

__all__ = ["MainWindow", "create_window", "run"]
