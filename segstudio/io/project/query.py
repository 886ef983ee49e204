"""Which samples of a project a list shows, and in which order: asked of the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from segstudio.core.annotation import SampleState


class SampleOrder(StrEnum):
    """In which order a list shows samples; those that are alike as they were added."""

    ADDED = "added"
    NAME = "name"
    """By folder and file name, numbers by their value, upper and lower case alike, then by frame."""
    STATE = "state"
    """What is to be done first, then what is begun, done, reviewed and skipped."""
    UNCERTAINTY = "uncertainty"
    """The least certain prediction first, what was never predicted last."""


@dataclass(frozen=True, slots=True)
class SampleQuery:
    """Which samples a list shows. The empty query shows all."""

    text: str = ""
    """A part of the file's path or of the note, upper and lower case alike."""
    states: frozenset[SampleState] = frozenset()
    """Any of these states; none given: every state."""
    class_id: int | None = None
    """Those with pixels, a box or a polygon of this class."""
    min_uncertainty: float | None = None
    """Predictions that were at least this unsure, 0..1."""
    order: SampleOrder = SampleOrder.ADDED


_STATES = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(SampleState))
_ORDERS = {
    SampleOrder.ADDED: "id",
    SampleOrder.NAME: "natural_key(path), path, frame, id",
    SampleOrder.STATE: f"CASE state {_STATES} END, id",
    SampleOrder.UNCERTAINTY: "uncertainty IS NULL, uncertainty DESC, id",
}


def selection(query: SampleQuery) -> tuple[str, list[Any], str]:
    """*query* in SQL over the table of samples: its ``WHERE`` clause with the values in it, and what to order by."""
    conditions: list[str] = []
    values: list[Any] = []
    if query.text:
        conditions.append("(instr(lower(path), lower(?)) > 0 OR instr(lower(note), lower(?)) > 0)")
        values.extend([query.text, query.text])
    if query.states:
        conditions.append(f"state IN ({','.join('?' * len(query.states))})")
        values.extend(sorted(query.states))
    if query.min_uncertainty is not None:
        conditions.append("uncertainty >= ?")
        values.append(query.min_uncertainty)
    if query.class_id is not None:
        shown = "SELECT sample FROM contents WHERE class = ? UNION SELECT sample FROM shapes WHERE class = ?"
        conditions.append(f"id IN ({shown})")
        values.extend([query.class_id, query.class_id])
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), values, _ORDERS[query.order]
