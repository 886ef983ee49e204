"""What a network says of a sample that nobody has begun, kept beside its labels and never among them.

``prediction.png`` holds class ids, 255 where none; ``prediction-confidence.png`` the probability of each label in
steps of 1/255. A newer prediction replaces an older one; nothing else in the project depends on them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import MaskError, storage_errors
from segstudio.core.labels import UNLABELLED
from segstudio.io.masks import read_mask, write_mask

LABELS, CONFIDENCE = "prediction.png", "prediction-confidence.png"


@dataclass(frozen=True, eq=False)
class StoredPrediction:
    """A network's labels of one image."""

    labels: NDArray[np.uint16]
    """``(H, W)`` class ids, 255 = none."""
    confidence: NDArray[np.float32]
    """``(H, W)``: the probability of the label, to 1/255."""

    def probabilities(self, class_ids: Sequence[int]) -> NDArray[np.float32]:
        """``(highest of class_ids + 1, H, W)``, a row a class id: the confidence for the label, the rest for others.

        The other classes share the rest evenly: of the network's answer only the first class is kept. Rows of ids that
        are no class hold 0.
        """
        count = max(class_ids, default=0) + 1
        rest = (1 - self.confidence) / max(1, len(class_ids) - 1)
        rows = np.zeros((count, *self.labels.shape), np.float32)
        unknown = self.labels == 255
        for class_id in class_ids:
            rows[class_id] = np.where(self.labels == class_id, self.confidence, rest)
            rows[class_id][unknown] = 1 / len(class_ids)
        return rows


def write_prediction(folder: Path, labels: NDArray[np.integer], confidence: NDArray[np.floating]) -> None:
    """Keep a prediction in the *folder* of its sample; any thread or process may.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    steps = np.rint(255 * np.clip(confidence, 0, 1)).astype(np.uint8)
    write_mask(folder / CONFIDENCE, steps, durable=False)
    write_mask(folder / LABELS, labels, durable=False)


def read_prediction(
    folder: Path, shape: tuple[int, int], classes: Collection[int] | None = None
) -> StoredPrediction | None:
    """The prediction kept in *folder* for an image of *shape*; ``None`` where there is none that fits.

    With *classes* the labels of others (that were removed since) are 255.
    """
    if not (folder / LABELS).is_file():
        return None
    try:
        labels, steps = read_mask(folder / LABELS, shape), read_mask(folder / CONFIDENCE, shape)
    except MaskError:  # of another image, or cut short: it is made again when it is needed
        return None
    if classes is not None:
        labels = np.where(np.isin(labels, list(classes)), labels, np.uint16(UNLABELLED))
    return StoredPrediction(labels, (steps / np.float32(255)).astype(np.float32))


def remove_prediction(folder: Path) -> None:
    """Take a sample's prediction away, where there is one."""
    for name in (LABELS, CONFIDENCE):
        with storage_errors(folder), contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()
