"""Stopped at any step: an export leaves no file, an import leaves the project as it was; for every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segstudio.app.importing import import_into
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.project import Project
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
SOURCES = {"coco": "annotations/instances_default.json"}
ELSEWHERE = ("nrrd", "dicom_seg")
"""Formats that find the images where they were."""


@pytest.fixture
def three(make_sample: MakeSample) -> Callable[[str], list[StoredSample]]:
    """Three images of a format, each with two objects."""

    def make(name: str) -> list[StoredSample]:
        ids = np.zeros((12, 16), np.uint16)
        ids[2:6, 3:9], ids[8:11, 1:15] = 256, 2
        ending = "dcm" if name == "dicom_seg" else "jpg"
        return [make_sample(f"{number}.{ending}", ids, {256: 1}) for number in range(3)]

    return make


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", EXPORTERS)
def test_an_export_that_is_stopped_at_any_step_leaves_the_folder_as_it_was(
    name: str, three: Callable[[str], list[StoredSample]], classes: LabelSet, tmp_path: Path
) -> None:
    samples = three(name)
    steps = 0
    finish(EXPORTERS[name](samples, classes, tmp_path / "earlier"))
    before = files(tmp_path / "earlier")
    for _ in EXPORTERS[name](samples, classes, tmp_path / "whole"):
        steps += 1
    assert steps >= 3, "a person sees it go on"
    for target, options in ((tmp_path / "new", {}), (tmp_path / "earlier", {"overwrite": True})):
        for stop in range(1, steps + 1):
            work = EXPORTERS[name](samples, classes, target, **options)
            for _ in range(stop):
                next(work)
            work.close()
            assert not (tmp_path / "new").exists()
            assert files(tmp_path / "earlier") == before


def state(project: Project) -> dict[str, Any]:
    labels = {p: data for p, data in files(project.folder).items() if "samples" in p.parts}
    rows = [(sample, project.sample_rows(sample.id)) for sample in project.samples()]
    return {"labels": labels, "rows": rows, "classes": project.classes}


@pytest.mark.parametrize("name", sorted(set(EXPORTERS) & set(IMPORTERS)))
def test_an_import_that_is_stopped_at_any_step_leaves_the_project_as_it_was(
    name: str, three: Callable[[str], list[StoredSample]], classes: LabelSet, tmp_path: Path
) -> None:
    samples = three(name)
    finish(EXPORTERS[name](samples, classes, tmp_path / "data"))
    source = tmp_path / "data" / SOURCES.get(name, ".")
    options = {"images": tmp_path / "source"} if name in ELSEWHERE else {}
    with Project.create(tmp_path / "p", LabelSet.named(["background"])) as project:
        before, steps = state(project), 0
        shown: list[float] = []
        while True:
            work = import_into(project.folder, name, source, add_classes=True, **options)
            try:
                for _ in range(steps + 1):
                    progress = next(work)
                    shown += [] if progress.fraction is None else [progress.fraction]
            except StopIteration as stop:
                result = stop.value
                break
            finally:
                work.close()
            project.reread()
            assert state(project) == before
            steps += 1
            shown.clear()
        assert result.samples == 3
        assert steps >= 3
        assert len(shown) >= 3, "it is told how far it has come"
        assert shown == sorted(shown), "it never goes back"
        assert max(shown) <= 1
