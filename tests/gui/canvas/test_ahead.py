"""Pictures that a thread makes of the next image: nothing is left to be made when a person goes there."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui.canvas.image_layer import ImagePainter
from segstudio.gui.canvas.label_layer import LabelPainter
from tests.gui.canvas.test_painting import assert_looks_equal, fresh, pixels
from tests.gui.kit import Easel

NOISE = np.random.default_rng(0)


def colour(_: int) -> NDArray[Any]:
    return NOISE.integers(0, 255, (900, 1200, 3), dtype=np.uint8)


def deep(_: int) -> NDArray[Any]:
    return NOISE.integers(300, 5000, (900, 1200), dtype=np.uint16)


def labelled(easel: Easel, kind: Callable[[int], NDArray[Any]]) -> None:
    """Three images; the second has a human's stroke, computed labels and an instance."""
    easel.open(*(kind(i) for i in range(3)))
    easel.bench.next()
    document = easel.document
    with document.edit("Labels"):
        segment = document.labels.new_segment(2)
        document.labels.write(Region(100, 100, 500, 700), 1, source=Provenance.MODEL)
        document.labels.write(Region(300, 500, 800, 1000), 2, source=Provenance.HUMAN)
        document.labels.write(Region(50, 900, 250, 1150), segment, source=Provenance.HUMAN)
    easel.bench.goto(document.order[0])
    assert easel.bench.save()
    easel.bench.goto(document.order[2])
    easel.bench.goto(document.order[0])


def rest(easel: Easel) -> None:
    """Look at the image until everything is made ready."""
    for condition in (lambda: not easel.canvas._viewed.isActive(), lambda: not easel.bench.jobs.busy):
        easel.wait(condition)


class Renders:
    """What was rendered in the window's own thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.own: list[str] = []
        for painter in (ImagePainter, LabelPainter):
            monkeypatch.setattr(painter, "render", self._counted(painter.render))

    def _counted(self, render: Callable[..., Any]) -> Callable[..., Any]:
        def counted(painter: object, region: Region, level: int) -> Any:
            if threading.current_thread() is threading.main_thread():
                self.own.append(type(painter).__name__)
            return render(painter, region, level)

        return counted


@pytest.mark.parametrize("kind", [colour, deep])
@pytest.mark.parametrize("zoom", [None, 0.2, 1.0])
def test_the_next_image_is_painted_from_what_is_ready_and_looks_as_if_made_then(
    easel: Easel, monkeypatch: pytest.MonkeyPatch, kind: Callable[[int], NDArray[Any]], zoom: float | None
) -> None:
    labelled(easel, kind)
    if zoom is not None:
        easel.zoom_to(zoom, 400, 500)
    rest(easel)
    renders = Renders(monkeypatch)
    easel.bench.next()
    found = pixels(easel.grabbed())
    assert renders.own == []
    assert_looks_equal(found, fresh(easel), easel.canvas.zoom)
    assert renders.own


def test_other_colours_than_those_it_was_drawn_in_are_shown(easel: Easel) -> None:
    labelled(easel, colour)
    rest(easel)
    document = easel.document
    with document.edit("Classes"):
        document.set_classes(document.classes.changed(1, color=(1, 250, 2)))
    easel.bench.next()
    assert_looks_equal(pixels(easel.grabbed()), fresh(easel), easel.canvas.zoom)


def test_outlines_that_were_asked_for_meanwhile_are_shown(easel: Easel) -> None:
    labelled(easel, colour)
    rest(easel)
    easel.canvas.outline = True
    easel.bench.next()
    assert_looks_equal(pixels(easel.grabbed()), fresh(easel), easel.canvas.zoom)


def test_a_stroke_on_an_image_that_was_drawn_ahead_shows(easel: Easel) -> None:
    labelled(easel, colour)
    rest(easel)
    easel.bench.next()
    easel.grabbed()
    easel.canvas.brush_size = 60
    easel.drag((600, 200), (700, 600))
    easel.canvas.cancel()
    easel.move(5, 5)
    assert_looks_equal(pixels(easel.grabbed()), fresh(easel), easel.canvas.zoom)


def test_an_image_that_is_left_gives_its_memory_back_at_once(easel: Easel) -> None:
    easel.open(*(colour(i) for i in range(3)))
    easel.drag((100, 100), (300, 300))
    easel.grabbed()
    rest(easel)
    left = weakref.ref(easel.document.labels), weakref.ref(easel.canvas._scene)
    gc.disable()  # a circle would be found some time
    try:
        easel.bench.next()
        easel.wait(lambda: not easel.document.dirty)
        easel.bench.next()
        rest(easel)
        assert [reference() for reference in left] == [None, None]
    finally:
        gc.enable()
