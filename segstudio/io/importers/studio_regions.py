"""Regions of Label Studio: what its results say about places in an image."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from segstudio.io.importers.outlined import Outlined
from segstudio.io.importers.shapes import ellipse, turned_box
from segstudio.io.label_studio_rle import decode
from segstudio.io.segments import cropped

_GEOMETRY = frozenset({"rle", "imageDataURL", "points", "vertices", "radiusX", "x"})
"""Keys by which a result is about a place."""
_LABELS = "labels"
"""What the names of lists of labels end in."""
_PNG = "data:image/png;base64,"


@dataclass(frozen=True, eq=False)
class StudioRegion:
    """All that is said about one place, or about the whole image."""

    value: Mapping[str, Any]
    shape: tuple[int, int] | None
    """(H, W) of the image, where it is told."""
    rotation: float
    """By how many degrees the image was turned while it was labelled."""

    @property
    def choices(self) -> list[str]:
        """The classes that the image as a whole is said to show."""
        told = self.value.get("choices")
        return [] if self._placed or not isinstance(told, list) else [each for each in told if isinstance(each, str)]

    @property
    def _placed(self) -> bool:
        return not _GEOMETRY.isdisjoint(self.value)


def regions(rows: Sequence[object]) -> list[StudioRegion]:
    """The regions in the results of an annotation. Results of one id, its shape and its label say, are one region."""
    values: dict[Hashable, dict[str, Any]] = {}
    heads: dict[Hashable, Mapping[str, Any]] = {}
    for number, row in enumerate(rows):
        value = row.get("value") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(value, dict):
            continue  # a relation between regions, for one
        name = row.get("id")
        key: Hashable = ("named", name) if isinstance(name, str) else number
        values.setdefault(key, {}).update(value)
        heads.setdefault(key, value | row)
    return [
        StudioRegion(value, _shape(heads[key]), _number(heads[key], "image_rotation")) for key, value in values.items()
    ]


def outlined(region: StudioRegion, shape: tuple[int, int]) -> tuple[Outlined | None, str]:
    """The object that *region* shows in an image of *shape* (H, W), if any, and what is wrong with it, if anything."""
    value = region.value
    if _GEOMETRY.isdisjoint(value):
        return None, ""  # a choice or a text
    labels = list(_labels(value))
    if not labels:
        return None, "a region has no label"
    if region.rotation % 360:
        return None, "a region was drawn while the image was turned, which cannot be read"
    found = _read(value, labels[0], shape)
    if isinstance(found, str):
        return None, found
    more = f"a region has several labels; the first, {labels[0]!r}, is taken" if len(labels) > 1 else ""
    return found, more


def _labels(value: Mapping[str, Any]) -> Iterator[str]:
    for key, told in value.items():
        if key.endswith(_LABELS) and isinstance(told, list):
            yield from (each for each in told if isinstance(each, str))


def _read(value: Mapping[str, Any], label: str, shape: tuple[int, int]) -> Outlined | str:
    if "rle" in value:
        return _brush(value["rle"], label, shape)
    if "imageDataURL" in value:
        return _bitmask(value["imageDataURL"], label, shape)
    if "points" in value and value.get("closed", True):
        return _polygon(value["points"], label, shape)
    if "radiusX" in value:
        return _ellipse(value, label, shape)
    if "width" in value and "height" in value and "keypointlabels" not in value:
        return _rectangle(value, label, shape)
    return f"a region labelled {label!r} encloses nothing that could be labelled"


def _brush(code: object, label: str, shape: tuple[int, int]) -> Outlined | str:
    try:
        return Outlined(label, mask=decode(code if isinstance(code, list) else [], shape))
    except ValueError as error:
        return f"a brush mask: {error}"


def _bitmask(address: object, label: str, shape: tuple[int, int]) -> Outlined | str:
    """A PNG that is transparent outside of the object."""
    if not isinstance(address, str) or not address.startswith(_PNG):
        return "a bitmask is no embedded PNG"
    try:
        data = base64.b64decode(address.removeprefix(_PNG), validate=True)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if (image.height, image.width) != shape:
                return f"a bitmask is {image.width}x{image.height} pixels, but its image is {shape[1]}x{shape[0]}"
            inside = np.array(image.convert("RGBA"))[..., 3] != 0
    except (binascii.Error, OSError, ValueError, SyntaxError):
        return "a bitmask is damaged"
    return Outlined(label, mask=cropped(inside))


def _polygon(points: object, label: str, shape: tuple[int, int]) -> Outlined | str:
    try:
        shares = np.asarray(points, np.float64)
    except (TypeError, ValueError):
        shares = np.empty(0)
    if shares.ndim != 2 or shares.shape[1] != 2:
        return "the points of a polygon are no pairs of numbers"
    return Outlined(label, exteriors=[shares / 100 * (shape[1], shape[0])])


def _ellipse(value: Mapping[str, Any], label: str, shape: tuple[int, int]) -> Outlined | str:
    told = _pixels(value, ("x", "y", "radiusX", "radiusY"), shape)
    if told is None:
        return "an ellipse lacks a number"
    x, y, x_radius, y_radius = told
    ring = ellipse((x, y), (x_radius, y_radius), _number(value, "rotation"))
    return Outlined(label, exteriors=[ring])


def _rectangle(value: Mapping[str, Any], label: str, shape: tuple[int, int]) -> Outlined | str:
    """It turns about its first corner."""
    told = _pixels(value, ("x", "y", "width", "height"), shape)
    if told is None:
        return "a rectangle lacks a number"
    x, y, width, height = told
    box = (x, y, x + width, y + height)
    degrees = _number(value, "rotation")
    if degrees % 360:
        return Outlined(label, exteriors=[turned_box(box, degrees, (x, y))])
    return Outlined(label, box=box)


def _pixels(
    value: Mapping[str, Any], keys: tuple[str, str, str, str], shape: tuple[int, int]
) -> tuple[float, float, float, float] | None:
    """Four shares in percent, along x and y by turns, in pixels."""
    told = [value.get(key) for key in keys]
    numbers = [float(each) for each in told if isinstance(each, int | float)]
    if len(numbers) != 4 or not np.isfinite(numbers).all():
        return None
    height, width = shape
    return numbers[0] * width / 100, numbers[1] * height / 100, numbers[2] * width / 100, numbers[3] * height / 100


def _shape(head: Mapping[str, Any]) -> tuple[int, int] | None:
    height, width = head.get("original_height"), head.get("original_width")
    if isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0:
        return height, width
    return None


def _number(value: Mapping[str, Any], key: str) -> float:
    told = value.get(key)
    return float(told) if isinstance(told, int | float) and np.isfinite(told) else 0.0
