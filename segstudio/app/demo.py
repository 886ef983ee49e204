"""The main job on real images: scribbles are propagated, a network learns from them and labels the rest."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from segstudio.algorithms import raster
from segstudio.app import workflows
from segstudio.app.cleanup import CleanupOptions
from segstudio.core.annotation import SampleState, Scribble
from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import MissingDependencyError, storage_errors
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Work, scaled
from segstudio.core.resources import resource
from segstudio.io import images
from segstudio.io.project import Project

TRAINING_MINUTES = 1.0
_CELL = 260
"""Width of a picture on the contact sheet, in pixels."""
_HEADINGS = ("image", "scribbles", "propagated", "predicted")


@dataclass(frozen=True)
class DemoResult:
    """What the demo wrote where."""

    project: Path
    sheet: Path
    """A picture: each image with its strokes, what was propagated and what was predicted."""
    coco: Path
    masks: Path
    miou: float | None
    """Of the network on images that it did not learn from."""


def run_demo(out: Path, *, minutes: float = TRAINING_MINUTES) -> Work[DemoResult]:
    """The whole job in the new folder *out*: project, propagation, training, prediction, cleaning, export."""
    script = json.loads(resource("demo", "demo.json").read_text(encoding="utf-8"))
    classes = LabelSet(LabelClass(c["id"], c["name"], parse_color(c["color"])) for c in script["classes"])
    with storage_errors(out):
        (out / "images").mkdir(parents=True, exist_ok=True)
    files = [_copy_image(entry, out / "images") for entry in script["images"]]
    with Project.create(out / "demo", classes, files) as project:
        ids = project.sample_ids()
        scribbled = [i for i, entry in zip(ids, script["images"], strict=True) if entry["strokes"]]
        plain = [i for i in ids if i not in scribbled]
        for sample_id, entry in zip(ids, script["images"], strict=True):
            _draw_strokes(project, sample_id, entry["strokes"], script["width"])
        yield from scaled(workflows.propagate_project(project), 0.0, 0.15)
        propagated = {i: _labels(project, i) for i in scribbled}
        yield from scaled(workflows.clean_project(project, scribbled, CleanupOptions()), 0.15, 0.18)
        for sample_id in scribbled:
            project.set_state(sample_id, SampleState.DONE)
        run = project.new_run("unet", _recipe(minutes))
        # the photographs show propagation alone: nothing of their classes is left to be predicted
        alike = {i for i, entry in zip(ids, script["images"], strict=True) if entry.get("learn")}
        work = workflows.train_project(project.folder, _recipe(minutes), run.folder, only=alike)
        trained = yield from scaled(work, 0.18, 0.85, "training: ")
        project.finish_run(run.id, "done", {"miou": trained["miou"], "epoch": trained["epochs"]})
        yield from scaled(workflows.predict_project(project, run.checkpoint, plain), 0.85, 0.9)
        yield from scaled(workflows.clean_project(project, plain, CleanupOptions()), 0.9, 0.92)
        learned = [i for i in scribbled if i in alike]
        predicted = yield from scaled(_predictions(project, run.checkpoint, learned), 0.92, 0.95)
        predicted |= {i: _labels(project, i) for i in plain}
        sheet = out / "contact-sheet.png"
        _contact_sheet(project, sheet, propagated, predicted)
        folder = project.folder
    yield from scaled(workflows.export_project(folder, "coco", out / "coco"), 0.95, 0.98)
    yield from scaled(workflows.export_project(folder, "masks", out / "masks"), 0.98, 1.0)
    return DemoResult(folder, sheet, out / "coco", out / "masks", trained["miou"])


def _recipe(minutes: float) -> dict[str, Any]:
    return {
        "network": "unet",
        "network_options": {"width": 12, "batch_norm": True},  # small enough to learn something in a minute on a CPU
        "minutes": minutes,
        "crop": 128,
        "batch": 8,
        "lr": 3e-3,
        "validation_fraction": 0.0,
        "seed": 1,
    }


def _copy_image(entry: Mapping[str, Any], folder: Path) -> Path:
    """One of scikit-image's pictures, cropped, as a file of the demo's own."""
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        raise MissingDependencyError("the demo's images come with scikit-image; run: pip install scikit-image")
    array = images.read(Path(package.origin).parent / "data" / entry["file"]).array
    if "crop" in entry:
        y0, x0, y1, x1 = entry["crop"]
        array = array[y0:y1, x0:x1]
    path = folder / f"{entry['name'].replace(' ', '-')}.png"
    with storage_errors(path):
        PillowImage.fromarray(np.ascontiguousarray(array)).save(path)
    return path


def _draw_strokes(project: Project, sample_id: int, strokes: list[Mapping[str, Any]], width: float) -> None:
    if not strokes:
        return
    shape = images.probe(project.sample(sample_id).path).shape
    labels = LabelMap(shape)
    for stroke in strokes:
        draw(labels, Scribble(stroke["class"], tuple((y, x) for y, x in stroke["points"]), width))
    workflows.store(project, sample_id, labels.ids, labels.provenance)


def draw(labels: LabelMap, scribble: Scribble) -> None:
    """Enter a stroke as a human's pixels."""
    for start, end in pairwise([*scribble.points, scribble.points[-1]]):
        region, mask = raster.stroke(start, end, scribble.width / 2, labels.shape)
        if not region.empty:
            labels.write(region, scribble.class_id, mask, source=Provenance.HUMAN)


def _labels(project: Project, sample_id: int) -> NDArray[np.uint16]:
    return project.stored([sample_id])[0].ids()


def _predictions(project: Project, checkpoint: Path, ids: list[int]) -> Work[dict[int, NDArray[np.uint16]]]:
    """What the network says of samples, without writing it."""
    from segstudio.learning.predicting import predict_image  # loads torch

    found = {}
    for sample in project.stored(ids):
        found[sample.id] = (yield from predict_image(checkpoint, sample)).labels
    return found


def _contact_sheet(
    project: Project,
    path: Path,
    propagated: Mapping[int, NDArray[np.uint16]],
    predicted: Mapping[int, NDArray[np.uint16]],
) -> None:
    """Rows of image, strokes, propagated and predicted labels."""
    samples = project.stored()
    heading = 26
    palette = project.classes.palette()
    rows: list[list[PillowImage.Image]] = []
    for sample in samples:
        image = _rgb(sample.image())
        ids = sample.ids()
        seeds = np.where(sample.provenance() == Provenance.HUMAN, ids, UNLABELLED)
        blank = np.full_like(ids, UNLABELLED)
        cells = (
            image,
            _overlaid(image, seeds, palette, 1.0, grow=2),
            _overlaid(image, propagated.get(sample.id, blank), palette, 0.55),
            _overlaid(image, predicted.get(sample.id, blank), palette, 0.55),
        )
        rows.append([_fitted(cell) for cell in cells])
    sheet = PillowImage.new("RGB", (4 * (_CELL + 4), heading + sum(row[0].height + 4 for row in rows)), "#20262e")
    pen = ImageDraw.Draw(sheet)
    for column, text in enumerate(_HEADINGS):
        pen.text((column * (_CELL + 4) + 6, 7), text, fill="#e8edf2")
    top = heading
    for row in rows:
        for column, cell in enumerate(row):
            sheet.paste(cell, (column * (_CELL + 4), top))
        top += row[0].height + 4
    with storage_errors(path):
        sheet.save(path)


def _rgb(array: NDArray[Any]) -> NDArray[np.uint8]:
    grey = np.asarray(array, np.uint8)
    return np.repeat(grey[..., None], 3, axis=2) if grey.ndim == 2 else grey[..., :3]


def _overlaid(
    image: NDArray[np.uint8], ids: NDArray[Any], palette: NDArray[np.uint8], opacity: float, *, grow: int = 0
) -> NDArray[np.uint8]:
    """Labels in their colours over the image, the background thinner, with an outline between classes."""
    shown = np.where(ids > UNLABELLED, UNLABELLED, ids).astype(np.uint8)
    if grow:  # strokes a few pixels wide would vanish in a small picture
        kernel = np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)
        shown = np.asarray(cv2.erode(shown, kernel), np.uint8)
    labelled = shown != UNLABELLED
    alpha = np.where(labelled, np.where((shown == 0) & (grow == 0), 0.35, opacity), 0.0)[..., None]
    blended: NDArray[np.float64] = image * (1 - alpha) + palette[shown] * alpha
    return np.rint(blended).astype(np.uint8)


def _fitted(cell: NDArray[np.uint8]) -> PillowImage.Image:
    size = _CELL, max(1, round(cell.shape[0] * _CELL / cell.shape[1]))
    return PillowImage.fromarray(cell).resize(size, PillowImage.Resampling.LANCZOS)
