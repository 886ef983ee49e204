"""The class list, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QDialogButtonBox, QLineEdit, QRadioButton
from pytestqt.qtbot import QtBot

from segstudio.core.annotation import Annotation, Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.remove_class import RemoveClassDialog
from segstudio.gui.dialogs.replace_classes import ReplaceClassesDialog
from segstudio.gui.panels.classes import ClassesPanel, swatch


@pytest.fixture
def panel(window: MainWindow) -> ClassesPanel:
    panel = window.panel("classes")
    assert isinstance(panel, ClassesPanel)
    return panel


def names(panel: ClassesPanel) -> list[str]:
    return [panel.model.data(panel.model.index(row)) for row in range(panel.model.rowCount())]


def click_row(panel: ClassesPanel, row: int, x: int = 80) -> None:
    rect = panel.view.visualRect(panel.model.index(row))
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() + x, rect.center().y()))


def test_a_click_says_what_is_drawn_next(panel: ClassesPanel, window: MainWindow) -> None:
    click_row(panel, 0)
    assert window.document.active_class == 0
    click_row(panel, 1)
    assert window.document.active_class == 1


def test_the_digit_keys_and_the_list_agree(panel: ClassesPanel, window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    assert panel.view.currentIndex().row() == 0
    QTest.keyClick(window.canvas, Qt.Key.Key_2)
    assert panel.view.currentIndex().row() == 1
    assert window.document.active_class == 1


def test_adding_begins_with_its_name_and_is_undone(panel: ClassesPanel, window: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseClick(panel._buttons["add"], Qt.MouseButton.LeftButton)
    editor = panel.view.findChild(QLineEdit)
    assert editor is not None, "the new name can be typed at once"
    editor.setText("cat")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(panel) == ["background", "disc", "cat"])
    assert window.document.active_class == 2
    window.trigger("edit.undo")
    window.trigger("edit.undo")
    assert names(panel) == ["background", "disc"]
    window.trigger("edit.redo")
    window.trigger("edit.redo")
    assert names(panel) == ["background", "disc", "cat"]
    assert [c.name for c in window.document.project.classes.values()] == ["background", "disc", "cat"]


def test_a_name_that_is_taken_is_refused_in_words(panel: ClassesPanel, window: MainWindow) -> None:
    assert not panel.model.setData(panel.model.index(1), "background")
    assert "background" in window.notice.text
    assert names(panel) == ["background", "disc"]


def test_order_changes_by_buttons_and_keeps_ids(panel: ClassesPanel, window: MainWindow) -> None:
    click_row(panel, 1)
    QTest.mouseClick(panel._buttons["up"], Qt.MouseButton.LeftButton)
    assert names(panel) == ["disc", "background"]
    assert list(window.document.classes) == [1, 0], "ids are stable, the order is what people see"
    assert window.document.active_class == 1
    QTest.mouseClick(panel._buttons["down"], Qt.MouseButton.LeftButton)
    assert names(panel) == ["background", "disc"]


def test_dragging_a_row_moves_the_class(panel: ClassesPanel, window: MainWindow) -> None:
    with window.document.edit("Classes"):
        window.document.set_classes(LabelSet.named(["a", "b", "c", "d"]))
    data: QMimeData = panel.model.mimeData([panel.model.index(0)])
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, 3, 0, panel.model.index(-1))
    assert names(panel) == ["b", "c", "a", "d"]
    data = panel.model.mimeData([panel.model.index(3)])
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, panel.model.index(-1))
    assert names(panel) == ["d", "b", "c", "a"]


def test_a_click_on_the_colour_changes_it_everywhere(
    panel: ClassesPanel, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(1, 2, 3))
    rect = panel.view.visualRect(panel.model.index(1))
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=swatch(rect).center())
    assert window.document.classes[1].color == (1, 2, 3)
    assert tuple(window.document.project.classes.palette()[1]) == (1, 2, 3), "the palette of exports"
    window.trigger("edit.undo")
    assert window.document.classes[1].color != (1, 2, 3)


def answer(choose: Callable[[RemoveClassDialog], None]) -> None:
    """Answer the next question about a class's pixels."""

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, RemoveClassDialog)
        choose(dialog)

    QTimer.singleShot(0, act)


def draw(window: MainWindow, class_id: int = 1) -> None:
    document = window.document
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 5, 5), class_id, source=Provenance.HUMAN)


def test_removing_a_drawn_class_asks_what_becomes_of_its_pixels(panel: ClassesPanel, window: MainWindow) -> None:
    draw(window)
    click_row(panel, 1)
    answer(lambda dialog: dialog.accept())
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    assert names(panel) == ["background"]
    assert (window.document.labels.ids == UNLABELLED).all()
    window.trigger("edit.undo")
    assert names(panel) == ["background", "disc"]
    assert (window.document.labels.ids[:5, :5] == 1).all(), "one step takes all of it back"


def test_the_pixels_can_go_to_another_class(panel: ClassesPanel, window: MainWindow) -> None:
    draw(window)
    document = window.document
    with document.edit("Box"):
        document.set_annotation(type(document.annotation)(boxes=(Box(1, 0, 0, 4, 4),)))
    click_row(panel, 1)

    def choose(dialog: RemoveClassDialog) -> None:
        ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
        assert ok.text() == "Remove"
        QTest.mouseClick(dialog.findChildren(QRadioButton)[1], Qt.MouseButton.LeftButton)
        assert ok.text() == "Merge"
        QTest.mouseClick(ok, Qt.MouseButton.LeftButton)

    answer(choose)
    QTest.mouseClick(panel._buttons["remove"], Qt.MouseButton.LeftButton)
    assert (document.labels.ids[:5, :5] == 0).all()
    assert [box.class_id for box in document.annotation.boxes] == [0]


def test_cancelling_removes_nothing(panel: ClassesPanel, window: MainWindow) -> None:
    draw(window)
    click_row(panel, 1)
    answer(lambda dialog: dialog.reject())
    QTest.mouseClick(panel._buttons["remove"], Qt.MouseButton.LeftButton)
    assert names(panel) == ["background", "disc"]
    assert (window.document.labels.ids[:5, :5] == 1).all()


def test_a_class_of_other_images_is_removed_from_them_too(panel: ClassesPanel, window: MainWindow) -> None:
    draw(window)
    window.trigger("sample.next")
    document = window.document
    with document.edit("Box"):
        document.set_annotation(Annotation(boxes=(Box(1, 0, 0, 4, 4),)))
    window.trigger("sample.next")
    click_row(panel, 1)
    told: list[str] = []

    def read(dialog: RemoveClassDialog) -> None:
        told.append(dialog.shown.text())
        dialog.accept()

    answer(read)
    QTest.mouseClick(panel._buttons["remove"], Qt.MouseButton.LeftButton)
    assert told == ["disc is shown in 2 images: pixels in 1, boxes in 1."]
    assert names(panel) == ["background"]
    first, second, _ = document.order
    document.goto(second)
    assert document.annotation.boxes == ()
    window.trigger("edit.undo")
    assert names(panel) == ["background", "disc"]
    assert [box.class_id for box in document.annotation.boxes] == [1]
    document.goto(first)
    assert (document.labels.ids[:5, :5] == 1).all()
    window.trigger("edit.redo")
    assert (document.labels.ids == UNLABELLED).all()


def test_a_long_removal_is_a_job_beside_which_one_goes_on(
    panel: ClassesPanel, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segstudio.app.class_edits.AT_ONCE", 0.0)
    draw(window)
    click_row(panel, 1)
    answer(lambda dialog: dialog.accept())
    QTest.mouseClick(panel._buttons["remove"], Qt.MouseButton.LeftButton)
    assert [job.title for job in window.jobs.jobs if not job.quiet] == ["Remove class"]
    window.trigger("sample.next")
    draw(window)  # the class is still there
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert names(panel) == ["background"]
    assert (window.document.labels.ids == UNLABELLED).all(), "what was drawn meanwhile is taken along"
    window.trigger("edit.undo")
    assert (window.document.labels.ids[:5, :5] == 1).all()


def test_a_preset_replaces_the_list_and_asks_where_that_would_orphan_pixels(
    panel: ClassesPanel, window: MainWindow
) -> None:
    panel.use("binary")
    assert names(panel) == ["background", "object"]
    panel.use("voc")
    draw(window, class_id=15)
    told: list[str] = []

    def act(accept: bool) -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ReplaceClassesDialog)
        told.append(dialog.list.text())
        dialog.accept() if accept else dialog.reject()

    QTimer.singleShot(0, lambda: act(False))
    panel.use("binary")
    assert told == ["person is shown in 1 image: pixels in 1."]
    assert len(names(panel)) > 15
    QTimer.singleShot(0, lambda: act(True))
    panel.use("binary")
    assert names(panel) == ["background", "object"]
    assert (window.document.labels.ids == UNLABELLED).all()
    window.trigger("edit.undo")
    assert (window.document.labels.ids[:5, :5] == 15).all()


def test_classes_travel_by_file(
    panel: ClassesPanel, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtWidgets import QFileDialog

    file = tmp_path / "类别.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    panel._save()
    panel.use("camvid")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    panel._load()
    assert names(panel) == ["background", "disc"]
    assert window.document.sample is not None
    assert window.document.sample.state is not SampleState.DONE


def test_without_a_project_the_list_says_what_to_do(make_window: Callable[[Path | None], MainWindow]) -> None:
    panel = make_window(None).panel("classes")
    assert panel.empty.isVisible()
    assert "new project" in panel.empty.text()


def test_with_a_project_the_list_speaks_for_itself(window: MainWindow) -> None:
    assert window.panel("classes").empty.isHidden()


def test_colours_for_the_colour_blind_leave_names_ids_and_background(panel: ClassesPanel, window: MainWindow) -> None:
    panel.use("voc")
    before = window.document.classes
    menu = panel._buttons["presets"].menu()
    menu.aboutToShow.emit()
    next(act for act in menu.actions() if act.text() == "Colours for the colour-blind").trigger()
    after = window.document.classes
    assert [(label.id, label.name) for label in after.values()] == [(c.id, c.name) for c in before.values()]
    assert after[0].color == before[0].color
    assert after[1].color == (230, 159, 0)
    assert len({label.color for label in after.values()}) == len(after)
    window.trigger("edit.undo")
    assert window.document.classes == before
