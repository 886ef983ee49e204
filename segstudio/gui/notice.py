"""The bar above the canvas that says what went wrong, or what was written where. It never stops a person's work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from segstudio.app.importing import ImportResult
from segstudio.core.errors import AnnotationError, FileError, ImageError, SegStudioError
from segstudio.gui import theme
from segstudio.gui.i18n import Translated, counted, tr
from segstudio.gui.icons import pixmap
from segstudio.gui.messages import sentence, translated
from segstudio.io.project.restore import Restored

if TYPE_CHECKING:  # brings OpenCV, which the start of the window need not pay
    from segstudio.io.exporters.base import ExportReport


_SAVING = ("save", "note the edit")
"""Acts whose failure is over once everything is saved."""


class NoticeBar(Translated, QFrame):
    """One sentence, an icon, and buttons for what can be done about it. Newer news replace older."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._icon_name, self._role = "info", "accent"
        self._folder: Path | None = None
        self._passing = self._until_saved = False
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._open = QPushButton(self)
        self._more = QPushButton(self)
        self._more.setCheckable(True)
        self._copy = QPushButton(self)
        self._close = QPushButton(self)
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(180)
        self._arrange()
        self._open.clicked.connect(self._open_folder)
        self._more.toggled.connect(self._details.setVisible)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details.toPlainText()))
        self._close.clicked.connect(self.hide)
        theme.on_change().changed.connect(self._draw_icon)
        self.retranslate()
        self.hide()

    @property
    def text(self) -> str:
        """What the bar says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def retranslate(self) -> None:
        self._open.setText(self.tr("Open folder"))
        self._more.setText(self.tr("Details"))
        self._copy.setText(self.tr("Copy details"))
        self._close.setText(self.tr("Dismiss"))
        self._details.setAccessibleName(self.tr("Details"))

    def show_error(self, error: BaseException, act: str) -> None:
        """Say why *act* failed: the error's own sentence; a bug's traceback stands under the details."""
        if not isinstance(error, SegStudioError):
            self.show_bug(error, "\n".join(getattr(error, "__notes__", [])) or repr(error))
            return
        folder = error.path.parent if isinstance(error, FileError) and error.path.parent.is_dir() else None
        self._show(sentence(error), "warning", "warning", folder=folder)
        self._passing = isinstance(error, AnnotationError)
        self._until_saved = act in _SAVING

    def pass_over(self) -> None:
        """What the image at hand lacked may be there now, or another image is shown: such news are old."""
        if self._passing:
            self.hide()

    def saved(self) -> None:
        """Everything is on the disk: that it was not is old."""
        if self._until_saved:
            self.hide()

    def settle(self) -> None:
        """Another project is open, or none: good news of the one before are old; what went wrong stays to be read."""
        if self._role in ("accent", "good"):
            self.hide()

    def show_bug(self, error: BaseException, details: str) -> None:
        """Say that this was a mistake of the program, with the traceback to send."""
        text = self.tr("Something went wrong inside segstudio ({0}). Your labels are safe in the journal.")
        self._show(text.format(type(error).__name__), "warning", "bad", details=details)

    def show_exported(self, report: ExportReport) -> None:
        """Say what an export wrote where, and what it left out or wrote otherwise."""
        written = self._images(report.samples)
        if report.objects is not None:
            objects = counted(self.tr("{0} object"), self.tr("{0} objects"), report.objects)
            written = self.tr("{0} with {1}").format(written, objects)
        parts = [self.tr("{0} exported as {1} to {2}").format(written, _title(report.format), report.target)]
        if report.problems:
            left_out = self.tr("{0} left out, the first: {1}")
            parts.append(left_out.format(self._images(len(report.problems)), translated(str(report.problems[0]))))
        text = self.tr("; ").join([*parts, *map(translated, report.notes)])
        self._show(text, "accept", "good", folder=report.target)

    def _images(self, count: int) -> str:
        return counted(self.tr("{0} image"), self.tr("{0} images"), count)

    def _worked_on(self, count: int) -> str:
        return " " + counted(
            self.tr("{0} image was worked on since and stays as it is."),
            self.tr("{0} images were worked on since and stay as they are."),
            count,
        )

    def show_imported(self, result: ImportResult) -> None:
        """Say what an import brought, and what it left out."""
        text = self.tr("{0} imported; the menu File takes the import back.").format(self._images(result.samples))
        if result.problems:
            text += " " + counted(
                self.tr("{0} thing was wrong and left out."),
                self.tr("{0} things were wrong and left out."),
                len(result.problems),
            )
        details = "\n".join(map(str, result.problems))
        self._show(text, "accept", "good", details=details)

    def show_taken_back(self, restored: Restored) -> None:
        """Say what became of the images of an import that was taken back."""
        text = counted(
            self.tr("The import is taken back: {0} image is as before."),
            self.tr("The import is taken back: {0} images are as before."),
            restored.restored,
        )
        if restored.kept:
            text += self._worked_on(restored.kept)
        self._show(text, "info", "accent")

    def show_put_back(self, restored: Restored) -> None:
        """Say that an import which was cut off is put back."""
        text = self.tr("The last import was cut off and is put back: the images are as they were before it.")
        if restored.kept:
            text += self._worked_on(restored.kept)
        self._show(text, "info", "accent")

    def show_left_out(self, problems: Sequence[ImageError]) -> None:
        """Say which files were left out: the first with its reason, all of them under the details."""
        text = self.tr("Left out: {0}").format(sentence(problems[0]))
        if len(problems) > 1:
            text += self.tr(" (and {0} more)").format(len(problems) - 1)
        details = "\n".join(map(sentence, problems)) if len(problems) > 1 else ""
        self._show(text, "info", "accent", details=details)

    def show_message(self, text: str) -> None:
        self._show(text, "info", "accent")

    def _show(self, text: str, icon: str, role: str, *, folder: Path | None = None, details: str = "") -> None:
        self._text.setText(text)
        self._icon_name, self._role, self._folder = icon, role, folder
        self._passing = self._until_saved = False
        self.setProperty("kind", role)
        self.style().polish(self)
        self._details.setPlainText(details)
        self._more.setChecked(False)
        self._details.hide()
        for button in (self._more, self._copy):
            button.setVisible(bool(details))
        self._open.setVisible(folder is not None)
        self._draw_icon()
        self.show()

    def _draw_icon(self) -> None:
        self._icon.setPixmap(pixmap(self._icon_name, 20, role=self._role, ratio=self.devicePixelRatioF()))

    def _open_folder(self) -> None:
        if self._folder is not None:
            folder = self._folder if self._folder.is_dir() else self._folder.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(os.fspath(folder)))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        for widget in (self._icon, self._text, self._open, self._more, self._copy, self._close):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 6)
        column.addLayout(row)
        column.addWidget(self._details)


def _title(format_name: str) -> str:
    """What the table of exporters calls a format."""
    from segstudio.io.exporters import EXPORTERS  # the window starts without it

    return tr(EXPORTERS[format_name].title) if format_name in EXPORTERS else format_name
