"""Train the same network on masks, strokes and boxes for the same number of steps, and score all on unseen images.

    python bench/weak.py [SET] [--ways full pseudo scribblesup ...] [--epochs 12] [--minutes M] [--seeds 0 1 2]
                         [--width 240] [--quarter 0]

SET is ``acdc`` (cardiac MRI with people's strokes), ``camvid`` (driving, shrunk to WIDTH, 11 classes, drawn strokes),
``camvid-objects`` (signs, cars, pedestrians and bicyclists there, the rest background) or ``dsb2018`` (nuclei), each a
folder of ``{images,masks[,scribbles]}`` under SEGSTUDIO_DATA or ``../shared/data``. Every fourth image is kept for the
score, from the one of number QUARTER (0 to 3) on. WAYS: ``full`` (masks), a kind of supervision (on strokes), or one
with ``:boxes`` behind it (on boxes around each object). With epochs every way makes the same number of steps,
ScribbleSup's rounds together too. Prints JSON: mIoU and mean foreground Dice on unseen images, mIoU on those learned
from against their masks, mIoU of the labels that were filled, the share of the full masks'.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from drawn_strokes import strokes
from numpy.typing import NDArray

from segstudio.algorithms.metrics import Scores, confusion, scores
from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import finish
from segstudio.io.masks import read_mask
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import ArraySample, Normalisation, folder_samples
from segstudio.learning.inference import Predictor, labels_of, predict, predictor
from segstudio.learning.supervision import SUPERVISIONS
from segstudio.learning.weak.filling import agreement
from segstudio.learning.weak.rounds import fill_all
from segstudio.learning.weak.training import gather, train_weakly

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

CLASSES = {"acdc": 4, "camvid": 11, "camvid-objects": 5, "dsb2018": 2}
PARTS = {"acdc": 2, "camvid": 3, "camvid-objects": 3, "dsb2018": 8}
OBJECTS = {6: 1, 8: 2, 9: 3, 10: 4}
"""Signs, cars, pedestrians and bicyclists among the classes of CamVid."""
SMALLEST = 25
"""Pixels that a region needs to get a box."""


@dataclass(frozen=True, eq=False)
class Said:
    """An image with what an annotator would say of it, and its mask, which is for scores only."""

    pixels: NDArray[Any]
    ids: NDArray[Any]
    name: str
    truth: NDArray[Any]
    given: tuple[tuple[int, int, int, int, int], ...] = ()

    def image(self) -> NDArray[Any]:
        return self.pixels

    def labels(self) -> NDArray[Any]:
        return self.ids

    def boxes(self) -> tuple[tuple[int, int, int, int, int], ...]:
        return self.given


def samples(name: str, width: int = 240) -> list[ArraySample]:
    root = Path(os.environ.get("SEGSTUDIO_DATA", Path(__file__).parents[2] / "shared" / "data"))
    found = []
    for file in folder_samples(root / name.split("-")[0] / "images", root / name.split("-")[0] / "masks"):
        image, labels = file.image(), file.labels()
        if name.startswith("camvid"):
            size = (width, round(labels.shape[0] * width / labels.shape[1]))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
            labels = np.where(labels > 10, UNLABELLED, labels)
        if name == "camvid-objects":
            table = np.zeros(256, np.uint16)
            table[list(OBJECTS)] = list(OBJECTS.values())
            table[UNLABELLED] = UNLABELLED
            labels = table[labels]
        if name == "dsb2018":
            labels = (labels > 0).astype(np.uint16)
        found.append(ArraySample(image, labels, file.name))
    return found


def with_strokes(name: str) -> Callable[[ArraySample], Said]:
    """People's strokes where there are some, else drawn on the mask."""
    root = Path(os.environ.get("SEGSTUDIO_DATA", Path(__file__).parents[2] / "shared" / "data")) / name / "scribbles"

    def say(sample: ArraySample) -> Said:
        if root.is_dir():
            drawn = read_mask(root / f"{Path(sample.name).stem}.png")
        else:
            rng = np.random.default_rng(zlib.crc32(f"bench {sample.name}".encode()))
            drawn = strokes(sample.ids.astype(np.uint8), rng, parts=PARTS[name]).astype(np.uint16)
        return Said(sample.pixels, drawn, sample.name, sample.ids)

    return say


def with_boxes(sample: ArraySample) -> Said:
    """A box around every region of a class but the background."""
    found = []
    for k in np.unique(sample.ids):
        if k in (0, UNLABELLED):
            continue
        _, _, stats, _ = cv2.connectedComponentsWithStats((sample.ids == k).astype(np.uint8))
        found += [(int(k), x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area >= SMALLEST]
    return Said(sample.pixels, np.full_like(sample.ids, UNLABELLED), sample.name, sample.ids, tuple(found))


def run(
    way: str, name: str, learned: list[ArraySample], kept: list[ArraySample], config: TrainConfig
) -> dict[str, Any]:
    names = LabelSet.named([f"class {k}" for k in range(CLASSES[name])])
    kind, _, what = way.partition(":")
    loss = SUPERVISIONS[kind].loss
    config = config.model_copy(update={"supervision": kind, "loss": loss})
    if kind == "full":
        said: list[Any] = list(learned)
    else:
        say = with_boxes if what == "boxes" else with_strokes(name)
        said = [say(sample) for sample in learned]
    row: dict[str, Any] = {}
    if kind in ("pseudo", "scribblesup"):
        gathered = finish(gather(said, names))
        filled = finish(fill_all(gathered, names, config, None))
        quality = agreement(filled, [sample.truth for sample, _ in gathered], names)
        row["filled_miou"] = round(quality or 0.0, 4)
    begun = time.monotonic()
    result = finish(train_weakly(config, said, classes=names))
    row |= {"seconds": round(time.monotonic() - begun), "steps": result.steps}
    scale = Normalisation.from_json(result.config["normalisation"])
    ready = predictor(result.network, normalisation=scale, device="cpu")
    got, known = (agreed(ready, those, CLASSES[name]) for those in (kept, learned))
    told = {"miou": got.miou, "foreground_dice": float(np.nanmean(got.dice[1:])), "miou_of_learned": known.miou}
    return row | {what: round(value, 4) for what, value in told.items()}


def agreed(ready: Predictor, those: Sequence[ArraySample], classes: int) -> Scores:
    """What a network says of images beside their masks."""
    matrix = np.zeros((classes, classes), np.int64)
    for sample in those:
        matrix += confusion(labels_of(finish(predict(ready, sample.image()))), sample.labels(), classes)
    return scores(matrix)


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and spread of each way over the seeds, and its share of what masks reach."""
    ways = {way for row in rows for way in row if way != "seed"}
    means = {way: [row[way]["miou"] for row in rows if way in row] for way in ways}
    told: dict[str, Any] = {}
    for way, values in sorted(means.items()):
        told[way] = {"miou": round(statistics.mean(values), 4), "from": min(values), "to": max(values)}
        if "full" in means:
            told[way]["share_of_full"] = round(statistics.mean(values) / statistics.mean(means["full"]), 4)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="acdc", choices=CLASSES)
    parser.add_argument("--ways", nargs="*", default=["full", "pseudo", "scribblesup", "pseudo:boxes"])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--width", type=int, default=240)
    parser.add_argument("--quarter", type=int, default=0, choices=range(4))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--config", type=json.loads, default={})
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    every = samples(args.name, args.width)
    kept = every[args.quarter :: 4]
    learned = [s for i, s in enumerate(every) if i % 4 != args.quarter]
    length = {"minutes": args.minutes} if args.minutes else {"epochs": args.epochs}
    rows: list[dict[str, Any]] = []
    for seed in args.seeds:
        row: dict[str, Any] = {"seed": seed}
        for way in args.ways:
            values = {"seed": seed, "threads": args.threads, "validation_fraction": 0.0, **length, **args.config}
            row[way] = run(way, args.name, learned, kept, TrainConfig.parse(values))
        rows.append(row)
    told = {"set": args.name, "quarter": args.quarter, **length, "learned": len(learned), "unseen": len(kept)}
    told |= {"threads": args.threads} | ({"width": args.width} if args.name.startswith("camvid") else {})
    print(json.dumps({**told, "runs": rows, "summary": summary(rows)}, indent=1))


if __name__ == "__main__":
    main()
