"""Images of a set help to fill each other, and none vouches for itself."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.core.progress import finish
from segstudio.learning.weak import lessons as module
from segstudio.learning.weak.evidence import Evidence
from segstudio.learning.weak.lessons import Gathered, folds, lessons
from segstudio.learning.weak.rounds import fill_all
from tests.learning.weak.scenes import CLASSES, Said, boxed, config, right, scene, strokes


def gathered(count: int) -> Gathered:
    return [(said, Evidence.of(said)) for said in (strokes(scene(seed)) for seed in range(count))]


def test_every_image_is_filled_once_by_what_others_teach() -> None:
    taught = finish(lessons(gathered(7)))
    dealt = list(folds(taught))
    assert sorted(index for fold in dealt for index in fold.members) == list(range(7))
    for fold in dealt:
        own = {id(taught[index]) for index in fold.members}
        assert own.isdisjoint({id(one) for one in fold.others})
        assert len(own) + len(fold.others) == 7


def test_where_there_is_nothing_to_learn_all_are_filled_at_once() -> None:
    whole = [(said, Evidence.of(said)) for said in (scene(0), scene(1))]
    assert finish(lessons(whole)) == [None, None]
    said = boxed(scene(2))
    assert finish(lessons([(said, Evidence.of(said))])) == [None]
    assert [list(fold.members) for fold in folds([None, None])] == [[0, 1]]


def test_a_large_set_is_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IMAGES", 3)
    taught = finish(lessons(gathered(5)))
    assert [one is not None for one in taught] == [True, False, True, False, True]


def test_an_image_that_cannot_be_used_teaches_nothing() -> None:
    given = gathered(2)
    sample, said = given[1]
    broken = Said(np.full(said.labels.shape, np.nan, np.float32), said.labels, sample.name)
    assert [one is None for one in finish(lessons([given[0], (broken, said)]))] == [False, True]


def test_filling_together_keeps_what_was_drawn_and_is_the_same_every_time() -> None:
    truth = [scene(seed) for seed in range(6)]
    given = gathered(6)
    first = finish(fill_all(given, CLASSES, config(), None))
    again = finish(fill_all(given, CLASSES, config(), None))
    assert [one.name for one in first] == [sample.name for sample, _ in given]
    for a, b, (_, said) in zip(first, again, given, strict=True):
        np.testing.assert_array_equal(a.labels(), b.labels())
        drawn = said.labels != 255
        np.testing.assert_array_equal(a.labels()[drawn], said.labels[drawn])
    alone = finish(fill_all(given, CLASSES, config(propagator="voronoi"), None))
    masks = [sample.labels() for sample in truth]
    assert right([one.labels() for one in first], masks) > right([one.labels() for one in alone], masks)
    assert right([one.labels() for one in first], masks) > 0.9
