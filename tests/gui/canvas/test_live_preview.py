"""With live propagation a person sees what a stroke spreads to while the mouse is still down."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.labels import UNLABELLED, Provenance
from tests.gui.kit import LEFT, NO_KEY, Easel

WAIT = 240_000
"""Kernels compile on a machine that has never run them."""


def pixel(easel: Easel, y: float, x: float) -> tuple[int, int, int]:
    """The colour on the screen at a place of the image."""
    at = easel.canvas.to_widget(y, x).toPoint()
    color = easel.canvas.grab().toImage().pixelColor(at)
    return color.red(), color.green(), color.blue()


@pytest.mark.timeout(600)
def test_the_preview_grows_under_the_pressed_mouse_and_the_release_makes_it_labels(easel: Easel, qtbot: QtBot) -> None:
    easel.bench.settings.live_propagation = True
    easel.open(classes=2)
    document, canvas = easel.bench.document, easel.canvas
    assert document is not None
    canvas.brush_size = 6
    document.set_active_class(0)
    stroke(easel, (8, 10), (8, 100))
    qtbot.waitUntil(lambda: not easel.bench.jobs.busy, timeout=WAIT)
    document.set_active_class(1)
    bare = pixel(easel, 60, 70)

    place = canvas.to_widget(48, 45).toPoint()
    QTest.mousePress(canvas, LEFT, NO_KEY, place)
    for x in range(46, 70):
        move(easel, 48, x)
    qtbot.waitUntil(lambda: pixel(easel, 60, 70) != bare, timeout=WAIT)  # inside the disc, far below the stroke
    assert document.labels.ids[60, 70] == UNLABELLED  # shown, not written; and the first class alone has filled nothing
    assert (document.labels.provenance[40:43] != Provenance.HUMAN).all()

    QTest.mouseRelease(canvas, LEFT, NO_KEY, canvas.to_widget(48, 69).toPoint())
    qtbot.waitUntil(lambda: not easel.bench.jobs.busy, timeout=WAIT)
    assert document.labels.ids[60, 70] == 1
    assert easel.bench.live.labels is None
    assert not easel.failures


def stroke(easel: Easel, start: tuple[int, int], end: tuple[int, int]) -> None:
    canvas = easel.canvas
    QTest.mousePress(canvas, LEFT, NO_KEY, canvas.to_widget(*start).toPoint())
    move(easel, *end)
    QTest.mouseRelease(canvas, LEFT, NO_KEY, canvas.to_widget(*end).toPoint())


def move(easel: Easel, y: float, x: float) -> None:
    at: QPoint = easel.canvas.to_widget(y, x).toPoint()
    QTest.mouseMove(easel.canvas, at)
    QTest.qWait(1)
