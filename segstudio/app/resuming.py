"""Where a person left a project, so that it opens there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from segstudio.core.annotation import SampleState
from segstudio.core.errors import StorageError

if TYPE_CHECKING:
    from segstudio.app.document import Document

_PLACE = "left_at"
_FINISHED = (SampleState.DONE, SampleState.REVIEWED, SampleState.SKIPPED)


def remember_place(document: Document) -> None:
    """Note in the project which sample is at hand; a disk that refuses is no reason to keep anybody."""
    if document.sample is not None:
        with suppress(StorageError):
            document.project.set_setting(_PLACE, document.sample.id)


def resume(document: Document) -> None:
    """Take up the sample that was left, unless it is finished; else the first that is to be done."""
    left = document.project.setting(_PLACE, None)
    found = document.project.samples([left]) if isinstance(left, int) else []  # it may have been taken out since
    if found and found[0].state not in _FINISHED:
        document.goto(found[0].id)
    else:
        document.goto_first()
