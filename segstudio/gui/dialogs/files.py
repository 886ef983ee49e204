"""Choosing images, projects and models."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from segstudio.app.workbench import Workbench
from segstudio.io.images import extensions


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


def ask_folder_of_moved(workbench: Workbench, parent: QWidget | None) -> Path | None:
    """A folder in which images that were moved are looked for."""
    title = QCoreApplication.translate("Files", "Where are the images now? Folders in it are searched too")
    chosen = _remembered(workbench, [QFileDialog.getExistingDirectory(parent, title, _start(workbench))])
    return chosen[0] if chosen else None


def ask_project(workbench: Workbench, parent: QWidget | None) -> Path | None:
    """A project's folder."""
    title = QCoreApplication.translate("Files", "Open a project (a folder ending in .segstudio)")
    chosen = _remembered(workbench, [QFileDialog.getExistingDirectory(parent, title, _start(workbench))])
    return chosen[0] if chosen else None


def ask_model(workbench: Workbench, parent: QWidget | None) -> Path | None:
    """A file with a network: a checkpoint, or a model of others."""
    title = QCoreApplication.translate("Files", "Load a model")
    kinds = QCoreApplication.translate("Files", "Networks") + " (*.safetensors *.onnx *.pt2 *.xml *.pth)"
    file, _ = QFileDialog.getOpenFileName(parent, title, _start(workbench), kinds)
    return Path(file) if file else None


def _start(workbench: Workbench) -> str:
    return workbench.settings.last_folder or str(Path.home())


def _remembered(workbench: Workbench, files: Iterable[str]) -> list[Path]:
    chosen = [Path(file) for file in files if file]
    if chosen:
        workbench.settings.last_folder = str(chosen[0].parent)
    return chosen
