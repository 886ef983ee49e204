"""A sample by its files alone: what another thread or process needs to read it, without the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.annotation import Annotation, Box, ImageTag
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED, Provenance
from segstudio.io import images
from segstudio.io.images import Image
from segstudio.io.masks import read_mask


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A sample's image and label map on disk. Small, immutable, and travels to other processes."""

    id: int
    name: str
    path: Path
    frame: int
    labels_file: Path
    segments: Mapping[int, int] = field(default_factory=dict)
    annotation: Annotation = field(default_factory=Annotation)

    def read(self) -> Image:
        """The image with its geometry; :class:`~segstudio.core.errors.ImageError` where it cannot be read."""
        return images.read(self.path, self.frame)

    def image(self) -> NDArray[np.generic]:
        """The image's pixels ``(H, W)`` or ``(H, W, C)`` in their own dtype."""
        return self.read().array

    def ids(self) -> NDArray[np.uint16]:
        """Segment ids ``(H, W)``, instances as they are; all 255 where nothing was ever drawn."""
        if not self.labels_file.is_file():
            return np.full(images.probe(self.path, self.frame).shape, UNLABELLED, np.uint16)
        return read_mask(self.labels_file)

    def labels(self) -> NDArray[np.uint16]:
        """Class ids ``(H, W)``; 255 where nothing is labelled."""
        ids = self.ids()
        if not self.segments:
            return np.where(ids < FIRST_INSTANCE, ids, np.uint16(UNLABELLED))
        table = np.full(65536, UNLABELLED, np.uint16)
        table[:FIRST_INSTANCE] = np.arange(FIRST_INSTANCE)
        for segment, class_id in self.segments.items():
            table[segment] = class_id
        return table[ids]

    def objects(self) -> NDArray[np.uint16]:
        """Instance ids ``(H, W)``, 256 and up; 0 where a pixel belongs to no instance."""
        ids = self.ids()
        return np.where(ids >= FIRST_INSTANCE, ids, np.uint16(0))

    def provenance(self) -> NDArray[np.uint8]:
        """:class:`~segstudio.core.labels.Provenance` values ``(H, W)``; labels that came without count as imported."""
        file = self.labels_file.with_name("provenance.png")
        if not file.is_file():
            return np.where(self.ids() == UNLABELLED, Provenance.NONE, Provenance.IMPORTED).astype(np.uint8)
        return read_mask(file).astype(np.uint8)

    def boxes(self) -> tuple[Box, ...]:
        """The boxes that were drawn."""
        return self.annotation.boxes

    def tags(self) -> tuple[ImageTag, ...] | None:
        """What was said of the classes in the image; ``None`` where nothing was."""
        return self.annotation.tags or None
