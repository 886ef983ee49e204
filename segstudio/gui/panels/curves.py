"""The curves of training runs, by pyqtgraph. Importing this loads what is not loaded of it: see Readiness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QWidget

from segstudio.gui import theme
from segstudio.gui.i18n import Translated
from segstudio.gui.plotting import LIBRARY

pg = LIBRARY.whole()

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps and values."""

MAX_POINTS = 2000
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800", "#8c564b")
"""Okabe and Ito's palette, which people with any kind of colour vision can tell apart."""


class Curves(Translated, QWidget):
    """Two plots side by side: the loss, and how well the classes are found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss, self.score = pg.PlotWidget(self, enableMenu=False), pg.PlotWidget(self, enableMenu=False)
        self.score.setYRange(0, 1)
        self._lines: dict[tuple[str, str], Any] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for plot in (self.loss, self.score):
            plot.addLegend(offset=(-8, 8) if plot is self.loss else (-8, -8))
            plot.showGrid(x=True, y=True, alpha=0.25)
            plot.hideButtons()
            plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            for side in ("left", "bottom"):  # numbers along an axis take longer to paint than the curves
                plot.getAxis(side).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
            row.addWidget(plot)
        theme.on_change().changed.connect(self._dress)
        self._dress()
        self.retranslate()

    def retranslate(self) -> None:
        for plot, title, name in (
            (self.loss, self.tr("Loss"), self.tr("Curve of the loss")),
            (self.score, self.tr("IoU"), self.tr("Curves of mIoU and of the classes")),
        ):
            plot.setLabel("left", title)
            plot.setLabel("bottom", self.tr("Step"))
            plot.setAccessibleName(name)

    def _dress(self) -> None:
        worn = theme.current()
        for plot in (self.loss, self.score):
            plot.setBackground(worn.base)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(worn.border_strong)
                axis.setTextPen(worn.text)
            legend = plot.getPlotItem().legend
            legend.setLabelTextColor(worn.text)
            for _, label in legend.items:
                label.setText(label.text, color=worn.text)

    def clear(self) -> None:
        """Take every curve away."""
        for plot in (self.loss, self.score):
            plot.clear()
            plot.getPlotItem().legend.clear()
        self._lines.clear()

    def draw(
        self,
        kind: str,
        name: str,
        curve: Curve,
        color: str | QColor,
        *,
        dashed: bool = False,
        wide: bool = False,
        listed: bool = True,
    ) -> None:
        """Draw (or redraw) a curve called *name* in plot *kind* (``"loss"``, ``"score"``); *listed*: in its legend."""
        steps, values = thinned(curve)
        key = kind, name
        if key not in self._lines:
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            pen = pg.mkPen(color, width=2.5 if wide else 1.2, style=style)
            plot = self.loss if kind == "loss" else self.score
            mark = "o" if kind == "score" else None  # a single validation is a point, and a line needs two
            dots = {"symbol": mark, "symbolSize": 6 if wide else 3, "symbolBrush": color, "symbolPen": None}
            self._lines[key] = plot.plot(name=name if listed else None, pen=pen, **dots)
            self._lines[key].setZValue(1 if wide else 0)
            self._dress()
        self._lines[key].setData(steps, values)

    def names(self, kind: str) -> list[str]:
        """The curves that a plot shows."""
        return [name for plot, name in self._lines if plot == kind]

    def values(self, kind: str, name: str) -> Curve:
        """What a curve shows."""
        steps, values = self._lines[kind, name].getData()
        return np.asarray(steps), np.asarray(values)


SLICES: tuple[Callable[[], object], ...] = (
    lambda: pg.AxisItem("left"),
    lambda: pg.PlotItem(enableMenu=False),
    lambda: pg.PlotWidget(enableMenu=False).deleteLater(),
)
"""Build what the first curves need, a part at a time: the first of each is several times slower than the next."""


def thinned(curve: Curve) -> Curve:
    """*curve* without its gaps, with at most :data:`MAX_POINTS` points: means of equal stretches of steps."""
    steps, values = (np.asarray(part, np.float64) for part in curve)
    there = np.isfinite(values)
    steps, values = steps[there], values[there]
    size = -(-steps.size // MAX_POINTS)
    if size <= 1:
        return steps, values
    starts = np.arange(0, steps.size, size)
    counts = np.diff([*starts, steps.size])
    return steps[starts], np.add.reduceat(values, starts) / counts


def class_colors(names: Sequence[str], known: Mapping[str, tuple[int, int, int]]) -> list[QColor]:
    """The project's colour for each class name; black and white, which vanish on one of the themes, become grey."""
    colors = []
    for name in names:
        color = QColor(*known.get(name, (128, 128, 128)))
        colors.append(QColor(128, 128, 128) if color.lightness() < 30 or color.lightness() > 235 else color)
    return colors
