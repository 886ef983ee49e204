"""Training: network, loss and how long, the sensible choice first; everything else folded below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segstudio.app.training import trainable_samples
from segstudio.app.workbench import Workbench
from segstudio.core.errors import OptionError
from segstudio.gui import icons
from segstudio.gui.dialogs.base import Dialog, muted
from segstudio.gui.fields import describe, whole_number
from segstudio.gui.forms import Option, OptionForm, options_of
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, plain, tr
from segstudio.gui.messages import sentence
from segstudio.learning.config import Augmentation, TrainConfig, parse_options, recommended_options
from segstudio.learning.losses.table import LOSSES
from segstudio.learning.networks.table import NETWORKS
from segstudio.learning.supervision import SUPERVISIONS

MIXTURES = {
    "ce+dice": (
        QT_TRANSLATE_NOOP("Tables", "Cross entropy + Dice"),
        QT_TRANSLATE_NOOP("Tables", "The sensible default: cross entropy for every pixel, Dice for small objects too."),
    ),
    "ce+lovasz": (
        QT_TRANSLATE_NOOP("Tables", "Cross entropy + Lovász"),
        QT_TRANSLATE_NOOP("Tables", "Where IoU is the measure and there is time for a longer training."),
    ),
    "focal+dice": (
        QT_TRANSLATE_NOOP("Tables", "Focal + Dice"),
        QT_TRANSLATE_NOOP("Tables", "Small objects in much background."),
    ),
}
"""Sums of losses that work well, before the losses by themselves."""

MORE = (
    "batch", "accumulate", "crop", "optimiser", "lr", "backbone_lr", "frozen_stages", "momentum", "weight_decay",
    "schedule", "warmup", "clip", "ema", "class_weights", "balanced_crops", "full_share", "rounds", "normalisation",
    "validation_fraction", "patience", "amp", "compile", "device", "threads", "workers", "seed", "deterministic",
)  # fmt: skip
AUGMENT = tuple(Augmentation.model_fields)
EPOCHS = 60
OF_NETWORK = "network_options"
_NETWORK_OPTIONS = Option(
    OF_NETWORK,
    "text",
    None,
    QT_TRANSLATE_NOOP("Tables", "Options of the network"),
    QT_TRANSLATE_NOOP("Tables", "As name=value, with commas between them"),
    optional=True,
)


def ask_training(workbench: Workbench, parent: QWidget | None = None) -> dict[str, object] | None:
    """Ask how to train; the fields of a ``TrainConfig`` that were chosen, or ``None`` when cancelled.

    The answer is kept in the settings and offered first the next time.
    """
    dialog = TrainDialog(workbench, parent)
    if not dialog.exec():
        return None
    config = dialog.config()
    workbench.settings.training = config
    return config


class TrainDialog(Dialog):
    """What to train, by what measure, for how long."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last: dict[str, Any] = dict(workbench.settings.training)
        self._project = workbench.document.project if workbench.document is not None else None
        self.lead = muted()
        self.source, self.network, self.backbone, self.loss = (QComboBox() for _ in range(4))
        self.why_source, self.why_network, self.why_loss = muted(), muted(), muted()
        self.pretrained = QCheckBox()
        self.length, self.unit = whole_number(1, 100_000), QComboBox()
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        of_network = {OF_NETWORK: _written(self._last.get(OF_NETWORK) or {})}
        self.form = OptionForm([_NETWORK_OPTIONS, *options_of(TrainConfig, MORE)], self._last | of_network)
        self.augment = OptionForm(options_of(Augmentation, AUGMENT), self._last.get("augment"))
        self.augment_title = QLabel()
        self.augment_title.setProperty("role", "heading")
        self._labels: dict[QWidget, QLabel] = {
            field: QLabel() for field in (self.source, self.network, self.backbone, self.loss, self.length)
        }
        self._arrange()
        self._offer()
        self._samples = self._count()
        self.start()
        self.source.currentIndexChanged.connect(self._source_chosen)
        self.network.currentIndexChanged.connect(self._network_chosen)
        self.loss.currentIndexChanged.connect(self._explain)
        self.more.toggled.connect(self._unfold)
        for form in (self.form, self.augment):
            form.changed.connect(self._check)
        self._check()

    def _arrange(self) -> None:
        self.content.addWidget(self.lead)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(14)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        backbone, length = QHBoxLayout(), QHBoxLayout()
        for row in (backbone, length):
            row.setSpacing(10)
        backbone.addWidget(self.backbone, 1)
        backbone.addWidget(self.pretrained)
        length.addWidget(self.length, 1)
        length.addWidget(self.unit, 1)
        form.addRow(self._labels[self.source], self.source)
        form.addRow("", self.why_source)
        form.addRow(self._labels[self.network], self.network)
        form.addRow("", self.why_network)
        form.addRow(self._labels[self.backbone], backbone)
        form.addRow(self._labels[self.loss], self.loss)
        form.addRow("", self.why_loss)
        form.addRow(self._labels[self.length], length)
        for field, label in self._labels.items():
            label.setBuddy(field)
        self.content.addLayout(form)
        self.content.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        for widget in (self.form, self.augment_title, self.augment):
            column.addWidget(widget)
        self.rest = QScrollArea()
        self.rest.setWidget(inside)
        self.rest.setWidgetResizable(True)
        self.rest.setFrameShape(QFrame.Shape.NoFrame)
        self.rest.setMinimumHeight(240)
        self.rest.hide()
        self.content.addWidget(self.rest, 1)
        self.setMinimumWidth(560)

    def _offer(self) -> None:
        for entry in NETWORKS.values():
            self.network.addItem(f"{entry.title} ({entry.year})", entry.name)
        for spec in MIXTURES:
            self.loss.addItem("", spec)
        for name in LOSSES:
            self.loss.addItem(LOSSES[name].title, name)
        for name in SUPERVISIONS:
            self.source.addItem("", name)
        self.source.setCurrentIndex(max(0, self.source.findData(self._last.get("supervision", "full"))))
        self.network.setCurrentIndex(max(0, self.network.findData(self._last.get("network", "unet"))))
        self._choose_loss(str(self._last.get("loss", "ce+dice")))
        self.unit.addItem("", "epochs")
        self.unit.addItem("", "minutes")
        minutes = self._last.get("minutes")
        self.unit.setCurrentIndex(1 if minutes else 0)
        self.length.setValue(int(minutes or self._last.get("epochs") or EPOCHS))
        self.pretrained.setChecked(bool(self._last.get("pretrained", False)))
        self._fill_backbones()
        self.backbone.setCurrentIndex(max(0, self.backbone.findData(self._last.get("backbone"))))

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Train a network"))
        self._tell_count()
        for place, kind in enumerate(SUPERVISIONS.values()):
            self.source.setItemText(place, tr(kind.title))
        texts = {
            self.source: self.tr("Learn &from"),
            self.network: self.tr("&Network"),
            self.backbone: self.tr("&Backbone"),
            self.loss: self.tr("&Loss"),
            self.length: self.tr("&Train for"),
        }
        for field, text in texts.items():
            self._labels[field].setText(text)
            describe(field, plain(text))
        for place, (title, _) in enumerate(MIXTURES.values()):
            self.loss.setItemText(place, tr(title))
        for place, name in enumerate(LOSSES, start=len(MIXTURES)):
            self.loss.setItemText(place, tr(LOSSES[name].title))
        self.unit.setItemText(0, self.tr("epochs"))
        self.unit.setItemText(1, self.tr("minutes"))
        describe(self.unit, self.tr("Epochs or minutes"), self.tr("An epoch learns from every labelled image once"))
        self.pretrained.setText(self.tr("Start from published weights"))
        describe(self.pretrained, self.pretrained.text(), self.tr("Downloads them once; quicker for photographs"))
        self.more.setText(self.tr("More options"))
        describe(self.more, self.more.text())
        self.augment_title.setText(self.tr("Variations of the images while learning"))
        self.name_ok(self.tr("Train"))
        self._unfold(self.more.isChecked())
        self._explain()

    # ---- answers

    def config(self) -> dict[str, object]:
        """The fields of a ``TrainConfig`` that were chosen."""
        config: dict[str, object] = {"network": self.network.currentData(), "loss": self.loss.currentData()}
        if self.source.currentData() != "full":
            config["supervision"] = self.source.currentData()
        if self.backbone.count():
            config["backbone"] = self.backbone.currentData()
            config["pretrained"] = self.pretrained.isChecked()
        config[str(self.unit.currentData())] = self.length.value()
        said = self.form.values()
        options = parse_options(str(said.pop(OF_NETWORK, None) or ""))
        if options:
            network = NETWORKS[str(self.network.currentData())]
            network.check_options(options)
            config[OF_NETWORK] = recommended_options(network.name) | options
        config.update(said)
        augment = self.augment.values()
        if augment:
            config["augment"] = augment
        return config

    def _check(self) -> None:
        if not self._samples:
            self.say(self.tr("No image is labelled yet: label at least one, or propagate your strokes, then train."))
            return
        try:
            TrainConfig.parse(dict(self.config()))
        except OptionError as error:
            self.say(sentence(error))
            return
        unfit = self.form.values().get("frozen_stages") and not self.backbone.count()
        self.say(self.tr("This network has no backbone, so that no stage of it can be frozen.") if unfit else "")

    def _count(self) -> int:
        """How many images can be learned from."""
        return 0 if self._project is None else len(trainable_samples(self._project, str(self.source.currentData())))

    def _tell_count(self) -> None:
        self.lead.setText(self.tr("Labelled images to learn from: {count}").format(count=self._samples))

    def _source_chosen(self) -> None:
        """The loss that goes with it, which may be changed again."""
        self._samples = self._count()
        self._tell_count()
        self._choose_loss(SUPERVISIONS[str(self.source.currentData())].loss)
        self._explain()
        self._check()

    def _choose_loss(self, spec: str) -> None:
        if self.loss.findData(spec) < 0:
            self.loss.addItem(spec, spec)
        self.loss.setCurrentIndex(self.loss.findData(spec))

    def _network_chosen(self) -> None:
        self._fill_backbones()
        field = self.form.widgets[OF_NETWORK]
        if isinstance(field, QLineEdit):
            field.clear()  # they were another's
        self._explain()
        self._check()

    def _fill_backbones(self) -> None:
        entry = NETWORKS[self.network.currentData()]
        self.backbone.clear()
        for name in entry.backbones:
            self.backbone.addItem(name, name)
        for widget in (self.backbone, self.pretrained, self._labels[self.backbone]):
            widget.setVisible(bool(entry.backbones))

    def _explain(self) -> None:
        self.why_source.setText(tr(SUPERVISIONS[str(self.source.currentData())].pick))
        entry = NETWORKS[self.network.currentData()]
        self.why_network.setText(tr(entry.pick))
        self.network.setToolTip(entry.paper)
        known = "\n".join(f"{name}: {text}" for name, text in entry.options.items())
        self.form.widgets[OF_NETWORK].setToolTip("\n\n".join(filter(None, (tr(_NETWORK_OPTIONS.tip), known))))
        self.form.widgets[OF_NETWORK].setEnabled(bool(entry.options))
        spec = str(self.loss.currentData())
        if spec in MIXTURES:
            self.why_loss.setText(tr(MIXTURES[spec][1]))
        else:
            self.why_loss.setText(tr(LOSSES[spec].pick) if spec in LOSSES else spec)

    def _unfold(self, open_: bool) -> None:
        self.more.setIcon(icons.icon("down" if open_ else "right"))
        self.rest.setVisible(open_)
        if open_:
            self.resize(self.width(), max(self.height(), 640))


def _written(options: Mapping[str, Any]) -> str:
    """*options* as a person would write them."""
    return ", ".join(f"{name}={str(value).lower() if value is None else value}" for name, value in options.items())
