"""A person who does everything that can be done to a document, at random but the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import tifffile

from segstudio.algorithms import raster
from segstudio.app import instances
from segstudio.app.box_instances import for_new_box
from segstudio.app.class_edits import remove_class
from segstudio.app.document import Document
from segstudio.app.marking import set_states
from segstudio.core.annotation import Annotation, Box, ImageTag, Polygon, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import SegStudioError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.canvas import joining
from segstudio.gui.tools.base import Hand
from segstudio.gui.tools.exchanging import Exchange, exchange_all
from segstudio.gui.tools.hit import Shape, shifted_together
from segstudio.io.project import Project

SIDE = 48
IMAGES = 3
NAMES = ("ground", "cell", "vessel", "dust")


def make_project(folder: Path) -> Path:
    """Three small images and four classes."""
    files = []
    for number in range(IMAGES):
        pixels = np.random.default_rng(number).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)
        files.append((folder / f"{number}.tif", 0))
        tifffile.imwrite(files[-1][0], pixels, photometric="minisblack")
    with Project.create(folder / "p", LabelSet.named(NAMES)) as project:
        project.add_samples(files)
        return project.folder


class Person:
    """Acts on *document*; what an act does depends on the seed and on how many were done before."""

    def __init__(self, document: Document, seed: int) -> None:
        self.document = document
        self._rng = np.random.default_rng(seed)
        self._acts: list[Callable[[], object]] = [
            *[self.stroke] * 6, *[self.erase] * 2, self.result, self.box, self.polygon, self.tag, self.note,
            self.delete_shape, self.delete_shapes, *[self.move_shapes] * 2, self.reclass_shapes, self.join_shapes,
            self.mark, self.mark_many, self.instance, self.components, self.merge, self.add_class, self.rename_class,
            self.recolour_class, self.move_class, self.remove_class, self.step, *[self.undo] * 2, self.redo,
            self.give_up,
        ]  # fmt: skip

    def act(self) -> str:
        """Do one thing; its name. What is refused with a sentence changes nothing."""
        chosen = self._acts[self._upto(len(self._acts))]
        human = self._human()
        with suppress(SegStudioError):
            chosen()
        if chosen == self.result:
            for (segment, kept), mask in human.items():
                assert (self.document.labels.ids[mask] == segment).all(), f"{kept} pixels of a human were overwritten"
        return getattr(chosen, "__name__", "act")

    def _human(self) -> dict[tuple[int, int], np.ndarray]:
        labels = self.document.labels
        human = labels.provenance == Provenance.HUMAN
        ids = np.asarray(labels.ids)
        found = {int(value): human & (ids == value) for value in np.unique(ids[human])}
        return {(value, int(mask.sum())): mask for value, mask in found.items()}

    # ---- what a person draws

    def stroke(self) -> None:
        self._draw("Brush", self.document.drawn_id)

    def erase(self) -> None:
        self._draw("Erase", UNLABELLED)

    def give_up(self) -> None:
        """Escape in the middle of a stroke."""
        before = fingerprint(self.document)
        try:
            with self.document.edit("Brush"):
                self._dab(self.document.drawn_id)
                raise InterruptedError
        except InterruptedError:
            assert fingerprint(self.document) == before

    def result(self) -> None:
        """What an algorithm computed for the whole image."""
        sample = self.document.sample
        assert sample is not None
        choices = np.array([*self.document.classes, UNLABELLED], np.uint16)
        labels = self._rng.choice(choices, (4, 4)).repeat(SIDE // 4, axis=0).repeat(SIDE // 4, axis=1)
        source = (Provenance.PROPAGATED, Provenance.MODEL)[self._upto(2)]
        self.document.write_result("Propagate scribbles", sample.id, labels, source)

    def box(self) -> None:
        y, x = (int(v) for v in self._rng.integers(0, SIDE - 8, 2))
        height, width = (int(v) for v in self._rng.integers(2, 8, 2))
        with self.document.edit("Box"):
            instance = for_new_box(self.document, each=bool(self._upto(2)))
            self._annotate(
                boxes=(*self._said.boxes, Box(self._drawn_class(instance), x, y, x + width, y + height, instance))
            )

    def polygon(self) -> None:
        points = tuple((float(y), float(x)) for y, x in self._rng.uniform(0, SIDE, (5, 2)).round(1))
        self._annotate(polygons=(*self._said.polygons, Polygon(self._class(), points)))

    def delete_shape(self) -> None:
        self._annotate(boxes=self._said.boxes[1:], polygons=self._said.polygons[:-1])

    # ---- what is done with several shapes

    def delete_shapes(self) -> None:
        exchange_all(self._hand, [Exchange(shape, None) for shape in self._some()], "Delete shapes")

    def move_shapes(self) -> None:
        shapes = self._some()
        dy, dx = (float(v) for v in self._rng.integers(-SIDE, SIDE, 2))
        moved = shifted_together(shapes, (SIDE, SIDE), dy, dx)
        exchange_all(self._hand, [Exchange(*pair) for pair in zip(shapes, moved, strict=True)], "Move shapes")

    def reclass_shapes(self) -> None:
        class_id = self._class()
        changed = [Exchange(shape, replace(shape, class_id=class_id)) for shape in self._some()]
        exchange_all(self._hand, changed, "Class of shapes")

    def join_shapes(self) -> None:
        act = (joining.merge, joining.give_to_one, joining.give_each)[self._upto(3)]
        shapes = self._some()
        one_class = [shape for shape in shapes if shape.class_id == shapes[0].class_id]
        act(self._hand, one_class)

    def _some(self) -> list[Shape]:
        shapes: list[Shape] = [*self._said.boxes, *self._said.polygons]
        return [shape for shape in shapes if self._upto(3) == 0]

    @property
    def _hand(self) -> Hand:
        return cast("Hand", SimpleNamespace(document=self.document, shape=(SIDE, SIDE)))

    def _drawn_class(self, instance: int | None) -> int:
        return self._class() if instance is None else self.document.labels.segments[instance]

    # ---- how far images have come

    def mark(self) -> None:
        self.document.set_state(self._state())

    def mark_many(self) -> None:
        ids = [sample_id for sample_id in self.document.order if self._upto(2)]
        set_states(self.document, ids, self._state())

    def _state(self) -> SampleState:
        return list(SampleState)[self._upto(len(SampleState))]

    def tag(self) -> None:
        class_id = self._class()
        others = tuple(tag for tag in self._said.tags if tag.class_id != class_id)
        self._annotate(tags=(*others, ImageTag(class_id, bool(self._upto(2)))))

    def note(self) -> None:
        self._annotate(note=f"note {self._upto(1000)} – 备注")

    def instance(self) -> None:
        instances.new(self.document)
        self.stroke()

    def components(self) -> None:
        instances.components(self.document, self._class())

    def merge(self) -> None:
        instances.merge(self.document, list(self.document.labels.segments)[:2])

    # ---- classes

    def add_class(self) -> None:
        if len(self.document.classes) < 9:
            self._reclass(self.document.classes.added(f"class {self._upto(10_000)}"))

    def rename_class(self) -> None:
        self._reclass(self.document.classes.changed(self._class(), name=f"name {self._upto(10_000)}"))

    def recolour_class(self) -> None:
        red, green, blue = (int(v) for v in self._rng.integers(0, 256, 3))
        self._reclass(self.document.classes.changed(self._class(), color=(red, green, blue)))

    def move_class(self) -> None:
        ids = list(self.document.classes)
        self._rng.shuffle(ids)
        self._reclass(LabelSet(self.document.classes[i] for i in ids))

    def remove_class(self) -> None:
        gone, into = self._class(), self._class()
        remove_class(self.document, gone, UNLABELLED if into == gone else into)

    # ---- moving on

    def step(self) -> None:
        if not self.document.step(1):
            self.document.goto(self.document.order[0])
        self.document.set_active_class(self._class())

    def undo(self) -> None:
        self.document.undo()

    def redo(self) -> None:
        self.document.redo()

    # ---- chance

    def _upto(self, end: int) -> int:
        return int(self._rng.integers(end))

    def _class(self) -> int:
        return list(self.document.classes)[self._upto(len(self.document.classes))]

    def _draw(self, name: str, value: int) -> None:
        with self.document.edit(name):
            for _ in range(1 + self._upto(3)):
                self._dab(value)

    def _dab(self, value: int) -> None:
        (y0, x0), (y1, x1) = self._rng.uniform(0, SIDE, (2, 2))
        radius = float(self._rng.uniform(0.5, 5))
        region, mask = raster.stroke((y0, x0), (y1, x1), radius, (SIDE, SIDE))
        if not region.empty:
            self.document.labels.write(region, value, mask, source=Provenance.HUMAN)

    @property
    def _said(self) -> Annotation:
        return self.document.annotation

    def _annotate(self, **changes: object) -> None:
        with self.document.edit("Shapes"):
            self.document.set_annotation(replace(self._said, **changes))  # type: ignore[arg-type]

    def _reclass(self, classes: LabelSet) -> None:
        with self.document.edit("Classes"):
            self.document.set_classes(classes)


def fingerprint(document: Document) -> str:
    """Of everything that a person has said about the sample at hand, and of the classes."""
    labels = document.labels
    digest = hashlib.blake2b(digest_size=12)
    for array in (labels.ids, labels.provenance):
        digest.update(np.ascontiguousarray(array).tobytes())
    used = {int(i): labels.segments[int(i)] for i in np.unique(labels.ids) if int(i) in labels.segments}
    said = document.annotation
    tags = tuple(sorted((tag.class_id, tag.present) for tag in said.tags))
    state = document.sample.state if document.sample is not None else None
    digest.update(repr((used, said.boxes, said.polygons, tags, said.note, state)).encode())
    digest.update(repr([(c.id, c.name, c.color) for c in document.classes.values()]).encode())
    return digest.hexdigest()


def everything(document: Document) -> tuple[str, ...]:
    """The fingerprints of all samples, as a walk through them finds them."""
    found = []
    for sample_id in document.project.sample_ids():
        document.goto(sample_id)
        found.append(fingerprint(document))
    return tuple(found)
