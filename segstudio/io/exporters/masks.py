"""Index masks: ``images/NAME.*`` and ``masks/NAME.png``, whose pixel values are the class ids, 255 unlabelled.

The PNGs have the classes' colours as their palette, so they look right in every viewer. ``classes.json`` holds ids,
names and colours. Where a sample has instances and those are asked for, ``instances/NAME.png`` holds 16-bit segment
ids and ``instances/NAME.json`` the class of each instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work
from segstudio.io.exporters.base import (
    ExportOptions,
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    palette,
)
from segstudio.io.masks import write_mask


class Options(ExportOptions):
    style: Literal["palette", "grey", "colour"] = Field(
        "palette", description="palette: ids with colours; grey: ids without; colour: RGB in the classes' colours"
    )
    instances: bool = Field(True, description="also write 16-bit instance ids where a sample has instances")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("masks", target, classes, options) as out:
        yield from out.each(samples, lambda item: _write(out, options, item))
        out.json(classes.to_json(), "classes.json")
        return out.report()


def _write(out: Output, options: Options, item: Item) -> None:
    out.image(item, "images")
    path = out.path("masks", f"{item.stem}.png")
    if options.style == "colour":
        _write_colours(path, item, out.classes)
    else:
        colours = palette(out.classes) if options.style == "palette" else None
        write_mask(path, item.classes(), colours, durable=False)
    used = set(np.unique(item.ids).tolist()) & set(item.sample.segments)
    if options.instances and used:
        write_mask(out.path("instances", f"{item.stem}.png"), item.ids, durable=False)
        out.json({str(i): item.sample.segments[i] for i in sorted(used)}, "instances", f"{item.stem}.json")


def _write_colours(path: Path, item: Item, classes: LabelSet) -> None:
    from PIL import Image

    Image.fromarray(classes.palette()[item.classes()]).save(path, "PNG", compress_level=1)
