"""What a stroke would spread to is known while it is drawn, and the document holds only what was drawn."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segstudio.app.document import Document
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from tests.app.conftest import Bench

SHAPE = 96, 128


def picture() -> NDArray[np.uint8]:
    """A bright disc around (48, 64) on a dark ground."""
    noise = np.random.default_rng(0).normal(0, 4, (*SHAPE, 3))
    return np.clip(np.where(disc()[..., None], (210, 160, 60), (30, 40, 90)) + noise, 0, 255).astype(np.uint8)


def disc() -> NDArray[np.bool_]:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    found: NDArray[np.bool_] = (y - 48) ** 2 + (x - 64) ** 2 < 28**2
    return found


@pytest.fixture
def document(bench: Bench, tmp_path: Path) -> Document:
    tifffile.imwrite(tmp_path / "disc.tif", picture(), photometric="rgb")
    bench.settings.live_propagation = True
    assert bench.new_project(tmp_path / "p", LabelSet.named(["ground", "disc"]), [(tmp_path / "disc.tif", 0)])
    assert bench.document is not None
    return bench.document


def draw(document: Document, value: int, y: int, x0: int, x1: int) -> None:
    document.labels.write(Region(y, x0, y + 3, x1), value, source=Provenance.HUMAN)


def escape() -> None:
    """What closes an edit without keeping it."""
    raise KeyboardInterrupt


def quiet(bench: Bench) -> None:
    bench.work_until(lambda: not bench.jobs.busy)


def test_a_stroke_shows_what_it_spreads_to_before_it_is_over(bench: Bench, document: Document) -> None:
    with document.edit("Brush"):
        draw(document, 0, 6, 8, 110)
    quiet(bench)
    with document.edit("Brush"):
        draw(document, 1, 48, 50, 64)
        bench.work_until(lambda: bench.live.labels is not None)
        seen = bench.live.labels.copy() if bench.live.labels is not None else np.zeros(SHAPE)
        assert ((seen == 1) == disc()).mean() > 0.9
        human = document.labels.provenance == Provenance.HUMAN
        assert human.sum() == 3 * (102 + 14)  # the preview is no part of the document
        draw(document, 1, 48, 64, 80)
        assert not bench.failures
    quiet(bench)
    assert bench.live.labels is None
    assert ((document.labels.classes() == 1) == disc()).mean() > 0.9
    assert (document.labels.provenance == Provenance.PROPAGATED).any()


def test_a_stroke_that_is_given_up_leaves_nothing(bench: Bench, document: Document) -> None:
    with document.edit("Brush"):
        draw(document, 0, 6, 8, 110)
    quiet(bench)
    before = document.labels.ids.copy()

    with suppress(KeyboardInterrupt), document.edit("Brush"):
        draw(document, 1, 48, 50, 80)
        bench.work_until(lambda: bench.live.labels is not None)
        escape()
    quiet(bench)
    assert bench.live.labels is None
    assert np.array_equal(document.labels.ids, before)
    with document.edit("Brush"):  # and the next one does not know of it
        draw(document, 1, 80, 8, 110)
        bench.work_until(lambda: bench.live.labels is not None)
        assert bench.live.labels is not None
        assert bench.live.labels[49, 60] != UNLABELLED
        assert set(np.unique(bench.live.labels[80:83, 8:110])) == {1}


def test_one_class_alone_has_nothing_to_spread_against(bench: Bench, document: Document) -> None:
    with document.edit("Brush"):
        draw(document, 1, 48, 50, 80)
        quiet(bench)
        assert bench.live.labels is None
    quiet(bench)
    assert not (document.labels.provenance == Provenance.PROPAGATED).any(), "one stroke does not fill the image"


def test_from_the_second_class_on_everything_is_shown(bench: Bench, document: Document) -> None:
    quiet(bench)
    with suppress(KeyboardInterrupt), document.edit("Brush"):
        draw(document, 0, 6, 8, 110)
        quiet(bench)
        assert bench.live.labels is None
        draw(document, 1, 48, 50, 80)
        bench.work_until(lambda: bench.live.labels is not None)
        assert bench.live.labels is not None
        assert ((bench.live.labels == 1) == disc()).mean() > 0.9
        assert set(np.unique(bench.live.labels)) == {0, 1}  # what the first had filled too
        escape()
    quiet(bench)


def test_undo_takes_the_stroke_out_of_the_preview_too(bench: Bench, document: Document) -> None:
    with document.edit("Brush"):
        draw(document, 0, 6, 8, 110)
    with document.edit("Brush"):
        draw(document, 1, 48, 50, 80)
    quiet(bench)
    bench.undo()  # the propagated labels
    bench.undo()  # the stroke on the disc
    quiet(bench)
    with document.edit("Brush"):
        draw(document, 0, 90, 8, 110)
        quiet(bench)
        assert bench.live.labels is None  # only the ground is drawn now


def test_a_preview_goes_on_from_the_result_that_is_shown(bench: Bench, document: Document) -> None:
    with document.edit("Brush"):
        draw(document, 0, 6, 8, 110)
        draw(document, 1, 48, 50, 80)
    quiet(bench)
    with document.edit("Clean up"):  # a computation leaves a corner that no stroke speaks for
        document.labels.write(Region(70, 0, 96, 30), 1, source=Provenance.MODEL)
    quiet(bench)

    def drawing_shows_the_corner() -> bool:
        shown = document.labels.classes()
        with suppress(KeyboardInterrupt), document.edit("Brush"):
            draw(document, 1, 40, 50, 80)
            bench.work_until(lambda: bench.live.labels is not None)
            assert bench.live.labels is not None
            assert (bench.live.labels == shown).mean() > 0.97
            seen = bool((bench.live.labels[70:96, :30] == 1).all())
            escape()
        quiet(bench)
        return seen

    assert drawing_shows_the_corner()
    bench.undo()
    quiet(bench)
    assert not drawing_shows_the_corner()
    bench.redo()
    quiet(bench)
    assert drawing_shows_the_corner()
    bench.live.begin()  # as when one comes back to the image
    quiet(bench)
    assert drawing_shows_the_corner()


def test_without_the_wish_nothing_is_computed(bench: Bench, document: Document) -> None:
    bench.settings.live_propagation = False
    bench.live.begin()
    quiet(bench)
    begun: list[str] = []
    bench.jobs.started.connect(lambda job: begun.append(job.title))
    with document.edit("Brush"):
        draw(document, 0, 6, 8, 110)
        draw(document, 1, 48, 50, 80)
    quiet(bench)
    assert begun == []
    assert bench.live.labels is None
