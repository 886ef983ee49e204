"""Asking how to train and what to export."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QDoubleSpinBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from segstudio.core.annotation import Annotation, Box
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.export import ExportDialog
from segstudio.gui.dialogs.train import AUGMENT, MIXTURES, MORE, TrainDialog
from segstudio.io.exporters import EXPORTERS
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.losses.table import LOSSES
from segstudio.learning.networks.table import NETWORKS

OK = QDialogButtonBox.StandardButton.Ok


@pytest.fixture
def labelled(window: MainWindow) -> MainWindow:
    document = window.document
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 20, 20), 1, source=Provenance.HUMAN)
    document.save()
    return window


@pytest.fixture
def training(labelled: MainWindow, qtbot: QtBot) -> TrainDialog:
    dialog = TrainDialog(labelled.workbench, labelled)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_the_sensible_default_comes_first_with_its_reason(training: TrainDialog) -> None:
    assert training.network.currentData() == "unet"
    assert training.why_network.text() == NETWORKS["unet"].pick
    assert training.loss.currentData() == "ce+dice"
    assert "default" in training.why_loss.text()
    config = TrainConfig.parse(dict(training.config()))
    assert (config.network, config.loss, config.epochs) == ("unet", "ce+dice", 60)
    assert training.buttons.button(OK).isEnabled()


def test_every_network_and_loss_can_be_chosen_and_says_why(training: TrainDialog) -> None:
    assert [training.network.itemData(i) for i in range(training.network.count())] == list(NETWORKS)
    for place in range(training.network.count()):
        training.network.setCurrentIndex(place)
        assert training.why_network.text()
        entry = NETWORKS[training.network.currentData()]
        assert training.backbone.isHidden() != bool(entry.backbones), "nothing is asked where there is no choice"
        assert TrainConfig.parse(dict(training.config())).backbone == (entry.backbones[0] if entry.backbones else None)
    assert {training.loss.itemData(i) for i in range(training.loss.count())} == {*MIXTURES, *LOSSES}
    for place in range(training.loss.count()):
        training.loss.setCurrentIndex(place)
        assert training.why_loss.text()


def test_strokes_are_learned_with_the_loss_that_goes_with_them(training: TrainDialog) -> None:
    assert "supervision" not in training.config()
    training.source.setFocus()
    QTest.keyClick(training.source, Qt.Key.Key_Down)
    assert training.source.currentData() == "partial"
    assert "drawn pixels alone" in training.why_source.text()
    config = TrainConfig.parse(dict(training.config()))
    assert (config.supervision, config.loss) == ("partial", "partial_ce+crf")
    QTest.keyClick(training.source, Qt.Key.Key_Up)
    assert training.loss.currentData() == "ce+dice"


def test_time_instead_of_epochs(training: TrainDialog) -> None:
    training.length.setValue(5)
    training.unit.setCurrentIndex(training.unit.findData("minutes"))
    config = TrainConfig.parse(dict(training.config()))
    assert config.minutes == 5
    assert config.epochs is None


def test_more_options_unfold_and_only_changes_are_answered(training: TrainDialog) -> None:
    assert not training.rest.isVisible()
    QTest.mouseClick(training.more, Qt.MouseButton.LeftButton)
    assert training.rest.isVisible()
    assert set(training.config()) == {"network", "loss", "epochs"}
    batch = training.form.widgets["batch"]
    batch.setValue(8)  # type: ignore[attr-defined]
    training.augment.widgets["flip_vertical"].setChecked(True)  # type: ignore[attr-defined]
    config = TrainConfig.parse(dict(training.config()))
    assert config.batch == 8
    assert config.augment.flip_vertical
    assert config.augment.flip, "what was not touched keeps its default"


def test_whatever_is_changed_below_reaches_the_training(training: TrainDialog) -> None:
    """Every option, moved by the keyboard as a person would, is one that the trainer takes."""
    QTest.mouseClick(training.more, Qt.MouseButton.LeftButton)
    for form in (training.form, training.augment):
        for name, widget in form.widgets.items():
            if isinstance(widget, QCheckBox):
                QTest.keyClick(widget, Qt.Key.Key_Space)
            elif not isinstance(widget, QLineEdit):
                QTest.keyClick(widget, Qt.Key.Key_Up if getattr(widget, "currentIndex", int)() > 0 else Qt.Key.Key_Down)
                if name not in form.values():
                    QTest.keyClick(widget, Qt.Key.Key_Up)
    changed = {*training.form.values(), *training.augment.values()}
    assert changed >= {*MORE, *AUGMENT} - {"device"}
    training.network.setCurrentIndex(training.network.findData("deeplabv3plus"))
    config = TrainConfig.parse(dict(training.config()))
    assert config.augment != Augmentation()
    assert config.deterministic


def test_a_slow_running_mean_can_be_chosen(training: TrainDialog) -> None:
    QTest.mouseClick(training.more, Qt.MouseButton.LeftButton)
    field = training.form.widgets["ema"]
    assert isinstance(field, QDoubleSpinBox)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.999")
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert training.config()["ema"] == 0.999


def test_stages_are_frozen_only_where_there_is_a_backbone(training: TrainDialog) -> None:
    training.form.widgets["frozen_stages"].setValue(2)  # type: ignore[attr-defined]
    assert "no backbone" in training.problem.text()
    assert not training.buttons.button(OK).isEnabled()
    training.network.setCurrentIndex(training.network.findData("deeplabv3plus"))
    assert training.buttons.button(OK).isEnabled()
    assert training.config()["frozen_stages"] == 2


def test_options_of_the_network_are_typed_and_held_to_what_it_has(training: TrainDialog) -> None:
    QTest.mouseClick(training.more, Qt.MouseButton.LeftButton)
    field = training.form.widgets["network_options"]
    assert "channels of the first level" in field.toolTip()
    QTest.keyClicks(field, "width=32, up=bilinear")
    assert training.config()["network_options"] == {"width": 32, "up": "bilinear", "batch_norm": True}
    QTest.keyClicks(field, ", wid=3")
    assert "no option 'wid'" in training.problem.text()
    assert not training.buttons.button(OK).isEnabled()
    training.network.setCurrentIndex(training.network.findData("deeplabv3plus"))
    assert "output_stride" in field.toolTip()
    assert "network_options" not in training.config()
    assert training.buttons.button(OK).isEnabled()
    QTest.keyClicks(field, "output_stride")
    assert "are no options" in training.problem.text()


def test_the_last_options_of_the_network_are_offered_again(labelled: MainWindow, qtbot: QtBot) -> None:
    options = {"multi_grid": (1, 2, 4), "separable": True, "output_stride": 8}
    labelled.workbench.settings.training = {"network": "deeplabv3plus", "network_options": options}
    dialog = TrainDialog(labelled.workbench, labelled)
    qtbot.addWidget(dialog)
    assert dialog.config()["network_options"] == options


def test_the_last_choice_is_offered_first(labelled: MainWindow, qtbot: QtBot) -> None:
    labelled.workbench.settings.training = {
        "network": "deeplabv3plus", "backbone": "resnet18", "loss": "0.5*bce+dice", "minutes": 3, "batch": 2,
    }  # fmt: skip
    dialog = TrainDialog(labelled.workbench, labelled)
    qtbot.addWidget(dialog)
    config = dialog.config()
    assert config["network"] == "deeplabv3plus"
    assert config["backbone"] == "resnet18"
    assert config["loss"] == "0.5*bce+dice"
    assert config["minutes"] == 3
    assert config["batch"] == 2


def test_without_labels_there_is_nothing_to_learn_from(window: MainWindow, qtbot: QtBot) -> None:
    for dialog in (TrainDialog(window.workbench, window), ExportDialog(window.workbench, window)):
        qtbot.addWidget(dialog)
        dialog.show()
        assert not dialog.buttons.button(OK).isEnabled()
        assert "No image is labelled yet" in dialog.problem.text()


def test_boxes_alone_go_to_formats_of_boxes_only(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    document = window.document
    with document.edit("Box"):
        document.set_annotation(Annotation((Box(1, 2, 2, 9, 9),)))
    document.save()
    dialog = ExportDialog(window.workbench, window)
    qtbot.addWidget(dialog)
    dialog.show()
    for name, count in (("masks", 0), ("coco", 1)):
        dialog.format.setCurrentIndex(dialog.format.findData(name))
        assert dialog.lead.text() == f"Labelled images to export: {count}"
        assert dialog.buttons.button(OK).isEnabled() == bool(count)
    dialog.format.setCurrentIndex(dialog.format.findData("nifti"))
    assert dialog.problem.text().startswith("Nothing but boxes is there")


@pytest.fixture
def export(labelled: MainWindow, qtbot: QtBot) -> ExportDialog:
    dialog = ExportDialog(labelled.workbench, labelled)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_every_format_shows_its_use_and_its_own_options(export: ExportDialog) -> None:
    assert [export.format.itemData(i) for i in range(export.format.count())] == list(EXPORTERS)
    for place, (name, entry) in enumerate(EXPORTERS.items()):
        export.format.setCurrentIndex(place)
        assert export.summary.text() == entry.summary
        assert set(export.options.options) <= set(entry.options.model_fields)
        answer = export.answer()
        assert answer.format == name
        assert answer.target.name == f"discs-{name}", "the folder follows the format"
        entry.options(**answer.options)


def test_a_folder_of_one_s_own_choice_stays(export: ExportDialog, tmp_path: Path) -> None:
    export.target.setText(str(tmp_path / "mine"))
    export.format.setCurrentIndex(1)
    assert export.answer().target == tmp_path / "mine"


def test_what_is_there_is_not_overwritten_unasked(export: ExportDialog, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").write_text("mine")
    export.target.setText(str(taken))
    assert not export.buttons.button(OK).isEnabled()
    assert "taken is not empty" in export.problem.text()
    export.options.widgets["overwrite"].setChecked(True)  # type: ignore[attr-defined]
    assert export.buttons.button(OK).isEnabled()
    export.target.setText(str(taken / "file"))
    assert "is a file" in export.problem.text()
    export.target.clear()
    assert not export.buttons.button(OK).isEnabled()


def test_nothing_is_exported_into_the_project_itself(
    labelled: MainWindow, export: ExportDialog, project_folder: Path, qtbot: QtBot
) -> None:
    for inside in (project_folder, project_folder / "labels", project_folder / ".." / project_folder.name / "new"):
        export.target.setText(str(inside))
        assert "in the project's own folder" in export.problem.text()
        assert not export.buttons.button(OK).isEnabled()
    before = sorted(project_folder.rglob("*"))
    labelled.trigger("export.dataset", format="coco", target=project_folder / "labels")
    qtbot.waitUntil(lambda: "in the project's own folder" in labelled.notice.text, timeout=30_000)
    assert sorted(project_folder.rglob("*")) == before


def test_a_place_that_is_half_typed_is_no_mistake(export: ExportDialog) -> None:
    export.target.clear()
    QTest.keyClicks(export.target, "~nobody-has-this-name/data")
    assert export.answer().target == Path("~nobody-has-this-name/data")


def test_return_exports_once_another_format_has_its_own_folder(
    labelled: MainWindow, export: ExportDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "discs-masks").mkdir()
    (tmp_path / "discs-masks" / "segstudio.json").touch()
    export.close()
    dialog = ExportDialog(labelled.workbench, labelled)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    assert not dialog.buttons.button(OK).isEnabled(), "the folder of the last export is taken"
    qtbot.waitUntil(lambda: dialog.focusWidget() is dialog.format)
    QTest.keyClick(dialog.format, Qt.Key.Key_Down)
    assert dialog.buttons.button(OK).isEnabled()
    assert [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()].count("Shapes") <= 1
    QTest.keyClick(dialog.format, Qt.Key.Key_Return)
    assert dialog.result() == ExportDialog.DialogCode.Accepted


def test_fewer_options_leave_no_gaps_between_the_fields(export: ExportDialog, qtbot: QtBot) -> None:
    for name in ("pseudo_labels", "coco_panoptic"):  # many options, then few
        export.format.setCurrentIndex(export.format.findData(name))
        qtbot.wait(50)
    lines = (export.lead, export.format, export.summary, export.target, *export.options.widgets.values())
    shown = sorted((place(line, export) for line in lines), key=lambda line: line.top())
    assert max(below.top() - above.bottom() for above, below in pairwise(shown)) < 24
    names = [label for label in (*export._labels.values(), *export.options.labels) if label.text()]
    assert len({place(name, export).right() for name in names}) == 1, "the names stand in one column"


def test_many_options_are_given_their_room(export: ExportDialog, qtbot: QtBot) -> None:
    export.format.setCurrentIndex(export.format.findData("pseudo_labels"))
    qtbot.waitUntil(lambda: all(w.height() >= w.sizeHint().height() for w in export.options.widgets.values()))


def place(widget: QWidget, dialog: QWidget) -> QRect:
    return QRect(widget.mapTo(dialog, QPoint(0, 0)), widget.size())
