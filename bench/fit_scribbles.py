"""Fit the mixers that ``auto`` ships with, and say how good they are on pictures they have not seen.

    python bench/fit_scribbles.py DATA [--photographs FOLDER ...] [--out segstudio/algorithms/scribbles/mixer.npz]

DATA holds one folder a set, ``{images,masks[,scribbles]}``: ``acdc`` (cardiac MRI), ``camvid`` (driving), ``dsb2018``
(nuclei). To these come photographs outlined by hand in ``outlines.json``: those that scikit-image installs, and those
found in a FOLDER (the samples of OpenCV's source package, the media assets of Gradio's package and the picture in
imgaug's). Every picture is drawn on several times, with other strokes and, from the second time, other light, noise and
size. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage
from drawn_strokes import UNLABELLED, strokes
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles import combination, cues, mixer, regions
from segstudio.algorithms.scribbles.mixer import Example
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import read
from segstudio.core.progress import finish

STEPS = 1500


@dataclass
class Task:
    """A drawn picture: *group* is weighed as one, *key* names the picture for the folds."""

    group: str
    key: str
    image: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    seeds: NDArray[np.uint8]


def masks(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
    for path in sorted((folder / "images").iterdir()):
        image = cv2.imread(str(path))[:, :, ::-1].copy()
        mask = cv2.imread(str(folder / "masks" / f"{path.stem}.png"), cv2.IMREAD_UNCHANGED)
        if folder.name == "camvid":
            mask = np.where(mask > 10, UNLABELLED, mask)
        elif folder.name == "dsb2018":
            mask = mask > 0
        yield path.stem, image, mask.astype(np.uint8)


def photographs(folders: Sequence[Path] = ()) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Photographs of scikit-image, and those found in *folders*, at 0.15 megapixels with a thing outlined."""
    outlines = json.loads((Path(__file__).parent / "outlines.json").read_text())
    for name, outline in outlines.items():
        places = [folder / name for folder in (Path(skimage.__file__).parent / "data", *folders)]
        path = next((place for place in places if place.exists()), None)
        if path is None:
            continue
        size = tuple(outline["size"])
        image = np.ascontiguousarray(cv2.resize(cv2.imread(str(path)), size, interpolation=cv2.INTER_AREA)[:, :, ::-1])
        mask = np.zeros(size[::-1], np.uint8)
        for value, key in ((1, "polygons"), (0, "holes")):
            for polygon in outline.get(key, []):
                cv2.fillPoly(mask, [np.array(polygon, np.int32)], value)
        for x, y, a, b, angle in outline.get("ellipses", []):
            cv2.ellipse(mask, (x, y), (a, b), angle, 0, 360, 1, -1)
        yield name, image, mask


def varied(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The picture in other light, with noise, at another size, sometimes grey, inverted or mirrored."""
    factor = float(np.clip(rng.uniform(0.75, 1.3), 0, np.sqrt(380_000 / truth.size)))
    size = (round(truth.shape[1] * factor), round(truth.shape[0] * factor))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    truth = cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST)
    value = (image / 255.0) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.2:
        value = np.repeat(value.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.2:
        value = 1 - value
    if rng.random() < 0.3:
        value = value[:, :, rng.permutation(3)]
    value = value * rng.uniform(0.6, 1) + rng.uniform(0, 0.15)
    value = value + rng.normal(0, rng.uniform(0, 0.03), value.shape)
    flip = slice(None, None, -1) if rng.random() < 0.5 else slice(None)
    light = (np.clip(value, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(light[:, flip]), np.ascontiguousarray(truth[:, flip])


def separate(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every connected part of at least half a percent its own class, the twenty largest."""
    found = []
    for c in np.unique(truth):
        if c != UNLABELLED:
            parts, number = ndimage.label(truth == c)
            found += [parts == k + 1 for k in range(number)]
    found = sorted((f for f in found if f.sum() >= 0.005 * truth.size), key=lambda f: -f.sum())[:20]
    out = np.full(truth.shape, UNLABELLED, np.uint8)
    for k, part in enumerate(found):
        out[part] = k
    return out


def cut_out(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """One part of the scene against everything around it, enlarged."""
    parts = separate(truth)
    fitting = [k for k in np.unique(parts) if k != UNLABELLED and 0.01 < (parts == k).mean() < 0.3]
    if not fitting:
        return None
    thing = parts == rng.choice(fitting)
    y, x = np.nonzero(thing)
    margin = rng.uniform(0.3, 1.0) * max(np.ptp(y), np.ptp(x))
    rows = slice(int(max(0, y.min() - margin)), int(y.max() + margin))
    columns = slice(int(max(0, x.min() - margin)), int(x.max() + margin))
    image, mask = image[rows, columns], thing[rows, columns].astype(np.uint8)
    if mask.all():
        return None
    factor = min(3.0, max(1.0, np.sqrt(150_000 / mask.size)))
    image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return image, cv2.resize(mask, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def tasks(data: Path, folders: Sequence[Path] = ()) -> Iterator[Task]:
    for name, parts in (("acdc", 2), ("camvid", 3), ("dsb2018", 8)):
        for stem, image, truth in masks(data / name):
            rng = np.random.default_rng(zlib.crc32(stem.encode()))
            key = f"{name}/{stem}"
            yield Task(f"{name}/plain", key, image, truth, strokes(truth, rng, parts=parts))
            other, mask = varied(image, truth, rng)
            yield Task(f"{name}/varied", key, other, mask, strokes(mask, rng, parts=parts + 1, plain=False))
            real = data / name / "scribbles" / f"{stem}.png"
            if real.exists():
                yield Task(f"{name}/real", key, image, truth, cv2.imread(str(real), cv2.IMREAD_UNCHANGED))
            if name == "acdc":
                thing = (truth > 0) if rng.random() < 0.5 else (truth == rng.integers(1, 4))
                if thing.any():
                    mask = thing.astype(np.uint8)
                    yield Task("acdc/thing", key, image, mask, strokes(mask, rng, parts=2))
            if name == "camvid":
                mask = separate(truth)
                yield Task("camvid/parts", key, image, mask, strokes(mask, rng, parts=1))
                other, mask = varied(image, truth, rng)
                mask = separate(mask)
                yield Task("camvid/parts", key, other, mask, strokes(mask, rng, parts=1, plain=rng.random() < 0.5))
                for _ in range(2):
                    found = cut_out(image, truth, rng)
                    if found is not None:
                        other, mask = found
                        plain = bool(rng.random() < 0.5)
                        yield Task("camvid/thing", key, other, mask, strokes(mask, rng, parts=2, plain=plain))
    for stem, image, truth in photographs(folders):
        rng = np.random.default_rng(zlib.crc32(stem.encode()))
        for turn in range(6):
            other, mask = (image, truth) if turn < 2 else varied(image, truth, rng)
            yield Task("photographs", stem, other, mask, strokes(mask, rng, parts=2, plain=turn % 2 == 0))


@dataclass
class Prepared:
    task: Task
    scene: Scene
    marks: cues.Marks
    inputs: NDArray[np.float32]
    truth: NDArray[np.float32]
    first: NDArray[np.float32] | None = None
    second: NDArray[np.float32] | None = None


def prepare(task: Task) -> Prepared:
    image = pictures.checked(task.image)
    drawn = read(task.seeds, image.shape)
    scene = Scene(image)
    marks = cues.mark(scene, drawn)
    inputs = combination.first_inputs(cues.gather(scene, marks), marks)
    labels = scene.pieces.labels
    truth = cv2.resize(task.truth, labels.shape[::-1], interpolation=cv2.INTER_NEAREST)
    counts = [np.bincount(labels.ravel(), (truth == c).ravel(), scene.count) for c in drawn.classes]
    return Prepared(task, scene, marks, inputs, np.stack(counts, axis=1).astype(np.float32))


def grouped(items: list[Prepared], stage: str) -> list[list[Example]]:
    groups: dict[str, list[Example]] = {}
    for item in items:
        groups.setdefault(item.task.group, []).append(Example(getattr(item, stage), item.truth))
    return list(groups.values())


def fit_first(items: list[Prepared], steps: int) -> mixer.Parameters:
    start = mixer.fresh(items[0].inputs.shape[2], np.random.default_rng(0))
    return finish(mixer.fit(start, grouped(items, "inputs"), steps=steps, rate=6e-3, decay=2e-2))


def fit_second(items: list[Prepared], steps: int) -> mixer.Parameters:
    """From the first judgement itself: the second mixer learns what to change."""
    assert items[0].second is not None
    start = mixer.fresh(items[0].second.shape[2], np.random.default_rng(1))
    start["v"][regions.NAMES.index("region")] = 1.5
    start["W3"] *= 0.1
    return finish(mixer.fit(start, grouped(items, "second"), steps=steps, rate=3e-3, decay=3e-2, anchored=True))


def scored(items: list[Prepared], answer: Any) -> dict[str, float]:
    """Mean over pictures of mIoU in percent, by group."""
    found: dict[str, list[float]] = {}
    for item in items:
        labels = answer(item)
        confusion = np.stack([item.truth[labels == k].sum(axis=0) for k in range(item.truth.shape[1])], axis=1)
        hit = np.diag(confusion)
        union = confusion.sum(axis=0) + confusion.sum(axis=1) - hit
        found.setdefault(item.task.group, []).append(float((hit / np.maximum(union, 1)).mean()))
    return {group: round(100 * float(np.mean(values)), 2) for group, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--photographs", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--every", type=int, default=1, help="use every n-th task, for a quick look")
    args = parser.parse_args()
    items = [prepare(task) for i, task in enumerate(tasks(args.data, args.photographs)) if i % args.every == 0]
    print(f"{len(items)} drawn pictures", file=sys.stderr, flush=True)
    keys = sorted({item.task.key for item in items})
    fold = dict(zip(keys, np.random.default_rng(1).integers(0, args.folds, len(keys)), strict=True))
    for f in range(args.folds):
        fitted = fit_first([i for i in items if fold[i.task.key] != f], args.steps)
        for item in items:
            if fold[item.task.key] == f:
                item.first = combination.probabilities(fitted, item.inputs, item.marks)
                item.second = combination.second_inputs(item.inputs, item.scene, item.marks, item.first)
    report: dict[str, Any] = {"first": scored(items, lambda i: i.first.argmax(axis=1))}
    print(report, file=sys.stderr, flush=True)
    share: dict[int, NDArray[np.float32]] = {}
    for f in range(args.folds):
        fitted = fit_second([i for i in items if fold[i.task.key] != f], args.steps)
        for item in items:
            if fold[item.task.key] == f:
                share[id(item)] = combination.probabilities(fitted, item.second, item.marks)
    report["second"] = scored(items, lambda i: share[id(i)].argmax(axis=1))
    for weight in (0.75, 1.5, 3.0):
        report[f"cut {weight}"] = scored(
            items, lambda i, w=weight: combination.decide(i.scene, i.marks, share[id(i)], w)[0]
        )
    print(json.dumps(report, indent=1))
    if args.out:
        first, second = fit_first(items, args.steps), fit_second(items, args.steps)
        stored = {f"first/{n}": v for n, v in first.items()} | {f"second/{n}": v for n, v in second.items()}
        np.savez(args.out, **stored)


if __name__ == "__main__":
    main()
