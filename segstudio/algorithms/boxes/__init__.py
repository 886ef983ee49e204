"""Boxes to masks: boxes around objects become a label for every pixel.

:func:`pseudo_label` is the one call; :data:`BOX_METHODS` lists the methods behind it.
"""

from segstudio.algorithms.boxes.table import (
    BOX_METHODS,
    BoxMethod,
    PseudoLabels,
    pseudo_label,
    pseudo_labelling,
)

__all__ = ["BOX_METHODS", "BoxMethod", "PseudoLabels", "pseudo_label", "pseudo_labelling"]
