"""What is known of single slices of a volume besides strokes: a network's probabilities, classes that are absent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.scribbles.strokes import Strokes, class_probabilities
from segstudio.core.errors import AnnotationError

Floats = NDArray[np.float32]
Opinion = NDArray[Any] | None
"""A network's ``(K, H, W)`` of a slice, row k for class k; ``None`` where it was not asked."""
Opinions = NDArray[Any] | Sequence[Opinion] | Iterable[Opinion]
"""Those of all slices: an array ``(D, K, H, W)``, a sequence that is asked for one slice at a time, or a stream."""


class Network:
    """A network's *opinions* of the slices of a volume of *shape* ``(D, H, W)``, each read when it is looked at.

    A stream is read once, in the order of the slices; what :meth:`plane` skips is kept until it is asked for.
    """

    def __init__(self, opinions: Opinions, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._stream: Iterator[Opinion] | None = None
        self._kept: dict[int, Opinion] = {}
        self._read_so_far = 0
        self._opinions: Any = opinions
        if isinstance(opinions, np.ndarray) and opinions.ndim != 4:
            raise AnnotationError(
                f"probabilities of a volume have the shape (D, K, H, W) with {shape}, not {opinions.shape}"
            )
        if not isinstance(opinions, np.ndarray | Sequence):
            self._stream = iter(opinions)
        elif len(opinions) != shape[0]:
            raise AnnotationError(f"there are probabilities of {len(opinions)} slices and the volume has {shape[0]}")

    def of_slice(self, z: int) -> Opinion:
        """What the network says of slice *z*, unchecked; ask once."""
        found: Opinion = self._opinions[z] if self._stream is None else self._read(z)
        return found

    def of_classes(self, z: int, strokes: Strokes) -> Floats | None:
        """The probabilities ``(L, H, W)`` of the drawn classes on slice *z*; ask once.

        Raises :class:`AnnotationError` where they do not fit the slice or lack a drawn class.
        """
        try:
            return class_probabilities(self.of_slice(z), strokes, self._shape[1:])
        except AnnotationError as error:
            raise AnnotationError(f"slice {z + 1}: {error}") from error

    def _read(self, z: int) -> Opinion:
        while self._stream is not None and z not in self._kept:
            try:
                self._kept[self._read_so_far] = next(self._stream)
            except StopIteration:
                raise AnnotationError(
                    f"there are probabilities of {self._read_so_far} slices and the volume has {self._shape[0]}"
                ) from None
            self._read_so_far += 1
        return self._kept.pop(z)


def absences(absent: Mapping[int, Collection[int]] | None, strokes: Strokes) -> NDArray[np.bool_]:
    """``(D, L)``: which of the drawn classes are not on which slice; *absent* are class ids by slice.

    Raises :class:`AnnotationError` for slices that the volume does not have, where a class is drawn on a slice that it
    is absent from, and where no drawn class is left for a slice.
    """
    found = np.zeros((len(strokes.index), strokes.count), np.bool_)
    for z, ids in (absent or {}).items():
        if not 0 <= z < len(found):
            raise AnnotationError(f"classes are said to be absent from slice {z + 1}; there are {len(found)}")
        found[z] = np.isin(strokes.classes, list(ids))
        drawn = found[z] & np.isin(np.arange(strokes.count), strokes.index[z])
        if drawn.any():
            class_id = int(strokes.classes[drawn][0])
            raise AnnotationError(f"class {class_id} is drawn on slice {z + 1} and said to be absent from it")
        if found[z].all():
            raise AnnotationError(f"all classes that are drawn are said to be absent from slice {z + 1}")
    return found
