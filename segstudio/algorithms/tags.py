"""Image tags as constraints on what a network says: the latent distribution of constrained CNNs.

Pathak, Krähenbühl and Darrell (ICCV 2015) look for the distribution P nearest to the network's Q, a product of one
distribution a pixel, among those whose mean obeys linear constraints (their equation 3):

    min_P KL(P || Q)    with   low_k <= 1/N sum_i p_ik <= high_k,    p_ik = 0 for absent classes k

The answer is ``p_ik ~ q_ik exp(u_k)`` with one number a class, found from the dual (equation 4)

    min_l  1/N sum_i log sum_k q_ik exp((A^T l)_k) - b^T l,    0 <= l <= slack

whose gradient is ``A mean(p) - b``. A constraint with *slack* may be broken: its multiplier, which is what it adds to
the logits of its class, ends there. The dual is convex and has a few unknowns; it is solved by projected Newton steps
(Bertsekas 1982), and by projected gradient steps where those do not descend.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.options import check_numbers
from segstudio.core.annotation import ImageTag
from segstudio.core.errors import AnnotationError, OptionError

Floats = NDArray[np.float64]
Size = Literal["small", "large"] | tuple[float, float]
Tags = Iterable[int | ImageTag] | Mapping[int, bool]

_LEAST = 1e-12
"""Probabilities count as at least this, so that no network forbids a class that a person has seen."""
_LARGEST_MULTIPLIER = 60.0
"""Where a constraint without slack ends: exp(60) decides every pixel."""
_LARGE = 0.1
"""The share of an image from which the paper calls an object large."""


@dataclass(frozen=True)
class Presence:
    """What tags say of the classes of an image."""

    present: frozenset[int]
    absent: frozenset[int]

    @classmethod
    def read(cls, tags: Tags, num_classes: int, background: int | None = 0) -> Presence:
        """*tags* as sets.

        Plain class ids name all that is in the image: every other class but the *background* is absent. Tags that say
        ``present`` for each class (an :class:`ImageTag`, or a mapping to bool) leave the classes open that they do not
        name. Raises :class:`AnnotationError` for a class that does not exist, one that is both present and absent, and
        tags that leave no class.
        """
        said = _said(tags)
        unknown = [k for k, _ in said if not 0 <= k < num_classes]
        if unknown:
            raise AnnotationError(f"there is a tag of class {unknown[0]}, but there are {num_classes} classes")
        present = frozenset(k for k, there in said if there is not False)
        absent = frozenset(k for k, there in said if there is False)
        if any(there is None for _, there in said) or not said:
            absent |= frozenset(range(num_classes)) - present - {background}
        both = present & absent
        if both:
            raise AnnotationError(f"class {min(both)} is tagged as present and as absent in the same image")
        if len(absent) == num_classes:
            raise AnnotationError("the tags leave no class that the image may show")
        return cls(present, absent)


def _said(tags: Tags) -> list[tuple[int, bool | None]]:
    """Class and presence of each tag; ``None`` for a plain id."""
    if isinstance(tags, Mapping):
        return [(int(k), bool(there)) for k, there in tags.items()]
    found: list[tuple[int, bool | None]] = []
    for tag in tags:
        if isinstance(tag, ImageTag):
            found.append((tag.class_id, tag.present))
        elif isinstance(tag, int | np.integer) and not isinstance(tag, bool):
            found.append((int(tag), None))
        else:
            raise AnnotationError(f"a tag is a class id, not {tag!r}")
    return found


def constrained_distribution(
    probabilities: NDArray[Any],
    tags: Tags,
    *,
    sizes: Mapping[int, Size] | None = None,
    background: int | None = 0,
    presence: float = 0.05,
    slack: float = 2.0,
    background_range: tuple[float, float] = (0.3, 0.7),
    iterations: int = 100,
    tolerance: float = 1e-7,
) -> NDArray[np.float32]:
    """The distribution ``(K, H, W)`` nearest to a network's *probabilities* ``(K, H, W)`` that *tags* allow.

    *tags*: the class ids in the image (all others are absent), :class:`ImageTag` values, or a mapping from class id to
    whether it is there (the others are open). Absent classes get probability 0 everywhere. Every present class covers
    at least the share *presence* of the image; *slack* is the most that its logits are raised by for that. The
    *background* covers a share in *background_range*, or at least its lower end where no other class is tagged
    (``None``: no class is background). *sizes* says of a class that it is ``"large"`` (a tenth of the image or more),
    ``"small"`` (less), or between two shares; such bounds, and the background's, have no slack.

    Pixels sum to 1; the answer is never NaN. At most *iterations* steps are made, or until the dual's projected
    gradient, which is in shares of the image, is below *tolerance*.

    Raises :class:`AnnotationError` for probabilities that cannot be used, tags of classes that do not exist, and tags
    and sizes that contradict each other; :class:`OptionError` for options out of range.
    """
    values = _checked(probabilities)
    count = len(values)
    _check_options(presence, slack, background_range, iterations)
    _check_background(background, count)
    known = Presence.read(tags, count, background)
    if background in known.absent:
        background = None
    open_ = np.array([k for k in range(count) if k not in known.absent])
    low, high, give = _bounds(known, open_, sizes or {}, background, presence, slack, background_range)
    flat = values[open_].reshape(len(open_), -1)
    logits = np.log(np.maximum(flat, _LEAST)).T
    shift = _Dual.of(logits, low, high, give).solve(int(iterations), tolerance)
    answer = np.zeros((count, flat.shape[1]), np.float32)
    answer[open_] = _softmax(logits + shift).T
    return answer.reshape(values.shape)


def restricted(probabilities: NDArray[Any], tags: Tags, *, background: int | None = 0) -> NDArray[np.float32]:
    """*probabilities* ``(K, H, W)`` without the classes that *tags* rule out, pixels summing to 1.

    What tags add to propagation or prediction at no cost; where no allowed class has any probability left, the allowed
    ones share it. Arguments and errors as for :func:`constrained_distribution`.
    """
    values = _checked(probabilities)
    _check_background(background, len(values))
    known = Presence.read(tags, len(values), background)
    allowed = np.array([k not in known.absent for k in range(len(values))])
    kept = np.where(allowed[:, None, None], values, 0)
    total = kept.sum(0)
    shared = allowed[:, None, None] / allowed.sum()
    return np.where(total > 0, kept / np.where(total > 0, total, 1), shared).astype(np.float32)


def _checked(probabilities: NDArray[Any]) -> Floats:
    values = np.asarray(probabilities)
    if values.ndim != 3 or 0 in values.shape or values.dtype.kind not in "uifb":
        raise AnnotationError(f"probabilities are numbers of shape (K, H, W), not {values.dtype} {values.shape}")
    values = values.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0:
        raise AnnotationError("probabilities are finite and not negative")
    return values


def _check_options(presence: float, slack: float, background_range: tuple[float, float], iterations: int) -> None:
    if not 0 <= presence <= 1:
        raise OptionError(f"presence is a share of the image between 0 and 1, not {presence}")
    if not slack >= 0:
        raise OptionError(f"slack is zero or more, not {slack}")
    check_numbers(constrained_distribution, {"iterations": iterations})
    if iterations < 1:
        raise OptionError(f"the number of iterations is one or more, not {iterations}")
    _check_range("the background", background_range, OptionError)


def _check_background(background: int | None, count: int) -> None:
    if background is not None and background not in range(count):
        raise AnnotationError(f"the background is class {background}, but there are {count} classes")


def _check_range(what: str, bounds: tuple[float, float], error: type[OptionError | AnnotationError]) -> None:
    if len(bounds) != 2 or not all(math.isfinite(v) for v in bounds) or not 0 <= bounds[0] <= bounds[1] <= 1:
        raise error(f"{what} covers a share between two numbers of 0 to 1, the smaller first, not {tuple(bounds)}")


def _bounds(
    known: Presence,
    open_: NDArray[np.intp],
    sizes: Mapping[int, Size],
    background: int | None,
    presence: float,
    slack: float,
    background_range: tuple[float, float],
) -> tuple[Floats, Floats, Floats]:
    """Least and greatest mean of each open class, and the slack of the least; infinite where there is none."""
    low, high, give = np.zeros(len(open_)), np.ones(len(open_)), np.full(len(open_), np.inf)
    place = {int(k): i for i, k in enumerate(open_)}
    for k in known.present - {background}:
        low[place[k]], give[place[k]] = presence, slack
    if background is not None:
        others = bool(known.present - {background})
        at = place[background]
        low[at], high[at] = background_range[0], background_range[1] if others else 1.0
    for k, size in sizes.items():
        if k not in place:
            raise AnnotationError(f"class {k} has a size, but the tags say that it is absent")
        low[place[k]], high[place[k]] = _size(k, size)
        give[place[k]] = np.inf
    hard = low[np.isinf(give)].sum()
    if hard > 1 + 1e-9 or high.sum() < 1 - 1e-9:
        raise AnnotationError(
            f"tags and sizes contradict each other: the classes cover at least {hard:.0%} and at most "
            f"{min(high.sum(), 9.99):.0%} of the image"
        )
    return low, high, give


def _size(k: int, size: Size) -> tuple[float, float]:
    if size == "large":
        return _LARGE, 1.0
    if size == "small":
        return 0.0, _LARGE
    if isinstance(size, str) or not hasattr(size, "__len__"):
        raise AnnotationError(f"the size of class {k} is 'small', 'large' or two shares, not {size!r}")
    _check_range(f"class {k}", size, AnnotationError)
    return size[0], size[1]


@dataclass(frozen=True, eq=False)
class _Dual:
    """The dual problem; constraint j says ``sign_j * mean(p)[place_j] >= bound_j``, its multiplier ends at most_j."""

    logits: Floats
    """``(N, L)``"""
    place: NDArray[np.intp]
    sign: Floats
    bound: Floats
    most: Floats

    @classmethod
    def of(cls, logits: Floats, low: Floats, high: Floats, give: Floats) -> _Dual:
        lower, upper = np.flatnonzero(low > 0), np.flatnonzero(high < 1)
        ends = np.minimum(give[lower], _LARGEST_MULTIPLIER), np.full(len(upper), _LARGEST_MULTIPLIER)
        sign = np.concatenate([np.ones(len(lower)), -np.ones(len(upper))])
        bound = np.concatenate([low[lower], -high[upper]])
        return cls(logits, np.concatenate([lower, upper]), sign, bound, np.concatenate(ends))

    def shift(self, multipliers: Floats) -> Floats:
        """What the multipliers add to the logits, ``(L,)``."""
        return np.bincount(self.place, self.sign * multipliers, self.logits.shape[1]).astype(np.float64)

    def value(self, multipliers: Floats) -> float:
        return float(_log_sum(self.logits + self.shift(multipliers)).mean() - self.bound @ multipliers)

    def solve(self, iterations: int, tolerance: float) -> Floats:
        """The shift of the logits at the solution."""
        x = np.zeros(len(self.place))
        if not len(x):
            return self.shift(x)
        value = self.value(x)
        for _ in range(iterations):
            p = _softmax(self.logits + self.shift(x))
            gradient = self.sign * p.mean(0)[self.place] - self.bound
            if np.abs(x - np.clip(x - gradient, 0, self.most)).max() < tolerance:
                break
            x, value = self._step(x, value, gradient, p)
        return self.shift(x)

    def _step(self, x: Floats, value: float, gradient: Floats, p: Floats) -> tuple[Floats, float]:
        """A Newton step in the multipliers that are not held at an end; halved until it descends."""
        held = ((x <= 0) & (gradient > 0)) | ((x >= self.most) & (gradient < 0))
        free = np.flatnonzero(~held)
        curvature = np.diag(p.mean(0)) - p.T @ p / len(p)
        hessian = curvature[np.ix_(self.place, self.place)] * np.outer(self.sign, self.sign)
        block = hessian[np.ix_(free, free)]
        # a shift common to all classes changes nothing, and a lower and an upper bound oppose: the Hessian is singular
        damped = block + (1e-6 * max(float(np.trace(block)), 1e-9)) * np.eye(len(free))
        direction = np.zeros_like(x)
        direction[free] = -np.linalg.solve(damped, gradient[free])
        size = 1.0
        for _ in range(30):
            tried = np.clip(x + size * direction, 0, self.most)
            reached = self.value(tried)
            if reached <= value + 1e-4 * min(0.0, float(gradient @ (tried - x))) and (tried != x).any():
                return tried, reached
            size /= 2
        # the gradient's Lipschitz constant is at most 1, so that a step of 1 descends
        tried = np.clip(x - gradient, 0, self.most)
        return tried, self.value(tried)


def _log_sum(logits: Floats) -> Floats:
    top = logits.max(1)
    total: Floats = top + np.log(np.exp(logits - top[:, None]).sum(1))
    return total


def _softmax(logits: Floats) -> Floats:
    share: Floats = np.exp(logits - logits.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    return share
