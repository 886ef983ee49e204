"""X-AnyLabeling: a folder of JSON files beside their images, or one; its shapes are those of labelme."""

from __future__ import annotations

from pathlib import Path

from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work
from segstudio.io.importers import labelme
from segstudio.io.importers.base import ImportedDataset

Options = labelme.Options


def read(source: Path, classes: LabelSet | None, options: labelme.Options) -> Work[ImportedDataset]:
    return (yield from labelme.read_as("xanylabeling", source, classes, options))
