"""What can be done with a project or with files, start to end: the command line's verbs, and the window's too."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segstudio.app.box_instances import into_instances
from segstudio.app.box_labels import beside_background, beside_known, has_background
from segstudio.app.cleanup import CleanupOptions
from segstudio.app.others import heard_by_each
from segstudio.app.places import is_inside
from segstudio.app.through_stack import propagated
from segstudio.app.training import trainable_samples
from segstudio.app.training_set import LeftOut, present
from segstudio.app.tuning import tuned_model
from segstudio.core.classes import LabelClass, LabelSet, voc_color
from segstudio.core.errors import AnnotationError, FormatError, MaskError, OptionError, StorageError, storage_errors
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io import images
from segstudio.io.masks import read_mask, write_mask
from segstudio.io.project import Project, SampleQuery
from segstudio.io.project.class_marks import locked_classes
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.predict_config import Using
from segstudio.learning.records import BEST, RECORD, STATE, read_record

R = TypeVar("R")


def _about(name: str, work: Work[R]) -> Work[R]:
    """*work* on the image *name*, which is named where what was drawn or the image itself cannot be used."""
    try:
        return (yield from work)
    except AnnotationError as error:
        raise AnnotationError(f"{name}: {error}") from error


def propagate_file(
    image: Path, scribbles: Path, out: Path, *, classes: LabelSet | None = None, method: str = "auto", **options: Any
) -> Work[dict[str, Any]]:
    """Spread the strokes in the mask file *scribbles* over *image* and write the labels to *out*."""
    from segstudio.algorithms.scribbles import propagation  # loads numba, which not every command needs

    array = images.read(image).array
    seeds = read_mask(scribbles, (array.shape[0], array.shape[1]))
    if classes is not None:
        check_classes(scribbles, seeds, classes)
    result = yield from _about(image.name, propagation(array, seeds, method=method, **options))
    write_mask(out, result.labels, _palette(classes))
    return {
        "output": str(out),
        "method": result.method,
        "confidence": float(result.confidence.mean()),
        "classes": [int(c) for c in np.unique(result.labels)],
    }


def read_boxes(path: Path) -> list[tuple[int, int, int, int, int]]:
    """The boxes in the JSON file at *path*: ``[{"class": 1, "box": [x0, y0, x1, y1]}, ...]``.

    Raises :class:`FormatError` where it is something else.
    """
    with storage_errors(path):
        data = path.read_bytes()
    try:
        rows = json.loads(data)
    except ValueError as error:
        raise FormatError(path, f"not a JSON file ({error})") from error
    if not isinstance(rows, list):
        raise FormatError(path, 'boxes have the form [{"class": 1, "box": [x0, y0, x1, y1]}, ...]')
    return [_box(path, number, row) for number, row in enumerate(rows, start=1)]


def _box(path: Path, number: int, row: Any) -> tuple[int, int, int, int, int]:
    try:
        class_id, corners = row["class"], row["box"]
        x0, y0, x1, y1 = corners
        whole = [class_id, x0, y0, x1, y1]
    except (TypeError, KeyError, ValueError) as error:
        raise FormatError(path, f'box {number} is not of the form {{"class": 1, "box": [x0, y0, x1, y1]}}') from error
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and float(v).is_integer() for v in whole):
        raise FormatError(path, f"box {number}: class and corners are whole numbers")
    return int(class_id), int(x0), int(y0), int(x1), int(y1)


def boxes_file(image: Path, boxes: Path, out: Path, *, method: str = "auto", **options: Any) -> Work[dict[str, Any]]:
    """Turn the boxes in the JSON file *boxes* into a mask of *image* at *out*."""
    from segstudio.algorithms.boxes import pseudo_labelling  # loads numba

    array = images.read(image).array
    result = yield from _about(image.name, pseudo_labelling(array, read_boxes(boxes), method=method, **options))
    write_mask(out, np.asarray(result.labels), _palette(None))
    return {
        "output": str(out),
        "method": method,
        "confidence": float(np.mean(result.confidence)),
        "classes": [int(c) for c in np.unique(result.labels)],
    }


def clean_file(mask: Path, out: Path, **options: int) -> Work[dict[str, Any]]:
    """Clean the mask file *mask* by morphology and write it to *out*."""
    from segstudio.algorithms import morphology  # loads OpenCV and SciPy

    labels = read_mask(mask)
    yield Progress(None, "cleaning")
    cleaned = morphology.clean(labels, **options)  # type: ignore[arg-type]  # whole numbers are allowed radii
    write_mask(out, cleaned, _palette(None))
    return {"output": str(out), "changed_pixels": int((cleaned != labels).sum())}


def evaluate(predictions: Path, targets: Path, num_classes: int | None = None) -> Work[dict[str, Any]]:
    """Compare mask files (or folders of them, by name) over the whole data set; pixels that only the target labels
    count as missed."""
    from segstudio.algorithms import metrics  # loads SciPy

    pairs = _pairs(predictions, targets)
    total = np.zeros((UNLABELLED + 1, UNLABELLED + 1), np.int64)
    for i, (prediction_file, target_file) in enumerate(pairs):
        yield Progress(i / len(pairs), target_file.name)
        target = read_mask(target_file)
        prediction = read_mask(prediction_file, (target.shape[0], target.shape[1]))
        for file, mask in ((prediction_file, prediction), (target_file, target)):
            highest, most = int(mask[mask != UNLABELLED].max(initial=0)), num_classes or UNLABELLED
            if highest >= most:
                raise MaskError(file, f"there is an id {highest}, which is not below the number of classes {most}")
        total += metrics.confusion(prediction, target, UNLABELLED + 1)
    if not pairs:
        raise FormatError(targets, "there is no mask to compare")
    shown = (total.sum(axis=0) + total.sum(axis=1))[:UNLABELLED]
    count = num_classes or int(np.flatnonzero(shown).max(initial=0)) + 1
    missed, total = total[:count, UNLABELLED], total[:count, :count]
    right = np.diag(total)
    wrong, lost = total.sum(axis=0) - right, total.sum(axis=1) - right + missed
    scores = metrics.Scores(right, wrong, lost, total.sum() + missed.sum() - right - wrong - lost)
    return {
        "images": len(pairs),
        "miou": scores.miou,
        "iou": [float(v) for v in scores.iou],
        "dice": [float(v) for v in scores.dice],
        "pixel_accuracy": float(scores.pixel_accuracy),
        "confusion": total.tolist(),
        "unlabelled": missed.tolist(),
    }


def _pairs(predictions: Path, targets: Path) -> list[tuple[Path, Path]]:
    if not targets.is_dir():
        return [(predictions, targets)]
    wanted = sorted(p for p in targets.iterdir() if p.suffix.lower() in (".png", ".tif", ".tiff", ".bmp"))
    found = {p.stem: p for p in predictions.iterdir() if p.is_file()} if predictions.is_dir() else {}
    missing = [p for p in wanted if p.stem not in found]
    if missing:
        raise StorageError(predictions, f"there is no prediction for {missing[0].name} (and {len(missing) - 1} more)")
    return [(found[p.stem], p) for p in wanted]


def check_classes(path: Path, labels: NDArray[np.integer], classes: LabelSet) -> None:
    """Raise :class:`MaskError` where the mask at *path* holds a class id that *classes* lacks."""
    unknown = sorted({int(i) for i in np.unique(labels)} - {UNLABELLED} - set(classes))
    if unknown:
        raise MaskError(path, f"it holds class {unknown[0]}, but the classes are {classes.describe()}")


def import_seeds(project: Project, sample_id: int, scribbles: Path, shape: tuple[int, int]) -> None:
    """Enter the strokes of a mask file as a human's pixels of a sample."""
    seeds = read_mask(scribbles, shape)
    check_classes(scribbles, seeds, project.classes)
    labels = project.load_labels(sample_id, shape, project.segments(sample_id))
    labels.write(labels.region, seeds, seeds != UNLABELLED, source=Provenance.HUMAN)
    store(project, sample_id, labels.ids, labels.provenance)


def _open_labels(project: Project, sample_id: int, shape: tuple[int, int], segments: Mapping[int, int]) -> LabelMap:
    """The label map of a sample, for a computation to write into: not over the classes that are locked."""
    labels = project.load_labels(sample_id, shape, segments)
    labels.locked = locked_classes(project)
    return labels


def store(project: Project, sample_id: int, ids: NDArray[np.uint16], provenance: NDArray[np.uint8]) -> None:
    """Write a label map into a project and enter which classes it shows."""
    project.write_labels(sample_id, ids, provenance, project.classes)
    segments = project.segments(sample_id)
    shown = {segments.get(int(i), int(i)) for i in np.unique(ids)} & set(project.classes)
    project.save_annotation(sample_id, project.annotation(sample_id), segments, shown)


def propagate_project(
    project: Project,
    *,
    method: str = "auto",
    query: SampleQuery | None = None,
    through: bool = False,
    listening: bool = True,
    **options: Any,
) -> Work[list[int]]:
    """Propagate the strokes of every sample that has some (of those that *query* shows); the ids of those samples.

    ``auto`` weighs cues as the project has learned to (:func:`segstudio.app.tuning.tune_project`) and, if *listening*,
    hears what the other images say (:func:`segstudio.app.others.heard_by_each`). *through*: strokes on any slice of a
    volume or another stack label all its slices in the project, which hear nobody; the ids of all of them.
    """
    from segstudio.algorithms import scribbles  # loads numba

    model = tuned_model(project)
    if method == "auto" and model is not None:
        options.setdefault("model", scribbles.load_model(model))
    ids = [i for i in project.sample_ids(query) if through or project.has_labels(i)]
    stacks = _stacks(project, ids) if through else []
    alone = [i for i in ids if project.has_labels(i) and not any(i in stack for stack in stacks)]
    done: list[int] = []
    for place, stack in enumerate(stacks):
        share = (place / (len(stacks) + bool(alone)), (place + 1) / (len(stacks) + bool(alone)))
        done += yield from scaled(_propagate_through(project, stack, method, options), *share)
    share = (len(stacks) / (len(stacks) + 1), 1.0)
    heard: dict[int, Any] = {}
    if method == "auto" and listening and alone:
        middle = share[0] + 0.2 * (share[1] - share[0])
        heard = yield from scaled(heard_by_each(project, alone), share[0], middle)
        share = (middle, share[1])
    return done + (yield from scaled(_propagate_each(project, alone, method, options, heard), *share))


def _stacks(project: Project, ids: Sequence[int]) -> list[list[int]]:
    """The samples of each volume that one of *ids* is a slice of, where the project has several; one per time point."""
    asked, found = set(ids), []
    for path in dict.fromkeys(sample.path for sample in project.samples(ids)):
        frames = project.frames_of(path)
        while len(frames) > 1:
            within = images.read(path, next(iter(frames))).volume
            one = {frame: i for frame, i in frames.items() if within is None or frame in within}
            frames = {frame: i for frame, i in frames.items() if frame not in one}
            if len(one) > 1 and asked & set(one.values()):
                found.append(list(one.values()))
    return found


def _propagate_through(
    project: Project, stack: Sequence[int], method: str, options: Mapping[str, Any]
) -> Work[list[int]]:
    """Label all slices of a *stack* by the strokes on some; those slices, or none where nothing is drawn."""
    stored = project.stored(stack)
    path, frames = stored[0].path, range(stored[0].frame, stored[-1].frame + 1)
    if not any(
        project.has_labels(i) and (sample.provenance() == Provenance.HUMAN).any()
        for i, sample in zip(stack, stored, strict=True)
    ):
        return []
    at_hand = images.read(path, frames.start)
    result = yield from _about(path.name, propagated(project, stored, at_hand, frames, method, options))
    for sample in stored:
        labels = _open_labels(project, sample.id, at_hand.shape, sample.segments)
        labels.write(labels.region, result.labels[sample.id], source=Provenance.PROPAGATED)
        store(project, sample.id, labels.ids, labels.provenance)
    return list(stack)


def _propagate_each(
    project: Project, ids: Sequence[int], method: str, options: Mapping[str, Any], heard: Mapping[int, Any]
) -> Work[list[int]]:
    """Propagate in one image after the other, with what others say of it in *heard*; the ids of those with strokes."""
    from segstudio.algorithms.scribbles import propagation  # loads numba

    done: list[int] = []
    for place, sample_id in enumerate(ids):
        sample = project.sample(sample_id)
        yield Progress(place / len(ids), f"propagating {sample.name}")
        array = images.read(sample.path, sample.frame).array
        labels = _open_labels(project, sample_id, (array.shape[0], array.shape[1]), project.segments(sample_id))
        seeds = labels.classes()
        seeds[labels.provenance != Provenance.HUMAN] = UNLABELLED
        if (seeds == UNLABELLED).all():
            continue
        own = {**options, "experience": heard[sample_id]} if heard.get(sample_id) is not None else options
        result = yield from _about(sample.name, propagation(array, seeds, method=method, **own))
        labels.write(labels.region, result.labels, source=Provenance.PROPAGATED)
        store(project, sample_id, labels.ids, labels.provenance)
        done.append(sample_id)
    return done


def boxes_project(project: Project, *, method: str = "auto", query: SampleQuery | None = None) -> Work[list[int]]:
    """Turn the boxes of every sample that has some (of those that *query* shows) into masks; the ids of these."""
    from segstudio.algorithms.boxes import pseudo_labelling  # loads numba

    boxed, background = project.boxed(), has_background(project.classes)
    ids = [i for i in project.sample_ids(query) if i in boxed]
    for place, sample_id in enumerate(ids):
        sample = project.sample(sample_id)
        yield Progress(place / len(ids), f"segmenting boxes of {sample.name}")
        array = images.read(sample.path, sample.frame).array
        boxes = project.annotation(sample_id).boxes
        drawn = [box.as_tuple() for box in boxes]
        boxed_here = beside_background(drawn, background=background)
        result = yield from _about(sample.name, pseudo_labelling(array, boxed_here, method=method))
        labels = _open_labels(project, sample_id, (array.shape[0], array.shape[1]), project.segments(sample_id))
        found = beside_known(np.asarray(result.labels), drawn, labels.ids, background=background)
        found = into_instances(found, boxes, labels.segments)
        labels.write(labels.region, found, found != UNLABELLED, source=Provenance.PROPAGATED)
        store(project, sample_id, labels.ids, labels.provenance)
    return ids


def train_project(
    folder: Path,
    config: Mapping[str, Any],
    out: Path,
    *,
    only: Collection[int] | None = None,
    begin_from: Path | None = None,
    resume: bool = False,
    devices: int = 1,
    num_nodes: int = 1,
) -> Work[dict[str, Any]]:
    """Train on the labelled samples of the project in *folder* (of *only* these ids); the run's files go to *out*.

    *begin_from* is a checkpoint whose weights are the first. *devices* on each of *num_nodes* machines train together:
    see :func:`segstudio.learning.distributed.assemble`.

    Images whose files are missing are left out: the detail of the first progress is then a
    :class:`~segstudio.app.training_set.LeftOut`, and the result has them as ``left_out``. Raises
    :class:`~segstudio.core.errors.TrainingError` where most are missing. Several machines go without none: they learn
    from the same everywhere.
    """
    config = _told(config, out, resume)
    with Project.open(folder) as project:
        samples, classes = trainable_samples(project, config.get("supervision") or "full"), project.classes
    if only is not None:
        samples = [sample for sample in samples if sample.id in only]
    missing = LeftOut(())
    if num_nodes == 1:
        samples, missing = present(samples)
        if missing.paths:
            yield Progress(0.0, str(missing), missing)
    how: dict[str, Any] = {"begin_from": begin_from, "resume": resume, "devices": devices, "num_nodes": num_nodes}
    result = yield from _train(config, samples, classes, out, **how)
    return result | ({"left_out": [str(path) for path in missing.paths]} if missing.paths else {})


def train_folders(
    image_folder: Path,
    mask_folder: Path | None,
    config: Mapping[str, Any],
    out: Path,
    *,
    boxes: Path | None = None,
    tags: Path | None = None,
    classes: LabelSet | None = None,
    begin_from: Path | None = None,
    resume: bool = False,
    devices: int = 1,
    num_nodes: int = 1,
) -> Work[dict[str, Any]]:
    """Train on images and masks (or strokes) of the same names in two folders.

    *boxes* is a folder of ``<image's stem>.json`` as :func:`read_boxes` takes them, *tags* a JSON file of the class ids
    in each image by its stem. Without *classes* every id that occurs is one. *begin_from* is a checkpoint whose weights
    are the first.
    """
    from segstudio.learning.weak.files import annotated_samples

    config = _told(config, out, resume)
    samples = annotated_samples(image_folder, mask_folder, boxes, tags, read_boxes)
    if classes is None:
        present: set[int] = set()
        for i, sample in enumerate(samples):
            yield Progress(0.02 * i / len(samples), f"looking at {sample.name}")
            present |= {int(v) for v in np.unique(sample.labels())} - {UNLABELLED} | sample.shown()
        classes = LabelSet(LabelClass(v, f"class {v}", voc_color(v)) for v in sorted(present))
    how: dict[str, Any] = {"begin_from": begin_from, "resume": resume, "devices": devices, "num_nodes": num_nodes}
    return (yield from scaled(_train(config, samples, classes, out, **how), 0.02, 1.0))


def _train(
    config: Mapping[str, Any],
    samples: Sequence[Any],
    classes: LabelSet,
    out: Path,
    *,
    begin_from: Path | None,
    resume: bool,
    devices: int,
    num_nodes: int,
) -> Work[dict[str, Any]]:
    from segstudio.learning.distributed import assemble, shut_down  # loads torch
    from segstudio.learning.serving import train_run

    team = assemble(devices, num_nodes, config.get("device") or "auto")
    try:
        result = yield from train_run(config, samples, classes, out, resume=resume, begin_from=begin_from, team=team)
    finally:
        shut_down()
    return {
        "checkpoint": str(result.checkpoint),
        "miou": result.miou,
        "iou": list(result.iou),
        "epochs": result.epochs,
        "seconds": result.seconds,
    }


def _told(config: Mapping[str, Any], run: Path, resume: bool) -> dict[str, Any]:
    """*config*, on top of what a *run* was told that goes on. Raises :class:`OptionError` for one that would be
    written over, or go on as another."""
    if resume:  # a run that was cut off early has not written down what it was told
        told: dict[str, Any] = read_record(run).get("train", {}) if (run / RECORD).exists() else {}
        for name in ("network", "backbone", "supervision"):
            if name in config and told.get(name) not in (None, config[name]):
                raise OptionError(f"{run} was begun with {name} {told[name]}; start a new run for {config[name]}")
        return told | dict(config)
    began_it = all(not int(os.environ.get(name) or 0) for name in ("RANK", "NODE_RANK", "LOCAL_RANK"))
    if began_it and any((run / name).exists() for name in (BEST, STATE)):
        going_on = "go on with it by --resume, or " if (run / STATE).exists() else ""
        raise OptionError(f"{run} holds a run already: {going_on}name another folder")
    return dict(config)


def predict_project(project: Project, model: Path, sample_ids: Sequence[int], using: Using | None = None) -> Work[int]:
    """Predict samples of an open project and write their labels as the model's, never over human pixels.

    *using* tells how, and what becomes of the model's classes; without it they are the project's.
    """
    from segstudio.learning.predicting import predict_image  # loads torch

    using = using or Using(ClassMapping.same(project.classes))
    for place, sample in enumerate(project.stored(sample_ids)):
        yield Progress(place / len(sample_ids), f"predicting {sample.name}")
        result = yield from predict_image(model, sample, using)
        labels = _open_labels(project, sample.id, result.labels.shape, sample.segments)
        labels.write(labels.region, result.labels, result.labels != UNLABELLED, source=Provenance.MODEL)
        store(project, sample.id, labels.ids, labels.provenance)
        project.set_uncertainty(sample.id, result.uncertainty)
    return len(sample_ids)


def clean_project(project: Project, sample_ids: Sequence[int], options: CleanupOptions) -> Work[int]:
    """Clean the masks of samples of an open project; human pixels stay. Answers how many pixels changed."""
    from segstudio.algorithms import morphology  # loads OpenCV and SciPy

    changed = 0
    for place, sample in enumerate(project.stored(sample_ids)):
        yield Progress(place / len(sample_ids), f"cleaning {sample.name}")
        ids = sample.ids()
        labels = _open_labels(project, sample.id, (ids.shape[0], ids.shape[1]), sample.segments)
        cleaned = morphology.clean(ids, **asdict(options))
        labels.write(labels.region, cleaned, cleaned != ids, source=Provenance.PROPAGATED)
        changed += int((labels.ids != ids).sum())
        store(project, sample.id, labels.ids, labels.provenance)
    return changed


def export_project(
    folder: Path, format_name: str, target: Path, *, query: SampleQuery | None = None, **options: Any
) -> Work[Any]:
    """Write the samples of the project in *folder* that a format of the table can tell of, of those that *query* shows;
    the exporter's report. The project's own folder is no place for it."""
    from segstudio.io.exporters import EXPORTERS  # each format's library loads late

    if is_inside(target, folder):
        raise OptionError(f"{target}: this lies in the project's own folder; choose a place outside it")

    exporter = EXPORTERS[format_name]
    with Project.open(folder) as project:
        chosen = exportable(project, exporter.boxes)
        shown = chosen if query is None else set(project.sample_ids(query))
        samples = project.stored([i for i in chosen if i in shown])
        if not samples and chosen:
            raise OptionError(f"{project.folder.name} has no labelled image of those that were asked for")
        if not samples:
            raise OptionError(nothing_to_export(project, project.folder.name))
        return (yield from exporter(samples, project.classes, target, **options))


def exportable(project: Project, boxes: bool) -> list[int]:
    """The samples that have labels or, for a format that holds *boxes*, boxes alone."""
    boxed = project.boxed() if boxes else frozenset[int]()
    return [i for i in project.sample_ids() if i in boxed or project.has_labels(i)]


def nothing_to_export(project: Project, name: str) -> str:
    """Why nothing of *project* can be exported; people know it by *name*."""
    if project.boxed():
        return f"{name} has boxes but no labelled image; choose a format that holds boxes"
    return f"{name} has no labelled image to export"


def _palette(classes: LabelSet | None) -> dict[int, tuple[int, int, int]] | None:
    return {c.id: c.color for c in classes.values()} if classes is not None else {}
