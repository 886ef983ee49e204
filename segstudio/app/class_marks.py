"""Classes that are locked, so that nothing changes their pixels, or hidden: in a session, not in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from segstudio.core.errors import AnnotationError
from segstudio.core.labels import LabelMap

if TYPE_CHECKING:
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench


class ClassMarks:
    """Which classes of the open project are locked and which are hidden; the label map at hand is told of the locks."""

    changed = Signal()

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._document: Document | None = None
        self.locked: frozenset[int] = frozenset()
        self.hidden: frozenset[int] = frozenset()
        workbench.document_changed.connect(self._follow)
        self._follow()

    def toggle_locked(self, class_id: int) -> None:
        """Lock a class, or unlock it."""
        self.locked ^= {class_id}
        self._tell_labels()
        self.changed.emit()

    def toggle_all_locked(self) -> None:
        """Lock all classes, so that only what is unlabelled can be painted; unlock all where all are."""
        every = frozenset(self._document.classes) if self._document is not None else frozenset()
        self.locked = frozenset() if self.locked == every else every
        self._tell_labels()
        self.changed.emit()

    def toggle_hidden(self, class_id: int) -> None:
        """Hide a class, or show it again."""
        self.hidden ^= {class_id}
        self.changed.emit()

    def show(self, class_id: int) -> None:
        """See to it that a class is not hidden."""
        if class_id in self.hidden:
            self.toggle_hidden(class_id)

    def show_all(self) -> None:
        self.hidden = frozenset()
        self.changed.emit()

    def _follow(self) -> None:
        document = self._workbench.document
        if document is self._document:
            return
        self._document = document
        self.locked = self.hidden = frozenset()
        if document is not None:
            document.sample_changed.connect(self._tell_labels)
            document.classes_changed.connect(self._forget_gone)
        self._tell_labels()
        self.changed.emit()

    def _tell_labels(self) -> None:
        if self._document is not None:
            self._document.labels.locked = self.locked

    def _forget_gone(self) -> None:
        """A class that was removed is neither locked nor hidden where it comes back."""
        if self._document is not None and not (self.locked | self.hidden) <= set(self._document.classes):
            self.locked &= set(self._document.classes)
            self.hidden &= set(self._document.classes)
            self._tell_labels()
            self.changed.emit()


def refuse_locked(document: Document, *class_ids: int) -> None:
    """Raise :class:`AnnotationError` where one of the classes is locked: for acts that would be done by half."""
    labels: LabelMap = document.labels
    for class_id in class_ids:
        if class_id in labels.locked and class_id in document.classes:
            raise AnnotationError(
                f"{document.classes[class_id].name} is locked: unlock it in the list of classes first"
            )
