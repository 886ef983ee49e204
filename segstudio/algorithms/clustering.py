"""Max-margin clustering of superpixels under tags, boxes and partial labels in any mix.

Xu, Schwing and Urtasun (CVPR 2015) join every kind of weak supervision as linear constraints on the assignment H of
superpixels to classes (their equation 1):

    min_{W, H}  1/2 |W|^2 + C sum_p xi(W; x_p, h_p)    with   H in {0, 1}, rows sum to 1, and the constraints

and alternate: with H fixed, one linear support vector machine a class, one against the rest and class-balanced; with W
fixed, for each image the assignment of the highest scores that the constraints allow, a linear program. Tags say that
an image shows some classes and no others, and each of them at least once; a box that its class appears in it, and in no
superpixel outside all boxes of the class; partial labels fix superpixels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from segstudio.algorithms.options import check_numbers
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.labels import UNLABELLED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BoxMembers:
    """A box as clustering sees it: its class and the superpixels that lie in it."""

    class_id: int
    members: NDArray[np.integer]
    """Numbers of superpixels, all of one image."""


@dataclass(frozen=True, eq=False)
class Constraints:
    """What people have said of superpixels 0..n-1, in one image or in many."""

    num_classes: int
    images: NDArray[np.integer] | None = None
    """``(n,)``: the image that each superpixel belongs to; ``None``: all belong to image 0."""
    tags: Mapping[int, Collection[int]] = field(default_factory=dict)
    """By image: all classes that it shows, the background too, each at least once. Other images may show any class."""
    boxes: Sequence[BoxMembers] = ()
    labels: NDArray[np.integer] | None = None
    """``(n,)``: the class of superpixels that are known, 255 = not known."""
    weights: NDArray[Any] | None = None
    """``(n,)`` above 0: how much each superpixel counts, such as its size; ``None``: all alike."""


@dataclass(frozen=True, eq=False)
class Cover:
    """At least one of *members* has the class *class_id*; *what* says so in messages."""

    class_id: int
    members: NDArray[np.intp]
    what: str


def cluster(
    superpixel_features: NDArray[Any],
    constraints: Constraints,
    *,
    regularisation: float = 1.0,
    iterations: int = 20,
) -> NDArray[np.int32]:
    """A class for each superpixel, ``(n,)`` int32, from *superpixel_features* ``(n, d)`` and *constraints*.

    Features may be of any scale: each is brought to zero mean and unit deviation. *regularisation* is the paper's C,
    the weight of the margins' violation against the size of W. At most *iterations* rounds are made; they end when no
    label changes. The same arguments give the same answer, which obeys every constraint.

    Raises :class:`AnnotationError` for features that are not finite or do not fit the constraints, and for constraints
    that contradict each other (a label that its image's tags rule out, more classes to be shown than superpixels);
    :class:`OptionError` for options out of range.
    """
    check_numbers(cluster, {"regularisation": regularisation, "iterations": iterations})
    if not regularisation > 0 or iterations < 1:
        raise OptionError("clustering needs a regularisation above 0 and at least one iteration")
    features = _standardised(superpixel_features)
    allowed, covers, images = permitted(constraints, len(features))
    weights = _weights(constraints.weights, len(features))
    # what is said so far, spread evenly over what is left open
    shares = allowed / allowed.sum(1, keepdims=True)
    labels = np.full(len(features), -1, np.int32)
    for _ in range(int(iterations)):
        scores = _one_against_rest(features, shares, weights, regularisation)
        found = _assign_images(scores, allowed, covers, images, weights)
        if (found == labels).all():
            break
        labels = found
        shares = np.eye(constraints.num_classes)[labels]
    return labels


def permitted(constraints: Constraints, count: int) -> tuple[Bools, list[Cover], NDArray[np.intp]]:
    """The classes that each of *count* superpixels may have ``(n, C)``, what must be covered, and each one's image."""
    C = constraints.num_classes
    if C < 1:
        raise AnnotationError("clustering needs at least one class")
    images = np.zeros(count, np.intp) if constraints.images is None else np.asarray(constraints.images, np.intp)
    if images.shape != (count,):
        raise AnnotationError(f"the image of {len(images)} superpixels is given, but there are {count}")
    allowed = np.ones((count, C), np.bool_)
    covers: list[Cover] = []
    for image, classes in constraints.tags.items():
        members = np.flatnonzero(images == image)
        shown = sorted({_known(int(c), C, "a tag") for c in classes})
        if not shown:
            raise AnnotationError(f"the tags of image {image} leave no class that it may show")
        allowed[np.ix_(members, np.setdiff1d(np.arange(C), shown))] = False
        if len(members):
            covers += [Cover(c, members, f"the tag of class {c}") for c in shown]
    covers += _boxed(constraints, allowed, images)
    _fix(constraints.labels, allowed)
    stuck = np.flatnonzero(~allowed.any(1))
    if len(stuck):
        raise AnnotationError(f"tags and boxes contradict each other: superpixel {stuck[0]} can have no class")
    for cover in covers:
        if not allowed[cover.members, cover.class_id].any():
            raise AnnotationError(f"{cover.what} contradicts what else is said: no superpixel can have it")
    return allowed, covers, images


def _boxed(constraints: Constraints, allowed: Bools, images: NDArray[np.intp]) -> list[Cover]:
    """Forbid boxed classes outside their boxes in *allowed*; what boxes must cover."""
    covers: list[Cover] = []
    inside: dict[tuple[int, int], Bools] = {}
    for number, box in enumerate(constraints.boxes, start=1):
        class_id = _known(box.class_id, constraints.num_classes, f"box {number}")
        members = np.asarray(box.members, np.intp)
        if not len(members):
            raise AnnotationError(f"box {number} holds no superpixel")
        if members.min() < 0 or members.max() >= len(images) or len(np.unique(images[members])) > 1:
            raise AnnotationError(f"box {number} holds superpixels that do not exist or are of several images")
        key = int(images[members[0]]), class_id
        inside.setdefault(key, np.zeros(len(images), np.bool_))[members] = True
        covers.append(Cover(class_id, members, f"box {number} of class {class_id}"))
    for (image, class_id), held in inside.items():
        allowed[(images == image) & ~held, class_id] = False
    return covers


def _fix(labels: NDArray[np.integer] | None, allowed: Bools) -> None:
    """Leave superpixels whose class is known no other one."""
    if labels is None:
        return
    known = np.asarray(labels)
    if known.shape != (len(allowed),):
        raise AnnotationError(f"labels of {known.size} superpixels are given, but there are {len(allowed)}")
    fixed = np.flatnonzero(known != UNLABELLED)
    for superpixel in fixed:
        class_id = _known(int(known[superpixel]), allowed.shape[1], f"the label of superpixel {superpixel}")
        if not allowed[superpixel, class_id]:
            raise AnnotationError(f"superpixel {superpixel} has class {class_id}, which tags or boxes rule out there")
    allowed[fixed] = False
    allowed[fixed, known[fixed]] = True


def _known(class_id: int, count: int, what: str) -> int:
    if not 0 <= class_id < count:
        raise AnnotationError(f"{what} is of class {class_id}, but there are {count} classes")
    return class_id


def _standardised(features: NDArray[Any]) -> Floats:
    """``(n, d + 1)``: zero mean, unit deviation, and a column of ones."""
    values = np.asarray(features)
    if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "buif":
        raise AnnotationError(f"features are numbers of shape (n, d), not {values.dtype} {values.shape}")
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise AnnotationError("features are finite; some are NaN or infinite")
    spread = values.std(0)
    scaled = (values - values.mean(0)) / np.where(spread > 1e-12 * np.abs(values).max(initial=1), spread, 1)
    return np.hstack([scaled, np.ones((len(values), 1))])


def _weights(weights: NDArray[Any] | None, count: int) -> Floats:
    values = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    if values.shape != (count,) or not np.isfinite(values).all() or values.min() <= 0:
        raise AnnotationError(f"weights are {count} finite numbers above 0, one a superpixel")
    relative: Floats = values / values.mean()
    return relative


def _one_against_rest(features: Floats, shares: Floats, weights: Floats, regularisation: float) -> Floats:
    """Scores ``(n, C)`` of machines that tell each class from the rest; *shares* ``(n, C)`` say what each one is."""
    scores = np.zeros_like(shares)
    for c in range(shares.shape[1]):
        positive, negative = weights * shares[:, c], weights * (1 - shares[:, c])
        if positive.sum() <= 0:
            scores[:, c] = -1.0  # a class that is nowhere yet comes only where it must
            continue
        # both sides weigh as much as half of all
        half = weights.sum() / 2
        positive *= half / positive.sum()
        negative *= half / max(float(negative.sum()), 1e-12)
        scores[:, c] = features @ support_vector(features, positive, negative, regularisation / len(features))
    return scores


def support_vector(features: Floats, positive: Floats, negative: Floats, cost: float) -> Floats:
    """The linear support vector machine w ``(d,)`` of least ``1/2 |w|^2 + cost * loss``.

    The loss is the squared hinge ``sum_p positive_p max(0, 1 - w x_p)^2 + negative_p max(0, 1 + w x_p)^2``: a point may
    stand on both sides in part. The last feature is constant, and not penalised to speak of.
    """
    size = np.ones(features.shape[1])
    size[-1] = 1e-3

    def objective(w: Floats) -> tuple[float, Floats]:
        margin = features @ w
        below, above = np.maximum(0, 1 - margin), np.maximum(0, 1 + margin)
        value = 0.5 * float(size @ w**2) + cost * float(positive @ below**2 + negative @ above**2)
        slope = size * w + 2 * cost * (features.T @ (negative * above - positive * below))
        return value, slope

    start = np.zeros(features.shape[1])
    found = optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 200, "gtol": 1e-6})
    w: Floats = found.x
    return w


def _assign_images(
    scores: Floats, allowed: Bools, covers: Sequence[Cover], images: NDArray[np.intp], weights: Floats
) -> NDArray[np.int32]:
    labels = np.empty(len(scores), np.int32)
    for image in np.unique(images):
        members = np.flatnonzero(images == image)
        place = np.full(len(images), -1)
        place[members] = np.arange(len(members))
        own = [Cover(c.class_id, place[c.members], c.what) for c in covers if images[c.members[0]] == image]
        labels[members] = assign(scores[members] * weights[members, None], allowed[members], own)
    return labels


def assign(scores: Floats, allowed: Bools, covers: Sequence[Cover]) -> NDArray[np.int32]:
    """The assignment ``(n,)`` of one image with the highest sum of *scores* ``(n, C)`` among the allowed ones.

    Where the best class of each superpixel covers all that must be covered, that is it; else the integer program is
    solved (for tags and nested boxes its constraints are totally unimodular, so that its linear relaxation does).

    Raises :class:`AnnotationError` where the covers cannot all be met.
    """
    values = np.where(allowed, scores, -np.inf)
    best: NDArray[np.int32] = values.argmax(1).astype(np.int32)
    if all((best[cover.members] == cover.class_id).any() for cover in covers):
        return best
    cell = np.full(allowed.shape, -1)
    cell[allowed] = np.arange(allowed.sum())
    rows, columns = np.nonzero(allowed)
    once = sparse.csr_array((np.ones(len(rows)), (rows, cell[rows, columns])), shape=(len(scores), len(rows)))
    met = sparse.lil_array((len(covers), len(rows)))
    for number, cover in enumerate(covers):
        cells = cell[cover.members, cover.class_id]
        met[number, cells[cells >= 0]] = 1
    solved = optimize.milp(
        -scores[rows, columns],
        integrality=np.ones(len(rows), np.intp),
        bounds=optimize.Bounds(0, 1),
        constraints=[optimize.LinearConstraint(once, 1, 1), optimize.LinearConstraint(met.tocsr(), 1, np.inf)],
        options={"time_limit": 60.0},
    )
    if solved.x is None:
        raise AnnotationError("tags, boxes and labels contradict each other: too few superpixels for all that is shown")
    labels = np.empty(len(scores), np.int32)
    chosen = solved.x > 0.5
    labels[rows[chosen]] = columns[chosen]
    return labels
