"""Scribbles to masks: strokes of some classes become a label for every pixel.

`propagate` is the one call; `PROPAGATORS` lists the methods behind it. `Session` answers strokes while they are drawn,
`learn` gathers what the strokes of other images say, `correction` puts strokes into labels that are there already, and
`tune` lets the default method learn from masks that were accepted.
"""

from segstudio.algorithms.scribbles.combination import Model
from segstudio.algorithms.scribbles.correction import correction
from segstudio.algorithms.scribbles.experience import Experience, Lesson, learn, lesson
from segstudio.algorithms.scribbles.session import Session, warm_up
from segstudio.algorithms.scribbles.table import (
    DEFAULT,
    PROPAGATORS,
    Propagation,
    Propagator,
    propagate,
    propagation,
)
from segstudio.algorithms.scribbles.tuning import Tuning, load_model, save_model, tune

__all__ = [
    "DEFAULT",
    "PROPAGATORS",
    "Experience",
    "Lesson",
    "Model",
    "Propagation",
    "Propagator",
    "Session",
    "Tuning",
    "correction",
    "learn",
    "lesson",
    "load_model",
    "propagate",
    "propagation",
    "save_model",
    "tune",
    "warm_up",
]
