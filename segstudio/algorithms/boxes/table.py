"""The ways from boxes to masks by name, and the one call that runs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.boxes import choice, crf, expectation, grabcut, shapes, together
from segstudio.algorithms.boxes.scene import Floats, Scene, read
from segstudio.algorithms.options import check_numbers
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import Progress, Work, finish
from segstudio.core.registry import Registry


@dataclass(frozen=True)
class PseudoLabels:
    """What boxes became.

    *labels* ``(H, W)`` uint8 or uint16 class ids, 0 (background) outside every box. *confidence* ``(H, W)`` float32 in
    [0, 1], how likely each label is right in the method's own judgement. *method* is its name.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    confidence: Floats
    method: str


Filling = Work[tuple[NDArray[Any], Floats]]


def at_once(fill: Callable[..., tuple[NDArray[Any], Floats]]) -> Callable[..., Filling]:
    """A way to fill boxes that is too quick to be stopped, as work with the same arguments."""

    @wraps(fill)
    def work(*arguments: Any, **options: Any) -> Filling:
        yield Progress(0.0, "filling boxes")
        return fill(*arguments, **options)

    return work


@dataclass(frozen=True)
class BoxMethod:
    """A way to fill boxes. *run* takes a scene and a network's probabilities or None, and is work that returns class
    ids and confidence, both ``(H, W)``; its further arguments are keyword options."""

    name: str
    title: str
    paper: str
    run: Callable[..., Filling]
    needs_probabilities: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its keyword options."""
        kinds = inspect.signature(self.run).parameters.values()
        return tuple(p.name for p in kinds if p.kind is inspect.Parameter.KEYWORD_ONLY)


_WSSL = "Papandreou et al., Weakly- and Semi-Supervised Learning of a DCNN for Semantic Segmentation, ICCV 2015"

BOX_METHODS: Registry[BoxMethod] = Registry(
    "box method",
    [
        BoxMethod("auto", "Automatic: by what the boxes show", "", choice.chosen),
        BoxMethod("together", "All boxes together", "", together.together),
        BoxMethod("rect", "Bbox-Rect", _WSSL, at_once(shapes.rectangles)),
        BoxMethod("ellipse", "Ellipse", "", at_once(shapes.ellipses)),
        BoxMethod(
            "crf",
            "Ellipse and CRF",
            "Krähenbühl and Koltun, Efficient Inference in Fully Connected CRFs, NIPS 2011",
            crf.sharpened,
        ),
        BoxMethod("bbox_seg", "Bbox-Seg", _WSSL, at_once(expectation.segmented)),
        BoxMethod("em_fixed", "Bbox-EM-Fixed", _WSSL, at_once(expectation.boxed_by_network), needs_probabilities=True),
        BoxMethod(
            "grabcut",
            "GrabCut",
            "Rother, Kolmogorov and Blake, GrabCut: Interactive Foreground Extraction, SIGGRAPH 2004",
            grabcut.cut_out,
        ),
    ],
    group="segstudio.box_methods",
)
DEFAULT = "auto"


def pseudo_labelling(
    image: NDArray[Any],
    boxes: Iterable[Sequence[Any]],
    *,
    method: str = DEFAULT,
    probabilities: NDArray[Any] | None = None,
    **options: Any,
) -> Work[PseudoLabels]:
    """Fill *boxes* on *image*, as work that can be stopped; arguments as for :func:`pseudo_label`."""
    entry = BOX_METHODS[method]
    unknown = sorted(set(options) - set(entry.options))
    if unknown:
        known = ", ".join(entry.options) or "no options"
        raise OptionError(f"the box method {method!r} has no option {unknown[0]!r}; it has {known}")
    check_numbers(entry.run, options)
    scene = read(pictures.checked(image), boxes)
    network = _network(probabilities, scene)
    if entry.needs_probabilities and network is None:
        raise OptionError(f"the box method {method!r} needs a network's probabilities")
    yield Progress(0.0, "filling boxes")
    labels, confidence = yield from entry.run(scene, network, **options)
    answer: NDArray[Any] = labels.astype(np.uint16 if max(scene.classes, default=0) > 255 else np.uint8)
    return PseudoLabels(answer, confidence.astype(np.float32), method)


def pseudo_label(
    image: NDArray[Any],
    boxes: Iterable[Sequence[Any]],
    *,
    method: str = DEFAULT,
    probabilities: NDArray[Any] | None = None,
    **options: Any,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Labels ``(H, W)`` for every pixel of *image* from *boxes* around its objects.

    *image*: ``(H, W)`` or ``(H, W, C)``, any integer or float dtype, finite. *boxes*: ``(class, x0, y0, x1, y1)`` each,
    in pixels, x1 and y1 exclusive; parts beyond the image are cut off, and where boxes overlap the smallest wins.
    *method*: a name of :data:`BOX_METHODS`. *probabilities*: a network's ``(K, H, W)``, row k for class k; methods that
    know no network ignore it. The answer is uint8, or uint16 where ids need it: the class of a box on its object, 0
    (background) elsewhere; without boxes all is background.

    Raises :class:`AnnotationError` for an image, boxes or probabilities that cannot be used, and :class:`OptionError`
    for an unknown method or option.
    """
    return finish(pseudo_labelling(image, boxes, method=method, probabilities=probabilities, **options)).labels


def _network(probabilities: NDArray[Any] | None, scene: Scene) -> Floats | None:
    if probabilities is None:
        return None
    values = np.asarray(probabilities)
    if values.ndim != 3 or values.shape[1:] != scene.shape:
        raise AnnotationError(f"probabilities are (K, {scene.shape[0]}, {scene.shape[1]}), not {values.shape}")
    if not np.isfinite(values).all() or values.min(initial=0) < 0:
        raise AnnotationError("probabilities are finite and not negative")
    highest = max(scene.classes, default=0)
    if highest >= values.shape[0]:
        raise AnnotationError(f"class {highest} of a box has no row in probabilities of {values.shape[0]} classes")
    return values.astype(np.float32)
