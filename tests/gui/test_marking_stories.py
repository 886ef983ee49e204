"""A person marks images, finds that it was a slip, and takes it back like a stroke."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from segstudio.core.annotation import SampleState
from segstudio.gui.panels.sample_menu import sample_menu
from segstudio.gui.panels.samples import SamplesPanel
from tests.gui.conftest import Hand
from tests.gui.kit import CTRL, SHIFT

KEY = Qt.Key
TODO, BEGUN, DONE, REVIEWED, SKIPPED = SampleState


def states(hand: Hand) -> list[SampleState]:
    return [sample.state for sample in hand.window.document.project.samples()]


def name(hand: Hand) -> str:
    sample = hand.window.document.sample
    assert sample is not None
    return sample.name


def test_done_and_on_is_taken_back_with_the_image_at_hand_again(hand: Hand) -> None:
    hand.drag((10, 10), (10, 40))
    hand.key(KEY.Key_D, SHIFT)
    hand.key(KEY.Key_S, CTRL | SHIFT)
    assert name(hand) == "disc-2.png"
    assert states(hand) == [DONE, SKIPPED, TODO]
    hand.key(KEY.Key_Z, CTRL)
    assert name(hand) == "disc-1.png"
    assert states(hand) == [DONE, TODO, TODO]
    hand.key(KEY.Key_Z, CTRL)
    assert name(hand) == "disc-0.png"
    assert states(hand) == [BEGUN, TODO, TODO]
    hand.key(KEY.Key_Z, CTRL)
    assert states(hand) == [TODO, TODO, TODO]
    assert not hand.window.action("edit.undo").isEnabled()
    for _ in range(3):
        hand.key(KEY.Key_Y, CTRL)
    assert states(hand) == [DONE, SKIPPED, TODO]


def test_a_rejection_is_taken_back_with_its_note(hand: Hand) -> None:
    window = hand.window
    for _ in range(3):
        hand.key(KEY.Key_D, SHIFT)
    window.document.goto(window.document.order[0])
    hand.key(KEY.Key_R, CTRL)
    review = window.stage.review
    QTest.keyClicks(review.note, "too wide")
    window.trigger("sample.reject")
    assert states(hand) == [BEGUN, DONE, DONE]
    assert name(hand) == "disc-1.png"
    window.trigger("edit.undo")
    assert name(hand) == "disc-0.png"
    assert states(hand) == [DONE, DONE, DONE]
    assert window.document.annotation.note == ""
    assert review.note.text() == ""
    window.trigger("edit.redo")
    assert window.document.annotation.note == "too wide"
    assert states(hand) == [BEGUN, DONE, DONE]


def test_many_images_are_marked_in_the_list_as_one_step(hand: Hand) -> None:
    window = hand.window
    panel = window.panel("samples")
    assert isinstance(panel, SamplesPanel)
    menu = sample_menu(panel, window.workbench, list(window.document.order))
    marks = menu.actions()[0].menu()
    assert marks is not None
    next(action for action in marks.actions() if action.text() == "reviewed").trigger()
    assert states(hand) == [REVIEWED] * 3
    hand.key(KEY.Key_Z, CTRL)
    assert states(hand) == [TODO] * 3
    assert not window.document.history.can_undo
