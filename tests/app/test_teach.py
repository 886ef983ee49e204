"""Teach mode without a window: rounds, pre-labels beside the labels, and what a person's pixels are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.app.teach import Phase
from segstudio.app.teach_rounds import MOST_IN_A_ROW, Round
from segstudio.core.annotation import SampleState
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.project import Project
from segstudio.io.project.predictions import write_prediction
from tests.app.conftest import Bench
from tests.app.test_training import CLASSES, disc

TINY: dict[str, Any] = {
    "network_options": {"width": 8, "depth": 2, "batch_norm": True},
    "epochs": 2, "crop": 48, "batch": 4, "lr": 1e-2, "threads": 1, "device": "cpu", "amp": "off",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of eight images that nobody has begun."""
    project = Project.create(tmp_path / "discs", CLASSES)
    for seed in range(8):
        Image.fromarray(disc(seed)[0]).save(tmp_path / f"disc-{seed}.png")
        project.add_samples([(tmp_path / f"disc-{seed}.png", 0)])
    project.close()
    return tmp_path / "discs.segstudio"


def draw(document: Document, inside: np.ndarray) -> None:
    with document.edit("Brush"):
        document.labels.write(document.labels.region, inside.astype(np.uint16), source=Provenance.HUMAN)


def accept_two(bench: Bench) -> Document:
    """Label and accept the first two images; the third is at hand."""
    document = bench.document
    assert document is not None
    for seed in range(2):
        document.goto(seed + 1)
        draw(document, disc(seed)[1])
        document.set_state(SampleState.REVIEWED)
    document.goto(3)
    return document


def predicted(project: Project, sample_id: int, labels: np.ndarray, sure: float = 1.0) -> None:
    write_prediction(project.sample_folder(sample_id), labels, np.full(labels.shape, sure, np.float32))


@pytest.mark.slow
def test_rounds_learn_from_what_is_accepted_and_label_ahead(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = accept_two(bench)
    bench.teach.start(**TINY | {"epochs": 8})
    bench.work_until(lambda: bench.teach.phase is Phase.READY)
    assert bench.failures == []
    assert bench.teach.rounds == [Round(1, 2, bench.teach.rounds[0].miou)]
    assert bench.teach.pre_labelled == 6
    assert (document.labels.provenance == Provenance.MODEL).all(), "the image at hand is labelled at once"
    assert document.history.next_undo is not None
    assert document.history.next_undo.name == "Pre-label"
    assert document.confidence is not None
    assert set(bench.teach.scores) == {3, 4, 5, 6, 7, 8}
    assert all(s.uncertainty is not None for s in document.project.samples()[2:])

    # correct and accept it: another round follows by itself, from the weights of the first
    corner = np.zeros((48, 48), bool)
    corner[:6, :6] = True
    with document.edit("Brush"):
        document.labels.write(document.labels.region, 1, corner, source=Provenance.HUMAN)
    bench.teach.accept()
    assert document.sample is not None
    best = max((i for i in bench.teach.scores if i != 3), key=bench.teach.scores.__getitem__)
    assert document.sample.id == best
    assert bench.teach.rounds[0].corrected[0] > 0
    bench.work_until(lambda: len(bench.teach.rounds) == 2 and bench.teach.phase is Phase.READY)
    assert bench.teach.rounds[1].images == 3
    kept = document.project.load_labels(3, (48, 48), {})
    assert (kept.ids[corner] == 1).all()
    assert (kept.provenance[corner] == Provenance.HUMAN).all()
    (run,) = document.project.runs()
    assert run.name == "teach"
    assert run.checkpoint.is_file(), "Predict uses what was taught"
    bench.teach.stop()
    assert not bench.jobs.busy


def test_a_pre_label_is_one_edit_and_leaves_no_trace_when_nobody_touched_it(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(3)[1].astype(np.uint16)
    predicted(document.project, 4, labels)
    bench.teach.start()
    assert bench.teach.phase is Phase.WAITING
    document.goto(4)
    assert (document.labels.ids == labels).all()
    assert (document.labels.provenance == Provenance.MODEL).all()
    document.goto(5)
    assert document.project.sample(4).state is SampleState.TODO
    assert not document.history.can_undo
    assert (document.project.load_labels(4, (48, 48), {}).ids == UNLABELLED).all()
    predicted(document.project, 4, 1 - labels)
    document.goto(4)
    assert (document.labels.ids == 1 - labels).all(), "the newer prediction"
    bench.undo()
    assert (document.labels.ids == UNLABELLED).all()
    document.goto(5)
    document.goto(4)
    assert (document.labels.ids == UNLABELLED).all(), "what a person took back does not come again"


def test_a_sample_that_somebody_began_gets_no_pre_label(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    document.goto(4)
    stroke = np.full((48, 48), UNLABELLED, np.uint16)
    stroke[20, 10:30] = 1
    with document.edit("Brush"):
        document.labels.write(document.labels.region, stroke, stroke == 1, source=Provenance.HUMAN)
    predicted(document.project, 4, np.zeros((48, 48), np.uint16))
    document.goto(5)
    bench.teach.start()
    document.goto(4)
    assert (document.labels.ids == stroke).all()


def test_with_too_little_accepted_it_waits(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    for sample_id in (1, 2):
        document.goto(sample_id)
        draw(document, np.zeros((48, 48)))
        document.set_state(SampleState.DONE)
    bench.teach.start()
    assert bench.teach.phase is Phase.WAITING, "one class alone teaches nothing"
    assert bench.teach.accepted == 2
    assert not bench.training.running


def test_rounds_learn_from_masks_whatever_the_last_training_learned_from(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    bench.settings.training = {"network": "unet", "loss": "partial_ce+crf", "supervision": "partial", "batch": 2}
    assert "supervision" not in bench.teach.recipe()
    assert "loss" not in bench.teach.recipe()
    assert bench.teach.recipe()["batch"] == 2
    bench.settings.training = {"loss": "focal"}
    assert bench.teach.recipe()["loss"] == "focal"


def test_next_goes_to_what_would_teach_most_and_previous_back(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    bench.teach.start()
    bench.teach.scores = {5: 0.2, 7: 0.9}
    seen = []
    for _ in range(2):
        bench.next()
        assert document.sample is not None
        seen.append(document.sample.id)
    assert seen == [7, 5]
    bench.previous()
    assert document.sample.id == 7
    bench.teach.stop()
    bench.next()
    assert document.sample.id == 8, "the order of the list again"


def test_stopping_the_training_stops_teaching(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    accept_two(bench)
    bench.teach.start(**TINY)
    assert bench.teach.phase is Phase.TRAINING
    bench.training.stop()
    bench.work_until(lambda: not bench.teach.on)
    assert not bench.training.running
    assert bench.teach.rounds == []


@pytest.mark.slow
def test_a_round_that_runs_out_of_memory_is_said_and_ends_teaching(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    accept_two(bench)
    bench.teach.start(**TINY)
    worker = bench.training.child()
    bench.work_until(lambda: bool(bench.training.metrics))
    assert worker._process is not None
    worker._process.kill()  # as the system does when memory runs out
    bench.work_until(lambda: not bench.teach.on)
    assert "memory ran out" in str(bench.failures[0])
    bench.teach.start(**TINY)
    bench.work_until(lambda: bench.teach.phase is Phase.READY)
    assert [one.images for one in bench.teach.rounds] == [2], "what was not learned is learned now"


def test_strokes_correct_a_pre_label_that_nobody_took_back(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(3)[1].astype(np.uint16)
    predicted(document.project, 4, labels)
    assert bench.teach.corrected(4) is None, "off"
    bench.teach.start()
    document.goto(4)
    found = bench.teach.corrected(4)
    assert found is not None
    assert (found.labels == labels).all()
    assert bench.teach.corrected(5) is None, "another image"
    bench.undo()
    assert bench.teach.corrected(4) is None, "a person would have none of it"
    bench.redo()
    assert bench.teach.corrected(4) is not None


@pytest.mark.parametrize("again", [False, True])
def test_a_pre_label_is_corrected_also_after_the_program_was_closed(bench: Bench, folder: Path, again: bool) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    truth = disc(3)[1].astype(np.uint16)
    wrong = np.zeros_like(truth)  # the disc is missed
    wrong[-4:, -4:] = 1
    predicted(document.project, 4, wrong)
    bench.teach.start()
    document.goto(4)
    predicted(document.project, 4, 1 - truth)  # a round that was on its way when the image was opened
    middle = round(np.nonzero(truth == 1)[0].mean())
    strokes = np.zeros(truth.shape, bool)
    strokes[middle - 1 : middle + 1, 1:-1] = True
    strokes &= truth == 1
    with document.edit("Brush"):
        document.labels.write(document.labels.region, 1, strokes, source=Provenance.HUMAN)
    if again:  # it was corrected before, so that no pixel is the network's any more
        bench.propagation.scribbles()
        bench.work_until(lambda: not bench.propagation.running)
    bench.close_project()

    bench.open_project(folder)
    document = bench.document
    assert document is not None
    document.goto(4)
    assert not bench.teach.on
    found = bench.teach.corrected(4)
    assert found is not None
    assert (found.labels == wrong).all(), "what was shown, not what the network said later"
    bench.propagation.scribbles()
    bench.work_until(lambda: not bench.propagation.running)
    assert bench.failures == []
    assert (document.labels.ids[truth == 1] == 1).mean() > 0.8
    assert (document.labels.ids[-4:, -4:] == 1).all(), "the pre-label, of which no stroke said anything"
    assert (document.labels.ids[strokes] == 1).all()


def test_a_pre_label_that_was_taken_back_or_removed_is_not_corrected_later(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(3)[1].astype(np.uint16)
    for sample_id in (4, 5, 6):
        predicted(document.project, sample_id, labels)
    bench.teach.start()
    document.goto(4)
    bench.undo()
    draw(document, labels)
    document.goto(5)  # and left without a touch
    document.goto(6)
    with document.edit("Clear"):
        document.labels.write(document.labels.region, np.full_like(labels, UNLABELLED), source=Provenance.HUMAN)
    bench.close_project()
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    for sample_id in (4, 5, 6):
        document.goto(sample_id)
        assert bench.teach.corrected(sample_id) is None
    assert not list(document.project.sample_folder(4).glob("pre-label*"))
    assert not list(document.project.sample_folder(5).glob("pre-label*"))


def test_propagating_on_a_pre_label_changes_what_the_strokes_contradict(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    truth = disc(3)[1].astype(np.uint16)
    wrong = np.zeros_like(truth)  # the disc is missed
    wrong[-4:, -4:] = 1
    predicted(document.project, 4, wrong)
    bench.teach.start()
    document.goto(4)
    middle = round(np.nonzero(truth == 1)[0].mean())
    stroke = np.zeros(truth.shape, bool)
    stroke[middle - 1 : middle + 1, 1:-1] = True
    with document.edit("Brush"):
        document.labels.write(document.labels.region, 1, stroke & (truth == 1), source=Provenance.HUMAN)
    bench.propagation.scribbles()
    bench.work_until(lambda: not bench.propagation.running)
    assert bench.failures == []
    assert (document.labels.ids[truth == 1] == 1).mean() > 0.8
    assert (document.labels.ids[-4:, -4:] == 1).all(), "no stroke said anything of this"
    bench.teach.stop()


def test_what_a_network_is_worth_shows_on_images_that_it_had_not_learned(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    bench.teach.start()
    bench.teach.rounds = [Round(1, 2)]
    truth = disc(3)[1].astype(np.uint16)
    for sample_id, guess in ((4, truth), (5, np.zeros_like(truth))):
        document.goto(sample_id)
        predicted(document.project, sample_id, guess)
        draw(document, truth)
        document.set_state(SampleState.REVIEWED)
    (one,) = bench.teach.rounds
    assert one.agreed == (1.0, 0.0)
    background = (truth == 0).mean()
    assert one.miou == pytest.approx((1 + background / 2) / 2)
    assert one.corrected == (), "neither came pre-labelled"
    document.goto(5)
    document.set_state(SampleState.IN_PROGRESS)
    document.set_state(SampleState.REVIEWED)
    assert len(bench.teach.rounds[0].agreed) == 2, "no image counts twice"


def test_predictions_that_are_worse_than_nothing_are_not_shown(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(3)[1].astype(np.uint16)
    for sample_id in (4, 5):
        predicted(document.project, sample_id, labels)
    bench.teach.start()
    bench.teach.rounds = [Round(1, 2, agreed=(0.1, 0.0, 0.2))]
    document.goto(4)
    assert (document.labels.ids == UNLABELLED).all()
    assert bench.teach.corrected(4) is None
    assert bench.teach.prediction(4) is not None, "it is there, and is judged when the image is accepted"
    draw(document, labels)
    document.set_state(SampleState.REVIEWED)
    assert bench.teach.rounds[0].agreed == (0.1, 0.0, 0.2, 1.0)
    document.goto(5)
    assert (document.labels.ids == labels).all(), "the network has come on"


def test_a_prediction_that_the_network_itself_makes_little_of_is_not_shown(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(3)[1].astype(np.uint16)
    few = np.zeros_like(labels)
    few[:2, :2] = 1  # nearly one class everywhere: it may have missed the rest
    predicted(document.project, 4, labels, sure=0.6)
    predicted(document.project, 5, few, sure=0.95)
    predicted(document.project, 6, labels, sure=0.95)
    bench.teach.start()
    for sample_id, shown in ((4, False), (5, False), (6, True)):
        document.goto(sample_id)
        assert (document.labels.ids == labels).all() == shown
        assert (document.labels.ids == UNLABELLED).all() != shown
        assert (bench.teach.corrected(sample_id) is not None) == shown
        assert bench.teach.prediction(sample_id) is not None, "it is judged all the same"
        assert bench.teach.held_back != shown


@pytest.mark.slow
def test_rounds_follow_each_other_until_the_network_has_learned_what_there_is(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    accept_two(bench)
    quick = {name: value for name, value in TINY.items() if name != "epochs"}
    bench.teach.start(**quick, minutes=0.02)
    bench.work_until(lambda: bench.teach.phase is Phase.READY and not bench.teach._unripe)
    assert bench.failures == []
    images = [one.images for one in bench.teach.rounds]
    assert 2 <= len(images) <= 1 + MOST_IN_A_ROW
    assert set(images) == {2}
    bench.teach.stop()


def test_rounds_keep_an_even_pace_and_learn_from_every_image(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    bench.settings.training = {"schedule": "one_cycle", "validation_fraction": 0.4, "lr": 0.002}
    recipe = bench.teach.recipe()
    assert recipe["schedule"] == "constant"
    assert recipe["validation_fraction"] == 0
    assert 0.9 <= recipe["ema"] < 1
    assert recipe["lr"] == 0.002
