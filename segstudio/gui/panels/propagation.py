"""How strokes and boxes become masks: methods, the weights of their cues, and what was learned from this project."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from segstudio.app.document import Document
from segstudio.app.propagation_choices import BOX_CHOICES, SCRIBBLE_CHOICES, Choice, Knob
from segstudio.app.tuning import FEWEST, TuningState
from segstudio.app.workbench import Workbench
from segstudio.core.registry import Registry
from segstudio.gui import icons
from segstudio.gui.canvas import Canvas
from segstudio.gui.fields import Slider, describe
from segstudio.gui.i18n import tr
from segstudio.gui.panels.base import Link, Panel, scrolling_column

_STEPS = 100
_PAUSE_MS = 400


class KnobRow:
    """Name, slider and value of one knob."""

    def __init__(self, knob: Knob, panel: PropagationPanel, grid: QGridLayout, row: int) -> None:
        self.knob = knob
        self._panel = panel
        self._steps = int(knob.high - knob.low) if knob.decimals == 0 and knob.high - knob.low < _STEPS else _STEPS
        self.label, self.value = QLabel(panel), QLabel(panel)
        self.slider = Slider(0, self._steps)
        self.value.setProperty("role", "muted")
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance(f"{knob.high:.{knob.decimals}f}"))
        for column, widget in enumerate((self.label, self.slider, self.value)):
            grid.addWidget(widget, row, column)
        self.slider.setValue(round(self._steps * (panel.propagation.value(knob) - knob.low) / (knob.high - knob.low)))
        self.slider.valueChanged.connect(self._turned)
        self.retranslate()

    def retranslate(self) -> None:
        self.label.setText(tr(self.knob.title))
        describe(self.slider, tr(self.knob.title), tr(self.knob.tip))
        self.label.setToolTip(tr(self.knob.tip))
        self._show()

    def _turned(self, step: int) -> None:
        knob = self.knob
        value = round(knob.low + (knob.high - knob.low) * step / self._steps, knob.decimals)
        near = abs(value - knob.default) <= 0.5 * (knob.high - knob.low) / self._steps
        self._panel.turn(knob, knob.default if near else value)
        self._show()

    def _show(self) -> None:
        self.value.setText(f"{self._panel.propagation.value(self.knob):.{self.knob.decimals}f}")


class PropagationPanel(Panel):
    """Chooses for the workbench's propagation; its buttons do what the acts of the same names do."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.canvas = canvas
        self.propagation = workbench.propagation
        self.scribbles_label, self.scribbles, self.scribbles_pick = _chooser(SCRIBBLE_CHOICES)
        self.boxes_label, self.boxes, self.boxes_pick = _chooser(BOX_CHOICES)
        self.scribbles.activated.connect(self._choose_scribbles)
        self.boxes.activated.connect(self._choose_boxes)
        self.run_scribbles = QPushButton(icons.icon("propagate"), "")
        self.run_scribbles.clicked.connect(lambda: self.propagation.scribbles())
        self.run_boxes = QPushButton(icons.icon("boxes"), "")
        self.run_boxes.clicked.connect(lambda: self.propagation.boxes())
        self.reset = QPushButton(icons.icon("reset"), "")
        self.reset.clicked.connect(self._reset)
        self.result = QLabel()
        self.result.setWordWrap(True)
        self.doubt = QCheckBox()
        self.doubt.toggled.connect(lambda on: canvas.set_layer_visible("confidence", on))
        self.others = QLabel()
        self.others.setWordWrap(True)
        self.others.setProperty("role", "muted")
        self.tuning = TuningBox(workbench)
        self.knobs: list[KnobRow] = []
        self._knobs = QWidget()
        self._arrange()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self._again)
        self._last: tuple[str, float] | None = None
        self.propagation.finished.connect(self._finished)
        self.propagation.changed.connect(self._show_others)
        self.workbench.others.changed.connect(self._show_others)
        canvas.layers_changed.connect(self._follow_layers)
        self.start()

    def _arrange(self) -> None:
        column = scrolling_column(self)
        column.setSpacing(6)
        row = QHBoxLayout()
        for button in (self.run_scribbles, self.run_boxes):
            row.addWidget(button, 1)
        column.addLayout(row)
        column.addWidget(self.result)
        for label, chooser, pick in (
            (self.scribbles_label, self.scribbles, self.scribbles_pick),
            (self.boxes_label, self.boxes, self.boxes_pick),
        ):
            row = QHBoxLayout()
            row.addWidget(label)
            row.addWidget(chooser, 1)
            column.addLayout(row)
            column.addWidget(pick)
            if chooser is self.scribbles:
                column.addWidget(self._knobs)
                column.addWidget(self.others)
        row = QHBoxLayout()
        row.addWidget(self.doubt, 1)
        row.addWidget(self.reset)
        column.addLayout(row)
        column.addWidget(self.tuning)
        column.addStretch()
        self._show_knobs()

    def _show_knobs(self) -> None:
        """The knobs of the method at hand."""
        old, self._knobs = self._knobs, QWidget()
        grid = QGridLayout(self._knobs)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        chosen = SCRIBBLE_CHOICES[self.propagation.method]
        self.knobs = [KnobRow(knob, self, grid, row) for row, knob in enumerate(chosen.knobs)]
        around = old.parentWidget()
        layout = around.layout() if around is not None else None
        if layout is not None:
            layout.replaceWidget(old, self._knobs)
        old.hide()
        old.deleteLater()
        self._knobs.setVisible(bool(self.knobs))

    def retranslate(self) -> None:
        self.scribbles_label.setText(self.tr("&Strokes"))
        describe(self.scribbles, self.tr("Way from strokes to masks"))
        self.boxes_label.setText(self.tr("&Boxes"))
        describe(self.boxes, self.tr("Way from boxes to masks"))
        for chooser, table in ((self.scribbles, SCRIBBLE_CHOICES), (self.boxes, BOX_CHOICES)):
            for place, choice in enumerate(table.values()):
                chooser.setItemText(place, tr(choice.title))
        for knob in self.knobs:
            knob.retranslate()
        self.run_scribbles.setText(self.tr("Propagate strokes"))
        describe(self.run_scribbles, self.run_scribbles.text(), self.tr("Spread the strokes over the image (P)"))
        self.run_boxes.setText(self.tr("Fill boxes"))
        describe(self.run_boxes, self.run_boxes.text(), self.tr("Turn the boxes into masks (Shift+P)"))
        self.reset.setText(self.tr("Reset"))
        describe(self.reset, self.tr("Reset"), self.tr("Methods and weights as they are at first"))
        self.doubt.setText(self.tr("Show doubt"))
        describe(self.doubt, self.doubt.text(), self.tr("Tint what the last result is unsure of"))
        self.tuning.refresh()
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self._forget_result)]

    def refresh(self) -> None:
        method, box_method = self.propagation.method, self.propagation.box_method
        self.scribbles.setCurrentIndex(self.scribbles.findData(method))
        self.boxes.setCurrentIndex(self.boxes.findData(box_method))
        self.scribbles_pick.setText(tr(SCRIBBLE_CHOICES[method].pick))
        self.boxes_pick.setText(tr(BOX_CHOICES[box_method].pick))
        if self._last is None:
            self.result.setText("")
        else:
            name, sure = self._last
            title = tr(next((t[name].title for t in (SCRIBBLE_CHOICES, BOX_CHOICES) if name in t), name))
            self.result.setText(self.tr("Last result: {method}, {sure} sure").format(method=title, sure=f"{sure:.0%}"))
        self.result.setVisible(self._last is not None)
        self._show_others()
        self._follow_layers()

    def _show_others(self) -> None:
        """Whether the other images of the project are listened to."""
        others = self.workbench.others
        if others.experience is not None:
            said = self.tr("The strokes and masks of {count} other images count too.").format(count=others.images)
        else:
            said = self.tr("Learning from the other images…") if others.running else ""
        self.others.setText(said)
        self.others.setVisible(others.wanted and bool(said))

    def turn(self, knob: Knob, value: float) -> None:
        """Set a knob, and see what becomes of it where propagation is live."""
        self.propagation.turn(knob, value)
        self._soon.start()

    def _choose_scribbles(self, _: int) -> None:
        self.propagation.method = str(self.scribbles.currentData())
        self._show_knobs()
        self.refresh()
        self._soon.start()

    def _choose_boxes(self, _: int) -> None:
        self.propagation.box_method = str(self.boxes.currentData())
        self.refresh()

    def _reset(self) -> None:
        self.propagation.reset()
        self._show_knobs()
        self.refresh()
        self._soon.start()

    def _again(self) -> None:
        """Where propagation is live, show what the change makes of the strokes."""
        document = self.document
        if document is None or document.image is None or not self.workbench.settings.live_propagation:
            return
        if not document.history.recording:
            self.propagation.scribbles(live=True)

    def _finished(self, method: str, sure: float) -> None:
        self._last = (method, sure)
        self.refresh()

    def _forget_result(self) -> None:
        self._last = None
        self.refresh()

    def _follow_layers(self) -> None:
        self.doubt.blockSignals(True)
        self.doubt.setChecked(self.canvas.layer_visible("confidence"))
        self.doubt.blockSignals(False)


class TuningBox(QWidget):
    """What self-tuning is doing, what it gains, and the choice to use it."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._tuning = workbench.tuning
        self.title, self.state = QLabel(), QLabel()
        self.title.setProperty("role", "heading")
        self.state.setWordWrap(True)
        self.start_button, self.adopt, self.refuse, self.forget = (QPushButton() for _ in range(4))
        for button, call in self._calls():
            button.clicked.connect(lambda _=False, call=call: call())
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 6, 0, 0)
        grid.addWidget(self.title, 0, 0, 1, 2)
        grid.addWidget(self.state, 1, 0, 1, 2)
        for place, (button, _) in enumerate(self._calls()):
            grid.addWidget(button, 2 + place // 2, place % 2)
        self._tuning.changed.connect(self.refresh)
        workbench.document_changed.connect(self.refresh)
        self.refresh()

    def _calls(self) -> list[tuple[QPushButton, Callable[[], None]]]:
        tuning = self._tuning
        return [
            (self.adopt, tuning.adopt),
            (self.refuse, tuning.refuse),
            (self.start_button, tuning.start),
            (self.forget, tuning.forget),
        ]

    def refresh(self) -> None:
        tuning = self._tuning
        self.title.setText(self.tr("Tuned to this project"))
        self.state.setText(self.sentence())
        offered = tuning.state is TuningState.OFFERED
        self.adopt.setText(self.tr("Use it"))
        describe(self.adopt, self.adopt.text(), self.tr("Propagate with what was learned from now on"))
        self.refuse.setText(self.tr("Not now"))
        describe(self.refuse, self.refuse.text(), self.tr("Go on as before"))
        self.start_button.setText(self.tr("Tune now"))
        describe(self.start_button, self.start_button.text(), self.tr("Learn from the accepted images"))
        self.forget.setText(self.tr("Go back"))
        describe(self.forget, self.forget.text(), self.tr("Propagate as the program came"))
        self.adopt.setVisible(offered)
        self.refuse.setVisible(offered)
        self.start_button.setVisible(not offered and tuning.state is not TuningState.RUNNING)
        self.start_button.setEnabled(tuning.accepted >= FEWEST)
        self.forget.setVisible(not offered and tuning.model_file is not None)

    def sentence(self) -> str:
        """In words what self-tuning does now."""
        tuning = self._tuning
        if tuning.state is TuningState.RUNNING:
            return self.tr("Learning from the accepted images…")
        if tuning.state is TuningState.OFFERED and tuning.offer is not None:
            offer = tuning.offer
            return self.tr(
                "On {count} accepted images, those held out: {before} before, {after} tuned (mean IoU)."
            ).format(count=offer.samples, before=f"{offer.before:.1%}", after=f"{offer.after:.1%}")
        if tuning.state is TuningState.NO_GAIN:
            return self.tr("Tuning would gain nothing on the accepted images.")
        if tuning.model_file is not None:
            return self.tr("Strokes are propagated with what was learned from this project.")
        return self.tr("Learns from images that you drew strokes on and accepted; {fewest} are needed.").format(
            fewest=FEWEST
        )


def _chooser(table: Registry[Choice]) -> tuple[QLabel, QComboBox, QLabel]:
    label, chooser, pick = QLabel(), QComboBox(), QLabel()
    label.setBuddy(chooser)
    pick.setWordWrap(True)
    pick.setProperty("role", "muted")
    for name in table:
        chooser.addItem("", name)
    return label, chooser, pick
