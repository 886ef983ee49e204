"""Opening, searching and scrolling the list of a large project: seconds as JSON, beside listing the folder itself.

python bench/sample_list.py [COUNT]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.gui.panels.samples import SamplesPanel
from segstudio.io.project import Project


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main(count: int) -> dict[str, float]:
    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = folder / "images"
        images.mkdir()
        for number in range(count):
            (images / f"{number:06d}.png").touch()
        project = Project.create(folder / "many", LabelSet.named(["background"]))
        added = seconds(lambda: project.add_samples((images / f"{i:06d}.png", 0) for i in range(count)))
        project.close()
        bench = Workbench(lambda act: act())
        panel = SamplesPanel(bench, None)  # type: ignore[arg-type]  # it needs no canvas
        panel.resize(280, 600)
        panel.show()

        def open_and_show() -> None:
            bench.open_project(folder / "many.segstudio")
            panel.view.grab()

        def search(text: str) -> None:
            panel.search.setText(text)
            panel.filter()
            panel.view.grab()

        def scroll() -> None:
            bar = panel.view.verticalScrollBar()
            for place in range(20):
                bar.setValue(bar.maximum() * place // 20)
                panel.view.grab()

        figures = {
            "count": float(count),
            "list_folder": seconds(lambda: sorted(images.iterdir())),
            "add_to_project": added,
            "open_and_show": seconds(open_and_show),
            "search": seconds(lambda: search("0999")),
            "clear_search": seconds(lambda: search("")),
            "scroll_each": seconds(scroll) / 20,
        }
        bench.shut_down()
        app.processEvents()
    return {**figures, "open_over_list_folder": figures["open_and_show"] / figures["list_folder"]}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000), indent=1))
