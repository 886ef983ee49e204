"""What is next and what is near on the way through the samples."""

from __future__ import annotations

from segstudio.app import walk

ORDER = [5, 3, 9, 1]


def test_places_and_what_lies_beyond() -> None:
    assert [walk.place_of(ORDER, here) for here in (5, 1, 7, None)] == [0, 3, -1, -1]
    assert walk.beyond(ORDER, 3, 1) == 9
    assert walk.beyond(ORDER, 3, -2) is None
    assert walk.beyond(ORDER, None, 1) == 5, "who is nowhere begins at the start"


def test_what_is_ahead_comes_before_what_was_passed() -> None:
    assert walk.near(ORDER, 3, 1) == [9, 1, 5]
    assert walk.near(ORDER, 9, -1) == [3, 5, 1]
    assert walk.near(ORDER, 1, 1) == [9]


def test_the_first_that_is_wanted_is_sought_round_and_round() -> None:
    assert walk.first_of(ORDER, 9, {5, 3}) == 5
    assert walk.first_of(ORDER, 9, {9}) is None
    assert walk.first_of(ORDER, None, {1, 9}) == 9
