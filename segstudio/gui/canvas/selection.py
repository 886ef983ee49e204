"""What becomes of the selected shapes when the annotation changes, as by undo; and how they are told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.gui.tools.hit import Shape


class Selection:
    """Follows what is selected in one image."""

    def __init__(self) -> None:
        self._gone: tuple[Shape, ...] = ()
        """What was selected when it was taken away: when it comes back, it is selected again."""

    def followed(self, picks: Sequence[Shape], before: Sequence[Shape], after: Sequence[Shape]) -> tuple[Shape, ...]:
        """What is selected of the shapes *after*, where *picks* were of those *before*: the same, or what took their
        place, as when a move is taken back; where nothing was, what was taken away and has come back."""
        if not picks and not self._gone:
            return ()
        became = _in_place(before, after)
        if became is not None:
            return tuple(became[id(shape)] for shape in picks if id(shape) in became)
        new = _new(before, after)
        if not picks:
            return _found(self._gone, after) if Counter(self._gone) <= Counter(new) else ()
        kept = _found(picks, after)
        if len(kept) == len(picks):
            return kept
        if not new:
            self._gone = tuple(picks)
        return (*kept, *_found(new, after))


def _in_place(before: Sequence[Shape], after: Sequence[Shape]) -> dict[int, Shape] | None:
    """What is in the place of each shape, by its ``id``, where shapes were exchanged one for one; ``None`` where they
    were not."""
    if len(before) != len(after) or any(type(a) is not type(b) for a, b in zip(before, after, strict=True)):
        return None
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a is not b and a != b]
    if Counter(a for a, _ in changed) & Counter(b for _, b in changed):  # shapes went on to other places
        return None
    return {id(a): b for a, b in zip(before, after, strict=True)}


def _new(before: Sequence[Shape], after: Sequence[Shape]) -> list[Shape]:
    """What of *after* is not among *before*. Shapes mostly stay the same objects; only the others are compared."""
    old, now = {id(shape) for shape in before}, {id(shape) for shape in after}
    come = Counter(shape for shape in after if id(shape) not in old)
    return list((come - Counter(shape for shape in before if id(shape) not in now)).elements())


def _found(wanted: Sequence[Shape], shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """Those of *wanted* that are among *shapes*, as they are there."""
    known = {id(shape) for shape in shapes}
    others = {id(shape) for shape in wanted} & known
    there: dict[Shape, list[Shape]] = {}
    if len(others) < len(wanted):
        for shape in shapes:
            if id(shape) not in others:
                there.setdefault(shape, []).append(shape)
    found = []
    for shape in wanted:
        if id(shape) in known:
            found.append(shape)
        elif there.get(shape):
            found.append(there[shape].pop(0))
    return tuple(found)


def described(picks: Sequence[Shape], classes: LabelSet) -> str:
    """What is selected, in the window's language; nothing where nothing is."""
    if not picks:
        return ""
    if len(picks) == 1:
        (shape,) = picks
        name = classes[shape.class_id].name if shape.class_id in classes else "?"
        text = _tr("Selected: a box of {0}") if isinstance(shape, Box) else _tr("Selected: a polygon of {0}")
        return text.format(name)
    boxes = sum(isinstance(shape, Box) for shape in picks)
    return _tr("Selected: {0} shapes (boxes: {1}, polygons: {2})").format(len(picks), boxes, len(picks) - boxes)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Selection", text)
