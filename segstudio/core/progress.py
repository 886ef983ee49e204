"""Long work as a generator: it yields :class:`Progress` and returns its result; stopping it is ``close()``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work has come.

    *fraction* lies in [0, 1], or is ``None`` while the end cannot be told. *message* is a short phrase for people
    (``"epoch 3 of 20"``). *detail* carries what a richer view of this kind of work can show (a metrics value of the
    trainer, a preview); views that do not know it ignore it.
    """

    fraction: float | None
    message: str = ""
    detail: object = None


Work = Generator[Progress, None, R]
"""Work that yields progress and returns an ``R``. ``close()`` stops it at the next yield; ``finally`` tidies up."""


def finish(work: Work[R], on_progress: Callable[[Progress], None] | None = None) -> R:
    """Run *work* to its end in this thread and return its result."""
    try:
        while True:
            progress = next(work)
            if on_progress is not None:
                on_progress(progress)
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        work.close()


def scaled(work: Work[R], start: float, end: float, prefix: str = "") -> Work[R]:
    """*work* as the part [start, end] of a larger piece of work."""
    try:
        while True:
            progress = next(work)
            fraction = None if progress.fraction is None else start + (end - start) * progress.fraction
            yield Progress(fraction, prefix + progress.message, progress.detail)
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        work.close()
