"""A class goes from all images of a project, and undo and redo of it: how long, and how late the window is meanwhile.

    xvfb-run -a python bench/class_step.py [IMAGES]

Prints JSON: seconds of each, and the lateness of a timer of 10 ms in the window's event loop. The same of a stack: 60
slices whose labels one piece of work wrote together.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["SEGSTUDIO_CONFIG"] = tempfile.mkdtemp()

import numpy as np
import tifffile
from heartbeat import Heartbeat, wait

from segstudio.app.class_edits import removal
from segstudio.app.document import Document
from segstudio.app.machine_edits import write_together
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.gui import create_window
from segstudio.io.project import Project
from segstudio.io.project.class_step import ClassStep

SIDE, SLICES, SLICE_SIDE = 64, 60, 512


def many(folder: Path, count: int) -> Path:
    """A project of *count* images of 64 x 64 that all show three classes."""
    image = folder / "image.tif"
    tifffile.imwrite(image, np.zeros((SIDE, SIDE), np.uint8))
    classes = LabelSet.named(["a", "b", "c"])
    ids = np.random.default_rng(0).integers(0, 3, (8, 8)).repeat(8, 0).repeat(8, 1).astype(np.uint16)
    with Project.create(folder / "many", classes) as project:
        samples = project.add_samples([(image, frame) for frame in range(count)])
        project.write_labels(1, ids, np.ones(ids.shape, np.uint8), classes)
        for sample_id in samples[1:]:
            shutil.copytree(project.sample_folder(1), project.sample_folder(sample_id))
        with project.beside(folder / "rows.db", "rows") as db:
            db.executemany("INSERT INTO main.contents VALUES (?, ?)", [(i, c) for i in samples for c in range(3)])
        return project.folder


def stack(folder: Path) -> Path:
    volume = np.random.default_rng(0).integers(0, 255, (SLICES, SLICE_SIDE, SLICE_SIDE), np.uint8)
    tifffile.imwrite(folder / "stack.tif", volume, photometric="minisblack")
    with Project.create(folder / "stack", LabelSet.named(["a", "b"])) as project:
        project.add_samples([(folder / "stack.tif", frame) for frame in range(SLICES)])
        return project.folder


def timed(heart: Heartbeat, act: Callable[[], object]) -> dict[str, float]:
    wait(1)
    heart.taken()
    begun = time.perf_counter()
    act()
    seconds = time.perf_counter() - begun
    wait(0.2)
    late = heart.taken()
    return {"seconds": round(seconds, 2), "late_p99_ms": late["p99_ms"], "late_max_ms": late["max_ms"]}


def of_all_images(
    document: Document, heart: Heartbeat, undo: Callable[[], object], redo: Callable[[], object]
) -> object:
    step = ClassStep.begin(document.project, removal(document, 1))
    finish(step.stage())
    return {
        "commit": timed(heart, lambda: document.wide.take_step("Remove class", step)),
        "undo": timed(heart, undo),
        "redo": timed(heart, redo),
    }


def of_a_stack(document: Document, heart: Heartbeat, undo: Callable[[], object], redo: Callable[[], object]) -> object:
    disc = np.hypot(*np.mgrid[-1 : 1 : SLICE_SIDE * 1j, -1 : 1 : SLICE_SIDE * 1j]) < 0.7
    labels = {sample_id: disc.astype(np.uint8) for sample_id in document.order}
    return {
        "write": timed(heart, lambda: write_together(document, "Propagate", labels, Provenance.PROPAGATED)),
        "undo": timed(heart, undo),
        "redo": timed(heart, redo),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    report: dict[str, object] = {"images": count, "load": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as name:
        window = create_window()
        window.resize(1600, 900)
        window.show()
        heart = Heartbeat()
        for title, project, measure in (
            ("all_images", many(Path(name), count), of_all_images),
            ("stack", stack(Path(name)), of_a_stack),
        ):
            window.workbench.open_project(project)
            wait(3)
            undo, redo = (lambda act=act: window.trigger(f"edit.{act}") for act in ("undo", "redo"))
            report[title] = measure(window.document, heart, undo, redo)
        window.close()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
