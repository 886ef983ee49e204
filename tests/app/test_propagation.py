"""What a person chooses about propagation decides the result, is remembered, and can be reset."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segstudio.algorithms.boxes import BOX_METHODS
from segstudio.algorithms.scribbles import PROPAGATORS
from segstudio.algorithms.scribbles.combination import GROUPS
from segstudio.app.document import Document
from segstudio.app.propagation_choices import BOX_CHOICES, EMPHASIS, SCRIBBLE_CHOICES, arguments
from segstudio.app.tuning import MODEL, TuningState
from segstudio.core.annotation import Annotation, Box, ImageTag, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from tests.app.conftest import Bench

SHAPE = 64, 80


def picture(seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, 5, (*SHAPE, 3))
    return np.clip(np.where(disc(seed)[..., None], (210, 160, 60), (30, 40, 90)) + noise, 0, 255).astype(np.uint8)


def disc(seed: int = 0) -> NDArray[np.bool_]:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    found: NDArray[np.bool_] = (y - 32) ** 2 + (x - 40 - seed) ** 2 < (16 + seed) ** 2
    return found


@pytest.fixture
def document(bench: Bench, tmp_path: Path) -> Document:
    files = []
    for seed in range(4):
        files.append((tmp_path / f"{seed}.tif", 0))
        tifffile.imwrite(files[-1][0], picture(seed), photometric="rgb")
    bench.settings.propagation = {}
    assert bench.new_project(tmp_path / "p", LabelSet.named(["ground", "disc"]), files)
    assert bench.document is not None
    return bench.document


def draw(document: Document) -> None:
    with document.edit("Brush"):
        document.labels.write(Region(4, 4, 6, 70), 0, source=Provenance.HUMAN)
        document.labels.write(Region(31, 36, 33, 46), 1, source=Provenance.HUMAN)


def quiet(bench: Bench) -> None:
    bench.work_until(lambda: not bench.jobs.busy)


def test_every_choice_is_a_method_with_its_options() -> None:
    assert set(SCRIBBLE_CHOICES) == set(PROPAGATORS)
    # methods that need a network's probabilities are no first step
    assert set(BOX_CHOICES) == {name for name, method in BOX_METHODS.items() if not method.needs_probabilities}
    for choice in SCRIBBLE_CHOICES.values():
        run = inspect.signature(PROPAGATORS[choice.name].run)
        for knob in choice.knobs:
            assert knob.low <= knob.default <= knob.high
            group = knob.name.removeprefix(EMPHASIS)
            if group != knob.name:
                assert group in {*GROUPS, "network", "others"}
                continue
            default = run.parameters[knob.name].default
            assert default is None or default == knob.default
    assert {k.name for k in SCRIBBLE_CHOICES["auto"].knobs if k.name.startswith(EMPHASIS)} == {
        EMPHASIS + group for group in (*GROUPS, "network", "others")
    }


def test_only_what_differs_from_the_defaults_is_said() -> None:
    values = {"smoothness": 1.5, "emphasis.colour": 0.0, "emphasis.place": 2.0, "unknown": 3.0}
    assert arguments(SCRIBBLE_CHOICES["auto"], values) == {"emphasis": {"colour": 0.0, "place": 2.0}}
    assert arguments(SCRIBBLE_CHOICES["grabcut"], {"iterations": 5.0}) == {"iterations": 5}
    assert arguments(SCRIBBLE_CHOICES["voronoi"], {}) == {}


def test_the_method_in_hand_runs_and_knobs_are_kept_for_each(bench: Bench, document: Document) -> None:
    used: list[str] = []
    bench.propagation.finished.connect(lambda method, _: used.append(method))
    draw(document)
    bench.propagation.method = "voronoi"
    bench.propagation.scribbles()
    quiet(bench)
    nearest = document.labels.classes()
    bench.propagation.method = "random_walker"
    knob = SCRIBBLE_CHOICES["random_walker"].knobs[0]
    bench.propagation.turn(knob, 5000)
    assert bench.propagation.value(knob) == knob.high
    bench.propagation.scribbles()
    quiet(bench)
    assert used == ["voronoi", "random_walker"]
    assert (nearest != document.labels.classes()).any()
    assert not bench.failures
    bench.propagation.reset()
    assert bench.propagation.method == "auto"
    bench.propagation.method = "random_walker"
    assert bench.propagation.value(knob) == knob.default


def test_a_drawn_class_that_its_tag_denies_is_one_clear_error(bench: Bench, document: Document) -> None:
    draw(document)
    with document.edit("Tags"):
        document.set_annotation(Annotation(tags=(ImageTag(1, False),)))
    bench.propagation.scribbles()
    quiet(bench)
    assert [str(error) for error in bench.failures] == [
        "disc is drawn, but its tag says that it is not in this image: change one of the two"
    ]
    assert not (document.labels.provenance == Provenance.PROPAGATED).any()


def test_a_box_of_a_class_that_its_tag_denies_is_one_clear_error(bench: Bench, document: Document) -> None:
    with document.edit("Box"):
        document.set_annotation(Annotation(boxes=(Box(1, 10, 10, 30, 30),), tags=(ImageTag(1, False),)))
    bench.propagation.boxes()
    quiet(bench)
    assert [str(error) for error in bench.failures] == [
        "disc is drawn, but its tag says that it is not in this image: change one of the two"
    ]
    assert not (document.labels.provenance == Provenance.PROPAGATED).any()


def test_accepted_images_teach_and_a_person_decides(bench: Bench, document: Document, tmp_path: Path) -> None:
    for seed in range(3):
        draw(document)
        truth = disc(seed).astype(np.uint16)
        with document.edit("Correct"):
            document.labels.write(document.labels.region, truth, source=Provenance.MODEL)
        document.set_state(SampleState.REVIEWED)
        if seed < 2:
            assert bench.tuning.state is TuningState.IDLE  # nothing could be held out yet
        bench.next()
    bench.work_until(lambda: bench.tuning.state in (TuningState.OFFERED, TuningState.NO_GAIN))
    model = document.project.folder / MODEL
    assert not model.exists()  # nobody has agreed
    if bench.tuning.state is TuningState.NO_GAIN:
        assert bench.tuning.offer is None
        return
    assert bench.tuning.offer is not None
    assert bench.tuning.offer.after > bench.tuning.offer.before
    bench.tuning.adopt()
    assert bench.tuning.model_file == model
    draw(document)
    bench.propagation.scribbles()
    quiet(bench)
    assert ((document.labels.classes() == 1) == disc(3)).mean() > 0.9
    assert not bench.failures
    bench.tuning.forget()
    assert bench.tuning.model_file is None


def test_a_damaged_tuned_model_is_said_in_one_sentence(bench: Bench, document: Document) -> None:
    (document.project.folder / MODEL).write_bytes(b"no model")
    draw(document)
    bench.propagation.scribbles()
    quiet(bench)
    assert len(bench.failures) == 1
    assert "is not a tuned scribble model" in str(bench.failures[0])


def test_the_confidence_goes_with_the_labels_that_it_is_of(bench: Bench, document: Document) -> None:
    draw(document)
    bench.propagation.scribbles()
    quiet(bench)
    assert document.confidence is not None
    with document.edit("Brush"):
        document.labels.write(Region(58, 4, 60, 70), 0, source=Provenance.HUMAN)
    bench.undo()
    assert document.confidence is not None, "a stroke that is taken back leaves it"
    bench.undo()
    assert document.confidence is None


def test_previews_do_not_learn_from_the_result_of_another_image(
    bench: Bench, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    believed: list[object] = []
    monkeypatch.setattr(bench.live, "believe", believed.append)
    draw(document)
    first, second = document.project.sample_ids()[:2]
    bench.propagation.scribbles()
    document.goto(second)
    quiet(bench)
    assert believed == []
    document.goto(first)
    bench.propagation.scribbles()
    quiet(bench)
    assert len(believed) == 1
