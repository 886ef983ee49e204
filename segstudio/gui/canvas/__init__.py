"""The canvas: the image with its labels, drawn by tiles, and the pointer's way to the tools."""

from __future__ import annotations

from segstudio.gui.canvas.canvas import Canvas, Hover

__all__ = ["Canvas", "Hover"]
