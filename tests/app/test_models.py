"""Which network predicts, and what its classes become, is kept in the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.prediction import as_confidence
from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.io.project import Project
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.model_description import ModelDescription

CLASSES = LabelSet.named(["background", "pedestrian", "car"])
THEIRS = LabelSet.named(["person", "tree"])
FACTS = {"classes": THEIRS.to_json()["classes"], "calibrated": False}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(tmp_path / "a.png")
    Project.create(tmp_path / "street", CLASSES, [tmp_path / "a.png"]).close()
    return tmp_path / "street.segstudio"


@pytest.fixture
def bench(folder: Path) -> Iterator[Workbench]:
    workbench = Workbench(lambda function: function())
    assert workbench.open_project(folder)
    yield workbench
    workbench.shut_down()


def test_a_chosen_model_and_its_classes_outlive_the_session(bench: Workbench, folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "theirs.onnx"
    model.write_bytes(b"x")
    models = bench.prediction.models
    assert models.current() is None
    models.choose(model, ModelDescription(normalisation="byte", mean=(1.0,)))
    assert models.mapping(model, FACTS, CLASSES, models.stored_mappings()) == ClassMapping({0: 1}), "by name at first"
    models.set_mapping(model, ClassMapping({1: 2}, rest=0), THEIRS)
    bench.close_project()
    assert bench.open_project(folder)
    assert models.current() == model
    assert models.description(model) == ModelDescription(normalisation="byte", mean=(1.0,))
    assert models.mapping(model, FACTS, CLASSES, models.stored_mappings()) == ClassMapping({1: 2}, rest=0)
    model.unlink()
    assert models.current() is None, "a file that is gone is not predicted with"


def test_a_network_of_the_project_keeps_its_classes(bench: Workbench, folder: Path) -> None:
    models = bench.prediction.models
    own = folder / "runs" / "1" / "best.safetensors"
    assert models.is_own(own)
    assert models.mapping(own, FACTS, CLASSES, {own.name: {"targets": {}}}) == ClassMapping.same(CLASSES)


def test_a_damaged_description_is_told_by_name(bench: Workbench, tmp_path: Path) -> None:
    assert bench.document is not None
    model = tmp_path / "theirs.onnx"
    bench.document.project.set_setting("model", {"path": str(model), "description": {"output": "soup"}})
    with pytest.raises(FormatError, match=r"theirs\.onnx: output"):
        bench.prediction.models.description(model)


def test_choices_that_are_not_valid_any_more_become_the_defaults(bench: Workbench) -> None:
    bench.settings.prediction = {"tta": True}
    assert bench.prediction.options().tta
    bench.settings.prediction = {"backend": "gone"}
    assert not bench.prediction.options().tta


def test_maps_are_shown_as_how_sure_a_pixel_is() -> None:
    values = np.array([[-1.0, 0.0, 0.5, 1.0, 7.0]], np.float32)
    np.testing.assert_allclose(as_confidence("ood", values), [[1, 1, 0.75, 0, 0]])
    shares = np.array([[0.0, 0.25, 1.0]], np.float32)
    np.testing.assert_allclose(as_confidence("entropy", shares), [[1, 0.75, 0]])
    np.testing.assert_allclose(as_confidence("margin", shares), shares)
