"""The more images of a project are drawn on, the more the strokes of one say; learned in the background, optional."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segstudio.app import others as module
from segstudio.app.document import Document
from segstudio.app.propagation_choices import OTHERS
from segstudio.app.workflows import propagate_project
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.masks import read_mask
from tests.app.conftest import Bench

SHAPE = 72, 96
GREEN, RED, BLUE = (60, 160, 60), (190, 50, 50), (40, 60, 200)


def middles(seed: int) -> tuple[tuple[int, int], tuple[int, int]]:
    rng = np.random.default_rng(seed)
    return (int(rng.integers(20, 50)), int(rng.integers(16, 30))), (
        int(rng.integers(20, 50)),
        int(rng.integers(62, 80)),
    )


def disc(middle: tuple[int, int]) -> NDArray[np.bool_]:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    found: NDArray[np.bool_] = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 < 12**2
    return found


def picture(seed: int) -> NDArray[np.uint8]:
    """A red disc at the left and a blue one at the right, on green."""
    red, blue = (disc(middle) for middle in middles(seed))
    noise = np.random.default_rng(seed + 100).normal(0, 12, (*SHAPE, 3))
    colour = np.where(red[..., None], RED, np.where(blue[..., None], BLUE, GREEN))
    return np.clip(colour + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def document(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    files = []
    for seed in range(5):
        files.append((tmp_path / f"{seed}.tif", 0))
        tifffile.imwrite(files[-1][0], picture(seed), photometric="rgb")
    bench.settings.propagation = {}
    bench.settings.live_propagation = False
    assert bench.new_project(tmp_path / "p", LabelSet.named(["ground", "thing"]), files)
    assert bench.document is not None
    return bench.document


def quiet(bench: Bench) -> None:
    bench.work_until(lambda: not bench.jobs.busy)


def draw(document: Document, seed: int, *, blue: bool) -> None:
    with document.edit("Brush"):
        document.labels.write(Region(2, 4, 5, 92), 0, source=Provenance.HUMAN)
        for y, x in middles(seed)[: 2 if blue else 1]:
            document.labels.write(Region(y - 1, x - 6, y + 2, x + 6), 1, source=Provenance.HUMAN)


def draw_the_first(bench: Bench, document: Document, count: int) -> list[int]:
    ids = document.project.sample_ids()
    for seed in range(count):
        document.goto(ids[seed])
        draw(document, seed, blue=True)
    assert bench.save()
    quiet(bench)
    return ids


def things(bench: Bench, document: Document, seed: int) -> float:
    """How much of the blue disc of the image at hand becomes a thing when only the red one is drawn."""
    draw(document, seed, blue=False)
    bench.propagation.scribbles()
    quiet(bench)
    found = float((document.labels.classes()[disc(middles(seed)[1])] == 1).mean())
    assert (document.labels.classes()[2:5, 4:92] == 0).all()  # what was drawn stays
    document.history.undo()
    document.history.undo()
    return found


def test_strokes_of_other_images_count_where_nobody_drew(bench: Bench, document: Document) -> None:
    ids = draw_the_first(bench, document, 4)
    document.goto(ids[4])
    quiet(bench)
    assert bench.others.images == 4
    assert things(bench, document, 4) > 0.85
    bench.propagation.turn(OTHERS, 0.0)
    assert not bench.others.wanted
    assert things(bench, document, 4) < 0.5
    assert not bench.failures


def test_a_stroke_does_not_wait_for_the_others(bench: Bench, document: Document) -> None:
    ids = draw_the_first(bench, document, 3)
    document.goto(ids[4])
    assert bench.others.experience is None
    draw(document, 4, blue=False)
    finished: list[bool] = []
    bench.propagation.finished.connect(lambda *_: finished.append(bench.others.running))
    bench.propagation.scribbles()
    bench.work_until(lambda: finished)
    quiet(bench)
    assert bench.others.experience is not None


def test_an_image_never_learns_from_itself_and_each_is_read_once(
    bench: Bench, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    ours = module._lesson
    monkeypatch.setattr(module, "_lesson", lambda sample, *, whole: read.append(sample.id) or ours(sample, whole=whole))
    ids = draw_the_first(bench, document, 3)
    read.clear()
    bench.others._taught.clear()
    document.goto(ids[0])
    quiet(bench)
    assert sorted(read) == ids[1:3]
    assert bench.others.images == 2
    document.goto(ids[1])
    quiet(bench)
    assert sorted(read) == sorted([*ids[1:3], ids[0]])  # only the one that was not known
    with document.edit("Brush"):
        document.labels.write(Region(66, 4, 68, 92), 0, source=Provenance.HUMAN)
    assert bench.save()
    quiet(bench)
    read.clear()
    document.goto(ids[3])
    quiet(bench)
    assert read == [ids[1]]  # it was drawn on
    assert bench.others.images == 3


def test_accepted_images_teach_by_their_whole_mask(bench: Bench, document: Document) -> None:
    ids = document.project.sample_ids()
    for seed in range(3):
        document.goto(ids[seed])
        with document.edit("Propagate scribbles"):
            mask = np.zeros(SHAPE, np.uint16)
            for middle in middles(seed):
                mask[disc(middle)] = 1
            document.labels.write(document.labels.region, mask, source=Provenance.PROPAGATED)
        document.set_state(SampleState.REVIEWED if seed else SampleState.IN_PROGRESS)
    assert bench.save()
    document.goto(ids[4])
    quiet(bench)
    assert bench.others.images == 2  # what a machine made and nobody accepted teaches nothing
    assert things(bench, document, 4) > 0.85


def test_nothing_is_read_where_nobody_listens_or_there_is_nothing(bench: Bench, document: Document) -> None:
    ids = document.project.sample_ids()
    document.goto(ids[1])
    quiet(bench)
    assert not bench.others.running  # no other image is begun
    draw_the_first(bench, document, 3)
    bench.propagation.method = "geodesic"
    document.goto(ids[4])
    quiet(bench)
    assert bench.others.experience is None
    bench.propagation.method = "auto"
    quiet(bench)
    assert bench.others.images == 3


def test_images_that_cannot_be_read_are_passed_over(bench: Bench, document: Document, tmp_path: Path) -> None:
    ids = draw_the_first(bench, document, 4)
    bench.others._taught.clear()
    (tmp_path / "2.tif").write_bytes(b"broken")
    document.goto(ids[4])
    quiet(bench)
    assert bench.others.images == 3
    assert not bench.failures


def test_another_project_hears_nothing_of_the_last_one(bench: Bench, document: Document, tmp_path: Path) -> None:
    ids = draw_the_first(bench, document, 3)
    document.goto(ids[4])
    quiet(bench)
    assert bench.others.images == 3
    assert bench.new_project(tmp_path / "q", LabelSet.named(["ground", "thing"]), [(tmp_path / "0.tif", 0)])
    quiet(bench)
    assert bench.others.experience is None
    assert bench.others.images == 0


def found_in_the_project(document: Document, seed: int, sample_id: int, *, listening: bool) -> float:
    finish(propagate_project(document.project, listening=listening))
    labels = read_mask(document.project.labels_file(sample_id))
    return float((labels[disc(middles(seed)[1])] == 1).mean())


def test_a_whole_project_is_propagated_with_what_its_images_say_of_each_other(bench: Bench, document: Document) -> None:
    ids = draw_the_first(bench, document, 4)
    document.goto(ids[4])
    draw(document, 4, blue=False)
    assert bench.save()
    quiet(bench)
    assert found_in_the_project(document, 4, ids[4], listening=False) < 0.5
    assert found_in_the_project(document, 4, ids[4], listening=True) > 0.85


def test_in_a_whole_project_too_nobody_hears_what_the_own_strokes_taught(bench: Bench, document: Document) -> None:
    ids = draw_the_first(bench, document, 2)
    heard = finish(module.heard_by_each(document.project, ids))
    # the other one alone is too few to learn from
    assert heard == dict.fromkeys(ids)
    draw_the_first(bench, document, 3)
    heard = finish(module.heard_by_each(document.project, ids))
    assert all(heard[i] is not None for i in ids)
