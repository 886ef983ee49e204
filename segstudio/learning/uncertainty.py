"""How sure a prediction is, and how unlike anything trained on an image is.

From probabilities: confidence, entropy, margin. Pixels of a kind the network never saw are told by the largest logit
(Hendrycks et al. 2022), the energy (Liu et al. 2020, equation 4) and, better, how far its features lie from the
training's (:mod:`segstudio.learning.familiarity`). Their values mean nothing by themselves, so they are measured once
on the images of the training and told relative to those.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.errors import FormatError, storage_errors
from segstudio.io.atomic import write_text
from segstudio.learning.familiarity import Familiarity

Array = NDArray[Any]

STRANGENESS = ("max_logit", "energy")
"""The two maps of logits, higher is stranger, in the order of their channels."""
FEATURES = "features"
"""The map of features, which comes after them where they were measured."""

FEWEST_PIXELS = 500
"""Of a class, before it is measured by itself."""


def strangeness(logits: Tensor) -> Tensor:
    """``(N, K, H, W)`` logits to ``(N, 2, H, W)``: minus the largest, and minus the log of the sum of exponentials.

    A single logit z counts as the two z/2 and -z/2, whose softmax is its sigmoid.
    """
    if logits.shape[1] == 1:
        logits = torch.cat([logits / 2, -logits / 2], 1)
    return torch.cat([-logits.amax(1, keepdim=True), -logits.logsumexp(1, keepdim=True)], 1)


def confidence(probabilities: Array) -> NDArray[np.float32]:
    """The probability of the most probable class, ``(H, W)`` in [1/K, 1]."""
    return np.asarray(_both(probabilities).amax(0).numpy(), np.float32)


def entropy(probabilities: Array) -> NDArray[np.float32]:
    """The entropy of the classes, ``(H, W)``, as a share of the largest possible: 0 is sure, 1 is a guess."""
    p = _both(probabilities)
    return np.asarray((torch.special.entr(p).sum(0) / math.log(len(p))).numpy(), np.float32)


def margin(probabilities: Array) -> NDArray[np.float32]:
    """How far the most probable class is ahead of the second, ``(H, W)`` in [0, 1]."""
    top = _both(probabilities).topk(2, 0).values
    return np.asarray((top[0] - top[1]).numpy(), np.float32)


def _both(probabilities: Array) -> Tensor:
    """A single foreground probability as two classes."""
    p = np.asarray(probabilities, np.float32)
    return torch.from_numpy(np.ascontiguousarray(np.concatenate([1 - p, p]) if len(p) == 1 else p))


@dataclass(frozen=True)
class Calibration:
    """What is ordinary to a network: strangeness over pixels of images like those that were trained on."""

    percentiles: Mapping[str, tuple[float, ...]]
    """By the names of ``STRANGENESS``: percentiles 0, 1, ... 100 over all pixels."""
    classes: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    """By the same names: median and 99th percentile over the pixels that are predicted as each channel. Networks are
    surer of some classes than of others throughout (Jung et al., Standardized Max Logits, ICCV 2021)."""
    familiarity: Familiarity | None = None
    """The features of the training; ``None`` where they were not measured."""

    @classmethod
    def of(
        cls,
        maps: Iterable[tuple[Mapping[str, Array], Array]],
        channels: int,
        most: int = 20_000,
        familiarity: Familiarity | None = None,
    ) -> Calibration:
        """Measured on the strangeness maps of some images and the *channels* predicted there, of the maps' shape.

        At most *most* pixels of each image count; a channel of few pixels counts as all of them do.
        """
        found: dict[str, list[Array]] = {}
        predicted = []
        for image, labels in maps:
            step = max(1, labels.size // most)
            predicted.append(labels.ravel()[::step])
            for name, of_all in image.items():
                found.setdefault(name, []).append(of_all.ravel()[::step])
        if not predicted:
            return cls({})
        which = np.concatenate(predicted)
        values = {name: np.concatenate(parts) for name, parts in found.items()}
        return cls(
            {name: tuple(np.percentile(v, np.arange(101)).tolist()) for name, v in values.items()},
            {name: tuple(_ordinary(v, which == channel) for channel in range(channels)) for name, v in values.items()},
            familiarity,
        )

    def scaled(self, name: str, values: Array, channels: Array | None = None) -> NDArray[np.float32]:
        """Strangeness *values* ``(H, W)`` on the scale of the training: 0 is its middle, 1 its strangest hundredth, of
        the pixels that were predicted as the same of *channels* ``(H, W)``, or of all.

        Below 0 is more ordinary than the middle, far above 1 is unlike anything trained on.
        """
        percentiles = self.percentiles[name]
        table = np.array([*self.classes.get(name, ()), (percentiles[50], percentiles[99])])
        row = len(table) - 1 if channels is None else np.minimum(channels, len(table) - 1)
        middle, high = table[row, 0], table[row, 1]
        return np.asarray((values - middle) / np.maximum(high - middle, 1e-6), np.float32)

    def to_json(self) -> dict[str, Any]:
        classes = {name: [list(pair) for pair in pairs] for name, pairs in self.classes.items()}
        told = {**{name: list(values) for name, values in self.percentiles.items()}, "classes": classes}
        return told if self.familiarity is None else told | {"familiarity": self.familiarity.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibration:
        names = (*STRANGENESS, *([FEATURES] if "familiarity" in data else []))
        found = {name: tuple(float(v) for v in data[name]) for name in names}
        if any(len(values) != 101 for values in found.values()):
            raise ValueError("a calibration has 101 percentiles")
        told = {name: tuple((float(m), float(h)) for m, h in pairs) for name, pairs in data.get("classes", {}).items()}
        features = Familiarity.from_json(data["familiarity"]) if "familiarity" in data else None
        return cls(found, told, features)


def _ordinary(values: Array, chosen: Array) -> tuple[float, float]:
    """Median and 99th percentile of the *chosen* values, or of all where few are."""
    some = values[chosen] if chosen.sum() >= FEWEST_PIXELS else values
    middle, high = np.percentile(some, (50, 99))
    return float(middle), float(high)


def calibration_file(model: Path) -> Path:
    """Where the calibration of the model file *model* is kept."""
    return model.with_name(f"{model.name}.calibration.json")


def save_calibration(model: Path, calibration: Calibration) -> None:
    """Keep *calibration* beside *model*."""
    write_text(calibration_file(model), json.dumps(calibration.to_json()), durable=False)


def load_calibration(model: Path, config: Mapping[str, Any] | None = None) -> Calibration | None:
    """The calibration beside *model*, or in its training's *config* (``"strangeness"``); ``None`` where there is none.

    Raises :class:`FormatError` for a damaged one.
    """
    file = calibration_file(model)
    if file.is_file():
        with storage_errors(file):
            content = file.read_bytes()
        try:
            return Calibration.from_json(json.loads(content))
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(file, "it is damaged; delete it to have it measured again") from error
    stored = (config or {}).get("strangeness")
    return Calibration.from_json(stored) if stored else None


def scaled_to_itself(values: Array) -> NDArray[np.float32]:
    """*values* on the scale of their own image, where nothing is known of the training: 0 its middle, 1 its top."""
    sample = values.ravel()[:: max(1, values.size // 20_000)]
    middle, high = np.percentile(sample, (50, 99))
    return np.asarray((values - middle) / max(float(high - middle), 1e-6), np.float32)
