"""Changes of the class list that touch what is drawn with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segstudio.app.document import Document
from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.project import SampleQuery


def is_drawn(document: Document, class_id: int) -> bool:
    """Whether the image at hand has pixels or shapes of this class."""
    annotation = document.annotation
    shaped = {box.class_id for box in annotation.boxes} | {polygon.class_id for polygon in annotation.polygons}
    return class_id in shaped or bool((document.labels.classes() == class_id).any())


def remove_class(document: Document, class_id: int, into: int = UNLABELLED) -> None:
    """Remove a class as one step of undo; its pixels and shapes in the image at hand become *into* (255: none).

    Raises :class:`OptionError` for the last class, and for one that other images show: their masks would hold an
    id that nobody knows.
    """
    _check_others(document, [class_id])
    if len(document.classes) == 1:
        raise OptionError("a project has at least one class")
    with document.edit("Remove class"):
        _give_pixels(document, class_id, into)
        document.set_classes(document.classes.without(class_id))


def use_classes(document: Document, classes: LabelSet) -> None:
    """Replace the class list as one step of undo. Ids keep their pixels, so a class that is used must stay.

    Raises :class:`OptionError` where the new list lacks the id of a class that some image shows.
    """
    gone = [class_id for class_id in document.classes if class_id not in classes]
    _check_others(document, gone)
    for class_id in gone:
        if is_drawn(document, class_id):
            name = document.classes[class_id].name
            raise OptionError(f"the class {name} is drawn in this image; remove it first, then take the new list")
    if classes != document.classes:
        with document.edit("Replace classes"):
            document.set_classes(classes)


def _check_others(document: Document, class_ids: list[int]) -> None:
    here = document.sample.id if document.sample is not None else None
    for class_id in class_ids:
        others = [i for i in document.project.sample_ids(SampleQuery(class_id=class_id)) if i != here]
        if others:
            name, count = document.classes[class_id].name, len(others)
            where = "another image" if count == 1 else f"{count} other images"
            raise OptionError(f"the class {name} is used in {where}, whose masks would lose its name")


def _give_pixels(document: Document, class_id: int, into: int) -> None:
    labels, annotation = document.labels, document.annotation
    where = labels.classes() == class_id
    if where.any():
        labels.write(labels.region, np.uint16(into), where, source=Provenance.HUMAN)
    kept = {segment: owner for segment, owner in labels.segments.items() if owner != class_id}
    if kept != labels.segments:
        labels.set_segments(kept)
    if into == UNLABELLED:
        boxes = tuple(box for box in annotation.boxes if box.class_id != class_id)
        polygons = tuple(polygon for polygon in annotation.polygons if polygon.class_id != class_id)
    else:
        boxes = tuple(replace(b, class_id=into) if b.class_id == class_id else b for b in annotation.boxes)
        polygons = tuple(replace(p, class_id=into) if p.class_id == class_id else p for p in annotation.polygons)
    tags = tuple(tag for tag in annotation.tags if tag.class_id != class_id)
    changed = replace(annotation, boxes=boxes, polygons=polygons, tags=tags)
    if changed != annotation:
        document.set_annotation(changed)
