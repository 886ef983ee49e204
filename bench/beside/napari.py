"""napari, measured from within: ``python napari.py FILES HOME`` in an environment with napari."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

sys.path.pop(0)  # this file's folder, where its own name would be found instead of the program
import napari
import numpy as np
from qtpy import QtWidgets

sys.path.insert(0, str(Path(__file__).parent))
from measuring import FIGURES, Times


def main() -> None:
    files = Path(sys.argv[1])
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1600, 900)
    application = QtWidgets.QApplication.instance()
    times = Times(application.processEvents)
    application.processEvents()
    native = viewer.window._qt_viewer.canvas.native
    if (files / "100.png").exists():
        with times.take("open_100_mp_png"):
            viewer.open(str(files / "100.png"), plugin="napari")
            native.repaint()
        viewer.layers.clear()
    with times.take("open_12_mp_jpeg"):
        viewer.open(str(files / "12.jpg"), plugin="napari")
        native.repaint()
    height, width = viewer.layers[0].data.shape[:2]
    labels = viewer.add_labels(np.zeros((height, width), np.uint8))
    labels.brush_size, labels.selected_label = 50, 1
    application.processEvents()
    painted = []
    with labels.block_history():
        for i in range(700):
            out = 100 + 1000 * i / 700
            at = (height / 2 + out * math.sin(i / 20), width / 2 + out * math.cos(i / 20))
            with times.take("brush_move_12_mp"):
                labels.paint(at, 1)
                native.repaint()
            painted.append(at)
    with times.take("undo_700_moves"):
        labels.undo()
        native.repaint()
    viewer.layers.remove(labels)
    rings = [np.array(ring)[:, ::-1] for ring in json.loads((files / "polygons.json").read_text())]
    viewer.add_shapes(rings, shape_type="polygon", edge_width=2)
    application.processEvents()
    for _ in range(7):
        with times.take("repaint_200_polygons"):
            native.repaint()
    for factor in [1.1] * 4 + [1 / 1.1] * 4:
        with times.take("zoom_200_polygons"):
            viewer.camera.zoom *= factor
            native.repaint()
    viewer.layers.clear()
    with times.take("open_folder_of_5000"):
        viewer.open(sorted(str(file) for file in (files / "many").iterdir()), stack=True, plugin="napari")
        native.repaint()
    for _ in range(9):
        with times.take("next_image"):
            viewer.dims.set_current_step(0, viewer.dims.current_step[0] + 1)
            native.repaint()
    times.tell(FIGURES)


if __name__ == "__main__":
    main()
