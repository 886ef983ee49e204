"""Cleaning label maps: hand-worked maps, invariants, and scikit-image as an independent witness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import morphology as reference

from segstudio.algorithms.morphology import clean, closed, disc, opened
from segstudio.core.errors import AnnotationError, OptionError


def drawn(text: str, ids: str = "", dtype: type = np.uint8) -> np.ndarray:
    """A label map from rows of characters: ``.`` background, ``?`` unlabelled, digits class ids, letters instances."""
    table = {".": 0, "?": 255, **{str(d): d for d in range(10)}, **{c: 256 + i for i, c in enumerate("abcdefgh")}}
    rows = [[table[c] for c in row] for row in text.split()]
    return np.array(rows, np.uint16 if any(c in text for c in "abcdefgh") else dtype)


def test_opening_takes_a_whisker_and_keeps_the_body():
    labels = drawn("......... ..11..... .1111.... ..11..... .........")
    assert (clean(labels, open=1) == drawn("......... ..11..... .1111.... ..11..... .........")).all()


def test_an_opened_gap_between_two_classes_goes_to_the_nearer_one():
    labels = drawn("11113222 11113222 11113222 11113222")
    cleaned = clean(labels, open=1, background=None)
    assert set(np.unique(cleaned)) == {1, 2}
    assert (cleaned[:, :4] == 1).all()
    assert (cleaned[:, 5:] == 2).all()


def test_opening_does_not_eat_from_the_border_of_the_image():
    labels = np.zeros((8, 8), np.uint8)
    labels[4:, :] = 1
    assert (clean(labels, open=3) == labels).all()


def test_closing_joins_two_halves_over_background_and_unlabelled_alike():
    labels = drawn("....... .11.11. .11?11. .11.11. .......")
    assert (clean(labels, close=1) == drawn("....... .11.11. .11111. .11.11. .......")).all()


def test_closing_never_takes_another_class():
    labels = drawn("....... .11211. .11211. .11211. .......")
    assert (clean(labels, close=3, classes=[1]) == labels).all()


def test_closing_does_not_grow_towards_the_border():
    labels = np.zeros((12, 12), np.uint8)
    labels[2:10, 2:10] = 1
    assert (clean(labels, close=4) == labels).all()


def test_a_speck_takes_the_majority_around_it():
    labels = drawn("22222 22122 22222 .....")
    assert (clean(labels, min_area=2) == drawn("22222 22222 22222 .....")).all()


def test_a_speck_in_unlabelled_ground_becomes_unlabelled():
    labels = drawn("????? ??1?? ?????")
    assert (clean(labels, min_area=2) == 255).all()


def test_a_piece_of_exactly_the_area_stays():
    labels = drawn("..... .11.. .....")
    assert (clean(labels, min_area=2) == labels).all()
    assert not clean(labels, min_area=3).any()


def test_diagonal_neighbours_are_one_piece():
    labels = drawn("..... .1... ..1.. .....")
    assert (clean(labels, min_area=2) == labels).all()


def test_a_cluster_of_specks_is_filled_from_outside():
    labels = drawn("4444444 4112344 4441444 4444444")
    assert (clean(labels, min_area=4) == 4).all()


def test_a_map_of_specks_alone_stays():
    labels = drawn("1234 2341 3412")
    assert (clean(labels, min_area=5) == labels).all()


def test_background_is_a_class_when_told_so():
    labels = drawn("11111 11.11 11111")
    assert (clean(labels, min_area=4) == labels).all()
    assert (clean(labels, min_area=4, background=None) == 1).all()
    assert (clean(labels, min_area=4, classes=[0]) == 1).all()


def test_a_hole_is_filled_up_to_its_size_and_not_at_the_border():
    labels = drawn("1111111 1..1111 11111.1 .111111")
    assert (clean(labels, max_hole=1) == drawn("1111111 1..1111 1111111 .111111")).all()
    assert (clean(labels, max_hole=2) == drawn("1111111 1111111 1111111 .111111")).all()


def test_a_gap_between_two_instances_is_no_hole():
    labels = drawn("aaabbb aa..bb aaabbb")
    assert (clean(labels, max_hole=9) == labels).all()


def test_a_hole_with_background_and_unlabelled_is_one_hole():
    labels = drawn("1111 1.?1 1111")
    assert (clean(labels, max_hole=1) == labels).all()
    assert (clean(labels, max_hole=2) == 1).all()


def test_instances_are_cleaned_each_for_itself_and_keep_their_dtype():
    labels = drawn("........ .aaabbb. .aaabbb. .aaabbb. .....a.. ........")
    cleaned = clean(labels, min_area=2)
    assert cleaned.dtype == np.uint16
    assert (cleaned == drawn("........ .aaabbb. .aaabbb. .aaabbb. ........ ........")).all()


def test_smoothing_is_a_majority_vote_in_a_disc():
    labels = drawn("1111. 1111. 11.1. 1111. .....")
    smoothed = clean(labels, smooth=1)
    assert smoothed[2, 2] == 1  # four of five
    assert smoothed[0, 0] == 1
    assert smoothed[4, 4] == 0


def test_smoothing_keeps_a_straight_edge():
    labels = np.zeros((20, 20), np.uint8)
    labels[:, 9:] = 7
    assert (clean(labels, smooth=5) == labels).all()


def test_specks_go_before_holes_so_that_a_speck_in_a_hole_does_not_save_it():
    labels = drawn("11111 1...1 1.2.1 1...1 11111")
    assert (clean(labels, min_area=2, max_hole=9) == 1).all()


def test_discs_open_and_close_like_the_reference():
    noise = np.random.default_rng(4).random((60, 70))
    mask = reference.opening(noise > 0.35, reference.disk(1))
    inner = np.pad(mask, 12)
    for radius in (1, 2, 3, 5):
        assert (disc(radius) == reference.disk(radius, dtype=bool)).all()
        assert (opened(inner, radius) == reference.opening(inner, disc(radius))).all()
        assert (closed(inner, radius) == reference.closing(inner, disc(radius))).all()


maps = arrays(np.uint16, (12, 14), elements=st.sampled_from([0, 1, 2, 255, 256]))
sizes = st.integers(0, 4)


@settings(max_examples=60, deadline=None)
@given(maps, sizes, sizes, sizes, sizes, sizes)
def test_only_listed_classes_change(labels, radius, close, area, hole, smooth):
    cleaned = clean(labels, open=radius, close=close, min_area=area, max_hole=hole, smooth=smooth, classes=[1])
    changed = cleaned != labels
    assert ((labels[changed] == 1) | np.isin(labels[changed], [0, 255])).all()
    assert (cleaned[labels == 2] == 2).all()
    assert (cleaned[labels == 256] == 256).all()
    assert set(np.unique(cleaned)) <= set(np.unique(labels))


@settings(max_examples=60, deadline=None)
@given(maps, sizes, sizes)
def test_specks_and_holes_are_gone_after_one_pass(labels, area, hole):
    once = clean(labels, min_area=area)
    assert (clean(once, min_area=area) == once).all()
    filled = clean(labels, max_hole=hole)
    assert (clean(filled, max_hole=hole) == filled).all()


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, (13, 11), elements=st.sampled_from([0, 1])), st.integers(1, 4))
def test_opening_and_closing_of_one_class_are_idempotent_and_ordered(labels, radius):
    smaller, larger = clean(labels, open=radius), clean(labels, close=radius)
    assert (smaller <= labels).all()
    assert (larger >= labels).all()
    assert (clean(smaller, open=radius) == smaller).all()
    assert (clean(larger, close=radius) == larger).all()


def test_nothing_asked_nothing_changed_and_the_input_is_never_touched():
    labels = drawn("..1.. .121. ..1..")
    kept = labels.copy()
    assert (clean(labels) == kept).all()
    clean(labels, open=2, min_area=5)
    assert (labels == kept).all()
    assert clean(np.zeros((0, 5), np.uint8), open=1, min_area=3).shape == (0, 5)


@pytest.mark.parametrize("bad", [np.zeros((3, 3)), np.zeros((3, 3, 3), np.uint8), np.full((2, 2), -1)])
def test_what_is_no_label_map_is_told(bad):
    with pytest.raises(AnnotationError, match="label map"):
        clean(bad, open=1)


@pytest.mark.parametrize("option", [{"open": -1}, {"min_area": -3}, {"smooth": float("nan")}])
def test_sizes_are_not_negative(option):
    with pytest.raises(OptionError, match="zero or more"):
        clean(np.zeros((3, 3), np.uint8), **option)
