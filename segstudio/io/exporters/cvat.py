"""CVAT for images 1.1: ``annotations.xml`` and ``images/``.

Every object is a mask, which keeps its pixels and holes. Where polygons are asked for, the pieces of an object share a
group, and a hole is cut in by a slit. A box that no mask fills is a box. Background and
unlabelled pixels are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal
from xml.sax.saxutils import quoteattr

import numpy as np
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
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
from segstudio.io.exporters.polygons import pieces, slit, xy
from segstudio.io.segments import Segment


class Options(ExportOptions):
    shapes: Literal["mask", "polygon"] = Field("mask", description="mask: exact to the pixel; polygon: outlines")
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("cvat", target, classes, options) as out:
        with open(out.path("annotations.xml"), "wb") as file:
            _put(file, '<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>")
            _put(file, *_labels(object_classes(classes)))
            out.objects = 0
            yield from out.each(samples, lambda item: _write(out, file, item, options))
            _put(file, "</annotations>")
        return out.report()


def _put(file: BinaryIO, *lines: str) -> None:
    file.write("".join(f"{line}\n" for line in lines).encode())


def _labels(classes: LabelSet) -> Iterator[str]:
    yield "  <meta><task><labels>"
    for label in classes.values():
        name = quoteattr(label.name)[1:-1]
        yield f"    <label><name>{name}</name><color>{label.hex}</color><type>any</type><attributes/></label>"
    yield "  </labels></task></meta>"


def _write(out: Output, file: BinaryIO, item: Item, options: Options) -> None:
    name = quoteattr(out.image(item, "images"))
    _put(file, f'  <image id="{out.samples}" name={name} width="{item.width}" height="{item.height}">')
    for number, thing in enumerate(out.things(item), start=1):
        label = quoteattr(out.classes[thing.class_id].name)
        common = f'label={label} source="manual" occluded="0" z_order="0"'
        if thing.boxed:
            group = f'group_id="{number}"'
            common += f" {group}"
            _put(file, _rectangle(thing.box, f'label={label} source="manual" occluded="0"', f' z_order="0" {group}'))
        _put(
            file,
            *(_polygons(thing, common, number, options) if options.shapes == "polygon" else [_mask(thing, common)]),
        )
    for box in out.boxes(item):
        common = f'label={quoteattr(out.classes[box.class_id].name)} source="manual" occluded="0"'
        _put(file, _rectangle(box.region, common, ' z_order="0"'))
    _put(file, "  </image>")


def _rectangle(box: Region, common: str, more: str) -> str:
    return f'    <box {common} xtl="{box.x0}" ytl="{box.y0}" xbr="{box.x1}" ybr="{box.y1}"{more}></box>'


def _mask(thing: Segment, common: str) -> str:
    """Runs along the rows of the object's own rectangle, the first over pixels outside."""
    flat = thing.mask.ravel()
    edges = np.flatnonzero(np.diff(flat, prepend=False))
    runs = np.diff([0, *edges, flat.size])
    region = thing.region
    place = f'left="{region.x0}" top="{region.y0}" width="{region.width}" height="{region.height}"'
    return f'    <mask {common} rle="{", ".join(map(str, runs))}" {place}></mask>'


def _polygons(thing: Segment, common: str, number: int, options: Options) -> list[str]:
    found = pieces(thing, tolerance=options.tolerance)
    group = f' group_id="{number}"' if len(found) > 1 and not thing.boxed else ""
    lines = []
    for piece in found:
        points = ";".join(f"{x:g},{y:g}" for x, y in xy(slit(piece)))
        lines.append(f'    <polygon {common} points="{points}"{group}></polygon>')
    return lines
