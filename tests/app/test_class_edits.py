"""Removing, merging and replacing classes over a whole project."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.class_edits import orphaned, removal, remove_class, replacement, use_classes, use_of
from segstudio.app.document import Document
from segstudio.app.machine_edits import write_anywhere
from segstudio.core.annotation import Annotation, Box, ImageTag, Polygon
from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import MaskError, OptionError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import finish
from segstudio.io.project import ClassUse, Project
from segstudio.io.project.class_step import ClassStep
from segstudio.io.project.predictions import write_prediction
from tests.e2e.person import everything

CLASSES = LabelSet.named(["background", "cat", "dog"])
TRIANGLE = ((1.0, 1.0), (5.0, 1.0), (1.0, 5.0))


@pytest.fixture
def document(tmp_path: Path) -> Iterator[Document]:
    paths = []
    for i in range(4):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(np.full((8, 10, 3), 40 * i, np.uint8)).save(paths[-1])
    document = Document(Project.open(Project.create(tmp_path / "p", CLASSES, paths).folder))
    document.goto_first()
    yield document
    document.close()


def paint(document: Document, value: int, region: Region, source: Provenance = Provenance.HUMAN) -> None:
    with document.edit("Brush"):
        document.labels.write(region, value, source=source)


def say(document: Document, annotation: Annotation) -> None:
    with document.edit("Shapes"):
        document.set_annotation(annotation)


TOP, MIDDLE, BOTTOM = Region(0, 0, 2, 10), Region(2, 0, 4, 10), Region(4, 0, 6, 10)


def fill(document: Document) -> None:
    """The first image: a human's cats above a model's cats above a human's dogs. The second: a cat that is an instance.
    The third: a cat as box, polygon and tag alone. The fourth: dogs. The first is at hand."""
    paint(document, 1, TOP)
    paint(document, 1, MIDDLE, Provenance.MODEL)
    paint(document, 2, BOTTOM)
    document.step(1)
    with document.edit("New instance"):
        segment = document.labels.new_segment(1)
        document.labels.write(TOP, segment, source=Provenance.PROPAGATED)
    document.step(1)
    shapes = Annotation((Box(1, 0, 0, 4, 4), Box(2, 1, 1, 3, 3)), (Polygon(1, TRIANGLE),), (ImageTag(1),), "a note")
    say(document, shapes)
    document.step(1)
    paint(document, 2, TOP)
    document.goto(document.order[0])


def at(document: Document, place: int) -> Document:
    document.goto(document.order[place])
    return document


def test_the_images_that_show_a_class_are_counted_by_what_shows_it(document: Document) -> None:
    fill(document)
    assert use_of(document, 1) == ClassUse(images=3, pixels=2, instances=1, boxes=1, polygons=1, tags=1)
    assert use_of(document, 0) == ClassUse(images=0)
    paint(document, 0, Region(7, 0, 8, 1))
    assert use_of(document, 0) == ClassUse(images=1, pixels=1), "the image at hand counts as it is now"


def test_a_removed_class_is_unlabelled_in_every_image(document: Document) -> None:
    fill(document)
    remove_class(document, 1)
    assert list(document.classes) == list(document.project.classes) == [0, 2]
    ids, provenance = document.labels.ids, document.labels.provenance
    assert (ids[:4] == UNLABELLED).all()
    assert (provenance[:4] == Provenance.NONE).all()
    assert (ids[4:6] == 2).all(), "what another class has stays"
    assert (provenance[4:6] == Provenance.HUMAN).all()
    at(document, 1)
    assert (document.labels.ids == UNLABELLED).all()
    assert not document.labels.segments, "its instances go with it"
    at(document, 2)
    assert document.annotation == Annotation((Box(2, 1, 1, 3, 3),), note="a note")
    at(document, 3)
    assert (document.labels.ids[:2] == 2).all()
    assert document.project.class_use(1) == ClassUse(images=0)


def test_a_merged_class_becomes_the_other_and_keeps_who_said_so(document: Document) -> None:
    fill(document)
    remove_class(document, 1, into=2)
    ids, provenance = document.labels.ids, document.labels.provenance
    assert (ids[:6] == 2).all()
    assert (provenance[:2] == Provenance.HUMAN).all()
    assert (provenance[2:4] == Provenance.MODEL).all(), "a merge is no statement of a human about pixels"
    at(document, 1)
    assert document.labels.segments == {256: 2}, "an instance follows its class"
    assert (document.labels.ids[:2] == 256).all()
    assert (document.labels.provenance[:2] == Provenance.PROPAGATED).all()
    at(document, 2)
    assert document.annotation.boxes == (Box(2, 0, 0, 4, 4), Box(2, 1, 1, 3, 3))
    assert document.annotation.polygons == (Polygon(2, TRIANGLE),)
    assert document.annotation.tags == (ImageTag(2),)
    assert use_of(document, 2) == ClassUse(images=4, pixels=3, instances=1, boxes=1, polygons=1, tags=1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((ImageTag(1), ImageTag(2, False)), (ImageTag(2),)),
        ((ImageTag(1, False), ImageTag(2)), (ImageTag(2),)),
        ((ImageTag(1, False), ImageTag(2, False)), (ImageTag(2, False),)),
        ((ImageTag(1, False),), ()),
        ((ImageTag(2, False),), (ImageTag(2, False),)),
    ],
)
def test_merged_tags_say_what_both_said(
    document: Document, before: tuple[ImageTag, ...], after: tuple[ImageTag, ...]
) -> None:
    say(document, Annotation(tags=before))
    remove_class(document, 1, into=2)
    assert document.annotation.tags == after
    assert document.project.annotation(document.order[0]).tags == after


@pytest.mark.parametrize("into", [UNLABELLED, 2, 0])
def test_undo_brings_every_image_back_and_redo_takes_it_again(document: Document, into: int) -> None:
    fill(document)
    before = everything(document)
    at(document, 3)
    remove_class(document, 1, into)
    after = everything(document)
    assert after != before
    here = at(document, 1).sample
    for _ in range(2):
        edit = document.undo()
        assert edit is not None
        assert edit.name == "Remove class"
        assert document.sample == here, "one stays where one is"
        assert (document.labels.ids[:2] == 256).all(), "the image at hand is shown as it is"
        assert everything(document) == before
        assert document.project.class_use(1).images == 3
        at(document, 1)
        document.redo()
        assert everything(document) == after
        at(document, 1)


def test_edits_before_and_after_are_undone_around_it(document: Document) -> None:
    states = []
    for act in (
        lambda: paint(document, 1, TOP),
        lambda: at(document, 1),
        lambda: paint(document, 1, MIDDLE),
        lambda: remove_class(document, 1, into=2),
        lambda: paint(document, 0, MIDDLE),
        lambda: at(document, 0),
        lambda: paint(document, 2, BOTTOM),
        lambda: remove_class(document, 2),
        lambda: paint(document, 0, BOTTOM),
    ):
        act()
        here = document.sample
        states.append(everything(document))
        assert here is not None
        document.goto(here.id)
    steps = [state for place, state in enumerate(states) if place not in (1, 5)]
    for expected in reversed(steps[:-1]):
        document.undo()
        assert everything(document) == expected
    document.undo()
    assert document.undo() is None
    document.redo()
    for expected in steps[1:]:
        document.redo()
        assert everything(document) == expected


def test_it_is_in_the_files_at_once(document: Document) -> None:
    fill(document)
    remove_class(document, 1)
    assert not document.dirty
    with Project.open(document.project.folder) as project:
        assert list(project.classes) == [0, 2]
        for sample in project.stored():
            assert not (sample.ids() == 1).any()
            assert set(np.unique(sample.labels())) <= {2, UNLABELLED}


def test_what_is_not_asked_for_any_more_is_let_go_of(document: Document) -> None:
    steps = document.project.folder / "journal" / "steps"
    fill(document)
    remove_class(document, 1)
    assert len(list(steps.iterdir())) == 1
    document.undo()
    assert len(list(steps.iterdir())) == 1
    paint(document, 2, Region(7, 7, 8, 8))
    assert not list(steps.iterdir()), "a new edit forgets what was undone"
    remove_class(document, 1)
    document.history.clear()
    assert not list(steps.iterdir())


def test_a_mask_that_cannot_be_read_stops_it_before_anything_changes(document: Document) -> None:
    fill(document)
    before = everything(document)
    at(document, 0)
    file = document.project.labels_file(document.order[1])
    whole = file.read_bytes()
    file.write_bytes(whole[:40])
    with pytest.raises(MaskError, match=r"labels\.png"):
        remove_class(document, 1)
    file.write_bytes(whole)
    assert everything(document) == before
    assert document.history.next_undo is not None
    assert document.history.next_undo.name != "Remove class"
    assert not list((document.project.folder / "journal" / "steps").iterdir())


def test_the_last_class_stays_and_classes_must_be_there(document: Document) -> None:
    with pytest.raises(OptionError, match="no class 7"):
        remove_class(document, 7)
    with pytest.raises(OptionError, match="no class 1"):
        remove_class(document, 1, into=1)
    remove_class(document, 1)
    remove_class(document, 2)
    with pytest.raises(OptionError, match="at least one class"):
        removal(document, 0)


def test_another_list_keeps_ids_follows_names_and_says_what_it_orphans(document: Document) -> None:
    fill(document)
    before = everything(document)
    new = LabelSet([LabelClass(0, "ground", (0, 0, 0)), LabelClass(7, "dog", (1, 2, 3))])
    plan = replacement(document, new)
    assert plan.targets == {1: UNLABELLED, 2: 7}
    assert {class_id: use.images for class_id, use in orphaned(document, plan).items()} == {1: 3}
    at(document, 0)
    use_classes(document, new)
    assert document.classes == new
    assert (document.labels.ids[:4] == UNLABELLED).all()
    assert (document.labels.ids[4:6] == 7).all(), "the class of the same name takes what it had"
    at(document, 2)
    assert document.annotation.boxes == (Box(7, 1, 1, 3, 3),)
    document.undo()
    assert everything(document) == before


def test_a_longer_list_is_an_ordinary_edit(document: Document) -> None:
    fill(document)
    use_classes(document, LabelSet.named(["background", "cat", "dog", "horse"]))
    assert document.history.next_undo is not None
    assert not (document.project.folder / "journal" / "steps").exists()
    document.undo()
    assert document.classes == CLASSES


def test_what_was_computed_before_a_removal_brings_no_class_back(document: Document) -> None:
    computed = np.full((8, 10), 1, np.uint16)
    computed[4:] = 2
    remove_class(document, 1)
    here, other = document.order[0], document.order[1]
    document.write_result("Predict", here, computed, Provenance.MODEL)
    assert set(np.unique(document.labels.ids)) == {2, UNLABELLED}
    write_anywhere(document, "Predict", other, computed, Provenance.MODEL)
    assert set(np.unique(at(document, 1).labels.ids)) == {2, UNLABELLED}
    for _ in range(3):
        document.undo()
    document.goto(here)
    document.write_result("Predict", here, computed, Provenance.MODEL)
    assert set(np.unique(document.labels.ids)) == {1, 2}


def test_a_prediction_kept_from_before_says_nothing_of_a_class_that_is_gone(document: Document) -> None:
    said = np.full((8, 10), 1, np.uint16)
    said[4:] = 2
    write_prediction(document.project.sample_folder(document.order[0]), said, np.ones((8, 10), np.float32))
    remove_class(document, 1)
    kept = document.prediction()
    assert kept is not None
    assert set(np.unique(kept)) == {2, UNLABELLED}


def test_a_late_snapshot_does_not_overwrite_what_is_newer(document: Document) -> None:
    """Saving in the background was about to write the image as it was before the class went."""
    paint(document, 1, TOP)
    document.take_snapshot()
    remove_class(document, 1)
    assert not document.saves, "it was written before the class went"
    document.saves.write()
    at(document, 1)
    assert (at(document, 0).labels.ids == UNLABELLED).all()
    assert document.project.class_use(1).images == 0


def test_a_change_that_comes_while_images_are_looked_through_is_taken_along(document: Document) -> None:
    fill(document)
    step = ClassStep.begin(document.project, removal(document, 1))
    finish(step.stage())
    paint(at(document, 3), 1, BOTTOM)
    paint(at(document, 0), 1, Region(6, 0, 8, 10))
    before = everything(document)
    document.wide.take_step("Remove class", step)
    for place in range(4):
        assert not (at(document, place).labels.classes() == 1).any()
    document.undo()
    assert everything(document) == before


def test_another_class_list_in_the_meantime_stops_it(document: Document) -> None:
    fill(document)
    step = ClassStep.begin(document.project, removal(document, 1))
    finish(step.stage())
    with document.edit("Add class"):
        document.set_classes(document.classes.added("bird"))
    before = everything(document)
    with pytest.raises(OptionError, match="in the meantime"):
        document.wide.take_step("Remove class", step)
    assert everything(document) == before


def test_stopped_in_the_middle_nothing_has_changed(document: Document) -> None:
    fill(document)
    before = everything(document)
    work = ClassStep.begin(document.project, removal(document, 1)).stage()
    assert next(work).fraction == pytest.approx(1 / 3)
    work.close()
    assert everything(document) == before
    assert not list((document.project.folder / "journal" / "steps").iterdir())


@pytest.mark.slow
def test_a_thousand_images_take_the_memory_of_one(document: Document) -> None:
    """Each of them has a mask of half a megabyte; the step may hold a few, not all."""
    project = document.project
    shape = (400, 400)
    ids = (np.indices(shape)[0] // 134).astype(np.uint16)
    project.add_samples((project.folder / "none.tif", frame) for frame in range(1000))
    ids_of = project.sample_ids()[4:]
    project.write_labels(ids_of[0], ids, np.full(shape, Provenance.HUMAN, np.uint8), CLASSES)
    for sample_id in ids_of[1:]:
        shutil.copytree(project.sample_folder(ids_of[0]), project.sample_folder(sample_id))
    for sample_id in ids_of:
        project.save_annotation(sample_id, Annotation((Box(1, 0, 0, 4, 4),)), {}, (0, 1, 2))
    tracemalloc.start()
    remove_class(document, 1)
    document.undo()
    document.redo()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6
    assert project.class_use(1).images == 0
    assert not (project.load_labels(ids_of[-1], shape, {}).ids == 1).any()
