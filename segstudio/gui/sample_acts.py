"""Acts on the images of the list: each asks a person first, unless a script has answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QInputDialog, QMessageBox

from segstudio.app import sample_list
from segstudio.app.document import Document
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, counted, tr
from segstudio.gui.models_asking import selected
from segstudio.io import images

if TYPE_CHECKING:
    from segstudio.gui.main_window import MainWindow


_STAYS = QT_TRANSLATE_NOOP(
    "SampleActs",
    "The image files stay where they are. Undo brings images and labels back as long as the project is open.",
)
_NOT_GUESSED = QT_TRANSLATE_NOOP(
    "SampleActs", "A name that is there several times is not guessed: choose the folder itself."
)


def remove(window: MainWindow, ids: Sequence[int] | None = None) -> None:
    """Take the images that are selected in the list (or *ids*) out of the project."""
    document = window.document
    wanted = selected(window) or _at_hand(document) if ids is None else ids
    if not wanted or (ids is None and not _is_sure(window, document, wanted)):
        return
    with window.workbench.reporting("remove the images"):
        sample_list.remove_samples(document, wanted)
        one = QCoreApplication.translate("SampleActs", "{0} image taken out of the project")
        several = QCoreApplication.translate("SampleActs", "{0} images taken out of the project")
        window.workbench.message.emit(counted(one, several, len(wanted)))


def _at_hand(document: Document) -> list[int]:
    return [document.sample.id] if document.sample is not None else []


def _is_sure(window: MainWindow, document: Document, wanted: Sequence[int]) -> bool:
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(QCoreApplication.translate("SampleActs", "Remove images"))
    names = [sample.name for sample in document.project.samples(list(wanted[:1]))]
    text = QCoreApplication.translate("SampleActs", "Take {0} images out of the project?").format(len(wanted))
    if len(wanted) == 1:
        text = QCoreApplication.translate("SampleActs", "Take {0} out of the project?").format(*names)
    box.setText(text)
    box.setInformativeText(tr(_STAYS, "SampleActs"))
    remove_button = box.addButton(QCoreApplication.translate("SampleActs", "Remove"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QCoreApplication.translate("Dialog", "Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(remove_button)
    box.exec()
    return box.clickedButton() is remove_button


def find_moved(window: MainWindow, folder: Path | None = None) -> None:
    """Look in a folder for the image files that are missing, in the background, and take them from there."""
    bench, document = window.workbench, window.document
    if folder is None:
        from segstudio.gui.dialogs.files import ask_folder_of_moved

        folder = ask_folder_of_moved(bench, window)
    if folder is None:
        return
    place, samples = folder, document.project.samples()

    def take(moved: dict[Path, Path]) -> None:
        if bench.document is not document:
            return
        with bench.reporting("find the images"):
            count = sample_list.take_moved(document, moved)
            left = sum(not images.is_there(sample.path) for sample in document.project.samples())
            told = QCoreApplication.translate("SampleActs", "Images found: {0}; still missing: {1}").format(count, left)
            if left:
                told += ". " + tr(_NOT_GUESSED, "SampleActs")
            window.notice.show_message(told)

    bench.jobs.submit(
        "Find moved images",
        lambda: sample_list.find_moved(samples, place),
        take,
        lane="disk",
        failed=lambda error: bench.report(error, "find the images"),
    )


def go_to_number(window: MainWindow, number: int | None) -> None:
    """Go to an image by its place in the list."""
    document = window.document
    order = document.order
    if not order:
        return
    if number is None:
        here = document.sample.id if document.sample is not None else None
        number, chosen = QInputDialog.getInt(
            window,
            QCoreApplication.translate("Asking", "Go to image"),
            QCoreApplication.translate("Asking", "Number in the list, 1 to {0}:").format(len(order)),
            order.index(here) + 1 if here in order else 1,
            1,
            len(order),
        )
        if not chosen:
            return
    window.workbench.goto(order[min(max(number, 1), len(order)) - 1])
