"""Predicting: with which network, which images, and how carefully; the plain default first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segstudio.app.workbench import Workbench
from segstudio.core.annotation import SampleState
from segstudio.core.errors import OptionError
from segstudio.gui import icons
from segstudio.gui.dialogs.base import Dialog
from segstudio.gui.fields import describe
from segstudio.gui.forms import OptionForm, options_of
from segstudio.gui.i18n import plain
from segstudio.gui.messages import sentence
from segstudio.learning.predict_config import PredictOptions

SCALES: tuple[tuple[float, ...], ...] = ((1.0,), (0.75, 1.0, 1.25), (0.5, 1.0, 1.5))
MORE = ("tile", "overlap", "backend", "precision", "device")


@dataclass(frozen=True)
class Asked:
    """Which images a person wants predicted: ``None`` is the one at hand."""

    samples: Sequence[int] | None


def ask_prediction(
    workbench: Workbench, selected: Sequence[int], parent: QWidget | None, change: Callable[[str], object]
) -> Asked | None:
    """Ask how to predict; the options are kept in the settings. *change* triggers an act that changes the model."""
    dialog = PredictDialog(workbench, selected, change, parent)
    if not dialog.exec():
        return None
    workbench.settings.prediction = dialog.options()
    return dialog.answer()


class PredictDialog(Dialog):
    """Network, images and options."""

    def __init__(
        self,
        workbench: Workbench,
        selected: Sequence[int],
        change: Callable[[str], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._prediction = workbench.prediction
        self._change = change
        self._samples = _choices(workbench, selected)
        last = self._prediction.options()
        self.model, self._model_label = QLabel(), QLabel()
        self.load, self.pretrained, self.classes = QPushButton(), QPushButton(), QPushButton()
        self._images_label, self._options_label, self._scales_label = QLabel(), QLabel(), QLabel()
        self.images = {name: QRadioButton() for name in ("this", "selected", "unlabelled", "all")}
        self.tta, self.crf, self.clean = QCheckBox(), QCheckBox(), QCheckBox()
        self.scales = QComboBox()
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.form = OptionForm(options_of(PredictOptions, MORE), last.model_dump())
        for box, value in ((self.tta, last.tta), (self.crf, last.crf), (self.clean, last.clean)):
            box.setChecked(value)
        self._arrange(last)
        self.start()
        self.more.toggled.connect(self._unfold)
        self.form.changed.connect(self._check)
        for button, act in (
            (self.load, "model.load"),
            (self.pretrained, "model.pretrained"),
            (self.classes, "model.classes"),
        ):
            button.clicked.connect(lambda _=False, act=act: self._change(act))
        self._prediction.models.changed.connect(self._show_model)
        self.finished.connect(lambda _: self._prediction.models.changed.disconnect(self._show_model))
        self._check()

    def _arrange(self, last: PredictOptions) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(14)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.model.setWordWrap(True)
        model, buttons, images, options = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(), QVBoxLayout()
        for push in (self.load, self.pretrained, self.classes):
            buttons.addWidget(push)
        buttons.addStretch()
        model.addWidget(self.model)
        model.addLayout(buttons)
        group = QButtonGroup(self)
        for name, button in self.images.items():
            group.addButton(button)
            images.addWidget(button)
            button.setEnabled(bool(self._samples[name]))
        first = "selected" if len(self._samples["selected"]) > 1 else "this"
        self.images[first if self._samples[first] else "unlabelled"].setChecked(True)
        for scales in SCALES:
            self.scales.addItem("", scales)
        self.scales.setCurrentIndex(max(0, self.scales.findData(last.scales)))
        sizes = QHBoxLayout()
        sizes.addWidget(self._scales_label)
        sizes.addWidget(self.scales, 1)
        self._scales_label.setBuddy(self.scales)
        for widget in (self.clean, self.crf, self.tta):
            options.addWidget(widget)
        options.addLayout(sizes)
        for column in (model, images, options):
            column.setSpacing(6)
        form.addRow(self._model_label, model)
        form.addRow(self._images_label, images)
        form.addRow(self._options_label, options)
        self.content.addLayout(form)
        self.content.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self.form)
        self.content.addStretch()
        self.form.hide()
        self.setMinimumWidth(540)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Predict"))
        for label, text in (
            (self._model_label, self.tr("Network")),
            (self._images_label, self.tr("Images")),
            (self._options_label, self.tr("Options")),
        ):
            label.setText(text)
        self.load.setText(self.tr("Load a file…"))
        self.pretrained.setText(self.tr("Pretrained…"))
        self.classes.setText(self.tr("Classes…"))
        describe(self.load, plain(self.load.text()), self.tr("A checkpoint, an ONNX file or an exported program"))
        describe(self.pretrained, plain(self.pretrained.text()), self.tr("Networks that others published"))
        describe(self.classes, plain(self.classes.text()), self.tr("What the network's classes become in this project"))
        texts = {
            "this": self.tr("&This image"),
            "selected": self.tr("&Selected images ({0})"),
            "unlabelled": self.tr("&Unlabelled images ({0})"),
            "all": self.tr("&All images ({0})"),
        }
        for name, text in texts.items():
            self.images[name].setText(text.format(len(self._samples[name])))
            describe(self.images[name], plain(self.images[name].text()))
        self.images["all"].setToolTip(self.tr("Skipped images stay out; what a person drew stays"))
        for box, text, tip in (
            (
                self.clean,
                self.tr("&Clean up specks and holes"),
                self.tr("Takes away what is smaller than a person draws"),
            ),
            (self.crf, self.tr("Follow the &edges"), self.tr("By a dense CRF on the image; slower")),
            (self.tta, self.tr("Average over &mirrored images"), self.tr("A little better, four times the time")),
        ):
            box.setText(text)
            describe(box, plain(text), tip)
        self._scales_label.setText(self.tr("Average over si&zes"))
        describe(self.scales, plain(self._scales_label.text()), self.tr("Better for objects of many sizes; slower"))
        for place, scales in enumerate(SCALES):
            shown = ", ".join(f"{100 * scale:.0f} %" for scale in scales)
            self.scales.setItemText(place, self.tr("own size only") if len(scales) == 1 else shown)
        self.more.setText(self.tr("More options"))
        describe(self.more, self.more.text())
        self.name_ok(self.tr("Predict"))
        self._unfold(self.more.isChecked())
        self._show_model()

    # ---- the network

    def _show_model(self) -> None:
        model = self._prediction.models.current()
        self.classes.setEnabled(model is not None and not self._prediction.models.is_own(model))
        if model is None:
            self.model.setText(self.tr("There is no trained network yet: train one first, or load a model."))
        elif self._prediction.models.is_own(model):
            self.model.setText(self.tr("{0}, trained in this project").format(_run_of(model)))
        else:
            self.model.setText(model.name)
            self.model.setToolTip(str(model))
        self._check()

    # ---- answers

    def options(self) -> dict[str, object]:
        """The options that differ from the defaults."""
        chosen: dict[str, object] = dict(self.form.values())
        for name, box in (("tta", self.tta), ("crf", self.crf), ("clean", self.clean)):
            if box.isChecked():
                chosen[name] = True
        if self.scales.currentIndex() > 0:
            chosen["scales"] = list(self.scales.currentData())
        return chosen

    def answer(self) -> Asked:
        """Which images."""
        name = next(name for name, button in self.images.items() if button.isChecked())
        return Asked(None if name == "this" else self._samples[name])

    def _check(self) -> None:
        if self._prediction.models.current() is None:
            self.say(self.tr("There is no trained network yet: train one first, or load a model."))
            return
        try:
            PredictOptions.parse(dict(self.options()))
        except OptionError as error:
            self.say(sentence(error))
        else:
            self.say("")

    def _unfold(self, open_: bool) -> None:
        self.more.setIcon(icons.icon("down" if open_ else "right"))
        self.form.setVisible(open_)
        self.adjustSize()


def _choices(workbench: Workbench, selected: Sequence[int]) -> dict[str, Sequence[int]]:
    document = workbench.document
    if document is None:
        return dict.fromkeys(("this", "selected", "unlabelled", "all"), ())
    samples = document.project.samples()
    return {
        "this": (document.sample.id,) if document.sample is not None and document.image is not None else (),
        "selected": selected,
        "unlabelled": [s.id for s in samples if s.state is SampleState.TODO],
        "all": [s.id for s in samples if s.state is not SampleState.SKIPPED],
    }


def _run_of(checkpoint: Path) -> str:
    """What people call a network of the project: its run's folder."""
    return checkpoint.parent.name
