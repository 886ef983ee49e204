"""Label Studio: ``tasks.json``, ``images/`` and ``labels.xml``, the labelling interface that the tasks are for.

Every object is a brush mask, which keeps its pixels and holes, or one polygon, to which pieces and holes hang by slits
of no width; a box that no mask fills is a rectangle. They are annotations, not predictions. Places are shares of the
image in percent. Background and unlabelled pixels are not told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from pydantic import Field

from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work
from segstudio.io.exporters.base import (
    ExportOptions,
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    object_classes,
)
from segstudio.io.exporters.json_lists import json_list
from segstudio.io.exporters.polygons import single_ring
from segstudio.io.label_studio_rle import encode
from segstudio.io.segments import Segment

_IMAGE = "image"
_DIGITS = 7
"""Of a share in percent: a thousandth of a pixel in an image of a million."""


class Options(ExportOptions):
    shapes: Literal["brush", "polygon"] = Field("brush", description="brush: exact to the pixel; polygon: outlines")
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")
    address: str = Field(
        "/data/local-files/?d=images/",
        description="what stands before the names of the images: where Label Studio finds them",
    )


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("label_studio", target, classes, options) as out:
        out.objects = 0
        with json_list(out.path("tasks.json")) as add:
            yield from out.each(samples, lambda item: _write(out, add, item, options))
        out.text("".join(f"{line}\n" for line in _interface(object_classes(classes), options)), "labels.xml")
        return out.report()


def _interface(classes: LabelSet, options: Options) -> Iterator[str]:
    yield "<View>"
    yield f'  <Image name="{_IMAGE}" value="${_IMAGE}" zoom="true"/>'
    for tag in ("BrushLabels" if options.shapes == "brush" else "PolygonLabels", "RectangleLabels"):
        yield f'  <{tag} name="{_control(tag.lower())}" toName="{_IMAGE}">'
        for label in classes.values():
            yield f"    <Label value={quoteattr(label.name)} background={quoteattr(label.hex)}/>"
        yield f"  </{tag}>"
    yield "</View>"


def _control(kind: str) -> str:
    return kind.removesuffix("labels")


def _write(out: Output, add: Callable[[object], None], item: Item, options: Options) -> None:
    name = out.image(item, "images")
    results = [_object(thing, out.classes[thing.class_id].name, item, options) for thing in out.things(item)]
    results += [_rectangle(box, out.classes[box.class_id].name, item) for box in out.boxes(item)]
    for number, result in enumerate(results, start=1):
        result["id"] = f"{item.number + 1}-{number}"
    annotation = {"result": results, "was_cancelled": False, "ground_truth": False}
    address = options.address if item.info is not None else options.address.removesuffix("images/")
    add({"data": {_IMAGE: address + quote(name.lstrip("/"))}, "annotations": [annotation]})


def _object(found: Segment, label: str, item: Item, options: Options) -> dict[str, Any]:
    if options.shapes == "brush":
        code = encode(found.mask, found.region, (item.height, item.width))
        return _result("brushlabels", label, item, {"format": "rle", "rle": code})
    ring = single_ring(found, tolerance=options.tolerance)
    points = [[_share(x, item.width), _share(y, item.height)] for y, x in ring.tolist()]
    return _result("polygonlabels", label, item, {"points": points, "closed": True})


def _rectangle(box: Box, label: str, item: Item) -> dict[str, Any]:
    place = {"x": _share(box.x0, item.width), "y": _share(box.y0, item.height)}
    size = {"width": _share(box.x1 - box.x0, item.width), "height": _share(box.y1 - box.y0, item.height)}
    return _result("rectanglelabels", label, item, {**place, **size, "rotation": 0})


def _result(kind: str, label: str, item: Item, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "from_name": _control(kind),
        "to_name": _IMAGE,
        "original_width": item.width,
        "original_height": item.height,
        "image_rotation": 0,
        "value": {**value, kind: [label]},
    }


def _share(length: float, whole: int) -> float:
    return round(100 * length / whole, _DIGITS)
