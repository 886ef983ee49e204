"""Acts on what is selected: boxes and polygons, or an instance. What was copied can be pasted into any image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication

from segstudio.app import instances
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Box
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, LabelMap, Provenance
from segstudio.gui.canvas.driver import ToolDriver
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Hand, Mask
from segstudio.gui.tools.hit import Shape, bounds, shifted_together

PASTE = QT_TRANSLATE_NOOP("Edits", "Paste")
CUT = QT_TRANSLATE_NOOP("Edits", "Cut")
RECLASS = QT_TRANSLATE_NOOP("Edits", "Class of shape")
_OFFSET = 12
"""Widget pixels by which a copy lies beside what it was copied from."""
_TRIES = 50


@dataclass(frozen=True, eq=False)
class CopiedInstance:
    """An instance's pixels and where they were."""

    class_id: int
    region: Region
    mask: Mask


Copied = tuple[Shape, ...] | CopiedInstance


class Objects:
    """What keys and menus do with the selected shapes or the active instance. *bring* shows a region of the image."""

    def __init__(self, workbench: Workbench, driver: ToolDriver, bring: Callable[[Region], None]) -> None:
        self._workbench = workbench
        self._driver = driver
        self._bring = bring
        self._copied: Copied | None = None
        self._told_apart: frozenset[Shape] = frozenset()
        """Of the shapes that were copied, those whose pixels are an instance."""
        self._framed: tuple[tuple[LabelMap, int, int] | None, Region | None] = (None, None)
        workbench.document_changed.connect(self._forget)

    def _forget(self) -> None:
        self._copied = None

    # ---- what there is

    @property
    def hand(self) -> Hand | None:
        """What acts work on; ``None`` where there is no image or a tool is in the middle of something."""
        return None if self._driver.working else self._driver.hand

    @property
    def _picked(self) -> int | None:
        """The instance that the arrow in hand has picked."""
        hand = self._driver.hand
        return hand.document.active_instance if hand is not None and self._driver.tool.name == "select" else None

    def frame(self) -> Region | None:
        """Around the instance that is picked with the arrow; ``None`` where none is."""
        hand = self._driver.hand
        if hand is None or self._picked is None:
            self._framed = (None, None)
            return None
        labels = hand.document.labels
        now = labels, self._picked, labels.revision
        if now != self._framed[0]:
            self._framed = now, self.region()
        return self._framed[1]

    # ---- changing what is selected

    def delete(self) -> None:
        """Take the selected shapes away, polygons with their pixels; else the instance that is picked with the
        arrow."""
        hand = self.hand
        if hand is not None and not hand.picks and self._picked is not None:
            with self._workbench.reporting("delete instances"):
                instances.delete(hand.document, [self._picked])
            return
        self._exchange((), "delete the shape", QT_TRANSLATE_NOOP("Edits", "Delete shape"))

    def give_class(self, class_id: int) -> bool:
        """Make the selected shapes, or the instance that is picked with the arrow, ones of *class_id*, pixels and all.

        Whether there is one.
        """
        hand = self.hand
        if hand is None:
            return False
        if hand.picks:
            news = tuple(s if s.class_id == class_id else replace(s, class_id=class_id) for s in hand.picks)
            self._exchange(news, "change the class", RECLASS)
            return True
        if self._picked is None:
            return False
        if hand.document.labels.segments[self._picked] != class_id:
            with self._workbench.reporting("change the class"):
                instances.set_class(hand.document, [self._picked], class_id)
        return True

    def nudge(self, dy: int, dx: int) -> None:
        """Move the selected shapes by whole pixels, as far as the image goes for all of them."""
        hand = self.hand
        if hand is not None and hand.picks:
            there = shifted_together(hand.picks, hand.shape, dy, dx)
            self._exchange(there, "move the shape", QT_TRANSLATE_NOOP("Edits", "Move shape"))

    def _exchange(self, news: Sequence[Shape], act: str, name: str) -> None:
        """Put *news* in the place of the selected shapes one by one, or nothing."""
        hand = self.hand
        if hand is None or not hand.picks or hand.picks == news:
            return
        from segstudio.gui.tools.exchanging import Exchange, exchange_all  # brings OpenCV: see below

        with self._workbench.reporting(act):
            pairs = zip(hand.picks, news or (None,) * len(hand.picks), strict=True)
            exchange_all(hand, [Exchange(old, new) for old, new in pairs if old is not new], name)
            self._pick(tuple(news))

    # ---- selecting

    def select_all(self) -> bool:
        """Select every shape of the image that can be seen; whether there is one."""
        hand = self.hand
        if hand is None:
            return False
        annotation = hand.document.annotation
        shapes: tuple[Shape, ...] = (*annotation.boxes, *annotation.polygons)
        self._pick(tuple(shape for shape in shapes if shape.class_id not in hand.hidden))
        if not hand.picks:
            self._workbench.message.emit("There are no shapes in this image that could be selected.")
        return bool(hand.picks)

    def _pick(self, shapes: tuple[Shape, ...]) -> None:
        """Select *shapes*, and no instance where there are any."""
        hand = self._driver.hand
        if hand is not None:
            hand.picks = shapes
            if shapes:
                hand.document.set_active_instance(None)
            self._driver.told()

    # ---- several as one

    def merge(self) -> bool:
        """Make one shape of those that are selected; whether one is selected."""

        def act(hand: Hand, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
            from segstudio.gui.canvas import joining  # brings OpenCV

            return (joining.merge(hand, shapes),)

        return self._join(act, "merge the shapes")

    def give_to_one(self) -> bool:
        """Make the selected shapes those of one instance; whether some are selected."""

        def act(hand: Hand, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
            from segstudio.gui.canvas import joining  # brings OpenCV

            joining.give_to_one(hand, shapes)
            return hand.picks

        return self._join(act, "make one instance of the shapes")

    def give_each(self) -> bool:
        """Make an instance of each selected shape; whether some are selected."""

        def act(hand: Hand, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
            from segstudio.gui.canvas import joining  # brings OpenCV

            joining.give_each(hand, shapes)
            return hand.picks

        return self._join(act, "make instances of the shapes")

    def _join(self, act: Callable[[Hand, Sequence[Shape]], tuple[Shape, ...]], name: str) -> bool:
        hand = self.hand
        if hand is not None:
            with self._workbench.reporting(name):
                self._pick(act(hand, hand.picks))
        return hand is not None and bool(hand.picks)

    # ---- copying

    def copy(self) -> None:
        """Remember the selected shapes; else the instance that is drawn on; else all shapes of the image."""
        hand = self.hand
        if hand is None:
            return
        document = hand.document
        if hand.picks:
            picked = {id(shape) for shape in hand.picks}
            self._copied = tuple(shape for shape in _in_order(document) if id(shape) in picked)
        elif document.active_instance is not None:
            self._copied = _instance(document, document.active_instance)
        else:
            self._copied = tuple(_in_order(document)) or None
        shapes = self._copied if isinstance(self._copied, tuple) else ()
        self._told_apart = frozenset(_bare(shape) for shape in shapes if _is_instance(hand, shape))
        self._copied = tuple(map(_bare, shapes)) or self._copied
        count = len(self._copied) if isinstance(self._copied, tuple) else int(self._copied is not None)
        told = QCoreApplication.translate("Objects", "{0} copied; paste in this image or in another").format(count)
        self._workbench.message.emit(told if count else "Nothing is selected that could be copied.")

    def cut(self) -> None:
        """Remember the selected shapes and take them away."""
        hand = self.hand
        if hand is not None and hand.picks:
            self.copy()
            self._exchange((), "cut the shape", CUT)

    def paste(self) -> bool:
        """Put what was copied into the image at hand: at its place, or beside it where it is there already.

        Whether shapes were pasted; they are selected.
        """
        hand, copied = self.hand, self._copied
        if hand is None or copied is None:
            return False
        with self._workbench.reporting("paste"):
            if isinstance(copied, CopiedInstance):
                self._paste_instance(hand, copied)
                return False
            self._paste_shapes(hand, copied)
            return True
        return False

    def duplicate(self) -> bool:
        """Paste a copy of what is selected beside it, whatever was copied before; whether it was a shape."""
        kept = self._copied, self._told_apart
        self.copy()
        pasted = self.paste()
        self._copied, self._told_apart = kept
        return pasted

    def _paste_shapes(self, hand: Hand, shapes: Sequence[Shape]) -> None:
        from segstudio.gui.tools.exchanging import Exchange, exchange_all  # brings OpenCV: see below

        document = hand.document
        gone = [shape.class_id for shape in shapes if shape.class_id not in document.classes]
        if gone:
            raise AnnotationError(f"there is no class {gone[0]}; there are {document.classes.describe()}")
        placed = _beside(hand, shapes, _in_order(document))
        with document.edit(PASTE):
            exchanges = []
            for copied, shape in zip(shapes, placed, strict=True):
                segment = document.labels.new_segment(shape.class_id) if copied in self._told_apart else None
                boxed = replace(shape, instance=segment) if isinstance(shape, Box) else shape
                exchanges.append(Exchange(None, boxed, segment))
            exchange_all(hand, exchanges, PASTE)
        self._pick(tuple(each.new for each in exchanges if each.new is not None))

    def _paste_instance(self, hand: Hand, copied: CopiedInstance) -> None:
        """As another instance, which takes no pixels from those that are there."""
        document = hand.document
        if copied.class_id not in document.classes:
            raise AnnotationError(f"there is no class {copied.class_id}; there are {document.classes.describe()}")
        region = _next_to(document, copied) if _covered(document, copied) else copied.region
        inside = region & document.labels.region
        mask = copied.mask[inside.shifted(-region.y0, -region.x0).slices]
        mask = mask & (document.labels.ids[inside.slices] < FIRST_INSTANCE) if not inside.empty else mask
        if not mask.any():
            raise AnnotationError("there is no room for what was copied: it lies outside of this image or on instances")
        with document.edit(PASTE):
            segment = document.labels.new_segment(copied.class_id)
            document.labels.write(inside, segment, mask, source=Provenance.HUMAN)
        document.set_active_instance(segment)

    # ---- going from one to the next

    def step(self, by: int) -> None:
        """Select the next (1) or previous (-1) object of the image and bring it into sight: shapes, then instances."""
        hand = self.hand
        if hand is None:
            return
        document = hand.document
        shapes: list[Shape] = sorted(_in_order(document), key=_corner)
        known = [found for found in instances.instances(document) if found.area]
        if not shapes and not known:
            self._workbench.message.emit("There are no shapes or instances in this image.")
            return
        last = hand.picks[-1] if hand.picks else None
        place = next((i for i, shape in enumerate(shapes) if shape is last), None)
        if place is None and document.active_instance is not None:
            numbers = [found.segment for found in known]
            place = (
                len(shapes) + numbers.index(document.active_instance) if document.active_instance in numbers else None
            )
        count = len(shapes) + len(known)
        following = (place + by) % count if place is not None else (0 if by > 0 else count - 1)
        if following < len(shapes):
            self._pick((shapes[following],))
            self._bring(around(shapes[following]))
        else:
            self._pick(())
            document.set_active_instance(known[following - len(shapes)].segment)
            self._bring(known[following - len(shapes)].region)

    def step_adding(self, by: int) -> bool:
        """Select the next (1) or previous (-1) shape beside those that are selected and bring it into sight, or take
        the last one out again on the way back; whether one is selected."""
        hand = self.hand
        if hand is None:
            return False
        shapes = sorted(_in_order(hand.document), key=_corner)
        last = hand.picks[-1] if hand.picks else None
        place = next((i for i, shape in enumerate(shapes) if shape is last), None)
        following = (0 if by > 0 else len(shapes) - 1) if place is None else place + by
        if not 0 <= following < len(shapes):
            return bool(hand.picks)
        there = shapes[following]
        back = any(shape is there for shape in hand.picks)
        self._pick(hand.picks[:-1] if back else (*hand.picks, there))
        self._bring(around(there))
        return True

    def region(self) -> Region | None:
        """Around what is selected; ``None`` where nothing is."""
        hand = self._driver.hand
        if hand is None:
            return None
        if hand.picks:
            return around(*hand.picks)
        segment = hand.document.active_instance
        found = instances.instances(hand.document) if segment is not None else []
        return next((i.region for i in found if i.segment == segment and not i.region.empty), None)


def around(*shapes: Shape) -> Region:
    """The smallest region that holds all of *shapes*."""
    top, left, bottom, right = bounds(shapes)
    return Region(int(top), int(left), math.ceil(bottom), math.ceil(right))


def _in_order(document: Document) -> list[Shape]:
    """All shapes, from the bottom up."""
    return [*document.annotation.polygons, *document.annotation.boxes]


def _is_instance(hand: Hand, shape: Shape) -> bool:
    """Whether *shape* is the box of an instance, or a polygon around one."""
    if isinstance(shape, Box):
        return shape.instance is not None
    from segstudio.gui.tools.exchanging import segment_of  # brings OpenCV, which the start of the window need not pay

    return segment_of(hand, shape) >= FIRST_INSTANCE


def _bare(shape: Shape) -> Shape:
    """*shape* without the instance that it is the box of: in another image that number is another object's."""
    return replace(shape, instance=None) if isinstance(shape, Box) else shape


def _corner(shape: Shape) -> tuple[int, int]:
    region = around(shape)
    return region.y0, region.x0


def _instance(document: Document, segment: int) -> CopiedInstance | None:
    found = next((i for i in instances.instances(document) if i.segment == segment), None)
    if found is None or found.region.empty:
        return None
    return CopiedInstance(found.class_id, found.region, document.labels.ids[found.region.slices] == segment)


def _beside(hand: Hand, shapes: Sequence[Shape], there: Sequence[Shape]) -> tuple[Shape, ...]:
    """*shapes*, one to the other as they are, where none of *there* is the same; :class:`AnnotationError` where they
    are too large for the image."""
    height, width = hand.shape
    region = around(*shapes)
    if region.height > height or region.width > width:
        raise AnnotationError(f"the shape is larger than this image of {width}x{height} pixels")
    step = round(_OFFSET / hand.zoom) or 1
    known = set(map(_bare, there))
    placed = shifted_together(shapes, hand.shape, 0, 0)
    for number in range(1, _TRIES):
        for by in (number * step, -number * step):  # the other way at the lower right corner
            if not known.isdisjoint(placed):
                placed = shifted_together(shapes, hand.shape, by, by)
    return placed


def _next_to(document: Document, copied: CopiedInstance) -> Region:
    """Where on the image a copy lies beside what it was copied from: right, below, left or above of it."""
    region = copied.region
    steps = ((0, region.width), (region.height, 0), (0, -region.width), (-region.height, 0))
    places = [region.shifted(*step) for step in steps]
    return next((place for place in places if document.labels.region.contains(place)), places[0])


def _covered(document: Document, copied: CopiedInstance) -> bool:
    """Whether the pixels that were copied are all of one instance, as where they were copied from."""
    if not document.labels.region.contains(copied.region):
        return False
    ids = np.asarray(document.labels.ids[copied.region.slices])[copied.mask]
    return bool(ids[0] >= FIRST_INSTANCE and (ids == ids[0]).all())
