"""NRRD segmentations: ``NAME.seg.nrrd`` of class ids, as 3D Slicer opens them with the classes' names and colours.

The grid is that of the image, as far as its file tells it (in millimetres to left, posterior, superior). NRRD's header
is ASCII: letters that are not are written as ``%E6%A0%91``; ``classes.json`` holds the names as they are. Images are
not exported along.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nrrd
import numpy as np

from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.io.exporters.base import ExportReport, ExportSample, Output, building
from segstudio.io.exporters.volumes import Volume, VolumeOptions, each_volume
from segstudio.io.segments import is_background

Options = VolumeOptions
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: VolumeOptions
) -> Work[ExportReport]:
    with building("nrrd", target, classes, options) as out:
        yield from each_volume(out, samples, lambda volume: _write(out, volume, options))
        out.json(classes.to_json(), "classes.json")
        return out.report()


def _write(out: Output, volume: Volume, options: VolumeOptions) -> None:
    values = volume.labels().swapaxes(0, 1)
    values = np.where(values == UNLABELLED, np.uint8(options.unlabelled), values)
    affine = _RAS_TO_LPS @ volume.affine()
    header: dict[str, Any] = {
        "space": "left-posterior-superior",
        "kinds": ["domain", "domain", "domain"],
        "space directions": affine[:3, :3].T,
        "space origin": affine[:3, 3],
        "encoding": "gzip",
        **_segments(out.classes),
    }
    nrrd.write(str(out.path(f"{volume.stem}.seg.nrrd")), np.asfortranarray(values), header)


def _segments(classes: LabelSet) -> dict[str, str]:
    """Slicer's own fields, a set for each class that is not the background."""
    fields: dict[str, str] = {}
    for number, label in enumerate(c for c in classes.values() if not is_background(c)):
        fields[f"Segment{number}_ID"] = f"Segment_{label.id}"
        fields[f"Segment{number}_Name"] = label.name if label.name.isascii() else quote(label.name, safe=" ")
        fields[f"Segment{number}_Color"] = " ".join(f"{channel / 255:.6f}" for channel in label.color)
        fields[f"Segment{number}_LabelValue"] = str(label.id)
        fields[f"Segment{number}_Layer"] = "0"
    return fields
