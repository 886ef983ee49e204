"""Icons: line drawings in ``resources/icons``, tinted to the theme when they are painted."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from segstudio.core.errors import OptionError
from segstudio.core.resources import resource
from segstudio.gui import theme


@cache
def names() -> tuple[str, ...]:
    """The icons that there are."""
    return tuple(sorted(path.stem for path in resource("icons").glob("*.svg")))


@cache
def icon(name: str, role: str = "icon") -> QIcon:
    """The icon called *name*, in the theme's colour *role*; it follows the theme by itself.

    Raises :class:`~segstudio.core.errors.OptionError` where there is none of this name.
    """
    if not resource("icons", f"{name}.svg").is_file():
        raise OptionError(f"there is no icon called {name!r}")
    return QIcon(_Engine(name, role))


def pixmap(name: str, size: int, *, role: str = "icon", ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of *size* logical pixels in the theme's colour *role*, for what paints itself."""
    picture = _drawn(name, theme.color(role).name(), round(size * ratio))
    picture.setDevicePixelRatio(ratio)
    return picture


def swatch(color: QColor) -> QIcon:
    """A rounded square of *color* with a rim, so that black shows on black too."""
    return QIcon(_Swatch(color))


class _Swatch(QIconEngine):
    """Drawn at the size and the resolution asked for."""

    def __init__(self, color: QColor) -> None:
        super().__init__()
        self._color = color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("border_strong"))
        painter.setBrush(self._color)
        painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 3, 3)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _Swatch(self._color)


class _Engine(QIconEngine):
    """Draws an icon at the size and in the colour asked for; nothing is drawn before it is seen."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF()
        size = QSize(round(rect.width() * ratio), round(rect.height() * ratio))
        painter.drawPixmap(rect, self.pixmap(size, mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        role = "disabled" if mode is QIcon.Mode.Disabled else self._role
        return _drawn(self._name, theme.color(role).name(), min(size.width(), size.height()))

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role)


def _drawn(name: str, colour: str, side: int) -> QPixmap:
    key = f"segstudio/{name}/{colour}/{side}"
    picture = QPixmap(max(1, side), max(1, side))
    if QPixmapCache.find(key, picture):
        return picture
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, colour).render(painter, QRectF(QPoint(0, 0), picture.size()))
    painter.end()
    QPixmapCache.insert(key, picture)
    return picture


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    return QSvgRenderer(QByteArray(drawing.encode()))
