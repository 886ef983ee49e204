"""Kernels on horizontal strips of an array, in a few Python threads.

The kernels release the GIL. A pool of waiting threads costs nothing while idle, where an OpenMP team that spins takes
a core from everybody else.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any


def in_strips(
    pool: ThreadPoolExecutor, workers: int, height: int, kernel: Callable[..., Any], *arguments: Any
) -> list[Any]:
    """``kernel(y0, y1, *arguments)`` for strips that cover ``0 <= y < height``; their results from top to bottom."""
    cuts = [height * i // workers for i in range(workers + 1)]
    strips = [(y0, y1) for y0, y1 in pairwise(cuts) if y1 > y0]
    if len(strips) == 1:
        return [kernel(*strips[0], *arguments)]
    return [job.result() for job in [pool.submit(kernel, y0, y1, *arguments) for y0, y1 in strips]]
