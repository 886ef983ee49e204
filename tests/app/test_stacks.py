"""Stacks: walking through a file's frames, and bringing labels from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from tests.app.conftest import Bench

PAGES, HEIGHT, WIDTH = 5, 60, 80


def pages() -> np.ndarray:
    """A bright disc that grows from page to page."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    noise = np.random.default_rng(3).normal(0, 6, (PAGES, HEIGHT, WIDTH))
    discs = np.stack([(y - 30) ** 2 + (x - 40) ** 2 < (14 + p) ** 2 for p in range(PAGES)])
    return np.clip(np.where(discs, 180, 60) + noise, 0, 255).astype(np.uint8)


def disc(page: int) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (y - 30) ** 2 + (x - 40) ** 2 < (14 + page) ** 2


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    tifffile.imwrite(tmp_path / "stack.tif", pages(), photometric="minisblack")
    tifffile.imwrite(tmp_path / "single.tif", pages()[0], photometric="minisblack")
    bench = Bench()
    frames = [(tmp_path / "stack.tif", frame) for frame in (0, 1, 3)] + [(tmp_path / "single.tif", 0)]
    assert bench.new_project(tmp_path / "p", LabelSet.named(["background", "disc", "other"]), frames)
    yield bench
    bench.shut_down()


def open_document(bench: Bench):  # type: ignore[no-untyped-def]
    assert bench.document is not None
    return bench.document


def wait_for(bench: Bench, told: list[str]) -> None:
    bench.work_until(lambda: told)


def test_steps_go_to_the_frames_that_the_project_has_and_end_at_its_last(bench: Bench) -> None:
    document = open_document(bench)
    said: list[str] = []
    bench.message.connect(said.append)
    walked = [document.sample.frame]
    while bench.stacks.step(1):
        walked.append(document.sample.frame)
    assert walked == [0, 1, 3]
    assert said == ["This is the last slice."]
    assert document.sample.path.name == "stack.tif"
    assert bench.stacks.step(-1)
    assert document.sample.frame == 1


def test_a_file_of_one_image_is_no_stack(bench: Bench) -> None:
    document = open_document(bench)
    document.goto(document.order[-1])
    assert bench.stacks.current is None
    bench.stacks.copy_to_next()  # does nothing
    assert not document.history.can_undo


def test_a_frame_that_the_project_lacks_leads_to_the_nearest_until_it_is_added(bench: Bench) -> None:
    document = open_document(bench)
    stack = bench.stacks.current
    assert stack is not None
    assert stack.missing == [2, 4]
    bench.stacks.go(4)
    assert document.sample.frame == 3
    bench.stacks.add_missing()
    assert bench.stacks.current.missing == []
    bench.stacks.go(4)
    assert document.sample.frame == 4
    assert list(bench.stacks.current.samples) == [0, 1, 2, 3, 4]


def test_copied_labels_spare_the_human_and_are_one_step(bench: Bench) -> None:
    document = open_document(bench)
    region = document.labels.region
    document.goto(document.order[1])
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 10, 10), 2, source=Provenance.HUMAN)
    document.goto(document.order[0])
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 20, 20), 1, source=Provenance.HUMAN)
    bench.stacks.copy_to_next()
    assert document.sample.frame == 1
    expected = np.full(region.shape, UNLABELLED)
    expected[:20, :20] = 1
    expected[:10, :10] = 2
    np.testing.assert_array_equal(document.labels.ids, expected)
    assert document.labels.provenance[15, 15] == Provenance.PROPAGATED
    document.undo()
    assert document.sample.frame == 1
    assert set(np.unique(document.labels.ids)) == {2, UNLABELLED}


def test_an_instance_keeps_its_number_from_slice_to_slice_unless_another_class_has_it(bench: Bench) -> None:
    document = open_document(bench)
    with document.edit("Instance"):
        first = document.labels.new_segment(1)
        second = document.labels.new_segment(2)
        document.labels.write(Region(0, 0, 5, 5), first, source=Provenance.HUMAN)
        document.labels.write(Region(10, 10, 15, 15), second, source=Provenance.HUMAN)
    document.goto(document.order[1])
    with document.edit("Instance"):
        other = document.labels.new_segment(2)
        document.labels.write(Region(30, 30, 35, 35), other, source=Provenance.HUMAN)
    assert other == first
    document.goto(document.order[0])
    bench.stacks.copy_to_next()
    labels = document.labels
    assert int(labels.ids[12, 12]) == second
    assert int(labels.ids[32, 32]) == other
    assert int(labels.ids[2, 2]) not in (first, second)
    assert labels.class_of(int(labels.ids[2, 2])) == 1


@pytest.mark.parametrize("background", [True, False], ids=["all labelled", "only the object"])
def test_labels_follow_the_next_slices_own_borders(bench: Bench, background: bool) -> None:
    document = open_document(bench)
    document.goto(document.order[1])
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 4, 4), 2, source=Provenance.HUMAN)
    document.goto(document.order[0])
    with document.edit("Fill"):
        if background:
            document.labels.write(document.labels.region, 0, source=Provenance.HUMAN)
        document.labels.write(document.labels.region, 1, disc(0), source=Provenance.HUMAN)
    told: list[str] = []
    bench.propagation.finished.connect(lambda method, _: told.append(method))
    bench.stacks.propagate_to_next()
    wait_for(bench, told)
    assert document.sample.frame == 1
    found = document.labels.classes() == 1
    overlap = (found & disc(1)).sum() / (found | disc(1)).sum()
    assert overlap > 0.93
    assert (document.labels.ids[:4, :4] == 2).all()
    assert int(document.labels.ids[30, 2]) == (0 if background else UNLABELLED)
    assert document.history.next_undo is not None
    assert document.history.next_undo.name == "Propagate to next slice"


@pytest.mark.parametrize("act", ["copy_to_next", "propagate_to_next"])
def test_without_labels_there_is_nothing_to_bring(bench: Bench, act: str) -> None:
    failures: list[str] = []
    bench.failed.connect(lambda error, _: failures.append(str(error)))
    getattr(bench.stacks, act)()
    assert open_document(bench).sample.frame == 0
    assert failures == ["this slice has no labels yet: there is nothing to bring to the next"]


def test_pages_of_other_sizes_say_so(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "mixed.tif") as writer:
        for shape in ((20, 30), (10, 12)):
            writer.write(np.zeros(shape, np.uint8), photometric="minisblack")
    bench = Bench()
    failures: list[str] = []
    bench.failed.connect(lambda error, _: failures.append(str(error)))
    frames = [(tmp_path / "mixed.tif", frame) for frame in (0, 1)]
    bench.new_project(tmp_path / "p", LabelSet.named(["background", "disc"]), frames)
    with open_document(bench).edit("Brush"):
        open_document(bench).labels.write(Region(0, 0, 2, 2), 1, source=Provenance.HUMAN)
    bench.stacks.copy_to_next()
    assert failures
    assert "12x10" in failures[0]
    assert "30x20" in failures[0]
    bench.shut_down()
