"""Photograph the window: every dialog, every panel and the window in each of its states, to be looked at.

python scripts/screenshots.py OUT [PROJECT] [--themes light dark] [--languages en zh_CN] [--only WORD ...] [--twice]

Pictures are called ``<what>.<theme>.<language>.png``; ``@2x`` are those of a screen with two pixels per point. Without
a PROJECT the demo's own is made first (about a minute). A project given is copied and stays as it is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tifffile
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea, QWidget

from segstudio.app.demo import run_demo
from segstudio.app.sizes import ClassSize, Sizes
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ImageError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import finish
from segstudio.gui import create_window, i18n, theme
from segstudio.gui.actions import MENUS
from segstudio.gui.dialogs.about import AboutDialog
from segstudio.gui.dialogs.class_map import ClassMapDialog
from segstudio.gui.dialogs.cleanup import CleanupDialog
from segstudio.gui.dialogs.command_palette import CommandPalette
from segstudio.gui.dialogs.export import ExportDialog
from segstudio.gui.dialogs.import_labels import ImportDialog
from segstudio.gui.dialogs.models import ModelsDialog
from segstudio.gui.dialogs.new_project import NewProjectDialog
from segstudio.gui.dialogs.predict import PredictDialog
from segstudio.gui.dialogs.preferences import PreferencesDialog
from segstudio.gui.dialogs.remove_class import RemoveClassDialog
from segstudio.gui.dialogs.replace_classes import ReplaceClassesDialog
from segstudio.gui.dialogs.shortcuts import ShortcutsDialog
from segstudio.gui.dialogs.sizes import SizesDialog
from segstudio.gui.dialogs.train import TrainDialog
from segstudio.gui.panels import PANELS
from segstudio.io.project import ClassUse, Project

if TYPE_CHECKING:
    from segstudio.gui import MainWindow

SIZES = (QSize(1280, 720), QSize(1600, 1000))
SETTLE_SECONDS = 0.35
"""For what is computed or read in the background before it is shown."""

DIALOGS: dict[str, Callable[[MainWindow], QWidget]] = {
    "about": AboutDialog,
    "class-map": lambda w: ClassMapDialog(
        w.workbench, w.document.project.folder / "net.onnx", {"classes": ["ground", "disc"]}, w
    ),
    "cleanup": lambda w: CleanupDialog(w.workbench, w.canvas, w),
    "export": lambda w: ExportDialog(w.workbench, w),
    "import": lambda w: ImportDialog(w.workbench, w),
    "keys": lambda w: ShortcutsDialog(w.acts, {}, w.set_shortcuts, w),
    "models": lambda w: ModelsDialog(w.workbench, w),
    "new-project": lambda w: NewProjectDialog(w.workbench, w),
    "palette": lambda w: CommandPalette([w.action(name) for name in w.acts], w),
    "predict": lambda w: PredictDialog(w.workbench, [], w.trigger, w),
    "preferences": lambda w: PreferencesDialog(w.workbench, w),
    "remove-class": lambda w: RemoveClassDialog(w.document, next(iter(w.document.classes)), ClassUse(2, 2, boxes=1), w),
    "replace-classes": lambda w: ReplaceClassesDialog(w.document, {next(iter(w.document.classes)): ClassUse(1, 1)}, w),
    "sizes": lambda w: SizesDialog(_sizes(w.document.classes), w.document.classes, w),
    "train": lambda w: TrainDialog(w.workbench, w),
}


def _sizes(classes: LabelSet) -> Sizes:
    """Of a volume in which every class is a ball that grows with its id."""
    shown = {}
    for number, class_id in enumerate(classes, 1):
        count = 9000 * number
        shown[class_id] = ClassSize(count, 12, 2.05 * count, 12.0, 310.0, 110.0 * count, 13_000.0 * count, count)
    return Sizes(Path("patient-12.nii.gz"), range(20), 12, shown)


class Camera:
    """Takes pictures of one window, dressed in one theme and one language at a time."""

    def __init__(self, window: MainWindow, out: Path, only: list[str]) -> None:
        self.window = window
        self._out = out
        self._only = only
        self._suffix = ""

    def dress(self, app: QApplication, theme_name: theme.ThemeName, language: i18n.Language) -> None:
        settings = self.window.workbench.settings
        settings.theme, settings.language = theme_name, language  # what a dialog falls back to
        theme.apply(app, theme_name)
        i18n.apply(app, language)
        twice = "@2x" if self.window.devicePixelRatioF() > 1 else ""
        self._suffix = f".{theme_name}.{language}{twice}.png"

    def wants(self, name: str) -> bool:
        return not self._only or any(word in name for word in self._only)

    def take(self, widget: QWidget, name: str) -> None:
        if self.wants(name):
            settle()
            widget.grab().save(str(self._out / f"{name}{self._suffix}"))

    def window_sizes(self, name: str) -> None:
        """The whole window in each of the sizes."""
        for size in SIZES:
            if self.wants(f"window-{size.width()}-{name}"):
                self.window.resize(size)
                self.take(self.window, f"window-{size.width()}-{name}")

    def dialogs(self) -> None:
        for name, make in DIALOGS.items():
            if self.wants(f"dialog-{name}"):
                dialog = make(self.window)
                dialog.show()
                self.take(dialog, f"dialog-{name}")
                dialog.close()
                dialog.deleteLater()

    def menus(self) -> None:
        for action, (name, _) in zip(self.window.menuBar().actions(), MENUS, strict=True):
            menu = action.menu()
            assert isinstance(menu, QMenu)
            menu.resize(menu.sizeHint())
            self.take(menu, f"menu-{name}")

    def panels(self) -> None:
        """Each panel by itself, as narrow as it is at first, with all that it scrolls over."""
        for name in PANELS:
            if self.wants(f"panel-{name}"):
                panel = PANELS[name].build(self.window.workbench, self.window.canvas)
                inside = [w for area in panel.findChildren(QScrollArea) if (w := area.widget()) is not None]
                height = max([panel.sizeHint().height(), 260, *(w.sizeHint().height() + 8 for w in inside)])
                panel.resize(900 if PANELS[name].area == "bottom" else 290, height)
                panel.show()
                self.take(panel, f"panel-{name}")
                panel.close()
                panel.deleteLater()


def settle(seconds: float = SETTLE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def outfits(app: QApplication, camera: Camera, arguments: argparse.Namespace) -> Iterator[None]:
    for theme_name in arguments.themes:
        for language in arguments.languages:
            camera.dress(app, theme_name, language)
            yield


def photograph(project: Path, folder: Path, arguments: argparse.Namespace) -> None:
    window = create_window()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    window.resize(SIZES[0])
    window.show()
    camera = Camera(window, arguments.out, arguments.only)
    for name, reach in states(window, project, folder):
        reach()
        settle(1.0)
        for _ in outfits(app, camera, arguments):
            camera.window_sizes(name)
            if name == "no-project":
                dialog = DIALOGS["new-project"](window)
                dialog.show()
                camera.take(dialog, "dialog-first-new-project")
                dialog.close()
            if name == "propagated":
                camera.dialogs()
                camera.panels()
                camera.menus()
    window.close()


def states(window: MainWindow, project: Path, folder: Path) -> list[tuple[str, Callable[[], None]]]:
    """What a person meets, in the order in which it is met, each with the way there from the one before."""
    classes = LabelSet.named(["background", "road", "vehicle"])
    cut = ImageError(folder / "scan.dcm", "is cut short: 12 of 512 rows are missing")
    return [
        ("no-project", lambda: None),
        ("no-images", lambda: window.trigger("project.new", path=folder / "new", classes=classes)),
        ("unlabelled", lambda: unlabelled(window, project)),
        ("strokes", lambda: strokes(window)),
        ("error", lambda: window.notice.show_error(cut, "open")),
        ("propagated", lambda: propagated(window)),
        ("done", lambda: finished(window)),
        ("review", lambda: window.trigger("view.review")),
        ("training", lambda: window.show_panel("training")),
        ("volume", lambda: volume(window, folder)),
    ]


def unlabelled(window: MainWindow, project: Path) -> None:
    """The first image, as if nobody had been there."""
    window.trigger("project.open", path=project)
    document = window.document
    document.goto(document.project.sample_ids()[0])
    until(lambda: document.image is not None)
    with document.edit("Clear labels"):
        document.labels.write(document.labels.region, UNLABELLED, source=Provenance.HUMAN)
        document.set_state(SampleState.TODO)


def strokes(window: MainWindow) -> None:
    """Only what a person drew stays."""
    window.trigger("edit.undo")
    document = window.document
    document.set_state(SampleState.IN_PROGRESS)
    labels = document.labels
    with document.edit("Clear labels"):
        labels.write(labels.region, UNLABELLED, labels.provenance != Provenance.HUMAN, source=Provenance.HUMAN)


def propagated(window: MainWindow) -> None:
    window.notice.hide()
    window.trigger("propagate.scribbles")
    until(lambda: not window.jobs.busy)


def finished(window: MainWindow) -> None:
    document = window.document
    document.goto(document.project.sample_ids()[-1])
    until(lambda: document.image is not None)
    document.set_state(SampleState.DONE)


def volume(window: MainWindow, folder: Path) -> None:
    """A scan of 24 slices with its three planes."""
    z, y, x = np.mgrid[-1:1:24j, -1:1:160j, -1:1:160j]
    radius = np.sqrt((z / 0.9) ** 2 + (y / 0.75) ** 2 + (x / 0.6) ** 2)
    scan = (np.clip(1.1 - radius, 0, 1) * 900 + 80 * np.sin(9 * x) * (radius < 0.9)).clip(0).astype(np.uint16)
    tifffile.imwrite(folder / "scan.tif", scan, photometric="minisblack")
    with Project.create(folder / "scan", LabelSet.named(["background", "organ"])) as project:
        project.add_samples((folder / "scan.tif", number) for number in range(len(scan)))
    window.notice.hide()
    window.trigger("view.review")
    window.trigger("project.open", path=folder / "scan.segstudio")
    for _ in range(12):
        window.trigger("slice.next")
    window.trigger("view.orthogonal")
    settle(1.5)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    settle(0.1)
    while not condition() and time.monotonic() < end:
        settle(0.05)


@contextmanager
def a_copy_of(project: Path | None, folder: Path) -> Iterator[Path]:
    """The demo's project, made in *folder*, or a copy beside *project*, where its images are found from."""
    if project is None:
        yield finish(run_demo(folder / "demo", minutes=0.1)).project
        return
    copy = project.with_name(f"{project.stem}-photographed-{os.getpid()}.segstudio")
    shutil.copytree(project, copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("project", type=Path, nargs="?", help="a project to show instead of the demo's")
    parser.add_argument("--themes", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--languages", nargs="+", default=["en", "zh_CN"])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="pictures with one of these in the name")
    parser.add_argument("--twice", action="store_true", help="also with two pixels per point")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, a_copy_of(arguments.project, Path(name)) as project:
        os.environ["SEGSTUDIO_CONFIG"] = name
        photograph(project, Path(name), arguments)
        if arguments.twice:  # Qt reads the scale once, when the program starts
            words = [a for a in sys.argv[1:] if a != "--twice" and a != str(arguments.project)]
            again = [sys.executable, __file__, words[0], str(project), *words[1:]]
            subprocess.run(again, env={**os.environ, "QT_SCALE_FACTOR": "2"}, check=True)


if __name__ == "__main__":
    main()
