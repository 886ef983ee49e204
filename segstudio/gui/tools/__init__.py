"""The tools: one file one tool. A drag is a generator that is sent pointers; Escape closes it, which rolls back."""

from __future__ import annotations

from segstudio.gui.tools.base import Cursor, Ghost, Hand, Kind, Pending, Pointer, Rubber, Strokes
from segstudio.gui.tools.table import TOOLS, ToolEntry

__all__ = ["TOOLS", "Cursor", "Ghost", "Hand", "Kind", "Pending", "Pointer", "Rubber", "Strokes", "ToolEntry"]
