"""What a network says of a sample that nobody has begun, kept beside its labels and never among them.

``prediction.png`` holds class ids, 255 where none; ``prediction-confidence.png`` the probability of each label in
steps of 1/255. A newer prediction replaces an older one; nothing else in the project depends on them.

A prediction that became labels is kept beside them, as ``pre-label.png`` and ``pre-label-confidence.png``: strokes
correct what a person was shown, also after the program was closed, and whatever a network has said since.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import MaskError, storage_errors
from segstudio.core.labels import UNLABELLED
from segstudio.io.masks import read_mask, write_mask

LABELS, CONFIDENCE = "prediction.png", "prediction-confidence.png"
_SHOWN, _SHOWN_CONFIDENCE = "pre-label.png", "pre-label-confidence.png"


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
    _write(folder, (LABELS, CONFIDENCE), labels, confidence)


def read_prediction(
    folder: Path, shape: tuple[int, int], classes: Collection[int] | None = None
) -> StoredPrediction | None:
    """The prediction kept in *folder* for an image of *shape*; ``None`` where there is none that fits.

    With *classes* the labels of others (that were removed since) are 255.
    """
    return _read(folder, (LABELS, CONFIDENCE), shape, classes)


def remove_prediction(folder: Path) -> None:
    """Take a sample's prediction away, where there is one."""
    _remove(folder, (LABELS, CONFIDENCE))


def take_up(folder: Path) -> bool:
    """Keep the prediction in the *folder* of a sample as what becomes its labels, by links, for it is always replaced
    and never written into; whether there is one.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    remove_pre_label(folder)
    if not (folder / LABELS).is_file():
        return False
    with storage_errors(folder):
        for source, target in ((CONFIDENCE, _SHOWN_CONFIDENCE), (LABELS, _SHOWN)):
            try:
                os.link(folder / source, folder / target)
            except OSError:  # a file system without hard links
                shutil.copyfile(folder / source, folder / target)
    return True


def write_pre_label(folder: Path, shown: StoredPrediction) -> None:
    """Keep *shown* as what became labels of the sample in *folder*.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    _write(folder, (_SHOWN, _SHOWN_CONFIDENCE), shown.labels, shown.confidence)


def read_pre_label(
    folder: Path, shape: tuple[int, int], classes: Collection[int] | None = None
) -> StoredPrediction | None:
    """What became labels of the sample in *folder*, as :func:`read_prediction` gives it; ``None`` where nothing did."""
    return _read(folder, (_SHOWN, _SHOWN_CONFIDENCE), shape, classes)


def remove_pre_label(folder: Path) -> None:
    """A person took the pre-label back, or never touched it."""
    _remove(folder, (_SHOWN, _SHOWN_CONFIDENCE))


def _write(folder: Path, names: tuple[str, str], labels: NDArray[np.integer], confidence: NDArray[np.floating]) -> None:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    steps = np.rint(255 * np.clip(confidence, 0, 1)).astype(np.uint8)
    write_mask(folder / names[1], steps, durable=False)
    write_mask(folder / names[0], labels, durable=False)


def _read(
    folder: Path, names: tuple[str, str], shape: tuple[int, int], classes: Collection[int] | None
) -> StoredPrediction | None:
    if not (folder / names[0]).is_file():
        return None
    try:
        labels, steps = (read_mask(folder / name, shape) for name in names)
    except MaskError:  # of another image, or cut short: it is made again when it is needed
        return None
    if classes is not None:
        labels = np.where(np.isin(labels, list(classes)), labels, np.uint16(UNLABELLED))
    return StoredPrediction(labels, (steps / np.float32(255)).astype(np.float32))


def _remove(folder: Path, names: tuple[str, str]) -> None:
    for name in names:
        with storage_errors(folder), contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()
