"""Labels on the screen."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.gui.canvas.label_layer import (
    ConfidencePainter,
    LabelPainter,
    add_instances,
    color_table,
    instance_source,
    label_source,
    seed_source,
)

CLASSES = LabelSet.named(["background", "cat", "dog"])


def painter(labels: LabelMap, *, outline: bool = False) -> LabelPainter:
    made = LabelPainter(label_source(labels), labels.shape, color_table(CLASSES, labels))
    made.outline = outline
    return made


def labelled(ids: np.ndarray) -> LabelMap:
    return LabelMap.from_arrays(ids.astype(np.uint16))


def test_every_class_has_its_own_colour_and_unlabelled_none() -> None:
    labels = labelled(np.array([[0, 1, 2, UNLABELLED]]))
    pixels = painter(labels).render(labels.region, 0)[0]
    for place, class_id in enumerate(CLASSES):
        red, green, blue = CLASSES[class_id].color
        assert pixels[place] == 0xFF000000 | red << 16 | green << 8 | blue
    assert pixels[3] == 0


def test_instances_of_one_class_differ_from_each_other() -> None:
    labels = LabelMap((1, 2))
    first, second = labels.new_segment(1), labels.new_segment(1)
    labels.write(labels.region, np.array([[first, second]], np.uint16), source=Provenance.HUMAN)
    pixels = painter(labels).render(labels.region, 0)[0]
    assert pixels[0] != pixels[1]
    assert (pixels >> 24 == 255).all()


def test_a_new_instance_gets_its_colour_without_a_new_table() -> None:
    labels = LabelMap((1, 1))
    table = color_table(CLASSES, labels)
    segment = labels.new_segment(2)
    assert table[segment] == 0
    add_instances(table, labels)
    assert table[segment] == color_table(CLASSES, labels)[segment] != 0


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_stroke_half_as_thick_as_a_screen_pixel_still_shows(level: int) -> None:
    thick = (1 << level) // 2
    for start in range(1 << level):
        ids = np.full((256, 256), UNLABELLED)
        ids[64 + start : 64 + start + thick] = 1
        labels = labelled(ids)
        alpha = painter(labels).render(Region(0, 0, 256 >> level, 256 >> level), level) >> 24
        assert (alpha.max(axis=0) >= 127).all()
        assert alpha[: (64 >> level) - 1].max() == 0


@pytest.mark.parametrize("kinds", [[1, UNLABELLED], [0, 1, 2, UNLABELLED]])
@pytest.mark.parametrize("side", [1, 3, 40])
def test_a_pixel_of_a_coarse_level_is_the_mean_of_four_samples(kinds: list[int], side: int) -> None:
    """Patches of *side* pixels: mixes everywhere, here and there, and next to none."""
    rough = np.random.default_rng(side).choice(kinds, (-(-120 // side), -(-160 // side)))
    labels = labelled(np.kron(rough, np.ones((side, side), int))[:120, :160])
    samples = color_table(CLASSES, labels)[labels.ids[1::2, 1::2]].view(np.uint8).reshape(30, 2, 40, 2, 4)
    expected = np.floor(samples.astype(float).mean(axis=(1, 3)) + 0.5).astype(np.uint8).view(np.uint32)[..., 0]
    found = painter(labels).render(Region(0, 0, 30, 40), 2)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(64, 64), (65, 71), (9, 130), (1, 1)])
@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("outline", [False, True])
def test_a_part_rendered_is_that_part_of_the_whole(shape: tuple[int, int], level: int, outline: bool) -> None:
    ids = np.random.default_rng(0).choice([0, 1, 2, UNLABELLED], shape)
    made = painter(labelled(ids), outline=outline)
    wide = Region(0, 0, -(-shape[0] >> level), -(-shape[1] >> level))
    every = made.render(wide, level)
    for part in (Region(0, 0, 1, wide.x1), Region(wide.y1 // 2, wide.x1 // 3, wide.y1, wide.x1)):
        np.testing.assert_array_equal(made.render(part, level), every[part.slices])


def test_outlines_are_the_pixels_beside_another_label() -> None:
    ids = np.full((8, 8), UNLABELLED)
    ids[2:7, 2:7] = 1
    shown = painter(labelled(ids), outline=True).render(Region(0, 0, 8, 8), 0) != 0
    expected = np.zeros((8, 8), bool)
    expected[2:7, 2:7] = True
    expected[3:6, 3:6] = False
    np.testing.assert_array_equal(shown, expected)


def test_of_the_seeds_only_what_a_human_painted_shows() -> None:
    labels = LabelMap((2, 4))
    assert (seed_source(labels, label_source(labels))(labels.region.slices) == UNLABELLED).all()
    labels.write(Region(0, 0, 1, 4), 1, source=Provenance.MODEL)
    labels.write(Region(0, 2, 2, 4), 2, source=Provenance.HUMAN)
    seeds = seed_source(labels, label_source(labels))(labels.region.slices)
    assert seeds.tolist() == [[255, 255, 2, 2], [255, 255, 2, 2]]


def test_the_less_sure_the_more_it_shows() -> None:
    confidence = np.array([[1.0, 0.9, 0.5, 0.0]], np.float32)
    alpha = ConfidencePainter(confidence).render(Region(0, 0, 1, 4), 0)[0] >> 24
    assert alpha[0] == 0
    assert (np.diff(alpha.astype(int)) > 0).all()


def test_of_the_instances_only_objects_show_each_apart() -> None:
    labels = LabelMap((6, 8))
    labels.write(labels.region, 1, source=Provenance.HUMAN)
    source = instance_source(labels, label_source(labels))
    assert (source(labels.region.slices) == UNLABELLED).all()
    first, second = labels.new_segment(1), labels.new_segment(1)
    labels.write(Region(0, 0, 2, 2), first, source=Provenance.HUMAN)
    labels.write(Region(0, 2, 2, 4), second, source=Provenance.HUMAN)
    found = source(labels.region.slices)
    assert set(np.unique(found)) == {first, second, UNLABELLED}
    assert (found[:2, :2] == first).all()
