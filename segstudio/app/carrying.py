"""Bringing what the image before is labelled with to the image at hand: frames of one scene differ little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segstudio.app.document import Document
from segstudio.app.stacks import with_instances
from segstudio.core.annotation import with_known_instances
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.masks import mask_size


def take_from_previous(document: Document) -> None:
    """Write the labels, boxes and polygons of the image before in the list into the one at hand, as one edit.

    What a human painted here stays, and so do the shapes that are here. Raises :class:`AnnotationError` where there is
    no image before, where nothing is labelled in it, and where it is of another size, and
    :class:`~segstudio.core.errors.MaskError` where its label map is damaged.
    """
    sample, image = document.sample, document.image
    order = list(document.order)
    place = order.index(sample.id) if sample is not None and sample.id in order else 0
    if image is None or place == 0:
        raise AnnotationError("this is the first image of the list: there is none before it to take labels from")
    document.save()
    before = document.project.sample(order[place - 1])
    segments = document.project.segments(before.id)
    said = document.project.annotation(before.id)
    if document.project.has_labels(before.id) and mask_size(document.project.labels_file(before.id)) != image.shape:
        raise AnnotationError(f"{before.name} is of another size: its labels cannot be brought here")
    labels = document.project.load_labels(before.id, image.shape, segments)
    if not (said.boxes or said.polygons) and bool((labels.ids == UNLABELLED).all()):
        raise AnnotationError(f"{before.name} has no labels yet: there is nothing to take from it")
    here = document.annotation
    boxes = (*here.boxes, *(box for box in said.boxes if box not in here.boxes))
    polygons = (*here.polygons, *(polygon for polygon in said.polygons if polygon not in here.polygons))
    with document.edit("Take from previous image"):
        ids = with_instances(np.asarray(labels.ids), segments, document.labels)
        document.labels.write(document.labels.region, ids, ids != UNLABELLED, source=Provenance.PROPAGATED)
        unknown = {b.instance: b.class_id for b in boxes if b.instance is not None}
        if not unknown.keys() <= document.labels.segments.keys():
            document.labels.set_segments(unknown | dict(document.labels.segments))
        boxes = with_known_instances(boxes, document.labels.segments)
        document.set_annotation(replace(here, boxes=boxes, polygons=polygons))
