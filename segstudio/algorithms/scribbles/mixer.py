"""A small network that weighs cues: the same function scores every class of every piece, then the scores compete.

    s[i, k] = v . x[i, k] + W3 relu(W2 relu(W1 x[i, k] + b1) + b2) + b3,    P[i, k] = softmax_k s[i, k]

Sharing the function between classes makes it indifferent to how many there are and in which order. It is fitted once on
drawn pictures of several kinds, and again, gently, on what a user accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segstudio.core.progress import Progress, Work

Floats = NDArray[np.float32]
Parameters = dict[str, Floats]

HIDDEN = (32, 16)
_SINGLE_THREADED = 1 << 18  # multiplications up to which OpenBLAS keeps to the calling thread


@dataclass(frozen=True)
class Example:
    """One drawn picture: cues *inputs* ``(N, L, F)``, the pixels of each class in each piece *truth* ``(N, L)``."""

    inputs: Floats
    truth: Floats


def fresh(inputs: int, rng: np.random.Generator) -> Parameters:
    """Random parameters for *inputs* cues."""
    sizes = (inputs, *HIDDEN, 1)
    parameters: Parameters = {"v": np.zeros((inputs, 1), np.float32)}
    for layer, (a, b) in enumerate(pairwise(sizes), 1):
        parameters[f"W{layer}"] = (rng.standard_normal((a, b)) * np.sqrt(1 / a)).astype(np.float32)
        parameters[f"b{layer}"] = np.zeros(b, np.float32)
    return parameters


def _blocks(rows: Floats) -> Iterator[slice]:
    """Slices of *rows* whose products stay below the size at which a matrix library starts threads.

    Waking and waiting for a team costs more than such a product, and ruins it when other work holds the cores.
    """
    height = max(1, _SINGLE_THREADED // (max(rows.shape[1], HIDDEN[1]) * HIDDEN[0]))
    for begin in range(0, len(rows), height):
        yield slice(begin, begin + height)


def _forward(p: Mapping[str, Floats], x: Floats) -> tuple[Floats, Floats, Floats]:
    first = np.maximum(x @ p["W1"] + p["b1"], 0)
    second = np.maximum(first @ p["W2"] + p["b2"], 0)
    return first, second, (second @ p["W3"] + p["b3"] + x @ p["v"])[:, 0]


def scores(p: Mapping[str, Floats], inputs: Floats) -> Floats:
    """s ``(N, L)`` of *inputs* ``(N, L, F)``."""
    N, L, F = inputs.shape
    rows = np.ascontiguousarray(inputs, np.float32).reshape(N * L, F)
    return np.concatenate([_forward(p, rows[block])[2] for block in _blocks(rows)]).reshape(N, L)


def softmax(values: Floats) -> Floats:
    """Over the last axis."""
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    share: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return share


def influence(p: Mapping[str, Floats], inputs: Floats) -> Floats:
    """How much each cue moved the scores: mean |cue times slope| over every eighth row of *inputs*, ``(F,)``."""
    rows = np.ascontiguousarray(inputs, np.float32).reshape(-1, inputs.shape[2])[::8]
    total = np.zeros(rows.shape[1], np.float32)
    for block in _blocks(rows):
        x = rows[block]
        first, second, _ = _forward(p, x)
        slope = (((second > 0) * p["W3"][:, 0]) @ p["W2"].T * (first > 0)) @ p["W1"].T + p["v"][:, 0]
        total += np.abs(slope * x).sum(axis=0)
    return total / np.float32(max(len(rows), 1))


def loss(p: Mapping[str, Floats], example: Example) -> float:
    """Mean cross entropy of the truth in nats, every pixel weighed by :func:`balance`."""
    weight, share = _target(example.truth)
    chance = np.log(np.maximum(softmax(scores(p, example.inputs)), 1e-9))
    return float(-(share * chance).sum(axis=1) @ weight / max(weight.sum(), 1e-9))


def balance(truth: Floats) -> Floats:
    """A weight per class, ``(L,)``: one over the square root of its share, so that small classes are heard."""
    share = truth.sum(axis=0) / max(float(truth.sum()), 1.0)
    return np.asarray((share + 0.01) ** -0.5, np.float32)


def _target(truth: Floats) -> tuple[Floats, Floats]:
    total = truth.sum(axis=1)
    share = truth / np.maximum(total, 1)[:, None]
    return np.asarray((share @ balance(truth)) * total, np.float32), np.asarray(share, np.float32)


def gradient(p: Mapping[str, Floats], x: Floats, weight: Floats, share: Floats) -> Parameters:
    """Slope of the loss for cues *x* ``(n, L, F)``, pixel weights ``(n,)`` and shares of the truth ``(n, L)``."""
    n, L, F = x.shape
    rows = np.ascontiguousarray(x, np.float32).reshape(n * L, F)
    pull = softmax(scores(p, x)) * share.sum(axis=1, keepdims=True) - share
    pull = (pull * (weight / max(float(weight.sum()), 1e-9))[:, None]).astype(np.float32).reshape(n * L, 1)
    total = {name: np.zeros_like(value) for name, value in p.items()}
    for block in _blocks(rows):
        flat, d3 = rows[block], pull[block]
        first, second, _ = _forward(p, flat)
        d2 = (d3 @ p["W3"].T) * (second > 0)
        d1 = (d2 @ p["W2"].T) * (first > 0)
        total["v"] += flat.T @ d3
        total["W3"] += second.T @ d3
        total["b3"] += d3.sum(axis=0)
        total["W2"] += first.T @ d2
        total["b2"] += d2.sum(axis=0)
        total["W1"] += flat.T @ d1
        total["b1"] += d1.sum(axis=0)
    return total


def fit(
    start: Mapping[str, Floats],
    groups: Sequence[Sequence[Example]],
    *,
    steps: int,
    rate: float,
    decay: float = 1e-3,
    anchored: bool = False,
    examples: int = 6,
    pieces: int = 600,
    seed: int = 0,
) -> Work[Parameters]:
    """Fit by Adam (Kingma and Ba, ICLR 2015) on random pieces of random examples of random *groups*.

    *rate* rises and falls once. *decay* pulls the parameters to zero, or with *anchored* back to *start*.
    """
    rng = np.random.default_rng(seed)
    p = {name: np.array(value, np.float32) for name, value in start.items()}
    mean = {name: np.zeros_like(value) for name, value in p.items()}
    square = {name: np.zeros_like(value) for name, value in p.items()}
    targets = {id(e): _target(e.truth) for group in groups for e in group}
    for step in range(1, steps + 1):
        total = {name: np.zeros_like(value) for name, value in p.items()}
        for _ in range(examples):
            group = groups[int(rng.integers(len(groups)))]
            example = group[int(rng.integers(len(group)))]
            rows = rng.integers(0, len(example.inputs), pieces)
            weight, share = targets[id(example)]
            for name, slope in gradient(p, example.inputs[rows], weight[rows], share[rows]).items():
                total[name] += slope / examples
        pace = rate * min(1.0, step / (0.3 * steps)) * 0.5 * (1 + np.cos(np.pi * max(0.0, step / steps - 0.3) / 0.7))
        for name in p:
            mean[name] += 0.1 * (total[name] - mean[name])
            square[name] += 0.001 * (total[name] ** 2 - square[name])
            move = mean[name] / (1 - 0.9**step) / (np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8)
            rest = start[name] if anchored else 0
            p[name] -= np.float32(pace) * (move + decay * (p[name] - rest)).astype(np.float32)
        if step % 25 == 0:
            yield Progress(step / steps, "fitting")
    return p
