"""Train with the default recipe and with a plain textbook loop for the same time, and score both on unseen images.

    python bench/training.py [SET] [--minutes 2] [--seeds 0 1 2] [--threads 2] [--config JSON]

SET is ``acdc`` (cardiac MRI, 4 classes), ``camvid`` (driving at 240x180, 11 classes) or ``dsb2018`` (nuclei), each a
folder of ``{images,masks}`` under SEGSTUDIO_DATA or ``../shared/data``. Every fourth image is kept for the score. The
textbook loop is Adam at 1e-3 on cross entropy over whole images divided by 255, batches of four, no augmentation, the
same network. Prints JSON: mean foreground Dice and mIoU of each, per seed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from segstudio.algorithms.metrics import Scores, confusion, scores
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning.config import TrainConfig, recommended_options
from segstudio.learning.data import ArraySample, Normalisation, folder_samples
from segstudio.learning.inference import Predictor, labels_of, predict, predictor
from segstudio.learning.trainer import train

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

CLASSES = {"acdc": 4, "camvid": 11, "dsb2018": 2}


def samples(name: str) -> list[ArraySample]:
    root = Path(os.environ.get("SEGSTUDIO_DATA", Path(__file__).parents[2] / "shared" / "data")) / name
    found = []
    for file in folder_samples(root / "images", root / "masks"):
        image, labels = file.image(), file.labels()
        if name == "camvid":
            image = cv2.resize(image, (240, 180), interpolation=cv2.INTER_AREA)
            labels = cv2.resize(labels, (240, 180), interpolation=cv2.INTER_NEAREST)
            labels = np.where(labels > 10, 255, labels)
        elif name == "dsb2018":
            labels = (labels > 0).astype(np.uint16)
        found.append(ArraySample(image, labels, file.name))
    return found


def textbook(learned: list[ArraySample], classes: int, minutes: float, seed: int) -> Predictor:
    from segstudio.learning.networks import create_network

    torch.manual_seed(seed)
    images = [np.atleast_3d(sample.image()) for sample in learned]
    channels = images[0].shape[2]
    network = create_network("unet", classes, channels, **recommended_options("unet")).train()
    side = [max(image.shape[axis] for image in images) for axis in (0, 1)]
    x, y = torch.zeros(len(images), channels, *side), torch.full((len(images), *side), 255)
    for number, (image, sample) in enumerate(zip(images, learned, strict=True)):
        height, width = image.shape[:2]
        x[number, :, :height, :width] = torch.from_numpy(image / 255).permute(2, 0, 1)
        y[number, :height, :width] = torch.from_numpy(sample.labels().astype(np.int64))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    begun = time.monotonic()
    while time.monotonic() - begun < 60 * minutes:
        for chosen in torch.randperm(len(images)).split(4):
            loss = torch.nn.functional.cross_entropy(network(x[chosen]).logits, y[chosen], ignore_index=255)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    plain = Normalisation("dataset", (0.0,) * channels, (255.0,) * channels, (0.0,) * channels, (255.0,) * channels)
    return Predictor(network.eval(), plain, None, torch.device("cpu"), "off")


def recipe(learned: list[ArraySample], classes: int, config: TrainConfig) -> Predictor:
    names = LabelSet.named([f"class {k}" for k in range(classes)])
    result = finish(train(config, learned, classes=names))
    scale = Normalisation.from_json(result.config["normalisation"])
    return predictor(result.network, normalisation=scale, device="cpu")


def measured(ready: Predictor, kept: list[ArraySample], classes: int) -> Scores:
    matrix = np.zeros((classes, classes), np.int64)
    for sample in kept:
        matrix += confusion(labels_of(finish(predict(ready, sample.image()))), sample.labels(), classes)
    return scores(matrix)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="acdc", choices=CLASSES)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--config", type=json.loads, default={})
    parser.add_argument("--only", choices=["recipe", "textbook"])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    every, classes = samples(args.name), CLASSES[args.name]
    kept, learned = every[::4], [s for i, s in enumerate(every) if i % 4]
    rows: list[dict[str, Any]] = []
    for seed in args.seeds:
        row: dict[str, Any] = {"seed": seed}
        config = TrainConfig.parse({"minutes": args.minutes, "seed": seed, "threads": args.threads, **args.config})
        for way in ("recipe", "textbook"):
            if args.only not in (None, way):
                continue
            ready = (
                recipe(learned, classes, config) if way == "recipe" else textbook(learned, classes, args.minutes, seed)
            )
            got = measured(ready, kept, classes)
            row[way] = {"foreground_dice": round(float(np.nanmean(got.dice[1:])), 4), "miou": round(got.miou, 4)}
        rows.append(row)
    print(json.dumps({"set": args.name, "minutes": args.minutes, "threads": args.threads, "runs": rows}, indent=1))


if __name__ == "__main__":
    main()
