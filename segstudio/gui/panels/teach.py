"""Teach mode: its switch, what it does now in words, in which order it asks, and how the rounds got better."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from segstudio.app.document import Document
from segstudio.app.teach import FEWEST, Phase
from segstudio.app.teach_rounds import Round
from segstudio.app.workbench import Workbench
from segstudio.gui import icons, theme
from segstudio.gui.canvas import Canvas
from segstudio.gui.fields import describe
from segstudio.gui.i18n import Translated, tr
from segstudio.gui.panels.base import Link, Panel, scrolling_column
from segstudio.learning.active import STRATEGIES
from segstudio.learning.networks.table import NETWORKS

_PLOT_HEIGHT = 110
_PAUSE_MS = 100


class TeachPanel(Panel):
    """Shows the workbench's teaching; the switch and the button ask for the acts of the same names."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.switch = QPushButton()
        self.switch.setCheckable(True)
        self.switch.setIcon(icons.icon("teach"))
        self.switch.clicked.connect(lambda: workbench.teach.toggle())
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.recipe, self.change = QLabel(), QPushButton()
        self.recipe.setWordWrap(True)
        self.recipe.setProperty("role", "muted")
        self.change.clicked.connect(self._change_recipe)
        self.order_label, self.order, self.why = QLabel(), QComboBox(), QLabel()
        self.order_label.setBuddy(self.order)
        self.why.setWordWrap(True)
        self.why.setProperty("role", "muted")
        for name in STRATEGIES:
            self.order.addItem("", name)
        self.order.activated.connect(lambda: workbench.teach.set_strategy(str(self.order.currentData())))
        self.accept = QPushButton(icons.icon("accept", "good"), "")
        self.accept.clicked.connect(workbench.teach.accept)
        self.plot = RoundsPlot()
        self._arrange()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self.refresh)
        workbench.teach.changed.connect(self._refresh_soon)
        self.start()

    def _arrange(self) -> None:
        column = scrolling_column(self)
        column.setSpacing(6)
        column.addWidget(self.switch)
        column.addWidget(self.state)
        column.addWidget(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.order_label)
        row.addWidget(self.order, 1)
        column.addLayout(row)
        column.addWidget(self.why)
        row = QHBoxLayout()
        row.addWidget(self.recipe, 1)
        row.addWidget(self.change)
        column.addLayout(row)
        column.addWidget(self.plot)
        column.addStretch()

    def retranslate(self) -> None:
        describe(
            self.switch,
            self.tr("Teach mode"),
            self.tr("Learn in the background from the images that are accepted, and label the others ahead"),
        )
        self.change.setText(self.tr("Change…"))
        describe(self.change, self.tr("Change network and recipe"))
        self.order_label.setText(self.tr("&Ask first"))
        describe(self.order, self.tr("Which image to ask for first"))
        for place, way in enumerate(STRATEGIES.values()):
            self.order.setItemText(place, tr(way.title))
        self.accept.setText(self.tr("Accept and go on"))
        describe(
            self.accept,
            self.tr("Accept and go on"),
            self.tr("The labels are right: learn from them, open the next image"),
        )
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self._refresh_soon), (document.sample_updated, self._refresh_soon)]

    def _refresh_soon(self, *_: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        teach = self.workbench.teach
        self.switch.setChecked(teach.on)
        self.switch.setText(self.tr("Stop teaching") if teach.on else self.tr("Start teaching"))
        self.state.setText(self.sentence())
        self.order.setCurrentIndex(max(0, self.order.findData(teach.strategy)))
        self.why.setText(tr(STRATEGIES[teach.strategy].pick))
        self.recipe.setText(self._recipe())
        self.accept.setEnabled(self.document is not None and self.document.image is not None)
        self.plot.show_rounds(teach.rounds)

    def sentence(self) -> str:
        """In words what Teach mode does now."""
        teach = self.workbench.teach
        if not teach.on:
            return self.tr("Off. It learns from the images that you accept and labels the others ahead of you.")
        if teach.phase is Phase.WAITING:
            if teach.accepted < FEWEST:
                text = self.tr("Waiting: {accepted} of {needed} images accepted. Label one and accept it.")
                return text.format(accepted=teach.accepted, needed=FEWEST)
            return self.tr("Waiting: the accepted images show one class only. Label another class too.")
        parts = [self._doing()]
        if teach.pre_labelled:
            parts.append(self.tr("{count} images pre-labelled").format(count=teach.pre_labelled))
        upcoming = teach.upcoming
        if upcoming is not None:
            text = self.tr("next: {name}").format(name=upcoming.name)
            if upcoming.uncertainty is not None:
                text += ", " + self.tr("uncertainty {value:.2f}").format(value=upcoming.uncertainty)
            parts.append(text)
        if not teach.worth_showing:
            parts.append(self.tr("images open without pre-labels until these are worth correcting"))
        elif teach.held_back:
            parts.append(self.tr("no pre-label here: the network is too unsure of this image"))
        return "; ".join(parts) + "."

    def _doing(self) -> str:
        teach = self.workbench.teach
        number = len(teach.rounds)
        if teach.phase is Phase.TRAINING:
            text = self.tr("Training on {images} accepted images, round {number}")
            return text.format(images=teach.rounds[-1].images if teach.rounds else 0, number=number)
        if teach.phase is Phase.LOOKING:
            return self.tr("Labelling ahead, round {number}").format(number=number)
        return self.tr("Round {number} is done; more comes when you accept more").format(number=number)

    def _recipe(self) -> str:
        config = self.workbench.teach.recipe()
        name = str(config.get("network") or "unet")
        title = NETWORKS[name].title if name in NETWORKS else name
        if config.get("minutes"):
            length = self.tr("{minutes:g} min a round").format(minutes=config["minutes"])
        else:
            length = self.tr("{epochs} epochs a round").format(epochs=config["epochs"])
        return f"{title} · {config.get('loss') or 'ce+dice'} · {length}"

    def _change_recipe(self) -> None:
        from segstudio.gui.dialogs.train import ask_training

        ask_training(self.workbench, self)
        self.refresh()


class RoundsPlot(Translated, QWidget):
    """A point a round for mIoU, a bar a round for the share of pixels that people corrected."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: list[Round] = []
        self.setMinimumHeight(_PLOT_HEIGHT)
        theme.on_change().changed.connect(self.update)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Rounds of Teach mode"))
        self.setToolTip(
            self.tr("Line: mIoU on the images that came next. Bars: the share of pre-labelled pixels you changed.")
        )
        self._empty = self.tr("No round yet.")
        self._names = (self.tr("mIoU"), self.tr("corrected"))
        self.update()

    def show_rounds(self, rounds: list[Round]) -> None:
        """Show *rounds*, the last thirty at most."""
        self.rounds = list(rounds[-30:])
        self.setAccessibleDescription(", ".join(_told(one) for one in self.rounds))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _PLOT_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        if not self.rounds:
            painter.setPen(theme.color("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        left, top = metrics.horizontalAdvance("0.0") + 8, metrics.height() + 6
        area = QRectF(left, top, self.width() - left - 6, self.height() - top - metrics.height() - 4)
        self._paint_axes(painter, area, metrics)
        slot = area.width() / len(self.rounds)

        def at(place: int, value: float) -> QPointF:
            return QPointF(area.left() + (place + 0.5) * slot, area.bottom() - value * area.height())

        self._paint_bars(painter, at, min(18.0, 0.5 * slot))
        self._paint_line(painter, at)
        self._paint_numbers(painter, area, slot, metrics)

    def _paint_axes(self, painter: QPainter, area: QRectF, metrics: QFontMetrics) -> None:
        for value in (0.0, 0.5, 1.0):
            y = area.bottom() - value * area.height()
            painter.setPen(QPen(theme.color("border"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("muted"))
            painter.drawText(QPointF(2, y + metrics.ascent() / 2 - 1), f"{value:.1f}")
        x = area.left()
        for name, role in zip(self._names, ("accent", "warning"), strict=True):
            painter.setPen(theme.color(role))
            painter.drawText(QPointF(x, metrics.ascent()), f"■ {name}")
            x += metrics.horizontalAdvance(f"■ {name}") + 14

    def _paint_bars(self, painter: QPainter, at: Callable[[int, float], QPointF], width: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("warning"))
        for place, one in enumerate(self.rounds):
            if one.mean_corrected is not None:
                top, foot = at(place, one.mean_corrected), at(place, 0)
                painter.drawRect(QRectF(top.x() - width / 2, top.y(), width, max(1.0, foot.y() - top.y())))

    def _paint_line(self, painter: QPainter, at: Callable[[int, float], QPointF]) -> None:
        points = [at(place, one.miou) for place, one in enumerate(self.rounds) if one.miou is not None]
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawPolyline(points)
        painter.setBrush(theme.color("accent"))
        for point in points:
            painter.drawEllipse(point, 3, 3)

    def _paint_numbers(self, painter: QPainter, area: QRectF, slot: float, metrics: QFontMetrics) -> None:
        painter.setPen(theme.color("muted"))
        every = max(1, -(-int(metrics.horizontalAdvance("000")) // max(1, int(slot))))
        for place, one in enumerate(self.rounds):
            if place % every == 0:
                box = QRectF(area.left() + place * slot, area.bottom() + 2, slot, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(one.number))


def _told(one: Round) -> str:
    miou = "–" if one.miou is None else f"{one.miou:.2f}"
    corrected = "–" if one.mean_corrected is None else f"{one.mean_corrected:.1%}"
    return f"{one.number}: {miou}, {corrected}"
