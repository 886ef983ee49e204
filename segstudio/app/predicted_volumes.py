"""Masks of slices, put together to label maps of the volumes that they are slices of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.app.finding import Frame
from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.core.progress import Work
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.masks import read_mask


@dataclass(frozen=True)
class _PredictedSlice:
    """A slice and the mask that was predicted of it, as exporters see a sample."""

    path: Path
    frame: int
    labels_file: Path
    segments: Mapping[int, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.path.name} [{self.frame + 1}]"

    def ids(self) -> NDArray[np.uint16]:
        return read_mask(self.labels_file)

    def provenance(self) -> NDArray[np.uint8]:
        return np.full(self.ids().shape, Provenance.MODEL, np.uint8)

    def boxes(self) -> Sequence[Box]:
        return ()


def write_volumes(frames: Sequence[Frame], masks: Sequence[Path], classes: LabelSet, target: Path) -> Work[list[str]]:
    """Write a NIfTI label map on the grid of its image for every volume among *frames*, below *target*.

    *masks*: a mask for each of *frames*; slices whose mask is not there are unlabelled. Images that are no volumes are
    left out. Returns what was written, and raises as the exporter does.
    """
    slices = [
        _PredictedSlice(Path(path), frame, mask)
        for (path, frame), mask in zip(frames, masks, strict=True)
        if mask.is_file() and images.probe(path, frame).frames > 1
    ]
    if not slices:
        return []
    yield from EXPORTERS["nifti"](slices, classes, target, images="none", overwrite=True)
    return [str(path) for path in sorted((target / "labels").iterdir())]
