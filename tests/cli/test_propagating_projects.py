"""``segstudio propagate PROJECT --through`` and ``segstudio tune``: volumes, and what a project has learned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segstudio.app.tuning import MODEL
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.io.masks import write_mask
from segstudio.io.project import Project
from tests.cli.conftest import Run

CLASSES = LabelSet.named(["ground", "disc"])
PAGES, SIZE = 4, (48, 64)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]


def disc(page: int) -> np.ndarray:
    return (Y - 24) ** 2 + (X - 26 - 3 * page) ** 2 < 12**2


def picture(page: int) -> np.ndarray:
    noise = np.random.default_rng(page).normal(0, 5, SIZE)
    return np.clip(np.where(disc(page), 170, 60) + noise, 0, 255).astype(np.uint8)


def strokes(page: int) -> np.ndarray:
    drawn = np.full(SIZE, 255, np.uint16)
    drawn[3:5, 5:60] = 0
    drawn[23:25, 20 + 3 * page : 32 + 3 * page] = 1
    return drawn


def draw(project: Project, sample_id: int, drawn: np.ndarray) -> None:
    human = np.where(drawn != 255, Provenance.HUMAN, 0).astype(np.uint8)
    project.write_labels(sample_id, drawn, human, CLASSES)


@pytest.fixture
def stacked(tmp_path: Path) -> Path:
    """A stack of four pages of which the first and the last are drawn on, and a picture that is drawn on."""
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([picture(p) for p in range(PAGES)]), photometric="minisblack")
    Image.fromarray(picture(9)).save(tmp_path / "one.png")
    frames = [(tmp_path / "stack.tif", page) for page in range(PAGES)]
    with Project.create(tmp_path / "p", CLASSES) as project:
        project.add_samples([*frames, (tmp_path / "one.png", 0)])
        for sample_id, page in ((1, 0), (PAGES, PAGES - 1), (PAGES + 1, 9)):
            draw(project, sample_id, strokes(page))
        return project.folder


def overlap(project: Path, sample_id: int, page: int) -> float:
    with Project.open(project) as opened:
        found = opened.load_labels(sample_id, SIZE, {}).ids == 1
    return float((found & disc(page)).sum() / (found | disc(page)).sum())


def test_strokes_on_two_slices_label_the_whole_stack_and_the_picture_beside_it(segstudio: Run, stacked: Path) -> None:
    status, printed, told = segstudio("propagate", stacked, "--through", "--json")
    assert status == 0, told
    assert json.loads(printed)["images"] == PAGES + 1
    assert min(overlap(stacked, page + 1, page) for page in range(PAGES)) > 0.85
    assert overlap(stacked, PAGES + 1, 9) > 0.85
    with Project.open(stacked) as project:
        labels = project.load_labels(1, SIZE, {})
        assert (labels.provenance[strokes(0) != 255] == Provenance.HUMAN).all()
        assert (labels.provenance[strokes(0) == 255] == Provenance.PROPAGATED).all()


def test_without_it_only_what_is_drawn_on_is_labelled(segstudio: Run, stacked: Path) -> None:
    status, printed, _ = segstudio("propagate", stacked, "--json")
    assert (status, json.loads(printed)["images"]) == (0, 3)
    with Project.open(stacked) as project:
        assert not project.has_labels(2)


def test_a_stack_of_one_class_is_told_by_its_name_and_nothing_changes(segstudio: Run, stacked: Path) -> None:
    one = np.where(strokes(0) == 1, 1, 255).astype(np.uint16)
    with Project.open(stacked) as project:
        for sample_id in (1, PAGES):
            draw(project, sample_id, one)
    status, _, told = segstudio("propagate", stacked, "--through", "--match", "stack")
    assert status == 2
    assert "stack.tif: draw strokes of two classes or more" in told
    with Project.open(stacked) as project:
        assert not project.has_labels(2)


def test_through_needs_a_project(segstudio: Run, stacked: Path, tmp_path: Path) -> None:
    write_mask(tmp_path / "s.png", strokes(9))
    arguments = ("--scribbles", tmp_path / "s.png", "-o", tmp_path / "o.png", "--through")
    status, _, told = segstudio("propagate", tmp_path / "one.png", *arguments)
    assert status == 2
    assert "are for projects" in told


@pytest.fixture
def accepted(tmp_path: Path) -> Path:
    """Three pictures with strokes, accepted with labels that no cue tells: the disc is half as wide as it looks."""
    files = [tmp_path / f"{page}.png" for page in range(3)]
    for page, file in enumerate(files):
        Image.fromarray(picture(page)).save(file)
    with Project.create(tmp_path / "p", CLASSES, files) as project:
        for page in range(3):
            drawn = strokes(page)
            ids = np.where(drawn != 255, drawn, disc(page) & (abs(Y - 24) < 5)).astype(np.uint16)
            source = np.where(drawn != 255, Provenance.HUMAN, Provenance.PROPAGATED).astype(np.uint8)
            project.write_labels(page + 1, ids, source, CLASSES)
            project.set_state(page + 1, SampleState.REVIEWED)
        return project.folder


@pytest.mark.slow
def test_tuning_says_what_it_gains_and_is_used_only_when_kept(segstudio: Run, accepted: Path) -> None:
    status, printed, told = segstudio("tune", accepted, "--json")
    assert status == 0, told
    value = json.loads(printed)
    assert value["samples"] == 3
    assert value["gain"] == pytest.approx(value["after"] - value["before"])
    assert value["gain"] > 0
    assert value["kept"] is None
    assert not (accepted / MODEL).exists()
    other = shutil.copytree(accepted, accepted.with_name("other.segstudio"))
    kept = json.loads(segstudio("tune", accepted, "--keep", "--json")[1])["kept"]
    assert kept == str(accepted / MODEL)
    found = []
    for folder in (accepted, other):
        assert segstudio("propagate", folder)[0] == 0
        with Project.open(folder) as project:
            found.append(project.load_labels(1, SIZE, {}).ids.copy())
    assert (found[0] != found[1]).any(), "what was learned decides"
    assert json.loads(segstudio("tune", accepted, "--forget", "--json")[1])["forgotten"] is True
    assert not (accepted / MODEL).exists()


def test_too_few_accepted_images_are_told(segstudio: Run, stacked: Path) -> None:
    status, _, told = segstudio("tune", stacked)
    assert status == 2
    assert "0 accepted images; self-tuning learns from 3 or more" in told
    assert segstudio("tune", stacked, "--keep", "--forget")[0] == 2
