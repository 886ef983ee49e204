"""Strokes on some slices of a stack become labels of all of them, in one piece of work and one step of undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segstudio.app.document import Document
from segstudio.app.machine_edits import write_together
from segstudio.app.volumes import Volume, load_volume
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.images import Image
from segstudio.io.project import Project, StoredSample
from segstudio.io.project.predictions import read_prediction

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

NAME, _ACT = "Propagate through the volume", "propagate through the volume"
MOST_VOXELS = 32_000_000
"""More are refused: about 100 bytes of memory a voxel are in use until all are solved together."""


@dataclass(frozen=True, eq=False)
class Propagated:
    """What the strokes of a stack became."""

    labels: Mapping[int, NDArray[np.uint8]]
    """Class ids ``(H, W)`` by sample id."""
    confidence: Mapping[int, NDArray[np.float32]]
    """How sure they are, ``(H, W)`` in [0, 1], by sample id."""
    method: str


def propagate_through(bench: Workbench, document: Document, samples: Mapping[int, int]) -> None:
    """Spread what people painted on the slices of the stack at hand over all of them, as a job.

    *samples*: sample ids by frame. Slices between them that the project does not have are looked at too, so that
    distances are true. Nothing is written before everything is known: a job that is stopped changes nothing.
    """
    image = document.image
    if image is not None and image.volume is not None:
        samples = {frame: sample for frame, sample in samples.items() if frame in image.volume}
    if image is None or len(samples) < 2:
        return
    frames = range(min(samples), max(samples) + 1)
    with bench.reporting(_ACT):
        _check_size(image, frames)
        document.save()  # the strokes are read from the files
        stored = document.project.stored(samples.values())
        method, options, model_file = bench.propagation.method, bench.propagation.options(), bench.tuning.model_file
        asked = bench.teach.on

        def work() -> Work[Propagated]:
            from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay

            if method == "auto" and model_file is not None:
                options["model"] = scribbles.load_model(model_file)
            return (yield from propagated(document.project, stored, image, frames, method, options, with_network=asked))

        bench.jobs.submit(
            NAME,
            work,
            lambda result: document.when_free(lambda: _take(bench, document, result)),
            lane="propagate",
            key="propagate",
            failed=lambda error: bench.report(error, _ACT),
        )


def _check_size(image: Image, frames: Sequence[int]) -> None:
    voxels = len(frames) * image.shape[0] * image.shape[1]
    if voxels > MOST_VOXELS:
        raise AnnotationError(
            f"{image.path.name} has {voxels // 10**6} million voxels and at most {MOST_VOXELS // 10**6} million are "
            "propagated through at once; propagate from slice to slice instead"
        )


@dataclass(eq=False)
class _Said:
    """What is known of the slices, by frame."""

    strokes: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    """The human's pixels as class ids ``(H, W)``, 255 elsewhere; only of frames that have some."""
    absent: dict[int, set[int]] = field(default_factory=dict)
    """Class ids that tags say are not there."""
    predicted: dict[int, Path] = field(default_factory=dict)
    """Folders with a prediction that nobody refused."""


def propagated(
    project: Project,
    stored: Sequence[StoredSample],
    at_hand: Image,
    frames: Sequence[int],
    method: str,
    options: Mapping[str, Any],
    *,
    with_network: bool = False,
) -> Work[Propagated]:
    """Labels of the *stored* samples, which are slices of the file of *at_hand*, from what people painted on them.

    *frames* is what is read of the file. A class whose tag says that it is not in a slice is not found there. With
    *with_network* predictions that lie beside the labels count too. Raises :class:`AnnotationError` where fewer than
    two classes are drawn, there are more than ``MOST_VOXELS``, tags and strokes contradict each other or slices are of
    different sizes, and as reading images and label maps does.
    """
    from segstudio.algorithms import scribbles

    _check_size(at_hand, frames)
    said = yield from scaled(_reading(project, stored, at_hand.shape, with_network), 0.0, 0.1)
    drawn = {int(value) for plane in said.strokes.values() for value in np.unique(plane)} - {UNLABELLED}
    if len(drawn) < 2:
        raise AnnotationError("draw strokes of two classes or more, on any slices: there is nothing to propagate")
    for frame, absent in said.absent.items():
        if drawn <= absent:
            raise AnnotationError(f"the tags of slice {frame + 1} leave none of the classes that are drawn: change one")
    volume = yield from scaled(load_volume((), at_hand, frames), 0.1, 0.2)
    seeds = np.full(volume.labels.shape, UNLABELLED, np.uint8)
    for place, frame in enumerate(volume.frames):
        if frame in said.strokes:
            seeds[place] = said.strokes[frame]
    known = at_hand.spacing is not None and len(at_hand.spacing) > 2
    spreading = scribbles.propagation(
        volume.voxels,
        seeds,
        method=method,
        spacing=volume.spacing if known else None,
        probabilities=_predictions(project, said, volume) if said.predicted else None,
        absent={place: said.absent[frame] for place, frame in enumerate(volume.frames) if frame in said.absent},
        **options,
    )
    found = yield from scaled(spreading, 0.2, 1.0)
    places = {sample.id: volume.frames.index(sample.frame) for sample in stored if sample.frame in volume.frames}
    return Propagated(
        {sample_id: found.labels[place] for sample_id, place in places.items()},
        {sample_id: found.confidence[place] for sample_id, place in places.items()},
        found.method,
    )


def _reading(
    project: Project, stored: Sequence[StoredSample], shape: tuple[int, int], with_network: bool
) -> Work[_Said]:
    """What people said of the slices, and what a network said of those where nobody refused it."""
    said = _Said()
    for number, sample in enumerate(stored):
        yield Progress(number / len(stored), "reading the strokes")
        labels = project.load_labels(sample.id, shape, sample.segments)
        provenance = np.asarray(labels.provenance)
        human = provenance == Provenance.HUMAN
        if not labels.blank and human.any():
            said.strokes[sample.frame] = np.where(human, labels.classes(), np.uint8(UNLABELLED))
        absent = {tag.class_id for tag in sample.annotation.tags if not tag.present}
        if absent:
            _check_absent(project, sample, absent, said.strokes.get(sample.frame))
            said.absent[sample.frame] = absent
        # labels of which nothing is a network's: a person would have none of its prediction
        if with_network and (labels.blank or bool((provenance == Provenance.MODEL).any())):
            said.predicted[sample.frame] = project.sample_folder(sample.id)
    return said


def _check_absent(project: Project, sample: StoredSample, absent: set[int], drawn: NDArray[np.uint8] | None) -> None:
    denied = absent & ({int(value) for value in np.unique(drawn)} if drawn is not None else set())
    if denied:
        name = project.classes[min(denied)].name
        raise AnnotationError(
            f"{name} is drawn on slice {sample.frame + 1}, but its tag says that it is not there: change one of the two"
        )


def _predictions(project: Project, said: _Said, volume: Volume) -> Iterator[NDArray[np.float32] | None]:
    """A network's ``(K, H, W)`` of slice after slice, read when it is asked for."""
    ids = list(project.classes)
    shape = (volume.labels.shape[1], volume.labels.shape[2])
    for frame in volume.frames:
        folder = said.predicted.get(frame)
        found = read_prediction(folder, shape, ids) if folder is not None else None
        yield found.probabilities(ids) if found is not None else None


def _take(bench: Workbench, document: Document, result: Propagated) -> None:
    if document is not bench.document:
        return
    with bench.reporting(_ACT):
        write_together(document, NAME, result.labels, Provenance.PROPAGATED)
        if document.sample is not None and document.sample.id in result.confidence:
            document.set_confidence(result.confidence[document.sample.id])
        mean = float(np.mean([plane.mean() for plane in result.confidence.values()]))
        bench.propagation.finished.emit(result.method, mean)
