"""What other images say: trees by hand, what they teach, and how far it is believed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms import scribbles
from segstudio.algorithms.scribbles import combination, experience, forest
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import read
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import finish

GREEN, RED, BLUE = (60, 160, 60), (190, 50, 50), (40, 60, 200)


def test_trees_by_hand() -> None:
    rows = np.array([[0, 7], [0, 7], [1, 7], [1, 7]], np.float32)
    grown = finish(forest.grow(rows, np.array([0, 0, 1, 1], np.int32), 2, trees=9))
    # every cut lies between 0 and 1, and the second feature cannot be cut
    assert grown.probabilities(np.array([[-3, 0], [5, 0]], np.float32)).tolist() == [[1, 0], [0, 1]]
    # rows that nothing tells apart end in one leaf, in which a class counts the same however often it comes
    same = finish(forest.grow(np.zeros((5, 2), np.float32), np.array([0, 0, 0, 0, 1], np.int32), 3, trees=4))
    assert all(len(tree.feature) == 1 for tree in same.trees)
    assert same.probabilities(np.zeros((1, 2), np.float32))[0] == pytest.approx([0.5, 0.5, 0])


def test_trees_find_what_no_single_feature_tells() -> None:
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (800, 4)).astype(np.float32)
    owner = ((rows[:, 0] > 0) ^ (rows[:, 1] > 0)).astype(np.int32)
    grown = finish(forest.grow(rows[:600], owner[:600], 2, trees=60))
    told = grown.probabilities(rows[600:])
    assert told.sum(axis=1) == pytest.approx(np.ones(200), abs=1e-5)
    assert (told.argmax(axis=1) == owner[600:]).mean() > 0.9
    again = finish(forest.grow(rows[:600], owner[:600], 2, trees=60))
    np.testing.assert_array_equal(again.probabilities(rows[600:]), told)
    other = finish(forest.grow(rows[:600], owner[:600], 2, trees=60, seed=1))
    assert (other.probabilities(rows[600:]) != told).any()


def drawn(seed: int, *, blue: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Green ground (class 0) with a red disc (class 1) and a blue one, which is drawn as class *blue* or not at all."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:72, :96]
    first = (y - rng.integers(20, 50)) ** 2 + (x - rng.integers(16, 30)) ** 2 < 12**2
    second = (y - rng.integers(20, 50)) ** 2 + (x - rng.integers(60, 80)) ** 2 < 12**2
    colour = np.where(first[..., None], RED, np.where(second[..., None], BLUE, GREEN))
    image = np.clip(colour + rng.normal(0, 12, colour.shape), 0, 255).astype(np.uint8)
    seeds = np.full(first.shape, 255, np.uint8)
    seeds[3, 5:90] = 0
    for mask, label in ((first, 1), (second, blue)):
        if label is not None:
            middle = np.argwhere(mask).mean(axis=0).astype(int)
            seeds[middle[0], middle[1] - 6 : middle[1] + 6] = label
    return image, seeds, second


def learned(blue: int, count: int = 8) -> experience.Experience:
    lessons = [scribbles.lesson(*drawn(seed, blue=blue)[:2]) for seed in range(count)]
    found = finish(scribbles.learn(lessons))
    assert found is not None
    return found


@pytest.mark.parametrize("blue", [0, 1])
def test_other_images_say_what_a_thing_is_that_nobody_drew_here(blue: int) -> None:
    image, seeds, unknown = drawn(50)
    found = finish(scribbles.propagation(image, seeds, experience=learned(blue)))
    assert (found.labels[unknown] == blue).mean() > 0.95
    assert found.weights["others"] > 0.1
    assert sum(found.weights.values()) == pytest.approx(1)
    np.testing.assert_array_equal(found.labels[seeds != 255], seeds[seeds != 255])


def test_nothing_is_heard_of_others_where_nobody_wants_to() -> None:
    image, seeds, _ = drawn(50)
    alone = finish(scribbles.propagation(image, seeds))
    silenced = finish(scribbles.propagation(image, seeds, experience=learned(1), emphasis={"others": 0.0}))
    np.testing.assert_array_equal(alone.labels, silenced.labels)
    assert "others" not in alone.weights
    assert "others" not in silenced.weights


def test_others_that_contradict_the_strokes_are_not_believed() -> None:
    image, seeds, _ = drawn(50)
    wrong = []
    for seed in range(5):
        picture, said, _ = drawn(seed)
        wrong.append(scribbles.lesson(picture, np.where(said == 255, 255, 1 - said).astype(np.uint8)))
    found = finish(scribbles.propagation(image, seeds, experience=finish(scribbles.learn(wrong))))
    assert "others" not in found.weights
    np.testing.assert_array_equal(found.labels, scribbles.propagate(image, seeds))


def test_classes_that_no_other_image_shows_get_their_even_part() -> None:
    image, seeds, unknown = drawn(50, blue=7)
    strokes = read(seeds, seeds.shape)
    scene = Scene(image)
    told = learned(1).share(scene, strokes)
    assert told is not None
    assert told[:, 2] == pytest.approx(np.full(scene.count, 1 / 3), abs=1e-6)
    assert told.sum(axis=1) == pytest.approx(np.ones(scene.count), abs=1e-5)
    assert learned(1).share(Scene(image[:, :, :1]), strokes) is None  # grey, where colour was learned
    only = np.where(seeds == 0, 5, seeds)
    assert learned(1).share(scene, read(only, only.shape)) is None  # one known class is no choice
    assert (scribbles.propagate(image, seeds, experience=learned(1))[unknown] == 7).mean() > 0.9


def test_masks_teach_as_strokes_do_and_an_image_brings_so_much() -> None:
    image, _, second = drawn(3)
    mask = second.astype(np.uint8)
    told = scribbles.lesson(image, mask)
    assert told is not None
    assert np.bincount(told.classes).max() <= experience.PIECES_OF_A_CLASS
    assert scribbles.lesson(image, np.full_like(mask, 255)) is None
    assert scribbles.lesson(image, np.where(mask == 1, 1, 255).astype(np.uint8)) is None
    with pytest.raises(AnnotationError, match="must agree"):
        scribbles.lesson(image, mask[1:])


def test_one_image_teaches_nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    told = scribbles.lesson(*drawn(0)[:2])
    assert finish(scribbles.learn([told, None])) is None
    assert finish(scribbles.learn([])) is None
    grey = scribbles.lesson(drawn(1)[0][:, :, :1], drawn(1)[1])
    assert finish(scribbles.learn([told, grey])) is None  # nothing in common
    monkeypatch.setattr(experience, "MOST_ROWS", 12)
    few = finish(scribbles.learn([told, scribbles.lesson(*drawn(2)[:2])]))
    assert few is not None
    assert all(len(tree.feature) < 12 for tree in few.forest.trees)


def test_the_description_knows_no_strokes_and_is_finite() -> None:
    rows = experience.described(Scene(np.zeros((9, 7, 1), np.uint8)))
    assert np.isfinite(rows).all()
    assert (rows[:, -2:] >= 0).all()
    assert (rows[:, -2:] <= 1).all()
    assert rows.shape[1] == experience.described(Scene(drawn(0)[0][:, :, :1])).shape[1]


def test_volumes_say_that_they_do_not_listen() -> None:
    image, seeds, _ = drawn(50)
    with pytest.raises(OptionError, match="not for a volume"):
        scribbles.propagate(np.stack([image] * 2), np.stack([seeds] * 2), experience=learned(1))


def test_few_images_count_less_than_many_and_those_less_than_a_network() -> None:
    image, seeds, _ = drawn(50)
    scene = Scene(image)
    strokes = read(seeds, seeds.shape)
    marks = combination.cues.mark(scene, strokes)
    told = learned(1).share(scene, strokes)
    assert told is not None
    one = combination.judge(scene, marks, combination.shipped(), told=told)
    other = combination.judge(scene, marks, combination.shipped(), others=(told, 1.0))
    fewer = combination.judge(scene, marks, combination.shipped(), others=(told, 0.25))
    assert 0 < fewer.weights["others"] < other.weights["others"] < one.weights["network"]
    assert learned(1, 2).weight == pytest.approx(0.2)  # 2 of 2 + 8
    assert learned(1, 3).weight > learned(1, 2).weight
