"""The ids of Cityscapes: the official ones by name, and free ones for classes that Cityscapes does not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segstudio.core.classes import Color, LabelSet

UNLABELED = 0
"""The id of what has no label; its train id is 255."""
IGNORED = 255
LISTED = "labels.json"
"""Lies beside gtFine where a data set has ids of its own."""
INSTANCES = 1000
"""An instance's value is its class id times this, plus its number."""

_NAMES = (
    "unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground", "road", "sidewalk",
    "parking", "rail track", "building", "wall", "fence", "guard rail", "bridge", "tunnel", "pole", "polegroup",
    "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus",
    "caravan", "trailer", "train", "motorcycle", "bicycle",
)  # fmt: skip
_TRAINED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
OFFICIAL = {name: number for number, name in enumerate(_NAMES)}
"""Id by name."""
TRAIN_IDS = {number: place for place, number in enumerate(_TRAINED)}
"""Train id by id; the others are 255."""
THINGS = frozenset(range(24, 34))
"""Ids of classes whose objects are told apart: persons, riders and vehicles."""
VOID = frozenset(range(7)) - {4, 5, 6}
"""Ids that say that there is nothing to learn: unlabelled in segstudio."""


@dataclass(frozen=True, slots=True)
class CityLabel:
    """One class with its numbers."""

    name: str
    id: int
    train_id: int
    color: Color | None = None


def numbered(classes: LabelSet) -> dict[int, CityLabel]:
    """The Cityscapes label of each class id: the official one by name, else the next free id and train id."""
    found: dict[int, CityLabel] = {}
    next_id, next_train = len(_NAMES), len(_TRAINED)
    for label in classes.values():
        number = OFFICIAL.get(label.name)
        if number is not None and number not in VOID:
            found[label.id] = CityLabel(label.name, number, TRAIN_IDS.get(number, IGNORED), label.color)
        else:
            found[label.id] = CityLabel(label.name, next_id, next_train, label.color)
            next_id, next_train = next_id + 1, next_train + 1
    return found


def official(names: Iterable[str] = _NAMES) -> list[CityLabel]:
    """The labels of Cityscapes itself."""
    return [CityLabel(name, OFFICIAL[name], TRAIN_IDS.get(OFFICIAL[name], IGNORED)) for name in names]
