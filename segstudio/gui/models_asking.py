"""Acts on the network that predicts: loading one, choosing a published one, its classes, predicting with options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from segstudio.gui.panels.samples import SamplesPanel
from segstudio.learning.class_mapping import parse_mapping
from segstudio.learning.model_description import ModelDescription, classes_from

if TYPE_CHECKING:
    from segstudio.gui.main_window import MainWindow


def load_model(window: MainWindow, path: str | Path | None, mapping: str | None = None, **told: Any) -> None:
    """Predict with another network from now on. *told* are fields of a ``ModelDescription``, *mapping* is
    ``"person=pedestrian"``; with *path* given nobody is asked, else the classes are where they are not the project's.
    """
    ask = path is None
    if path is None:
        from segstudio.gui.dialogs.files import ask_model

        path = ask_model(window.workbench, window)
    if path is None:
        return
    bench, model = window.workbench, Path(path)

    def loaded(facts: Mapping[str, Any]) -> None:
        document = bench.document
        if document is None:
            return
        with bench.reporting("load the model"):
            if mapping is not None:
                theirs = classes_from(list(facts["classes"]))
                bench.prediction.models.set_mapping(model, parse_mapping(mapping, theirs, document.classes), theirs)
            bench.message.emit(QCoreApplication.translate("Asking", "Predicting with {0}").format(model.name))
            if ask and not bench.prediction.models.is_own(model):
                _ask_classes(window, model, facts)

    with bench.reporting("load the model"):
        description = ModelDescription.model_validate(told) if told else None
        bench.prediction.load(model, description, loaded)


def pretrained(window: MainWindow) -> None:
    """Choose a published network and say what its classes become."""
    from segstudio.gui.dialogs.models import ask_model

    path = ask_model(window.workbench, window)
    if path is not None:
        window.workbench.prediction.load(path, None, lambda facts: _ask_classes(window, path, facts))


def model_classes(window: MainWindow) -> None:
    """Say what the classes of the network at hand become."""
    bench = window.workbench
    model = bench.prediction.models.current()
    if model is None:
        return
    with bench.reporting("open the model"):
        description = bench.prediction.models.description(model)
        bench.prediction.look(
            model,
            description,
            lambda facts: _ask_classes(window, model, facts),
            lambda error: bench.report(error, "open the model"),
        )


def _ask_classes(window: MainWindow, model: Path, facts: Mapping[str, Any]) -> None:
    from segstudio.gui.dialogs.class_map import ask_class_map

    bench = window.workbench
    told = ask_class_map(bench, model, facts, window)
    if told is None or bench.document is None:
        return
    theirs = classes_from(list(facts["classes"]))
    with bench.reporting("load the model"):
        bench.prediction.models.set_mapping(model, told.mapping, theirs)
        if told.description is not None and told.description != bench.prediction.models.description(model):
            bench.prediction.load(model, told.description)


def predict_with(window: MainWindow) -> None:
    """Choose images and options, then predict."""
    from segstudio.gui.dialogs.predict import ask_prediction

    asked = ask_prediction(window.workbench, selected(window), window, window.trigger)
    if asked is None:
        return
    if asked.samples is None:
        window.workbench.prediction.predict()
    else:
        window.workbench.prediction.predict_many(asked.samples)


def selected(window: MainWindow) -> Sequence[int]:
    """The samples that are selected in the list; the one at hand where none is."""
    panel = window.panel("samples")
    return panel.selected() if isinstance(panel, SamplesPanel) else ()
