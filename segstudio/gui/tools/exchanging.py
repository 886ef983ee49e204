"""Boxes and polygons into the document and out of it, one or many as one edit.

A polygon is an outline and the pixels inside it, of its class or of an instance of that. When it changes, the pixels
that it gains become what it is, and those that it loses lose their label, unless someone painted them otherwise in the
meantime; all others stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import raster
from segstudio.app import instances
from segstudio.app.class_marks import refuse_locked
from segstudio.core.annotation import Annotation, Box, Polygon
from segstudio.core.geometry import Region, tiles
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED, Provenance
from segstudio.core.tiled import SIDE, TiledArray
from segstudio.gui.tools.base import Hand, Mask
from segstudio.gui.tools.hit import Shape


@dataclass(frozen=True, slots=True)
class Exchange:
    """*new* comes in the place of *old*; ``None`` where there was nothing, or nothing comes."""

    old: Shape | None
    new: Shape | None
    segment: int | None = None
    """What the pixels of a polygon that is added become, an instance of its class; ``None``: its class alone."""


def exchange(hand: Hand, old: Shape | None, new: Shape | None, name: str, *, segment: int | None = None) -> None:
    """Put *new* in the place of *old*: see :func:`exchange_all`."""
    exchange_all(hand, [Exchange(old, new, segment)], name)


def exchange_all(hand: Hand, exchanges: Sequence[Exchange], name: str) -> None:
    """Add, change and take away shapes, with the pixels of polygons, as one edit.

    Raises :class:`~segstudio.core.errors.AnnotationError` for a polygon whose class is locked.
    """
    document = hand.document
    refuse_locked(document, *(e.old.class_id for e in exchanges if isinstance(e.old, Polygon)))
    with document.edit(name):
        covered = [_Cover.of(hand, e) for e in exchanges if isinstance(e.old or e.new, Polygon)]
        document.set_annotation(exchanged(document.annotation, exchanges))
        if covered:
            _cover(hand, covered)
        _keep_in_step(hand, exchanges)


def _keep_in_step(hand: Hand, exchanges: Sequence[Exchange]) -> None:
    """The instances of boxes: they are of the class that their box has now, and go with it where they are no more."""
    pairs = [(e.old, e.new) for e in exchanges if isinstance(e.old, Box) and e.old.instance is not None]
    changed: dict[int, list[int]] = {}
    for old, new in pairs:
        if new is not None and old.instance is not None and new.class_id != old.class_id:
            changed.setdefault(new.class_id, []).append(old.instance)
    for class_id, numbers in changed.items():
        instances.set_class(hand.document, numbers, class_id)
    _forget_empty(hand, {old.instance for old, new in pairs if new is None and old.instance is not None})


def exchanged(annotation: Annotation, exchanges: Sequence[Exchange]) -> Annotation:
    """*annotation* with other shapes; those that are added come behind the others of their kind."""
    boxes = [e for e in exchanges if isinstance(e.old or e.new, Box)]
    polygons = [e for e in exchanges if isinstance(e.old or e.new, Polygon)]
    return replace(
        annotation,
        boxes=cast("tuple[Box, ...]", _replaced(annotation.boxes, boxes)),
        polygons=cast("tuple[Polygon, ...]", _replaced(annotation.polygons, polygons)),
    )


def _replaced(shapes: Sequence[Shape], exchanges: Sequence[Exchange]) -> tuple[Shape, ...]:
    if not exchanges:
        return tuple(shapes)
    now: list[Shape | None] = list(shapes)
    places = {id(shape): place for place, shape in enumerate(shapes)}
    for change in exchanges:
        if change.old is None:
            now.append(change.new)
        else:
            place = places.pop(id(change.old), None)
            now[place if place is not None else now.index(change.old)] = change.new
    return tuple(shape for shape in now if shape is not None)


def segment_of(hand: Hand, polygon: Polygon) -> int:
    """What the pixels of *polygon* are: the instance of its class, or the class itself, that a person gave most of
    them."""
    return _segment_in(hand, polygon, *polygon_pixels(hand, polygon))


def _segment_in(hand: Hand, polygon: Polygon, region: Region, mask: Mask) -> int:
    labels = hand.document.labels
    said = mask & (labels.provenance[region.slices] == Provenance.HUMAN) if not region.empty else mask
    areas = np.bincount(np.asarray(labels.ids[region.slices])[said]) if said.any() else np.zeros(0, int)
    own = [int(i) for i in np.flatnonzero(areas) if labels.class_of(int(i)) == polygon.class_id]
    return max(own, key=lambda number: int(areas[number]), default=polygon.class_id)


# ---- pixels


@dataclass(frozen=True, eq=False)
class _Cover:
    """A polygon that changes: the pixels of *region* inside it before and after."""

    old: Polygon | None
    new: Polygon | None
    region: Region
    was: Mask
    is_now: Mask
    number: int
    """What the pixels of *old* are; 255 where there is none."""
    segment: int | None

    @classmethod
    def of(cls, hand: Hand, change: Exchange) -> _Cover:
        old = change.old if isinstance(change.old, Polygon) else None
        new = change.new if isinstance(change.new, Polygon) else None
        before, after = polygon_pixels(hand, old), polygon_pixels(hand, new)
        region = before[0] | after[0]
        number = UNLABELLED if old is None else _segment_in(hand, old, *before)
        return cls(old, new, region, _placed(before, region), _placed(after, region), number, change.segment)

    @property
    def recoloured(self) -> bool:
        return self.old is None or self.new is None or self.old.class_id != self.new.class_id

    def own(self, hand: Hand) -> Mask:
        """Where in the region a person said what *old* is."""
        labels = hand.document.labels
        said = labels.provenance[self.region.slices] == Provenance.HUMAN
        own: Mask = (labels.ids[self.region.slices] == self.number) & said
        return own


def _cover(hand: Hand, covers: Sequence[_Cover]) -> None:
    """First every polygon lets go of what it loses, then each takes what it gains: of polygons that move together one
    may come to lie where another was."""
    labels = hand.document.labels
    table = _renamed(hand, covers)
    let_go = TiledArray(labels.shape, np.uint8, 0)
    for cover in covers:
        if cover.old is not None and not cover.region.empty:
            lost = cover.was & ~cover.is_now & cover.own(hand)
            labels.write(cover.region, UNLABELLED, lost, source=Provenance.HUMAN)
            let_go.put(cover.region, 1, lost)
    _forget_empty(hand, {cover.number for cover in covers if cover.new is None and cover.number >= FIRST_INSTANCE})
    for cover in covers:
        if cover.new is not None and not cover.region.empty:
            free = ~cover.was | (np.asarray(let_go[cover.region.slices]) == 1)
            gained = cover.is_now if cover.recoloured else cover.is_now & free
            labels.write(cover.region, _value(cover, table), gained, source=Provenance.HUMAN)


def _value(cover: _Cover, table: Mapping[tuple[int, int], int]) -> int:
    """What the pixels of the new polygon become."""
    if cover.new is None:
        return UNLABELLED
    if cover.segment is not None:
        return cover.segment
    if cover.old is None:
        return cover.new.class_id
    return table.get((cover.number, cover.new.class_id), cover.number) if cover.recoloured else cover.number


def _renamed(hand: Hand, covers: Sequence[_Cover]) -> dict[tuple[int, int], int]:
    """What the pixels of polygons become with another class, by what they are and that class: the same instance, of
    that class now, where all of it is in the polygons; else another."""
    labels = hand.document.labels
    changed: dict[tuple[int, int], int] = {}
    inside: dict[tuple[int, int], int] = {}
    for cover in covers:
        if cover.old is not None and cover.new is not None and cover.recoloured:
            key = cover.number, cover.new.class_id
            inside[key] = inside.get(key, 0) + int(np.count_nonzero(cover.own(hand) & cover.was))
    areas = _areas(hand) if any(number >= FIRST_INSTANCE for number, _ in inside) else np.zeros(0, np.intp)
    for (number, class_id), area in inside.items():
        if number < FIRST_INSTANCE:
            changed[number, class_id] = class_id
        elif areas[number] > area:
            changed[number, class_id] = labels.new_segment(class_id)
        else:
            labels.set_segments(dict(labels.segments) | {number: class_id})
            changed[number, class_id] = number
    return changed


def _forget_empty(hand: Hand, numbers: set[int]) -> None:
    """Take instances away that have lost their last pixel and their box."""
    document = hand.document
    numbers = numbers - {box.instance for box in document.annotation.boxes}
    if not numbers:
        return
    areas = _areas(hand)
    empty = {number for number in numbers if not areas[number]}
    if empty:
        document.labels.set_segments({s: c for s, c in document.labels.segments.items() if s not in empty})
        document.set_active_instance(document.active_instance)


def _areas(hand: Hand) -> NDArray[np.intp]:
    """Pixels by segment id, ``(65536,)``."""
    areas = np.zeros(MAX_SEGMENT + 1, np.intp)
    for part in _parts(hand):
        areas += np.bincount(np.asarray(part).ravel(), minlength=MAX_SEGMENT + 1)
    return areas


def _parts(hand: Hand) -> Iterator[NDArray[np.uint16]]:
    """The segment ids of the image, piece by piece: the whole of a very large one is never there at once."""
    labels = hand.document.labels
    return (labels.ids[(tile & labels.region).slices] for tile in tiles(labels.region, SIDE))


def polygon_pixels(hand: Hand, shape: Polygon | None) -> tuple[Region, Mask]:
    """The pixels of the image inside *shape*: their region, and which of it."""
    if shape is None:
        return Region(0, 0, 0, 0), np.zeros((0, 0), bool)
    return raster.polygon(np.array(shape.exterior), hand.shape, holes=[np.array(hole) for hole in shape.holes])


def _placed(part: tuple[Region, Mask], region: Region) -> Mask:
    whole = np.zeros(region.shape, bool)
    if not part[0].empty:
        whole[part[0].shifted(-region.y0, -region.x0).slices] = part[1]
    return whole
