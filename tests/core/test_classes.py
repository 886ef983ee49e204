"""Classes, colours and tables."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.core.classes import LabelClass, LabelSet, parse_color, voc_color
from segstudio.core.errors import OptionError
from segstudio.core.progress import Progress, Work, finish, scaled
from segstudio.core.registry import Registry


def test_the_palette_is_pascal_vocs() -> None:
    # the first colours as published with the VOC development kit
    published = [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128), (0, 128, 128)]
    assert [voc_color(i) for i in range(7)] == published
    assert voc_color(15) == (192, 128, 128)  # person
    assert voc_color(20) == (0, 64, 128)  # tvmonitor
    assert voc_color(255) == (224, 224, 192)  # the void border


def test_ids_stay_when_classes_are_moved_renamed_and_removed() -> None:
    classes = LabelSet.named(["background", "cat", "dog"])
    changed = classes.moved(2, 0).changed(1, name="lion").without(0).added("bird")
    assert [(c.id, c.name) for c in changed.values()] == [(2, "dog"), (1, "lion"), (3, "bird")]
    assert [c.name for c in classes.values()] == ["background", "cat", "dog"]


def test_a_class_that_was_removed_last_may_give_its_id_but_gaps_are_kept() -> None:
    classes = LabelSet.named(["a", "b", "c"]).without(1)
    assert classes.free_id() == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: LabelSet([LabelClass(1, "a", (0, 0, 0)), LabelClass(1, "b", (0, 0, 0))]),
        lambda: LabelSet([LabelClass(1, "a", (0, 0, 0)), LabelClass(2, "a", (0, 0, 0))]),
        lambda: LabelClass(255, "void", (0, 0, 0)),
        lambda: LabelClass(1, "  ", (0, 0, 0)),
        lambda: parse_color("red"),
        lambda: LabelSet.named(["a"])[3],
        lambda: LabelSet.named([f"c{i}" for i in range(255)]).added("one too many"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make: object) -> None:
    with pytest.raises(OptionError):
        make()  # type: ignore[operator]


def test_colours_are_read_as_they_are_written() -> None:
    for color in [(0, 0, 0), (255, 255, 255), (1, 2, 3), (128, 64, 32)]:
        assert parse_color(LabelClass(0, "x", color).hex) == color
    assert parse_color("#f80") == (255, 136, 0)


def test_the_palette_table_holds_the_classes_colours() -> None:
    table = LabelSet([LabelClass(3, "x", (1, 2, 3))]).palette()
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert table[3].tolist() == [1, 2, 3]
    assert table[1].tolist() == [128, 0, 0]


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name


def test_a_table_suggests_the_nearest_name_and_refuses_doubles() -> None:
    table = Registry("network", [Thing("unet"), Thing("segnet")])
    assert list(table) == ["unet", "segnet"]
    with pytest.raises(OptionError, match="did you mean 'unet'"):
        table["unett"]
    with pytest.raises(OptionError, match="there are: unet, segnet"):
        table["xyz"]
    with pytest.raises(ValueError, match="two network entries"):
        Registry("network", [Thing("a"), Thing("a")])


def _count(upto: int, log: list[str]) -> Work[int]:
    try:
        for i in range(upto):
            yield Progress(i / upto, str(i))
        return upto
    finally:
        log.append("tidied")


def test_work_is_finished_scaled_and_stopped() -> None:
    log: list[str] = []
    seen: list[float | None] = []
    assert finish(scaled(_count(4, log), 0.5, 1.0), lambda p: seen.append(p.fraction)) == 4
    assert seen == [0.5, 0.625, 0.75, 0.875]
    work = scaled(_count(4, log), 0, 1)
    next(work)
    work.close()
    assert log == ["tidied", "tidied"]


def test_safe_colours_are_told_apart_and_leave_names_and_ids() -> None:
    many = LabelSet.named([f"class {i}" for i in range(22)])
    safe = many.in_safe_colors(keep=[0])
    assert safe[0] == many[0]
    assert [(c.id, c.name) for c in safe.values()] == [(c.id, c.name) for c in many.values()]
    assert safe[1].color == (230, 159, 0)
    assert len({c.color for c in safe.values()}) == 22
