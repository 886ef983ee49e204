"""The plotting library, which takes most of a second to load: a step at a time where nobody waits for it."""

from __future__ import annotations

import os

from segstudio.gui.stepwise import Library

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")  # never a second Qt that happens to be installed
LIBRARY = Library("pyqtgraph", without=("cuda.bindings",))
"""Its import of CUDA, for pictures that nobody here draws, alone would take a tenth of a second."""
