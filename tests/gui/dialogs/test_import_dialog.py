"""Importing a data set in the window: it is looked through first, and enters only when a person says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.gui import MainWindow
from segstudio.gui.dialogs import import_labels
from segstudio.gui.dialogs.import_labels import ImportDialog
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.project import Project

OK, CANCEL = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel


@pytest.fixture
def dataset(window: MainWindow, tmp_path: Path) -> Path:
    """What someone else labelled: COCO of the window's own three images, each with a square of class disc."""
    paths = [sample.path for sample in window.document.project.samples()]
    with Project.create(tmp_path / "other", LabelSet.named(["background", "disc"]), paths) as other:
        for sample_id in other.sample_ids():
            ids = np.zeros((96, 120), np.uint16)
            ids[10:30, 10:40] = 1
            other.write_labels(sample_id, ids, np.ones_like(ids, np.uint8), other.classes)
        finish(EXPORTERS["coco"](other.stored(), other.classes, tmp_path / "coco", images="none"))
    return tmp_path / "coco" / "annotations" / "instances_default.json"


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    made = ImportDialog(window.workbench, window)
    qtbot.addWidget(made)
    made.show()
    return made


def press(dialog: ImportDialog, qtbot: QtBot, button: QDialogButtonBox.StandardButton = OK) -> None:
    QTest.mouseClick(dialog.buttons.button(button), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.running, timeout=10_000)


def choose(dialog: ImportDialog, source: Path, images: Path) -> None:
    dialog.source.setText(str(source))
    dialog.images.setText(str(images))


def test_every_format_can_be_chosen_and_says_what_to_choose(dialog: ImportDialog) -> None:
    assert [dialog.format.itemData(i) for i in range(1, dialog.format.count())] == list(IMPORTERS)
    for place in range(1, dialog.format.count()):
        dialog.format.setCurrentIndex(place)
        assert IMPORTERS[dialog.format.currentData()].source in dialog.hint.text()
        assert "add_classes" in dialog.options.widgets
    assert not dialog.buttons.button(OK).isEnabled()


def test_a_data_set_is_checked_then_imported_then_taken_back(
    window: MainWindow, dialog: ImportDialog, dataset: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    document = window.document
    with document.edit("Brush"):
        document.labels.write(Region(10, 10, 12, 40), 0, source=Provenance.HUMAN)
    here = document.sample
    choose(dialog, dataset, tmp_path)
    assert "COCO" in dialog.format.itemText(0)
    assert dialog.buttons.button(OK).text() == "Check"
    press(dialog, qtbot)
    assert dialog.isVisible()
    assert (document.labels.ids == 1).sum() == 0, "checking changes nothing"
    assert dialog.found.text().startswith("3 images")
    assert dialog.table.isHidden()
    assert dialog.buttons.button(OK).text() == "Import"
    press(dialog, qtbot)
    assert not dialog.isVisible()
    assert "3 images imported" in window.notice.text
    assert document.sample == here or document.sample is not None
    assert (document.labels.ids == 256).sum() == 18 * 30, "a human's two rows are spared"
    assert (document.labels.ids[10:12, 10:40] == 0).all()
    assert window.action("import.take_back").isEnabled()
    window.trigger("import.take_back")
    qtbot.waitUntil(lambda: "taken back" in window.notice.text, timeout=10_000)
    assert (document.labels.ids[10:12, 10:40] == 0).all()
    assert (document.labels.ids != 255).sum() == 60
    window.trigger("import.take_back")
    assert not window.action("import.take_back").isEnabled()


def test_opening_a_project_tells_that_an_import_was_cut_off(window: MainWindow, tmp_path: Path) -> None:
    with Project.create(tmp_path / "cut", LabelSet.named(["background", "disc"])) as project:
        restore = project.folder / "restore"
        restore.mkdir()
        (restore / "classes.json").write_text(json.dumps(project.classes.to_json()))
        (restore / "samples.jsonl").touch()
    assert window.workbench.open_project(tmp_path / "cut.segstudio")
    assert window.notice.text == "The last import was cut off and is put back: the images are as they were before it."


def test_images_inside_a_parquet_file_go_to_the_folder_that_is_named(
    window: MainWindow, dialog: ImportDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    samples = window.document.project.samples()
    with Project.create(tmp_path / "other", window.document.classes, [sample.path for sample in samples]) as other:
        for sample_id in other.sample_ids():
            ids = np.ones((96, 120), np.uint16)
            other.write_labels(sample_id, ids, np.ones_like(ids, np.uint8), other.classes)
        finish(EXPORTERS["huggingface"](other.stored(), other.classes, tmp_path / "shards", form="parquet"))
    dialog.source.setText(str(tmp_path / "shards"))
    qtbot.waitUntil(lambda: "Hugging Face" in dialog.format.itemText(0))
    press(dialog, qtbot)
    assert not dialog.table.isHidden()
    assert "its images are inside" in dialog.table.text()
    field = dialog.options.widgets["extract"]
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, str(tmp_path / "pictures"))
    press(dialog, qtbot)
    assert dialog.table.isHidden()
    assert len(list((tmp_path / "pictures").iterdir())) == 3
    press(dialog, qtbot)
    assert not dialog.isVisible()
    assert len(window.document.project.sample_ids()) == 6


def test_all_that_is_wrong_stands_in_a_table_and_the_rest_waits_to_be_asked_for(
    window: MainWindow, dialog: ImportDialog, dataset: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    content = json.loads(dataset.read_text("utf-8"))
    content["images"][1]["file_name"] = "gone.png"
    content["annotations"][2]["category_id"] = 77
    dataset.write_text(json.dumps(content, indent=1), "utf-8")
    choose(dialog, dataset, tmp_path)
    press(dialog, qtbot)
    model = dialog.table.model()
    rows = [[model.index(r, c).data() for c in range(3)] for r in range(model.rowCount())]
    assert [row[0] for row in rows] == ["instances_default.json"] * 2
    assert all(row[1] > 1 for row in rows)
    assert "gone.png" in rows[0][2]
    assert "77" in rows[1][2]
    assert dialog.buttons.button(OK).text() == "Import the rest"
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().count("\n") == 1
    press(dialog, qtbot)
    assert "2 images imported" in window.notice.text
    assert "2 things were wrong" in window.notice.text


def test_what_is_no_data_set_is_said_in_the_dialog(dialog: ImportDialog, tmp_path: Path, qtbot: QtBot) -> None:
    dialog.source.setText(str(tmp_path / "nowhere"))
    press(dialog, qtbot)
    assert "does not exist" in dialog.problem.text()
    (tmp_path / "text").mkdir()
    dialog.source.setText(str(tmp_path / "text"))
    press(dialog, qtbot)
    assert "choose it" in dialog.problem.text()
    dialog.format.setCurrentIndex(dialog.format.findData("coco"))
    press(dialog, qtbot)
    assert "the folder holds no COCO documents" in dialog.problem.text()
    assert dialog.isVisible()


def test_another_choice_asks_for_another_check(
    dialog: ImportDialog, dataset: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(dialog, dataset, tmp_path)
    press(dialog, qtbot)
    dialog.options.widgets["add_classes"].setChecked(True)  # type: ignore[attr-defined]
    assert dialog.buttons.button(OK).text() == "Check"
    assert dialog.found.text() == ""


def test_stop_stops_and_leaves_the_dialog_open(
    window: MainWindow, dialog: ImportDialog, dataset: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = window.document.labels.ids.copy()
    choose(dialog, dataset, tmp_path)
    press(dialog, qtbot)
    QTest.mouseClick(dialog.buttons.button(OK), Qt.MouseButton.LeftButton)
    dialog.reject()
    qtbot.waitUntil(lambda: not dialog.running, timeout=10_000)
    if dialog.isVisible():  # else the import was quicker than the hand
        assert dialog.buttons.button(OK).text() == "Check"
        np.testing.assert_array_equal(window.document.labels.ids, before)
        dialog.reject()
    assert not dialog.isVisible()


def test_a_script_imports_without_being_asked(window: MainWindow, dataset: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window.trigger("import.labels", source=dataset, images=tmp_path)
    qtbot.waitUntil(lambda: "3 images imported" in window.notice.text, timeout=10_000)
    (tmp_path / "broken.json").write_text('{"images": [')
    window.trigger("import.labels", source=tmp_path / "broken.json", format="coco")
    qtbot.waitUntil(lambda: "broken.json" in window.notice.text, timeout=10_000)


def test_a_path_that_is_typed_is_looked_at_when_the_typing_pauses(
    dialog: ImportDialog, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []

    def look(path: Path) -> str:
        looked.append(path)
        return "masks"

    monkeypatch.setattr(import_labels, "detect", look)
    (tmp_path / "masks").mkdir()
    QTest.keyClicks(dialog.source, str(tmp_path / "masks"))
    assert looked == [], "every letter is a path too: the first is the whole disk"
    qtbot.waitUntil(lambda: "Mask PNG" in dialog.format.itemText(0))
    assert looked == [tmp_path / "masks"]
    qtbot.waitUntil(dialog.options.isVisible)  # a layout shows a widget that it was given when it is its turn
    QTest.keyClicks(dialog.source, "-2")
    assert "Mask PNG" not in dialog.format.itemText(0), "another path: what was told no longer holds"


def test_return_right_after_the_last_letter_looks_at_the_files_first(
    dialog: ImportDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    QTest.keyClicks(dialog.source, str(tmp_path / "nowhere"))
    QTest.keyClick(dialog.source, Qt.Key.Key_Return)
    assert "does not exist" in dialog.problem.text()
    assert dialog.isVisible()


def test_the_fields_of_a_format_stand_below_the_others(dialog: ImportDialog, qtbot: QtBot) -> None:
    for name in ("huggingface", "masks"):  # many options, then fewer
        dialog.format.setCurrentIndex(dialog.format.findData(name))
        qtbot.wait(50)
    tops = [widget.mapTo(dialog, QPoint(0, 0)).y() for widget in dialog.options.widgets.values()]
    above = dialog.images.mapTo(dialog, QPoint(0, dialog.images.height())).y()
    assert 0 < min(tops) - above < 24
    names = [label for label in (*dialog._labels.values(), *dialog.options.labels) if label.text()]
    assert len({label.mapTo(dialog, QPoint(label.width(), 0)).x() for label in names}) == 1
