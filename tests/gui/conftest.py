"""A window on a small project, driven as a person would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.gui import MainWindow, create_window
from segstudio.io.project import Project

CLASSES = LabelSet.named(["background", "disc"])


def disc_image(seed: int, shape: tuple[int, int] = (96, 120)) -> np.ndarray:
    """A reddish disc on a bluish ground, with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    inside = (y - 48) ** 2 + (x - 60 - 3 * seed) ** 2 < 25**2
    ground = np.where(inside[..., None], (190, 80, 60), (50, 70, 120))
    return np.clip(ground + rng.normal(0, 12, (*shape, 3)), 0, 255).astype(np.uint8)


def disc_truth(seed: int, shape: tuple[int, int] = (96, 120)) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return ((y - 48) ** 2 + (x - 60 - 3 * seed) ** 2 < 25**2).astype(int)


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    paths = []
    for i in range(3):
        paths.append(tmp_path / f"disc-{i}.png")
        Image.fromarray(disc_image(i)).save(paths[-1])
    Project.create(tmp_path / "discs", CLASSES, paths).close()
    return tmp_path / "discs.segstudio"


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[[Path | None], MainWindow]]:
    windows = []

    def make(project: Path | None = None) -> MainWindow:
        window = create_window(project)
        qtbot.addWidget(window)
        windows.append(window)
        window.resize(1100, 760)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in windows:
        window.close()


@pytest.fixture
def window(make_window: Callable[[Path | None], MainWindow], project_folder: Path) -> MainWindow:
    return make_window(project_folder)


class Hand:
    """Mouse and keys on the canvas, in image coordinates."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.canvas = window.canvas

    def at(self, y: float, x: float) -> QPoint:
        return self.canvas.to_widget(y, x).toPoint()

    def press(self, y: float, x: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        QTest.mousePress(self.canvas, button, Qt.KeyboardModifier.NoModifier, self.at(y, x))

    def move(self, y: float, x: float) -> None:
        QTest.mouseMove(self.canvas, self.at(y, x))

    def release(self, y: float, x: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        QTest.mouseRelease(self.canvas, button, Qt.KeyboardModifier.NoModifier, self.at(y, x))

    def drag(self, *points: tuple[float, float], button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Press at the first point, move over the others in small steps, release at the last."""
        self.press(*points[0], button=button)
        here = points[0]
        for there in points[1:]:
            for step in range(1, 6):
                self.move(*(a + (b - a) * step / 5 for a, b in zip(here, there, strict=True)))
            here = there
        self.release(*here, button=button)

    def click(self, y: float, x: float) -> None:
        QTest.mouseClick(self.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self.at(y, x))

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.canvas.setFocus()
        QTest.keyClick(self.canvas, key, modifier)


@pytest.fixture
def hand(window: MainWindow) -> Hand:
    return Hand(window)
