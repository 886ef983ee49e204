"""Teach mode without a window: rounds, pre-labels beside the labels, and what a person's pixels are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.app.teach import Phase, Round
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


def predicted(project: Project, sample_id: int, labels: np.ndarray) -> None:
    write_prediction(project.sample_folder(sample_id), labels, np.full(labels.shape, 0.9, np.float32))


@pytest.mark.slow
def test_rounds_learn_from_what_is_accepted_and_label_ahead(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = accept_two(bench)
    bench.teach.start(**TINY)
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


def test_propagation_takes_the_networks_opinion(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(3)[1].astype(np.uint16)
    predicted(document.project, 4, labels)
    seeds = np.full((48, 48), 255, np.uint8)
    seeds[0, 0] = 0
    assert bench.teach.with_network(4, seeds)[1] is None, "off"
    bench.teach.start()
    document.goto(4)
    known, rows = bench.teach.with_network(4, seeds)
    assert rows is not None
    assert rows.shape == (2, 48, 48)
    assert (rows.argmax(0) == labels).all()
    assert (known == 1).any()
    assert bench.teach.with_network(5, seeds)[1] is None, "another image"
    bench.undo()
    assert bench.teach.with_network(4, seeds)[1] is None, "a person would have none of it"
    bench.redo()
    assert bench.teach.with_network(4, seeds)[1] is not None
