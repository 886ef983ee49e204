"""What a person can choose about propagation: methods and their knobs, as data. Loads neither numba nor OpenCV.

The names are those of :data:`segstudio.algorithms.scribbles.PROPAGATORS` and
:data:`segstudio.algorithms.boxes.BOX_METHODS`; a test holds the two tables together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segstudio.core.registry import Registry

EMPHASIS = "emphasis."
"""Knobs whose names begin so are weights of a group of cues."""


@dataclass(frozen=True)
class Knob:
    """A number that a person may turn."""

    name: str
    """The method's option, or ``emphasis.GROUP``."""
    title: str
    tip: str
    low: float
    high: float
    default: float
    decimals: int = 2


@dataclass(frozen=True)
class Choice:
    """A method as people see it."""

    name: str
    title: str
    pick: str
    """One sentence: when to pick it."""
    knobs: tuple[Knob, ...] = ()


def _weight(group: str, title: str, tip: str) -> Knob:
    return Knob(EMPHASIS + group, title, tip, 0.0, 3.0, 1.0)


OTHERS = _weight(
    "others",
    "Other images",
    "How much the strokes and accepted masks of the project's other images count; 0 leaves them out",
)

SCRIBBLE_CHOICES: Registry[Choice] = Registry(
    "way to propagate",
    [
        Choice(
            "auto",
            "Automatic: all cues, weighed",
            "The first choice: weighs colour, texture, paths, edges and place by what your strokes say.",
            (
                Knob("smoothness", "Smoothness", "How dear a border between two classes is", 0.0, 6.0, 1.5),
                _weight("colour", "Colour", "How much likeness of colour counts; 0 leaves it out"),
                _weight("texture", "Texture", "How much likeness of texture counts; 0 leaves it out"),
                _weight("paths", "Paths", "How much the cheapest path to a stroke counts; 0 leaves it out"),
                _weight("edges", "Edges", "How much the strongest edge on the way counts; 0 leaves it out"),
                _weight("place", "Place", "How much the distance to a stroke counts; 0 leaves it out"),
                _weight("walks", "Random walks", "How much random walks count; 0 leaves them out"),
                _weight("cuts", "Cuts", "How much graph cuts count; 0 leaves them out"),
                _weight("network", "Network", "How much a trained network counts; 0 leaves it out"),
                OTHERS,
            ),
        ),
        Choice(
            "scribblesup",
            "ScribbleSup",
            "Scenes of many parts, such as streets: a graph cut over superpixels.",
            (
                Knob("colour_width", "Colour width", "How different neighbours may be in colour", 0.1, 5.0, 1.2),
                Knob("texture_width", "Texture width", "How different neighbours may be in texture", 0.1, 5.0, 1.0),
                Knob("network_weight", "Network", "How much a trained network counts", 0.0, 5.0, 1.0),
            ),
        ),
        Choice(
            "random_walker",
            "Random walker",
            "Soft tissue and other pictures with weak, unbroken borders, such as MRI.",
            (Knob("beta", "Contrast", "How much contrast holds a walk back", 1.0, 1000.0, 130.0, 0),),
        ),
        Choice(
            "geodesic",
            "Geodesic distance",
            "Even regions with clear borders; quick.",
            (Knob("spatial", "Length", "What a step costs where the colour stays the same", 0.0, 5.0, 0.3),),
        ),
        Choice(
            "grabcut",
            "GrabCut",
            "One object of its own colours before a background, in photographs.",
            (Knob("iterations", "Iterations", "How often colours and borders are found anew", 1, 10, 3, 0),),
        ),
        Choice("voronoi", "Nearest stroke", "Where the image says nothing: each pixel goes to its nearest stroke."),
    ],
)

BOX_CHOICES: Registry[Choice] = Registry(
    "way to fill boxes",
    [
        Choice("auto", "Automatic", "The first choice for objects of any kind."),
        Choice("together", "All boxes together", "Cells, organs, things in a scene; boxes that overlap."),
        Choice("rect", "Whole boxes", "Where objects are boxes."),
        Choice("ellipse", "Ellipses", "Round objects without a clear border, as in MRI."),
        Choice("crf", "Ellipse and dense CRF", "Round objects with clear colours, such as nuclei."),
        Choice("bbox_seg", "Bbox-Seg", "The published recipe: a dense CRF from the middle of each box."),
        Choice("grabcut", "GrabCut", "One large object of its own colours in each box, in photographs."),
    ],
)


def arguments(choice: Choice, values: Mapping[str, float]) -> dict[str, Any]:
    """The options of a method where *values* differ from its defaults; groups of cues as one ``emphasis``."""
    changed = {
        knob.name: round(values[knob.name]) if knob.decimals == 0 else float(values[knob.name])
        for knob in choice.knobs
        if knob.name in values and values[knob.name] != knob.default
    }
    emphasis = {name.removeprefix(EMPHASIS): value for name, value in changed.items() if name.startswith(EMPHASIS)}
    options: dict[str, Any] = {name: value for name, value in changed.items() if not name.startswith(EMPHASIS)}
    return options | ({"emphasis": emphasis} if emphasis else {})
