"""A workbench without a window: what threads tell is run when the test asks."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator

import pytest

from segstudio.app.workbench import Workbench


class Bench(Workbench):
    """A workbench whose main thread is the test."""

    def __init__(self) -> None:
        self.waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        super().__init__(self.waiting.put)
        self.failures: list[BaseException] = []
        self.failed.connect(self._failed)

    def _failed(self, error: BaseException, _: str) -> None:
        self.failures.append(error)

    def work_until(self, condition: Callable[[], object], seconds: float = 120.0) -> None:
        """Let the background work until *condition* holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            self.tick()
            try:
                self.waiting.get(timeout=0.05)()
            except queue.Empty:
                continue


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.shut_down()
