"""What a model of somebody else needs to be told: its classes, how intensities go in, what comes out. Loads no torch.

A model file can say it itself (the metadata of our own exports do), a JSON file of the same name beside it can, and a
person can; the later one wins. The JSON file holds any of::

    {"classes": ["background", "cat"], "normalisation": "imagenet", "mean": [...], "std": [...], "output": "logits",
     "bgr": false}

``classes`` may also be a preset's name or a list of ``{"id": 0, "name": "background", "color": "#000000"}``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from segstudio.core.classes import LabelClass, LabelSet, parse_color, voc_color
from segstudio.core.errors import FormatError, OptionError, storage_errors
from segstudio.io.class_files import load_classes
from segstudio.learning.data import Normalisation, sampled_pixels

NormalisationName = Literal["image", "imagenet", "unit", "signed", "byte"]
OutputKind = Literal["logits", "probabilities", "labels"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ByteNormalisation(Normalisation):
    """Numbers for intensities from 0 to 255; those of other types are brought to that range first.

    Whole numbers of 16 bits count from 0 to 65535, truth values and floats up to 1 from 0 to 1.
    """

    def for_image(self, image: NDArray[Any]) -> Normalisation:
        factor = _per_byte(image)
        low, high, mean, std = (
            tuple(factor * v for v in values) for values in (self.low, self.high, self.mean, self.std)
        )
        return Normalisation("dataset", low, high, mean, std)


def _per_byte(image: NDArray[Any]) -> float:
    """How much of the image's own unit one step of 0..255 is."""
    if image.dtype.kind == "f":
        largest = float(np.nanmax(sampled_pixels(image), initial=0.0))
        return 1 / 255 if largest <= 1 else 1.0
    if image.dtype.kind == "b":
        return 1 / 255
    return 257.0 if image.dtype.itemsize == 2 else 1.0


class ModelDescription(BaseModel):
    """What is known of a model; ``None`` is not told, and then found out or chosen by the rules of :meth:`scale`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    classes: LabelSet | None = None
    """In the order of the model's channels."""
    normalisation: NormalisationName | Normalisation | None = None
    """``imagenet``: 0..1, minus ImageNet's mean, by its deviation; ``unit``: 0..1; ``signed``: -1..1; ``byte``: 0..255;
    ``image``: each image by its own mean and deviation."""
    mean: tuple[float, ...] | None = None
    """Subtracted after intensities are brought to 0..1 (with ``byte``: 0..255), one a channel or one for all."""
    std: tuple[float, ...] | None = None
    output: OutputKind | None = None
    bgr: bool = Field(default=False, description="The model wants blue, green, red.")

    @model_validator(mode="before")
    @classmethod
    def _plain_classes(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("classes") is not None and not isinstance(data["classes"], LabelSet):
            return {**data, "classes": classes_from(data["classes"])}
        return data

    def over(self, other: ModelDescription) -> ModelDescription:
        """This, with what it does not tell from *other*."""
        return other.model_copy(update={name: getattr(self, name) for name in self.model_fields_set})

    def to_json(self) -> dict[str, Any]:
        """What a person told, as :func:`parse_description` reads it."""
        told: dict[str, Any] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if isinstance(value, LabelSet):
                told[name] = value.to_json()["classes"]
            elif value is not None and not isinstance(value, Normalisation):
                told[name] = list(value) if isinstance(value, tuple) else value
        return told

    def scale(self, channels: int, takes_bytes: bool) -> Normalisation:
        """How intensities become the model's input of *channels*; *takes_bytes* where its input is of whole numbers.

        Where nothing is told: as they are for whole numbers, ImageNet's for colour, 0..1 for all else. Raises
        :class:`OptionError` for as many means as there are no channels.
        """
        name = self.normalisation
        if isinstance(name, Normalisation):
            return name
        if name is None:
            name = "byte" if takes_bytes else "imagenet" if channels == 3 and self.mean is None else "unit"
        if name == "image":
            return Normalisation()
        mean, std = {
            "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
            "signed": ((0.5,), (0.5,)),
        }.get(name, ((0.0,), (1.0,)))
        unit = 1.0 if name == "byte" else 255.0
        means, deviations = (
            _each(values, channels, what)
            for values, what in ((self.mean or mean, "means"), (self.std or std, "deviations"))
        )
        if min(deviations) <= 0:
            raise OptionError("the deviations that intensities are divided by must be above 0")
        return ByteNormalisation(
            "dataset",
            (0.0,) * channels,
            (255.0,) * channels,
            tuple(unit * m for m in means),
            tuple(unit * s for s in deviations),
        )


def _each(values: tuple[float, ...], channels: int, what: str) -> tuple[float, ...]:
    if len(values) == 1:
        return values * channels
    if len(values) != channels:
        raise OptionError(f"there are {len(values)} {what} for the model's {channels} channels")
    return values


def classes_from(value: Any) -> LabelSet:
    """Classes from a list of names, a list of JSON classes, their document, or what ``load_classes`` takes.

    Raises :class:`OptionError` for anything else.
    """
    if isinstance(value, dict):
        value = value.get("classes")
    if isinstance(value, str | Path):
        return load_classes(value)
    if not isinstance(value, list) or not value:
        raise OptionError("classes are a list of names, or of entries with id and name")
    if all(isinstance(row, str) for row in value):
        return LabelSet.named([row.strip() for row in value])
    try:
        return LabelSet(
            LabelClass(
                int(row["id"]),
                str(row["name"]),
                parse_color(row["color"]) if row.get("color") else voc_color(int(row["id"]) & 255),
            )
            for row in value
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise OptionError("classes are a list of names, or of entries with id and name") from error


def parse_description(data: dict[str, Any], path: Path) -> ModelDescription:
    """*data* as a description; :class:`FormatError` that names *path* where it is none."""
    try:
        return ModelDescription.model_validate(data)
    except OptionError as error:
        raise FormatError(path, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise FormatError(path, f"{place}: {first['msg']}") from error


def description_file(model: Path) -> Path:
    """Where the description of the model file *model* stands: ``net.onnx`` has ``net.json``."""
    return model.with_suffix(".json")


def described_beside(model: Path) -> ModelDescription:
    """What the JSON file beside *model* tells; nothing where there is none. :class:`FormatError` for a damaged one."""
    file = description_file(model)
    if not file.is_file():
        return ModelDescription()
    with storage_errors(file):
        content = file.read_bytes()
    try:
        data = json.loads(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(file, f"not a JSON file ({error})") from error
    if isinstance(data, list):
        data = {"classes": data}
    if not isinstance(data, dict):
        raise FormatError(file, 'a model is described as {"classes": [...], "normalisation": "...", "output": "..."}')
    known = {name: value for name, value in data.items() if name in ModelDescription.model_fields}
    return parse_description(known, file)


def described_inside(metadata: dict[str, str], model: Path) -> ModelDescription:
    """What the metadata of our own exports tell."""
    found: dict[str, Any] = {}
    try:
        if "classes" in metadata:
            found["classes"] = classes_from(_json_or_text(metadata["classes"]))
        if "normalisation" in metadata:
            found["normalisation"] = Normalisation.from_json(json.loads(metadata["normalisation"]))
        if "segstudio_output" in metadata:
            found["output"] = metadata["segstudio_output"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(model, "its description of itself is damaged") from error
    return parse_description(found, model)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [name for name in text.split(",") if name.strip()]
