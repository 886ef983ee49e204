"""How the drivers of ``bench/beside.py`` take times. Runs in every program's own environment: standard library only."""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any


class Times:
    """Wall and CPU seconds of one act, by its name; several of one name give their median."""

    def __init__(self, process_events: Callable[[], object]) -> None:
        self._process_events = process_events
        self._taken: dict[str, list[tuple[float, float]]] = {}

    @contextmanager
    def take(self, name: str) -> Any:
        """The time of the block and of the painting that it causes."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self._process_events()
        self._taken.setdefault(name, []).append((time.perf_counter() - wall, time.process_time() - cpu))

    def until(self, done: Callable[[], bool], seconds: float = 120) -> None:
        """Run the event loop until *done*."""
        end = time.monotonic() + seconds
        while not done():
            self._process_events()
            if time.monotonic() > end:
                raise SystemExit("it never came to an end")
            time.sleep(0.001)

    def tell(self, names: tuple[str, ...], missing: tuple[str, ...] = ()) -> None:
        """Print everything as one line of JSON."""
        report: dict[str, Any] = {
            name: {
                "wall": statistics.median(w for w, _ in self._taken[name]),
                "cpu": statistics.median(c for _, c in self._taken[name]),
            }
            for name in names
            if name in self._taken
        }
        report |= dict.fromkeys(missing)
        report["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(report), flush=True)


FIGURES = (
    "open_12_mp_jpeg", "open_100_mp_png", "open_folder_of_5000", "next_image",
    "repaint_200_polygons", "zoom_200_polygons", "brush_move_12_mp", "undo_700_moves",
)  # fmt: skip
