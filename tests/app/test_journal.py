"""The crash journal: what was written is read again, and what is alike all over costs next to nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segstudio.app.history import Facts, History, Patch, is_uniform
from segstudio.app.journal import Journal
from segstudio.core.annotation import Annotation
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance

FACTS = Facts(Annotation(note="a note"), {256: 1}, LabelSet.named(["a", "b"]))


def read_again(journal: Journal, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
    journal.append(7, patches, FACTS)
    (entry,) = journal.entries()
    assert entry.sample_id == 7
    assert entry.facts == FACTS
    journal.clear()
    return entry.patches


@pytest.mark.parametrize("same", [(), ("ids",), ("provenance",), ("ids", "provenance")])
def test_pixels_come_back_whether_they_are_alike_or_not(tmp_path: Path, same: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    patches = []
    for region in (Region(3, 4, 20, 31), Region(256, 512, 257, 513), Region(0, 100, 9, 109)):
        ids = rng.integers(0, 65535, region.shape, np.uint16)
        provenance = rng.integers(0, 4, region.shape, np.uint8)
        patches.append(
            Patch(
                region,
                np.broadcast_to(np.uint16(300), region.shape) if "ids" in same else ids,
                np.broadcast_to(np.uint8(2), region.shape) if "provenance" in same else provenance,
            )
        )
    found = read_again(Journal(tmp_path / "edits.log"), tuple(patches))
    assert [patch.region for patch in found] == [patch.region for patch in patches]
    for patch, expected in zip(found, patches, strict=True):
        np.testing.assert_array_equal(patch.ids, expected.ids)
        np.testing.assert_array_equal(patch.provenance, expected.provenance)
        assert (str(patch.ids.dtype), str(patch.provenance.dtype)) == ("uint16", "uint8")


def test_what_was_blank_before_a_stroke_is_remembered_as_one_value(tmp_path: Path) -> None:
    labels = LabelMap((300, 300))
    history = History(lambda: FACTS, lambda _: None)
    history.attach(1, labels)
    with history.edit("Brush"):
        labels.write(Region(10, 10, 200, 210), 1, np.eye(190, 200, dtype=bool), source=Provenance.HUMAN)
    edit = history.next_undo
    assert edit is not None
    (before,), (after,) = edit.before, edit.after
    assert is_uniform(before.ids)
    assert is_uniform(before.provenance)
    assert before.nbytes == 3
    assert not is_uniform(after.ids)
    (found,) = read_again(Journal(tmp_path / "edits.log"), edit.before)
    assert (found.ids == UNLABELLED).all()
    history.undo()
    assert (labels.ids == UNLABELLED).all()
    assert (labels.provenance == Provenance.NONE).all()
