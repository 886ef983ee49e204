"""How long the canvas takes for what people do all day, on images of 12 and 100 megapixels. Prints JSON.

Times are from an event's delivery to the end of the repaint that it causes, in milliseconds of wall clock and of this
process's CPU, beside a repaint of the whole widget in the same run (what painting without dirty rectangles would cost
at the least). Run it on a quiet machine: `python bench/canvas.py [MEGAPIXELS ...]`.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["SEGSTUDIO_CONFIG"] = tempfile.mkdtemp()

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Annotation, Polygon
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.gui.canvas import Canvas

SIZE = 1600, 900
LEFT = Qt.MouseButton.LeftButton
PHASE = Qt.ScrollPhase.NoScrollPhase
NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


class Times:
    """Wall and CPU milliseconds of repeated acts; *own* are those of the window's thread alone."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.own: list[float] = []

    def take(self, act: Callable[[], object]) -> None:
        wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
        act()
        QApplication.processEvents()  # delivers the paint event
        self.wall.append(1000 * (time.perf_counter() - wall))
        self.cpu.append(1000 * (time.process_time() - cpu))
        self.own.append(1000 * (time.thread_time() - own))

    def summary(self) -> dict[str, float]:
        wall, cpu, own = np.array(self.wall), np.array(self.cpu), np.array(self.own)
        return {
            "p50": round(float(np.percentile(wall, 50)), 2),
            "p95": round(float(np.percentile(wall, 95)), 2),
            "max": round(float(wall.max()), 2),
            "cpu_p50": round(float(np.percentile(cpu, 50)), 2),
            "cpu_p95": round(float(np.percentile(cpu, 95)), 2),
            "own_p50": round(float(np.percentile(own, 50)), 2),
            "own_p95": round(float(np.percentile(own, 95)), 2),
            "events": len(wall),
        }


def picture(megapixels: int) -> np.ndarray:
    """A smooth colour image with some texture, 4:3."""
    width = round(math.sqrt(megapixels * 1e6 * 4 / 3))
    small = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    return cv2.resize(small, (width, width * 3 // 4), interpolation=cv2.INTER_CUBIC)


def open_canvas(folder: Path, megapixels: int) -> tuple[Workbench, Canvas, float]:
    image = picture(megapixels)
    file = folder / f"{megapixels}.tif"
    cv2.imwrite(str(file), image, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    del image
    bench = Workbench(lambda function: function())
    canvas = Canvas(bench)
    canvas.resize(*SIZE)
    canvas.show()
    QApplication.processEvents()
    names = [f"class {i}" for i in range(8)]
    bench.new_project(folder / f"bench-{megapixels}", LabelSet.named(names), [(file, 0)])
    shown = Times()
    shown.take(canvas.repaint)
    return bench, canvas, shown.wall[0]


def mouse(canvas: Canvas, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
    buttons = NO_BUTTON if kind is QEvent.Type.MouseButtonRelease else LEFT
    event = QMouseEvent(kind, at, canvas.mapToGlobal(at), button, buttons, NO_KEY)
    QApplication.sendEvent(canvas, event)


def stroke(canvas: Canvas, moves: int, times: Times) -> Times:
    """A spiral around the middle of the canvas, some five pixels of the screen from move to move."""
    press = QPointF(SIZE[0] / 2, SIZE[1] / 2)
    mouse(canvas, QEvent.Type.MouseButtonPress, press, LEFT)
    QApplication.processEvents()
    turn = 0.0
    for i in range(moves):
        out = 40 + 320 * i / moves
        turn += 5 / out
        at = press + QPointF(out * math.cos(turn), out * math.sin(turn))
        times.take(lambda at=at: mouse(canvas, QEvent.Type.MouseMove, at, NO_BUTTON))
    mouse(canvas, QEvent.Type.MouseButtonRelease, at, LEFT)
    QApplication.processEvents()
    return times


def hovering(canvas: Canvas) -> Times:
    times = Times()
    for i in range(200):
        at = QPointF(200 + 6 * i, 300 + 100 * math.sin(i / 9))
        event = QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), NO_BUTTON, NO_BUTTON, NO_KEY)
        times.take(lambda event=event: QApplication.sendEvent(canvas, event))
    return times


def panning(canvas: Canvas) -> Times:
    times = Times()
    middle = Qt.MouseButton.MiddleButton
    start = QPointF(800, 450)
    mouse(canvas, QEvent.Type.MouseButtonPress, start, middle)
    for i in range(120):
        at = start + QPointF(5 * i * (1 if i < 60 else -1), 3 * i)
        times.take(lambda at=at: mouse(canvas, QEvent.Type.MouseMove, at, NO_BUTTON))
    mouse(canvas, QEvent.Type.MouseButtonRelease, at, middle)
    return times


def zooming(canvas: Canvas) -> Times:
    times = Times()
    at = QPointF(800, 450)
    for turn in [120] * 14 + [-120] * 14:
        event = QWheelEvent(
            at,
            canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, turn),
            NO_BUTTON,
            NO_KEY,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        times.take(lambda event=event: QApplication.sendEvent(canvas, event))
    return times


def repainting(canvas: Canvas, *, everything: bool) -> Times:
    times = Times()
    for _ in range(21):
        if everything:
            canvas.set_layer_opacity("confidence", 0.5 + 0.01 * len(times.wall))  # makes the whole picture stale
        times.take(canvas.repaint)
    return times


def polygons(bench: Workbench, canvas: Canvas) -> dict[str, object]:
    """200 polygons of 100 points: repaint, zoom, and drag of one."""
    document = bench.document
    rng = np.random.default_rng(1)
    height, width = document.labels.shape
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    shapes = []
    for _ in range(200):
        radius = height / 25 * (1 + 0.2 * np.sin(5 * angle) + rng.normal(0, 0.03, 100))
        y, x = rng.uniform(height * 0.06, height * 0.94), rng.uniform(height * 0.06, width - height * 0.06)
        ring = np.stack([y + radius * np.sin(angle), x + radius * np.cos(angle)], axis=1)
        shapes.append(Polygon(1, tuple((float(a), float(b)) for a, b in ring)))
    with document.edit("Polygons"):
        document.set_annotation(Annotation(polygons=tuple(shapes)))
    found: dict[str, object] = {}
    for name, view in (("fit", canvas.zoom_fit), ("actual", canvas.zoom_actual)):
        view()
        QApplication.processEvents()
        found[f"repaint_{name}"] = repainting(canvas, everything=False).summary()
    canvas.zoom_fit()
    found["zoom"] = zooming(canvas).summary()
    canvas.set_tool("select")
    ys, xs = zip(*shapes[-1].exterior, strict=True)
    middle = canvas.to_widget(sum(ys) / 100, sum(xs) / 100)
    dragged = Times()
    mouse(canvas, QEvent.Type.MouseButtonPress, middle, LEFT)
    for i in range(60):
        at = middle + QPointF(3 * i, i)
        dragged.take(lambda at=at: mouse(canvas, QEvent.Type.MouseMove, at, NO_BUTTON))
    mouse(canvas, QEvent.Type.MouseButtonRelease, at, LEFT)
    found["drag_one"] = dragged.summary()
    canvas.set_tool("brush")
    return found


def undoing(bench: Workbench, canvas: Canvas) -> dict[str, object]:
    """A stroke of 700 moves taken back and done again."""
    canvas.brush_size = 40
    stroke(canvas, 700, Times())
    undone, redone = Times(), Times()
    for _ in range(9):
        undone.take(bench.undo)
        redone.take(bench.redo)
    return {"undo": undone.summary(), "redo": redone.summary()}


def measure(folder: Path, megapixels: int) -> dict[str, object]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench, canvas, first = open_canvas(folder, megapixels)
    document = bench.document
    blobs = cv2.resize(
        np.random.default_rng(2).integers(0, 8, (60, 80), dtype=np.uint8),
        document.labels.shape[::-1],
        interpolation=cv2.INTER_NEAREST,
    )
    with document.edit("Labels"):
        document.labels.write(document.labels.region, blobs, source=Provenance.MODEL)
    del blobs
    found: dict[str, object] = {"shape": document.labels.shape, "first_paint": round(first, 1)}
    QApplication.processEvents()
    whole = repainting(canvas, everything=True)
    found["whole_repaint_fit"] = whole.summary()
    for size in (10, 50, 200):
        canvas.brush_size = size
        found[f"brush_{size}_fit"] = stroke(canvas, 200, Times()).summary()
    canvas.zoom_actual()
    QApplication.processEvents()
    for size in (10, 50, 200):
        canvas.brush_size = size
        found[f"brush_{size}_actual"] = stroke(canvas, 200, Times()).summary()
    found["hover_actual"] = hovering(canvas).summary()
    found["pan_actual"] = panning(canvas).summary()
    canvas.zoom_fit()
    found["zoom"] = zooming(canvas).summary()
    found["zoom_again"] = zooming(canvas).summary()
    found |= undoing(bench, canvas)
    found["polygons_200x100"] = polygons(bench, canvas)
    brush = found["brush_50_fit"]
    found["brush_to_whole_repaint"] = round(brush["cpu_p50"] / whole.summary()["cpu_p50"], 3)  # type: ignore[index]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    raw = document.image.array.nbytes
    found["memory"] = {
        "image_mb": raw >> 20,
        "tiles_mb": canvas.tile_bytes >> 20,
        "peak_rss_mb": after >> 10,
        "peak_growth_mb": (after - before) >> 10,
    }
    canvas.close()
    bench.shut_down()
    return found


def main() -> None:
    application = QApplication.instance() or QApplication(sys.argv[:1])
    sizes = [int(argument) for argument in sys.argv[1:]] or [12, 100]
    with tempfile.TemporaryDirectory() as folder:
        found = {f"{size}_megapixels": measure(Path(folder), size) for size in sizes}
    load = os.getloadavg()[0]
    print(json.dumps({"canvas": SIZE, "load_at_end": round(load, 1), **found}, indent=1, default=list))
    del application


if __name__ == "__main__":
    main()
