"""Seeds as every propagator reads them: which classes were drawn, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import AnnotationError

UNLABELLED = 255


@dataclass(frozen=True)
class Strokes:
    """*classes* ``(L,)`` ascending ids; *index* ``(H, W)`` int32, the place of a stroke's class in *classes* or -1."""

    classes: NDArray[np.int64]
    index: NDArray[np.int32]

    @property
    def count(self) -> int:
        return len(self.classes)

    @property
    def drawn(self) -> NDArray[np.bool_]:
        return self.index >= 0


def read(seeds: NDArray[Any], shape: tuple[int, ...]) -> Strokes:
    """Strokes of *seeds* ``(H, W)`` (of a volume ``(D, H, W)``) for a picture of *shape*: class ids, 255 undrawn.

    Raises :class:`AnnotationError` for another shape, for values that are no ids (0..65535, whole) and for no stroke.
    """
    seeds = np.asarray(seeds)
    if seeds.shape != tuple(shape[: max(2, seeds.ndim)]):
        raise AnnotationError(f"the scribbles are {seeds.shape} and the image is {tuple(shape[:2])}; they must agree")
    if seeds.dtype == np.bool_:
        raise AnnotationError("scribbles are class ids with 255 where nothing is drawn, not true and false")
    if seeds.dtype.kind == "f":
        if not (np.isfinite(seeds).all() and (seeds == np.rint(seeds)).all()):
            raise AnnotationError("scribbles are whole class ids; some values are fractions or not finite")
    elif seeds.dtype.kind not in "ui":
        raise AnnotationError(f"scribbles are whole class ids, not {seeds.dtype}")
    if seeds.min() < 0 or seeds.max() > 65535:
        raise AnnotationError("class ids of scribbles lie in 0..65535")
    ids = seeds.astype(np.int64)
    present = np.bincount(ids.ravel(), minlength=UNLABELLED + 1) > 0
    present[UNLABELLED] = False
    classes = np.flatnonzero(present)
    if len(classes) == 0:
        raise AnnotationError("there is no scribble to start from; draw at least one stroke")
    place = np.full(len(present), -1, np.int32)
    place[classes] = np.arange(len(classes), dtype=np.int32)
    return Strokes(classes, place[ids])


def class_dtype(seeds: NDArray[Any]) -> type[np.uint8] | type[np.uint16]:
    """The dtype of the answer: uint8 as long as every id fits."""
    return np.uint16 if np.asarray(seeds).dtype == np.uint16 or seeds.max() > UNLABELLED else np.uint8


def class_probabilities(
    probabilities: NDArray[Any] | None, strokes: Strokes, shape: tuple[int, ...]
) -> NDArray[np.float32] | None:
    """The rows of a network's ``(K, H, W)`` that belong to the drawn classes, ``(L, H, W)``, each pixel summing to 1.

    Raises :class:`AnnotationError` unless the shape fits, the values are finite and not negative, and every drawn class
    has a row.
    """
    if probabilities is None:
        return None
    values = np.asarray(probabilities)
    if values.ndim != 3 or values.shape[1:] != tuple(shape[:2]):
        raise AnnotationError(f"probabilities have the shape (K, H, W) with {tuple(shape[:2])}, not {values.shape}")
    missing = [int(c) for c in strokes.classes if c >= len(values)]
    if missing:
        raise AnnotationError(f"class {missing[0]} is drawn, but the probabilities know only {len(values)} classes")
    chosen = values[strokes.classes].astype(np.float32)
    if not np.isfinite(chosen).all() or chosen.min() < 0:
        raise AnnotationError("probabilities are finite and not negative")
    total = chosen.sum(axis=0)
    return np.where(total > 0, chosen / np.maximum(total, 1e-12), np.float32(1 / strokes.count)).astype(np.float32)
