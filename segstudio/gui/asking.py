"""Acts that ask a person first: each opens its dialog, unless a script has answered, and tells the workbench."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QCoreApplication, Qt

from segstudio.app.finding import FoundImages, Frame, find_images, labels_among
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.natural import in_order
from segstudio.core.progress import Progress, Work
from segstudio.gui.i18n import counted, tr
from segstudio.io.class_files import load_classes
from segstudio.io.importers.signs import detected

if TYPE_CHECKING:
    from segstudio.gui.main_window import MainWindow
    from segstudio.io.importers.base import ImportedDataset


def open_project(window: MainWindow, path: str | Path | None) -> None:
    """Open a project's folder."""
    if path is None:
        from segstudio.gui.dialogs.files import ask_project

        path = ask_project(window.workbench, window)
    if path is not None:
        window.workbench.open_project(path)


def new_project(
    window: MainWindow,
    path: str | Path | None = None,
    classes: LabelSet | str | None = None,
    images: Sequence[str | Path] = (),
) -> None:
    """Make a project; with *path* and *classes* given nobody is asked."""
    if path is None or classes is None:
        from segstudio.gui.dialogs.new_project import ask_new_project

        wanted = ask_new_project(window.workbench, window, [Path(image) for image in images])
        if wanted is not None:
            new_project(window, wanted.path, wanted.classes, wanted.images)
        return
    with window.workbench.reporting("create the project"):
        known = load_classes(classes) if isinstance(classes, str) else classes
        if window.workbench.new_project(path, known, []):
            add_images(window, images)


def add_images(window: MainWindow, paths: Sequence[str | Path] | None) -> None:
    """Look through *paths* in the background and add every image that can be read; say which cannot."""
    if paths is None:
        from segstudio.gui.dialogs.files import ask_images

        paths = ask_images(window.workbench, window)
    if paths:
        _look_and_add(window, in_order(paths))


def _look_and_add(window: MainWindow, paths: list[str | Path]) -> None:
    """The images are added as they are found, so that the first can be worked on while the others are looked for."""
    bench = window.workbench
    document = bench.document
    count = 0

    def look() -> Work[tuple[FoundImages, str | None]]:
        found = yield from find_images(paths)
        return found, labels_among(paths)

    def add(progress: Progress) -> None:
        nonlocal count
        if document is None or bench.document is not document or not progress.detail:
            return
        with bench.reporting("add images"):
            count += len(document.add_images(cast("list[Frame]", progress.detail)))
            if document.sample is None:
                document.goto_first()
                bench.document_changed.emit()

    def end(result: tuple[FoundImages, str | None]) -> None:
        found, labels = result
        if found.frames and not count:
            bench.message.emit("These images are in the project already.")
        elif count:
            one = QCoreApplication.translate("Asking", "{0} image added")
            bench.message.emit(counted(one, QCoreApplication.translate("Asking", "{0} images added"), count))
        if found.problems:
            window.notice.show_left_out(found.problems)
        elif labels is not None:
            _tell_of_labels(window, labels, Path(paths[0]))
        elif not found.frames:
            nothing = QCoreApplication.translate("Asking", "{0}: there is no image in it.")
            window.notice.show_message(nothing.format(Path(paths[0])))

    bench.jobs.submit(
        "Add images",
        look,
        end,
        lane="disk",
        failed=lambda error: bench.report(error, "add images"),
        progressed=add,
    )


def _tell_of_labels(window: MainWindow, kind: str, folder: Path) -> None:
    from segstudio.io.importers import IMPORTERS  # seldom needed

    window.workbench.settings.last_folder = str(folder)  # where the dialog begins
    text = QCoreApplication.translate(
        "Asking", "There are labels of the format {0} beside these images: File > Import data set takes them in."
    )
    window.notice.show_message(text.format(tr(IMPORTERS[kind].title)))


def take_dropped(window: MainWindow, paths: Iterable[Path]) -> None:
    """A project is opened, images are added to the open project, or a new one is asked for."""
    dropped = list(paths)
    project = next((p for p in dropped if p.suffix == ".segstudio" or p.name == "project.db"), None)
    if project is not None:
        window.workbench.open_project(project)
    elif window.workbench.document is not None:
        add_images(window, dropped)
    else:
        new_project(window, images=dropped)


def export(window: MainWindow, format_name: str | None, target: str | Path | None, **options: Any) -> None:
    """Write a data set."""
    if format_name is not None and target is not None:
        window.workbench.exporting.start(format_name, target, **options)
        return
    from segstudio.gui.dialogs.export import ask_export

    wanted = ask_export(window.workbench, window)
    if wanted is not None:
        window.workbench.exporting.start(wanted.format, wanted.target, **wanted.options)


def import_labels(
    window: MainWindow,
    source: str | Path | None,
    format: str = "",  # noqa: A002  # the option's name for scripts
    keep_going: bool = False,
    **options: Any,
) -> None:
    """Import a data set; with *source* given nobody is asked, and one with a fault is refused unless *keep_going*."""
    if source is None:
        from segstudio.gui.dialogs.import_labels import ask_import

        ask_import(window.workbench, window)
        return
    bench, path = window.workbench, Path(source)

    def looked(dataset: ImportedDataset) -> None:
        if dataset.problems and not keep_going:
            first = dataset.problems[0]
            bench.report(FormatError(first.path, first.reason), "import")
        else:
            bench.importing.start(dataset)

    with bench.reporting("import"):
        name = format or detected(path)
        bench.importing.look(name, path, looked, lambda error: bench.report(error, "import"), lambda _: None, **options)


def train(window: MainWindow) -> None:
    """Choose network, loss and recipe, then train."""
    from segstudio.gui.dialogs.train import ask_training

    wanted = ask_training(window.workbench, window)
    if wanted is not None:
        window.train(**wanted)


def cleanup(window: MainWindow) -> None:
    from segstudio.gui.dialogs.cleanup import open_cleanup

    open_cleanup(window.workbench, window.canvas, window)


def preferences(window: MainWindow) -> None:
    from segstudio.gui.dialogs.preferences import ask_preferences

    ask_preferences(window.workbench, window)


def class_by_name(window: MainWindow) -> None:
    from segstudio.gui.dialogs.class_palette import ClassPalette

    palette = ClassPalette(window.document.classes, window.canvas.choose_class, window)
    palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    palette.show()


def palette(window: MainWindow) -> None:
    from segstudio.gui.dialogs.command_palette import CommandPalette

    CommandPalette([window.action(name) for name in window.acts], window).show()


def keys(window: MainWindow) -> None:
    from segstudio.gui.dialogs.shortcuts import ShortcutsDialog

    ShortcutsDialog(window.acts, window.workbench.settings.shortcuts, window.set_shortcuts, window).exec()


def about(window: MainWindow) -> None:
    from segstudio.gui.dialogs.about import show_about

    show_about(window)
