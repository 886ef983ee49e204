"""The command line as its users run it: a process of its own, exit status, stdout and stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segstudio.cli.output import as_json
from segstudio.io.masks import read_mask, write_mask
from segstudio.io.project import Project
from tests.cli.conftest import Run


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A bright square on a dark ground."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(60, 8, (64, 64, 3))
    pixels[20:44, 20:44] += 120
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(tmp_path / "square.png")
    return tmp_path / "square.png"


@pytest.fixture
def strokes(tmp_path: Path) -> Path:
    seeds = np.full((64, 64), 255, np.uint8)
    seeds[30:33, 26:38] = 1
    seeds[5:7, 5:60] = 0
    seeds[58:60, 5:60] = 0
    write_mask(tmp_path / "strokes.png", seeds)
    return tmp_path / "strokes.png"


def truth() -> np.ndarray:
    mask = np.zeros((64, 64), np.uint8)
    mask[20:44, 20:44] = 1
    return mask


def test_propagate_writes_a_mask_that_follows_the_object(segstudio: Run, image: Path, strokes: Path) -> None:
    out = image.with_name("mask.png")
    status, printed, _ = segstudio("propagate", image, "--scribbles", strokes, "-o", out, "--json")
    assert status == 0
    assert json.loads(printed)["classes"] == [0, 1]
    labels = read_mask(out, (64, 64))
    assert (labels == truth()).mean() > 0.97
    seeds = read_mask(strokes)
    assert (labels[seeds != 255] == seeds[seeds != 255]).all()


def test_boxes_write_a_mask(segstudio: Run, image: Path) -> None:
    boxes = image.with_name("boxes.json")
    boxes.write_text(json.dumps([{"class": 1, "box": [20, 20, 44, 44]}]))
    status, _, _ = segstudio("boxes", image, "--boxes", boxes, "-o", image.with_name("mask.png"))
    assert status == 0
    labels = read_mask(image.with_name("mask.png"))
    assert ((labels == 1) & (truth() == 1)).sum() / ((labels == 1) | (truth() == 1)).sum() > 0.8


def test_clean_and_evaluate(segstudio: Run, tmp_path: Path) -> None:
    speckled = truth()
    speckled[2, 2] = 1
    speckled[30, 30] = 0
    for folder, mask in (("predicted", speckled), ("true", truth())):
        (tmp_path / folder).mkdir()
        write_mask(tmp_path / folder / "a.png", mask)
    _, printed, _ = segstudio("--json", "evaluate", tmp_path / "predicted", tmp_path / "true")
    scores = json.loads(printed)
    # 576 true pixels: one missed, one too many
    assert scores["iou"][1] == pytest.approx(575 / 577)
    assert scores["miou"] == pytest.approx((575 / 577 + 3519 / 3521) / 2)
    out = tmp_path / "predicted" / "a.png"
    assert segstudio("clean", out, "-o", out, "--min-area", 4, "--max-hole", 4)[0] == 0
    _, printed, _ = segstudio("evaluate", tmp_path / "predicted", tmp_path / "true", "--json")
    assert json.loads(printed)["miou"] == 1


def test_new_project_with_strokes_then_export(segstudio: Run, image: Path, strokes: Path, tmp_path: Path) -> None:
    (tmp_path / "strokes").mkdir()
    strokes.rename(tmp_path / "strokes" / "square.png")
    project = tmp_path / "work"
    status, printed, _ = segstudio(
        "new", project, image, "--classes", "background,square", "--scribbles", tmp_path / "strokes", "--json"
    )
    assert status == 0
    assert json.loads(printed)["samples"] == 1
    with Project.open(tmp_path / "work.segstudio") as opened:
        assert (opened.stored()[0].provenance() == 1).sum() == 36 + 2 * 110
    status, printed, _ = segstudio("export", tmp_path / "work.segstudio", tmp_path / "out", "--format", "masks")
    assert status == 0
    assert str(tmp_path / "out") in printed


def test_train_and_predict(segstudio: Run, tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).normal(60, 8, (64, 64))
        pixels[20:44, 20:44] += 100
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / f"{i}.png")
        write_mask(tmp_path / "masks" / f"{i}.png", truth())
    status, printed, _ = segstudio(
        "train", "--images", tmp_path / "images", "--masks", tmp_path / "masks", "-o", tmp_path / "run",
        "--epochs", 1, "--crop", 64, "--batch", 1, "--json",
    )  # fmt: skip
    assert status == 0
    checkpoint = json.loads(printed)["checkpoint"]
    status, _, _ = segstudio("predict", checkpoint, tmp_path / "images", "-o", tmp_path / "out")
    assert status == 0
    assert (read_mask(tmp_path / "out" / "1.png") == truth()).mean() > 0.9


BAD = {
    "no such image": ("propagate", "{t}/none.png", "--scribbles", "{t}/strokes.png", "-o", "{t}/o.png"),
    "empty image": ("propagate", "{t}/empty.png", "--scribbles", "{t}/strokes.png", "-o", "{t}/o.png"),
    "truncated image": ("propagate", "{t}/cut.png", "--scribbles", "{t}/strokes.png", "-o", "{t}/o.png"),
    "mask of the wrong size": ("propagate", "{t}/square.png", "--scribbles", "{t}/small.png", "-o", "{t}/o.png"),
    "no strokes": ("propagate", "{t}/square.png", "--scribbles", "{t}/blank.png", "-o", "{t}/o.png"),
    "unknown class": (
        "propagate", "{t}/square.png", "--scribbles", "{t}/strokes.png", "-o", "{t}/o.png", "--classes", "{t}/one.json"
    ),
    "unknown method": (
        "propagate", "{t}/square.png", "--scribbles", "{t}/strokes.png", "-o", "{t}/o.png", "--method", "magic"
    ),
    "unwritable folder": ("propagate", "{t}/square.png", "--scribbles", "{t}/strokes.png", "-o", "{t}/no/o.png"),
    "boxes that are no JSON": ("boxes", "{t}/square.png", "--boxes", "{t}/empty.png", "-o", "{t}/o.png"),
    "a text as checkpoint": ("predict", "{t}/one.json", "{t}/square.png", "-o", "{t}/o"),
    "no checkpoint": ("predict", "{t}/none.safetensors", "{t}/square.png", "-o", "{t}/o"),
    "not a project": ("export", "{t}", "{t}/o", "--format", "coco"),
    "unknown preset": ("new", "{t}/p", "{t}/square.png", "--classes", "cityscape"),
    "unknown network": ("train", "--images", "{t}", "--masks", "{t}", "-o", "{t}/r", "--network", "unett"),
}  # fmt: skip


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line_and_status_2(
    segstudio: Run, arguments: tuple[str, ...], image: Path, strokes: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes(image.read_bytes()[:2000])
    write_mask(tmp_path / "small.png", np.zeros((9, 9), np.uint8))
    write_mask(tmp_path / "blank.png", np.full((64, 64), 255, np.uint8))
    (tmp_path / "one.json").write_text('{"classes": [{"id": 0, "name": "background"}]}')
    status, printed, said = segstudio(*(a.format(t=tmp_path) for a in arguments))
    assert status == 2
    assert printed == ""
    lines = [line for line in said.splitlines() if line.startswith("segstudio: ")]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    assert not (tmp_path / "o.png").exists()


def test_mistakes_in_an_image_or_in_what_was_drawn_name_the_image(
    segstudio: Run, strokes: Path, tmp_path: Path
) -> None:
    broken = np.zeros((64, 64), np.float32)
    broken[3, 4] = np.nan
    tifffile.imwrite(tmp_path / "scan.tif", broken)
    (tmp_path / "boxes.json").write_text('[{"class": 1, "box": [100, 0, 120, 20]}]')
    for command, option, file in (("propagate", "--scribbles", strokes), ("boxes", "--boxes", tmp_path / "boxes.json")):
        status, _, said = segstudio(command, tmp_path / "scan.tif", option, file, "-o", tmp_path / "o.png")
        assert status == 2
        assert "segstudio: scan.tif: " in said


def test_help_for_every_command(segstudio: Run) -> None:
    _, printed, _ = segstudio("--help")
    for command in [
        "demo",
        "new",
        "propagate",
        "boxes",
        "train",
        "predict",
        "clean",
        "evaluate",
        "export",
        "networks",
        "doctor",
        "info",
        "samples",
        "classes",
        "add",
        "check",
        "compare",
        "convert-data",
        "import",
        "formats",
        "sizes",
        "losses",
        "recipe",
        "tune",
        "models",
        "convert",
    ]:
        assert command in printed
        status, text, _ = segstudio(command, "--help")
        assert status == 0
        assert "Usage: segstudio" in text


def test_networks_lists_the_table_without_torch() -> None:
    code = (
        "import sys; sys.argv = ['segstudio', 'networks', '--no-profile', '--json'];"
        "from segstudio.__main__ import main; status = main();"
        "assert 'torch' not in sys.modules and not any(m.startswith('PySide6') for m in sys.modules); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {row["name"] for row in json.loads(done.stdout)}
    assert {"unet", "deeplabv3plus"} <= names


@pytest.mark.parametrize("module", ["segstudio.gui", "segstudio.cli", "segstudio.app.workbench", "segstudio.learning"])
def test_importing_does_not_load_what_is_dear(module: str) -> None:
    dear = [
        "torch",
        "numba",
        "timm",
        "transformers",
        "pydicom",
        "nibabel",
        "av",
        "pyqtgraph",
        "skimage",
        "scipy.ndimage",
    ]
    code = f"import sys, {module}; print([m for m in {dear!r} if m in sys.modules])"
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "[]"


def test_doctor_says_what_this_machine_has(segstudio: Run) -> None:
    status, printed, _ = segstudio("doctor", "--json")
    report = json.loads(printed)
    assert status == 0
    assert report["cores"] == os.cpu_count()
    assert report["second_qt"] is False
    assert report["packages"]["numpy"] == np.__version__


def test_demo_runs_the_whole_job(segstudio: Run, tmp_path: Path) -> None:
    status, printed, said = segstudio("demo", "--out", tmp_path / "demo", "--minutes", 0.05, "--no-window", "--json")
    assert status == 0, said
    result = json.loads(printed)
    with Image.open(result["contact_sheet"]) as sheet:
        assert sheet.width > 800
    with Project.open(result["project"]) as project:
        stored = project.stored()
        assert len(stored) == 9
        assert all((s.ids() != 255).any() for s in stored), "every image has a mask"
    assert list(Path(result["coco"]).rglob("*.json"))


def test_what_was_exported_is_imported_into_another_project(
    segstudio: Run, image: Path, strokes: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "strokes"
    folder.mkdir()
    strokes.rename(folder / "square.png")
    segstudio("new", tmp_path / "a", image, "--classes", "background,square", "--scribbles", folder)
    segstudio("export", tmp_path / "a.segstudio", tmp_path / "out", "--format", "masks")
    segstudio("new", tmp_path / "b", image, "--classes", "background,square")
    status, _, said = segstudio("import", tmp_path / "b.segstudio", tmp_path / "out", "--format", "masks")
    assert status == 0, said
    with Project.open(tmp_path / "a.segstudio") as a, Project.open(tmp_path / "b.segstudio") as b:
        copies = [s for s in b.stored() if s.labels_file.is_file()]
        assert len(copies) == 1
        np.testing.assert_array_equal(copies[0].ids(), a.stored()[0].ids())
        assert set(np.unique(copies[0].provenance())) == {0, 4}, "imported, not a human's here"


def test_a_data_set_with_a_mistake_changes_nothing_unless_asked(
    segstudio: Run, image: Path, strokes: Path, tmp_path: Path
) -> None:
    segstudio("new", tmp_path / "a", image, "--classes", "background,square")
    (tmp_path / "broken.json").write_text('{"images": [')
    status, printed, said = segstudio("import", tmp_path / "a.segstudio", tmp_path / "broken.json", "--format", "coco")
    assert (status, printed) == (2, "")
    assert "broken.json" in said
    assert "Traceback" not in said


def test_problems_of_an_import_are_a_document_with_file_line_and_reason(
    segstudio: Run, image: Path, tmp_path: Path
) -> None:
    segstudio("new", tmp_path / "a", image, "--classes", "background,square")
    shape = {"label": "moon", "shape_type": "polygon", "points": [[1, 1], [5, 1], [5, 5]]}
    content = {"shapes": [shape], "imagePath": "square.png", "imageHeight": 64, "imageWidth": 64}
    (tmp_path / "square.json").write_text(json.dumps(content, indent=1))
    status, printed, said = segstudio("import", tmp_path / "a.segstudio", tmp_path / "square.json", "--json", "--quiet")
    assert status == 2
    told = json.loads(printed)
    assert told["problems"] == [
        {
            "file": str(tmp_path / "square.json"),
            "line": 3,
            "reason": "the project has no class called 'moon'",
        }
    ]
    assert told["error"] in said
    assert said.splitlines()[0] == f"{tmp_path / 'square.json'}:3: the project has no class called 'moon'"
    assert len(said.splitlines()) == 2
    status, printed, _ = segstudio(
        "import", tmp_path / "a.segstudio", tmp_path / "square.json", "-O", "add_classes=true", "--json"
    )
    assert (status, json.loads(printed)["problems"]) == (0, [])


def test_a_mistake_is_a_document_too_and_quiet_work_says_nothing(segstudio: Run, image: Path, tmp_path: Path) -> None:
    status, printed, _ = segstudio("export", tmp_path / "none", tmp_path / "out", "--format", "coco", "--json")
    assert status == 2
    assert json.loads(printed)["file"] == str(tmp_path / "none")
    assert segstudio("--quiet", "new", tmp_path / "a", image, "--classes", "a,b")[2] == ""


def test_what_was_said_of_one_command_does_not_hold_for_the_next(segstudio: Run) -> None:
    said = json.loads(segstudio("losses", "--json")[1])
    plain = segstudio("losses")[1]
    assert said
    assert plain
    assert not plain.startswith(("[", "{"))
    assert not as_json.get()


def test_what_stands_behind_two_dashes_is_no_option(
    segstudio: Run, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image.rename(tmp_path / "--json")
    status, printed, _ = segstudio("new", "--classes", "a,b", "--", "p", "--json")
    assert (status, printed) == (0, "p.segstudio: 1 image\n")


def test_formats_tells_the_options_of_one(segstudio: Run) -> None:
    status, printed, _ = segstudio("formats", "yolo")
    assert status == 0
    assert "-O val=0.2" in printed
    status, printed, _ = segstudio("formats", "cityscapes", "--json")
    assert {"name": "images", "default": "copy"}.items() <= json.loads(printed)["export"][0].items()
    assert "there is no export format called 'voca'" in segstudio("formats", "voca")[2]


STOPPED = """
import os, signal, sys
from segstudio.io.exporters.base import Output
before, chosen = Output._item, getattr(signal, sys.argv[1])
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin deaf to it
def item(self, sample, stem, number):
    if number == 1:
        os.kill(os.getpid(), chosen)
    return before(self, sample, stem, number)
Output._item = item
sys.argv = ["segstudio", "export", *sys.argv[2:]]
from segstudio.__main__ import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no such signals")
@pytest.mark.parametrize(("name", "expected"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_command_that_is_ended_half_way_leaves_nothing(
    name: str, expected: int, segstudio: Run, image: Path, strokes: Path, tmp_path: Path
) -> None:
    for folder, file in (("images", image), ("strokes", strokes)):
        (tmp_path / folder).mkdir()
        for number in range(3):
            (tmp_path / folder / f"{number}.png").write_bytes(file.read_bytes())
    segstudio("new", tmp_path / "a", tmp_path / "images", "--classes", "a,b", "--scribbles", tmp_path / "strokes")
    command = [sys.executable, "-c", STOPPED, name, tmp_path / "a.segstudio", tmp_path / "out", "--format", "masks"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == expected
    assert done.stderr.splitlines()[-1] == "segstudio: stopped"
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
