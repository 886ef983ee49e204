"""What can be chosen for a prediction, the maps beside its labels, and how a model is asked. Loads no torch."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segstudio.core.errors import OptionError
from segstudio.core.registry import Registry
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.model_description import ModelDescription


@dataclass(frozen=True)
class MapEntry:
    """One map of how sure a prediction is. *sure* says whether high values are the sure ones."""

    name: str
    title: str
    tip: str
    sure: bool
    strange: bool = False
    """Whether it comes from logits and is told relative to the training."""


MAPS: Registry[MapEntry] = Registry(
    "map",
    [
        MapEntry("confidence", "Confidence", "The probability of the label, 1/classes to 1", sure=True),
        MapEntry("entropy", "Entropy", "How spread the classes are: 0 is sure, 1 is a guess", sure=False),
        MapEntry("margin", "Margin", "How far the best class is ahead of the second, 0 to 1", sure=True),
        MapEntry(
            "ood",
            "Unlike the training",
            "By the network's features: 0 is the middle of the training, 1 its strangest hundredth",
            sure=False,
            strange=True,
        ),
        MapEntry(
            "max_logit",
            "Unlike the training (largest logit)",
            "By the largest logit: 0 is the middle of the training, 1 its strangest hundredth",
            sure=False,
            strange=True,
        ),
    ],
)


class PredictOptions(BaseModel):
    """How to predict; the defaults are one plain pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tta: bool = Field(default=False, description="average over the four mirrored images: four times the time")
    scales: tuple[float, ...] = Field(default=(1.0,), description="average over sizes of the image")
    crf: bool = Field(default=False, description="follow the edges of the image by a dense CRF")
    clean: bool = Field(default=False, description="take away specks and holes by morphology")
    tile: int | None = Field(default=None, ge=32, le=8192, description="side of the tiles of large images, in pixels")
    overlap: float = Field(default=0.25, ge=0, le=0.9, description="share of a tile that its neighbour covers too")
    backend: Literal["auto", "eager", "onnxruntime", "openvino"] = Field(
        default="auto", description="what computes; automatic: the fastest that is safe"
    )
    precision: Literal["auto", "off", "bf16"] = Field(
        default="auto",
        description="bfloat16 is twice as fast where the processor has it; automatic: only where labels stay the same",
    )
    device: str = Field(default="auto", description="auto, cpu, cuda, cuda:1, mps")

    @classmethod
    def parse(cls, data: dict[str, Any]) -> PredictOptions:
        """*data* as options; :class:`OptionError` names the first that is wrong."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            raise OptionError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def parse_scales(text: str) -> tuple[float, ...]:
    """``"0.75, 1"`` as numbers; :class:`OptionError` where they are none, or not above 0."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise OptionError(f"scales are numbers with commas, such as 0.75,1,1.25, not {text!r}") from error
    if not values or not all(0 < value <= 8 for value in values):
        raise OptionError(f"scales lie above 0 and up to 8, not {text!r}")
    return values


def parse_maps(text: str) -> tuple[str, ...]:
    """``"confidence,ood"`` as names of ``MAPS``; :class:`OptionError` for an unknown one."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        MAPS[name]
    return names


@dataclass(frozen=True)
class FrameFile:
    """A page, slice or frame of a file."""

    path: Path
    frame: int = 0


@dataclass(frozen=True)
class Using:
    """How models are opened and asked; small, and travels to other processes."""

    mapping: ClassMapping | None = None
    """To the classes that are wanted; ``None`` keeps the model's own."""
    description: ModelDescription | None = None
    maps: tuple[str, ...] = ("confidence",)
    """Names of ``MAPS`` to give beside the labels."""
    backend: str = "auto"
    precision: str = "auto"
    device: str = "auto"
    cache: Path | None = None
    """A folder where converted models are kept."""
    clean: Mapping[str, int] | None = None
    """Options of :func:`segstudio.algorithms.morphology.clean`."""
    network: Mapping[str, Any] = field(default_factory=dict)
    """Options of :func:`segstudio.learning.inference.predict`: tile, overlap, tta, scales, crf."""
    scratch: Path | None = None
    """A folder for the results of images too large to be sent from process to process; ``None`` sends them."""


@dataclass(frozen=True)
class OnDisk:
    """An array in a file of its own, for another process to take."""

    path: Path

    def take(self) -> NDArray[Any]:
        """The array, which stays in its file; the file is gone once nobody holds the array any more."""
        array = np.load(self.path, mmap_mode="r")
        with contextlib.suppress(OSError):  # where files in use cannot be deleted, the folder is at the end
            self.path.unlink()
        return np.asarray(array)
