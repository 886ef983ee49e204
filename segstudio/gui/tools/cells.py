"""Superpixels of a large image, square by square: computed in the background where they are asked for, and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from segstudio.app.jobs import Job, JobQueue, JobState
from segstudio.core.geometry import Region, tiles
from segstudio.core.progress import Progress, Work
from segstudio.gui.tools.base import Looks

SIDE = 512
"""Pixels of a square's side. Superpixels end at its borders, so that each square is known by itself."""
_KEPT = 256
"""Squares that are kept at most: half a megabyte each."""
_WANTED = 64
"""Squares that wait at most; those that were asked for first are forgotten, as they may be out of sight."""

Numbers = NDArray[np.uint16]


class SuperpixelSquares:
    """The squares of one image. *known* is told of each one that has been computed (or could not be)."""

    def __init__(self, shape: tuple[int, int], looks: Looks, jobs: JobQueue, known: Callable[[Region], None]) -> None:
        self._shape = shape
        self._looks = looks
        self._jobs = jobs
        self._known = known
        self._squares: OrderedDict[Region, Numbers | None] = OrderedDict()
        self._wanted: OrderedDict[Region, None] = OrderedDict()
        self._computing: Region | None = None
        self._job: Job | None = None
        jobs.ended.connect(self._ended)

    def at(self, region: Region) -> Iterator[tuple[Region, Numbers | None]]:
        """See :class:`~segstudio.gui.tools.base.Cells`. Squares that could not be computed are left out."""
        whole = Region.of(self._shape)
        for cell in tiles(region & whole, SIDE):
            square = cell & whole
            if square not in self._squares:
                self._want(square)
                yield square, None
            elif (numbers := self._squares[square]) is not None:
                self._squares.move_to_end(square)
                yield square, numbers

    def _want(self, square: Region) -> None:
        self._wanted[square] = None
        self._wanted.move_to_end(square)
        while len(self._wanted) > _WANTED:
            self._wanted.popitem(last=False)
        self._next()

    def _next(self) -> None:
        if self._computing is not None or not self._wanted:
            return
        square = self._computing = self._wanted.popitem()[0]
        picture = np.ascontiguousarray(self._looks(square, 0))
        shape = self._shape

        def work() -> Work[Numbers]:
            from segstudio.algorithms import superpixels  # loads numba and scikit-image

            yield Progress(None)
            share = picture.shape[0] * picture.shape[1] / (shape[0] * shape[1])
            count = max(1, round(superpixels.default_count(*shape) * share))
            return superpixels.segment(picture, n_segments=count).astype(np.uint16)

        self._job = self._jobs.submit(
            "Superpixels",
            work,
            lambda numbers: self._keep(square, numbers),
            lane="superpixels",
            failed=lambda _: self._keep(square, None),
            quiet=True,
        )

    def _keep(self, square: Region, numbers: Numbers | None) -> None:
        self._squares[square] = numbers
        self._wanted.pop(square, None)
        while len(self._squares) > _KEPT:
            self._squares.popitem(last=False)
        self._computing = None
        self._known(square)
        self._next()

    def _ended(self, job: Job) -> None:
        if job is self._job and job.state is JobState.STOPPED:
            self._computing = None  # whoever still wants the square will ask again
