"""Strokes on some slices of a stack become labels of all of them, in one step of undo."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile

from segstudio.algorithms import scribbles
from segstudio.app import through_stack
from segstudio.app.jobs import Job, JobState
from segstudio.core.annotation import Annotation, ImageTag
from segstudio.core.classes import LabelSet
from segstudio.core.errors import MaskError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.project.predictions import write_prediction
from tests.app.conftest import Bench

PAGES, HEIGHT, WIDTH = 5, 60, 80
Y, X = np.mgrid[:HEIGHT, :WIDTH]
CORNER = Region(0, 0, 4, 4)


def disc(page: int) -> np.ndarray:
    return (Y - 30) ** 2 + (X - 34 - 3 * page) ** 2 < 15**2


def pages(count: int = PAGES) -> np.ndarray:
    """A bright disc that goes to the right from page to page."""
    noise = np.random.default_rng(3).normal(0, 6, (count, HEIGHT, WIDTH))
    discs = np.stack([disc(page) for page in range(count)])
    return np.clip(np.where(discs, 180, 60) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def stacked(bench: Bench, tmp_path: Path) -> Bench:
    file = tmp_path / "stack.tif"
    tifffile.imwrite(file, pages(), photometric="minisblack")
    classes = LabelSet.named(["background", "disc", "other"])
    assert bench.new_project(tmp_path / "p", classes, [(file, frame) for frame in range(PAGES)])
    return bench


def paint(bench: Bench, frame: int, region: Region, class_id: int) -> None:
    bench.stacks.go(frame)
    assert bench.document is not None
    with bench.document.edit("Brush"):
        bench.document.labels.write(region, class_id, source=Provenance.HUMAN)


def draw_on_the_ends(bench: Bench) -> None:
    for frame in (0, PAGES - 1):
        middle = 34 + 3 * frame
        paint(bench, frame, Region(28, middle - 6, 32, middle + 6), 1)
        paint(bench, frame, Region(2, 6, 5, 76), 0)


def stored(bench: Bench) -> list[tuple[np.ndarray, np.ndarray]]:
    """Class ids and provenance of every slice as the files have them."""
    assert bench.document is not None
    bench.document.save()
    project = bench.document.project
    maps = [project.load_labels(i, (HEIGHT, WIDTH), project.segments(i)) for i in project.sample_ids()]
    return [(np.asarray(labels.ids).copy(), np.asarray(labels.provenance).copy()) for labels in maps]


def same(one: list[tuple[np.ndarray, np.ndarray]], other: list[tuple[np.ndarray, np.ndarray]]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(np.array_equal(a, c) and np.array_equal(b, d) for (a, b), (c, d) in pairs)


def through(bench: Bench) -> Job:
    bench.stacks.propagate_through()
    (job,) = [job for job in bench.jobs.jobs if job.title == "Propagate through the volume"]
    bench.work_until(lambda: job.state.ended)
    return job


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_strokes_on_the_ends_label_the_slices_between_and_one_undo_takes_all_back(stacked: Bench) -> None:
    document = stacked.document
    assert document is not None
    draw_on_the_ends(stacked)
    paint(stacked, 2, CORNER, 2)
    before = stored(stacked)
    assert through(stacked).state is JobState.DONE
    assert stacked.failures == []
    after = stored(stacked)
    for page, (ids, provenance) in enumerate(after):
        assert overlap(ids == 1, disc(page)) > 0.9
        human = before[page][1] == Provenance.HUMAN
        assert (ids[human] == before[page][0][human]).all()
        assert (provenance[human] == Provenance.HUMAN).all()
        assert (provenance[~human] == Provenance.PROPAGATED).all()
    assert (after[2][0][CORNER.slices] == 2).all()
    np.testing.assert_array_equal(document.labels.ids, after[2][0])  # the open slice shows it
    assert document.confidence is not None
    assert document.history.next_undo.name == "Propagate through the volume"
    stacked.undo()
    assert same(stored(stacked), before)
    np.testing.assert_array_equal(document.labels.ids, before[2][0])
    stacked.stacks.go(4)
    stacked.redo()
    assert same(stored(stacked), after)
    np.testing.assert_array_equal(document.labels.ids, after[4][0])


def test_other_strokes_are_undone_after_it_in_their_order(stacked: Bench) -> None:
    draw_on_the_ends(stacked)
    before = stored(stacked)
    through(stacked)
    after = stored(stacked)
    paint(stacked, 1, CORNER, 2)
    stacked.undo()
    assert same(stored(stacked), after)
    stacked.undo()
    assert same(stored(stacked), before)
    stacked.undo()
    assert not same(stored(stacked), before)  # the last stroke before it


def test_slices_that_the_project_lacks_are_looked_at_and_not_labelled(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "stack.tif"
    tifffile.imwrite(file, pages(), photometric="minisblack")
    bench.new_project(tmp_path / "p", LabelSet.named(["background", "disc"]), [(file, 0), (file, 2), (file, 4)])
    draw_on_the_ends(bench)
    through(bench)
    labels = stored(bench)
    assert len(labels) == 3
    assert overlap(labels[1][0] == 1, disc(2)) > 0.9


def test_a_job_that_is_stopped_changes_nothing(stacked: Bench) -> None:
    draw_on_the_ends(stacked)
    before = stored(stacked)

    def stop(job: Job) -> None:
        if job.progress.fraction is not None and job.progress.fraction > 0.1:
            stacked.jobs.stop(job)

    stacked.jobs.progressed.connect(stop)
    assert through(stacked).state is JobState.STOPPED
    assert same(stored(stacked), before)
    assert stacked.document is not None
    assert stacked.document.history.next_undo.name == "Brush"


def test_where_a_file_cannot_be_written_all_slices_stay_as_they_were(
    stacked: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stacked.document is not None
    draw_on_the_ends(stacked)
    before = stored(stacked)
    project = stacked.document.project
    write, full = project.write_labels, project.sample_ids()[3]

    def write_labels(sample_id: int, *arguments: object, **options: object) -> None:
        if sample_id == full:
            raise MaskError(project.labels_file(full), "the disk is full")
        write(sample_id, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(project, "write_labels", write_labels)
    through(stacked)
    monkeypatch.undo()
    assert [str(error) for error in stacked.failures] == [f"{project.labels_file(full)}: the disk is full"]
    assert same(stored(stacked), before)
    assert stacked.document.history.next_undo.name == "Brush"


@pytest.mark.parametrize("painted", [(), (1,)], ids=["nothing", "one class"])
def test_without_strokes_of_two_classes_there_is_nothing_to_propagate(stacked: Bench, painted: tuple[int, ...]) -> None:
    for class_id in painted:
        paint(stacked, 1, CORNER, class_id)
    assert through(stacked).state is JobState.FAILED
    assert [str(error) for error in stacked.failures] == [
        "draw strokes of two classes or more, on any slices: there is nothing to propagate"
    ]


def test_a_volume_too_large_is_refused(stacked: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_on_the_ends(stacked)
    monkeypatch.setattr(through_stack, "MOST_VOXELS", PAGES * HEIGHT * WIDTH - 1)
    stacked.stacks.propagate_through()
    assert "Propagate through the volume" not in [job.title for job in stacked.jobs.jobs]
    assert len(stacked.failures) == 1
    assert "voxels" in str(stacked.failures[0])


def test_the_spacing_of_a_scan_is_passed_on(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "scan.nii.gz"
    nibabel.save(nibabel.Nifti1Image(pages().transpose(2, 1, 0), np.diag([0.5, 0.5, 4.0, 1.0])), file)
    bench.new_project(tmp_path / "p", LabelSet.named(["background", "disc"]), [(file, z) for z in range(PAGES)])
    given: list[object] = []
    propagation = scribbles.propagation

    def noted(*arguments: object, **options: object) -> object:
        given.append(options["spacing"])
        return propagation(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scribbles, "propagation", noted)
    for frame in (0, PAGES - 1):
        paint(bench, frame, Region(0, 0, 3, 80), 0)
        paint(bench, frame, Region(28, 36, 32, 40), 1)
    assert through(bench).state is JobState.DONE
    assert given == [pytest.approx((4.0, 0.5, 0.5))]
    assert all((ids != UNLABELLED).all() for ids, _ in stored(bench))


def deny(bench: Bench, frame: int, *class_ids: int) -> None:
    bench.stacks.go(frame)
    assert bench.document is not None
    with bench.document.edit("Tags"):
        bench.document.set_annotation(Annotation(tags=tuple(ImageTag(class_id, False) for class_id in class_ids)))


def test_a_class_that_a_tag_denies_is_not_found_in_that_slice(stacked: Bench) -> None:
    draw_on_the_ends(stacked)
    deny(stacked, 2, 1)
    assert through(stacked).state is JobState.DONE
    labels = [ids for ids, _ in stored(stacked)]
    assert (labels[2] == 0).all()
    assert overlap(labels[0] == 1, disc(0)) > 0.9


def test_strokes_against_a_tag_are_named(stacked: Bench) -> None:
    draw_on_the_ends(stacked)
    deny(stacked, 4, 1)
    assert through(stacked).state is JobState.FAILED
    assert [str(error) for error in stacked.failures] == [
        "disc is drawn on slice 5, but its tag says that it is not there: change one of the two"
    ]


def test_tags_that_leave_no_class_are_named(stacked: Bench) -> None:
    draw_on_the_ends(stacked)
    deny(stacked, 2, 0, 1)
    assert through(stacked).state is JobState.FAILED
    assert [str(error) for error in stacked.failures] == [
        "the tags of slice 3 leave none of the classes that are drawn: change one"
    ]


@pytest.mark.parametrize("teaching", [True, False])
def test_predictions_beside_the_labels_count_while_a_network_teaches(
    stacked: Bench, monkeypatch: pytest.MonkeyPatch, teaching: bool
) -> None:
    draw_on_the_ends(stacked)
    paint(stacked, 3, CORNER, 0)  # nothing of the network is left here: it was refused
    document = stacked.document
    assert document is not None
    ids = document.project.sample_ids()
    for page, sample_id in enumerate(ids[:4]):
        sure = np.full((HEIGHT, WIDTH), 0.75, np.float32)
        write_prediction(document.project.sample_folder(sample_id), disc(page).astype(np.uint8), sure)
    given: list[object] = []
    propagation = scribbles.propagation

    def noted(*arguments: object, **options: object) -> object:
        told = options["probabilities"]
        planes = list(told) if told is not None else None  # type: ignore[call-overload]
        given.append(planes)
        return propagation(*arguments, **options | {"probabilities": planes})  # type: ignore[arg-type]

    monkeypatch.setattr(scribbles, "propagation", noted)
    monkeypatch.setattr(type(stacked.teach), "on", property(lambda _: teaching))
    assert through(stacked).state is JobState.DONE
    planes = given[0]
    if not teaching:
        assert planes is None
        return
    assert isinstance(planes, list)
    assert [plane is not None for plane in planes] == [False, True, True, False, False]
    assert planes[1].shape == (3, HEIGHT, WIDTH)
    assert np.array_equal(planes[1][1] > 0.5, disc(1))
