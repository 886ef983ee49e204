"""What a project holds, and what of it is gone."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from segstudio.app.overview import overview
from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.images.base import series_path
from segstudio.io.images.dicom import series
from segstudio.io.project import Project
from tests.io.test_slice_records import write


def test_objects_of_classes_that_the_project_lacks_are_not_counted(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with Project.create(tmp_path / "p", LabelSet.named(["background", "cat"]), [tmp_path / "a.png"]) as project:
        (sample,) = project.sample_ids()
        boxes = (Box(1, 0, 0, 3, 3), Box(77, 0, 0, 3, 3))
        project.save_annotation(sample, Annotation(boxes=boxes), {256: 1, 257: 88}, [])
        told = finish(overview(project))
    assert [(row["instances"], row["boxes"]) for row in told["classes"]] == [(0, 0), (1, 1)]


def test_series_are_no_missing_images_until_their_folder_is_gone(tmp_path: Path) -> None:
    for z in (0, 10):
        write(tmp_path / "ct", z)
    (alone,) = series(tmp_path / "ct")
    with Project.create(tmp_path / "p", LabelSet.named(["a"]), [alone, series_path(tmp_path / "ct", "1.2")]) as project:
        assert finish(overview(project))["missing_images"] == 0
        (tmp_path / "ct").rename(tmp_path / "moved")
        assert finish(overview(project))["missing_images"] == 2
