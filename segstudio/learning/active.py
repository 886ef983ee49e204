"""Which sample would teach the network most: ways to order what nobody has labelled yet. Loads no torch.

Ways that look at one sample at a time give it a score, higher teaches more. Ways that compare samples score all of them
at once, by the order in which they would take them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import OptionError
from segstudio.core.registry import Registry

Array = NDArray[Any]
Needs = Literal["nothing", "picture", "probabilities", "passes", "features"]

DEFAULT = "representative"
"""The order to begin with: a name of :data:`STRATEGIES`."""
_ASKING, _TAKEN = 2000, 256
_TINY, _THINNED = 8, 512


@dataclass(frozen=True)
class Strategy:
    """One line of the table."""

    name: str
    title: str
    pick: str
    """One sentence: when to pick it."""
    needs: Needs
    """What a sample is judged by: its probabilities ``(K, H, W)``, those of several passes ``(T, K, H, W)``, the
    features of its image in the network ``(D,)``, what it looks like (:func:`tiny_picture`), or nothing."""
    score: Callable[[Array], float] | None = None
    """From what it *needs* to a score in [0, 1]; none where samples are compared with each other."""
    compare: Callable[[Mapping[int, Array], Sequence[Array]], dict[int, float]] | None = None
    """From the features or pictures of samples by their ids, and those of labelled ones, to a score in [0, 1] for each
    id."""


def entropy_score(probabilities: Array) -> float:
    """Mean entropy of the pixels of ``(K, H, W)``, as a share of the largest possible (Shannon 1948)."""
    p = _classes(probabilities)
    return float(_entropy(p, 0).mean() / math.log(len(p)))


def margin_score(probabilities: Array) -> float:
    """One minus the mean lead of the first class of ``(K, H, W)`` over the second (Scheffer et al. 2001)."""
    top = np.partition(_classes(probabilities), -2, axis=0)[-2:]
    return float(1 - (top[1] - top[0]).mean())


def disagreement_score(passes: Array) -> float:
    """Mean mutual information of label and weights over passes ``(T, K, H, W)``, as a share of log K.

    ``H[mean p] - mean H[p]`` (Houlsby et al. 2011, equation 2; with dropout, Gal et al. 2017, section 3): what the
    passes disagree about, not what all of them find hard.
    """
    p = np.stack([_classes(one) for one in passes])
    information = _entropy(p.mean(axis=0), 0) - _entropy(p, 1).mean(axis=0)
    return float(np.clip(information, 0, None).mean() / math.log(p.shape[1]))


def k_centres(features: Array, labelled: Array, count: int | None = None) -> tuple[list[int], list[float]]:
    """Rows of *features* ``(N, D)`` in the order of the greedy k-centre cover, and each one's distance when chosen.

    Every step takes the row that is farthest from all of *labelled* ``(M, D)`` and those taken before (Sener, Savarese
    2018, algorithm 1). With nothing labelled the row nearest to the mean is first.
    """
    points = np.asarray(features, np.float64)
    count = len(points) if count is None else min(count, len(points))
    if not count:
        return [], []
    nearest = np.full(len(points), np.inf)
    for centre in np.asarray(labelled, np.float64).reshape(-1, points.shape[1]):
        nearest = np.minimum(nearest, np.linalg.norm(points - centre, axis=1))
    order: list[int] = []
    distances: list[float] = []
    while len(order) < count:
        if np.isinf(nearest).any():
            chosen = int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmin())
            distances.append(float(np.linalg.norm(points - points[chosen], axis=1).max()))
        else:
            chosen = int(nearest.argmax())
            distances.append(float(nearest[chosen]))
        order.append(chosen)
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen], axis=1))
        nearest[order] = -1
    return order, distances


def tiny_picture(image: Array) -> NDArray[np.float32]:
    """What *image* ``(H, W, C)`` looks like from afar, ``(8 * 8 * C,)``, a vector of length one (0 for a plain image).

    Means over eight by eight fields of each channel, standardised within its half percentiles: brightness and contrast
    count for nothing, what lies where counts (after the tiny images of Torralba, Fergus, Freeman 2008).
    """
    step = max(1, math.ceil(max(image.shape[:2]) / _THINNED))
    pixels = np.nan_to_num(image[::step, ::step].astype(np.float32))
    pixels = np.clip(pixels, *np.percentile(pixels, (0.5, 99.5), axis=(0, 1)))
    pixels -= pixels.mean(axis=(0, 1))
    deviation = pixels.std(axis=(0, 1))
    pixels /= np.where(deviation > 0, deviation, 1)
    rows, columns = (np.linspace(0, length, _TINY + 1).astype(int) for length in pixels.shape[:2])
    means = np.zeros((_TINY, _TINY, pixels.shape[2]), np.float32)
    for y in range(_TINY):
        for x in range(_TINY):
            field = pixels[rows[y] : max(rows[y] + 1, rows[y + 1]), columns[x] : max(columns[x] + 1, columns[x + 1])]
            means[y, x] = field.mean(axis=(0, 1))
    flat = means.ravel()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-12), np.float32)


def facility_location(features: Array, labelled: Array) -> list[int]:
    """Rows of *features* ``(N, D)`` in the order in which they stand for the others best, beside *labelled* ``(M, D)``.

    Every step takes the row that shortens the distances from all rows to the nearest one chosen or labelled by most in
    sum: the greedy maximum of the facility location function (Wei, Iyer, Bilmes 2015, equation 2; of images, the
    representativeness of Yang et al. 2017, section 2.3). So a row stands for many, unlike a farthest one, and is
    unlike what is labelled already. With nothing labelled the first is the medoid. Of many rows some stand for all,
    and behind the first few hundred they follow by what each would shorten.
    """
    points = np.asarray(features, np.float32)
    if not len(points):
        return []
    asking = points[:: math.ceil(len(points) / _ASKING)]
    distances = np.stack([np.linalg.norm(asking - point, axis=1) for point in points])
    nearest = np.full(len(asking), distances.max(initial=0), np.float32)
    for centre in np.asarray(labelled, np.float32).reshape(-1, points.shape[1]):
        nearest = np.minimum(nearest, np.linalg.norm(asking - centre, axis=1))
    left = np.ones(len(points), bool)
    order: list[int] = []
    while len(order) < min(len(points), _TAKEN):
        chosen = int(np.where(left, _shortened(distances, nearest), -1).argmax())
        order.append(chosen)
        left[chosen] = False
        nearest = np.minimum(nearest, distances[chosen])
    rest = np.flatnonzero(left)
    order.extend(rest[np.argsort(-_shortened(distances[rest], nearest), kind="stable")].tolist())
    return order


def _shortened(distances: NDArray[np.float32], nearest: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how much each row of *distances* ``(N, P)`` would shorten those to the *nearest* ``(P,)``, in sum."""
    return np.asarray(np.maximum(nearest - distances, 0).sum(axis=1), np.float32)


def coverage_scores(features: Mapping[int, Array], labelled: Sequence[Array]) -> dict[int, float]:
    """A score in (0, 1] for each sample of *features*, falling in the order of :func:`k_centres`."""
    return _falling(features, labelled, lambda points, known: k_centres(points, known)[0])


def representative_scores(features: Mapping[int, Array], labelled: Sequence[Array]) -> dict[int, float]:
    """A score in (0, 1] for each sample of *features*, falling in the order of :func:`facility_location`."""
    return _falling(features, labelled, facility_location)


def _falling(
    features: Mapping[int, Array], labelled: Sequence[Array], ordered: Callable[[Array, Array], list[int]]
) -> dict[int, float]:
    if not features:
        return {}
    ids = list(features)
    points = np.stack([features[i] for i in ids])
    known = np.stack(labelled) if len(labelled) else np.zeros((0, points.shape[1]))
    order = ordered(points, known)
    return {ids[row]: 1 - place / len(order) for place, row in enumerate(order)}


def random_score(sample_id: int, seed: int) -> float:
    """The same number in [0, 1) for a sample and a seed every time."""
    return float(np.random.default_rng([seed, sample_id]).random())


def _classes(probabilities: Array) -> NDArray[np.float64]:
    """A single foreground probability as two classes."""
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 3 or not len(p):
        raise OptionError(f"probabilities have the shape (K, H, W), not {p.shape}")
    return np.concatenate([1 - p, p]) if len(p) == 1 else p


def _entropy(p: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(-(p * np.log(np.maximum(p, 1e-12))).sum(axis=axis))


STRATEGIES: Registry[Strategy] = Registry(
    "order of samples",
    [
        Strategy(
            "representative",
            "Stands for most others",
            "The sensible default: begin with images that many others look like, but none of those labelled so far.",
            "picture",
            compare=representative_scores,
        ),
        Strategy(
            "entropy",
            "Least certain",
            "Begin with the images whose pixels the network is least sure of: they are hard ones, and teach it late.",
            "probabilities",
            entropy_score,
        ),
        Strategy(
            "margin",
            "Closest call",
            "Begin where two classes are nearly as likely: good where a few classes are easily confused.",
            "probabilities",
            margin_score,
        ),
        Strategy(
            "mc_dropout",
            "Most disagreement (MC dropout)",
            "Begin where several versions of the network disagree, and leave noise alone; takes five times as long.",
            "passes",
            disagreement_score,
        ),
        Strategy(
            "coreset",
            "Least like the rest (core-set)",
            "Begin with images unlike those labelled so far: good for the first images and for mixed collections.",
            "features",
            compare=coverage_scores,
        ),
        Strategy("random", "Random", "No preference: what the other orders must beat.", "nothing"),
    ],
    group="segstudio.orders",
)
