"""How well and how fast strokes become masks. Prints one JSON document.

    python bench/scribbles.py [DATA] [--every 4] [--megapixels 12]

With DATA (one folder a set, ``{images,masks[,scribbles]}``: ``acdc``, ``camvid``, ``dsb2018``) every method is scored
on strokes drawn on the ground truth, and on the real ones of ``acdc``: data-set mIoU in percent, median milliseconds,
and how far its confidence is to be believed off the strokes: log loss in nats of saying that its label is right.
Always, on a large picture, in milliseconds of wall clock and processor, the best of a few rounds: superpixels (beside
OpenCV's watershed from as many seeds), features, a session's answers (beside the same expansions with SciPy's maximum
flow), and one thread against two while other processes keep every core busy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage
from drawn_strokes import UNLABELLED, strokes
from fit_scribbles import masks
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from segstudio.algorithms import scribbles, slic
from segstudio.algorithms.dense_crf import DenseCRF
from segstudio.algorithms.graph_cut import Problem, energy
from segstudio.algorithms.scribbles.session import Session
from segstudio.algorithms.superpixels import Superpixels
from segstudio.core.progress import finish

CLASSES = {"acdc": 4, "camvid": 11, "dsb2018": 2}
PARTS = {"acdc": 2, "camvid": 3, "dsb2018": 8}
ON_RESULT = "preview on a result"


def scores(data: Path, every: int) -> dict[str, dict[str, dict[str, float]]]:
    """mIoU and milliseconds by source of strokes and method."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, classes in CLASSES.items():
        pictures = list(masks(data / name))[::every]
        for source in ("drawn", *(["real"] if (data / name / "scribbles").is_dir() else [])):
            rows: dict[str, dict[str, float]] = {}
            for method in (*scribbles.PROPAGATORS, "preview", ON_RESULT):
                confusion, spent, doubts = np.zeros((classes, classes), np.int64), [], []
                for stem, image, truth in pictures:
                    seeds = _seeds(data / name, stem, truth, source, PARTS[name])
                    begin = time.perf_counter()
                    labels, confidence = _answer(image, seeds, method)
                    spent.append(time.perf_counter() - begin)
                    valid = truth != UNLABELLED
                    flat = truth[valid].astype(np.int64) * classes + np.minimum(labels[valid], classes - 1)
                    confusion += np.bincount(flat, minlength=classes**2).reshape(classes, classes)
                    if confidence is not None:
                        doubts.append(_surprise(confidence, labels == truth)[valid & (seeds == UNLABELLED)])
                hit = np.diag(confusion)
                iou = hit / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1) - hit, 1)
                miou = float(iou[confusion.sum(axis=1) > 0].mean())
                rows[method] = {"miou": round(100 * miou, 1), "ms": round(1000 * float(np.median(spent)), 1)}
                if doubts:
                    rows[method]["log_loss"] = round(float(np.concatenate(doubts).mean()), 3)
            found[f"{name}/{source}"] = rows
    return found


def _answer(
    image: NDArray[np.uint8], seeds: NDArray[np.uint8], method: str
) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    """What *method* makes of the strokes, and how sure it is; ``preview``: what is shown while they are drawn, all of
    them or, on a result, the last two fifths of each class."""
    if method == ON_RESULT:
        return _drawn_on(image, seeds), None
    if method != "preview":
        found = finish(scribbles.propagation(image, seeds, method=method))
        return found.labels, found.confidence
    session = Session(image)
    session.replace(seeds)
    return session.labels, None


def _drawn_on(image: NDArray[np.uint8], seeds: NDArray[np.uint8]) -> NDArray[Any]:
    """What is shown when three fifths of each class's strokes, from the left, were spread and the rest is drawn."""
    first, rest = seeds.copy(), {}
    for label in np.unique(seeds[seeds != UNLABELLED]).tolist():
        y, x = np.nonzero(seeds == label)
        late = x > np.quantile(x, 0.6)
        rest[label] = y[late], x[late]
        first[rest[label]] = UNLABELLED
    session = Session(image)
    session.replace(first)
    finish(session.propagation())
    for label, (y, x) in rest.items():
        session.preview(label, y, x)
    return session.labels


def _surprise(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``-log`` of the probability that was given to what turned out, 0.01 at least."""
    sure = np.clip(confidence.astype(np.float64), 0.01, 0.99)
    return -np.log(np.where(right, sure, 1 - sure))


def _seeds(folder: Path, stem: str, truth: NDArray[np.uint8], source: str, parts: int) -> NDArray[np.uint8]:
    if source == "real":
        return np.asarray(cv2.imread(str(folder / "scribbles" / f"{stem}.png"), cv2.IMREAD_UNCHANGED), np.uint8)
    return strokes(truth, np.random.default_rng(zlib.crc32(f"bench {stem}".encode())), parts=parts)


def large_picture(megapixels: float) -> NDArray[np.uint8]:
    """A photograph enlarged, with noise."""
    image = cv2.imread(str(Path(skimage.__file__).parent / "data" / "coffee.png"))[:, :, ::-1]
    factor = np.sqrt(megapixels * 1e6 / (image.shape[0] * image.shape[1]))
    large = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, 6, large.shape).astype(np.float32)
    return np.clip(large + noise, 0, 255).astype(np.uint8)


def timed(function: Callable[[], Any], rounds: int = 1) -> tuple[Any, float, float]:
    """The result, and the least milliseconds of wall clock and of processor."""
    walls, processors = [], []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        result = function()
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    return result, min(walls), min(processors)


def row(wall: float, processor: float, **more: Any) -> dict[str, Any]:
    return {"wall_ms": round(wall, 2), "cpu_ms": round(processor, 2), **more}


def preparation(image: NDArray[np.uint8], segments: int) -> dict[str, dict[str, Any]]:
    pieces, *spent = timed(lambda: Superpixels.of(image, n_segments=segments), 4)
    reference, *theirs = timed(lambda: watershed(image, segments), 2)
    rows = {"superpixels": row(*spent, count=pieces.count, times_faster_than_watershed=round(theirs[0] / spent[0], 2))}
    rows["watershed of OpenCV"] = row(*theirs, count=int(reference))
    features = timed(lambda: (lambda p: (p.colour_histograms, p.edges))(Superpixels(image, pieces.labels)), 4)
    rows["features and adjacency"] = row(*features[1:])
    return rows


def watershed(image: NDArray[np.uint8], segments: int) -> int:
    """Superpixels as they are had from OpenCV: a flood from a grid of seeds."""
    H, W = image.shape[:2]
    step = np.sqrt(H * W / segments)
    ys, xs = np.arange(step / 2, H, step).astype(int), np.arange(step / 2, W, step).astype(int)
    markers = np.zeros((H, W), np.int32)
    markers[np.ix_(ys, xs)] = 1 + np.arange(len(ys) * len(xs)).reshape(len(ys), len(xs))
    cv2.watershed(image, markers)
    return len(ys) * len(xs)


def answers(image: NDArray[np.uint8], segments: int, classes: int, rounds: int = 3) -> dict[str, dict[str, Any]]:
    """Median over strokes of the least times of a session's previews and full answers, once every class is drawn."""
    session = Session(image, n_segments=segments)
    session.prepare()
    rounds_of: dict[str, list[list[tuple[float, float]]]] = {"preview": [], "full": []}
    problems = []
    for turn in range(rounds):
        session.replace(np.full(image.shape[:2], UNLABELLED, np.uint8))
        spent: dict[str, list[tuple[float, float]]] = {"preview": [], "full": []}
        for label, y, x in drawn(image.shape[:2], classes):
            _, *preview = timed(lambda k=label, r=y, c=x: session.preview(k, r, c))
            if turn == 0:
                problems.append((session._unary.copy(), session._assigned.copy()))
            _, *full = timed(session.full)
            spent["preview"].append((preview[0], preview[1]))
            spent["full"].append((full[0], full[1]))
        for name, values in spent.items():
            rounds_of[name].append(values[classes:])
    rows = {}
    for name, values in rounds_of.items():
        least = np.array(values).min(axis=0)
        rows[name] = row(*np.median(least, axis=0), wall_ms_p95=round(float(np.percentile(least[:, 0], 95)), 2))
    rows["cut of the full answer"] = beside_scipy(session, problems[classes : classes + 4])
    return rows


def drawn(shape: tuple[int, int], classes: int) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """A stroke of every class, then 25 of any: class, rows and columns of its pixels."""
    rng = np.random.default_rng(0)
    for turn in range(classes + 25):
        label = turn if turn < classes else int(rng.integers(classes))
        t = np.linspace(0, 1, 300)
        y = rng.uniform(0.1, 0.9) * shape[0] + t * rng.uniform(-150, 150)
        x = rng.uniform(0.1, 0.9) * shape[1] + t * rng.uniform(-150, 150)
        yield label, (y[:, None] + np.arange(-2, 3)).astype(int).ravel(), np.repeat(x.astype(int), 5)


def beside_scipy(session: Session, problems: list[tuple[NDArray[np.float64], NDArray[np.int32]]]) -> dict[str, Any]:
    """One round over all labels from each labelling of *problems*, here and with SciPy; and their energies."""
    problem, ours, theirs, apart = session.problem, 0.0, 0.0, 0.0
    for unary, labels in problems:
        found, spent, _ = timed(lambda u=unary, y=labels: problem.solve(u, initial=y, sweeps=1), 3)
        other, slow, _ = timed(lambda u=unary, y=labels: scipy_round(problem, u, y))
        ours, theirs = ours + spent / len(problems), theirs + slow / len(problems)
        energies = [energy(unary, problem.graph.edges, problem.weights, y) for y in (found, other)]
        apart = max(apart, abs(energies[0] / energies[1] - 1))
    return {
        "wall_ms": round(ours, 2),
        "scipy_wall_ms": round(theirs, 1),
        "times_faster": round(theirs / ours, 1),
        "energies_apart": float(f"{apart:.1e}"),
    }


_WHOLE = 1e5  # SciPy's flow knows whole numbers only


def scipy_round(problem: Problem, unary: NDArray[np.float64], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Expand every label once, each by SciPy's maximum flow."""
    edges, weights, n = problem.graph.edges, problem.weights, len(labels)
    costs, labels = problem.capped(unary), labels.copy()
    for alpha in range(unary.shape[1]):
        a, b = labels[edges[:, 0]], labels[edges[:, 1]]
        keep, first, second = (np.where(c, weights, 0) for c in (a != b, b != alpha, a != alpha))
        terminal = costs[:, alpha] - costs[np.arange(n), labels]
        np.add.at(terminal, edges[:, 0], 0.5 * (first - second - keep))
        np.add.at(terminal, edges[:, 1], 0.5 * (second - first - keep))
        both = np.rint(0.5 * (first + second - keep) * _WHOLE)
        source, sink = np.flatnonzero(terminal > 0), np.flatnonzero(terminal < 0)
        rows = np.concatenate([edges[:, 0], edges[:, 1], np.full(len(source), n), sink])
        columns = np.concatenate([edges[:, 1], edges[:, 0], source, np.full(len(sink), n + 1)])
        values = np.concatenate([both, both, *(np.rint(np.abs(terminal[i]) * _WHOLE) for i in (source, sink))])
        network = csr_matrix((values.astype(np.int32), (rows, columns)), shape=(n + 2, n + 2))
        left = network - maximum_flow(network, n, n + 1).flow
        left.data[left.data < 0] = 0
        left.eliminate_zeros()
        reached = breadth_first_order(left.T.tocsr(), n + 1, return_predecessors=False)
        labels[reached[reached < n]] = alpha
    return labels


def under_load(image: NDArray[np.uint8], segments: int) -> dict[str, Any]:
    """Wall time of two threads against one while one other process keeps each core busy."""
    likely = np.random.default_rng(0).dirichlet(np.ones(4), (480, 640)).transpose(2, 0, 1).astype(np.float32)
    small = np.ascontiguousarray(cv2.resize(image, (640, 480)))
    crf = {n: DenseCRF(small, workers=n) for n in (1, 2)}
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        return {
            "superpixels, two threads / one": _ratio(
                lambda n: slic.slic(image, n_segments=segments, compactness=10, iterations=5, workers=n)
            ),
            "dense CRF, two threads / one": _ratio(lambda n: crf[n].infer(likely)),
        }
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _ratio(work: Callable[[int], Any]) -> float:
    """Medians, turn about, so that both see the same load."""
    spent = np.array([[timed(lambda w=workers: work(w))[1] for workers in (1, 2)] for _ in range(7)])
    return round(float(np.median(spent[:, 1]) / np.median(spent[:, 0])), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--segments", type=int, default=7500)
    args = parser.parse_args()
    scribbles.warm_up()
    image = large_picture(args.megapixels)
    report: dict[str, Any] = {"preparation": preparation(image, args.segments)}
    report["session"] = {f"{classes} classes": answers(image, args.segments, classes) for classes in (4, 21)}
    report["under load"] = under_load(image, args.segments)
    if args.data:
        report["scores"] = scores(args.data, args.every)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
