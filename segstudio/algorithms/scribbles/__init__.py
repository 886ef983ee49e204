"""Scribbles to masks: strokes of some classes become a label for every pixel.

:func:`propagate` is the one call; :data:`PROPAGATORS` lists the methods behind it.
"""

from segstudio.algorithms.scribbles.table import (
    PROPAGATORS,
    Propagation,
    Propagator,
    propagate,
    propagation,
)

__all__ = ["PROPAGATORS", "Propagation", "Propagator", "propagate", "propagation"]
