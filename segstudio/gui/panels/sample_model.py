"""The samples of a project as rows of a list, and what people call how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from segstudio.app.document import Document
from segstudio.app.thumbnails import Thumbnails
from segstudio.core.annotation import Sample, SampleState
from segstudio.gui import icons
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr

Index = QModelIndex | QPersistentModelIndex
CHUNK = 256
"""Rows fetched at once."""
MAX_CHUNKS = 64
"""Chunks kept; the list of a very large project does not grow without bound."""

STATES: dict[SampleState, tuple[str, str]] = {
    SampleState.TODO: (QT_TRANSLATE_NOOP("Tables", "to do"), "disabled"),
    SampleState.IN_PROGRESS: (QT_TRANSLATE_NOOP("Tables", "in progress"), "warning"),
    SampleState.DONE: (QT_TRANSLATE_NOOP("Tables", "done"), "good"),
    SampleState.REVIEWED: (QT_TRANSLATE_NOOP("Tables", "reviewed"), "accent"),
    SampleState.SKIPPED: (QT_TRANSLATE_NOOP("Tables", "skipped"), "muted"),
}
"""What people call each state, and the theme's colour of its mark."""


class SampleModel(QAbstractListModel):
    """The samples of a project as rows: all ids at once, everything else in chunks when it is asked for."""

    def __init__(self, thumbnails: Thumbnails | None = None) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        """Where the small pictures come from; none: they are not shown."""
        self.ids: Sequence[int] = ()
        self.current: int | None = None
        """The sample at hand, shown in bold."""
        self._document: Document | None = None
        self._chunks: dict[int, list[Sample]] = {}
        self._rows: dict[int, int] | None = None

    def show(self, document: Document | None, ids: Sequence[int]) -> None:
        """Show these samples in this order."""
        self.beginResetModel()
        self._document, self.ids = document, ids
        self._chunks.clear()
        self._rows = None
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.ids)

    def sample(self, row: int) -> Sample | None:
        """The sample in *row*; ``None`` where it was removed meanwhile."""
        number, place = divmod(row, CHUNK)
        if number not in self._chunks:
            self._fetch(number)
        wanted = self.ids[row]
        chunk = self._chunks[number]
        if place < len(chunk) and chunk[place].id == wanted:
            return chunk[place]
        return next((sample for sample in chunk if sample.id == wanted), None)

    def row_of(self, sample_id: int) -> int | None:
        """Where a sample stands, if the list shows it."""
        if self._rows is None:
            self._rows = {sample: row for row, sample in enumerate(self.ids)}
        return self._rows.get(sample_id)

    def update(self, sample_id: int) -> None:
        """Fetch a sample's row anew."""
        row = self.row_of(sample_id)
        if row is None:
            return
        chunk = self._chunks.get(row // CHUNK)
        if chunk is not None and self._document is not None:
            found = {sample.id: sample for sample in self._document.project.samples([sample_id])}
            self._chunks[row // CHUNK] = [found.get(sample.id, sample) for sample in chunk]
        self.dataChanged.emit(self.index(row), self.index(row))

    def show_again(self, sample_id: int) -> None:
        """A sample's row looks different now, though the sample is as it was."""
        row = self.row_of(sample_id)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row), [THUMBNAIL])

    def set_current(self, sample_id: int | None) -> None:
        before, self.current = self.current, sample_id
        for changed in {before, sample_id} - {None}:
            row = self.row_of(changed) if changed is not None else None
            if row is not None:
                self.dataChanged.emit(self.index(row), self.index(row))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        roles = Qt.ItemDataRole
        if role not in _SHOWN:
            return None
        sample = self.sample(index.row())
        if sample is None:
            return None
        state, colour = STATES[sample.state]
        if role == roles.DisplayRole:
            return sample.name
        if role == roles.DecorationRole:
            return icons.icon(f"state_{sample.state.value}", colour)
        if role == roles.ToolTipRole:
            return self._tip(sample)
        if role == THUMBNAIL:
            return self.thumbnails.get(sample) if self.thumbnails is not None else None
        if role == roles.AccessibleTextRole:
            return f"{sample.name}, {tr(state)}"
        return None if sample.uncertainty is None else f"{sample.uncertainty:.0%}"

    def _tip(self, sample: Sample) -> str:
        lines = [str(sample.path), tr(STATES[sample.state][0])]
        if sample.uncertainty is not None:
            lines.append(self.tr("uncertainty of the last prediction: {0:.0%}").format(sample.uncertainty))
        note = self._document.project.annotation(sample.id).note if self._document is not None else ""
        return "\n".join([*lines, note] if note else lines)

    def _fetch(self, number: int) -> None:
        if self._document is None:
            return
        while len(self._chunks) >= MAX_CHUNKS:
            self._chunks.pop(next(iter(self._chunks)))
        part = self.ids[number * CHUNK : (number + 1) * CHUNK]
        self._chunks[number] = self._document.project.samples(list(part))


UNCERTAINTY = Qt.ItemDataRole.UserRole + 1
THUMBNAIL = Qt.ItemDataRole.UserRole + 2
_SHOWN = {
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.DecorationRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    UNCERTAINTY,
    THUMBNAIL,
}
