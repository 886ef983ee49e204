"""Labels on some slices carried into those between, in one step of undo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from tests.app.conftest import Bench

PAGES, HEIGHT, WIDTH = 7, 40, 50
WHOLE = Region(0, 0, HEIGHT, WIDTH)
Y, X = np.mgrid[:HEIGHT, :WIDTH]


def disc(radius: float) -> np.ndarray:
    return np.hypot(Y - 20, X - 25) < radius


@pytest.fixture
def stacked(bench: Bench, tmp_path: Path) -> Bench:
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((PAGES, HEIGHT, WIDTH), np.uint8), photometric="minisblack")
    classes = LabelSet.named(["background", "disc", "other"])
    assert bench.new_project(tmp_path / "p", classes, [(tmp_path / "s.tif", frame) for frame in range(PAGES)])
    return bench


def paint(bench: Bench, frame: int, where: np.ndarray, class_id: int, source: Provenance = Provenance.HUMAN) -> None:
    bench.stacks.go(frame)
    assert bench.document is not None
    with bench.document.edit("Brush"):
        bench.document.labels.write(WHOLE, class_id, where, source=source)


def interpolate(bench: Bench) -> None:
    bench.stacks.interpolate()
    job = bench.jobs.jobs[-1]
    assert job.title == "Interpolate between slices"
    bench.work_until(lambda: job.state.ended)


def stored(bench: Bench) -> list[tuple[np.ndarray, np.ndarray]]:
    assert bench.document is not None
    bench.document.save()
    project = bench.document.project
    maps = [project.load_labels(i, (HEIGHT, WIDTH), project.segments(i)) for i in project.sample_ids()]
    return [(np.asarray(labels.ids).copy(), np.asarray(labels.provenance).copy()) for labels in maps]


def test_slices_between_two_outlined_ones_are_filled_in_one_step(stacked: Bench) -> None:
    paint(stacked, 1, disc(6), 1)
    paint(stacked, 5, disc(14), 1)
    start = stored(stacked)
    interpolate(stacked)
    after = stored(stacked)
    sizes = [int((ids == 1).sum()) for ids, _ in after]
    assert sizes[0] == sizes[6] == 0
    assert sizes[1] < sizes[2] < sizes[3] < sizes[4] < sizes[5]
    middle, truth = after[3][0] == 1, disc(10)
    assert (middle & truth).sum() / (middle | truth).sum() > 0.9
    assert set(np.unique(after[3][1][middle])) == {int(Provenance.PROPAGATED)}
    stacked.undo()
    for (ids, provenance), (before, said) in zip(stored(stacked), start, strict=True):
        np.testing.assert_array_equal(ids, before)
        np.testing.assert_array_equal(provenance, said)
    stacked.redo()
    assert [int((ids == 1).sum()) for ids, _ in stored(stacked)] == sizes


def test_a_corrected_outline_and_another_run_leave_nothing_of_the_first(stacked: Bench) -> None:
    """The way of working: interpolate, correct a slice, interpolate again."""
    paint(stacked, 0, disc(14), 1)
    paint(stacked, 6, disc(14), 1)
    interpolate(stacked)
    paint(stacked, 3, np.ones((HEIGHT, WIDTH), bool), UNLABELLED)
    paint(stacked, 3, disc(4), 1)
    interpolate(stacked)
    sizes = [int((ids == 1).sum()) for ids, _ in stored(stacked)]
    assert sizes[0] > sizes[1] > sizes[2] > sizes[3] == int(disc(4).sum())
    near = disc(8.5)  # two thirds of the way from 14 to 4 is 7.3
    assert not (stored(stacked)[2][0] == 1)[~near].any()


def test_a_persons_pixels_between_stay_and_other_classes_are_left_alone(stacked: Bench) -> None:
    paint(stacked, 0, disc(12), 1)
    paint(stacked, 2, disc(12), 1)
    paint(stacked, 1, disc(3), 2)
    paint(stacked, 1, Y < 2, 0, Provenance.MODEL)
    interpolate(stacked)
    ids, provenance = stored(stacked)[1]
    assert (ids[disc(3)] == 2).all()
    assert (provenance[disc(3)] == Provenance.HUMAN).all()
    assert (ids[disc(11) & ~disc(3)] == 1).all()
    assert (ids[:2] == 0).all()


def test_one_outlined_slice_is_told_to_be_too_few(stacked: Bench) -> None:
    paint(stacked, 2, disc(8), 1)
    before = stored(stacked)
    interpolate(stacked)
    assert "outline a class on two slices" in str(stacked.failures[-1])
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(before, stored(stacked), strict=True))


def test_labels_do_not_go_from_one_time_point_into_the_next(bench: Bench, tmp_path: Path) -> None:
    told = {"axes": "TZYX", "PhysicalSizeX": 1.0, "PhysicalSizeY": 1.0, "PhysicalSizeZ": 1.0}
    file = tmp_path / "tz.ome.tif"
    tifffile.imwrite(file, np.zeros((2, 3, HEIGHT, WIDTH), np.uint8), photometric="minisblack", metadata=told)
    assert bench.new_project(tmp_path / "p", LabelSet.named(["background", "disc"]), [(file, f) for f in range(6)])
    said: list[str] = []
    bench.message.connect(said.append)
    paint(bench, 0, disc(8), 1)
    paint(bench, 5, disc(8), 1)
    interpolate(bench)  # the two lie in different time points
    assert "outline a class on two slices" in str(bench.failures[-1])
    paint(bench, 2, disc(8), 1)
    bench.stacks.copy_to_next()
    assert said[-1] == "This is the last slice of this volume."
    assert bench.document is not None
    assert bench.document.sample is not None
    assert bench.document.sample.frame == 2
    assert [int((ids == 1).sum()) > 0 for ids, _ in stored(bench)] == [True, False, True, False, False, True]
    bench.stacks.go(0)
    bench.stacks.copy_to_next()
    assert bench.document.sample.frame == 1
