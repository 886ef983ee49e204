"""How long the window is held up when a panel or dialog is shown for the first time. Prints JSON.

    xvfb-run -a python bench/first_showing.py [SECONDS]

SECONDS (10) are waited first, in which a window makes ready what is slow to load. Then the longest lateness of a timer
of 10 ms while each panel is shown, painted and has settled, and with the first news of a training run.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["SEGSTUDIO_CONFIG"] = tempfile.mkdtemp()

from heartbeat import Heartbeat, labelled_window, wait

from segstudio.gui import application
from segstudio.gui.panels import PANELS
from segstudio.learning.records import TrainingMetrics


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as name:
        window = labelled_window(Path(name))
        wait(1.5)  # its own start is not what is measured
        heart = Heartbeat()
        application.settle(window)
        wait(seconds)
        report: dict[str, object] = {"load": round(os.getloadavg()[0], 1), "making_ready": heart.taken()}
        for panel in PANELS:
            thread = time.thread_time()
            window.show_panel(panel)
            wait(1.5)
            own = 1000 * (time.thread_time() - thread)
            report[panel] = {"late_max_ms": heart.taken()["max_ms"], "thread_ms": round(own, 1)}
        training = window.workbench.training
        thread = time.thread_time()
        for step in range(3):
            news = TrainingMetrics(1, 1, step + 1, 1 / (step + 1), 0.001, 3.0, 1 << 20, step, None)
            training.metrics.append(news)
            training.progressed.emit(news)
            wait(0.7)
        own = 1000 * (time.thread_time() - thread)
        report["first news of a training"] = {"late_max_ms": heart.taken()["max_ms"], "thread_ms": round(own, 1)}
        window.close()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
