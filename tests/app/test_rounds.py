"""Rounds of filling and learning beside the project: told one by one, compared, and their labels taken over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.masks import write_mask
from segstudio.io.project import Project, Run
from segstudio.learning.weak.round_records import Kept, Round, label_files, stem_of, write_kept
from tests.app.conftest import Bench
from tests.app.test_training import CLASSES, TINY, disc


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images; in the first two a person drew a stroke of each class."""
    project = Project.create(tmp_path / "discs", CLASSES)
    for seed in range(3):
        pixels, inside = disc(seed)
        Image.fromarray(pixels).save(tmp_path / f"disc-{seed}.png")
        (added,) = project.add_samples([(tmp_path / f"disc-{seed}.png", 0)])
        if seed < 2:
            ids = strokes(inside)
            provenance = np.where(ids == UNLABELLED, np.uint8(Provenance.NONE), np.uint8(Provenance.HUMAN))
            project.write_labels(added, ids, provenance, CLASSES)
    project.close()
    return tmp_path / "discs.segstudio"


def strokes(inside: np.ndarray) -> np.ndarray:
    """A row of the disc's middle, and the image's first two rows."""
    ids = np.full(inside.shape, UNLABELLED, np.uint16)
    middle = int(np.flatnonzero(inside.any(1)).mean())
    ids[middle] = np.where(inside[middle], 1, UNLABELLED)
    ids[:2] = 0
    return ids


def two_rounds(bench: Bench, labels: dict[int, np.ndarray]) -> tuple[Run, Round]:
    """A run whose last labels are *labels* by sample."""
    assert bench.document is not None
    run = bench.document.project.new_run("unet", {"supervision": "scribblesup"})
    rounds = [Round(n, 0.8, None if n == 0 else 0.1, None, 0.5, 0.4, 1.0, f"round-{n}/labels") for n in range(2)]
    last = Round(2, 0.9, 0.05, None, None, None, 1.0, "labels")
    for one in (*rounds, last):
        place = run.folder / str(one.labels)
        place.mkdir(parents=True)
        for sample_id, ids in labels.items():
            for file, values in zip(label_files(place, stem_of(sample_id)), (ids, ids), strict=True):
                write_mask(file, values if one is last else np.zeros_like(ids))
    write_kept(run.folder, Kept(rounds, last))
    return run, last


def test_labels_of_a_round_become_edits_that_leave_what_people_drew(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    document.goto(1)
    wrong = np.ones((48, 48), np.uint16)
    wrong[40:] = 7  # a class that the project has no more
    run, last = two_rounds(bench, {1: wrong, 2: wrong, 9: wrong})
    drawn = {i: strokes(disc(i - 1)[1]) for i in (1, 2)}
    counts: list[int] = []
    bench.rounds.taken_over.connect(counts.append)
    bench.rounds.take_over(run, last)
    assert bench.rounds.busy
    bench.work_until(lambda: not bench.rounds.busy)
    assert bench.failures == []
    assert counts == [2], "sample 9 is not in the project"
    document.save()
    for sample_id in (1, 2):
        kept = document.project.load_labels(sample_id, (48, 48), {})
        human = drawn[sample_id] != UNLABELLED
        assert (kept.ids[human] == drawn[sample_id][human]).all()
        assert (kept.provenance[human] == Provenance.HUMAN).all()
        machine = ~human & (wrong == 1)
        assert (kept.ids[machine] == 1).all()
        assert (kept.provenance[machine] == Provenance.PROPAGATED).all()
        assert (kept.ids[~human & (wrong == 7)] == UNLABELLED).all()
    # one edit a sample, the newest first
    for sample_id in (2, 1):
        edit = document.history.next_undo
        assert edit is not None
        assert (edit.name, edit.sample_id) == ("Take over labels", sample_id)
        bench.undo()
        assert (document.labels.ids == drawn[sample_id]).all()
    assert document.history.next_undo is None


def test_pictures_show_what_each_round_made_of_a_sample(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    labels = disc(0)[1].astype(np.uint16)
    run, _ = two_rounds(bench, {1: labels})
    samples = bench.rounds.samples(run)
    assert [sample.id for sample in samples] == [1]
    seen = []
    bench.rounds.look(run, samples[0], seen.append)
    bench.work_until(lambda: seen)
    first, second, last = seen[0].labels
    assert not first.any()
    assert not second.any()
    assert (last == labels).all()
    assert seen[0].image.shape[:2] == (48, 48)


def test_a_run_without_rounds_has_none_and_damaged_ones_are_told(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    assert bench.document is not None
    run = bench.document.project.new_run("unet", {})
    assert bench.rounds.kept(run).shown == []
    assert bench.rounds.samples(run) == []
    (run.folder / "rounds.json").write_text("[]")
    assert bench.rounds.kept(run).shown == []
    assert "rounds.json is damaged" in str(bench.failures[0])


@pytest.mark.slow
def test_rounds_run_beside_the_program_and_are_told_one_by_one(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    told: list[Round] = []
    bench.training.round_ended.connect(told.append)
    bench.training.start(**TINY | {"epochs": 2}, supervision="scribblesup", rounds=2)
    bench.work_until(lambda: not bench.training.running)
    assert bench.failures == []
    assert [one.number for one in told] == [0, 1]
    run = bench.training.run
    assert run is not None
    assert bench.rounds.kept(run).rounds == told
    last = bench.rounds.kept(run).last
    assert last is not None
    bench.rounds.take_over(run, last)
    bench.work_until(lambda: not bench.rounds.busy)
    assert bench.document is not None
    bench.document.save()
    for sample_id in (1, 2):
        assert (bench.document.project.load_labels(sample_id, (48, 48), {}).ids != UNLABELLED).all()


@pytest.mark.slow
def test_rounds_that_are_paused_go_on_in_the_round_that_they_were_in(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    told: list[Round] = []
    bench.training.round_ended.connect(told.append)
    bench.training.start(**TINY | {"epochs": 20}, supervision="scribblesup", rounds=2)
    bench.work_until(lambda: told)
    steps = len(bench.training.metrics)
    bench.work_until(lambda: len(bench.training.metrics) > steps + 2)
    bench.training.pause()
    bench.work_until(lambda: not bench.training.running)
    assert bench.document is not None
    (run,) = bench.document.project.runs()
    assert run.state == "paused"
    assert bench.rounds.kept(run).rounds == told
    assert bench.training.resume()
    bench.work_until(lambda: not bench.training.running)
    assert bench.failures == []
    assert [one.number for one in told] == [0, 1]
    assert told[1].changed is not None
    assert len(bench.rounds.kept(run).shown) == 3
    assert [m.step for m in bench.training.metrics] == list(range(1, len(bench.training.metrics) + 1)), "one curve"
