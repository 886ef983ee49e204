"""What strokes say about every piece of a scene: cues, each a number per piece and class, high where the class fits.

Every cue is a log ratio: how much better a class does than its best rival. That makes cues of different kinds
comparable, keeps them free of units, and is the same for any number and order of classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.algorithms import geodesic, random_walk
from segstudio.algorithms.graph_cut import Problem
from segstudio.algorithms.scribbles import scribblesup
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.core.progress import Progress, Work, finish

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_REACH = 4.0  # log ratios are cut here: e^4 : 1 is as sure as one cue may be
_SAMPLES = 48  # pieces of one class's strokes that stand for its appearance
_NEIGHBOURS = 3  # nearest samples whose distances are averaged
_FOLDS = 3
_HERE = Progress(None, "looking at the strokes")  # a chance to stop
_NOWHERE = np.float32(1e12)  # a squared distance beyond any between features


@dataclass(frozen=True)
class Marks:
    """Strokes on the pieces of a scene: *votes* ``(N, L)`` pixels, *sources* ``(N,)`` the class or -1."""

    votes: NDArray[np.int64]
    sources: Ints
    index: Ints

    @property
    def count(self) -> int:
        return int(self.votes.shape[1])


def mark(scene: Scene, strokes: Strokes) -> Marks:
    """Strokes on *scene*: each piece belongs to the class with most of its stroke pixels.

    A class that every piece votes down is given a piece nearby, so that no stroke is lost.
    """
    index = scene.index(strokes)
    votes = scribblesup.votes(scene.pieces, Strokes(strokes.classes, index))
    sources = np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), -1).astype(np.int32)
    for k in range(strokes.count):
        if not (sources == k).any():
            _rescue(scene, sources, index, k)
    return Marks(votes, sources, index)


def _rescue(scene: Scene, sources: Ints, index: Ints, k: int) -> None:
    """Give class *k*, voted down everywhere, the nearest piece that no class needs as its last."""
    drawn = np.argwhere(index == k)
    middle = drawn.mean(axis=0) if len(drawn) else scene.pieces.centroids.mean(axis=0)
    count = np.bincount(sources[sources >= 0], minlength=k + 1)
    spare = np.flatnonzero((sources < 0) | (count[sources] > 1))
    if len(spare):
        away = np.linalg.norm(scene.pieces.centroids[spare] - middle, axis=1)
        sources[spare[int(away.argmin())]] = k


def rivalry(cost: NDArray[Any], floor: float) -> Floats:
    """``log((best rival + floor) / (own + floor))`` of costs ``(N, L)``, within -4..4."""
    if cost.shape[1] == 1:
        return np.zeros_like(cost)
    two = np.partition(cost, 1, axis=1)[:, :2]
    rival = np.where(cost == two[:, :1], two[:, 1:], two[:, :1])
    ratio = np.log((rival + floor) / (cost + floor))
    return np.clip(ratio, -_REACH, _REACH).astype(np.float32)


@numba.njit(cache=True, nogil=True, fastmath=True)
def nearest_samples(features: Floats, samples: Floats, owner: Ints, barred: Ints, own: Ints, count: int) -> Floats:
    """Mean distance ``(N, count)`` of every row to its nearest samples of each class.

    *barred* ``(S,)`` and *own* ``(N,)`` are folds: a row does not look at samples of its own fold (-1 sees all).
    """
    N, C = features.shape
    out = np.zeros((N, count), np.float32)
    best = np.zeros((count, _NEIGHBOURS), np.float32)
    for i in range(N):
        best[:] = _NOWHERE
        for s in range(len(samples)):
            if own[i] >= 0 and own[i] == barred[s]:
                continue
            d = np.float32(0)
            for c in range(C):
                difference = features[i, c] - samples[s, c]
                d += difference * difference
            k = owner[s]
            for r in range(_NEIGHBOURS):
                if d < best[k, r]:
                    for t in range(_NEIGHBOURS - 1, r, -1):
                        best[k, t] = best[k, t - 1]
                    best[k, r] = d
                    break
        for k in range(count):
            total = np.float32(0)
            seen = 0
            for r in range(_NEIGHBOURS):
                if best[k, r] < _NOWHERE:
                    total += np.sqrt(best[k, r])
                    seen += 1
            out[i, k] = total / seen if seen > 0 else np.sqrt(_NOWHERE)
    return out


@dataclass(frozen=True)
class Samples:
    """Pieces that stand for the strokes: *pieces* ``(S,)``, their class *owner* and hold-out *fold*."""

    pieces: NDArray[np.int64]
    owner: Ints
    fold: Ints


def samples(scene: Scene, marks: Marks) -> Samples:
    """At most 48 pieces a class, spread evenly along its strokes; folds are thirds of the strokes' extent."""
    chosen, owner, fold = [], [], []
    for k in range(marks.count):
        own = np.flatnonzero(marks.sources == k)
        place = scene.pieces.centroids[own]
        centred = place - place.mean(axis=0)
        axis = np.linalg.svd(centred, full_matrices=False)[2][0] if len(own) > 1 else centred[0]
        own = own[np.argsort(centred @ axis, kind="stable")]
        own = own[np.linspace(0, len(own) - 1, min(len(own), _SAMPLES)).round().astype(int)]
        chosen.append(own)
        owner.append(np.full(len(own), k))
        fold.append(np.arange(len(own)) * _FOLDS // max(len(own), 1))
    return Samples(
        np.concatenate(chosen).astype(np.int64),
        np.concatenate(owner).astype(np.int32),
        np.concatenate(fold).astype(np.int32),
    )


def appearance(features: Floats, chosen: Samples, count: int) -> tuple[Floats, float]:
    """Distance ``(N, L)`` in *features* to the strokes of each class, and how well held-out strokes are told apart.

    The reliability is the mean recall over classes of the held-out thirds, 1 / L at chance.
    """
    rows = features[chosen.pieces]
    everyone = np.full(len(features), -1, np.int32)
    cost = nearest_samples(features, rows, chosen.owner, chosen.fold, everyone, count)
    held = nearest_samples(rows, rows, chosen.owner, chosen.fold, chosen.fold, count)
    right = held.argmin(axis=1) == chosen.owner
    recall = np.bincount(chosen.owner, right, count) / np.maximum(np.bincount(chosen.owner, minlength=count), 1)
    return cost, float(recall.mean())


def _standard(values: Floats) -> Floats:
    """Columns divided by their common spread."""
    spread = float(np.sqrt(values.var(axis=0).sum()))
    return np.ascontiguousarray(values / np.float32(max(spread, 1e-6)))


@dataclass(frozen=True)
class Evidence:
    """*values* ``(N, L, F)`` the cues in the order of *names*; *reliability* of the appearance cues by name."""

    names: tuple[str, ...]
    values: Floats
    reliability: dict[str, float]


def _appearances(scene: Scene) -> dict[str, Callable[[], Floats]]:
    near, far = scene.surroundings
    return {
        "colour": lambda: _standard(scene.colour),
        "colour in place": lambda: np.column_stack([_standard(scene.colour), _standard(scene.pieces.centroids)]),
        "near colour": lambda: _standard(near),
        "far colour": lambda: _standard(far),
        "palette": lambda: scene.palette,
        "texture": lambda: scene.texture,
    }


def gather(scene: Scene, marks: Marks) -> Evidence:
    """All cues of the strokes *marks* on *scene*."""
    return finish(gathering(scene, marks))


def gathering(scene: Scene, marks: Marks) -> Work[Evidence]:
    """:func:`gather` as work that can be stopped."""
    cues: dict[str, Floats] = {}
    reliability: dict[str, float] = {}
    parts = (
        _looks(scene, marks, cues, reliability),
        _paths(scene, marks, cues),
        _places(scene, marks, cues),
        _walks(scene, marks, cues),
        _cuts(scene, marks, cues),
    )
    for number, part in enumerate(parts):
        for _ in part:
            yield Progress(number / len(parts), _HERE.message)
    return Evidence(tuple(cues), np.stack(list(cues.values()), axis=2).astype(np.float32), reliability)


def _looks(scene: Scene, marks: Marks, found: dict[str, Floats], reliability: dict[str, float]) -> Work[None]:
    """What each appearance says, and how reliable it is."""
    chosen = samples(scene, marks)
    for name, features in _appearances(scene).items():
        yield _HERE
        cost, reliability[name] = appearance(features(), chosen, marks.count)
        found[name] = rivalry(cost, 0.1 * float(np.median(cost)) + 1e-6)


def _paths(scene: Scene, marks: Marks, found: dict[str, Floats]) -> Work[None]:
    """Geodesic cues: steps of colour, colour with length, edges on the way, the highest pass, texture."""
    mean_step = float(scene.step.mean()) + 1e-3
    mean_ridge = float(scene.ridge.mean()) + 1e-3
    mean_texture = float(scene.texture_step.mean()) + 1e-3
    costs = {
        "path of colour": (scene.step / mean_step + 0.02, False),
        "path of colour and length": (scene.step / mean_step + scene.length, False),
        "path over edges": ((scene.ridge / mean_ridge) ** 2 + 0.1 * scene.length, False),
        "path of texture": (scene.texture_step / mean_texture + 0.1 * scene.length, False),
        "highest edge": (scene.ridge / mean_ridge, True),
        "highest step": (scene.step / mean_step, True),
    }
    for name, (cost, flattest) in costs.items():
        yield _HERE
        distance = geodesic.on_graph(scene.graph, cost, marks.sources, marks.count, flattest=flattest)
        found[name] = rivalry(distance, 0.2 if flattest else 1.0)


def _places(scene: Scene, marks: Marks, found: dict[str, Floats]) -> Work[None]:
    """Straight distance, plain and against the size of the nearest stroke: a short stroke speaks for a small thing."""
    unit = np.sqrt(float(scene.pieces.sizes.mean()))
    centres = np.rint(scene.pieces.centroids / np.array(scene.sampling)).astype(int)
    here = np.stack([np.clip(centres[:, axis], 0, size - 1) for axis, size in enumerate(marks.index.shape)])
    plain = np.zeros((scene.count, marks.count), np.float32)
    scaled = np.zeros_like(plain)
    for k in range(marks.count):
        yield _HERE
        drawn = marks.index == k
        if not drawn.any():  # a stroke that another one covers on the smaller grid
            drawn = np.isin(scene.pieces.labels, np.flatnonzero(marks.sources == k))
        labelled, number = ndimage.label(drawn, np.ones((3,) * drawn.ndim))
        parts = np.asarray(labelled, np.int32)
        extent = np.ones(number + 1, np.float32)
        for j, box in enumerate(ndimage.find_objects(parts)):
            sides = [1 + (b.stop - b.start - 1) * step for b, step in zip(box, scene.sampling, strict=True)]
            extent[j + 1] = math.hypot(*sides)
        distance, part = yield from _nearest_part(parts, here, scene.sampling)
        plain[:, k] = distance / unit
        scaled[:, k] = distance / extent[part]
    found["distance"] = rivalry(plain, 1.0)
    found["distance by size"] = rivalry(scaled, 0.1)


def _nearest_part(
    parts: Ints, here: NDArray[np.int64], sampling: tuple[float, ...]
) -> Work[tuple[NDArray[np.float64], Ints]]:
    """The distance ``(N,)`` from the places *here* ``(2 or 3, N)`` to the nearest pixel of *parts* > 0, and its part.

    A volume is looked at slice by slice: the nearest of all slices is the nearest of the nearest in each.
    """
    slices = parts if parts.ndim == 3 else parts[None]
    depth = here[0] * sampling[0] if parts.ndim == 3 else np.zeros(here.shape[1])
    y, x = here[-2:]
    least = np.full(len(y), _NOWHERE, np.float64)
    owner = np.zeros(len(y), np.int32)
    for z, plane in enumerate(slices):
        if not plane.any():
            continue
        yield _HERE
        row, column = ndimage.distance_transform_edt(plane == 0, return_distances=False, return_indices=True)
        row, column = row[y, x], column[y, x]
        away = ((row - y) * sampling[-2]) ** 2 + ((column - x) * sampling[-1]) ** 2
        if parts.ndim == 3:
            away = away + (depth - z * sampling[0]) ** 2
        nearer = away < least
        least[nearer] = away[nearer]
        owner[nearer] = plane[row, column][nearer]
    return np.sqrt(least), owner


def _walks(scene: Scene, marks: Marks, found: dict[str, Floats]) -> Work[None]:
    """Random walks that mind contrast little and much."""
    typical = float((scene.step**2).mean()) + 1e-3
    for name, beta in (("random walk", 1.0), ("careful random walk", 6.0)):
        yield _HERE
        weights = (scene.pieces.borders * (np.exp(-beta * scene.step**2 / typical) + 1e-4)).astype(np.float64)
        walk = random_walk.walking(scene.count, scene.pieces.edges, weights, marks.sources, marks.count)
        share = yield from walk
        found[name] = rivalry(1 / np.maximum(share, 1e-6), 0.0)


def _cuts(scene: Scene, marks: Marks, found: dict[str, Floats]) -> Work[None]:
    """Graph cuts that know nothing but the strokes and one kind of weights each."""
    yield _HERE
    found["cut"] = yield from _cut(scene, marks, scribblesup.pairwise(scene.pieces))
    found["cut along edges"] = yield from _cut(scene, marks, _border_weights(scene))


def _border_weights(scene: Scene) -> NDArray[np.float64]:
    """The length of a common border, in the mean side of a piece, where there is no edge; less across an edge."""
    side = 2 * np.sqrt(float(scene.pieces.sizes.mean()))
    edge = scene.ridge / (float(scene.ridge.mean()) + 1e-3) + scene.step / (float(scene.step.mean()) + 1e-3)
    return np.asarray(scene.pieces.borders / side * np.exp(-edge), np.float64)


def _cut(scene: Scene, marks: Marks, weights: NDArray[np.float64]) -> Work[Floats]:
    """1 for the class that a cut by strokes and *weights* chose, -1 for the others."""
    problem = Problem(scene.count, scene.pieces.edges, weights)
    labels = yield from problem.solving(scribblesup.scribble_unary(marks.votes))
    out = np.full((scene.count, marks.count), -1, np.float32)
    out[np.arange(scene.count), labels] = 1
    return out


def trust(evidence: Evidence, marks: Marks) -> Floats:
    """How far held-out strokes could be told apart by each appearance cue, ``(A,)``: 0 at chance, 1 always."""
    chance = 1 / marks.count
    values = list(evidence.reliability.values())
    return np.array([(r - chance) / max(1 - chance, 1e-6) for r in values], np.float32)


def emphasis(marks: Marks) -> Floats:
    """``(L,)`` log of the share of stroke pixels of each class against an even share."""
    drawn = marks.votes.sum(axis=0).astype(np.float32)
    return np.asarray(np.log(drawn / max(float(drawn.sum()), 1.0) * marks.count + 0.05), np.float32)
