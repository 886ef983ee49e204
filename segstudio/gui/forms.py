"""A form from a table of options: what a pydantic model's fields ask for, as widgets with names and tips."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from segstudio.gui.fields import decimal_number, typed_path, whole_number
from segstudio.gui.i18n import Translated, tr
from segstudio.gui.icons import icon
from segstudio.gui.option_texts import TEXTS

Kind = Literal["bool", "int", "float", "choice", "text", "folder"]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to ask for."""

    name: str
    kind: Kind
    default: Any
    title: str = ""
    """In English; shown through the table of texts. None given: the name."""
    tip: str = ""
    minimum: float = 0
    maximum: float = 1_000_000
    above: bool = False
    """Whether *minimum* itself is too little."""
    below: bool = False
    """Whether *maximum* itself is too much."""
    choices: tuple[str, ...] = ()
    optional: bool = False
    """Whether ``None`` (automatic) is an answer."""


def options_of(model: type[BaseModel], names: Iterable[str]) -> list[Option]:
    """The fields *names* of *model* as options; those of a kind that no widget asks for are left out."""
    found = (_option(name, model.model_fields[name]) for name in names)
    return [option for option in found if option is not None]


def _option(name: str, field: FieldInfo) -> Option | None:
    annotation, optional = _bare(field.annotation)
    described = field.description or ""
    title, tip = TEXTS.get(name, (name.replace("_", " ").capitalize(), ""))
    tip = tip or described[:1].upper() + described[1:]
    default = field.get_default(call_default_factory=True)
    if get_origin(annotation) is Literal:
        return Option(name, "choice", default, title, tip, choices=tuple(get_args(annotation)), optional=optional)
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text", Path: "folder"}
    kind = kinds.get(annotation)
    if kind is None:
        return None
    low, high = _bounds(field)
    above, below = (any(hasattr(limit, side) for limit in field.metadata) for side in ("gt", "lt"))
    return Option(name, kind, default, title, tip, low, high, above, below, optional=optional)


def _bare(annotation: Any) -> tuple[Any, bool]:
    """``int | None`` as ``(int, True)``, ``int`` as ``(int, False)``."""
    if get_origin(annotation) in (types.UnionType, Union):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


def _bounds(field: FieldInfo) -> tuple[float, float]:
    low, high = 0.0, 1_000_000.0
    for limit in field.metadata:
        low = float(getattr(limit, "ge", getattr(limit, "gt", low)) or 0)
        high = float(getattr(limit, "le", getattr(limit, "lt", high)) or high)
    return low, high


class OptionForm(Translated, QWidget):
    """One row for each option. :meth:`values` tells what was changed."""

    changed = Signal()

    def __init__(
        self, options: Iterable[Option], values: Mapping[str, Any] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.options = {option.name: option for option in options}
        self.widgets: dict[str, QWidget] = {}
        self._labels: dict[str, QLabel] = {}
        self._read: dict[str, Callable[[], Any]] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(14)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for option in self.options.values():
            value = (values or {}).get(option.name, option.default)
            label, widget = QLabel(), self._widget(option, value)
            self._labels[option.name], self.widgets[option.name] = label, widget
            label.setBuddy(widget)
            form.addRow(label, widget)
        self.retranslate()

    def retranslate(self) -> None:
        for name, option in self.options.items():
            title, tip = tr(option.title or option.name), tr(option.tip) if option.tip else ""
            widget = self.widgets[name]
            self._labels[name].setText("" if option.kind == "bool" else title)  # a box to tick has its text beside it
            self._labels[name].setToolTip(tip)
            widget.setAccessibleName(title)
            widget.setToolTip(tip or title)
            if isinstance(widget, QCheckBox):
                widget.setText(title)
            elif isinstance(widget, QComboBox):
                for place in range(widget.count()):
                    data = widget.itemData(place)
                    widget.setItemText(place, self.tr("automatic") if data is None else tr(str(data)))
            elif isinstance(widget, QSpinBox | QDoubleSpinBox) and option.optional:
                widget.setSpecialValueText(self.tr("automatic"))
            elif isinstance(widget, QLineEdit) and option.optional:
                widget.setPlaceholderText(self.tr("none chosen") if option.kind == "folder" else self.tr("automatic"))
                for action in widget.actions():
                    action.setToolTip(self.tr("Choose the folder"))

    @property
    def labels(self) -> list[QLabel]:
        """The names at the left, for :func:`segstudio.gui.fields.align`."""
        return list(self._labels.values())

    def values(self) -> dict[str, Any]:
        """The answers that differ from the defaults."""
        answers = {name: read() for name, read in self._read.items()}
        return {name: value for name, value in answers.items() if value != self.options[name].default}

    def _widget(self, option: Option, value: Any) -> QWidget:
        make = {"bool": self._check, "choice": self._choice, "text": self._text, "folder": self._folder}
        return make.get(option.kind, self._number)(option, value)

    def _check(self, option: Option, value: Any) -> QWidget:
        box = QCheckBox()
        box.setChecked(bool(value))
        box.toggled.connect(self.changed)
        self._read[option.name] = box.isChecked
        return box

    def _choice(self, option: Option, value: Any) -> QWidget:
        box = QComboBox()
        for choice in (None, *option.choices) if option.optional else option.choices:
            box.addItem(str(choice), choice)
        box.setCurrentIndex(max(0, box.findData(value)))
        box.currentIndexChanged.connect(self.changed)
        self._read[option.name] = box.currentData
        return box

    def _text(self, option: Option, value: Any) -> QWidget:
        field = QLineEdit("" if value is None else str(value))
        field.textChanged.connect(self.changed)
        self._read[option.name] = lambda: field.text().strip() or (None if option.optional else "")
        return field

    def _folder(self, option: Option, value: Any) -> QWidget:
        field = QLineEdit("" if value is None else str(value))
        field.textChanged.connect(self.changed)
        browse = field.addAction(icon("folder"), QLineEdit.ActionPosition.TrailingPosition)
        browse.triggered.connect(lambda: self._browse(field))
        self._read[option.name] = lambda: typed_path(text) if (text := field.text().strip()) else None
        return field

    def _browse(self, field: QLineEdit) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose the folder"), field.text())
        if folder:
            field.setText(folder)

    def _number(self, option: Option, value: Any) -> QWidget:
        whole = option.kind == "int"
        decimals = 0 if whole else _decimals(option)
        step = 10.0**-decimals
        low = option.minimum + step * (option.above - option.optional)  # one below the lowest is none
        high = option.maximum - step * option.below
        box: QSpinBox | QDoubleSpinBox
        if whole:
            box = whole_number(int(low), int(high))
            box.setValue(int(low if value is None else value))
        else:
            box = decimal_number(low, high, decimals)
            box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
            box.setValue(float(low if value is None else value))
        box.valueChanged.connect(self.changed)

        def read() -> Any:
            if option.optional and box.value() <= box.minimum():
                return None
            return box.value() if whole else round(box.value(), 9)

        self._read[option.name] = read
        return box


def _decimals(option: Option) -> int:
    """Digits behind the point: enough for what is usual, a decay of 0.999 among it."""
    if option.maximum <= 1000 and (option.default is None or option.default >= 0.05):
        return 2
    if option.maximum <= 1:
        return 4
    return 2 if option.maximum <= 1000 and option.default == 0 else 5
