"""The propagators by name, and the one call that runs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.options import check_numbers
from segstudio.algorithms.scribbles import combination, grabcut, nearest, scribblesup, shortest, walker, whole_volume
from segstudio.algorithms.scribbles import volume as volumes
from segstudio.algorithms.scribbles.slices import Network, Opinions, absences
from segstudio.algorithms.scribbles.strokes import Strokes, class_dtype, class_probabilities, read
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import Progress, Work, finish
from segstudio.core.registry import Registry


@dataclass(frozen=True)
class Propagation:
    """What strokes became.

    *labels* ``(H, W)`` uint8 or uint16 class ids, every pixel one of the drawn classes, strokes untouched.
    *confidence* ``(H, W)`` float32 in [0, 1], how likely each label is right in the method's own judgement; 1 on
    strokes. *method* is the propagator's name and *weights* says how much each of its cues counted (sum 1; empty for a
    method without cues).
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    confidence: NDArray[np.float32]
    method: str
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Propagator:
    """A way to spread strokes. *run* returns labels ``(H, W)`` (places in ``strokes.classes``), confidence and, where a
    method weighs cues, their weights."""

    name: str
    title: str
    paper: str
    run: Callable[..., tuple[Any, ...]]
    volume: Callable[..., Work[tuple[Any, ...]]] | None = None
    """The same for a volume ``(D, H, W)`` at once, as work; without it a volume is labelled slice by slice."""

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its keyword options."""
        kinds = inspect.signature(self.run).parameters.values()
        return tuple(p.name for p in kinds if p.kind is inspect.Parameter.KEYWORD_ONLY)


PROPAGATORS: Registry[Propagator] = Registry(
    "propagator",
    [
        Propagator("auto", "All cues, weighed", "", combination.propagate, whole_volume.propagate),
        Propagator(
            "scribblesup",
            "ScribbleSup",
            "Lin et al., ScribbleSup: Scribble-Supervised Convolutional Networks, CVPR 2016",
            scribblesup.propagate,
        ),
        Propagator(
            "random_walker",
            "Random walker",
            "Grady, Random Walks for Image Segmentation, PAMI 2006",
            walker.propagate,
        ),
        Propagator(
            "geodesic",
            "Geodesic distance",
            "Bai and Sapiro, A Geodesic Framework for Fast Interactive Image and Video Segmentation, ICCV 2007",
            shortest.propagate,
        ),
        Propagator(
            "grabcut",
            "GrabCut",
            "Rother, Kolmogorov and Blake, GrabCut: Interactive Foreground Extraction, SIGGRAPH 2004",
            grabcut.propagate,
        ),
        Propagator("voronoi", "Nearest stroke", "", nearest.propagate),
    ],
    group="segstudio.propagators",
)
DEFAULT = "auto"


def propagation(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    method: str = DEFAULT,
    probabilities: Opinions | None = None,
    spacing: tuple[float, float, float] | None = None,
    absent: Mapping[int, Collection[int]] | None = None,
    **options: Any,
) -> Work[Propagation]:
    """Spread the strokes *seeds* over *image*, as work that can be stopped; arguments as for :func:`propagate`."""
    if np.ndim(seeds) == 3:
        known = (probabilities, absent, whole_volume.gap_of(spacing))
        return (yield from _through_volume(np.asarray(image), np.asarray(seeds), method, *known, options))
    if absent is not None:
        raise OptionError("classes are said to be absent from slices of a volume, not from an image")
    picture = pictures.checked(image)
    strokes = read(seeds, picture.shape)
    network = class_probabilities(None if probabilities is None else np.asarray(probabilities), strokes, picture.shape)
    entry = _entry(method, options)
    yield Progress(0.0, "spreading scribbles")
    drawn = strokes.drawn
    if strokes.count == 1:
        found: tuple[Any, ...] = np.zeros(drawn.shape, np.int32), np.full(drawn.shape, 0.5, np.float32)
    else:
        found = entry.run(picture, strokes, network, **options)
    return _answer(np.asarray(seeds), strokes, method, *found)


def _entry(method: str, options: Mapping[str, Any]) -> Propagator:
    entry = PROPAGATORS[method]
    unknown = sorted(set(options) - set(entry.options))
    if unknown:
        known = ", ".join(entry.options) or "no options"
        raise OptionError(f"the propagator {method!r} has no option {unknown[0]!r}; it has {known}")
    check_numbers(entry.run, options)
    return entry


def _answer(
    seeds: NDArray[Any],
    strokes: Strokes,
    method: str,
    labels: NDArray[np.int32],
    confidence: NDArray[np.float32],
    weights: Mapping[str, float] | None = None,
) -> Propagation:
    """Places in the strokes' classes as class ids, with the strokes as they were drawn."""
    drawn = strokes.drawn
    classes = strokes.classes.astype(class_dtype(seeds))
    ids = np.where(drawn, classes[strokes.index], classes[labels])
    sure = np.clip(np.where(drawn, np.float32(1), confidence), 0, 1).astype(np.float32, copy=False)
    return Propagation(ids, sure, method, weights or {})


def _through_volume(
    volume: NDArray[Any],
    seeds: NDArray[Any],
    method: str,
    probabilities: Opinions | None,
    absent: Mapping[int, Collection[int]] | None,
    gap: float,
    options: Mapping[str, Any],
) -> Work[Propagation]:
    if volume.shape[:3] != seeds.shape:
        raise AnnotationError(f"the scribbles are {seeds.shape} and the volume is {volume.shape[:3]}; they must agree")
    entry = _entry(method, options)
    network = None if probabilities is None else Network(probabilities, seeds.shape)
    yield Progress(0.0, "looking at the strokes")
    strokes = read(seeds, seeds.shape)
    yield Progress(0.0, "looking at the strokes")
    missing = absences(absent, strokes)
    if entry.volume is not None and "experience" in options:
        if options["experience"] is not None:
            raise OptionError("what other images say counts for an image, not for a volume")
        options = {name: value for name, value in options.items() if name != "experience"}
    if entry.volume is not None and strokes.count > 1:
        found = yield from entry.volume(volume, strokes, gap, network, missing, **options)
        return _answer(seeds, strokes, method, *found)

    def one_slice(z: int, given: NDArray[Any]) -> Work[volumes.Slice]:
        told = None if network is None else network.of_slice(z)
        found = yield from propagation(volume[z], given, method=method, probabilities=told, **options)
        return found.labels, found.confidence

    labels, confidence = yield from volumes.carry(seeds, one_slice, absent)
    return Propagation(labels, confidence, method)


def propagate(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    method: str = DEFAULT,
    probabilities: Opinions | None = None,
    spacing: tuple[float, float, float] | None = None,
    absent: Mapping[int, Collection[int]] | None = None,
    **options: Any,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Labels ``(H, W)`` for every pixel of *image* from the strokes *seeds*.

    *image*: ``(H, W)`` or ``(H, W, C)``, any integer or float dtype, finite. *seeds*: ``(H, W)`` class ids, 255 where
    nothing is drawn. *method*: a name of :data:`PROPAGATORS`. *probabilities*: a network's ``(K, H, W)``, row k for
    class k; methods that know no network ignore it. The answer is uint8, or uint16 where ids need it; every pixel has
    one of the drawn classes, and strokes keep theirs. If only one class is drawn, that class is everywhere.

    A volume ``(D, H, W)`` or ``(D, H, W, C)`` with *seeds* ``(D, H, W)`` gives labels ``(D, H, W)``: strokes need not
    lie on every slice. ``auto`` solves all slices together; *spacing*, the size of a voxel along z, y and x, says how
    far slices lie apart. Other methods go from slice to slice (:func:`~segstudio.algorithms.scribbles.volume.carry`).
    *probabilities* are then ``(D, K, H, W)``, or a sequence or stream of ``(K, H, W)``, ``None`` for a slice that the
    network was not asked about; *absent* are class ids by slice, from 0, that the slice is known not to show.

    Raises :class:`AnnotationError` for an image, strokes or probabilities that do not fit or hold no stroke, and
    :class:`OptionError` for an unknown method or option.
    """
    work = propagation(
        image, seeds, method=method, probabilities=probabilities, spacing=spacing, absent=absent, **options
    )
    return finish(work).labels
