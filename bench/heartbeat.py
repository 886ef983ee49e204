"""How late the window's event loop is while a network trains in the background. Prints JSON.

    xvfb-run -a python bench/heartbeat.py [SECONDS]

A timer of 10 ms ticks in the event loop; its lateness is the time between two ticks beyond those 10 ms. Measured
for the same number of seconds: at rest, from the start of a training to its first news (which loads the curves),
while it trains, and for a bare Qt application beside the same training, which tells what the load alone does.
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
from PySide6.QtCore import QEventLoop, QProcess, Qt, QTimer

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import application, create_window
from segstudio.gui.main_window import MainWindow

PERIOD_MS = 10
BARE = f"""
import json, sys, time
from PySide6.QtCore import QCoreApplication, Qt, QTimer
app, late, last = QCoreApplication([]), [], [time.perf_counter()]
def tick():
    now = time.perf_counter()
    late.append(1000 * (now - last[0]) - {PERIOD_MS})
    last[0] = now
timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
timer.timeout.connect(tick)
timer.start({PERIOD_MS})
QTimer.singleShot(int(1000 * float(sys.argv[1])), app.quit)
app.exec()
print(json.dumps(late))
"""
"""A process with an event loop and nothing else in it."""


class Heartbeat:
    """Milliseconds of lateness of a timer's ticks."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(PERIOD_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(1000 * (now - self._last) - PERIOD_MS)
        self._last = now

    def taken(self) -> dict[str, float]:
        """A summary of the ticks since the last call."""
        late, self.late = self.late, []
        return summary(late)


def summary(late: list[float]) -> dict[str, float]:
    """p50, p99 and maximum in milliseconds, none below 0; and how many ticks they are of."""
    values = np.maximum(late, 0)
    p50, p99 = np.percentile(values, (50, 99))
    return {
        "p50_ms": round(float(p50), 2),
        "p99_ms": round(float(p99), 2),
        "max_ms": round(float(values.max()), 2),
        "ticks": len(late),
    }


def wait(seconds: float) -> None:
    """Let the window work for *seconds*."""
    loop = QEventLoop()  # the application's own quit() would close the window, and its project with it
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def bare(seconds: float) -> dict[str, float]:
    """The lateness in a bare process, measured while this one waits."""
    process = QProcess()
    process.start(sys.executable, ["-c", BARE, str(seconds)])
    while process.state() is not QProcess.ProcessState.NotRunning:
        wait(0.1)
    return summary(json.loads(bytes(process.readAllStandardOutput().data())))


def labelled_window(folder: Path) -> MainWindow:
    """A window on one image of 640 x 480 with two classes, labelled by hand."""
    image = np.random.default_rng(0).integers(0, 90, (480, 640, 3), np.uint8)
    cv2.circle(image, (320, 240), 120, (60, 80, 190), -1)
    cv2.imwrite(str(folder / "image.png"), image)
    window = create_window()
    window.resize(1600, 900)
    window.show()
    window.workbench.new_project(folder / "p", LabelSet.named(["ground", "disc"]), [(folder / "image.png", 0)])
    with window.document.edit("Brush"):
        window.document.labels.write(Region(0, 0, 480, 640), 0, source=Provenance.HUMAN)
        window.document.labels.write(Region(180, 260, 300, 380), 1, source=Provenance.HUMAN)
    return window


def must_train(window: MainWindow) -> None:
    """Figures of a window that does not train would be worth nothing."""
    if not (window.workbench.training.running and window.workbench.training.metrics):
        raise SystemExit(f"no training runs: {window.notice.text}")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as name:
        window = labelled_window(Path(name))
        training = window.workbench.training
        wait(1.5)
        application.settle(window)  # as the program does
        wait(8)
        heart = Heartbeat()
        wait(seconds)
        report: dict[str, object] = {"period_ms": PERIOD_MS, "rest": heart.taken()}
        window.trigger(
            "model.train", network="unet", network_options={"width": 8}, minutes=30, crop=128, batch=2,
            validation_fraction=0.0,
        )  # fmt: skip
        begun = time.monotonic()
        while training.running and not training.metrics and time.monotonic() - begun < 120:
            wait(0.1)
        must_train(window)
        wait(1)
        report["start"] = heart.taken()
        steps = len(training.metrics)
        wait(seconds)
        report["training"] = heart.taken()
        report["news_while_training"] = len(training.metrics) - steps
        report["bare_beside_training"] = bare(seconds)
        must_train(window)
        window.trigger("model.stop")
        while training.running:
            wait(0.1)
        window.close()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
