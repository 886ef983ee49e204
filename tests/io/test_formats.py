"""What is exported in a format and imported again, for every format that goes both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, OptionError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.exporters.naming import bare_name
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.project.stored import StoredSample
from segstudio.io.segments import segments

MakeSample = Callable[..., StoredSample]


@dataclass(frozen=True)
class Facts:
    """What a format keeps."""

    source: str = "."
    """What to import, below the exported folder."""
    unlabelled: bool = False
    """Whether pixels without a label are told from the background."""
    exact: bool = True
    """Pixel by pixel, or polygons."""
    instances: bool = True
    """Whether objects are told apart, or classes only."""
    images: bool = True
    """Whether images are exported along; else those of the samples are shown to the importer."""
    ending: str = ""
    """Of the only images that the format takes."""


FORMATS = {
    "masks": Facts(unlabelled=True),
    "coco": Facts("annotations/instances_default.json"),
    "coco_panoptic": Facts(unlabelled=True),
    "voc": Facts(unlabelled=True),
    "cityscapes": Facts(unlabelled=True),
    "ade20k": Facts(unlabelled=True),
    "yolo": Facts(exact=False),
    "labelme": Facts(),
    "cvat": Facts(),
    "datumaro": Facts(),
    "supervisely": Facts(),
    "isat": Facts(),
    "label_studio": Facts(),
    "huggingface": Facts(unlabelled=True),
    "xanylabeling": Facts(),
    "nifti": Facts(unlabelled=True, instances=False),
    "nrrd": Facts(unlabelled=True, instances=False, images=False),
    "dicom_seg": Facts(instances=False, images=False, ending=".dcm"),
    "nnunet": Facts(unlabelled=True, instances=False),
}
BOTH_WAYS = sorted(set(EXPORTERS) & set(IMPORTERS))


def called(name: str, image: str) -> str:
    """The name *image* with the ending that the format *name* takes."""
    return str(Path(image).with_suffix(FORMATS[name].ending)) if FORMATS[name].ending else image


def class_ids(ids: np.ndarray, table: dict[int, int]) -> np.ndarray:
    return np.vectorize(lambda i: table.get(int(i), int(i)))(ids)


def objects(ids: np.ndarray, table: dict[int, int]) -> list[tuple[int, np.ndarray]]:
    found = []
    for segment in segments(ids, table, skip={0}):
        mask = np.zeros(ids.shape, bool)
        mask[segment.region.slices] = segment.mask
        found.append((segment.class_id, mask))
    return found


def back(name: str, samples: list[StoredSample], classes: LabelSet, folder: Path, **options: Any) -> ImportedDataset:
    finish(EXPORTERS[name](samples, classes, folder, **options))
    elsewhere = {} if FORMATS[name].images else {"images": samples[0].path.parent}
    return finish(IMPORTERS[name].read(folder / FORMATS[name].source, classes, **elsewhere))


def check(name: str, ids: np.ndarray, table: dict[int, int], data: ImportedDataset, stem: str) -> None:
    (sample,) = [
        s for s in data.samples if bare_name(s.path).removesuffix("_0000").removesuffix("_leftImg8bit") == stem
    ]
    assert sample.shape == ids.shape
    empty = np.zeros(ids.shape, np.uint16)
    if not FORMATS[name].instances:
        assert sample.load is not None
        expected_ids = class_ids(ids, table)
        if not FORMATS[name].unlabelled:
            expected_ids[expected_ids == 255] = 0
        np.testing.assert_array_equal(sample.load().ids, expected_ids)
        return
    labels = sample.load() if sample.load else None
    ids_back, table_back = (labels.ids, dict(labels.segments)) if labels else (empty, {})
    expected, found = objects(ids, table), objects(ids_back, table_back)
    assert len(found) == len(expected)
    for class_id, mask in expected:
        overlaps = [(mask & m).sum() / (mask | m).sum() for c, m in found if c == class_id]
        assert max(overlaps, default=0) >= (1 if FORMATS[name].exact else 0.98)
    if FORMATS[name].unlabelled:
        np.testing.assert_array_equal(ids_back == 255, ids == 255)


def test_every_format_that_goes_both_ways_is_tried() -> None:
    assert sorted(FORMATS) == BOTH_WAYS


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_awkward_labels_come_back(
    name: str, make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    """A ring around an island, touching instances, single pixels, 16-bit ids, an empty image, names in Chinese."""
    ids, table = awkward
    nothing = np.zeros((12, 16), np.uint16)
    samples = [
        make_sample(called(name, n), *each) for n, each in {"一 二.jpg": (ids, table), "empty.png": (nothing,)}.items()
    ]
    data = back(name, samples, classes, tmp_path / "out")
    assert data.problems == ()
    assert data.classes == classes
    check(name, ids, table, data, "一 二")
    check(name, nothing, {}, data, "empty")


@pytest.mark.parametrize("name", BOTH_WAYS)
@given(
    ids=hnp.arrays(
        np.uint16,
        st.tuples(st.integers(2, 12), st.integers(2, 12)),
        elements=st.sampled_from([0, 1, 2, 3, 255, 256, 300, 65535]),
    )
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_labels_come_back(
    name: str, ids: np.ndarray, make_sample: MakeSample, classes: LabelSet, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = {int(i): 1 + int(i) % 3 for i in np.unique(ids) if i > 255}
    sample = make_sample(called(name, f"{tmp_path_factory.mktemp('x').name}.jpg"), ids, table)
    data = back(name, [sample], classes, tmp_path_factory.mktemp("out") / "out")
    assert data.problems == ()
    nothing_told = (ids == 255).all() and not FORMATS[name].instances  # such frames are left out of volumes
    if FORMATS[name].exact and not nothing_told:
        check(name, ids, table, data, sample.path.stem)


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_a_project_with_other_classes_is_told_which_are_missing(
    name: str, make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS[name]([make_sample(called(name, "a.jpg"), *awkward)], classes, tmp_path / "out"))
    source = tmp_path / "out" / FORMATS[name].source
    fewer = classes.without(2)
    elsewhere: dict[str, Any] = {} if FORMATS[name].images else {"images": tmp_path / "source"}
    data = finish(IMPORTERS[name].read(source, fewer, **elsewhere))
    assert any("no class called '树'" in str(p) for p in data.problems)
    assert data.classes == fewer
    labels = data.samples[0].load()  # type: ignore[misc]
    assert not (labels.ids == 2).any()
    assert 2 not in labels.segments.values()
    data = finish(IMPORTERS[name].read(source, fewer, add_classes=True, **elsewhere))
    assert data.problems == ()
    assert data.classes.find("树").color == classes[2].color or name in (
        "ade20k",
        "yolo",
        "labelme",
        "xanylabeling",
        "nnunet",
    )


@pytest.mark.parametrize("name", IMPORTERS)
def test_every_importer_refuses_what_is_not_its_own(name: str, tmp_path: Path) -> None:
    entry = IMPORTERS[name]
    assert entry.title
    assert entry.source
    assert all(field.description for field in entry.options.model_fields.values())
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "notes.txt").write_text("nothing of the kind")
    for source in (tmp_path / "gone", tmp_path / "empty", tmp_path / "text", tmp_path / "text" / "notes.txt"):
        with pytest.raises(FormatError) as caught:
            finish(entry.read(source))
        assert "\n" not in str(caught.value)
    with pytest.raises(OptionError, match=f"{name} has no option 'speed'"):
        finish(entry.read(tmp_path, speed=1))


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_names_far_too_long_for_a_file_system_are_shortened(
    name: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    long = "图" * 78 + ".png"
    ids = np.ones((6, 8), np.uint16)
    data = back(name, [make_sample(called(name, long), ids)], classes, tmp_path / "out")
    assert data.problems == ()
    assert len(data.samples) == 1


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_stopping_an_import_half_way_is_harmless(
    name: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = [make_sample(called(name, f"{i}.jpg"), np.ones((4, 4), np.uint16)) for i in range(3)]
    finish(EXPORTERS[name](samples, classes, tmp_path / "out"))
    work = IMPORTERS[name].read(tmp_path / "out" / FORMATS[name].source, classes)
    next(work)
    work.close()
