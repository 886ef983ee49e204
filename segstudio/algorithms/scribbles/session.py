"""Scribbling on one picture: everything that does not depend on strokes is kept, so a stroke is answered at once.

While the mouse is down :meth:`Session.preview` lets the drawn class alone expand; on release :meth:`Session.full` runs
the whole alpha-expansion, and :meth:`Session.propagation` the default method; the next previews go on from its answer.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures, random_walk, slic
from segstudio.algorithms.graph_cut import Problem
from segstudio.algorithms.scribbles import scribblesup
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import UNLABELLED, read
from segstudio.algorithms.scribbles.table import Propagation, propagate, propagation
from segstudio.algorithms.superpixels import COLOUR_BINS, Superpixels
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

# how much a nat of colour counts against an edge of weight one: more leaks where tissues look alike, less takes longer
_APPEARANCE = 0.16
# the same for the probabilities of what was found before: of the pixels that spreading further strokes will change
# their preview changes 0.3 to 0.8, and 0.02 of the others at most; at 1 0.1 to 0.6 and 0.01, at 0.05 0.4 to 0.8, 0.06
_BELIEF = 0.2
_DOUBTED = 1e-2  # the least that a belief leaves to any class
_NOTHING = Region(0, 0, 0, 0)


class Session:
    """*image* ``(H, W)`` or ``(H, W, C)``; *n_segments* superpixels (7,500 at 12 megapixels by default).

    The constructor only checks; :meth:`prepare` does the slow part and belongs in the background. :attr:`labels` is
    ``(H, W)`` uint16, 255 until the first stroke, and is repainted in place by every call.
    """

    def __init__(self, image: NDArray[Any], *, n_segments: int | None = None) -> None:
        self.image = pictures.checked(image)
        self._n_segments = n_segments
        self._classes: list[int] = []
        self._belief: Floats | None = None
        self._stale: set[int] = set()  # columns whose strokes or opinion have changed since they were looked at
        self._strokes: NDArray[np.uint16] = np.full(self.image.shape[:2], UNLABELLED, np.uint16)
        self.labels: NDArray[np.uint16] = np.full(self.image.shape[:2], UNLABELLED, np.uint16)

    def prepare(self) -> None:
        """Superpixels, histograms, adjacency and weights; later calls cost nothing."""
        self.problem  # noqa: B018  # each of these is computed once, when first read
        self._histograms  # noqa: B018
        self._boxes  # noqa: B018
        self._empty()

    @cached_property
    def pieces(self) -> Superpixels:
        image = self.image.astype(np.uint16) if pictures.faint(self.image) else self.image
        return Superpixels.of(image, n_segments=self._n_segments)

    @cached_property
    def problem(self) -> Problem:
        """The graph with ScribbleSup's weights."""
        return Problem(self.pieces.count, self.pieces.edges, scribblesup.pairwise(self.pieces))

    @cached_property
    def scene(self) -> Scene:
        """What the default method needs of the picture."""
        return Scene(self.image)

    @cached_property
    def _histograms(self) -> Floats:
        return np.ascontiguousarray(self.pieces.colour_histograms)

    @cached_property
    def _forbidden(self) -> float:
        """A cost that no saving on edges and colour outweighs, small enough to keep the arithmetic exact."""
        return float(2 * self.problem.strength.max() + 100)

    @cached_property
    def _boxes(self) -> Ints:
        return _bounding_boxes(*self.pieces.runs, self.labels.shape[1])

    def _empty(self) -> None:
        if not hasattr(self, "_votes"):
            self._votes = np.zeros((self.pieces.count, 0), np.int32)
            self._colour_unary = np.zeros((self.pieces.count, 0))
            self._unary = np.zeros((self.pieces.count, 0))
            self._assigned = np.full(self.pieces.count, -1, np.int32)

    @property
    def classes(self) -> tuple[int, ...]:
        """The class ids that are drawn, in the order in which they came."""
        self._empty()
        return tuple(c for k, c in enumerate(self._classes) if self._votes[:, k].any())

    @property
    def seeds(self) -> NDArray[np.uint16]:
        """``(H, W)`` the strokes so far, 255 where nothing is drawn."""
        return self._strokes

    def preview(self, label: int, y: NDArray[np.integer], x: NDArray[np.integer]) -> Region:
        """Add the pixels *y*, *x* to the strokes of class *label* and let that class expand once.

        Returns the region of :attr:`labels` that may have changed. Pixels outside the picture are left out. Raises
        :class:`AnnotationError` for a class id outside 0..65535 or of 255.
        """
        self._empty()
        y, x = self._inside(y, x)
        column = self._column(label)
        if len(y) == 0:
            return _NOTHING
        self._vote(column, y, x)
        self._look(column)
        old = self._assigned.copy()
        if self._assigned.min() < 0:
            self._assigned[:] = column
        self.problem.expand(self._unary, self._assigned, column)
        return self._repaint(old) | self._show(label, y, x)

    def erase(self, y: NDArray[np.integer], x: NDArray[np.integer]) -> Region:
        """Take the pixels *y*, *x* off whatever strokes they belong to and label again; what may have changed."""
        self._empty()
        y, x = self._inside(y, x)
        if len(y) == 0 or not self._classes:
            return _NOTHING
        self._vote(-1, y, x)
        self._strokes[y, x] = UNLABELLED
        if (self._strokes == UNLABELLED).all():
            self._start_over()
            return Region.of(self.labels.shape)
        self.labels[y, x] = np.array(self._classes, np.uint16)[self._assigned[self.pieces.labels[y, x]]]
        return self.full() | Region(int(y.min()), int(x.min()), int(y.max()) + 1, int(x.max()) + 1)

    def full(self) -> Region:
        """Expand every class once from the present labels; the region that may have changed.

        The labels are nearly converged by then; calling it again goes on where a change would still pay.
        """
        self._empty()
        if not self._classes:
            return _NOTHING
        self._look(*sorted(self._stale))
        old = self._assigned.copy()
        start = np.maximum(self._assigned, 0)
        self._assigned = self.problem.solve(self._unary, initial=start, sweeps=1)
        return self._repaint(old)

    def replace(self, seeds: NDArray[Any]) -> Region:
        """Start again from the strokes *seeds* ``(H, W)``: after an undo, or when a picture is opened.

        Without any stroke everything is unlabelled again.
        """
        seeds = np.asarray(seeds)
        if seeds.shape == self.labels.shape and (seeds == UNLABELLED).all():
            self._start_over()
            return Region.of(self.labels.shape)
        strokes = read(seeds, self.labels.shape)
        self._start_over()
        for k, label in enumerate(strokes.classes):
            y, x = np.nonzero(strokes.index == k)
            self._vote(self._column(int(label)), y, x)
            self._strokes[y, x] = label
        self.full()
        return Region.of(self.labels.shape)

    def _start_over(self) -> None:
        self._classes.clear()
        self._stale.clear()
        self._belief = None
        for name in ("_votes", "_colour_unary", "_unary", "_assigned"):
            self.__dict__.pop(name, None)
        self._empty()
        self._strokes[:] = UNLABELLED
        self.labels[:] = UNLABELLED

    def propagation(self, *, probabilities: NDArray[Any] | None = None, **options: Any) -> Work[Propagation]:
        """The default method on the strokes so far, on the scene that is kept; the next previews build on its answer.

        Arguments as for :func:`propagate`. Run it in the background; it reads a copy of the strokes.
        """
        yield Progress(0.0, "looking at the image")
        scene = self.scene
        found = yield from propagation(
            self.image, self._strokes.copy(), probabilities=probabilities, scene=scene, **options
        )
        self.believe(found.labels, found.confidence)
        return found

    def believe(self, labels: NDArray[np.integer], confidence: NDArray[np.floating] | float) -> None:
        """Go on from *labels* ``(H, W)``, as of a whole propagation: they are shown, and an opinion on every piece.

        *confidence* in [0, 1] says how probable they are. Strokes keep their class. Where a label is 255 or of a class
        that is not drawn nothing is believed, and such a class is shown until a stroke spreads there.
        """
        self._empty()
        K = len(self._classes)
        if K == 0:
            return
        column = np.full(1 << 16, -1, np.int32)
        column[self._classes] = np.arange(K)
        columns, pieces = column[labels].ravel(), self.pieces.labels.ravel()
        known = columns >= 0
        sure = np.broadcast_to(np.asarray(confidence, np.float32), labels.shape).ravel()
        right, wrong = (-np.log(np.maximum(chance, _DOUBTED)) for chance in (sure, (1 - sure) / max(K - 1, 1)))
        place = (pieces * K + columns)[known]
        others = np.bincount(pieces, np.where(known, wrong, np.float32(np.log(K))), self.pieces.count)
        own = np.bincount(place, (right - wrong)[known], self.pieces.count * K).reshape(-1, K)
        self._belief = np.asarray((others[:, None] + own) / self.pieces.sizes[:, None], np.float32)
        self._look(*range(K))
        shown = np.bincount(place, minlength=self.pieces.count * K).reshape(-1, K)
        told, drawn = shown.any(axis=1), self._votes.any(axis=1)
        self._assigned = np.where(told, shown.argmax(axis=1), np.maximum(self._assigned, 0)).astype(np.int32)
        self._assigned[drawn] = self._votes[drawn].argmax(axis=1)
        spread = np.array(self._classes, np.uint16)[self._assigned][self.pieces.labels]
        self.labels[:] = np.where(labels == UNLABELLED, spread, labels)
        np.copyto(self.labels, self._strokes, where=self._strokes != UNLABELLED)

    def forget(self) -> None:
        """Believe nothing any more, and label again by the strokes alone."""
        self._empty()
        self._belief = None
        self._assigned[:] = -1
        self._stale.update(range(len(self._classes)))
        self.full()

    def _column(self, label: int) -> int:
        if not 0 <= label <= 65535 or label == UNLABELLED:
            raise AnnotationError(f"{label} is no class id to draw with; ids lie in 0..65535, 255 means unlabelled")
        if label not in self._classes:
            self._classes.append(int(label))
            self._votes = np.pad(self._votes, ((0, 0), (0, 1)))
            self._colour_unary = np.pad(self._colour_unary, ((0, 0), (0, 1)))
            self._unary = np.pad(self._unary, ((0, 0), (0, 1)))
        return self._classes.index(label)

    def _inside(self, y: NDArray[np.integer], x: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        H, W = self.labels.shape
        rows, columns = np.asarray(y, np.int64).ravel(), np.asarray(x, np.int64).ravel()
        kept = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
        return rows[kept], columns[kept]

    def _vote(self, column: int, y: NDArray[np.int64], x: NDArray[np.int64]) -> None:
        """Count the pixels for the class (-1: none), and off any class that they belonged to."""
        flat = np.unique(y * self.labels.shape[1] + x)
        pieces = self.pieces.labels.ravel()[flat]
        before = self._strokes.ravel()[flat]
        for k, label in enumerate(self._classes):
            lost = pieces[before == label] if k != column else pieces[:0]
            if len(lost):
                np.subtract.at(self._votes[:, k], lost, 1)
                self._stale.add(k)
        if column >= 0:
            self._stale.add(column)
            np.add.at(self._votes[:, column], pieces[before != self._classes[column]], 1)

    def _show(self, label: int, y: NDArray[np.integer], x: NDArray[np.integer]) -> Region:
        self._strokes[y, x] = label
        self.labels[y, x] = label
        return Region(int(y.min()), int(x.min()), int(y.max()) + 1, int(x.max()) + 1)

    def _look(self, *columns: int) -> None:
        """The unary costs of classes: their colour model's surprise, an earlier opinion, and the strokes."""
        for column in columns:
            drawn = np.flatnonzero(self._votes[:, column])
            model = self._votes[drawn, column].astype(np.float32) @ self._histograms[drawn]
            model = model.reshape(-1, COLOUR_BINS)
            model[:, 1:-1] = 0.25 * model[:, :-2] + 0.5 * model[:, 1:-1] + 0.25 * model[:, 2:]
            model += 1e-2 * model.sum(axis=1, keepdims=True) / COLOUR_BINS + 1e-6
            model /= model.sum(axis=1, keepdims=True)
            surprise = np.asarray(-np.log(model) * (_APPEARANCE / len(model)), np.float32)
            cost = _weighted_rows(self._histograms, surprise.ravel())
            if self._belief is not None and column < self._belief.shape[1]:
                cost += _BELIEF * self._belief[:, column]
            self._colour_unary[:, column] = cost
            self._stale.discard(column)
        self._unary[:] = self._colour_unary
        _mark(self._votes, self._unary, self._forbidden)

    def _repaint(self, old: Ints) -> Region:
        """Give every changed piece its class in :attr:`labels`; strokes keep theirs."""
        changed = np.flatnonzero(self._assigned != old)
        if len(changed) == 0:
            return _NOTHING
        ids = np.array(self._classes, np.uint16)[self._assigned[changed]]
        flat, strokes = self.labels.ravel(), self._strokes.ravel()
        marked = np.asarray(self._votes[changed].any(axis=1))
        _paint(flat, strokes, *self.pieces.runs, changed, ids, marked, UNLABELLED)
        boxes = self._boxes[changed]
        first, last = boxes.min(axis=0), boxes.max(axis=0)
        return Region(int(first[0]), int(first[1]), int(last[2]), int(last[3]))


@numba.njit(cache=True, nogil=True, fastmath=True)
def _weighted_rows(rows: Floats, weights: Floats) -> Floats:
    """``rows @ weights``, ``(N, F)`` and ``(F,)`` to ``(N,)``, without waking a matrix library's threads."""
    out = np.zeros(len(rows), np.float32)
    for i in range(len(rows)):
        total = np.float32(0)
        for f in range(rows.shape[1]):
            total += rows[i, f] * weights[f]
        out[i] = total
    return out


@numba.njit(cache=True, nogil=True)
def _bounding_boxes(starts: NDArray[np.int64], spans: Ints, width: int) -> Ints:
    """``(count, 4)`` y0, x0, y1, x1 of every piece, ends exclusive; *spans* of one piece go from top to bottom."""
    count = len(starts) - 1
    boxes = np.zeros((count, 4), np.int32)
    for i in range(count):
        boxes[i, 0] = spans[starts[i], 0] // width
        boxes[i, 1] = width
        boxes[i, 2] = spans[starts[i + 1] - 1, 0] // width + 1
        for k in range(starts[i], starts[i + 1]):
            x = spans[k, 0] % width
            boxes[i, 1] = min(boxes[i, 1], x)
            boxes[i, 3] = max(boxes[i, 3], x + spans[k, 1])
    return boxes


@numba.njit(cache=True, nogil=True)
def _mark(votes: Ints, unary: NDArray[np.float64], forbidden: float) -> None:
    """Where strokes vote, the class with most votes costs nothing and the others *forbidden*."""
    N, L = votes.shape
    for i in range(N):
        best = 0
        for k in range(L):
            if votes[i, k] > votes[i, best]:
                best = k
        if votes[i, best] > 0:
            for k in range(L):
                unary[i, k] = 0.0 if k == best else forbidden


@numba.njit(cache=True, nogil=True)
def _paint(
    labels: NDArray[np.uint16],
    strokes: NDArray[np.uint16],
    starts: NDArray[np.int64],
    spans: Ints,
    changed: NDArray[np.int64],
    ids: NDArray[np.uint16],
    marked: NDArray[np.bool_],
    unlabelled: int,
) -> None:
    """Fill the *changed* pieces with their *ids*; in those that are *marked* strokes show through."""
    for c in range(len(changed)):
        for k in range(starts[changed[c]], starts[changed[c] + 1]):
            first = spans[k, 0]
            last = first + spans[k, 1]
            labels[first:last] = ids[c]
            if marked[c]:
                for p in range(first, last):
                    if strokes[p] != unlabelled:
                        labels[p] = strokes[p]


def warm_up() -> None:
    """Compile, or load from the disk's cache, every kernel that a first stroke would wait for; some seconds once."""
    rng = np.random.default_rng(0)
    image = (rng.random((48, 64, 3)) * 255).astype(np.uint8)
    image[:, 32:] //= 3
    seeds = np.full((48, 64), UNLABELLED, np.uint8)
    seeds[20:24, 4:20] = 0
    seeds[20:24, 44:60] = 1
    session = Session(image, n_segments=40)
    session.prepare()
    for label in (0, 1):
        session.preview(label, *np.nonzero(seeds == label))
    session.full()
    propagate(image, seeds)
    propagate(image.astype(np.uint16) * 257, seeds)  # 16 bits, and 8 that are faint, are other kernels
    slic.warm_up()
    random_walk.warm_up()
