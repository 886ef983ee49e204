"""How well strokes on every third slice label a volume: all slices together, and one after the other. Prints JSON.

    python bench/volumes.py [IMAGE.nii.gz LABELS.nii.gz]

Two phantoms, whose parts wander from slice to slice under noise and uneven light; and a scan with its true labels where
one is given. mIoU in percent of all slices, and of those without strokes; seconds of processor.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from drawn_strokes import UNLABELLED, strokes
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.algorithms.scribbles import propagation, whole_volume
from segstudio.algorithms.scribbles.table import Propagation
from segstudio.algorithms.scribbles.volume import carry
from segstudio.core.progress import Work, finish

EVERY = 3


def phantom(seed: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A body with a core that shrinks towards both ends, and a vessel beside it: image and labels ``(21, 96, 110)``."""
    rng = np.random.default_rng(seed)
    z, y, x = np.mgrid[:21, :96, :110].astype(float)
    truth = np.zeros(z.shape, np.uint8)
    radius = 26 * np.sqrt(np.clip(1 - ((z - 10) / 11.5) ** 2, 0, 1))
    away = np.hypot(y - 48 - 8 * np.sin(z / 6), x - 50 - 10 * np.cos(z / 7))
    truth[away < radius] = 1
    truth[away < 0.6 * radius] = 2
    truth[np.hypot(y - 30, x - 86) < 10 + 3 * np.sin(z / 4)] = 3
    image = ndimage.gaussian_filter(np.array([90.0, 140, 200, 190])[truth], (0, 1.2, 1.2))
    light = 300 * ndimage.gaussian_filter(rng.normal(0, 1, truth.shape), (1, 8, 8))
    return (image + rng.normal(0, 18, truth.shape) + light).astype(np.float32), truth


def drawn(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    seeds = np.full(truth.shape, UNLABELLED, np.uint8)
    for z in range(EVERY // 2, len(truth), EVERY):
        seeds[z] = strokes(truth[z], np.random.default_rng(zlib.crc32(f"0 {z}".encode())), parts=2)
    return seeds


def sliced(image: NDArray[np.float32], seeds: NDArray[np.uint8]) -> NDArray[Any]:
    """The default method on one slice after the other."""

    def one(z: int, given: NDArray[Any]) -> Work[tuple[NDArray[Any], NDArray[np.float32]]]:
        found: Propagation = yield from propagation(image[z], given)
        return found.labels, found.confidence

    return finish(carry(seeds, one))[0]


def miou(found: NDArray[Any], truth: NDArray[np.uint8]) -> float:
    classes = int(truth.max()) + 1
    confusion = np.bincount(truth.ravel() * classes + found.ravel(), minlength=classes**2).reshape(classes, classes)
    hit = np.diag(confusion)
    return round(100 * float((hit / (confusion.sum(0) + confusion.sum(1) - hit)).mean()), 2)


def compared(
    image: NDArray[np.float32], truth: NDArray[np.uint8], spacing: tuple[float, float, float]
) -> dict[str, Any]:
    seeds = drawn(truth)
    bare = (seeds == UNLABELLED).all(axis=(1, 2))
    rows: dict[str, Any] = {"gap": round(whole_volume.gap_of(spacing), 2)}
    for name, solve in {
        "together": lambda: finish(propagation(image, seeds, spacing=spacing)).labels,
        "slice by slice": lambda: sliced(image, seeds),
    }.items():
        begin = time.process_time()
        found = solve()
        spent = round(time.process_time() - begin, 1)
        rows[name] = {"miou": miou(found, truth), "without strokes": miou(found[bare], truth[bare]), "cpu_s": spent}
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", type=Path, nargs="*", help="image and labels, NIfTI")
    scan = parser.parse_args().scan
    report = {f"phantom {seed}": compared(*phantom(seed), (5, 1, 1)) for seed in (0, 1)}
    if len(scan) == 2:
        image, labels = (nibabel.load(path) for path in scan)
        sizes = [float(size) for size in image.header.get_zooms()[:3]][::-1]
        voxels = np.asarray(image.dataobj, np.float32).transpose(2, 1, 0)
        truth = np.asarray(labels.dataobj).transpose(2, 1, 0).astype(np.uint8)
        report["scan"] = compared(voxels, truth, (sizes[0], sizes[1], sizes[2]))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
