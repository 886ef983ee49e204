"""Classes and their colours: what a segment can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import OptionError

Color = tuple[int, int, int]
"""Red, green, blue, each 0..255."""

MAX_CLASS = 254
"""The highest class id; 255 means unlabelled."""


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One class: its *id* (0..254) never changes, its *name* and *color* may."""

    id: int
    name: str
    color: Color

    def __post_init__(self) -> None:
        if not 0 <= self.id <= MAX_CLASS:
            raise OptionError(f"class id {self.id} is not in 0..{MAX_CLASS} (255 means unlabelled)")
        if not self.name.strip():
            raise OptionError(f"class {self.id} has no name")
        if len(self.color) != 3 or not all(0 <= c <= 255 for c in self.color):
            raise OptionError(f"class {self.id}: {self.color!r} is not a colour")

    @property
    def hex(self) -> str:
        """The colour as ``"#rrggbb"``."""
        return "#{:02x}{:02x}{:02x}".format(*self.color)


def parse_color(text: str) -> Color:
    """``"#rrggbb"`` or ``"#rgb"`` as a colour; :class:`OptionError` for anything else."""
    digits = text.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    try:
        if len(digits) != 6:
            raise ValueError
        value = int(digits, 16)
    except ValueError:
        raise OptionError(f"{text!r} is not a colour; write it as #rrggbb") from None
    return value >> 16, value >> 8 & 255, value & 255


@cache
def voc_color(index: int) -> Color:
    """Colour *index* (0..255) of the Pascal VOC palette: the index's bits dealt to the channels from the top down."""
    channels = [0, 0, 0]
    for place in range(8):
        for channel in range(3):
            channels[channel] |= (index >> 3 * place + channel & 1) << (7 - place)
    return channels[0], channels[1], channels[2]


_SAFE: tuple[Color, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""Told apart with every kind of colour blindness: Okabe and Ito, "Color Universal Design" (2008), but for black."""
_SHADES = (0.0, 0.5, -0.45)
"""How much white (or, below 0, black) is mixed into the colours the first time round, the second and the third."""


def safe_color(index: int) -> Color:
    """Colour *index* of a palette for the colour-blind: seven colours, then the same lighter, darker, and again."""
    shade = _SHADES[index // len(_SAFE) % len(_SHADES)]
    towards = 255 if shade > 0 else 0
    red, green, blue = (round(c + abs(shade) * (towards - c)) for c in _SAFE[index % len(_SAFE)])
    return red, green, blue


class LabelSet(Mapping[int, LabelClass]):
    """An immutable, ordered set of classes, looked up by id.

    The order is the one in which people see them (and the one of the keys 1-9 and 0); ids do not depend on it. Every
    change returns a new set. Two classes with one id or one name raise :class:`OptionError`.
    """

    __slots__ = ("_by_id",)

    def __init__(self, classes: Iterable[LabelClass] = ()) -> None:
        self._by_id: dict[int, LabelClass] = {}
        names: set[str] = set()
        for label in classes:
            if label.id in self._by_id:
                raise OptionError(f"two classes have the id {label.id}: {self._by_id[label.id].name}, {label.name}")
            if label.name in names:
                raise OptionError(f"two classes are called {label.name!r}")
            self._by_id[label.id] = label
            names.add(label.name)

    @classmethod
    def named(cls, names: Sequence[str]) -> LabelSet:
        """Classes 0, 1, ... with these names and the VOC palette's colours."""
        return cls(LabelClass(i, name, voc_color(i)) for i, name in enumerate(names))

    def __getitem__(self, class_id: int) -> LabelClass:
        try:
            return self._by_id[class_id]
        except KeyError:
            raise OptionError(f"there is no class {class_id}; there are {self.describe()}") from None

    def __contains__(self, class_id: object) -> bool:
        return class_id in self._by_id

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelSet) and list(self._by_id.values()) == list(other._by_id.values())

    def __hash__(self) -> int:
        return hash(tuple(self._by_id.values()))

    def __repr__(self) -> str:
        return f"LabelSet({list(self._by_id.values())!r})"

    def describe(self) -> str:
        """``"0 background, 1 cat"``, for messages."""
        return ", ".join(f"{c.id} {c.name}" for c in self._by_id.values()) or "none"

    def find(self, name: str) -> LabelClass:
        """The class called *name*; :class:`OptionError` where there is none."""
        for label in self._by_id.values():
            if label.name == name:
                return label
        raise OptionError(f"there is no class called {name!r}; there are {self.describe()}")

    def free_id(self) -> int:
        """The lowest id above all used ones, or the lowest gap when 254 is taken; :class:`OptionError` when full."""
        above = max(self._by_id, default=-1) + 1
        if above <= MAX_CLASS:
            return above
        for class_id in range(MAX_CLASS + 1):
            if class_id not in self._by_id:
                return class_id
        raise OptionError("there are 255 classes already, which is all a label map can hold")

    def added(self, name: str, color: Color | None = None) -> LabelSet:
        """With one class more, at the end."""
        class_id = self.free_id()
        return LabelSet([*self.values(), LabelClass(class_id, name, color or voc_color(class_id))])

    def in_safe_colors(self, *, keep: Collection[int] = ()) -> LabelSet:
        """With colours that the colour-blind can tell apart, in the order of the list; *keep*: ids that stay as they
        are."""
        others = [c.id for c in self.values() if c.id not in keep]
        colors = {class_id: safe_color(place) for place, class_id in enumerate(others)}
        return LabelSet(replace(c, color=colors.get(c.id, c.color)) for c in self.values())

    def changed(self, class_id: int, *, name: str | None = None, color: Color | None = None) -> LabelSet:
        """With another name or colour for one class."""
        old = self[class_id]
        new = replace(old, name=old.name if name is None else name, color=old.color if color is None else color)
        return LabelSet(new if c.id == class_id else c for c in self.values())

    def moved(self, class_id: int, position: int) -> LabelSet:
        """With one class at another place in the order."""
        rest = [c for c in self.values() if c.id != class_id]
        rest.insert(position, self[class_id])
        return LabelSet(rest)

    def without(self, class_id: int) -> LabelSet:
        """Without one class. What happens to its pixels is the caller's to decide."""
        removed = self[class_id]
        return LabelSet(c for c in self.values() if c is not removed)

    def palette(self) -> NDArray[np.uint8]:
        """``(256, 3)`` colours by id: the classes' own, the VOC palette's for ids that no class has."""
        table = np.array([voc_color(i) for i in range(256)], np.uint8)
        for label in self.values():
            table[label.id] = label.color
        return table

    def to_json(self) -> dict[str, Any]:
        """``{"classes": [{"id": 0, "name": "background", "color": "#000000"}, ...]}``"""
        return {"classes": [{"id": c.id, "name": c.name, "color": c.hex} for c in self.values()]}
