"""How well the maps of strangeness tell textures that a network never saw: area under the ROC curve.

    python bench/strangeness.py [acdc|camvid] [--minutes 5] [--width 16] [--seed 0] [--pictures 8]

A U-Net is trained on three quarters of the set's pictures. Into each of the others a square of a third of its shorter
side is pasted: of a picture of another set, or a checkerboard, as it is and with the picture's mean and deviation. The
pixels well inside are told from those well outside, for all pictures together. Prints JSON: for every map the area for
each kind of square, their mean, and the shares of the pixels above 1 inside and outside. Data sets lie under
SEGSTUDIO_DATA or ``../shared/data``.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion
from scipy.stats import rankdata
from training import CLASSES, samples

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import Normalisation
from segstudio.learning.inference import Predictor, analyse, labels_of, predictor
from segstudio.learning.trainer import train
from segstudio.learning.uncertainty import Calibration

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

OTHERS = {"acdc": ("camvid", "dsb2018", "checks"), "camvid": ("dsb2018", "acdc", "checks")}
MARGIN = 6
Array = NDArray[Any]


def learned(name: str, arguments: argparse.Namespace) -> Predictor:
    options = {"width": arguments.width, "batch_norm": True}
    config = TrainConfig(
        minutes=arguments.minutes, seed=arguments.seed, threads=1, device="cpu", network_options=options
    )
    teaching = [sample for number, sample in enumerate(samples(name)) if number % 4]
    classes = LabelSet.named([f"class {k}" for k in range(CLASSES[name])])
    result = finish(train(config, teaching, classes=classes))
    scale = Normalisation.from_json(result.config["normalisation"])
    ready = predictor(result.network, normalisation=scale, device="cpu")
    return replace(ready, calibration=Calibration.from_json(result.config["strangeness"]))


def square(kind: str, side: int, channels: int, rng: np.random.Generator) -> Array:
    """``(side, side, channels)`` float32 of the set *kind*, or a checkerboard."""
    if kind == "checks":
        y, x = np.mgrid[:side, :side]
        return np.repeat(((x // 3 + y // 3) % 2 * 255).astype(np.float32)[..., None], channels, 2)
    root = Path(os.environ.get("SEGSTUDIO_DATA", Path(__file__).parents[2] / "shared" / "data"))
    files = sorted((root / kind / "images").iterdir())[:40]
    mode = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    picture = np.atleast_3d(np.asarray(cv2.imread(str(files[rng.integers(len(files))]), mode)))
    while min(picture.shape[:2]) <= side:
        picture = np.atleast_3d(cv2.resize(picture, None, fx=2, fy=2))
    y, x = (rng.integers(length - side) for length in picture.shape[:2])
    return np.asarray(picture[y : y + side, x : x + side], np.float32)


def pasted(image: Array, kind: str, matched: bool, rng: np.random.Generator) -> tuple[Array, Array]:
    """*image* ``(H, W, C)`` with a square, and where that is."""
    out = image.astype(np.float32)
    side = min(image.shape[:2]) // 3
    y, x = (rng.integers(length - side) for length in image.shape[:2])
    texture = square(kind, side, image.shape[2], rng)
    if matched:
        texture = (texture - texture.mean()) / (texture.std() + 1e-6) * out.std() + out.mean()
    out[y : y + side, x : x + side] = np.clip(texture, 0, max(255, image.max()))
    inside = np.zeros(image.shape[:2], bool)
    inside[y : y + side, x : x + side] = True
    return out, inside


def area(values: Array, strange: Array) -> float:
    """Under the ROC curve: the chance that a strange pixel has the higher value."""
    count = int(strange.sum())
    return float((rankdata(values)[strange].sum() - count * (count + 1) / 2) / (count * (len(values) - count)))


def measured(ready: Predictor, images: list[Array], kind: str, matched: bool) -> dict[str, tuple[float, float, float]]:
    """By map: the area, and the shares above 1 inside and outside."""
    rng, found, inside = np.random.default_rng(1), {}, []
    assert ready.calibration is not None
    for image in images:
        picture, where = pasted(np.atleast_3d(image), kind, matched, rng)
        used = binary_erosion(where, iterations=MARGIN) | ~binary_dilation(where, iterations=MARGIN)
        analysis = finish(analyse(ready, picture))
        channels = labels_of(analysis.probabilities)
        inside.append(where[used])
        for name, values in analysis.strangeness.items():
            for way, of in (("", None), (", each class by itself", channels)):
                scaled = ready.calibration.scaled(name, values, of)
                found.setdefault(name + way, []).append(scaled[used])
    strange = np.concatenate(inside)
    told = {name: np.concatenate(parts) for name, parts in found.items()}
    return {
        name: (area(v, strange), float((v[strange] > 1).mean()), float((v[~strange] > 1).mean()))
        for name, v in told.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="acdc", choices=OTHERS)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ready = learned(arguments.name, arguments)
    images = [sample.image() for sample in samples(arguments.name)[::4]][: arguments.pictures]
    kinds = [(kind, matched) for matched in (False, True) for kind in OTHERS[arguments.name]]
    rows = {f"{kind}{', matched' * matched}": measured(ready, images, kind, matched) for kind, matched in kinds}
    table = {
        name: {
            "mean": round(float(np.mean([row[name][0] for row in rows.values()])), 3),
            "areas": {kind: round(row[name][0], 3) for kind, row in rows.items()},
            "above_1_inside": round(float(np.mean([row[name][1] for row in rows.values()])), 3),
            "above_1_outside": round(float(np.mean([row[name][2] for row in rows.values()])), 3),
        }
        for name in next(iter(rows.values()))
    }
    print(json.dumps({"set": arguments.name, "minutes": arguments.minutes, "maps": table}, indent=1))


if __name__ == "__main__":
    main()
