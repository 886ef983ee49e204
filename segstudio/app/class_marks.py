"""Classes that are locked, so that nothing changes their pixels, or hidden: the project remembers both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from segstudio.core.errors import AnnotationError
from segstudio.core.labels import LabelMap
from segstudio.io.project.class_marks import hidden_classes, set_hidden_classes

if TYPE_CHECKING:
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench


class ClassMarks:
    """Which classes of the open project are locked and which are hidden."""

    changed = Signal()

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._document: Document | None = None
        self.hidden: frozenset[int] = frozenset()
        workbench.document_changed.connect(self._follow)
        self._follow()

    @property
    def locked(self) -> frozenset[int]:
        return self._document.locked if self._document is not None else frozenset()

    def toggle_locked(self, class_id: int) -> None:
        """Lock a class, or unlock it."""
        self._lock(self.locked ^ {class_id})

    def toggle_all_locked(self) -> None:
        """Lock all classes, so that only what is unlabelled can be painted; unlock all where all are."""
        every = frozenset(self._document.classes) if self._document is not None else frozenset()
        self._lock(frozenset() if self.locked == every else every)

    def toggle_hidden(self, class_id: int) -> None:
        """Hide a class, or show it again."""
        self._hide(self.hidden ^ {class_id})

    def show(self, class_id: int) -> None:
        """See to it that a class is not hidden."""
        if class_id in self.hidden:
            self.toggle_hidden(class_id)

    def show_all(self) -> None:
        self._hide(frozenset())

    def _lock(self, classes: frozenset[int]) -> None:
        if self._document is not None:
            with self._workbench.reporting("remember the locked classes"):
                self._document.lock(classes)
        self.changed.emit()

    def _hide(self, classes: frozenset[int]) -> None:
        self.hidden = classes
        if self._document is not None:
            with self._workbench.reporting("remember the hidden classes"):
                set_hidden_classes(self._document.project, classes)
        self.changed.emit()

    def _follow(self) -> None:
        document = self._workbench.document
        if document is self._document:
            return
        self._document = document
        self.hidden = frozenset()
        if document is not None:
            self.hidden = hidden_classes(document.project)
            document.classes_changed.connect(self._forget_gone)
        self.changed.emit()

    def _forget_gone(self) -> None:
        """A class that was removed is neither locked nor hidden where it comes back."""
        known = frozenset(self._document.classes) if self._document is not None else frozenset()
        if not self.locked <= known:
            self._lock(self.locked & known)
        if not self.hidden <= known:
            self._hide(self.hidden & known)


def refuse_locked(document: Document, *class_ids: int) -> None:
    """Raise :class:`AnnotationError` where one of the classes is locked: for acts that would be done by half."""
    labels: LabelMap = document.labels
    for class_id in class_ids:
        if class_id in labels.locked and class_id in document.classes:
            raise AnnotationError(
                f"{document.classes[class_id].name} is locked: unlock it in the list of classes first"
            )
