"""Choosing images, projects and checkpoints."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from segstudio.app.workbench import Workbench
from segstudio.io.images import extensions
from segstudio.io.project.project import SUFFIX


def ask_images(workbench: Workbench, parent: QWidget | None) -> list[Path]:
    """The images that a person picked; none when cancelled."""
    endings = " ".join(f"*{ending}" for ending in extensions())
    kinds = QCoreApplication.translate("Files", "Images and volumes") + f" ({endings})"
    every = QCoreApplication.translate("Files", "All files") + " (*)"
    title = QCoreApplication.translate("Files", "Add images")
    files, _ = QFileDialog.getOpenFileNames(parent, title, _start(workbench), f"{kinds};;{every}")
    return _remembered(workbench, files)


def ask_folder(workbench: Workbench, parent: QWidget | None) -> Path | None:
    """A folder of images."""
    title = QCoreApplication.translate("Files", "Add a folder of images")
    chosen = _remembered(workbench, [QFileDialog.getExistingDirectory(parent, title, _start(workbench))])
    return chosen[0] if chosen else None


def ask_project(workbench: Workbench, parent: QWidget | None) -> Path | None:
    """A project's folder."""
    title = QCoreApplication.translate("Files", "Open a project (a folder ending in .segstudio)")
    chosen = _remembered(workbench, [QFileDialog.getExistingDirectory(parent, title, _start(workbench))])
    return chosen[0] if chosen else None


def ask_checkpoint(workbench: Workbench, parent: QWidget | None) -> Path | None:
    """A file with a trained network."""
    title = QCoreApplication.translate("Files", "Load a checkpoint")
    kinds = QCoreApplication.translate("Files", "Trained networks") + " (*.safetensors *.pt *.pth *.onnx)"
    file, _ = QFileDialog.getOpenFileName(parent, title, _start(workbench), kinds)
    return Path(file) if file else None


def found_images(paths: Iterable[str | Path]) -> list[Path]:
    """The files among *paths*, and every file below the folders among them that a reader claims, sorted by name.

    A project's own folder is passed over, so that its masks are not taken for images.
    """
    claimed = tuple(extensions())
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found.extend(sorted(Path(file) for file in _below(path) if file.lower().endswith(claimed)))
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _below(folder: Path) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.endswith(SUFFIX) and not name.startswith(".")]
        yield from (os.path.join(where, name) for name in files if not name.startswith("."))


def _start(workbench: Workbench) -> str:
    return workbench.settings.last_folder or str(Path.home())


def _remembered(workbench: Workbench, files: Iterable[str]) -> list[Path]:
    chosen = [Path(file) for file in files if file]
    if chosen:
        workbench.settings.last_folder = str(chosen[0].parent)
    return chosen
