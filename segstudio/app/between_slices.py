"""Labels on some slices of a stack carried into the slices between them, as one step of undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segstudio.app.document import Document
from segstudio.app.machine_edits import write_together
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.images import Image
from segstudio.io.project import StoredSample

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

NAME, _ACT = "Interpolate between slices", "interpolate between slices"
_SAID = (Provenance.HUMAN, Provenance.IMPORTED)


@dataclass(frozen=True, eq=False)
class Interpolated:
    """What lies between the slices that people labelled."""

    labels: Mapping[int, NDArray[np.uint8]]
    """Class ids ``(H, W)`` by sample id, 255 where nothing is to be written."""
    erase: Mapping[int, NDArray[np.bool_]]
    """Pixels ``(H, W)`` by sample id that an earlier interpolation or propagation set and this one does not."""


def interpolate(bench: Workbench, document: Document, samples: Mapping[int, int]) -> None:
    """Fill the slices of the volume at hand that lie between labelled ones, as a job; *samples*: ids by frame."""
    image = document.image
    if image is None:
        return
    if image.volume is not None:
        samples = {frame: sample for frame, sample in samples.items() if frame in image.volume}
    with bench.reporting(_ACT):
        document.save()  # what is labelled is read from the files
        stored = document.project.stored(samples.values())
        bench.jobs.submit(
            NAME,
            lambda: interpolated(document, stored, image),
            lambda result: document.when_free(lambda: _take(bench, document, result)),
            lane="propagate",
            key="propagate",
            failed=lambda error: bench.report(error, _ACT),
        )


def interpolated(document: Document, stored: Sequence[StoredSample], at_hand: Image) -> Work[Interpolated]:
    """Labels of those of the *stored* slices that lie between two on which a person outlined a class, or imported it.

    Slices on which a person labelled the class stay as they are. Raises :class:`AnnotationError` where no class is
    outlined on two slices with others between them, and as reading images and label maps does.
    """
    from segstudio.algorithms.shape_interpolation import between  # loads scipy, which start-up need not pay

    slices: dict[float, NDArray[np.uint8]] = {}
    machine: dict[float, NDArray[np.bool_]] = {}
    outlined: dict[int, list[float]] = defaultdict(list)
    places: dict[float, int] = {}
    for number, sample in enumerate(stored):
        yield Progress(number / len(stored), f"slice {number + 1} of {len(stored)}")
        place = _place(sample)
        places[place] = sample.id
        stored_labels = document.project.load_labels(sample.id, at_hand.shape, sample.segments)
        slices[place] = stored_labels.classes()
        provenance = np.asarray(stored_labels.provenance)
        machine[place] = provenance == Provenance.PROPAGATED
        for class_id in np.unique(slices[place][np.isin(provenance, _SAID)]).tolist():
            outlined[class_id].append(place)
    outlined.pop(UNLABELLED, None)
    spacing = at_hand.spacing[:2] if at_hand.spacing is not None else (1.0, 1.0)
    found = between(slices, list(places), outlined, spacing=(spacing[0], spacing[1]))
    if not found:
        raise AnnotationError(
            "outline a class on two slices that have others between them: there is nothing to interpolate"
        )
    result: dict[int, NDArray[np.uint8]] = {}
    erase: dict[int, NDArray[np.bool_]] = {}
    for place, labels in found.items():
        filled = [c for c, ends in outlined.items() if place not in ends and min(ends) < place < max(ends)]
        result[places[place]] = np.where(np.isin(labels, filled), labels, np.uint8(UNLABELLED)).astype(np.uint8)
        stale = np.isin(slices[place], filled) & machine[place] & (result[places[place]] == UNLABELLED)
        erase[places[place]] = stale
    return Interpolated(result, erase)


def _place(sample: StoredSample) -> float:
    """Where a slice lies along the stack: in millimetres where the file tells, else by its number."""
    info = images.probe(sample.path, sample.frame)
    if info.affine is None:
        return float(sample.frame)
    step = info.affine[:3, 2]
    return float(step @ (info.affine @ (0, 0, sample.frame, 1))[:3] / np.linalg.norm(step))


def _take(bench: Workbench, document: Document, result: Interpolated) -> None:
    if document is not bench.document:
        return
    with bench.reporting(_ACT):
        write_together(document, NAME, result.labels, Provenance.PROPAGATED, erase=result.erase)
        bench.message.emit("The slices between those that you labelled are filled.")
