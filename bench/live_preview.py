"""How long the mouse waits while a stroke's preview is computed beside it, and when the preview is there. Prints JSON.

    xvfb-run -a python bench/live_preview.py [MEGAPIXELS]

A stroke of 300 moves on an image of 12 megapixels with live propagation on and off: milliseconds from a move's delivery
to the end of the repaint that it causes, and from the first move to the first preview on the screen.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["SEGSTUDIO_CONFIG"] = tempfile.mkdtemp()

import cv2
import numpy as np
from canvas import LEFT, NO_BUTTON, Times, mouse, picture
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QApplication

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import create_window
from segstudio.gui.main_window import MainWindow

MOVES = 300


def wait(window: MainWindow, seconds: float = 120) -> None:
    """Until no work is left."""
    end = time.monotonic() + seconds
    while window.jobs.busy and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)


def stroke(window: MainWindow, height: float) -> dict[str, object]:
    canvas, times = window.canvas, Times()
    begun: float | None = None
    shown: float | None = None
    start = QPointF(canvas.width() * 0.3, canvas.height() * height)
    mouse(canvas, QEvent.Type.MouseButtonPress, start, LEFT)
    for i in range(MOVES):
        at = start + QPointF(i * 1.2, 60 * np.sin(i / 20))
        begun = begun or time.perf_counter()
        times.take(lambda at=at: mouse(canvas, QEvent.Type.MouseMove, at, NO_BUTTON))
        if shown is None and window.workbench.live.labels is not None:
            shown = time.perf_counter()
        time.sleep(0.004)  # a mouse tells of 125 to 250 moves a second
    mouse(canvas, QEvent.Type.MouseButtonRelease, at, LEFT)
    found: dict[str, object] = dict(times.summary())
    found["first_preview_ms"] = None if shown is None or begun is None else round(1000 * (shown - begun), 1)
    return found


def main() -> None:
    megapixels = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cv2.imwrite(str(folder / "image.tif"), picture(megapixels), [cv2.IMWRITE_TIFF_COMPRESSION, 1])
        window = create_window()
        window.resize(1600, 900)
        window.show()
        window.workbench.new_project(folder / "p", LabelSet.named(["a", "b"]), [(folder / "image.tif", 0)])
        document = window.document
        with document.edit("Brush"):
            document.labels.write(Region(10, 10, 40, 900), 0, source=Provenance.HUMAN)
        document.set_active_class(1)
        window.trigger("tool.brush")
        window.canvas.brush_size = 20
        report: dict[str, object] = {"megapixels": megapixels}
        for live in (False, True):
            window.workbench.settings.live_propagation = live
            begun = time.perf_counter()
            window.workbench.live.begin()
            wait(window)
            if live:
                report["prepared_s"] = round(time.perf_counter() - begun, 2)
            report["live" if live else "alone"] = stroke(window, 0.6 if live else 0.4)
            wait(window)
        print(json.dumps(report, indent=1))
        window.close()


if __name__ == "__main__":
    main()
