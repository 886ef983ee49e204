"""What the first image on the screen waits for: nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.io.project import Project

HEAVY = "numba", "scipy", "skimage", "torch", "pyqtgraph", "pydicom"
"""Each takes a fifth of a second or more to load."""
SHOW = f"""
import sys
from PySide6.QtWidgets import QApplication
from segstudio.gui import create_window
window = create_window(sys.argv[1])
window.show()
QApplication.processEvents()
assert window.document.image is not None
print([name for name in {HEAVY!r} if name in sys.modules])
window.close()
"""


def test_an_image_is_shown_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(tmp_path / "image.png")
    Project.create(tmp_path / "p", LabelSet.named(["a", "b"]), [tmp_path / "image.png"]).close()
    command = [sys.executable, "-c", SHOW, str(tmp_path / "p.segstudio")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
