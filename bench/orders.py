"""In which order images teach fastest: the usual protocol of active learning, with true masks and no annotator.

    python bench/orders.py [acdc|camvid] [--seeds 0 1 2] [--orders representative entropy random]

Every seed keeps ten images aside and draws two of the others; a network learns from these, then two more are chosen in
each order, and so on until ten. So that many seeds take minutes, the network is a small one of pixels: two hidden
layers over the answers of Gaussian filters at five scales, and place, on images of about 60 x 70 pixels; it begins anew
after every choice. Prints JSON lines: the score on the images kept aside after 2, 4, ... images (mean foreground Dice,
on CamVid mIoU) and its mean over all but the first, and how many wrong areas, the largest first, a person would have to
mend in the images chosen, as predicted before they were learned from, until they are good enough (0.9 Dice, on CamVid
nine tenths of the pixels): what the images cost.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from loop import largest, quality
from numpy.typing import NDArray
from scipy import ndimage
from training import CLASSES, samples

from segstudio.algorithms.metrics import confusion, scores
from segstudio.learning.active import STRATEGIES, random_score, tiny_picture

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

SIZES = {"acdc": (64, 64), "camvid": (60, 80)}
SCALES = (0.7, 1.5, 3.0, 6.0, 12.0)
FIRST, LAST, KEPT, AT_ONCE = 2, 10, 10, 2
STEPS, PIXELS, RATE = 200, 300, 5e-3
MOST = 25


def filtered(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(H, W, C)`` to ``(H * W, F)``: intensities, edges, blobs and textures at some scales, and where a pixel is."""
    found = []
    for channel in np.moveaxis(image, 2, 0):
        for scale in SCALES:
            smooth = ndimage.gaussian_filter(channel, scale)
            found.append(smooth)
            if scale < SCALES[-1]:
                found.append(ndimage.gaussian_gradient_magnitude(channel, scale))
                found.append(ndimage.gaussian_laplace(channel, scale) * scale * scale)
                spread = ndimage.gaussian_filter(channel * channel, scale) - smooth**2
                found.append(np.sqrt(np.maximum(spread, 0)))
    height, width = image.shape[:2]
    y, x = (2 * grid / length - 1 for grid, length in zip(np.mgrid[:height, :width], (height, width), strict=True))
    return np.stack([*found, y, x, np.hypot(y, x)], -1).reshape(height * width, -1).astype(np.float32)


def standard(image: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    """The image at *size* ``(H, W)``, each channel of mean 0 and deviation 1 within its half percentiles."""
    small = np.atleast_3d(cv2.resize(image.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA))
    small = np.clip(small, *np.percentile(small, (0.5, 99.5), axis=(0, 1)))
    return np.asarray((small - small.mean((0, 1))) / (small.std((0, 1)) + 1e-6), np.float32)


@dataclass
class Images:
    """All images of a set."""

    pictures: list[NDArray[np.float32]]
    pixels: torch.Tensor
    """``(N, H * W, F)``"""
    labels: NDArray[np.uint16]
    """``(N, H, W)``"""

    @classmethod
    def of(cls, name: str) -> Images:
        every, size = samples(name), SIZES[name]
        pictures = [standard(sample.image(), size) for sample in every]
        values = np.stack([filtered(picture) for picture in pictures])
        values = (values - values.mean((0, 1))) / (values.std((0, 1)) + 1e-6)
        labels = [cv2.resize(s.labels(), size[::-1], interpolation=cv2.INTER_NEAREST) for s in every]
        return cls(pictures, torch.from_numpy(values), np.stack(labels).astype(np.uint16))


class Student:
    """A network of pixels that learned from the images *ids*."""

    def __init__(self, images: Images, ids: Sequence[int], classes: int, seed: int) -> None:
        torch.manual_seed(100 * seed + len(ids))
        layers = [torch.nn.Linear(images.pixels.shape[2], 64), torch.nn.ReLU(), torch.nn.Linear(64, 32)]
        self.network = torch.nn.Sequential(*layers, torch.nn.ReLU(), torch.nn.Linear(32, classes))
        self.images = images
        y = torch.from_numpy(images.labels[list(ids)].astype(np.int64)).flatten()
        x, y = images.pixels[list(ids)].flatten(0, 1)[y != 255], y[y != 255]
        places = [torch.nonzero(y == k)[:, 0] for k in y.unique()]
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=RATE, weight_decay=1e-2)
        rng = np.random.default_rng(seed)
        for step in range(STEPS):
            drawn = [torch.from_numpy(rng.integers(0, len(y), PIXELS))]  # half by chance, half of all classes alike
            drawn += [p[torch.from_numpy(rng.integers(0, len(p), PIXELS // len(places)))] for p in places]
            chosen = torch.cat(drawn)
            optimiser.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            loss = torch.nn.functional.cross_entropy(self.network(x[chosen]), y[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    @torch.inference_mode()
    def sees(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Probabilities ``(N, K, H, W)`` and features ``(N, D)`` of all images."""
        hidden = self.network[:4](self.images.pixels)
        features = hidden.mean(1).numpy()
        probabilities = self.network[4](hidden).softmax(-1).numpy().astype(np.float64)
        shape = (len(probabilities), -1, *self.images.labels.shape[1:])
        return probabilities.transpose(0, 2, 1).reshape(shape), features / np.linalg.norm(features, axis=1)[:, None]


def areas(name: str, labels: NDArray[np.uint16], truth: NDArray[np.uint16], classes: int) -> int:
    """How many wrong areas have to be mended."""
    labels, count = labels.copy(), 0
    while count < MOST and quality(name, labels, truth, classes) < 0.9:
        class_id, area = largest((labels != truth) & (truth != 255), truth)
        labels[area] = class_id
        count += 1
    return count


def chosen_by(
    order: str, images: Images, student: Student, learned: list[int], left: list[int], seed: int
) -> list[int]:
    """Which of those *left* are learned next."""
    way = STRATEGIES[order]
    probabilities, features = student.sees()
    if way.compare is not None:
        looks = features if way.needs == "features" else np.stack([tiny_picture(p) for p in images.pictures])
        found = way.compare({i: looks[i] for i in left}, [looks[i] for i in learned])
    elif way.score is not None:
        found = {i: way.score(probabilities[i]) for i in left}
    else:
        found = {i: random_score(i, seed) for i in left}
    return sorted(left, key=lambda i: -found[i])[:AT_ONCE]


def run(name: str, images: Images, order: str, seed: int) -> dict[str, Any]:
    classes, count = CLASSES[name], len(images.labels)
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(count).tolist()
    kept, left = sorted(drawn[:KEPT]), sorted(drawn[KEPT:])
    learned = rng.permutation(left)[:FIRST].tolist()
    left = [i for i in left if i not in learned]
    curve, cost = list[float](), 0
    while True:
        student = Student(images, learned, classes, seed)
        told = student.sees()[0].argmax(1).astype(np.uint16)
        matrix = sum(confusion(told[i], images.labels[i], classes) for i in kept)
        found = scores(np.asarray(matrix))
        curve.append(round(float(found.miou if name == "camvid" else np.nanmean(found.dice[1:])), 4))
        if len(learned) >= LAST:
            break
        chosen = chosen_by(order, images, student, learned, left, seed)
        cost += sum(areas(name, told[i], images.labels[i], classes) for i in chosen)
        learned, left = learned + chosen, [i for i in left if i not in chosen]
    mean = round(float(np.mean(curve[1:])), 4)
    return {"set": name, "seed": seed, "order": order, "scores": curve, "mean": mean, "areas": cost, "images": learned}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="acdc", choices=list(SIZES))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    ways = [name for name, way in STRATEGIES.items() if way.needs != "passes"]
    parser.add_argument("--orders", nargs="*", default=ways, choices=ways)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    images = Images.of(args.name)
    for seed in args.seeds:
        for order in args.orders:
            print(json.dumps(run(args.name, images, order, seed)), flush=True)


if __name__ == "__main__":
    main()
