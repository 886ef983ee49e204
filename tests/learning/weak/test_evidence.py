"""What people said of an image, and how it becomes labels: human pixels stay, machines' do not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segstudio.algorithms.tags import Presence
from segstudio.core.annotation import Box, ImageTag
from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.learning.weak.evidence import Evidence
from segstudio.learning.weak.filling import Relabelled, agreement, difference, fill, worth
from tests.learning.weak.scenes import CLASSES, Said, boxed, scene, strokes, tagged


def test_only_what_people_made_is_trusted() -> None:
    ids = np.array([[1, 1, 2, 2, 255]], np.uint16)
    source = np.array([[Provenance.HUMAN, Provenance.MODEL, Provenance.PROPAGATED, Provenance.IMPORTED, 0]])
    said = Evidence.of(Said(np.zeros((1, 5)), ids, "a", source=source))
    np.testing.assert_array_equal(said.labels, [[1, 255, 255, 2, 255]])
    assert said.drawn == (1, 2)
    assert not said.complete
    assert Evidence.of(scene(0)).complete


def test_strokes_boxes_and_tags_tell_what_is_shown() -> None:
    ids = np.full((4, 4), 255, np.uint16)
    ids[0, 0] = 0
    said = Evidence.of(Said(np.zeros((4, 4)), ids, "a", (Box(1, 0, 0, 2, 2),), [ImageTag(2)]))
    assert said.shown() == {0, 1, 2}
    assert said.presence([0, 1, 2, 3]) == Presence(frozenset({0, 1, 2}), frozenset({3}))
    open_ = Evidence.of(Said(np.zeros((4, 4)), ids, "a", given_tags=[ImageTag(1), ImageTag(3, present=False)]))
    assert open_.presence([0, 1, 2, 3]) == Presence(frozenset({0, 1}), frozenset({3}))
    # places among the ids of a project, which need not count from 0 up
    assert open_.presence([0, 3, 1]).absent == {1}


def test_contradictions_are_told_with_the_sample() -> None:
    ids = np.full((4, 4), 255, np.uint16)
    with pytest.raises(TrainingError, match="a: class 1 is tagged as absent, but it is drawn, boxed or tagged"):
        Evidence.of(Said(ids, ids, "a", ((1, 0, 0, 2, 2),), [ImageTag(1, present=False)])).presence([0, 1])
    with pytest.raises(TrainingError, match="a: there is no class 7"):
        Evidence.of(Said(ids, ids, "a", given_tags=[7])).presence([0, 1])


def test_the_smallest_box_wins_the_rectangles() -> None:
    ids = np.full((4, 6), 255, np.uint16)
    said = Evidence.of(Said(ids, ids, "a", ((2, 1, 1, 3, 3), (1, 0, 0, 5, 4))))
    np.testing.assert_array_equal(
        said.rectangles((4, 6)),
        [[1, 1, 1, 1, 1, 0], [1, 2, 2, 1, 1, 0], [1, 2, 2, 1, 1, 0], [1, 1, 1, 1, 1, 0]],
    )


@pytest.mark.parametrize("kind", [strokes, boxed])
def test_filling_is_near_the_truth_and_keeps_what_was_drawn(kind: object) -> None:
    sample = scene(1)
    said = kind(sample)  # type: ignore[operator]
    said.ids[20, 20] = 2  # a person's word, right or wrong
    found = finish(fill(said.image(), Evidence.of(said), CLASSES))
    assert found.labels[20, 20] == 2
    drawn = said.ids != 255
    np.testing.assert_array_equal(found.labels[drawn], said.ids[drawn])
    assert (found.confidence[drawn] == 1).all()
    assert (found.labels == sample.ids).mean() > 0.9
    assert found.confidence.min() >= 0
    assert found.confidence.max() <= 1


def test_whole_masks_are_left_alone_and_one_stroke_stays_alone() -> None:
    sample = scene(2)
    whole = finish(fill(sample.image(), Evidence.of(sample), CLASSES))
    np.testing.assert_array_equal(whole.labels, sample.ids)
    lone = np.full_like(sample.ids, 255)
    lone[3, :9] = 1
    found = finish(fill(sample.image(), Evidence.of(Said(sample.pixels, lone, "a")), CLASSES))
    np.testing.assert_array_equal(found.labels, lone)
    np.testing.assert_array_equal(found.confidence, (lone == 1).astype(np.float32))


def test_a_network_fills_under_tags() -> None:
    sample = scene(3, bar=False)
    probabilities = np.full((3, 48, 48), 0.05, np.float32)
    np.put_along_axis(probabilities, sample.ids[None].astype(int), 0.5, 0)
    probabilities[2] = 0.9  # sure of a class that the person says is not there
    found = finish(fill(sample.image(), Evidence.of(tagged(sample)), CLASSES, probabilities=probabilities))
    assert (found.labels == sample.ids).mean() > 0.7
    assert not (found.labels == 2).any()


def test_a_network_helps_where_strokes_do_not_tell() -> None:
    sample = scene(4)
    flat = np.full((48, 48), 128, np.uint8)  # nothing to see
    probabilities = np.full((3, 48, 48), 0.01, np.float32)
    np.put_along_axis(probabilities, sample.ids[None].astype(int), 0.98, 0)
    evidence = Evidence.of(strokes(sample))
    alone = finish(fill(flat, evidence, CLASSES)).labels
    helped = finish(fill(flat, evidence, CLASSES, probabilities=probabilities)).labels
    assert (helped == sample.ids).mean() > (alone == sample.ids).mean() + 0.05


def test_outside_boxes_is_unlabelled_where_there_is_no_background() -> None:
    classes = LabelSet([LabelClass(1, "disc", (9, 9, 9)), LabelClass(2, "bar", (1, 1, 1))])
    found = finish(fill(scene(1).image(), Evidence.of(boxed(scene(1))), classes))
    assert set(np.unique(found.labels)) == {1, 2, 255}


def test_a_label_counts_by_how_much_more_probable_it_is_than_the_other_one() -> None:
    sure = np.array([[1.0, 0.75, 0.5, 0.2, 0.0]], np.float32)
    np.testing.assert_allclose(worth(sure), [[1.0, 0.5, 0.0, 0.0, 0.0]], atol=1e-7)


def test_weighed_so_a_linear_loss_is_what_it_is_expected_to_be_under_the_true_labels() -> None:
    rng = np.random.default_rng(0)
    predicted, probable = rng.random(50), 0.5 + rng.random(50) / 2
    expected = probable * (1 - predicted) + (1 - probable) * predicted  # |1 - p| where the label is right, else |0 - p|
    weighed = worth(probable.astype(np.float32)) * (1 - predicted)
    np.testing.assert_allclose(weighed, expected - (1 - probable), atol=1e-6)  # a constant of the prediction


def test_filled_labels_are_kept_in_files_and_compared(tmp_path: Path) -> None:
    samples = [scene(1), scene(2)]
    filled = [finish(fill(s.image(), Evidence.of(strokes(s)), CLASSES)) for s in samples]
    held = [Relabelled.keep(s, f, None) for s, f in zip(samples, filled, strict=True)]
    written = [Relabelled.keep(s, f, tmp_path) for s, f in zip(samples, filled, strict=True)]
    read = [Relabelled.kept(s, tmp_path) for s in samples]
    for a, b, c in zip(held, written, read, strict=True):
        np.testing.assert_array_equal(a.labels(), b.labels())
        np.testing.assert_array_equal(b.labels(), c.labels())
        np.testing.assert_allclose(a.confidence(), c.confidence(), atol=1 / 255)
        np.testing.assert_array_equal(np.asarray(c.weights()), worth(c.confidence()))
        assert c.name == a.name
    assert difference(held, read) == 0
    exact = [Relabelled(s, type(f)(s.ids, f.confidence)) for s, f in zip(samples, filled, strict=True)]
    assert agreement(exact, [s.ids for s in samples], CLASSES) == 1
    assert agreement(exact, [None, None], CLASSES) is None
    assert 0 < difference(held, exact) < 0.1
