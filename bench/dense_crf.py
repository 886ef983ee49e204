"""How fast the dense CRF is, beside pydensecrf (the authors' program wrapped) in the same run. Prints JSON.

Ten iterations on a real picture with noise at three sizes: cold (the lattice built anew) and with the lattice kept, on
one thread and on two; wall clock and CPU milliseconds, best of a few runs each, and how far the marginals of the two
programs lie apart. Without pydensecrf (or pydensecrf2) installed only our own figures are printed.

    python bench/dense_crf.py [--runs N]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from segstudio.algorithms.dense_crf import DenseCRF, mean_field, warm_up

try:
    import pydensecrf.densecrf as reference
except ImportError:
    reference = None

SIZES = ((375, 500, 21), (750, 1000, 4), (1080, 1920, 2))


def scene(height: int, width: int, labels: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture, and probabilities as blurred and as sure of themselves as a network's."""
    random = np.random.default_rng(labels)
    picture = cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_CUBIC)
    image = np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    fields = [cv2.GaussianBlur(random.standard_normal((height, width)), (0, 0), height / 25) for _ in range(labels)]
    logits = np.stack([4 * field / field.std() for field in fields])
    likely = np.exp(logits - logits.max(axis=0))
    return image, (likely / likely.sum(axis=0)).astype(np.float32)


def their_marginals(image: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    labels, height, width = probabilities.shape
    crf = reference.DenseCRF2D(width, height, labels)
    crf.setUnaryEnergy(-np.log(np.clip(probabilities, 1e-5, 1)).reshape(labels, -1))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.ascontiguousarray(image), compat=10)
    return np.array(crf.inference(10)).reshape(probabilities.shape)


def best(work: Callable[[], Any], runs: int) -> dict[str, float]:
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {"wall_ms": round(1000 * min(walls), 1), "cpu_ms": round(1000 * min(cpus), 1)}


def measure(height: int, width: int, labels: int, runs: int) -> dict[str, Any]:
    image, probabilities = scene(height, width, labels)
    row: dict[str, Any] = {"size": f"{width}x{height}x{labels}"}
    for threads in (1, 2):
        model = DenseCRF(image, workers=threads)
        row[f"cold_{threads}"] = best(lambda n=threads: mean_field(image, probabilities, workers=n), runs)
        row[f"kept_{threads}"] = best(lambda kept=model: kept.infer(probabilities), runs)
    if reference is not None:
        ours, theirs = mean_field(image, probabilities), their_marginals(image, probabilities)
        row["pydensecrf"] = best(lambda: their_marginals(image, probabilities), runs)
        for name in ("cold_1", "cold_2", "kept_1", "kept_2"):
            row[f"times_faster_{name}"] = round(row["pydensecrf"]["wall_ms"] / row[name]["wall_ms"], 2)
        row["greatest_difference"] = float(np.abs(ours - theirs).max())
        row["same_label"] = float((ours.argmax(axis=0) == theirs.argmax(axis=0)).mean())
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    warm_up()
    print(json.dumps([measure(*size, runs) for size in SIZES], indent=1))


if __name__ == "__main__":
    main()
