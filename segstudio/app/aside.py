"""Waiting for a thread without standing still."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from segstudio.core.progress import Progress, Work

R = TypeVar("R")
_TURN = 0.01
"""Seconds between two signs of life."""


def aside(function: Callable[[], R], fraction: float | None = None) -> Work[R]:
    """Run *function* in a thread of its own and wait for what it returns or raises; it is always gone through to its
    end. *fraction* is told meanwhile."""
    with ThreadPoolExecutor(1, "aside") as executor:
        future = executor.submit(function)
        while not wait([future], _TURN).done:
            yield Progress(fraction)
    return future.result()
