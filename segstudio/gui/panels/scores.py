"""How well each class is found: bars of IoU, and the confusion of one class with another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from segstudio.gui import theme
from segstudio.gui.i18n import Translated

_ROW = 24


class IouBars(Translated, QWidget):
    """One bar a class, 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, float, QColor]] = []
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("IoU of each class"))
        self.setToolTip(self.tr("Shared area over joint area, for each class; 1 is perfect"))

    def show_scores(self, names: Sequence[str], scores: Sequence[float], colors: Sequence[QColor]) -> None:
        """Show the IoU of each class; nan where it was not there."""
        self._rows = list(zip(names, scores, colors, strict=True))
        self.setMinimumHeight(_ROW * len(self._rows) + 8)
        self.setAccessibleDescription(", ".join(f"{name} {_text(score)}" for name, score, _ in self._rows))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _ROW * max(4, len(self._rows)) + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        names = min(max((metrics.horizontalAdvance(n) for n, _, _ in self._rows), default=0) + 2, self.width() // 2)
        numbers = metrics.horizontalAdvance("0.00") + 8
        left, right = names + 16, self.width() - numbers - 8
        for row, (name, score, color) in enumerate(self._rows):
            line = QRect(4, 4 + row * _ROW, self.width() - 8, _ROW)
            painter.setPen(theme.color("text"))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, names)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, _text(score))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("pressed"))
            groove = QRectF(left, line.top() + 7, max(0, right - left), _ROW - 14)
            painter.drawRoundedRect(groove, 3, 3)
            if math.isfinite(score):
                painter.setBrush(color)
                groove.setWidth(max(2.0, groove.width() * min(1.0, score)))
                painter.drawRoundedRect(groove, 3, 3)


def _text(score: float) -> str:
    return f"{score:.2f}" if math.isfinite(score) else "–"


class ConfusionView(Translated, QWidget):
    """The confusion matrix: rows what it is, columns what was predicted, each row as shares of its class."""

    def __init__(self) -> None:
        super().__init__()
        self._shares: NDArray[np.float64] = np.zeros((0, 0))
        self._names: tuple[str, ...] = ()
        self.setMinimumHeight(120)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.update()

    def show_matrix(self, matrix: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show counts ``(K, K)``, rows true, columns predicted."""
        totals = matrix.sum(axis=1, keepdims=True)
        self._shares = matrix / np.maximum(totals, 1)
        self._names = tuple(names)
        self.update()

    def _grid(self) -> QRect:
        margin = self.fontMetrics().height() + 6
        side = max(0, min(self.width() - margin, self.height() - margin) - 4)
        return QRect(margin, margin, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        grid, count = self._grid(), len(self._names)
        painter.setPen(theme.color("muted"))
        height = self.fontMetrics().height()
        painter.drawText(grid.left(), height - 2, self.tr("predicted →"))
        painter.save()
        painter.translate(height - 2, grid.bottom())
        painter.rotate(-90)
        painter.drawText(QPoint(0, 0), self.tr("← true"))
        painter.restore()
        for row in range(count):
            for column in range(count):
                self._paint_cell(painter, grid, row, column)

    def _paint_cell(self, painter: QPainter, grid: QRect, row: int, column: int) -> None:
        count = len(self._names)
        cell = QRectF(
            grid.left() + grid.width() * column / count,
            grid.top() + grid.height() * row / count,
            grid.width() / count - 1,
            grid.height() / count - 1,
        )
        share = float(self._shares[row, column])
        shade = theme.color("good" if row == column else "bad")
        shade.setAlphaF(0.06 + 0.94 * share)
        painter.fillRect(cell, shade)
        if cell.width() > 30:
            painter.setPen(theme.color("text" if share < 0.55 else "base"))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, f"{share:.0%}")

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe_cell(event.pos()), self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def describe_cell(self, at: QPoint) -> str:
        """In words what the cell at *at* says."""
        grid, count = self._grid(), len(self._names)
        if not count or not grid.contains(at):
            return ""
        row = min(count - 1, (at.y() - grid.top()) * count // max(1, grid.height()))
        column = min(count - 1, (at.x() - grid.left()) * count // max(1, grid.width()))
        text = self.tr("{share:.1%} of {true} is predicted as {predicted}")
        return text.format(share=self._shares[row, column], true=self._names[row], predicted=self._names[column])


class PreviewView(Translated, QWidget):
    """A validation image: as it is, with its labels, and with what the network makes of it now."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures: list[QPixmap] = []
        self.setMinimumHeight(100)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Validation image"))
        self._titles = (self.tr("Image"), self.tr("Labelled"), self.tr("Predicted"))
        self.update()

    def show_preview(
        self,
        image: NDArray[np.generic],
        target: NDArray[np.uint16],
        prediction: NDArray[np.uint16],
        palette: NDArray[np.uint8],
    ) -> None:
        """Show *image* ``(H, W[, C])``, then *target* and *prediction* ``(H, W)`` on it; *palette* is ``(256, 3)``."""
        self._pictures = overlays(image, (None, target, prediction), palette)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        height = self.fontMetrics().height() + 4
        for place, picture in enumerate(self._pictures):
            width = self.width() // len(self._pictures)
            area = QRect(place * width, 0, width - 6, self.height())
            painter.setPen(theme.color("muted"))
            painter.drawText(area.left() + 2, height - 6, self._titles[place])
            room = area.adjusted(0, height, 0, 0).size()
            size = picture.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
            painter.drawPixmap(QRect(QPoint(area.left(), height), size), picture)


def overlays(
    image: NDArray[np.generic],
    labels: Sequence[NDArray[np.uint16] | None],
    palette: NDArray[np.uint8],
    pixel: tuple[float, float] = (1.0, 1.0),
) -> list[QPixmap]:
    """*image* ``(H, W[, C])`` under each of *labels* ``(H, W)``, class ids; 255 or ``None`` is the image alone. *pixel*
    is the height and width of a pixel in proportion: the side of shorter ones is reduced."""
    shown = _shown(image)
    nothing = np.full(shown.shape[:2], 255, np.uint16)
    pictures = [_overlaid(shown, nothing if one is None else one, palette) for one in labels]
    height, width = (max(1, round(side * part / max(pixel))) for side, part in zip(shown.shape[:2], pixel, strict=True))
    if (height, width) == shown.shape[:2]:
        return pictures
    stretch, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    return [picture.scaled(width, height, stretch, smooth) for picture in pictures]


def _shown(image: NDArray[np.generic]) -> NDArray[np.float64]:
    """*image* as ``(H, W, 3)`` in 0..255, stretched to its own range."""
    values = np.asarray(image, np.float64)
    values = values[..., None] if values.ndim == 2 else values
    low, high = float(values.min()), float(values.max())
    stretched = (values - low) * (255 / max(high - low, 1e-9))
    return stretched[..., [0, 1, 2]] if stretched.shape[2] >= 3 else np.repeat(stretched[..., :1], 3, axis=2)


def _overlaid(image: NDArray[np.float64], labels: NDArray[np.uint16], palette: NDArray[np.uint8]) -> QPixmap:
    known = (labels < 255)[..., None]
    colours = palette[np.minimum(labels, 255)]
    mixed = np.where(known, 0.5 * image + 0.5 * colours, image)
    pixels = np.ascontiguousarray(mixed.astype(np.uint8))
    height, width = pixels.shape[:2]
    return QPixmap.fromImage(QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy())
