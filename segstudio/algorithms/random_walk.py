"""Random walker (Grady, PAMI 2006): the chance that a walk from each node reaches a source of each label first.

On a graph of superpixels the linear system is solved directly. On pixels it is solved by conjugate gradients that start
from the answer on superpixels, which leaves only detail to be found.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from segstudio.core.progress import Progress, Work, finish

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_DIRECT = 10_000  # unknowns up to which a system is factored
_TOLERANCE = 1e-5
_STEPS = 1000
_AT_ONCE = 50_000_000  # multiplications between two looks at whether to go on: a fraction of a second


def on_graph(nodes: int, edges: Ints, weights: Doubles, sources: Ints, count: int) -> Floats:
    """Probabilities ``(N, count)``; *weights* ``(E,)`` > 0; *sources* ``(N,)`` the label of a source or -1.

    Rows sum to 1. A part of the graph without a source is even over the labels.
    """
    return finish(walking(nodes, edges, weights, sources, count))


def walking(nodes: int, edges: Ints, weights: Doubles, sources: Ints, count: int) -> Work[Floats]:
    """:func:`on_graph` as work that can be stopped."""
    free = np.flatnonzero(sources < 0)
    out = np.zeros((nodes, count), np.float32)
    fixed = np.flatnonzero(sources >= 0)
    out[fixed, sources[fixed]] = 1
    if len(free) == 0:
        return out
    place = np.full(nodes, -1, np.int64)
    place[free] = np.arange(len(free))
    a, b = edges[:, 0], edges[:, 1]
    inner = (place[a] >= 0) & (place[b] >= 0)
    total = np.bincount(a, weights, nodes) + np.bincount(b, weights, nodes)
    tie = 1e-9 * (float(total.mean()) if len(total) else 1.0) + 1e-300  # an even pull that no walk with a source feels
    rows = np.concatenate([place[a[inner]], place[b[inner]], np.arange(len(free))])
    columns = np.concatenate([place[b[inner]], place[a[inner]], np.arange(len(free))])
    values = np.concatenate([-weights[inner], -weights[inner], total[free] + tie])
    right = np.full((len(free), count), tie / count)
    for here, there in ((a, b), (b, a)):
        lit = (place[here] >= 0) & (place[there] < 0)
        np.add.at(right, (place[here[lit]], sources[there[lit]]), weights[lit])
    system = sparse.csc_matrix((values, (rows, columns)), shape=(len(free), len(free)))
    found = np.clip((yield from _solving(system, right)), 0, 1)
    out[free] = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12)
    return out


def _solving(system: sparse.csc_matrix, right: Doubles) -> Work[Doubles]:
    """The solution ``(N, L)`` of a symmetric positive system: direct, or by conjugate gradients where it is large.

    The factors of a system grow faster than the system, and those of a volume's beyond all measure.
    """
    if system.shape[0] <= _DIRECT:
        solver = linalg.splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
        direct: Doubles = solver.solve(right)
        return direct
    return (yield from _solving_by_steps(system.tocsr(), right))


def _solving_by_steps(rows: sparse.csr_matrix, right: Doubles) -> Work[Doubles]:
    found, residual, direction = np.zeros_like(right), right.copy(), np.zeros_like(right)
    inner, aim = np.ones(right.shape[1]), _TOLERANCE**2 * np.einsum("ij,ij->j", right, right)
    share = max(1, _AT_ONCE // max(1, rows.nnz * right.shape[1]))
    for step in range(0, _STEPS, share):
        state = (found, residual, direction, inner, aim)
        if _descend(rows.indptr, rows.indices, rows.data, rows.diagonal(), *state, min(share, _STEPS - step)):
            break
        yield Progress(None, "walking")
    return found


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _descend(start, column, value, diagonal, found, residual, direction, inner, aim, steps):  # type: ignore[no-untyped-def]
    """*steps* of conjugate gradients, preconditioned by the diagonal, for all columns side by side; whether all are
    below the square *aim* of their residual.

    The matrix is in compressed rows; *found*, *residual* and *direction* ``(N, L)`` and *inner* ``(L,)``, the last
    preconditioned square, are gone on from and changed.
    """
    N, L = found.shape
    product = np.empty((N, L))
    for _ in range(steps):
        norm, now, curvature = np.zeros(L), np.zeros(L), np.zeros(L)
        for i in range(N):
            for c in range(L):
                square = residual[i, c] * residual[i, c]
                norm[c] += square
                now[c] += square / diagonal[i]
        if (norm <= aim).all():
            return True
        ratio = now / np.maximum(inner, 1e-300)
        for i in range(N):
            for c in range(L):
                direction[i, c] = residual[i, c] / diagonal[i] + ratio[c] * direction[i, c]
        for i in range(N):
            product[i] = 0
            for k in range(start[i], start[i + 1]):
                for c in range(L):
                    product[i, c] += value[k] * direction[column[k], c]
            for c in range(L):
                curvature[c] += direction[i, c] * product[i, c]
        length = np.zeros(L)
        for c in range(L):  # a column that is good enough stays
            if norm[c] > aim[c] and curvature[c] > 0:
                length[c] = now[c] / curvature[c]
        for i in range(N):
            for c in range(L):
                found[i, c] += length[c] * direction[i, c]
                residual[i, c] -= length[c] * product[i, c]
        inner[:] = now
    return False


def warm_up() -> None:
    """Compile, or load from the cache on disk, what only large graphs need."""
    finish(_solving_by_steps(sparse.csr_matrix(np.eye(2)), np.ones((2, 2))))


def grid_weights(feature: Floats, beta: float) -> tuple[Floats, Floats]:
    """Weights to the right ``(H, W - 1)`` and below ``(H - 1, W)``: ``exp(-beta |difference|^2 / (10 std))`` + 1e-6.

    *feature* ``(H, W, C)`` in [0, 1]; the widely used scaling, with the standard deviation of the whole picture.
    """
    C = feature.shape[2]
    scale = beta / (10 * max(float(feature.std()), 1e-6) * np.sqrt(C))
    across = ((feature[:, 1:] - feature[:, :-1]) ** 2).sum(axis=2)
    down = ((feature[1:] - feature[:-1]) ** 2).sum(axis=2)
    floor = np.float32(1e-6)
    return (np.exp(-scale * across) + floor).astype(np.float32), (np.exp(-scale * down) + floor).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _apply(across: Floats, down: Floats, fixed: NDArray[np.bool_], x: Floats, out: Floats) -> None:
    """``out = L x`` on the free pixels, 0 on the fixed ones; L is the Laplacian of the grid."""
    H, W = x.shape
    out[:] = 0
    for i in range(H):
        for j in range(W):
            if j + 1 < W:
                flow = across[i, j] * (x[i, j] - x[i, j + 1])
                out[i, j] += flow
                out[i, j + 1] -= flow
            if i + 1 < H:
                flow = down[i, j] * (x[i, j] - x[i + 1, j])
                out[i, j] += flow
                out[i + 1, j] -= flow
    for i in range(H):
        for j in range(W):
            if fixed[i, j]:
                out[i, j] = 0


@numba.njit(cache=True, nogil=True)
def refine(
    across: Floats, down: Floats, fixed: NDArray[np.bool_], start: Floats, tolerance: float, most: int
) -> tuple[Floats, int]:
    """Conjugate gradients, preconditioned by the diagonal, from *start* ``(H, W)``, whose fixed pixels are kept.

    Stops when the largest preconditioned residual is below *tolerance* (of a probability), or after *most* steps.
    """
    x = start.copy()
    product = np.zeros(start.shape, np.float32)
    _apply(across, down, fixed, x, product)
    residual = -product
    diagonal = _diagonal(across, down, fixed)
    direction = np.zeros(start.shape, np.float32)
    old = 1.0
    for step in range(most):
        inner, worst = _size(residual, diagonal)
        if worst < tolerance or inner <= 0:
            return x, step
        _turn(direction, residual, diagonal, 0.0 if step == 0 else inner / old)
        old = inner
        _apply(across, down, fixed, direction, product)
        curvature = _dot(direction, product)
        if curvature <= 0:
            return x, step
        _advance(x, residual, direction, product, inner / curvature)
    return x, most


@numba.njit(cache=True, nogil=True)
def _diagonal(across: Floats, down: Floats, fixed: NDArray[np.bool_]) -> Floats:
    """What each free pixel is tied by to its neighbours; 0 for a fixed one."""
    H, W = fixed.shape
    diagonal = np.zeros((H, W), np.float32)
    for i in range(H):
        for j in range(W):
            if j + 1 < W:
                diagonal[i, j] += across[i, j]
                diagonal[i, j + 1] += across[i, j]
            if i + 1 < H:
                diagonal[i, j] += down[i, j]
                diagonal[i + 1, j] += down[i, j]
    for i in range(H):
        for j in range(W):
            if fixed[i, j]:
                diagonal[i, j] = 0
    return diagonal


@numba.njit(cache=True, nogil=True)
def _size(residual: Floats, diagonal: Floats) -> tuple[float, float]:
    """The preconditioned square of *residual*, and its largest preconditioned value."""
    inner = 0.0
    worst = np.float32(0)
    for i in range(residual.shape[0]):
        for j in range(residual.shape[1]):
            if diagonal[i, j] > 0:
                r = residual[i, j]
                inner += r * r / diagonal[i, j]
                worst = max(worst, abs(r) / diagonal[i, j])
    return inner, float(worst)


@numba.njit(cache=True, nogil=True)
def _turn(direction: Floats, residual: Floats, diagonal: Floats, ratio: float) -> None:
    for i in range(residual.shape[0]):
        for j in range(residual.shape[1]):
            if diagonal[i, j] > 0:
                direction[i, j] = residual[i, j] / diagonal[i, j] + ratio * direction[i, j]


@numba.njit(cache=True, nogil=True)
def _dot(a: Floats, b: Floats) -> float:
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total += a[i, j] * b[i, j]
    return total


@numba.njit(cache=True, nogil=True)
def _advance(x: Floats, residual: Floats, direction: Floats, product: Floats, length: float) -> None:
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            x[i, j] += length * direction[i, j]
            residual[i, j] -= length * product[i, j]


def on_grid(
    feature: Floats, sources: Ints, count: int, start: Floats, *, beta: float, tolerance: float, most: int
) -> Floats:
    """Probabilities ``(count, H, W)`` on pixels; *sources* ``(H, W)``, *start* ``(count, H, W)`` a first guess."""
    across, down = grid_weights(feature, beta)
    fixed = sources >= 0
    rows: list[Any] = []
    for k in range(count):
        guess = np.where(fixed, sources == k, start[k]).astype(np.float32)
        rows.append(refine(across, down, fixed, guess, tolerance, most)[0])
    found = np.clip(np.stack(rows), 0, 1)
    total: Floats = found.sum(axis=0)
    even = np.float32(1 / count)
    return np.where(total > 1e-6, found / np.maximum(total, 1e-6), even).astype(np.float32)
