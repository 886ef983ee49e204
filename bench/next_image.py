"""How long the window is busy with the next image, and with going on after a stroke. Prints JSON.

    xvfb-run -a python bench/next_image.py [MEGAPIXELS]

A folder of images of 2 megapixels; 0.15 s pass between two, as the next one is decoded while a person looks. *next*
goes on from image to image; *next_labelled* draws a stroke first, which is saved on the way; *back_over_labelled* goes
back over those, whose labels are read and shown; *unready* counts the images that were not decoded when they were gone
to, as a person who looks longer or a quieter machine would have had them. Milliseconds from the act
to the end of the repaint, panels included, of wall clock and of the window's own thread; *late* is the longest that the
event loop was held up while the rest was done afterwards.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["SEGSTUDIO_CONFIG"] = tempfile.mkdtemp()

import cv2
import numpy as np
from heartbeat import Heartbeat, wait
from PySide6.QtWidgets import QApplication

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import create_window
from segstudio.gui.main_window import MainWindow

IMAGES, ROUNDS, PAUSE = 50, 20, 0.15


def files(folder: Path, megapixels: float) -> list[tuple[Path, int]]:
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    made = []
    for number in range(IMAGES):
        small = np.random.default_rng(number).integers(0, 255, (24, 32, 3), np.uint8)
        made.append((folder / f"{number:03}.jpg", 0))
        cv2.imwrite(str(made[-1][0]), cv2.resize(small, (height * 4 // 3, height)))
    return made


def stroke(window: MainWindow) -> None:
    document = window.document
    height, width = document.labels.shape
    with document.edit("Brush"):
        for place in range(3):
            top = height * (place + 1) // 5
            document.labels.write(Region(top, 50, top + 90, width - 50), place % 2, source=Provenance.HUMAN)


def measured(window: MainWindow, act: str = "sample.next", *, labelled: bool = False) -> dict[str, float]:
    wall, own, late, unready = [], [], [], 0
    for _ in range(ROUNDS):
        if labelled:
            stroke(window)
        wait(PAUSE)
        document, way = window.document, 1 if act == "sample.next" else -1
        there = document.project.sample(document.order[document.order.index(document.sample.id) + way])
        unready += document.cache.get(there) is None
        clock, thread = time.perf_counter(), time.thread_time()
        window.trigger(act)
        QApplication.processEvents()
        window.canvas.repaint()
        wall.append(1000 * (time.perf_counter() - clock))
        own.append(1000 * (time.thread_time() - thread))
        heart = Heartbeat()
        wait(PAUSE)
        late.append(heart.taken()["max_ms"])
    median = {"wall_ms": wall, "thread_ms": own, "late_ms": late}
    figures = {name: round(float(np.median(values)), 1) for name, values in median.items()}
    figures["unready"] = unready
    return figures | {f"{name}_p95": round(float(np.percentile(values, 95)), 1) for name, values in median.items()}


def main() -> None:
    megapixels = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    with tempfile.TemporaryDirectory() as name:
        images = files(Path(name), megapixels)
        window = create_window()
        window.resize(1600, 900)
        window.show()
        window.workbench.new_project(Path(name) / "p", LabelSet.named(["ground", "disc"]), images)
        wait(3)
        report = {"megapixels": megapixels, "load": round(os.getloadavg()[0], 1)}
        found = {"next": measured(window), "next_labelled": measured(window, labelled=True)}
        found["back_over_labelled"] = measured(window, "sample.previous")
        window.close()
    print(json.dumps(report | found, indent=2))


if __name__ == "__main__":
    main()
