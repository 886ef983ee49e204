"""A model's classes find the project's by name, and a person may say otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.io.class_files import load_classes
from segstudio.learning.class_mapping import ClassMapping, parse_mapping, suggest
from segstudio.learning.pretrained import COCO_NAMES, VOC_NAMES

VOC = LabelSet.named(VOC_NAMES)
STREET = LabelSet.named(["Background", "pedestrian", "Cars", "motor cycle", "lamp"])


def test_names_match_whatever_their_case_plural_and_synonym() -> None:
    found = suggest(VOC, STREET)
    by_name = {VOC[s].name: STREET[t].name for s, t in found.targets.items()}
    assert by_name == {
        "background": "Background",
        "person": "pedestrian",
        "car": "Cars",
        "motorbike": "motor cycle",
    }
    assert found.rest == 255


def test_the_exact_name_comes_before_the_synonym() -> None:
    found = suggest(LabelSet.named(["person"]), LabelSet.named(["pedestrian", "person"]))
    assert found.targets == {0: 1}


@pytest.mark.parametrize("names", [VOC_NAMES, COCO_NAMES])
def test_a_set_of_classes_maps_to_itself(names: tuple[str, ...]) -> None:
    classes = LabelSet.named(names)
    assert suggest(classes, classes) == ClassMapping.same(classes)


def test_coco_finds_all_of_voc() -> None:
    found = suggest(LabelSet.named(COCO_NAMES), load_classes("voc"))
    assert set(found.targets.values()) >= set(range(21))


def test_labels_are_mapped_and_the_rest_goes_where_it_shall() -> None:
    labels = np.array([[0, 15, 7], [3, 255, 15]], np.uint16)
    mapping = suggest(VOC, STREET)
    np.testing.assert_array_equal(mapping.apply(labels), [[0, 1, 2], [255, 255, 1]])
    np.testing.assert_array_equal(ClassMapping(mapping.targets, rest=0).apply(labels), [[0, 1, 2], [0, 255, 1]])


def test_a_mapping_as_typed() -> None:
    found = parse_mapping("person=pedestrian, 7=Cars", VOC, STREET, rest="Background")
    assert found == ClassMapping({15: 1, 7: 2}, rest=0)
    for text, message in (
        ("person", "not of the form"),
        ("persn=lamp", "the model has no class 'persn'; did you mean 'person'"),
        ("person=tree", "the project has no class 'tree'; there are 0 Background"),
    ):
        with pytest.raises(OptionError, match=message):
            parse_mapping(text, VOC, STREET)


def test_a_mapping_outlives_its_file_by_names() -> None:
    mapping = parse_mapping("person=pedestrian,car=Cars", VOC, STREET, rest="lamp")
    stored = mapping.to_json(VOC, STREET)
    assert ClassMapping.from_json(stored, VOC, STREET) == mapping
    fewer = STREET.without(2)
    assert ClassMapping.from_json(stored, VOC, fewer).targets == {15: 1}
    assert ClassMapping.from_json(stored, VOC, STREET.without(4)).rest == 255
