"""How well and how fast strokes become masks. Prints one JSON document.

    python bench/scribbles.py [DATA] [--every 4] [--megapixels 12]

With DATA (one folder a set, ``{images,masks[,scribbles]}``: ``acdc``, ``camvid``, ``dsb2018``) every method is scored
on strokes drawn on the ground truth, and on the real ones of ``acdc``: data-set mIoU in percent, median milliseconds.
Always: superpixels, features and a session's answers on a large picture, in milliseconds of wall clock and processor.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage
from drawn_strokes import UNLABELLED, strokes
from fit_scribbles import masks
from numpy.typing import NDArray

from segstudio.algorithms import scribbles
from segstudio.algorithms.scribbles.session import Session
from segstudio.algorithms.superpixels import Superpixels

CLASSES = {"acdc": 4, "camvid": 11, "dsb2018": 2}
PARTS = {"acdc": 2, "camvid": 3, "dsb2018": 8}


def scores(data: Path, every: int) -> dict[str, dict[str, dict[str, float]]]:
    """mIoU and milliseconds by source of strokes and method."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, classes in CLASSES.items():
        pictures = list(masks(data / name))[::every]
        for source in ("drawn", *(["real"] if (data / name / "scribbles").is_dir() else [])):
            rows: dict[str, dict[str, float]] = {}
            for method in scribbles.PROPAGATORS:
                confusion, spent = np.zeros((classes, classes), np.int64), []
                for stem, image, truth in pictures:
                    seeds = _seeds(data / name, stem, truth, source, PARTS[name])
                    begin = time.perf_counter()
                    labels = scribbles.propagate(image, seeds, method=method)
                    spent.append(time.perf_counter() - begin)
                    valid = truth != UNLABELLED
                    flat = truth[valid].astype(np.int64) * classes + np.minimum(labels[valid], classes - 1)
                    confusion += np.bincount(flat, minlength=classes**2).reshape(classes, classes)
                hit = np.diag(confusion)
                iou = hit / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1) - hit, 1)
                miou = float(iou[confusion.sum(axis=1) > 0].mean())
                rows[method] = {"miou": round(100 * miou, 1), "ms": round(1000 * float(np.median(spent)), 1)}
            found[f"{name}/{source}"] = rows
    return found


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


def timed(function: Callable[[], Any]) -> tuple[Any, float, float]:
    """The result, and milliseconds of wall clock and of processor."""
    wall, processor = time.perf_counter(), time.process_time()
    result = function()
    return result, 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)


def preparation(image: NDArray[np.uint8]) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    for _ in range(2):  # the second round counts; the first compiles
        pieces, wall, processor = timed(lambda: Superpixels.of(image))
        rows["superpixels"] = {"wall_ms": round(wall, 1), "cpu_ms": round(processor, 1), "count": pieces.count}
        _, wall, processor = timed(lambda p=pieces: (p.colour_histograms, p.edges))
        rows["features and adjacency"] = {"wall_ms": round(wall, 1), "cpu_ms": round(processor, 1)}
    return rows


def answers(image: NDArray[np.uint8], classes: int) -> dict[str, dict[str, float]]:
    """Median times of a session's previews and full answers once every class is drawn."""
    session = Session(image)
    session.prepare()
    rng = np.random.default_rng(0)
    H, W = image.shape[:2]
    spent: dict[str, list[tuple[float, float]]] = {"preview": [], "full": []}
    for turn in range(classes + 25):
        label = turn if turn < classes else int(rng.integers(classes))
        t = np.linspace(0, 1, 300)
        y = rng.uniform(0.1, 0.9) * H + t * rng.uniform(-150, 150)
        x = rng.uniform(0.1, 0.9) * W + t * rng.uniform(-150, 150)
        rows, columns = (y[:, None] + np.arange(-2, 3)).astype(int).ravel(), np.repeat(x.astype(int), 5)
        _, *preview = timed(lambda k=label, r=rows, c=columns: session.preview(k, r, c))
        _, *full = timed(session.full)
        if turn >= classes:
            spent["preview"].append((preview[0], preview[1]))
            spent["full"].append((full[0], full[1]))
    return {
        name: {
            "wall_ms": round(float(np.median([wall for wall, _ in values])), 2),
            "cpu_ms": round(float(np.median([processor for _, processor in values])), 2),
        }
        for name, values in spent.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--megapixels", type=float, default=12)
    args = parser.parse_args()
    scribbles.warm_up()
    image = large_picture(args.megapixels)
    report: dict[str, Any] = {"preparation": preparation(image)}
    report["session"] = {f"{classes} classes": answers(image, classes) for classes in (4, 21)}
    if args.data:
        report["scores"] = scores(args.data, args.every)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
