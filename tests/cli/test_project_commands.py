"""What is in a project and what becomes of it, without the window."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.core.annotation import Annotation, Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.io.masks import write_mask
from segstudio.io.project import Project
from tests.cli.conftest import Run

CLASSES = LabelSet.named(["background", "cell", "树"])


def label(project: Project, sample_id: int, ids: np.ndarray, segments: dict[int, int], *boxes: Box) -> None:
    """As a person would: the upper half theirs, the rest propagated."""
    provenance = np.where(ids == 255, 0, Provenance.PROPAGATED).astype(np.uint8)
    provenance[:3][ids[:3] != 255] = Provenance.HUMAN
    project.write_labels(sample_id, ids, provenance, CLASSES)
    shown = {segments.get(int(i), int(i)) for i in np.unique(ids)} & set(CLASSES)
    project.save_annotation(sample_id, Annotation(boxes), segments, shown)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three images of 8x6 pixels: half cells of which one is told apart, all background, and none of all."""
    (tmp_path / "photos").mkdir()
    paths = [tmp_path / "photos" / f"{name}.png" for name in ("一 二", "b", "-c")]
    for number, path in enumerate(paths):
        Image.new("L", (8, 6), 80 * number).save(path)
    with Project.create(tmp_path / "p", CLASSES, paths) as made:
        ids = np.full((6, 8), 255, np.uint16)
        ids[:3, :4], ids[3:, :4] = 1, 256
        label(made, 1, ids, {256: 1}, Box(2, 0, 0, 3, 3))
        label(made, 2, np.zeros((6, 8), np.uint16), {})
        made.set_state(2, SampleState.REVIEWED)
    return tmp_path / "p.segstudio"


def test_info_counts_what_a_project_holds(segstudio: Run, project: Path) -> None:
    (project.parent / "photos" / "-c.png").unlink()
    status, printed, _ = segstudio("info", project, "--pixels", "--json")
    assert status == 0
    told = json.loads(printed)
    assert (told["images"], told["labelled"], told["missing_images"]) == (3, 2, 1)
    assert told["states"] | {"todo": 2, "reviewed": 1} == told["states"]
    assert [(c["name"], c["images"], c["instances"], c["boxes"], c["pixels"]) for c in told["classes"]] == [
        ("background", 1, 0, 0, 48), ("cell", 1, 1, 0, 24), ("树", 1, 0, 1, 0)
    ]  # fmt: skip
    assert told["pixels_by"] == {"human": 12 + 24, "propagated": 12 + 24, "model": 0, "imported": 0}
    assert told["unlabelled_pixels"] == 24
    _, printed, _ = segstudio("info", project)
    assert "3 images, 2 labelled (2 todo, 1 reviewed)" in printed


def test_samples_are_listed_and_put_into_a_state(segstudio: Run, project: Path) -> None:
    names = lambda *given: [Path(line).name for line in segstudio("samples", project, *given)[1].splitlines()]  # noqa: E731
    assert names() == ["一 二.png", "b.png", "-c.png"]
    assert names("--state", "reviewed") == ["b.png"]
    assert names("--class", "cell") == ["一 二.png"]
    assert names("--match", "一") == ["一 二.png"]
    with Project.open(project) as opened:
        opened.set_uncertainty(2, 0.1)
        opened.set_uncertainty(3, 0.7)
    assert names("--unsure") == ["-c.png", "b.png", "一 二.png"]
    assert names("--unsure", "--limit", 1) == ["-c.png"]
    assert segstudio("samples", project, "--class", "moon")[0] == 2
    assert segstudio("samples", project, "--class", "cell", "--set", "done")[0] == 0
    assert names("--state", "done", "--state", "reviewed") == ["一 二.png", "b.png"]


def test_only_what_is_asked_for_is_exported(segstudio: Run, project: Path, tmp_path: Path) -> None:
    assert segstudio("export", project, tmp_path / "out", "--format", "masks", "--state", "reviewed")[0] == 0
    assert [path.name for path in (tmp_path / "out" / "masks").iterdir()] == ["b.png"]
    status, _, said = segstudio("export", project, tmp_path / "none", "--format", "masks", "--state", "skipped")
    assert status == 2
    assert "no labelled image of those that were asked for" in said
    assert not (tmp_path / "none").exists()


def test_classes_are_added_renamed_merged_and_removed_in_every_image(segstudio: Run, project: Path) -> None:
    status, printed, _ = segstudio(
        "classes", project, "--add", "sky#0102ff", "--rename", "树=tree", "--merge", "cell=树", "--json"
    )
    assert status == 2, "the class has another name by now"
    assert "there is no class called '树'" in printed
    status, printed, _ = segstudio(
        "classes", project, "--add", "sky#0102ff", "--rename", "树=tree", "--merge", "cell=tree", "--json"
    )
    assert status == 0
    assert [(c["id"], c["name"]) for c in json.loads(printed)] == [(0, "background"), (2, "tree"), (3, "sky")]
    with Project.open(project) as opened:
        first = opened.stored()[0]
        assert (first.labels()[:, :4] == 2).all()
        assert first.segments == {256: 2}
        assert first.provenance()[0, 0] == Provenance.HUMAN
    assert segstudio("classes", project, "--remove", "background")[0] == 0
    with Project.open(project) as opened:
        assert (opened.stored()[1].labels() == 255).all()
    for wrong in (
        ["--remove", "tree", "--remove", "sky"],
        ["--merge", "tree=sky", "--remove", "sky"],
        ["--merge", "tree"],
    ):
        assert segstudio("classes", project, *wrong)[0] == 2
    assert "tree" in segstudio("classes", project)[1]


def test_images_are_added_once(segstudio: Run, project: Path, tmp_path: Path) -> None:
    Image.new("L", (8, 6)).save(tmp_path / "photos" / "new.png")
    status, printed, _ = segstudio("add", project, tmp_path / "photos", "--json")
    assert (status, json.loads(printed)["added"]) == (0, 1)
    assert segstudio("add", project, tmp_path / "nowhere")[0] == 2


def test_check_lists_all_that_is_wrong_with_a_project(segstudio: Run, project: Path) -> None:
    status, printed, _ = segstudio("check", project)
    assert (status, printed.rpartition(": ")[2]) == (0, "project, 3 images, nothing is wrong\n")
    (project.parent / "photos" / "-c.png").unlink()
    with Project.open(project) as opened:
        strange = np.full((6, 8), 255, np.uint16)
        strange[0, 0], strange[0, 1] = 9, 400
        opened.write_labels(1, strange, np.zeros((6, 8), np.uint8), CLASSES)
        opened.save_annotation(1, Annotation((Box(1, 5, 0, 20, 3),)), {}, {})
        opened.write_labels(2, np.zeros((5, 8), np.uint16), np.zeros((5, 8), np.uint8), CLASSES)
    status, printed, said = segstudio("check", project, "--json")
    assert status == 2
    reasons = [row["reason"] for row in json.loads(printed)["problems"]]
    assert len(reasons) == 5
    assert reasons[0] == "the box (5, 0, 20, 3) reaches outside of the image"
    assert "it holds class 9, which the project does not have" in reasons
    assert "nothing tells the class of its instance 400" in reasons
    assert any("8x5" in reason for reason in reasons)
    assert "-c.png" in said


def test_check_looks_through_a_data_set_and_changes_nothing(segstudio: Run, project: Path, tmp_path: Path) -> None:
    segstudio("export", project, tmp_path / "coco", "--format", "coco")
    status, printed, _ = segstudio("check", tmp_path / "coco", "--json")
    assert (status, json.loads(printed)["samples"]) == (0, 2)
    status, printed, _ = segstudio("check", tmp_path / "coco", "--classes", "background,moon", "--json")
    assert status == 2
    assert [row["line"] is not None for row in json.loads(printed)["problems"]] == [True, True]
    assert segstudio("check", tmp_path / "coco", "--classes", project)[0] == 0


def test_a_data_set_is_written_in_another_format(segstudio: Run, project: Path, tmp_path: Path) -> None:
    segstudio("export", project, tmp_path / "coco", "--format", "coco")
    status, printed, said = segstudio("convert-data", tmp_path / "coco", tmp_path / "voc", "--to", "voc", "-T", "val=0")
    assert status == 0, said
    status, printed, _ = segstudio("compare", tmp_path / "voc", tmp_path / "coco", "--json")
    told = json.loads(printed)
    assert (told["images"], told["miou"]) == (2, 1)
    path = tmp_path / "coco" / "annotations" / "instances_default.json"
    path.write_text(re.sub(r'"image_id": ?1\b', '"image_id": 77', path.read_text("utf-8")), "utf-8")
    status, _, said = segstudio("convert-data", tmp_path / "coco", tmp_path / "yolo", "--to", "yolo")
    assert status == 2
    assert "nothing was written" in said
    assert not (tmp_path / "yolo").exists()
    assert segstudio("convert-data", tmp_path / "coco", tmp_path / "yolo", "--to", "yolo", "--keep-going")[0] == 0


def test_what_has_no_labels_to_write_is_told_by_its_own_name(segstudio: Run, project: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.segstudio"
    Project.create(bare, CLASSES, [tmp_path / "photos" / "b.png"]).close()
    status, _, said = segstudio("convert-data", bare, tmp_path / "out", "--to", "masks")
    assert status == 2
    assert said.splitlines()[-1] == f"segstudio: {bare} has no labelled image to export"
    with Project.open(bare) as made:
        made.save_annotation(1, Annotation((Box(1, 0, 0, 3, 3),)), {}, {1})
    status, _, said = segstudio("convert-data", bare, tmp_path / "out", "--to", "masks")
    assert status == 2
    assert f"{bare} has boxes but no labelled image; choose a format that holds boxes" in said
    assert segstudio("convert-data", bare, tmp_path / "out", "--to", "coco")[0] == 0


def test_two_people_are_compared_class_by_class(segstudio: Run, project: Path, tmp_path: Path) -> None:
    with (
        Project.create(tmp_path / "other", LabelSet.named(["cell", "background"])) as other,
        Project.open(project) as one,
    ):
        other.add_samples((sample.path, 0) for sample in one.samples())
        ids = np.full((6, 8), 255, np.uint16)
        ids[:, :3], ids[:, 3:] = 0, 1  # cells three columns wide instead of four, and background beside
        other.write_labels(1, ids, np.zeros((6, 8), np.uint8), other.classes)
        other.save_annotation(1, Annotation(), {}, {0, 1})
    status, printed, _ = segstudio("compare", project, tmp_path / "other.segstudio", "--json")
    assert status == 0
    told = json.loads(printed)
    rows = {row["name"]: row for row in told["classes"]}
    assert rows["cell"]["iou"] == pytest.approx(18 / 24)
    assert rows["background"]["iou"] == 0, "nobody said so in the first"
    assert (told["images"], told["only_in_labels"], told["only_in_truth"]) == (1, 1, 0)
    assert told["pixel_accuracy"] == pytest.approx(18 / 48)
    assert rows["树"]["iou"] is None


def test_bare_masks_are_compared_with_a_project(segstudio: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    write_mask(tmp_path / "truth" / "b.png", np.zeros((6, 8), np.uint16))
    told = json.loads(segstudio("compare", project, tmp_path / "truth", "--json")[1])
    assert (told["images"], told["miou"]) == (1, 1)
    told = json.loads(segstudio("compare", tmp_path / "truth", project, "--json")[1])
    assert (told["images"], told["only_in_truth"]) == (1, 1)


def test_unlabelled_predictions_count_as_missed(segstudio: Run, tmp_path: Path) -> None:
    truth = np.zeros((4, 4), np.uint16)
    truth[:2] = 1
    predicted = truth.copy()
    predicted[0] = 255
    for name, ids in (("truth", truth), ("predicted", predicted)):
        write_mask(tmp_path / f"{name}.png", ids)
    told = json.loads(segstudio("evaluate", tmp_path / "predicted.png", tmp_path / "truth.png", "--json")[1])
    assert told["iou"] == [1, 0.5]
    assert told["pixel_accuracy"] == 0.75
    assert told["unlabelled"] == [0, 4]


def test_an_id_that_is_no_class_is_told_of_the_file_that_holds_it(segstudio: Run, tmp_path: Path) -> None:
    plain, odd = np.zeros((2, 3), np.uint16), np.full((2, 3), 300, np.uint16)
    write_mask(tmp_path / "a.png", plain)
    write_mask(tmp_path / "b.png", odd)
    for pair in (("a.png", "b.png"), ("b.png", "a.png")):
        status, _, told = segstudio("evaluate", *(tmp_path / name for name in pair))
        assert status == 2
        assert f"{tmp_path / 'b.png'}: there is an id 300, which is not below the number of classes 255" in told


def test_a_project_is_propagated_and_cleaned_and_its_human_pixels_stay(segstudio: Run, tmp_path: Path) -> None:
    pixels = np.full((64, 64, 3), 60, np.uint8)
    pixels[20:44, 20:44] = 190
    Image.fromarray(pixels).save(tmp_path / "a.png")
    seeds = np.full((64, 64), 255, np.uint16)
    seeds[30:33, 26:38], seeds[5:7, 5:60] = 1, 0
    (tmp_path / "strokes").mkdir()
    write_mask(tmp_path / "strokes" / "a.png", seeds)
    project = tmp_path / "p.segstudio"
    segstudio("new", project, tmp_path / "a.png", "--classes", "ground,square", "--scribbles", tmp_path / "strokes")
    status, printed, said = segstudio("propagate", project, "--json")
    assert (status, json.loads(printed)["images"]) == (0, 1), said
    with Project.open(project) as opened:
        ids, provenance = opened.stored()[0].ids(), opened.stored()[0].provenance()
        assert (ids[20:44, 20:44] == 1).mean() > 0.95
        assert (provenance[seeds != 255] == Provenance.HUMAN).all()
        ids[50, 50], provenance[50, 50] = 1, Provenance.PROPAGATED
        opened.write_labels(1, ids, provenance, opened.classes)
    status, printed, _ = segstudio("clean", project, "--min-area", 9, "--json")
    assert (status, json.loads(printed)["changed_pixels"]) == (0, 1)
    for wrong in (
        ["propagate", project, "-o", "x.png"],
        ["propagate", tmp_path / "a.png"],
        ["clean", tmp_path / "a.png"],
    ):
        assert segstudio(*wrong)[0] == 2


def test_boxes_of_a_project_become_masks_and_what_was_said_beyond_them_stays(segstudio: Run, tmp_path: Path) -> None:
    pixels = np.full((64, 64, 3), 60, np.uint8)
    pixels[20:44, 20:44] = 190
    Image.fromarray(pixels).save(tmp_path / "a.png")
    ids = np.full((64, 64), 255, np.uint16)
    ids[:4] = 2
    with Project.create(tmp_path / "p", CLASSES, [tmp_path / "a.png"]) as made:
        made.write_labels(1, ids, np.where(ids == 255, 0, Provenance.IMPORTED).astype(np.uint8), CLASSES)
        made.save_annotation(1, Annotation((Box(1, 19, 19, 45, 45),)), {}, {2})
    project = tmp_path / "p.segstudio"
    status, printed, said = segstudio("boxes", project, "--json")
    assert (status, json.loads(printed)["images"]) == (0, 1), said
    with Project.open(project) as opened:
        found = opened.stored()[0].ids()
        assert (found[22:42, 22:42] == 1).mean() > 0.9
        assert (found[:4] == 2).all()
        assert (found[50:] == 0).all()
    assert segstudio("boxes", tmp_path / "a.png")[0] == 2
    assert segstudio("boxes", project, "-o", tmp_path / "m.png")[0] == 2


def test_a_project_that_a_window_has_open_is_looked_at_and_not_changed(
    segstudio: Run, project: Path, tmp_path: Path
) -> None:
    document = Document(Project.open(project))
    try:
        assert segstudio("info", project)[0] == 0
        assert segstudio("export", project, tmp_path / "out", "--format", "masks")[0] == 0
        for command in (["add", project, tmp_path / "photos"], ["classes", project, "--remove", "cell"]):
            status, _, said = segstudio(*command)
            assert status == 2
            assert "open in a window" in said
    finally:
        document.close()
    assert segstudio("add", project, tmp_path / "photos")[0] == 0


def test_edits_that_a_killed_window_had_written_down_are_exported(
    segstudio: Run, project: Path, tmp_path: Path
) -> None:
    document = Document(Project.open(project))
    document.goto(3)
    with document.edit("Draw"):
        document.labels.write(document.labels.region, np.uint16(2), source=Provenance.HUMAN)
    document.journal.close()  # no more than a kill leaves
    document.project.close()
    assert segstudio("export", project, tmp_path / "out", "--format", "masks")[0] == 0
    assert sorted(path.name for path in (tmp_path / "out" / "masks").iterdir()) == ["-c.png", "b.png", "一 二.png"]


def test_an_export_does_not_write_over_the_images_of_the_project_itself(
    segstudio: Run, project: Path, tmp_path: Path
) -> None:
    segstudio("export", project, tmp_path / "out", "--format", "masks")
    segstudio("import", project, tmp_path / "out", "--format", "masks")  # its images are the project's from now on
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    status, _, said = segstudio("export", project, tmp_path / "out", "--format", "coco", "-O", "overwrite=true")
    assert status == 2
    assert "lies in this folder; choose another" in said
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_paths_come_from_stdin_and_a_tilde_means_home(
    segstudio: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(path) for path in (tmp_path / "photos").iterdir()]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(paths) + "\n"))
    status, printed, _ = segstudio("new", tmp_path / "q", "-", "--classes", "a,b", "--json")
    assert (status, json.loads(printed)["samples"]) == (0, 3)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    segstudio("export", project, tmp_path / "out", "--format", "masks")
    (tmp_path / "out" / "images").rename(tmp_path / "away")
    assert segstudio("check", tmp_path / "out", "--images=~/away")[0] == 0
    assert segstudio("check", "~/out", "-O", "images=~/away")[0] == 0
    status, _, said = segstudio("check", tmp_path / "out", "--images=~/nowhere")
    assert (status, "there is no such folder with images" in said) == (2, True)


def test_a_data_set_is_counted_as_a_project_is(segstudio: Run, project: Path, tmp_path: Path) -> None:
    segstudio("export", project, tmp_path / "out", "--format", "masks")
    told = json.loads(segstudio("info", tmp_path / "out", "--json")[1])
    assert (told["format"], told["images"], told["labelled"], told["problems"]) == ("masks", 2, 2, [])
    assert [(c["name"], c["images"], c["instances"], c["pixels"]) for c in told["classes"]] == [
        ("background", 1, 0, 48), ("cell", 1, 1, 24), ("树", 0, 0, 0)
    ]  # fmt: skip
    assert "cell" in segstudio("info", tmp_path / "out")[1]


def test_strokes_that_fit_no_image_are_told_and_a_project_that_cannot_be_made_is_none(
    segstudio: Run, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "strokes").mkdir()
    new = ["new", tmp_path / "q", tmp_path / "photos", "--classes", "a,b", "--scribbles", tmp_path / "strokes"]
    assert segstudio(*new[:-1], tmp_path / "nowhere")[0] == 2
    write_mask(tmp_path / "strokes" / "b.png", np.zeros((3, 3), np.uint16))
    status, _, said = segstudio(*new)
    assert status == 2
    assert "b.png" in said
    assert not (tmp_path / "q.segstudio").exists()
    (tmp_path / "strokes" / "b.png").rename(tmp_path / "strokes" / "other.png")
    status, printed, said = segstudio(*new, "--json")
    assert (status, json.loads(printed)["with_strokes"]) == (0, 0)
    assert "no mask there has the name of an image" in said
