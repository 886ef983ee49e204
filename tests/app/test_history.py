"""Undo, redo, rolling back and the limit in bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segstudio.app.history import Facts, History
from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance


class Desk:
    """A label map with facts beside it."""

    def __init__(self, shape: tuple[int, int] = (600, 700), limit: int = 512 << 20) -> None:
        self.labels = LabelMap(shape)
        self.facts = Facts(Annotation(), {}, LabelSet.named(["a", "b"]))
        self.history = History(lambda: self.facts, self._set, limit)
        self.history.attach(1, self.labels)

    def _set(self, facts: Facts) -> None:
        self.facts = facts

    def state(self) -> tuple[bytes, bytes, Facts]:
        return self.labels.ids.tobytes(), self.labels.provenance.tobytes(), self.facts

    def paint(self, region: Region, value: int, source: Provenance = Provenance.HUMAN) -> None:
        with self.history.edit("Brush"):
            self.labels.write(region, value, source=source)


sides = st.integers(1, 400)
regions = st.builds(
    lambda y, x, h, w: Region(y, x, y + h, x + w), st.integers(-20, 610), st.integers(-20, 710), sides, sides
)
acts = st.lists(
    st.tuples(regions, st.integers(0, 3) | st.just(UNLABELLED), st.sampled_from(list(Provenance)[1:])), max_size=8
)


@settings(max_examples=30, deadline=None)
@given(acts)
def test_undoing_everything_gives_the_start_and_redo_every_step_after_it(
    done: list[tuple[Region, int, Provenance]],
) -> None:
    desk = Desk()
    states = [desk.state()]
    for region, value, source in done:
        desk.paint(region, value, source)
        if desk.state() != states[-1]:
            states.append(desk.state())
    for expected in reversed(states[:-1]):
        desk.history.undo()
        assert desk.state() == expected
    assert not desk.history.can_undo
    for expected in states[1:]:
        desk.history.redo()
        assert desk.state() == expected
    assert not desk.history.can_redo


def test_a_stroke_of_many_writes_is_one_step() -> None:
    desk = Desk()
    with desk.history.edit("Brush"):
        for x in range(0, 300, 3):
            desk.labels.write(Region(10, x, 20, x + 5), 1, source=Provenance.HUMAN)
    assert desk.history.undo().name == "Brush"
    assert (desk.labels.ids == UNLABELLED).all()


def test_an_exception_rolls_back_and_leaves_no_step() -> None:
    desk = Desk()
    desk.paint(Region(0, 0, 5, 5), 1)
    before = desk.state()

    def broken_off() -> None:
        with desk.history.edit("Brush"):
            desk.labels.write(Region(2, 2, 300, 300), 0, source=Provenance.HUMAN)
            desk.facts = replace(desk.facts, segments={256: 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert desk.state() == before
    assert desk.history.next_undo is not None
    desk.history.undo()
    assert not desk.history.can_undo


def test_facts_are_undone_with_the_pixels() -> None:
    desk = Desk()
    with desk.history.edit("Box"):
        desk.facts = replace(desk.facts, annotation=Annotation(boxes=(Box(1, 0, 0, 4, 4),)))
    desk.history.undo()
    assert desk.facts.annotation == Annotation()
    desk.history.redo()
    assert desk.facts.annotation.boxes == (Box(1, 0, 0, 4, 4),)


def test_an_edit_that_changes_nothing_is_no_step() -> None:
    desk = Desk()
    with desk.history.edit("Brush"):
        pass
    desk.paint(Region(0, 0, 3, 3), UNLABELLED)
    assert not desk.history.can_undo


def test_a_new_edit_forgets_what_was_undone() -> None:
    desk = Desk()
    desk.paint(Region(0, 0, 3, 3), 1)
    desk.history.undo()
    desk.paint(Region(0, 0, 3, 3), 2)
    assert not desk.history.can_redo


def test_history_is_limited_by_bytes_but_keeps_the_last_step() -> None:
    desk = Desk((1000, 1000), limit=100_000)
    for i in range(20):
        desk.paint(Region(0, 0, 100, 100), i % 3)
        assert desk.history.nbytes <= 100_000
    desk.paint(Region(0, 0, 1000, 1000), 4)
    assert desk.history.can_undo
    desk.history.undo()
    assert not desk.history.can_undo


def test_a_step_costs_what_it_changed_not_the_image() -> None:
    desk = Desk((8000, 8000))
    desk.labels.write(Region(0, 0, 1, 1), 1, source=Provenance.HUMAN)
    desk.paint(Region(4000, 4000, 4010, 4010), 1)
    assert desk.history.nbytes < 10_000


def test_nested_edits_are_one() -> None:
    desk = Desk()
    with desk.history.edit("Outer"):
        desk.labels.write(Region(0, 0, 1, 1), 1, source=Provenance.HUMAN)
        with desk.history.edit("Inner"):
            desk.labels.write(Region(1, 1, 2, 2), 1, source=Provenance.HUMAN)
    desk.history.undo()
    assert (desk.labels.ids == UNLABELLED).all()
    assert np.array_equal(desk.labels.provenance, np.zeros((600, 700)))
