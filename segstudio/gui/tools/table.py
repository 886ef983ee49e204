"""The table of tools; a tool's module is loaded when it is first used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Literal

from segstudio.core.registry import Registry
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Tool

Cursor = Literal["brush", "cross", "hand", "point"]


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """One line of the table."""

    name: str
    title: str
    """In English, with its mnemonic."""
    icon: str
    keys: tuple[str, ...]
    hint: str
    """How to use it, one sentence."""
    module: str
    cursor: Cursor = "cross"
    sized: bool = False
    """Whether the brush size matters."""

    def load(self) -> Tool:
        """The tool itself."""
        tool: Tool = importlib.import_module(self.module).drag
        return tool


TOOLS: Registry[ToolEntry] = Registry(
    "tool",
    [
        ToolEntry(
            "brush", QT_TRANSLATE_NOOP("Acts", "&Brush"), "brush", ("B",),
            QT_TRANSLATE_NOOP("Tables", "Drag to paint the class; Shift draws a straight line, the right button erases."),
            "segstudio.gui.tools.brush", "brush", sized=True,
        ),
        ToolEntry(
            "eraser", QT_TRANSLATE_NOOP("Acts", "&Eraser"), "eraser", ("E",),
            QT_TRANSLATE_NOOP("Tables", "Drag to take labels away; Shift erases a straight line."),
            "segstudio.gui.tools.eraser", "brush", sized=True,
        ),
        ToolEntry(
            "box", QT_TRANSLATE_NOOP("Acts", "Bo&x"), "box", ("R",),
            QT_TRANSLATE_NOOP("Tables", "Drag around one object; click a box to select, move or resize it, Del deletes it."),
            "segstudio.gui.tools.box",
        ),
        ToolEntry(
            "polygon", QT_TRANSLATE_NOOP("Acts", "Pol&ygon"), "polygon", ("G",),
            QT_TRANSLATE_NOOP("Tables", "Click the corners; Enter or a double click closes and fills it, Backspace takes one back."),
            "segstudio.gui.tools.polygon",
        ),
        ToolEntry(
            "lasso", QT_TRANSLATE_NOOP("Acts", "&Lasso"), "lasso", ("L",),
            QT_TRANSLATE_NOOP("Tables", "Draw around an area to fill it; the right button clears the area."),
            "segstudio.gui.tools.lasso",
        ),
        ToolEntry(
            "fill", QT_TRANSLATE_NOOP("Acts", "&Fill"), "fill", ("K",),
            QT_TRANSLATE_NOOP("Tables", "Click a connected area of one label to give it the class."),
            "segstudio.gui.tools.fill", "point",
        ),
        ToolEntry(
            "wand", QT_TRANSLATE_NOOP("Acts", "&Wand"), "wand", ("W",),
            QT_TRANSLATE_NOOP("Tables", "Click, then drag right for more or left for less: marks what looks like the pixel."),
            "segstudio.gui.tools.wand", "point",
        ),
        ToolEntry(
            "picker", QT_TRANSLATE_NOOP("Acts", "P&icker"), "picker", ("I",),
            QT_TRANSLATE_NOOP("Tables", "Click a label to pick its class."),
            "segstudio.gui.tools.picker", "point",
        ),
        ToolEntry(
            "measure", QT_TRANSLATE_NOOP("Acts", "&Measure"), "measure", ("U",),
            QT_TRANSLATE_NOOP("Tables", "Drag to measure a distance, in millimetres where the image tells its spacing."),
            "segstudio.gui.tools.measure",
        ),
        ToolEntry(
            "pan", QT_TRANSLATE_NOOP("Acts", "&Pan"), "pan", ("H",),
            QT_TRANSLATE_NOOP("Tables", "Drag to move the image; with any tool, hold Space or the middle button."),
            "segstudio.gui.tools.pan", "hand",
        ),
    ],
    group="segstudio.tools",
)  # fmt: skip
