"""The table of tools; a tool's module is loaded when it is first used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from segstudio.core.registry import Registry
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Cursor, Drag, Hand, Hovering, Pointer, Strokes


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
    """Where its ``drag`` is, and perhaps its ``hover``."""
    cursor: Cursor = "cross"
    sized: bool = False
    """Whether the brush size matters."""
    shapes: bool = False
    """Whether it works on the selected shape; else taking it lets go of the selection."""

    def drag(self, hand: Hand, start: Pointer) -> Strokes:
        """Begin to work at a press."""
        return cast("Drag", importlib.import_module(self.module).drag)(hand, start)

    def hover(self, hand: Hand, pointer: Pointer) -> Cursor | None:
        """The mouse pointer to show where the pointer is, if not the usual one."""
        hover = cast("Hovering | None", getattr(importlib.import_module(self.module), "hover", None))
        return hover(hand, pointer) if hover is not None else None


TOOLS: Registry[ToolEntry] = Registry(
    "tool",
    [
        ToolEntry(
            "select", QT_TRANSLATE_NOOP("Acts", "&Select"), "select", ("Q",),
            QT_TRANSLATE_NOOP("Tables", "Click a box, a polygon or an instance; Shift or Ctrl adds to the selection, a drag on nothing frames it. Drag shapes, points or sides; arrow keys move, a class key gives that class, the right button takes a point away, Del what is selected."),
            "segstudio.gui.tools.select", "arrow", shapes=True,
        ),
        ToolEntry(
            "brush", QT_TRANSLATE_NOOP("Acts", "&Brush"), "brush", ("B",),
            QT_TRANSLATE_NOOP("Tables", "Drag to paint the class; Shift draws a straight line, Ctrl picks a class, the right button erases."),
            "segstudio.gui.tools.brush", "brush", sized=True,
        ),
        ToolEntry(
            "eraser", QT_TRANSLATE_NOOP("Acts", "&Eraser"), "eraser", ("E",),
            QT_TRANSLATE_NOOP("Tables", "Drag to take labels away; Shift erases a straight line."),
            "segstudio.gui.tools.eraser", "brush", sized=True,
        ),
        ToolEntry(
            "superpixel", QT_TRANSLATE_NOOP("Acts", "S&uperpixels"), "superpixel", ("S",),
            QT_TRANSLATE_NOOP("Tables", "Drag over the image: every superpixel under the pointer gets the class; the right button erases."),
            "segstudio.gui.tools.superpixel", "point",
        ),
        ToolEntry(
            "polygon", QT_TRANSLATE_NOOP("Acts", "Pol&ygon"), "polygon", ("G",),
            QT_TRANSLATE_NOOP("Tables", "Click the corners; Enter closes it, Backspace takes one back. Drag a point or a side to change it; the right button draws a hole."),
            "segstudio.gui.tools.polygon", shapes=True,
        ),
        ToolEntry(
            "lasso", QT_TRANSLATE_NOOP("Acts", "&Lasso"), "lasso", ("L",),
            QT_TRANSLATE_NOOP("Tables", "Draw around an area to fill it; the right button clears the area."),
            "segstudio.gui.tools.lasso",
        ),
        ToolEntry(
            "livewire", QT_TRANSLATE_NOOP("Acts", "Livewi&re"), "livewire", ("J",),
            QT_TRANSLATE_NOOP("Tables", "Click along an edge: the line follows it. Enter closes and fills, Backspace takes a click back."),
            "segstudio.gui.tools.livewire",
        ),
        ToolEntry(
            "wand", QT_TRANSLATE_NOOP("Acts", "&Wand"), "wand", ("W",),
            QT_TRANSLATE_NOOP("Tables", "Press on an area and drag right for more or left for less: marks what looks like the pixel."),
            "segstudio.gui.tools.wand", "point",
        ),
        ToolEntry(
            "fill", QT_TRANSLATE_NOOP("Acts", "&Fill"), "fill", ("K",),
            QT_TRANSLATE_NOOP("Tables", "Click a connected area of one label to give it the class."),
            "segstudio.gui.tools.fill", "point",
        ),
        ToolEntry(
            "box", QT_TRANSLATE_NOOP("Acts", "Bo&x"), "box", ("R",),
            QT_TRANSLATE_NOOP("Tables", "Drag around one object; click a box to select, move or resize it, Del deletes it."),
            "segstudio.gui.tools.box", shapes=True,
        ),
        ToolEntry(
            "grabcut", QT_TRANSLATE_NOOP("Acts", "&GrabCut"), "grabcut", ("X",),
            QT_TRANSLATE_NOOP("Tables", "Drag a box around one object: it is cut out of its background and gets the class."),
            "segstudio.gui.tools.grabcut",
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
            "contrast", QT_TRANSLATE_NOOP("Acts", "Co&ntrast"), "contrast", ("N",),
            QT_TRANSLATE_NOOP("Tables", "Drag right for more contrast, up for a brighter image; a double click sets it back. The data stay as they are."),
            "segstudio.gui.tools.contrast", "move",
        ),
        ToolEntry(
            "pan", QT_TRANSLATE_NOOP("Acts", "&Pan"), "pan", ("H",),
            QT_TRANSLATE_NOOP("Tables", "Drag to move the image; with any tool, hold Space or the middle button."),
            "segstudio.gui.tools.pan", "hand",
        ),
    ],
    group="segstudio.tools",
)  # fmt: skip
