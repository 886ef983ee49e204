"""What Teach mode saves: a simulated annotator labels images by strokes, with and without the network in the loop.

    python bench/loop.py [acdc|camvid] [--images 12] [--steps 150] [--minutes 25] [--seeds 0]

The annotator draws a stroke along the middle of the largest wrong area, propagates, and goes on until an image is good
enough (``--enough``: mean foreground Dice, on CamVid the share of right pixels) or ``--most`` strokes are drawn. From
the second image on, a network learns after every image for ``--steps`` steps from all labels so far, as rounds of Teach
mode do, from its last weights on (about what a machine of two cores does while a person labels an image); it is scored
on images kept aside (every fourth): mean foreground Dice, on CamVid mIoU. Ways to work:

* ``alone``: every image begins with one stroke a class; the network is trained and scored but not used
* ``loop``: images come pre-labelled, unless the program thinks that it does not pay (``--promising`` 0: it thinks so
  only after three poor ones), and strokes correct that; a
  pre-label worse than ``--worth`` is undone, which counts as a stroke, and the image done alone; random order, the
  same images in the same order as ``alone``
* ``active``: as ``loop``, in the order of Teach mode (``--order``), asked anew after every image

The target is 90 % of what the same network reaches from the true masks of as many images in as many steps. Prints JSON:
for each way the strokes of every image in its order, all strokes, those until the target (null where it was not
reached), the score after every round, and the strokes of ``--further`` images that are labelled in the end, with the
network as it is by then. ``--minutes`` bounds everything: what has not begun by then is left out, and that is said.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from drawn_strokes import longest_path
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize
from training import CLASSES, measured, samples

from segstudio.algorithms.metrics import confusion, scores
from segstudio.algorithms.scribbles import correction, propagation
from segstudio.app.teach_rounds import PROMISING, RECIPE, Round, agreement, expected_agreement, worth_showing
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.project.predictions import StoredPrediction
from segstudio.learning.active import DEFAULT, STRATEGIES, tiny_picture
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import ArraySample, Normalisation
from segstudio.learning.inference import labels_of, predict
from segstudio.learning.looking_ahead import watching
from segstudio.learning.predictor import Predictor, predictor
from segstudio.learning.trainer import train
from segstudio.learning.training.run import FEWEST_CROPS
from segstudio.learning.uncertainty import confidence

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

UNLABELLED = 255
Labels = NDArray[np.uint16]


def quality(name: str, labels: Labels, truth: Labels, classes: int) -> float:
    """How good an image's labels are: mean Dice of its foreground classes, on CamVid the share of right pixels."""
    found = scores(confusion(labels, truth, classes))
    if name == "camvid":
        return float(found.pixel_accuracy)
    present = [k for k in range(1, classes) if (truth == k).any()]
    return float(np.nan_to_num(found.dice)[present].mean()) if present else float(found.pixel_accuracy)


def stroke(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A line of three pixels along the middle of *area*, inside it."""
    path = longest_path(skeletonize(area))
    line = np.zeros(area.shape, np.uint8)
    if len(path) < 2:
        depth = ndimage.distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1]
        path = np.argwhere(depth == depth.max())[:1]
    cv2.polylines(line, [np.ascontiguousarray(path[:, ::-1], np.int32)], False, 1, 3)
    return (line > 0) & area


def largest(wrong: NDArray[np.bool_], truth: Labels) -> tuple[int, NDArray[np.bool_]]:
    """The largest connected wrong area of one true class, and that class."""
    best, found = 0, (0, wrong)
    for class_id in np.unique(truth[wrong]).tolist():
        parts, count = ndimage.label(wrong & (truth == class_id))
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            if sizes.max() > best:
                best, found = int(sizes.max()), (class_id, parts == int(sizes.argmax()) + 1)
    return found


@dataclass
class Annotator:
    """Labels one image after the other."""

    name: str
    classes: int
    enough: float
    worth: float
    most: int
    kept: int = 0
    """Pre-labels that were corrected."""
    undone: int = 0
    """Pre-labels that were not worth it."""

    def label(self, sample: ArraySample, found: StoredPrediction | None) -> tuple[Labels, int, float]:
        """Labels of the image, the strokes that they took, and how good they are."""
        image, truth = sample.image(), sample.labels()
        seeds = np.full(truth.shape, UNLABELLED, np.uint16)
        count = 0
        if found is not None and self._good(found.labels, truth) < self.worth:
            found, count, self.undone = None, 1, self.undone + 1
        self.kept += found is not None
        if found is None:
            for class_id in sorted(set(np.unique(truth).tolist()) - {UNLABELLED}):
                _, area = largest(truth == class_id, truth)
                seeds[stroke(area)] = class_id
                count += 1
            labels = self.propagated(image, seeds, None)
        else:
            labels = found.labels
        while count < self.most and self._good(labels, truth) < self.enough:
            class_id, area = largest((labels != truth) & (truth != UNLABELLED), truth)
            seeds[stroke(area)] = class_id
            count += 1
            labels = self.propagated(image, seeds, found)
        return labels, count, self._good(labels, truth)

    def _good(self, labels: Labels, truth: Labels) -> float:
        return quality(self.name, labels, truth, self.classes)

    def propagated(self, image: NDArray[Any], seeds: Labels, found: StoredPrediction | None) -> Labels:
        if found is None:
            return finish(propagation(image, seeds)).labels.astype(np.uint16)
        rows = found.probabilities(range(self.classes))
        work = correction(image, seeds, found.labels, found.confidence, probabilities=rows)
        return finish(work).labels.astype(np.uint16)


@dataclass
class Student:
    """A network that learns in rounds, as in Teach mode."""

    name: str
    classes: int
    seed: int
    config: dict[str, Any]
    network: Any = None
    ready: Predictor | None = field(default=None)

    def learn(self, learned: Sequence[ArraySample], steps: int) -> None:
        names = LabelSet.named([f"class {k}" for k in range(self.classes)])
        # an epoch is as many crops as bring every image equally often, 64 or more
        crops = len(learned) * -(-FEWEST_CROPS // len(learned))
        values = {"seed": self.seed + len(learned), "device": "cpu", **RECIPE, **self.config}
        batch = TrainConfig.parse(values).batch
        config = TrainConfig.parse({**values, "epochs": max(1, round(steps / -(-crops // batch)))})
        result = finish(train(config, list(learned), classes=names, network=self.network))
        self.network = result.network.requires_grad_(True)
        scale = Normalisation.from_json(result.config["normalisation"])
        self.ready = predictor(result.network, normalisation=scale, device="cpu")

    def sees(self, sample: ArraySample) -> StoredPrediction:
        assert self.ready is not None
        probabilities = finish(predict(self.ready, sample.image()))
        # as the program keeps it: the label, and its confidence in steps of 1/255
        steps = np.rint(255 * confidence(probabilities)) / np.float32(255)
        return StoredPrediction(labels_of(probabilities), steps.astype(np.float32))

    def prefers(self, order: str, pool: Sequence[ArraySample], left: list[int], done: Sequence[ArraySample]) -> int:
        """Which of those *left* in *pool* comes next in an *order* of Teach mode."""
        way = STRATEGIES[order]
        if way.compare is not None:
            look = self._features if way.needs == "features" else _looks
            scores = way.compare({i: look(pool[i]) for i in left}, [look(sample) for sample in done])
        elif way.score is not None and way.needs == "probabilities":
            scores = {i: way.score(finish(predict(self.ready, pool[i].image()))) for i in left}  # type: ignore[arg-type]
        else:
            return left[0]
        return max(left, key=scores.__getitem__)

    def _features(self, sample: ArraySample) -> NDArray[np.float32]:
        assert self.ready is not None
        with watching(self.ready.network) as seen:
            finish(predict(self.ready, sample.image()))
        return seen.features()

    def score(self, kept: list[ArraySample]) -> float:
        assert self.ready is not None
        found = measured(self.ready, kept, self.classes)
        return found.miou if self.name == "camvid" else float(np.nanmean(found.dice[1:]))


def _shown(found: StoredPrediction | None, judged: Round, classes: int, promising: float) -> StoredPrediction | None:
    """What the image opens with, as in Teach mode."""
    if found is None or not worth_showing([judged]):
        return None
    return found if expected_agreement(found.labels, found.confidence, range(classes)) >= promising else None


def _looks(sample: ArraySample) -> NDArray[np.float32]:
    return tiny_picture(np.atleast_3d(sample.image()))


def work(
    way: str,
    pool: list[ArraySample],
    kept: list[ArraySample],
    annotator: Annotator,
    student: Student,
    args: argparse.Namespace,
    target: float,
    late: Callable[[], bool],
) -> dict[str, Any]:
    """One way to work through *pool*: ``args.images`` that the network learns from, the others with it as it is."""
    left, done = list(range(len(pool))), list[ArraySample]()
    strokes: list[int] = []
    scored: dict[int, float] = {}
    judged = Round(1, 0)
    reached: int | None = None
    while left and len(done) < args.images and not late():
        found: StoredPrediction | None = None
        if way == "active" and student.ready is not None:
            left.insert(0, left.pop(left.index(student.prefers(args.order, pool, left, done))))
        sample = pool[left.pop(0)]
        if way != "alone" and student.ready is not None:
            found = student.sees(sample)
        labels, count, good = annotator.label(sample, _shown(found, judged, student.classes, args.promising))
        if found is not None and (agreed := agreement(found.labels, labels)) is not None:
            judged = judged.judged(agreed, None)
        strokes.append(count)
        done.append(ArraySample(sample.image(), labels, sample.name))
        print(f"{way}: image {len(done)}, {count} strokes, quality {good:.3f}", file=sys.stderr, flush=True)
        if len(done) < 2 or (way == "alone" and args.no_scores):
            continue
        student.learn(done, args.steps * (2 if len(done) == 2 else 1))
        if args.no_scores or (len(done) % args.score_every and len(done) < args.images):
            continue
        scored[len(done)] = round(student.score(kept), 4)
        print(f"{way}: {sum(strokes)} strokes, score {scored[len(done)]}", file=sys.stderr, flush=True)
        if scored[len(done)] >= target and reached is None:
            reached = sum(strokes)
    after: list[int] = []
    for sample in [pool[i] for i in left] if len(done) == args.images else []:
        found = student.sees(sample) if way != "alone" and student.ready is not None else None
        _, count, _ = annotator.label(sample, _shown(found, judged, student.classes, args.promising))
        after.append(count)
        print(f"{way}: further image {len(after)}, {count} strokes", file=sys.stderr, flush=True)
    return {
        "strokes": strokes,
        "strokes_of_further_images": after,
        "further_strokes_in_all": sum(after),
        "strokes_in_all": sum(strokes),
        "strokes_until_target": reached,
        "images": len(done),
        "pre_labels_corrected": annotator.kept,
        "pre_labels_undone": annotator.undone,
        "agreement_of_predictions": [round(value, 2) for value in judged.agreed],
        "score_after_images": scored,
        "cut_short": len(strokes) + len(after) < len(pool),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="acdc", choices=["acdc", "camvid"])
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--steps", type=int, default=150, help="steps of the network while an image is labelled")
    parser.add_argument("--score-every", type=int, default=2, help="images between two scores")
    parser.add_argument("--no-scores", action="store_true", help="count strokes only")
    parser.add_argument("--promising", type=float, default=PROMISING, help="expected agreement that is shown")
    parser.add_argument("--further", type=int, default=0, help="images labelled in the end, without more learning")
    parser.add_argument("--full", type=float, help="the score from true masks, where it is known from an earlier run")
    parser.add_argument("--order", default=DEFAULT, choices=list(STRATEGIES), help="of the way active")
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--enough", type=float, default=0.9)
    parser.add_argument("--worth", type=float, default=0.4)
    parser.add_argument("--most", type=int, default=25)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ways", nargs="*", default=["alone", "loop", "active"])
    parser.add_argument("--config", type=json.loads, default={"network_options": {"width": 16, "batch_norm": True}})
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    end = time.monotonic() + 60 * args.minutes
    every, classes = samples(args.name), CLASSES[args.name]
    kept, rest = every[::4], [s for i, s in enumerate(every) if i % 4]
    config = {"threads": args.threads, **args.config}
    runs: list[dict[str, Any]] = []
    for seed in args.seeds:
        if time.monotonic() > end:
            break
        order = np.random.default_rng(seed).permutation(len(rest))
        pool = [rest[i] for i in order[: args.images + args.further]]
        best = args.full
        if best is None and not args.no_scores:
            full = Student(args.name, classes, seed, config)
            full.learn(pool[: args.images], args.steps * args.images)
            best = full.score(kept)
        target = float("inf") if best is None else 0.9 * best
        row: dict[str, Any] = {"seed": seed, "full_supervision": best and round(best, 4)}
        print(json.dumps(row), file=sys.stderr, flush=True)
        for way in args.ways:
            if time.monotonic() > end:
                row[way] = "left out: no time"
                continue
            annotator = Annotator(args.name, classes, args.enough, args.worth, args.most)
            student = Student(args.name, classes, seed, config)
            late = lambda: time.monotonic() > end  # noqa: E731
            row[way] = work(way, pool, kept, annotator, student, args, target, late)
            print(json.dumps(row), file=sys.stderr, flush=True)
        runs.append(row)
        print(json.dumps({"set": args.name, "options": vars(args), "runs": runs}, indent=1), flush=True)


if __name__ == "__main__":
    main()
