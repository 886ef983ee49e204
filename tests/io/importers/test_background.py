"""Images in which a data set says nothing, where it has a background."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segstudio.core.annotation import Annotation, Box, ImageTag
from segstudio.core.classes import LabelSet
from segstudio.io.importers.base import ImportedDataset, ImportedLabels, ImportedSample, with_background

CLASSES = LabelSet.named(["background", "cat"])


def sample(annotation: Annotation) -> ImportedSample:
    return ImportedSample(Path("a.png"), 0, (2, 3), None, annotation)


def test_only_images_of_which_nothing_is_said_to_be_there_are_background() -> None:
    there = [Annotation(boxes=(Box(1, 0, 0, 2, 2),)), Annotation(tags=(ImageTag(1, True),))]
    empty = [Annotation(), Annotation(tags=(ImageTag(1, False),))]
    data = ImportedDataset("cvat", Path("a.xml"), CLASSES, [sample(each) for each in (*there, *empty)], ())
    loads = [each.load for each in with_background(data).samples]
    assert loads[:2] == [None, None]
    for load in loads[2:]:
        assert load is not None
        labels = load()
        assert isinstance(labels, ImportedLabels)
        assert (np.asarray(labels.ids) == 0).all()
