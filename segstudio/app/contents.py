"""Which classes a label map shows: what the project lists of every sample."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from segstudio.app.history import Facts
from segstudio.core.labels import UNLABELLED
from segstudio.core.tiled import TiledArray

_PIXELS = 1 << 18
"""Counted at once: counting holds the interpreter, and another thread paints."""


def contents(ids: NDArray[np.uint16], facts: Facts) -> frozenset[int]:
    """The classes that a label map ``(H, W)`` shows, its instances' among them."""
    tiled: object = ids
    if isinstance(tiled, TiledArray):
        values = tiled.values()
    else:
        values = set()
        rows = max(1, _PIXELS // max(1, ids.shape[1]))
        for y in range(0, ids.shape[0], rows):
            values.update(np.flatnonzero(np.bincount(ids[y : y + rows].ravel())).tolist())
    present = {facts.segments.get(i, i) for i in values}
    return frozenset(present & set(facts.classes))


def without_classes(labels: NDArray[np.integer], gone: Collection[int]) -> NDArray[np.integer]:
    """*labels* ``(H, W)`` with 255 in the place of the ids in *gone*: computed before these classes were removed."""
    return np.where(np.isin(labels, list(gone)), UNLABELLED, labels).astype(labels.dtype) if gone else labels
