"""What to do next, in one line: for whoever is here on the first day."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from segstudio.app.workbench import Workbench
from segstudio.core.annotation import SampleState
from segstudio.core.labels import LabelMap, Provenance
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, Translated, tr

_PAUSE_MS = 150
_CONTEXT = "NextStep"
_LOOKED_THROUGH = 1 << 24
"""Pixels up to which an image is looked through for what to say: it takes no longer than a glance."""
_MACHINE = ("Propagate", "Predict", "Pre-label", "Clean")
"""How the names of edits begin that a machine made."""

ADD = QT_TRANSLATE_NOOP("NextStep", "Next: add images ({0}), or drop them into the window.")
STROKES = QT_TRANSLATE_NOOP("NextStep", "Next: draw a stroke in each class, background too; then propagate ({0}).")
PREDICT = QT_TRANSLATE_NOOP("NextStep", "Next: let the network label this image ({0}), or draw strokes.")
SPREAD = QT_TRANSLATE_NOOP("NextStep", "Next: once each class has a stroke, propagate ({0}).")
FILL = QT_TRANSLATE_NOOP("NextStep", "Next: turn the boxes into masks ({0}).")
CORRECT = QT_TRANSLATE_NOOP("NextStep", "Next: correct what is wrong, then mark as done ({0}).")
GO_ON = QT_TRANSLATE_NOOP("NextStep", "Done. Next: another image ({0}); with a few done, train a network ({1}).")
_MENU = QT_TRANSLATE_NOOP("NextStep", "Menu")
"""In the place of a key, of an act that has none."""
JUDGE = QT_TRANSLATE_NOOP("NextStep", "Next: accept ({0}) or reject ({1}) this image.")
STEPS = {
    ADD: ("project.add",),
    STROKES: ("propagate.scribbles",),
    PREDICT: ("model.predict",),
    SPREAD: ("propagate.scribbles",),
    FILL: ("propagate.boxes",),
    CORRECT: ("sample.done",),
    GO_ON: ("sample.next", "model.train"),
    JUDGE: ("sample.accept", "sample.reject"),
}
"""Each advice with the acts whose keys stand in it."""


def next_step(workbench: Workbench, *, reviewing: bool) -> str:
    """Which advice of :data:`STEPS` fits; none where the window says it in other words."""
    document = workbench.document
    if document is None:
        return ""
    sample = document.sample
    if sample is None:
        return ADD
    if document.image is None:
        return ""
    if reviewing:
        return JUDGE
    if document.project.sample(sample.id).state in (SampleState.DONE, SampleState.REVIEWED):
        return GO_ON
    return _in_work(workbench, sample.id)


def _in_work(workbench: Workbench, sample_id: int) -> str:
    document = workbench.document
    assert document is not None  # there is a sample
    last = document.history.next_undo
    edited = last is not None and last.name != "Clear labels" and getattr(last, "sample_id", None) == sample_id
    if last is not None and edited and last.name.startswith(_MACHINE):
        return CORRECT
    if document.annotation.boxes:
        return FILL
    if edited:
        return SPREAD
    if not document.labels.blank:
        return SPREAD if _strokes_alone(document.labels) else CORRECT
    return PREDICT if workbench.training.newest_checkpoint() is not None else STROKES


def _strokes_alone(labels: LabelMap) -> bool:
    """Whether a person began and nothing else said anything yet; not looked for in very large images."""
    if labels.region.area > _LOOKED_THROUGH:
        return False
    open_ones, own = (np.count_nonzero(labels.provenance == kind) for kind in (Provenance.NONE, Provenance.HUMAN))
    return bool(open_ones) and bool(open_ones + own == labels.region.area)


class Advice(Translated, QLabel):
    """The line in the status bar. *key* tells the keys of an act, *reviewing* whether images are judged now."""

    def __init__(
        self, workbench: Workbench, key: Callable[[str], str], reviewing: Callable[[], bool], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._workbench, self._key, self._reviewing = workbench, key, reviewing
        self.setProperty("role", "muted")
        self.setIndent(8)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a narrow window stays narrow
        self._gives_way = False
        self._soon = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._soon.timeout.connect(self.retranslate)

    def retranslate(self) -> None:
        step = "" if self._gives_way else next_step(self._workbench, reviewing=self._reviewing())
        keys = [self._key(act) or tr(_MENU, _CONTEXT) for act in STEPS.get(step, ())]
        self.setText(tr(step, _CONTEXT).format(*keys) if step else "")
        self.setToolTip(self.text())

    def give_way(self, message: str) -> None:
        """Say nothing while the status bar shows *message*: Qt hides the line then, and shows it again too early."""
        self._gives_way = bool(message)
        self.retranslate()

    def follow(self) -> None:
        """Something happened: say anew what comes next, once it is over."""
        self._soon.start()
