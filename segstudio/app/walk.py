"""The way of a person through the samples in their order: what is next, and what is near."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Order = Sequence[int]
"""Ids of samples as next and previous walk through them."""


def place_of(order: Order, here: int | None) -> int:
    """Where *here* stands; -1 where it does not."""
    return order.index(here) if here is not None and here in order else -1


def beyond(order: Order, here: int | None, by: int) -> int | None:
    """The sample *by* places after *here*; ``None`` where there is none."""
    place = place_of(order, here) + by
    return order[place] if 0 <= place < len(order) else None


def near(order: Order, here: int | None, way: int) -> list[int]:
    """The samples before and after *here*, those first that a person who walks that *way* (1 or -1) comes to: two of
    them, so that the next is there for a person who goes on at once."""
    place = place_of(order, here)
    return [order[i] for i in (place + way, place + 2 * way, place - way) if 0 <= i < len(order)]


def first_of(order: Order, here: int | None, wanted: Collection[int]) -> int | None:
    """The first of *wanted* after *here*, and then from the start; ``None`` where there is no other than *here*."""
    place = place_of(order, here) + 1
    return next((i for i in (*order[place:], *order[:place]) if i in wanted and i != here), None)
