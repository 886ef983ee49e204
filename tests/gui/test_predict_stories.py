"""Stories of someone who lets networks label: their own, one of others, all images, and stops half-way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from segstudio.app.worker import Worker
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.class_map import ClassMapDialog
from segstudio.gui.panels.layers import LayersPanel
from segstudio.gui.panels.samples import SamplesPanel
from segstudio.io.project import Project
from segstudio.learning.checkpoint import save_checkpoint
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.data import Normalisation
from segstudio.learning.networks import create_network

WAIT = 90_000
CLASSES = LabelSet.named(["background", "pedestrian", "car"])
COUNT = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    paths = []
    for i in range(COUNT):
        paths.append(tmp_path / f"street-{i}.png")
        pixels = np.random.default_rng(i).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(paths[-1])
    Project.create(tmp_path / "street", CLASSES, paths).close()
    return tmp_path / "street.segstudio"


class _Shared(Worker):
    """One child process for all stories: starting it costs seconds."""

    def close(self) -> None:
        """It is ended by the fixture."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    shared = _Shared()
    yield shared
    Worker.close(shared)


@pytest.fixture(autouse=True)
def one_worker(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segstudio.app.prediction.Worker", lambda: worker)


@pytest.fixture
def street(make_window: Callable[[Path | None], MainWindow], folder: Path) -> MainWindow:
    return make_window(folder)


def settled(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)


def theirs(path: Path) -> Path:
    """A model of others: reddest, greenest or bluest; its classes stand beside it."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    kinds, info = onnx.TensorProto, onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Mul", ["image", "ten"], ["logits"])],
        "colours",
        [info("image", kinds.FLOAT, ["n", 3, "h", "w"])],
        [info("logits", kinds.FLOAT, ["n", 3, "h", "w"])],
        [onnx.numpy_helper.from_array(np.float32(10).reshape(1), "ten")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    path.with_suffix(".json").write_text('{"classes": ["Person", "cars", "tree"], "normalisation": "unit"}')
    return path


def own(window: MainWindow) -> Path:
    """A network that was trained in the project."""
    torch.manual_seed(0)
    network = create_network("unet", 3, 3, width=4, depth=2)
    scale = Normalisation("dataset", (0.0,) * 3, (255.0,) * 3, (120.0,) * 3, (60.0,) * 3)
    project = window.document.project
    run = project.new_run("unet", {})
    save_checkpoint(run.checkpoint, network, classes=CLASSES, config={"normalisation": scale.to_json()})
    project.finish_run(run.id, "done", {})
    return run.checkpoint


def test_a_model_of_others_labels_with_the_projects_classes(street: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    labels = street.document.labels
    with street.document.edit("Brush"):
        labels.write(Region(0, 0, 10, 10), 0, source=Provenance.HUMAN)
    street.trigger("model.load", path=theirs(tmp_path / "colours.onnx"))
    settled(street, qtbot)
    assert street.notice.text == ""
    street.trigger("model.predict")
    settled(street, qtbot)
    assert street.document.image is not None
    reddest = street.document.image.whole().argmax(-1)
    expected = np.array([1, 2, UNLABELLED])[reddest]
    expected[:10, :10] = 0
    np.testing.assert_array_equal(street.document.labels.ids, expected)
    assert (labels.provenance[:10, :10] == Provenance.HUMAN).all(), "what a person drew stays"

    street.show_panel("layers")
    panel = street.panel("layers")
    assert isinstance(panel, LayersPanel)
    shown = []
    for place in range(panel.map.count()):
        panel.map.setCurrentIndex(place)
        panel.map.activated.emit(place)
        assert street.document.confidence is not None
        shown.append(street.document.confidence)
        assert 0 <= shown[-1].min() <= shown[-1].max() <= 1
    assert len({array.tobytes() for array in shown}) == len(shown), "each map is another one"
    assert street.canvas.layer_visible("confidence")

    street.trigger("edit.undo")
    assert not (street.document.labels.provenance == Provenance.MODEL).any()


def test_the_classes_of_a_model_are_changed_and_kept(street: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = theirs(tmp_path / "colours.onnx")
    street.trigger("model.load", path=path, mapping="tree=pedestrian")
    settled(street, qtbot)
    models = street.workbench.prediction.models
    facts = models.facts(path)
    assert facts is not None
    dialog = ClassMapDialog(street.workbench, path, facts, street)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.answer().mapping == ClassMapping({2: 1})
    QTest.mouseClick(dialog.suggest, Qt.MouseButton.LeftButton)
    assert dialog.answer().mapping == ClassMapping({0: 1, 1: 2}), "Person is pedestrian, cars are car"
    dialog.choices[2].setCurrentText("background")
    dialog.rest.setCurrentText("car")
    dialog.intensities.setCurrentIndex(dialog.intensities.findData("byte"))
    told = dialog.answer()
    assert told.mapping == ClassMapping({0: 1, 1: 2, 2: 0}, rest=2)
    assert told.description is not None
    assert told.description.normalisation == "byte"


def test_a_file_that_is_no_model_changes_nothing(street: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    before = street.workbench.prediction.models.current()
    (tmp_path / "bad.onnx").write_text("hello")
    street.trigger("model.load", path=tmp_path / "bad.onnx")
    settled(street, qtbot)
    assert "bad.onnx" in street.notice.text
    assert street.workbench.prediction.models.current() == before


def test_predict_some_then_all_each_as_one_step_of_undo(street: MainWindow, qtbot: QtBot) -> None:
    own(street)
    document, ids = street.document, list(street.document.project.sample_ids())
    street.show_panel("samples")
    panel = street.panel("samples")
    assert isinstance(panel, SamplesPanel)
    model = panel.view.selectionModel()
    model.select(panel.model.index(1), model.SelectionFlag.ClearAndSelect)
    model.select(panel.model.index(3), model.SelectionFlag.Select)
    street.trigger("model.predict_selected")
    settled(street, qtbot)
    predicted = [i for i in ids if document.project.has_labels(i)]
    assert predicted == [ids[1], ids[3]]
    assert document.project.sample(ids[1]).uncertainty is not None

    document.goto(ids[1])
    assert (document.labels.provenance == Provenance.MODEL).all()
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 5, 64), 2, source=Provenance.HUMAN)
    document.goto(ids[0])
    drawn = []
    street.canvas.layers_changed.connect(lambda: drawn.append(1))
    for sample_id in ids:
        document.project.set_state(sample_id, SampleState.TODO)
    street.trigger("model.predict_all")
    settled(street, qtbot)
    assert all(document.project.has_labels(i) for i in ids if i != ids[0])
    assert not drawn, "the canvas is not built anew for images that are not shown"
    document.save()
    stored = document.project.stored([ids[1]])[0]
    assert (stored.ids()[:5] == 2).all()
    assert (stored.provenance()[:5] == Provenance.HUMAN).all(), "what a person drew stays"
    steps = 0
    while document.history.can_undo:
        street.trigger("edit.undo")
        steps += 1
    assert steps == 2 + 1 + COUNT - 2, "two were predicted to the same labels again, which is no step"
    document.save()
    for sample_id in ids:
        document.goto(sample_id)
        assert (document.labels.ids == UNLABELLED).all()


def test_predicting_all_spares_a_locked_class_in_every_image_and_names_what_cannot_be_read(
    street: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    own(street)
    document, ids = street.document, list(street.document.project.sample_ids())
    for sample_id in ids[:2]:
        document.goto(sample_id)
        with document.edit("Predict"):
            document.labels.write(Region(0, 0, 5, 64), 2, source=Provenance.MODEL)
    document.goto(ids[0])
    for sample_id in ids:
        document.project.set_state(sample_id, SampleState.TODO)
    document.set_active_class(2)
    QTest.keyClick(street.canvas, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert document.locked == {2}
    (folder.parent / "street-3.png").write_bytes(b"no image")
    street.trigger("model.predict_all")
    settled(street, qtbot)
    assert "1 of 5 images cannot be read and were left out: street-3.png" in street.notice.text
    document.save()
    for sample_id in ids[:2]:
        stored = document.project.stored([sample_id])[0]
        assert (stored.ids()[:5] == 2).all()
        assert (stored.ids()[5:] != UNLABELLED).all()


def test_stopping_half_way_keeps_what_was_written(street: MainWindow, qtbot: QtBot) -> None:
    own(street)
    document = street.document
    labelled: list[int] = []
    could: list[bool] = []

    def stop_at_the_second(sample_id: int) -> None:  # at once: small images are all predicted before the next event
        labelled.append(sample_id)
        if len(labelled) == 2:
            could.append(street.action("jobs.stop").isEnabled())
            street.trigger("jobs.stop")

    document.sample_updated.connect(stop_at_the_second)
    street.workbench.prediction.predict_everything()
    qtbot.waitUntil(lambda: bool(could), timeout=WAIT)
    assert could == [True]
    settled(street, qtbot)
    written = [i for i in document.project.sample_ids() if document.project.has_labels(i)]
    assert written or (document.labels.provenance == Provenance.MODEL).any()
    street.trigger("model.predict")
    settled(street, qtbot)
    assert (document.labels.provenance == Provenance.MODEL).any(), "the next one goes on as if nothing were"


def test_predict_with_options(street: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from segstudio.gui.dialogs.predict import PredictDialog

    seen: list[PredictDialog] = []

    def answer(dialog: PredictDialog) -> int:
        seen.append(dialog)
        dialog.clean.setChecked(True)
        dialog.scales.setCurrentIndex(1)
        dialog.images["unlabelled"].setChecked(True)
        return int(QDialog.DialogCode.Accepted)

    monkeypatch.setattr(PredictDialog, "exec", answer)
    asked: list[list[int]] = []
    monkeypatch.setattr(street.workbench.prediction, "predict_many", lambda ids: asked.append(list(ids)))
    street.trigger("model.predict_with")
    (dialog,) = seen
    assert not dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled(), "there is no network yet"
    assert "train one first" in dialog.problem.text()
    checkpoint = own(street)
    street.workbench.prediction.models.changed.emit()
    assert dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled()
    assert dialog.model.text().startswith(checkpoint.parent.name)
    assert not dialog.classes.isEnabled(), "a network of the project has the project's classes"
    assert asked == [list(street.document.project.sample_ids())]
    options = street.workbench.prediction.options()
    assert options.clean
    assert options.scales == (0.75, 1.0, 1.25)
    dialog.form.widgets["device"].setText("tpu")  # type: ignore[attr-defined]
    QApplication.processEvents()
    assert dialog.options()["device"] == "tpu"


def test_labels_are_compared_with_the_network_and_stay_as_they_are(street: MainWindow, qtbot: QtBot) -> None:
    own(street)
    document = street.document
    with document.edit("Import"):
        document.labels.write(document.labels.region, 1, source=Provenance.IMPORTED)
    before = document.labels.ids.copy()
    edits = document.history.next_undo
    street.trigger("model.compare")
    settled(street, qtbot)
    said = document.prediction()
    assert said is not None
    assert said.shape == before.shape
    assert street.canvas.layer_visible("errors")
    np.testing.assert_array_equal(document.labels.ids, before)
    assert document.history.next_undo is edits
