"""Acts on the image at hand: saying what became of it, going on, taking labels over or away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication

from segstudio.app.carrying import take_from_previous as previous_labels
from segstudio.app.marking import NAMES
from segstudio.core.annotation import SampleState
from segstudio.core.labels import UNLABELLED, Provenance

if TYPE_CHECKING:
    from segstudio.gui.main_window import MainWindow


def finish_and_go_on(window: MainWindow, state: SampleState) -> None:
    """Say that the image at hand is finished, and go to the next one: in Teach mode to the one asked for next."""
    bench = window.workbench
    if bench.teach.on and state is SampleState.REVIEWED:
        bench.teach.accept()
        return
    with bench.reporting("set the state"):
        window.document.set_state(state)
        bench.next()


def judge(window: MainWindow, state: SampleState) -> None:
    """Accept or reject the image at hand; in review mode, go on to the next one that is done."""
    document, bench, review = window.document, window.workbench, window.stage.review
    with bench.reporting("set the state"):
        with document.edit(NAMES[state]):  # the note and what was found are one step
            if not review.isHidden():
                review.keep_note()
            document.set_state(state)
        if review.isHidden():
            return
        waiting = document.next_in_state(SampleState.DONE)
        if waiting is None:
            bench.message.emit("No image is left to be reviewed.")
        else:
            bench.goto(waiting)


def go_to_end(window: MainWindow, *, last: bool) -> None:
    """Go to the first or the last image of the list."""
    order = window.document.order
    if order:
        window.workbench.goto(order[-1 if last else 0])


def walk_history(window: MainWindow, walk: Callable[[], None]) -> None:
    """Undo or redo, and say so where it was in another image, which is at hand now."""
    before = window.document.sample
    walk()
    after = window.document.sample
    if before is not None and after is not None and before.id != after.id:
        told = QCoreApplication.translate("ImageActs", "That was in {name}.")
        window.workbench.message.emit(told.format(name=after.name))


def toggle_square_pixels(window: MainWindow) -> None:
    """Show pixels square, or in the proportions that the file tells of."""
    window.canvas.square_pixels = not window.canvas.square_pixels


def select_all(window: MainWindow) -> None:
    """Select all rows of the list that has the keyboard; else all shapes of the image."""
    focus = QApplication.focusWidget()
    if isinstance(focus, QAbstractItemView) and focus.window() is window:
        focus.selectAll()
    else:
        window.take_arrow(window.canvas.objects.select_all())


def toggle_box_instances(window: MainWindow) -> None:
    """Make every box that is drawn from now on the box of an instance, or no longer."""
    window.canvas.box_instances = not window.canvas.box_instances


def take_from_previous(window: MainWindow) -> None:
    """Take over the labels of the image before."""
    with window.workbench.reporting("take the labels"):
        previous_labels(window.document)


def clear_labels(window: MainWindow) -> None:
    """Take every label of the image away, as one edit."""
    document = window.document
    with window.workbench.reporting("clear the labels"), document.edit("Clear labels"):
        document.labels.write(document.labels.region, UNLABELLED, source=Provenance.HUMAN)
