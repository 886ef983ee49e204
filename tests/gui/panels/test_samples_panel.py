"""The list of images: search, filter, order, and 100,000 of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Annotation, Sample, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.gui.panels.sample_model import CHUNK, THUMBNAIL, UNCERTAINTY, SampleModel
from segstudio.gui.panels.samples import SamplesPanel
from segstudio.io.project import Project


@pytest.fixture
def panel(window: MainWindow) -> SamplesPanel:
    panel = window.panel("samples")
    assert isinstance(panel, SamplesPanel)
    return panel


def names(panel: SamplesPanel) -> list[str]:
    return [panel.model.data(panel.model.index(row)) for row in range(panel.model.rowCount())]


def test_the_current_row_follows_the_document(panel: SamplesPanel, window: MainWindow) -> None:
    assert panel.view.currentIndex().row() == 0
    window.trigger("sample.next")
    assert panel.view.currentIndex().row() == 1
    assert panel.model.current == window.document.order[1]


def test_enter_and_double_click_go_to_an_image(panel: SamplesPanel, window: MainWindow) -> None:
    panel.view.setCurrentIndex(panel.model.index(2))
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert window.document.sample is not None
    assert window.document.sample.name == "disc-2.png"
    place = panel.view.visualRect(panel.model.index(0)).center()
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.document.sample.name == "disc-0.png"


def test_searching_shows_and_walks_through_what_matches(panel: SamplesPanel, window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(panel.search, "DISC-1")
    qtbot.waitUntil(lambda: names(panel) == ["disc-1.png"])
    assert "1 shown" in panel.count.text()
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert window.document.sample is not None
    assert window.document.sample.name == "disc-1.png"
    window.trigger("sample.next")
    assert window.document.sample.name == "disc-1.png", "there is no other in the list"
    assert window.status.currentMessage() == "This is the last image that the list shows."
    panel.search.clear()
    qtbot.waitUntil(lambda: len(names(panel)) == 3)


def test_nothing_found_is_said(panel: SamplesPanel, qtbot: QtBot) -> None:
    QTest.keyClicks(panel.search, "no such thing")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 0)
    assert panel.empty.isVisible()
    assert panel.empty.text() == "No image matches."


def choose(panel: SamplesPanel, state: SampleState | None) -> None:
    box = panel.state
    box.setCurrentIndex(next(i for i in range(box.count()) if box.itemData(i) == state))
    box.activated.emit(box.currentIndex())


def test_states_filter_and_are_counted(panel: SamplesPanel, window: MainWindow, qtbot: QtBot) -> None:
    assert panel.count.text() == "no. 1 · 0 of 3 done"
    window.trigger("sample.done")
    qtbot.waitUntil(lambda: panel.count.text() == "no. 1 · 1 of 3 done")
    assert panel.progress.value() == 1
    choose(panel, SampleState.DONE)
    assert names(panel) == ["disc-0.png"]
    choose(panel, SampleState.TODO)
    assert names(panel) == ["disc-1.png", "disc-2.png"]
    choose(panel, None)
    assert len(names(panel)) == 3


def test_the_list_can_show_the_images_of_one_class(panel: SamplesPanel, window: MainWindow) -> None:
    document = window.document
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 4, 4), 1, source=Provenance.HUMAN)
    document.save()
    panel.shown_class.setCurrentIndex(panel.shown_class.findData(1))
    panel.shown_class.activated.emit(panel.shown_class.currentIndex())
    assert names(panel) == ["disc-0.png"]


def order(panel: SamplesPanel, text: str) -> None:
    """Choose an order in the button's menu."""
    menu = panel.order.menu()
    menu.setActiveAction(next(act for act in menu.actions() if act.text() == text))
    QTest.keyClick(menu, Qt.Key.Key_Return)


def test_the_least_certain_comes_first(panel: SamplesPanel, window: MainWindow) -> None:
    project = window.document.project
    project.set_uncertainty(2, 0.9)
    project.set_uncertainty(3, 0.4)
    order(panel, "Least certain first")
    assert panel.order.isChecked(), "that it is not the usual order is seen"
    assert names(panel) == ["disc-1.png", "disc-2.png", "disc-0.png"]
    assert panel.model.data(panel.model.index(0), UNCERTAINTY) == "90%"
    assert list(window.document.order) == [2, 3, 1]


def test_numbers_in_names_count_by_their_value(panel: SamplesPanel, window: MainWindow) -> None:
    paths = {1: Path("/images/scan10.png"), 2: Path("/images/Scan9.png"), 3: Path("/images/scan 2/x.png")}
    window.document.project.set_paths(paths)
    order(panel, "By folder and name")
    assert list(window.document.order) == [3, 2, 1]


def test_the_order_is_remembered_with_the_project(
    panel: SamplesPanel, window: MainWindow, project_folder: Path, tmp_path: Path
) -> None:
    window.document.project.set_uncertainty(3, 0.9)
    order(panel, "Least certain first")
    Project.create(tmp_path / "other", LabelSet.named(["a"]), [tmp_path / "disc-0.png"]).close()
    assert window.workbench.open_project(tmp_path / "other.segstudio")
    assert not panel.order.isChecked(), "another project has its own"
    assert window.workbench.open_project(project_folder)
    assert panel.order.isChecked()
    assert panel.query().order == "uncertainty"
    assert window.document.order[0] == 3


def test_images_stand_by_name_or_state_or_as_they_were_added(panel: SamplesPanel, window: MainWindow) -> None:
    document = window.document
    document.project.set_paths({1: Path("/images/b.png"), 2: Path("/images/C.png"), 3: Path("/images/a.png")})
    document.project.set_state(2, SampleState.SKIPPED)
    document.project.set_state(1, SampleState.DONE)
    order(panel, "By folder and name")
    assert names(panel) == ["a.png", "b.png", "C.png"]
    assert list(document.order) == [3, 1, 2], "next and previous walk in the same order"
    order(panel, "By state, to do first")
    assert names(panel) == ["a.png", "b.png", "C.png"]
    document.project.set_state(3, SampleState.REVIEWED)
    panel.filter()
    assert names(panel) == ["b.png", "a.png", "C.png"]
    order(panel, "As added")
    assert names(panel) == ["b.png", "C.png", "a.png"]
    assert not panel.order.isChecked()


def test_a_long_name_keeps_its_number_at_the_end(panel: SamplesPanel, window: MainWindow) -> None:
    option = QStyleOptionViewItem()
    panel.view.itemDelegate().initStyleOption(option, panel.model.index(0))
    assert option.font.bold(), "the row of the image at hand is the widest"
    name = "0016E5_a_long_sequence_of_frames_08370.png"
    shown = QFontMetrics(option.font).elidedText(name, option.textElideMode, 120)
    assert shown != name
    assert shown.endswith("08370.png")


def test_a_changed_state_shows_at_once(panel: SamplesPanel, window: MainWindow) -> None:
    tip = Qt.ItemDataRole.ToolTipRole
    assert "to do" in panel.model.data(panel.model.index(0), tip)
    window.trigger("sample.skip")
    assert "skipped" in panel.model.data(panel.model.index(0), tip)
    window.document.project.save_annotation(1, Annotation(note="the mirror is missing"), {}, ())
    assert panel.model.data(panel.model.index(0), tip).endswith("the mirror is missing")


def many(tmp_path: Path, count: int) -> Project:
    project = Project.create(tmp_path / "many", LabelSet.named(["background"]))
    project.add_samples((f"/images/{i:06d}.png", 0) for i in range(count))
    return project


def test_rows_are_fetched_as_they_come_into_view(tmp_path: Path) -> None:
    document = Document(many(tmp_path, 5000))
    model = SampleModel()
    model.show(document, document.project.sample_ids())
    fetched: list[int] = []
    ask = document.project.samples

    def counted(ids: list[int] | None = None) -> list[object]:
        fetched.append(len(ids or []))
        return list(ask(ids))

    document.project.samples = counted  # type: ignore[method-assign, assignment]
    assert model.data(model.index(4000)) == "004000.png"
    assert model.data(model.index(4001)) == "004001.png"
    assert fetched == [CHUNK]
    for row in range(0, 5000, CHUNK):
        model.data(model.index(row))
    assert len(fetched) == -(-5000 // CHUNK)
    document.close()


@pytest.mark.slow
def test_a_hundred_thousand_images_are_listed_and_searched_reading_only_what_is_seen(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-AnyLabeling#743, #822, #1182, #1220: folders of more than ten thousand images hang."""
    many(tmp_path, 100_000).close()
    read: list[int] = []
    ask = Project.samples

    def counted(project: Project, ids: list[int] | None = None) -> list[Sample]:
        found = ask(project, ids)
        read.append(len(found))
        return found

    monkeypatch.setattr(Project, "samples", counted)
    bench = Workbench(lambda act: act())
    panel = SamplesPanel(bench, None)  # type: ignore[arg-type]  # it needs no canvas
    qtbot.addWidget(panel)
    panel.show()
    assert bench.open_project(tmp_path / "many.segstudio")
    panel.view.grab()
    assert panel.model.rowCount() == 100_000
    panel.search.setText("0999")
    panel.filter()
    panel.view.grab()
    assert panel.model.rowCount() == 120, "0999xx, 00999x and 0x0999"
    panel.search.clear()
    panel.filter()
    for place in range(4):
        bar = panel.view.verticalScrollBar()
        bar.setValue(bar.maximum() * place // 4)
        panel.view.grab()
    assert sum(read) < 20 * CHUNK, "of a hundred thousand"
    bench.shut_down()


def test_the_list_can_be_walked_by_keys_alone(panel: SamplesPanel, window: MainWindow) -> None:
    panel.search.setFocus()
    QTest.keyClick(panel.search, Qt.Key.Key_Tab)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.view.currentIndex().row() == 1
    assert window.document.sample is not None
    assert window.document.sample.name == "disc-0.png", "looking through the list opens nothing yet"
    assert panel.view.indexAt(QPoint(10, 10)).isValid()


def test_small_pictures_come_by_and_can_be_put_away(panel: SamplesPanel, window: MainWindow, qtbot: QtBot) -> None:
    window.show_panel("samples")
    tall = panel.view.visualRect(panel.model.index(0)).height()
    panel.view.grab()
    index = panel.model.index(2)
    qtbot.waitUntil(lambda: panel.model.data(index, THUMBNAIL) is not None, timeout=20_000)
    place = panel.view.visualRect(index)
    color = panel.view.viewport().grab().toImage().pixelColor(place.left() + 30, place.center().y())
    assert color.red() > color.blue() + 40, "the reddish disc in the middle of the picture"
    panel.pictures.click()
    assert panel.model.data(index, THUMBNAIL) is None
    assert panel.view.visualRect(panel.model.index(0)).height() < tall
    assert not window.workbench.settings.thumbnails


def test_unsure_images_can_be_picked_out(panel: SamplesPanel, window: MainWindow) -> None:
    document = window.document
    document.project.set_uncertainty(document.order[0], 0.1)
    document.project.set_uncertainty(document.order[1], 0.6)
    panel.state.setCurrentIndex(panel.state.count() - 1)
    panel.state.activated.emit(panel.state.currentIndex())
    assert names(panel) == ["disc-1.png"]


def test_going_to_the_next_of_many_images_lays_out_no_row(
    panel: SamplesPanel, window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    ids = list(window.document.order)
    panel.model.show(window.document, ids * 2000)
    panel.view.doItemsLayout()
    qtbot.wait(20)
    asked: list[int] = []
    monkeypatch.setattr(SampleModel, "rowCount", lambda self, parent=None: asked.append(1) or len(self.ids))
    window.trigger("sample.next")
    qtbot.wait(20)
    assert panel.view.currentIndex().data() == "disc-1.png"
    assert len(asked) < len(panel.model.ids) / 10


def test_a_change_of_one_image_reads_that_one_alone(
    panel: SamplesPanel, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(names(panel)) == 3
    read: list[int] = []
    plain = Project.samples

    def samples(self: Project, ids: Sequence[int]) -> list[Sample]:
        read.extend(ids)
        return plain(self, ids)

    monkeypatch.setattr(Project, "samples", samples)
    first = window.document.order[0]
    window.document.set_state(SampleState.DONE)
    names(panel)
    assert set(read) <= {first}
    shown = [panel.model.sample(row) for row in range(3)]
    assert [sample.state for sample in shown if sample is not None] == [
        SampleState.DONE, SampleState.TODO, SampleState.TODO,
    ]  # fmt: skip
    assert [sample.id for sample in shown if sample is not None] == list(window.document.order)
