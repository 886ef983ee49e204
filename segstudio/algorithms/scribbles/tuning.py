"""Self-tuning: the mixers learn from the samples a user has accepted, and say what that gains on samples held out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles import combination, cues, mixer
from segstudio.algorithms.scribbles.combination import Model
from segstudio.algorithms.scribbles.mixer import Example
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import UNLABELLED, Strokes, read
from segstudio.core.errors import AnnotationError, CheckpointError, storage_errors
from segstudio.core.progress import Progress, Work, scaled

Floats = NDArray[np.float32]
Sample = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

_STEPS = 150
_RATE = 1e-3
_PULL = 0.3  # decay towards the model one starts from: few samples may not move it far
_SMOOTHNESS = (0.75, 1.5, 3.0)
_FOLDS = 3


@dataclass(frozen=True)
class Tuning:
    """*model* fitted on every sample; *before* and *after* are mIoU in [0, 1] on samples held out of the fitting.

    ``propagate(image, seeds, model=tuning.model)`` uses it. With a single sample nothing can be held out: *after*
    equals *before* and the model is the one begun with.
    """

    model: Model
    before: float
    after: float
    samples: int

    @property
    def gain(self) -> float:
        """What tuning adds to the mIoU of a sample it has not seen."""
        return self.after - self.before


@dataclass
class _Case:
    scene: Scene
    marks: cues.Marks
    inputs: Floats
    truth: Floats


def tune(samples: Iterable[Sample], *, start: Model | None = None) -> Work[Tuning]:
    """Fit the default method to accepted *samples*: ``(image, seeds (H, W), mask (H, W))``, 255 in a mask is ignored.

    Starts from *start* (the shipped model by default). Samples are held out in turn (three folds at most) to measure
    the gain; a model that gains nothing is not returned. Raises :class:`AnnotationError` if there is no usable sample
    or a mask does not fit its image.
    """
    model = start or combination.shipped()
    cases: list[_Case] = []
    given = list(samples)
    for i, (image, seeds, mask) in enumerate(given):
        yield Progress(0.3 * i / len(given), f"sample {i + 1} of {len(given)}")
        case = _case(image, seeds, mask)
        if case is not None:
            cases.append(case)
    if not cases:
        raise AnnotationError("there is no accepted sample with strokes of two classes to learn from")
    before = _miou([(model, case) for case in cases], model.smoothness)
    if len(cases) == 1:
        return Tuning(model, before, before, 1)
    folds = min(_FOLDS, len(cases))
    held: list[tuple[Model, _Case]] = []
    for f in range(folds):
        rest = [c for i, c in enumerate(cases) if i % folds != f]
        work = _fitted(model, rest)
        fitted = yield from scaled(work, 0.3 + 0.5 * f / folds, 0.3 + 0.5 * (f + 1) / folds, "held out: ")
        held += [(fitted, c) for i, c in enumerate(cases) if i % folds == f]
    after, smooth = _best(model, held)
    if after <= before:
        return Tuning(model, before, before, len(cases))
    final = yield from scaled(_fitted(model, cases), 0.8, 1.0, "all samples: ")
    return Tuning(Model(final.first, final.second, smooth), before, after, len(cases))


def _case(image: NDArray[Any], seeds: NDArray[Any], mask: NDArray[Any]) -> _Case | None:
    """A sample as pieces; ``None`` where it has fewer pieces than classes, or one class, and so teaches nothing."""
    picture = pictures.checked(image)
    mask = np.asarray(mask)
    if mask.shape != picture.shape[:2]:
        raise AnnotationError(f"a mask is {mask.shape} and its image is {picture.shape[:2]}; they must agree")
    strokes = read(seeds, picture.shape)
    if strokes.count < 2:
        return None
    scene = Scene(picture)
    marks = cues.mark(scene, strokes)
    if not np.isin(np.arange(strokes.count), marks.sources).all():
        return None
    inputs = combination.first_inputs(cues.gather(scene, marks), marks)
    return _Case(scene, marks, inputs, _truth(scene, strokes, mask))


def _truth(scene: Scene, strokes: Strokes, mask: NDArray[Any]) -> Floats:
    """Pixels ``(N, L)`` of every drawn class in every piece; pixels of other classes are left out."""
    labels = scene.pieces.labels
    rows = (np.arange(labels.shape[0]) * mask.shape[0]) // labels.shape[0]
    columns = (np.arange(labels.shape[1]) * mask.shape[1]) // labels.shape[1]
    small = mask[rows[:, None], columns[None, :]]
    small = np.where(small == UNLABELLED, -1, small.astype(np.int64))
    counts = [np.bincount(labels.ravel(), (small == c).ravel(), scene.count) for c in strokes.classes]
    return np.stack(counts, axis=1).astype(np.float32)


def _fitted(model: Model, cases: Sequence[_Case]) -> Work[Model]:
    first = yield from _stage(model.first, [Example(c.inputs, c.truth) for c in cases], 0.0)
    examples = []
    for c in cases:
        share = combination.probabilities(first, c.inputs, c.marks)
        examples.append(Example(combination.second_inputs(c.inputs, c.scene, c.marks, share), c.truth))
    second = yield from _stage(model.second, examples, 0.5)
    return Model(first, second, model.smoothness)


def _stage(start: Any, examples: Sequence[Example], done: float) -> Work[mixer.Parameters]:
    work = mixer.fit(start, [examples], steps=_STEPS, rate=_RATE, decay=_PULL, anchored=True)
    found = yield from scaled(work, done, done + 0.5)
    return found


def _miou(pairs: Sequence[tuple[Model, _Case]], smoothness: float) -> float:
    """Mean over samples of the mean IoU of the drawn classes."""
    found = []
    for model, c in pairs:
        share = combination.probabilities(model.first, c.inputs, c.marks)
        inputs = combination.second_inputs(c.inputs, c.scene, c.marks, share)
        share = combination.probabilities(model.second, inputs, c.marks)
        labels, _ = combination.decide(c.scene, c.marks, share, smoothness)
        confusion = np.stack([c.truth[labels == k].sum(axis=0) for k in range(c.marks.count)], axis=1)
        hit = np.diag(confusion)
        union = confusion.sum(axis=0) + confusion.sum(axis=1) - hit
        present = union > 0
        found.append(float((hit[present] / union[present]).mean()) if present.any() else 1.0)
    return float(np.mean(found))


def _best(model: Model, pairs: Sequence[tuple[Model, _Case]]) -> tuple[float, float]:
    """The best mIoU over a few values of smoothness, and that value; ties keep the model's own."""
    scores = {model.smoothness: _miou(pairs, model.smoothness)}
    for smoothness in _SMOOTHNESS:
        if smoothness not in scores:
            scores[smoothness] = _miou(pairs, smoothness)
    best = max(scores, key=lambda s: (scores[s], s == model.smoothness))
    return scores[best], best


def save_model(path: str | Path, model: Model) -> None:
    """Write *model* as a NumPy archive; raises :class:`StorageError` where the disk refuses."""
    stored: dict[str, Any] = {f"first/{name}": value for name, value in model.first.items()}
    stored |= {f"second/{name}": value for name, value in model.second.items()}
    with storage_errors(path), Path(path).open("wb") as file:
        np.savez(file, smoothness=np.float64(model.smoothness), **stored)


def load_model(path: str | Path) -> Model:
    """Read what :func:`save_model` wrote; raises :class:`CheckpointError` if it is something else."""
    with storage_errors(path):
        try:
            with np.load(Path(path), allow_pickle=False) as stored:
                model = combination.unpacked(stored)
        except (ValueError, KeyError, EOFError, BadZipFile) as error:
            raise CheckpointError(path, "it is not a tuned scribble model") from error
    expected = combination.shipped()
    for found, wanted in ((model.first, expected.first), (model.second, expected.second)):
        if {n: v.shape for n, v in found.items()} != {n: v.shape for n, v in wanted.items()}:
            raise CheckpointError(path, "it was tuned with another version of the cues")
    return model
