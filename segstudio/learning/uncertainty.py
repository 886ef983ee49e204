"""How sure a prediction is, and how unlike anything trained on an image is.

From probabilities: confidence, entropy, margin. From logits: the largest logit (Hendrycks et al. 2022) and the energy
(Liu et al. 2020, equation 4), which tell pixels of a kind the network never saw. Their values mean nothing by
themselves, so they are measured once on the images of the training and told relative to those.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.errors import FormatError, storage_errors
from segstudio.io.atomic import write_text

Array = NDArray[Any]

STRANGENESS = ("max_logit", "energy")
"""The two maps of logits, higher is stranger, in the order of their channels."""


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
    """Percentiles 0, 1, ... 100 of strangeness over pixels of images like those that were trained on."""

    percentiles: Mapping[str, tuple[float, ...]]
    """By the names of ``STRANGENESS``."""

    @classmethod
    def of(cls, maps: Iterable[Mapping[str, Array]], most: int = 20_000) -> Calibration:
        """Measured on the strangeness maps of some images, at most *most* pixels of each."""
        found: dict[str, list[Array]] = {name: [] for name in STRANGENESS}
        for image in maps:
            for name in STRANGENESS:
                values = image[name].ravel()
                found[name].append(values[:: max(1, len(values) // most)])
        steps = np.arange(101)
        return cls(
            {
                name: tuple(float(v) for v in np.percentile(np.concatenate(values), steps))
                for name, values in found.items()
                if values
            }
        )

    def scaled(self, name: str, values: Array) -> NDArray[np.float32]:
        """Strangeness *values* ``(H, W)`` on the scale of the training: 0 is its middle, 1 its strangest hundredth.

        Below 0 is more ordinary than the middle, far above 1 is unlike anything trained on.
        """
        middle, high = self.percentiles[name][50], self.percentiles[name][99]
        return np.asarray((values - middle) / max(high - middle, 1e-6), np.float32)

    def to_json(self) -> dict[str, list[float]]:
        return {name: list(values) for name, values in self.percentiles.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibration:
        found = {name: tuple(float(v) for v in data[name]) for name in STRANGENESS}
        if any(len(values) != 101 for values in found.values()):
            raise ValueError("a calibration has 101 percentiles")
        return cls(found)


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
