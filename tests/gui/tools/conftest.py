"""The canvas by itself."""

from __future__ import annotations

from tests.gui.kit import easel

__all__ = ["easel"]
