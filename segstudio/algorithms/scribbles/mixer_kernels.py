"""The mixer's arithmetic row by row: small products, for which a threaded matrix library loses more than it gains."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _layers(x: Floats, W1: Floats, b1: Floats, W2: Floats, b2: Floats, first: Floats, second: Floats) -> None:
    """Fill the two hidden layers of one row."""
    first[:] = b1
    for f in range(len(x)):
        for h in range(len(first)):
            first[h] += x[f] * W1[f, h]
    second[:] = b2
    for h in range(len(first)):
        first[h] = max(first[h], np.float32(0))
        for g in range(len(second)):
            second[g] += first[h] * W2[h, g]
    for g in range(len(second)):
        second[g] = max(second[g], np.float32(0))


@numba.njit(cache=True, nogil=True, fastmath=True)
def forward(rows: Floats, v: Floats, W1: Floats, b1: Floats, W2: Floats, b2: Floats, W3: Floats, b3: Floats) -> Floats:
    """Scores ``(R,)`` of *rows* ``(R, F)``."""
    out = np.zeros(len(rows), np.float32)
    first = np.zeros(len(b1), np.float32)
    second = np.zeros(len(b2), np.float32)
    for r in range(len(rows)):
        _layers(rows[r], W1, b1, W2, b2, first, second)
        s = b3[0]
        for g in range(len(second)):
            s += second[g] * W3[g, 0]
        for f in range(rows.shape[1]):
            s += rows[r, f] * v[f, 0]
        out[r] = s
    return out


@numba.njit(cache=True, nogil=True, fastmath=True)
def backward(
    rows: Floats, pull: Floats, v: Floats, W1: Floats, b1: Floats, W2: Floats, b2: Floats, W3: Floats, b3: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
    """Slopes of the loss by every parameter; *pull* ``(R,)`` is its slope by the score of each row."""
    F = rows.shape[1]
    dv = np.zeros_like(v)
    dW1 = np.zeros_like(W1)
    db1 = np.zeros_like(b1)
    dW2 = np.zeros_like(W2)
    db2 = np.zeros_like(b2)
    dW3 = np.zeros_like(W3)
    db3 = np.zeros_like(b3)
    first = np.zeros(len(b1), np.float32)
    second = np.zeros(len(b2), np.float32)
    at_first = np.zeros(len(b1), np.float32)
    for r in range(len(rows)):
        _layers(rows[r], W1, b1, W2, b2, first, second)
        db3[0] += pull[r]
        at_first[:] = 0
        for g in range(len(second)):
            dW3[g, 0] += pull[r] * second[g]
            if second[g] > 0:
                d = pull[r] * W3[g, 0]
                db2[g] += d
                for h in range(len(first)):
                    dW2[h, g] += d * first[h]
                    at_first[h] += d * W2[h, g]
        for h in range(len(first)):
            if first[h] <= 0:
                at_first[h] = 0
            db1[h] += at_first[h]
        for f in range(F):
            dv[f, 0] += pull[r] * rows[r, f]
            for h in range(len(first)):
                dW1[f, h] += rows[r, f] * at_first[h]
    return dv, dW1, db1, dW2, db2, dW3, db3


@numba.njit(cache=True, nogil=True, fastmath=True)
def influence(
    rows: Floats, v: Floats, W1: Floats, b1: Floats, W2: Floats, b2: Floats, W3: Floats, b3: Floats
) -> Floats:
    """Mean of |cue times the slope of the score by it| over *rows*, ``(F,)``; every fourth row stands for four."""
    F = rows.shape[1]
    out = np.zeros(F, np.float32)
    first = np.zeros(len(b1), np.float32)
    second = np.zeros(len(b2), np.float32)
    seen = 0
    for r in range(0, len(rows), 4):
        _layers(rows[r], W1, b1, W2, b2, first, second)
        seen += 1
        for f in range(F):
            slope = v[f, 0]
            for h in range(len(first)):
                if first[h] > 0:
                    for g in range(len(second)):
                        if second[g] > 0:
                            slope += W1[f, h] * W2[h, g] * W3[g, 0]
            out[f] += abs(slope * rows[r, f])
    return out / np.float32(max(seen, 1))


@numba.njit(cache=True, nogil=True, fastmath=True)
def weighted_rows(rows: Floats, weights: Floats) -> Floats:
    """``rows @ weights``: ``(N, F)`` and ``(F,)`` to ``(N,)``."""
    out = np.zeros(len(rows), np.float32)
    for i in range(len(rows)):
        total = np.float32(0)
        for f in range(rows.shape[1]):
            total += rows[i, f] * weights[f]
        out[i] = total
    return out
