"""Forms made from tables of options."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from segstudio.gui.fields import DecimalField, decimal_number
from segstudio.gui.forms import OptionForm, options_of


class Recipe(BaseModel):
    eggs: int = Field(default=3, ge=1, le=12)
    salt: float = Field(default=0.5, ge=0, le=2, description="grams")
    style: Literal["soft", "hard"] = "soft"
    peeled: bool = False
    cook: str = "anna"
    minutes: int | None = Field(default=None, ge=1)
    pantry: Path | None = None
    guests: list[str] = []


@pytest.fixture
def form(qtbot: QtBot) -> OptionForm:
    form = OptionForm(options_of(Recipe, Recipe.model_fields))
    qtbot.addWidget(form)
    return form


def test_each_field_gets_the_widget_that_fits(form: OptionForm) -> None:
    kinds = {name: type(widget) for name, widget in form.widgets.items()}
    assert kinds == {
        "eggs": QSpinBox,
        "salt": DecimalField,
        "style": QComboBox,
        "peeled": QCheckBox,
        "cook": QLineEdit,
        "minutes": QSpinBox,
        "pantry": QLineEdit,
    }, "a list is nothing that a form can ask for"


def test_limits_are_the_model_s(form: OptionForm) -> None:
    eggs = form.widgets["eggs"]
    assert isinstance(eggs, QSpinBox)
    assert (eggs.minimum(), eggs.maximum()) == (1, 12)
    assert form.widgets["salt"].toolTip() == "Grams"


def test_only_what_was_changed_is_answered(form: OptionForm, qtbot: QtBot) -> None:
    assert form.values() == {}
    with qtbot.waitSignal(form.changed):
        form.widgets["eggs"].setValue(6)  # type: ignore[attr-defined]
    form.widgets["style"].setCurrentIndex(1)  # type: ignore[attr-defined]
    form.widgets["peeled"].setChecked(True)  # type: ignore[attr-defined]
    form.widgets["cook"].setText("bob")  # type: ignore[attr-defined]
    form.widgets["salt"].setValue(0.75)  # type: ignore[attr-defined]
    assert form.values() == {"eggs": 6, "style": "hard", "peeled": True, "cook": "bob", "salt": 0.75}
    Recipe(**form.values())


def test_nothing_can_be_an_answer(form: OptionForm) -> None:
    minutes = form.widgets["minutes"]
    assert isinstance(minutes, QSpinBox)
    assert minutes.text() == "automatic"
    minutes.setValue(4)
    assert form.values() == {"minutes": 4}
    minutes.setValue(minutes.minimum())
    assert form.values() == {}


def test_a_folder_is_typed_or_chosen(form: OptionForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pantry = form.widgets["pantry"]
    assert isinstance(pantry, QLineEdit)
    pantry.setText("~/shelf")
    assert form.values() == {"pantry": Path.home() / "shelf"}
    pantry.clear()
    assert form.values() == {}
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    (browse,) = pantry.actions()
    assert browse.toolTip() == "Choose the folder"
    browse.trigger()
    assert form.values() == {"pantry": tmp_path}
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    browse.trigger()
    assert form.values() == {"pantry": tmp_path}, "cancelled"


def test_values_given_are_shown(qtbot: QtBot) -> None:
    form = OptionForm(options_of(Recipe, ["eggs", "minutes", "style"]), {"eggs": 9, "minutes": 7, "style": "hard"})
    qtbot.addWidget(form)
    assert form.values() == {"eggs": 9, "minutes": 7, "style": "hard"}


def test_numbers_show_no_more_digits_than_they_have(qtbot: QtBot) -> None:
    box = decimal_number(0, 10, 5)
    qtbot.addWidget(box)
    shown = []
    for value in (0.0, 0.2, 10.0, 0.00025):
        box.setValue(value)
        shown.append(box.text())
    assert shown == ["0", "0.2", "10", "0.00025"]
    box.selectAll()
    QTest.keyClicks(box, "0.250")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert (box.value(), box.text()) == (0.25, "0.25")
