"""Small drawn scenes whose masks are known, and what a person might say of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample

CLASSES = LabelSet.named(["ground", "disc", "bar"])


@dataclass(frozen=True, eq=False)
class Said:
    """A sample with labels, boxes, tags and provenance of one's choice."""

    pixels: NDArray[Any]
    ids: NDArray[Any]
    name: str
    given_boxes: tuple[Any, ...] = ()
    given_tags: Any = None
    source: Any = None

    def image(self) -> NDArray[Any]:
        return self.pixels

    def labels(self) -> NDArray[Any]:
        return self.ids

    def boxes(self) -> tuple[Any, ...]:
        return self.given_boxes

    def tags(self) -> Any:
        return self.given_tags

    def provenance(self) -> Any:
        return self.source


def scene(seed: int, size: int = 48, *, bar: bool = True) -> ArraySample:
    """A bright disc and, if wished, a dark bar, on noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    labels = np.zeros((size, size), np.uint16)
    top = int(rng.integers(2, size - 10))
    if bar:
        labels[top : top + 7, 4:-4] = 2
    cy, cx = rng.integers(11, size - 11, 2)
    labels[(y - cy) ** 2 + (x - cx) ** 2 < 81] = 1
    grey = np.array([0.5, 0.9, 0.1])[labels] + rng.normal(0, 0.05, labels.shape)
    return ArraySample((np.clip(grey, 0, 1) * 255).astype(np.uint8), labels, f"scene {seed}")


def strokes(sample: ArraySample, every: int = 7) -> Said:
    """Short strokes: a few rows of each class's pixels."""
    drawn = np.full_like(sample.ids, 255)
    for k in np.unique(sample.ids):
        y, x = np.nonzero(sample.ids == k)
        middle = np.median(y).astype(int)
        on = np.flatnonzero(np.abs(y - middle) <= 1)
        drawn[y[on], x[on]] = k
    return Said(sample.pixels, drawn, sample.name)


def boxed(sample: ArraySample) -> Said:
    """A box around each object and no pixel."""
    found = []
    for k in (1, 2):
        y, x = np.nonzero(sample.ids == k)
        if len(y):
            found.append((k, int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1))
    return Said(sample.pixels, np.full_like(sample.ids, 255), sample.name, tuple(found))


def tagged(sample: ArraySample) -> Said:
    """What the image shows, and no pixel."""
    shown = [int(k) for k in np.unique(sample.ids) if k]
    return Said(sample.pixels, np.full_like(sample.ids, 255), sample.name, given_tags=shown)


def config(**changes: Any) -> TrainConfig:
    values: dict[str, Any] = {
        "network_options": {"width": 8, "depth": 2, "batch_norm": True},
        "lr": 1e-2,
        "crop": 48,
        "batch": 4,
        "epochs": 3,
        "augment": Augmentation(rotate=0, scale=1.1),
        "threads": 1,
        "device": "cpu",
        "amp": "off",
        "validation_fraction": 0,
    }
    return TrainConfig.parse(values | changes)


def right(labels: Iterable[NDArray[Any]], truth: Iterable[NDArray[Any]]) -> float:
    """The share of right pixels."""
    return float(np.mean([(a == b).mean() for a, b in zip(labels, truth, strict=True)]))
