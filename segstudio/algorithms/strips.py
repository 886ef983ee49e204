"""Kernels on horizontal strips of an array, in a few Python threads.

The kernels release the GIL. A pool of waiting threads costs nothing while idle, where an OpenMP team that spins takes
a core from everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any


def in_strips(
    pool: ThreadPoolExecutor, workers: int, height: int, kernel: Callable[..., Any], *arguments: Any
) -> list[Any]:
    """``kernel(y0, y1, *arguments)`` for strips that cover ``0 <= y < height``; their results from top to bottom."""
    cuts = [height * i // workers for i in range(workers + 1)]
    return together(pool, [partial(kernel, y0, y1, *arguments) for y0, y1 in pairwise(cuts) if y1 > y0])


def together(pool: ThreadPoolExecutor, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of *jobs*, the first of which is done in this thread and the others in the *pool* meanwhile.

    A thread less is woken so, which counts where jobs take milliseconds.
    """
    if not jobs:
        return []
    others = [pool.submit(job) for job in jobs[1:]]
    return [jobs[0](), *(other.result() for other in others)]
