"""The propagators by name, and the one call that runs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles import combination, grabcut, nearest, scribblesup, shortest, walker
from segstudio.algorithms.scribbles.strokes import class_dtype, class_probabilities, read
from segstudio.core.errors import OptionError
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

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its keyword options."""
        kinds = inspect.signature(self.run).parameters.values()
        return tuple(p.name for p in kinds if p.kind is inspect.Parameter.KEYWORD_ONLY)


PROPAGATORS: Registry[Propagator] = Registry(
    "propagator",
    [
        Propagator("auto", "All cues, weighed", "", combination.propagate),
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
    probabilities: NDArray[Any] | None = None,
    **options: Any,
) -> Work[Propagation]:
    """Spread the strokes *seeds* over *image*, as work that can be stopped; arguments as for :func:`propagate`."""
    picture = pictures.checked(image)
    strokes = read(seeds, picture.shape)
    network = class_probabilities(probabilities, strokes, picture.shape)
    entry = PROPAGATORS[method]
    unknown = sorted(set(options) - set(entry.options))
    if unknown:
        known = ", ".join(entry.options) or "no options"
        raise OptionError(f"the propagator {method!r} has no option {unknown[0]!r}; it has {known}")
    yield Progress(0.0, "spreading scribbles")
    drawn = strokes.drawn
    if strokes.count == 1:
        found: tuple[Any, ...] = np.zeros(drawn.shape, np.int32), np.full(drawn.shape, 0.5, np.float32)
    else:
        found = entry.run(picture, strokes, network, **options)
    labels, confidence = found[:2]
    weights: Mapping[str, float] = found[2] if len(found) > 2 else {}
    kind = class_dtype(np.asarray(seeds))
    answer: NDArray[Any] = np.where(drawn, strokes.classes[strokes.index], strokes.classes[labels]).astype(kind)
    sure = np.clip(np.where(drawn, np.float32(1), confidence), 0, 1).astype(np.float32)
    return Propagation(answer, sure, method, weights)


def propagate(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    method: str = DEFAULT,
    probabilities: NDArray[Any] | None = None,
    **options: Any,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Labels ``(H, W)`` for every pixel of *image* from the strokes *seeds*.

    *image*: ``(H, W)`` or ``(H, W, C)``, any integer or float dtype, finite. *seeds*: ``(H, W)`` class ids, 255 where
    nothing is drawn. *method*: a name of :data:`PROPAGATORS`. *probabilities*: a network's ``(K, H, W)``, row k for
    class k; methods that know no network ignore it. The answer is uint8, or uint16 where ids need it; every pixel has
    one of the drawn classes, and strokes keep theirs. If only one class is drawn, that class is everywhere.

    Raises :class:`AnnotationError` for an image, strokes or probabilities that do not fit or hold no stroke, and
    :class:`OptionError` for an unknown method or option.
    """
    return finish(propagation(image, seeds, method=method, probabilities=probabilities, **options)).labels
