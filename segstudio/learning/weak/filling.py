"""From strokes and boxes to a label for every pixel, with or without a network's word; human pixels always stay."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import boxes as box_algorithms
from segstudio.algorithms import scribbles, tags
from segstudio.algorithms.boxes.scene import BACKGROUND
from segstudio.algorithms.metrics import confusion, scores
from segstudio.core.annotation import ImageTag
from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.io.masks import read_mask, write_mask
from segstudio.learning.data import Array, TrainingSample
from segstudio.learning.weak.evidence import Evidence
from segstudio.learning.weak.round_records import label_files, stem_of

Probabilities = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Filled:
    """An image's labels after filling."""

    labels: NDArray[np.uint16]
    """``(H, W)`` class ids, 255 where nothing is known."""
    confidence: NDArray[np.float32]
    """``(H, W)`` in [0, 1]: how probable each label is; 1 on what a person drew."""


def fill(
    image: Array,
    evidence: Evidence,
    classes: LabelSet,
    *,
    probabilities: Probabilities | None = None,
    propagator: str = "auto",
    box_method: str = "auto",
    experience: scribbles.Experience | None = None,
) -> Work[Filled]:
    """Labels for every pixel of *image* from what is known of it.

    Whole masks stay as they are. Strokes of two classes and more are propagated, boxes are filled, and where there is
    neither but a network's *probabilities* ``(K, H, W)`` (row k for the k-th class) and tags, the constrained
    distribution decides. What a person drew stays as it was drawn in any case; one stroke alone stays alone.
    *experience* is what the strokes of other images say; the propagator ``auto`` listens to it.

    Raises :class:`~segstudio.core.errors.AnnotationError` where image, strokes or boxes cannot be used.
    """
    drawn = evidence.labels != UNLABELLED
    by_id = None if probabilities is None else _by_class_id(probabilities, classes, max(evidence.shown(), default=0))
    if evidence.complete:
        return Filled(evidence.labels, drawn.astype(np.float32))
    if len(evidence.drawn) > 1:
        more: dict[str, Any] = {"experience": experience} if propagator == "auto" else {}
        found = yield from scribbles.propagation(image, evidence.labels, method=propagator, probabilities=by_id, **more)
        labels, confidence = found.labels, found.confidence
    elif evidence.boxes:
        boxed = yield from box_algorithms.pseudo_labelling(
            image, evidence.boxes, method=box_method, probabilities=by_id
        )
        labels, confidence = boxed.labels, boxed.confidence
        if BACKGROUND not in classes:
            labels = np.where(labels == BACKGROUND, np.uint16(UNLABELLED), labels)
    elif probabilities is not None and evidence.shown():
        labels, confidence = _by_tags(probabilities, evidence, classes)
    else:
        return Filled(evidence.labels, drawn.astype(np.float32))
    return Filled(
        np.where(drawn, evidence.labels, labels).astype(np.uint16),
        np.where(drawn, np.float32(1), confidence).astype(np.float32),
    )


def _by_tags(
    probabilities: Probabilities, evidence: Evidence, classes: LabelSet
) -> tuple[NDArray[np.uint16], Probabilities]:
    known = evidence.presence(list(classes))
    said = [ImageTag(k) for k in sorted(known.present)] + [ImageTag(k, present=False) for k in sorted(known.absent)]
    latent = tags.constrained_distribution(probabilities, said)
    ids = np.array(list(classes), np.uint16)
    return ids[latent.argmax(0)], latent.max(0)


def _by_class_id(probabilities: Probabilities, classes: LabelSet, highest: int) -> Probabilities:
    """Row k for class id k up to *highest*, as algorithms take it, from row k for the k-th class."""
    rows = np.zeros((highest + 1, *probabilities.shape[1:]), np.float32)
    for place, class_id in enumerate(classes):
        if class_id <= highest:
            rows[class_id] = probabilities[place]
    return rows


@dataclass(frozen=True, eq=False)
class Relabelled:
    """A sample with labels that were worked out: in memory, or in two files where a run has a folder."""

    sample: TrainingSample
    held: Filled | None
    files: tuple[Path, Path] | None = None

    @classmethod
    def keep(cls, sample: TrainingSample, filled: Filled, folder: Path | None) -> Relabelled:
        """Hold *filled*, in *folder* where one is given. Raises :class:`StorageError` where the disk refuses."""
        if folder is None:
            return cls(sample, filled)
        files = _files(sample, folder)
        write_mask(files[0], filled.labels)
        write_mask(files[1], np.round(filled.confidence * 255).astype(np.uint8))
        return cls(sample, None, files)

    @classmethod
    def kept(cls, sample: TrainingSample, folder: Path) -> Relabelled:
        """What :meth:`keep` wrote."""
        return cls(sample, None, _files(sample, folder))

    @property
    def name(self) -> str:
        return self.sample.name

    def image(self) -> Array:
        return self.sample.image()

    def labels(self) -> Array:
        if self.files is not None:
            return read_mask(self.files[0])
        assert self.held is not None
        return self.held.labels

    def weights(self) -> Array | None:
        return worth(self.confidence())

    def confidence(self) -> NDArray[np.float32]:
        """``(H, W)`` how probable each label is."""
        if self.files is not None:
            return read_mask(self.files[1]).astype(np.float32) / np.float32(255)
        assert self.held is not None
        return self.held.confidence


def worth(confidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much labels that are right with the probability *confidence* count: 2 c - 1, and 0 below a half.

    Between two classes the expected value of a loss that is linear in what is predicted, as of mean absolute error or
    the overlap in Dice, is ``c l + (1 - c) (1 - l)``: but for a constant that of the label at hand, weighed so. A label
    that may as well be the other one says nothing.
    """
    return np.maximum(2 * confidence - 1, np.float32(0))


def _files(sample: TrainingSample, folder: Path) -> tuple[Path, Path]:
    """Where a sample's labels and confidence go: by its number in the project, or by its name."""
    number = getattr(sample, "id", None)
    return label_files(folder, stem_of(number) if isinstance(number, int) else _file_name(sample.name))


def _file_name(name: str) -> str:
    """A name that every file system takes; one of its own for every sample."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)[:60]
    return f"{plain}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"


def difference(before: Sequence[Relabelled], after: Sequence[Relabelled]) -> float:
    """The share of pixels whose label changed."""
    changed = total = 0
    for a, b in zip(before, after, strict=True):
        first, second = a.labels(), b.labels()
        changed += int((first != second).sum())
        total += first.size
    return changed / max(1, total)


def agreement(filled: Sequence[Relabelled], truth: Sequence[Any], classes: LabelSet) -> float | None:
    """mIoU of the labels against *truth*, ``(H, W)`` class ids or ``None`` where it is not known."""
    place = np.full(65536, UNLABELLED, np.uint16)
    place[list(classes)] = np.arange(len(classes))
    matrix = np.zeros((len(classes), len(classes)), np.int64)
    for sample, true in zip(filled, truth, strict=True):
        if true is None:
            continue
        labels = place[sample.labels()]
        known = np.where(labels == UNLABELLED, UNLABELLED, place[np.asarray(true, np.uint16)])
        matrix += confusion(np.where(labels == UNLABELLED, 0, labels), known, len(classes))
    return float(scores(matrix).miou) if matrix.any() else None
