"""``auto``: every cue the strokes give, weighed per piece and class, then one graph cut.

1. A :mod:`scene` of fine superpixels, and :mod:`cues` of the strokes on it: appearance, paths, walks, cuts, places.
2. A :mod:`mixer` turns them into probabilities. Among its inputs is how well held-out thirds of these very strokes are
   recognised by each appearance cue, so a look that does not tell the classes apart is heard less.
3. The probable regions speak in turn (:mod:`regions`): their look, their connection to strokes; a second mixer judges
   again with both (auto-context, Tu and Bai, PAMI 2010).
4. A network's probabilities, where there are any, are multiplied in, as far as the network agrees with the strokes;
   so is what the strokes of other images say (:mod:`experience`).
5. Alpha-expansion over ``-log P`` with ScribbleSup's pairwise term; pixels near a border are decided at full size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.graph_cut import Problem
from segstudio.algorithms.scribbles import cues, mixer, nearest, regions, scribblesup
from segstudio.algorithms.scribbles.cues import Evidence, Marks
from segstudio.algorithms.scribbles.experience import Experience
from segstudio.algorithms.scribbles.pixels import to_pixels
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.core.errors import OptionError
from segstudio.core.progress import Work, finish, scaled

Floats = NDArray[np.float32]
Heard = tuple[Floats, float]

_SURE = 0.002  # what is left to each other class on a piece that a stroke marks
_LEAST = 1e-4
_MOST_EMPHASIS = 100
_SCALE = np.float32(0.5)  # cues of -4..4 come to the mixer as -2..2
_OF_OTHERS = 0.6  # how much other images count beside a network that is right as often: they see pieces, not shapes

GROUPS: Mapping[str, tuple[str, ...]] = {
    "colour": ("colour", "near colour", "far colour", "palette", "colour in place"),
    "texture": ("texture",),
    "paths": ("path of colour", "path of colour and length", "path over edges", "path of texture"),
    "edges": ("highest edge", "highest step"),
    "place": ("distance", "distance by size"),
    "walks": ("random walk", "careful random walk"),
    "cuts": ("cut", "cut along edges"),
}


@dataclass(frozen=True)
class Model:
    """The two fitted mixers and the weight of the pairwise term."""

    first: Mapping[str, Floats]
    second: Mapping[str, Floats]
    smoothness: float = 1.5


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model that comes with the program, fitted on photographs, driving scenes, MRI and microscopy."""
    source = resources.files("segstudio.algorithms.scribbles") / "mixer.npz"
    with resources.as_file(source) as path, np.load(path, allow_pickle=False) as stored:
        return unpacked(stored)


def unpacked(stored: Mapping[str, Any]) -> Model:
    """A model from the arrays ``first/NAME``, ``second/NAME`` and ``smoothness``; ``ValueError`` for any other name."""
    parts: dict[str, dict[str, Floats]] = {"first": {}, "second": {}}
    smoothness = Model.smoothness
    for key in stored:
        if key == "smoothness":
            smoothness = float(stored[key])
            continue
        stage, _, name = key.partition("/")
        if stage not in parts:
            raise ValueError(f"{key!r} is no part of a model")
        parts[stage][name] = stored[key]
    return Model(parts["first"], parts["second"], smoothness)


def first_inputs(evidence: Evidence, marks: Marks) -> Floats:
    """``(N, L, F)``: the cues, then how far the appearance cues can be trusted, then each class's share of stroke."""
    N, L, _ = evidence.values.shape
    trust = np.broadcast_to(cues.trust(evidence, marks), (N, L, len(evidence.reliability)))
    share = np.broadcast_to(cues.emphasis(marks)[None, :, None], (N, L, 1))
    return np.concatenate([evidence.values * _SCALE, trust, share], axis=2).astype(np.float32)


def second_inputs(inputs: Floats, scene: Scene, marks: Marks, share: Floats) -> Floats:
    """:func:`first_inputs` and what the regions of the first probabilities *share* ``(N, L)`` add."""
    return finish(adding_regions(inputs, scene, marks, share))


def adding_regions(inputs: Floats, scene: Scene, marks: Marks, share: Floats) -> Work[Floats]:
    """:func:`second_inputs` as work that can be stopped."""
    found = (yield from regions.gathering(scene, marks, share)) * _SCALE
    sizes = scene.pieces.sizes[:, None]
    area = np.log((share * sizes).sum(axis=0) / sizes.sum() * marks.count + 0.02)
    spread = np.broadcast_to(area[None, :, None], (*share.shape, 1))
    return np.concatenate([found, inputs, spread], axis=2).astype(np.float32)


def probabilities(parameters: Mapping[str, Floats], inputs: Floats, marks: Marks) -> Floats:
    """``(N, L)`` of a mixer; certain, but for a rest, on marked pieces."""
    return settled(mixer.softmax(mixer.scores(parameters, inputs)), marks)


def settled(share: Floats, marks: Marks) -> Floats:
    """*share* with every marked piece given to its class."""
    share = share.copy()
    drawn = np.flatnonzero(marks.sources >= 0)
    share[drawn] = _SURE
    share[drawn, marks.sources[drawn]] = 1 - _SURE * (marks.count - 1)
    return share


def network_share(scene: Scene, network: Floats | None) -> Floats | None:
    """A network's ``(L, H, W)`` as ``(N, L)`` over the pieces: the normalised mean of its logarithms."""
    if network is None:
        return None
    h, w = scene.pieces.labels.shape
    rows = (np.arange(h) * network.shape[1]) // h
    columns = (np.arange(w) * network.shape[2]) // w
    small = network[:, rows[:, None], columns[None, :]] if (h, w) != network.shape[1:] else network
    return mixer.softmax(-scribblesup.network_unary(scene.pieces, small).astype(np.float32))


def network_power(share: Floats, marks: Marks) -> float:
    """The exponent of a network's probabilities: 1.5 if it is right on every stroke, 0 at chance (mean recall).

    Pieces of which it says nothing, all classes being even, are not asked about.
    """
    drawn = np.flatnonzero((marks.sources >= 0) & (share.max(axis=1) > share.min(axis=1)))
    if len(drawn) == 0:
        return 0.0
    truth = marks.sources[drawn]
    right = share[drawn].argmax(axis=1) == truth
    count = np.bincount(truth, minlength=marks.count)
    recall = np.bincount(truth, right, marks.count)[count > 0] / count[count > 0]
    chance = 1 / marks.count
    return 1.5 * max(0.0, (float(recall.mean()) - chance) / max(1 - chance, 1e-6))


@dataclass(frozen=True)
class Judgement:
    """Probabilities *share* ``(N, L)`` of every piece, and how much each group of cues counted (sum 1)."""

    share: Floats
    weights: dict[str, float]


def judge(scene: Scene, marks: Marks, model: Model, **options: Any) -> Judgement:
    """Steps 1 to 4; options as for :func:`judging`."""
    return finish(judging(scene, marks, model, **options))


def judging(
    scene: Scene,
    marks: Marks,
    model: Model,
    *,
    told: Floats | None = None,
    others: Heard | None = None,
    emphasis: Mapping[str, float] | None = None,
    barred: NDArray[np.bool_] | None = None,
) -> Work[Judgement]:
    """Steps 1 to 4 as work that can be stopped.

    *told* ``(N, L)`` is what a network says of the pieces (:func:`network_share`), *others* what the strokes of other
    images say (:meth:`Experience.share`) and how much that may count, 0 to 1. *emphasis* multiplies groups of cues
    (:data:`GROUPS`, ``"network"``, ``"others"``), *barred* ``(N, L)`` are classes that a piece is known not to show.
    """
    gathered = yield from scaled(cues.gathering(scene, marks), 0.0, 0.7)
    factors = emphasis or {}
    evidence = emphasised(gathered, factors)
    share_of_others, weight = others or (None, 0.0)
    voices = _voices(marks, factors, network=(told, 1.0), others=(share_of_others, _OF_OTHERS * weight))
    inputs = first_inputs(evidence, marks)
    share = _allowed(_tempered(probabilities(model.first, inputs, marks), voices, marks), barred)
    inputs = yield from scaled(adding_regions(inputs, scene, marks, share), 0.7, 1.0)
    share = _allowed(_tempered(probabilities(model.second, inputs, marks), voices, marks), barred)
    return Judgement(share, _weights(model, inputs, evidence, {name: power for name, (_, power) in voices.items()}))


def _voices(
    marks: Marks, emphasis: Mapping[str, float], **given: tuple[Floats | None, float]
) -> dict[str, tuple[Floats, float]]:
    """What is multiplied into the probabilities, each with the power that it has earned on the strokes."""
    voices = {}
    for name, (share, usual) in given.items():
        if share is not None:
            power = network_power(share, marks) * usual * emphasis.get(name, 1.0)
            if power > 0:
                voices[name] = (share, power)
    return voices


def _allowed(share: Floats, barred: NDArray[np.bool_] | None) -> Floats:
    """*share* with nothing for the classes that are *barred*."""
    if barred is None:
        return share
    left = np.where(barred, np.float32(0), np.maximum(share, np.float32(1e-12)))
    rest: Floats = left / left.sum(axis=1, keepdims=True)
    return rest


def _tempered(share: Floats, voices: Mapping[str, tuple[Floats, float]], marks: Marks) -> Floats:
    if not voices:
        return share
    joint = np.log(np.maximum(share, _LEAST))
    for told, power in voices.values():
        joint = joint + np.float32(power) * np.log(np.maximum(told, _LEAST))
    return settled(mixer.softmax(joint), marks)


def emphasised(evidence: Evidence, factors: Mapping[str, float]) -> Evidence:
    """*evidence* with groups of cues multiplied; raises :class:`OptionError` for an unknown group or a factor < 0."""
    check_emphasis(factors)
    scale = np.ones(len(evidence.names), np.float32)
    for group, factor in factors.items():
        for name in GROUPS.get(group, ()):
            scale[evidence.names.index(name)] = factor
    return Evidence(evidence.names, evidence.values * scale, evidence.reliability)


def check_emphasis(factors: Mapping[str, float]) -> None:
    known = [*GROUPS, "network", "others"]
    for group, factor in factors.items():
        if group not in known:
            raise OptionError(f"there is no group of cues called {group!r}; there are: {', '.join(known)}")
        if not 0 <= factor <= _MOST_EMPHASIS:
            raise OptionError(f"the emphasis of {group!r} is a number from 0 to {_MOST_EMPHASIS}, not {factor}")


def _weights(model: Model, inputs: Floats, evidence: Evidence, powers: Mapping[str, float]) -> dict[str, float]:
    """The share of every group in what moved the scores; regions are what the second look added."""
    moved = mixer.influence(model.second, inputs)
    first = len(regions.NAMES)
    weights = {"regions": float(moved[:first].sum())}
    for group, names in GROUPS.items():
        weights[group] = float(sum(moved[first + evidence.names.index(name)] for name in names))
    total = sum(weights.values()) or 1.0
    powers_and_own = 1 + sum(powers.values())
    own = {name: value / total / powers_and_own for name, value in weights.items()}
    return own | {name: power / powers_and_own for name, power in powers.items()}


def decide(scene: Scene, marks: Marks, share: Floats, smoothness: float) -> tuple[NDArray[np.int32], Floats]:
    """Step 5 on pieces: labels ``(N,)`` and how probable they were before the cut, ``(N,)`` in [0, 1]."""
    return finish(deciding(scene, marks, share, smoothness))


def deciding(
    scene: Scene, marks: Marks, share: Floats, smoothness: float, *, barred: NDArray[np.bool_] | None = None
) -> Work[tuple[NDArray[np.int32], Floats]]:
    """:func:`decide` as work that can be stopped; *barred* ``(N, L)`` are classes that a piece may not take."""
    problem = Problem(scene.count, scene.pieces.edges, smoothness * scribblesup.pairwise(scene.pieces))
    unary = -np.log(np.maximum(share, _LEAST)).astype(np.float64)
    if barred is not None:
        unary[barred] = np.inf
    drawn = np.flatnonzero(marks.sources >= 0)
    unary[drawn] = np.inf
    unary[drawn, marks.sources[drawn]] = 0
    labels = yield from problem.solving(unary)
    # not the cut's own P(label | neighbours): neighbours that are wrong together vouch for each other
    return labels, np.take_along_axis(share, labels[:, None].astype(np.intp), axis=1)[:, 0]


def checked_smoothness(model: Model, wished: float | None) -> float:
    """*wished*, or the model's own; raises :class:`OptionError` unless it is 0 or more."""
    weight = model.smoothness if wished is None else wished
    if not (np.isfinite(weight) and weight >= 0):
        raise OptionError(f"smoothness is a number of 0 or more, not {weight}")
    return weight


def propagate(
    image: NDArray[Any],
    strokes: Strokes,
    probabilities: Floats | None = None,
    *,
    smoothness: float | None = None,
    emphasis: Mapping[str, float] | None = None,
    model: Model | None = None,
    scene: Scene | None = None,
    experience: Experience | None = None,
) -> tuple[NDArray[np.int32], Floats, dict[str, float]]:
    """Labels ``(H, W)`` int32 (places in ``strokes.classes``), confidence ``(H, W)`` and the weights of the cues.

    *smoothness* >= 0 weighs the pairwise term (1.5 by default), *emphasis* multiplies groups of cues (1 by default,
    0 silences a group), *model* replaces the shipped one, for instance by one tuned to a project, *scene* is that of
    *image* if it is at hand, and *experience* is what the strokes of other images have taught.
    """
    chosen = model or shipped()
    weight = checked_smoothness(chosen, smoothness)
    scene = scene or Scene(image)
    marks = cues.mark(scene, strokes)
    if len(np.unique(marks.sources[marks.sources >= 0])) < strokes.count:  # fewer pieces than classes
        return *nearest.propagate(image, strokes), {"place": 1.0}
    shared = None if experience is None else experience.share(scene, strokes)
    others = None if experience is None or shared is None else (shared, experience.weight)
    judgement = judge(scene, marks, chosen, told=network_share(scene, probabilities), others=others, emphasis=emphasis)
    labels, sure = decide(scene, marks, judgement.share, weight)
    full, certainty = to_pixels(scene, image, labels, judgement.share, sure)
    return full, certainty, judgement.weights
