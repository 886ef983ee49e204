"""The table of sizes, as a person opens and copies it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.sizes import SizesDialog
from segstudio.io.project import Project


def test_the_classes_of_a_volume_are_measured_and_copied(
    make_window: Callable[[Path | None], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    data = np.full((10, 8, 5), 40, np.int16)
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2.0, 10.0, 1.0])), tmp_path / "v.nii")
    with Project.create(tmp_path / "p", LabelSet.named(["background", "organ"])) as project:
        project.add_samples([(tmp_path / "v.nii", frame) for frame in range(5)])
    window = make_window(tmp_path / "p.segstudio")
    for frame in (1, 2):
        window.workbench.stacks.go(frame)
        with window.document.edit("Brush"):
            window.document.labels.write(Region(0, 0, 5, 5), 1, source=Provenance.HUMAN)
    shown: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, SizesDialog):
            dialog.copy.click()
            shown.append(QGuiApplication.clipboard().text())
            dialog.reject()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    window.trigger("class.sizes")
    qtbot.waitUntil(lambda: bool(shown), timeout=20_000)
    timer.stop()
    row = dict(zip(*(line.split("\t") for line in shown[0].splitlines()), strict=True))
    assert (row["Class"], row["Slices"], row["Pixels"]) == ("organ", "2", "50")
    assert row["Volume"] == "2 ml"  # 50 voxels of 2 x 2 x 10 mm
    assert (row["Mean"], row["SD"]) == ("40", "0")
