"""labelme, measured from within: ``python labelme.py FILES HOME`` in an environment with labelme."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

sys.path.pop(0)  # this file's folder, where its own name would be found instead of the program
import labelme.app
from PyQt5 import QtCore, QtGui, QtWidgets

sys.path.insert(0, str(Path(__file__).parent))
from measuring import FIGURES, Times


def main() -> None:
    files, home = Path(sys.argv[1]), Path(sys.argv[2])
    application = QtWidgets.QApplication(sys.argv[:1])
    times = Times(application.processEvents)
    window = labelme.app.MainWindow(config_overrides={"auto_save": False})
    window.resize(1600, 900)
    window.show()
    application.processEvents()
    canvas = window._canvas_widgets.canvas
    if (files / "100.png").exists():
        with times.take("open_100_mp_png"):
            window._load_file(str(files / "100.png"))
            canvas.repaint()
    with times.take("open_12_mp_jpeg"):
        window._load_file(str(files / "12.jpg"))
        canvas.repaint()
    with_polygons = describe(files, home)
    window._load_file(str(with_polygons))
    application.processEvents()
    for _ in range(7):
        with times.take("repaint_200_polygons"):
            canvas.repaint()
    for turn in [120] * 4 + [-120] * 4:
        with times.take("zoom_200_polygons"):
            wheel(canvas, turn)
    with times.take("open_folder_of_5000"):
        window._import_images_from_dir(str(files / "many"))
        canvas.repaint()
    for _ in range(9):
        with times.take("next_image"):
            window._open_next_image()
            canvas.repaint()
    times.tell(FIGURES, ("brush_move_12_mp", "undo_700_moves"))


def describe(files: Path, home: Path) -> Path:
    """The file in which labelme keeps polygons."""
    image = (files / "12.jpg").read_bytes()
    shapes = [
        {"label": "a", "points": ring, "group_id": None, "shape_type": "polygon", "flags": {}}
        for ring in json.loads((files / "polygons.json").read_text())
    ]
    target = home / "12.json"
    target.write_text(
        json.dumps(
            {
                "version": "5.0.0",
                "flags": {},
                "shapes": shapes,
                "imagePath": "12.jpg",
                "imageData": base64.b64encode(image).decode(),
                "imageHeight": 3000,
                "imageWidth": 4000,
            }
        )
    )
    return target


def wheel(canvas: QtWidgets.QWidget, turn: int) -> None:
    at = QtCore.QPointF(canvas.width() / 2, canvas.height() / 2)
    event = QtGui.QWheelEvent(
        at, QtCore.QPointF(canvas.mapToGlobal(at.toPoint())), QtCore.QPoint(), QtCore.QPoint(0, turn),
        QtCore.Qt.NoButton, QtCore.Qt.ControlModifier, QtCore.Qt.NoScrollPhase, False,
    )  # fmt: skip
    QtWidgets.QApplication.sendEvent(canvas, event)
    canvas.repaint()


if __name__ == "__main__":
    main()
