"""All boxes of a picture judged together: who hides whom, and whose colours are where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from segstudio.algorithms import boxes
from segstudio.algorithms.boxes.scene import read
from segstudio.algorithms.boxes.together import groups, in_front, on_another

WALL, CHAMBER, CRESCENT = 2, 3, 1


def overlap(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def tight(mask: NDArray[np.bool_], label: int) -> tuple[int, int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return label, int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def heart(noise: float = 10, dtype: type = np.uint8) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
    """A dark wall around a bright chamber, and a bright crescent bent around the wall's left side."""
    y, x = np.mgrid[:128, :160]
    from_middle = np.hypot(y - 64, x - 95)
    truth = np.zeros(y.shape, np.uint8)
    truth[(np.hypot(y - 64, x - 68) < 38) & (from_middle >= 36)] = CRESCENT
    truth[from_middle < 36] = WALL
    truth[from_middle < 20] = CHAMBER
    value = np.choose(truth, [70, 170, 60, 175]) + np.random.default_rng(0).normal(0, noise, y.shape)
    scale = 1 if dtype is np.uint8 else 16
    return (np.clip(value, 0, 255) * scale).astype(dtype), truth


def scene_of(*found: tuple[int, int, int, int, int]):  # type: ignore[no-untyped-def]
    return read(np.zeros((200, 200, 1), np.uint8), found)


def test_boxes_that_overlap_are_one_group() -> None:
    chain = [(1, 0, 0, 40, 40), (1, 30, 30, 80, 80), (1, 70, 70, 90, 90), (2, 150, 0, 190, 50), (2, 90, 90, 99, 99)]
    found = {tuple(sorted((b.x0, b.y0) for b in group.boxes)) for group in groups(scene_of(*chain))}
    assert found == {((0, 0), (30, 30), (70, 70)), ((150, 0),), ((90, 90),)}  # boxes that only touch share no pixel


def test_what_lies_on_an_object_hides_it_and_what_belongs_together_hides_the_rest() -> None:
    wall, chamber, crescent = (2, 60, 40, 140, 120), (3, 80, 60, 120, 100), (1, 30, 45, 100, 115)
    (group,) = groups(scene_of(crescent, chamber, wall))
    assert group.classes == (2, 1, 3)  # the largest first
    lies = on_another(group)
    assert [(k, j) for k, j in np.argwhere(lies)] == [(0, 2)]
    hides = {(group.classes[j], group.classes[k]) for k, j in np.argwhere(in_front(group, lies))}
    assert hides == {(3, 2), (2, 1), (3, 1)}


def test_of_objects_of_one_class_the_small_hide_the_large() -> None:
    (group,) = groups(scene_of((1, 0, 0, 100, 100), (1, 20, 20, 60, 60)))
    lies = on_another(group)
    assert not lies.any()
    assert in_front(group, lies).tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_crescent_is_bent_around_what_stands_in_front_of_it(dtype: type) -> None:
    image, truth = heart(dtype=dtype)
    found = [tight(truth == k, k) for k in (CRESCENT, WALL, CHAMBER)]
    found[1] = tight((truth == WALL) | (truth == CHAMBER), WALL)
    labels = boxes.pseudo_label(image, found)
    by_place = boxes.pseudo_label(image, found, method="ellipse")
    assert overlap(labels == CRESCENT, truth == CRESCENT) > 0.9 > overlap(by_place == CRESCENT, truth == CRESCENT) + 0.2
    assert overlap(labels == WALL, truth == WALL) > 0.9
    assert overlap(labels == CHAMBER, truth == CHAMBER) > 0.9


def test_colours_of_all_channels_count() -> None:
    rng = np.random.default_rng(0)
    image = rng.normal(100, 4, (80, 80, 6)).astype(np.float32)
    truth = np.zeros((80, 80), bool)
    truth[20:60, 15:65] = True  # fills its box, unlike an ellipse
    image[truth, 4] += 60
    labels = boxes.pseudo_label(image, [tight(truth, 1)], method="together")
    ellipse = boxes.pseudo_label(image, [tight(truth, 1)], method="ellipse")
    assert overlap(labels == 1, truth) > overlap(ellipse == 1, truth) + 0.08


def test_an_object_that_the_image_cuts_off_goes_on_to_its_end() -> None:
    image = np.full((100, 100), 90, np.uint8)
    y, x = np.mgrid[:100, :100]
    truth = np.hypot(y - 50, x) < 30  # half of it lies beyond the left side
    labels = boxes.pseudo_label(image, [tight(truth, 1)], method="together", weight=0)
    assert overlap(labels == 1, truth) > overlap(
        boxes.pseudo_label(image, [tight(truth, 1)], method="ellipse") == 1, truth
    )
    assert labels[30:70, 0].all()


def test_a_network_decides_where_place_and_colour_do_not() -> None:
    image = np.full((80, 80), 120, np.uint8)
    says = np.full((2, 80, 80), 0.5, np.float32)
    says[1, 20:60, 20:40], says[1, 20:60, 40:60] = 0.99, 0.01
    says[0] = 1 - says[1]
    labels = boxes.pseudo_label(image, [(1, 20, 20, 60, 60)], method="together", probabilities=says)
    assert labels[30:50, 25:37].all()
    assert not labels[30:50, 43:55].any()


corner = st.integers(-5, 44)
size = st.integers(1, 40)


@given(
    st.lists(st.tuples(st.integers(0, 4), corner, corner, size, size), max_size=6),
    st.integers(0, 2**32 - 1),
    st.sampled_from([(48, 40), (48, 40, 3), (48, 40, 5)]),
)
def test_every_answer_is_of_the_boxes(
    drawn: list[tuple[int, int, int, int, int]], seed: int, shape: tuple[int, ...]
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    found = [
        (label, x, y, x + w, y + h) for label, x, y, w, h in drawn if x < 40 and y < 48 and x + w > 0 and y + h > 0
    ]
    result = boxes.pseudo_labelling(image, found)
    while True:
        try:
            next(result)
        except StopIteration as end:
            answer = end.value
            break
    covered = np.zeros(shape[:2], bool)
    for _, x0, y0, x1, y1 in found:
        covered[max(0, y0) : y1, max(0, x0) : x1] = True
    assert not answer.labels[~covered].any()
    assert set(np.unique(answer.labels)) <= {0, *(label for label, *_ in found)}
    assert np.isfinite(answer.confidence).all()
    assert 0 <= answer.confidence.min() <= answer.confidence.max() <= 1.0001
