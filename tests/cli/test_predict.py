"""`segstudio predict`, `models` and `convert` as their users run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from segstudio.app.predict_files import mask_names, predict_into
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.io.masks import mask_palette, read_mask
from segstudio.io.project import Project
from segstudio.learning import predicting
from segstudio.learning.checkpoint import save_checkpoint
from segstudio.learning.data import Normalisation
from segstudio.learning.networks import create_network
from segstudio.learning.pretrained import PRETRAINED
from tests.cli.conftest import Run

CLASSES = LabelSet.named(["ground", "person", "car"])


@pytest.fixture
def segstudio(segstudio: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("SEGSTUDIO_CACHE", str(tmp_path / "cache"))
    return segstudio


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = create_network("unet", 3, 3, width=4, depth=2)
    scale = Normalisation("dataset", (0.0,) * 3, (255.0,) * 3, (120.0,) * 3, (60.0,) * 3)
    save_checkpoint(tmp_path / "net.safetensors", network, classes=CLASSES, config={"normalisation": scale.to_json()})
    return tmp_path / "net.safetensors"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for i, name in enumerate(("a/one.png", "a/two.png", "b/one.png")):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (40, 56, 3), dtype=np.uint8)).save(path)
    return tmp_path / "images"


def test_frames_of_one_file_that_are_left_out_are_told_apart(
    segstudio: Any, model: Path, images: Path, tmp_path: Path
) -> None:
    stack = images / "stack.tif"
    with tifffile.TiffWriter(stack) as writer:
        for _ in range(3):
            writer.write(np.zeros((40, 56, 5), np.uint8), photometric="minisblack", planarconfig="contig")
    status, printed, said = segstudio("predict", model, images, "-o", tmp_path / "out", "--json")
    assert status == 0, said
    told = [line for line in json.loads(printed)["left_out"] if "stack.tif" in line]
    assert [line.partition("stack.tif")[2].partition(": ")[0] for line in told] == ["", " [2]", " [3]"]
    assert len({line.partition(": ")[2] for line in told}) == 1, "the reason is the same"
    project = tmp_path / "p.segstudio"
    assert segstudio("new", project, images, "--classes", "ground,person,car")[0] == 0
    status, printed, said = segstudio("predict", model, project, "--json")
    assert status == 0, said
    assert [line for line in json.loads(printed)["left_out"] if "stack.tif" in line] == told


def test_masks_and_maps_of_a_folder(segstudio: Any, model: Path, images: Path, tmp_path: Path) -> None:
    (images / "broken.png").write_bytes(b"not an image")
    status, printed, said = segstudio(
        "predict", model, images, "-o", tmp_path / "out", "--maps", "confidence,entropy,ood", "--json"
    )
    assert status == 0, said
    answer = json.loads(printed)
    assert sorted(Path(m).name for m in answer["masks"]) == ["a-one.png", "b-one.png", "two.png"]
    assert "left out: " in said
    assert "broken.png" in said
    assert read_mask(tmp_path / "out" / "two.png", (40, 56)).max() <= 2
    assert mask_palette(tmp_path / "out" / "two.png")[1].tolist() == list(CLASSES[1].color)
    sure = tifffile.imread(tmp_path / "out" / "two.confidence.tif")
    assert sure.shape == (40, 56)
    assert 1 / 3 - 1e-6 <= sure.min() <= sure.max() <= 1
    assert (tmp_path / "out" / "b-one.ood.tif").is_file()


def test_what_is_ordinary_is_measured_on_the_training(
    segstudio: Any, model: Path, images: Path, tmp_path: Path
) -> None:
    Image.fromarray(np.full((40, 56, 3), 120, np.uint8)).save(tmp_path / "flat.png")
    arguments = ("predict", model, tmp_path / "flat.png", images / "a" / "two.png", "--maps", "ood")
    status, _, said = segstudio(*arguments, "-o", tmp_path / "out", "--ordinary", images)
    assert status == 0, said
    strange, ordinary = (tifffile.imread(tmp_path / "out" / f"{name}.ood.tif") for name in ("flat", "two"))
    assert np.median(ordinary) == pytest.approx(0, abs=0.2)
    assert np.median(strange) > 0.5
    segstudio(*arguments, "-o", tmp_path / "again")
    np.testing.assert_allclose(tifffile.imread(tmp_path / "again" / "flat.ood.tif"), strange, atol=1e-4)
    status, _, said = segstudio(*arguments, "-o", tmp_path / "no", "--ordinary", tmp_path / "nothing")
    assert status == 2


def test_a_project_is_predicted_where_nobody_has_begun_and_human_pixels_stay(
    segstudio: Any, model: Path, images: Path, tmp_path: Path
) -> None:
    project = tmp_path / "p.segstudio"
    assert segstudio("new", project, images, "--classes", "ground,person,car")[0] == 0
    drawn = np.full((40, 56), 255, np.uint16)
    drawn[:10] = 2
    with Project.open(project) as opened:
        opened.write_labels(1, drawn, np.where(drawn == 2, Provenance.HUMAN, 0).astype(np.uint8), CLASSES)
    status, printed, said = segstudio("predict", model, project, "--json")
    assert status == 0, said
    assert json.loads(printed)["images"] == 2
    segstudio("predict", model, images, "-o", tmp_path / "plain")
    with Project.open(project) as opened:
        assert (opened.load_labels(1, (40, 56), {}).ids == drawn).all(), "somebody has begun it"
        assert opened.samples([2])[0].path.name == "two.png"
        labels = opened.load_labels(2, (40, 56), {})
        assert (labels.ids == read_mask(tmp_path / "plain" / "two.png")).all()
        assert (labels.provenance == Provenance.MODEL).all()
        assert opened.samples([2])[0].uncertainty is not None
    assert segstudio("predict", model, project, "--state", "todo")[0] == 0
    with Project.open(project) as opened:
        labels = opened.load_labels(1, (40, 56), {})
        assert (labels.ids[:10] == 2).all()
        assert (labels.provenance[:10] == Provenance.HUMAN).all()
        assert (labels.provenance[10:] == Provenance.MODEL).all()


def test_a_prediction_of_a_project_that_is_stopped_goes_on_with_the_rest(
    segstudio: Any, model: Path, images: Path, tmp_path: Path
) -> None:
    project = tmp_path / "p.segstudio"
    assert segstudio("new", project, images, "--classes", "ground,person,car")[0] == 0
    work = predict_into(project, model)
    for progress in work:
        if (progress.fraction or 0) > 0.33:  # at the second of three
            break
    work.close()
    assert segstudio("check", project)[0] == 0
    with Project.open(project) as opened:
        assert [opened.has_labels(i) for i in (1, 2, 3)] == [True, False, False]
    assert json.loads(segstudio("predict", model, project, "--json")[1])["images"] == 2


def test_a_project_of_which_no_image_can_be_predicted_says_why(segstudio: Any, model: Path, tmp_path: Path) -> None:
    (tmp_path / "bands").mkdir()
    for number in range(2):
        tifffile.imwrite(tmp_path / "bands" / f"{number}.tif", np.zeros((40, 40, 7), np.uint8), planarconfig="contig")
    project = tmp_path / "p.segstudio"
    assert segstudio("new", project, tmp_path / "bands", "--classes", "ground,person,car")[0] == 0
    status, _, said = segstudio("predict", model, project)
    assert status == 2
    assert "0.tif: the image has 7 channels where the network takes 3" in said


def test_every_image_has_a_name_of_its_own() -> None:
    frames = [
        (Path("x/a/i.png"), 0),
        (Path("x/b/i.png"), 0),
        (Path("y/b/i.png"), 0),
        (Path("v.tif"), 0),
        (Path("v.tif"), 1),
    ]
    names = mask_names(frames)
    assert names == ["a-i", "x-b-i", "y-b-i", "v_0000", "v_0001"]
    assert mask_names([(Path("i.png"), 0), (Path("i.jpg"), 0)]) == ["i", "i-2"]


def test_classes_are_mapped_by_name_or_as_told(segstudio: Any, model: Path, images: Path, tmp_path: Path) -> None:
    assert segstudio("predict", model, images, "-o", tmp_path / "plain")[0] == 0
    plain = read_mask(tmp_path / "plain" / "two.png")
    segstudio("predict", model, images, "-o", tmp_path / "named", "--to", "x,Cars,pedestrian")
    np.testing.assert_array_equal(read_mask(tmp_path / "named" / "two.png"), np.array([255, 2, 1])[plain])
    segstudio("predict", model, images, "-o", tmp_path / "told", "--map", "person=human", "--rest", "nothing")
    np.testing.assert_array_equal(read_mask(tmp_path / "told" / "two.png"), np.array([0, 1, 0])[plain])
    status, _, said = segstudio("predict", model, images, "-o", tmp_path / "no", "--map", "persn=human")
    assert status == 2
    assert "the model has no class 'persn'; did you mean 'person'?" in said


def test_a_run_that_was_stopped_goes_on(segstudio: Any, model: Path, images: Path, tmp_path: Path) -> None:
    segstudio("predict", model, images, "-o", tmp_path / "out")
    (tmp_path / "out" / "two.png").unlink()
    before = (tmp_path / "out" / "a-one.png").stat().st_mtime_ns
    _, printed, _ = segstudio("predict", model, images, "-o", tmp_path / "out", "--resume", "--json")
    answer = json.loads(printed)
    assert [Path(m).name for m in answer["masks"]] == ["two.png"]
    assert answer["skipped"] == 2
    assert (tmp_path / "out" / "a-one.png").stat().st_mtime_ns == before


def test_a_large_image_is_predicted_in_pieces(
    segstudio: Any, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 500, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "large.tif", pixels, tile=(128, 128))
    arguments = ("predict", model, tmp_path / "large.tif", "--tile", 96, "--maps", "confidence")
    segstudio(*arguments, "-o", tmp_path / "whole")
    monkeypatch.setattr(predicting, "LARGEST_AT_ONCE", 10_000)
    status, _, said = segstudio(*arguments, "-o", tmp_path / "pieces")
    assert status == 0, said
    whole, pieces = (read_mask(tmp_path / name / "large.png") for name in ("whole", "pieces"))
    assert (whole == pieces).mean() > 0.999
    sure = tifffile.imread(tmp_path / "pieces" / "large.confidence.tif")
    np.testing.assert_allclose(sure, tifffile.imread(tmp_path / "whole" / "large.confidence.tif"), atol=1e-3)
    assert sorted(p.name for p in (tmp_path / "pieces").iterdir()) == ["large.confidence.tif", "large.png"]
    status, _, said = segstudio(*arguments, "-o", tmp_path / "no", "--crf")
    assert status == 2
    assert "500x300 pixels is predicted in pieces" in said


def test_convert_then_predict_with_the_file(segstudio: Any, model: Path, images: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    segstudio("predict", model, images, "-o", tmp_path / "plain", "--precision", "off")
    for suffix in ("onnx", "pt2"):
        status, _, said = segstudio("convert", model, "-o", tmp_path / f"net.{suffix}", "--size", "40x56")
        assert status == 0, said
        status, _, said = segstudio("predict", tmp_path / f"net.{suffix}", images, "-o", tmp_path / suffix)
        assert status == 0, said
        same = read_mask(tmp_path / suffix / "two.png") == read_mask(tmp_path / "plain" / "two.png")
        assert same.mean() > 0.999
    status, _, said = segstudio("convert", model, "-o", tmp_path / "net.onnx", "--size", "3x")
    assert status == 2
    assert "HEIGHTxWIDTH" in said


def test_models_are_listed_and_say_how_to_get_them(segstudio: Any, images: Path, tmp_path: Path) -> None:
    _, printed, _ = segstudio("models", "--json")
    rows = json.loads(printed)
    assert [row["name"] for row in rows] == list(PRETRAINED)
    assert not any(row["here"] for row in rows)
    assert all(row["licence"] and row["url"].startswith("https://") for row in rows)
    status, _, said = segstudio("predict", "deeplabv3_resnet50", images, "-o", tmp_path / "out")
    assert status == 2
    assert "segstudio models --download deeplabv3_resnet50" in said
    status, _, said = segstudio("models", "--download", "deeplab")
    assert status == 2
    assert "no pretrained model called 'deeplab'" in said


def test_the_folder_of_a_run_stands_for_its_network(segstudio: Any, model: Path, images: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    shutil.copyfile(model, tmp_path / "run" / "best.safetensors")
    segstudio("predict", model, images, "-o", tmp_path / "plain")
    status, _, said = segstudio("predict", tmp_path / "run", images, "-o", tmp_path / "out")
    assert status == 0, said
    assert (read_mask(tmp_path / "out" / "two.png") == read_mask(tmp_path / "plain" / "two.png")).all()
    status, _, said = segstudio("predict", images, images, "-o", tmp_path / "none")
    assert status == 2
    assert "is no run of a training that has left a network" in said
    assert not (tmp_path / "none").exists()


BAD = {
    "a scale of nothing": ("--scales", "0"),
    "an unknown map": ("--maps", "confidance"),
    "an unknown backend": ("--backend", "magic"),
    "means that are no numbers": ("--mean", "a,b"),
    "a backend that does not fit": ("--backend", "openvino", "--device", "cuda:77"),
    "classes that are not there": ("--to", "nowhere"),
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD.keys())
def test_bad_options_are_one_line(
    segstudio: Any, model: Path, images: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    status, printed, said = segstudio("predict", model, images, "-o", tmp_path / "out", *arguments)
    assert status == 2
    assert printed == ""
    assert len([line for line in said.splitlines() if line.startswith("segstudio: ")]) == 1, said


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "segstudio", *map(str, arguments)]


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("WORLD_SIZE", "RANK", "LOCAL_RANK")}
    return kept | {"OMP_NUM_THREADS": "1", "SEGSTUDIO_CACHE": str(folder / "cache")}


def many(folder: Path, count: int) -> Path:
    images = folder / "many"
    images.mkdir()
    for i in range(count):
        pixels = np.random.default_rng(i).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(images / f"{i:03}.png")
    return images


@pytest.mark.slow
def test_two_processes_write_every_image_once(model: Path, tmp_path: Path) -> None:
    images = many(tmp_path, 9)
    alone = command("predict", model, images, "-o", tmp_path / "alone", "--precision", "off")
    both = command("predict", model, images, "-o", tmp_path / "both", "--devices", 2, "--precision", "off", "--json")
    for line in (alone, both):
        done = subprocess.run(line, env=environment(tmp_path), capture_output=True, text=True, timeout=250, check=False)
        assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["images"] == 9
    assert len(answer["masks"]) in (4, 5), "the other process has written the rest"
    names = sorted(p.name for p in (tmp_path / "both").iterdir())
    assert names == [f"{i:03}.png" for i in range(9)]
    for name in names:
        np.testing.assert_array_equal(read_mask(tmp_path / "both" / name), read_mask(tmp_path / "alone" / name))


@pytest.mark.slow
def test_a_killed_process_leaves_a_run_that_can_be_resumed(model: Path, tmp_path: Path) -> None:
    images, out = many(tmp_path, 400), tmp_path / "out"
    arguments = ("predict", model, images, "-o", out, "--devices", 2, "--precision", "off", "--tta")
    process = subprocess.Popen(
        command(*arguments), env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 200
    while len(list(out.glob("*.png")) if out.is_dir() else []) < 10:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    child = _child_of(process.pid)
    os.kill(child, 9)
    process.communicate(timeout=250)
    assert process.returncode != 0
    kept = {p.name: p.stat().st_mtime_ns for p in out.glob("*.png")}
    assert 10 <= len(kept) < 400
    for name in kept:
        read_mask(out / name, (64, 64))
    done = subprocess.run(
        command(*arguments, "--resume"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(out.glob("*.png"))) == 400
    assert all((out / name).stat().st_mtime_ns == when for name, when in kept.items())
    assert not list(out.glob("*.tmp")) or len(list(out.glob("*.tmp"))) <= 1


def _child_of(parent: int) -> int:
    """The process that *parent* has started to predict with it."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"predict" in words:
            return int(entry.name)
    raise AssertionError("the second process was not found")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_image(model: Path, tmp_path: Path) -> None:
    """The same command on an image of twelve times the pixels takes no more than what the file's cache takes."""
    peaks = {}
    for name, side in (("small", 4200), ("large", 14_500)):
        row = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
        with tifffile.TiffWriter(tmp_path / f"{name}.tif") as file:
            tiles = -(-side // 256)
            file.write(
                (row for _ in range(tiles * tiles)),
                shape=(side, side, 3), dtype=np.uint8, tile=(256, 256), photometric="rgb", compression="zlib",
            )  # fmt: skip
        script = (
            "import sys, resource; from segstudio.__main__ import main;"
            "import torch; torch.set_num_threads(1); status = main();"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
        )
        arguments = [
            "predict",
            str(model),
            str(tmp_path / f"{name}.tif"),
            "-o",
            str(tmp_path / "out"),
            "--tile",
            "1024",
        ]
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=environment(tmp_path), capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        peaks[name] = int(done.stdout.split()[-1]) / 1024
        assert read_mask(tmp_path / "out" / f"{name}.png").shape == (side, side)
    # the pages of the mask that is put together on the disk count as the process's own (210 MB); the rows of
    # probabilities that tiles still reach grow to 256 MB and no further
    assert peaks["large"] - peaks["small"] < 210 + 256 + 50, peaks
