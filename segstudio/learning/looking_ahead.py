"""What the network of a teaching round says of the samples that come next, and how much each would teach it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.errors import ImageError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.project import StoredSample
from segstudio.io.project.predictions import write_prediction
from segstudio.learning.active import DEFAULT, STRATEGIES, Strategy, random_score, tiny_picture
from segstudio.learning.data import with_channels
from segstudio.learning.inference import labels_of, predict
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.predictor import Predictor, predictor
from segstudio.learning.uncertainty import confidence, entropy

PASSES = 5
"""Of MC dropout."""
DROPPED = 0.2
"""The share of feature channels dropped in networks that have no dropout of their own."""
LARGEST = 1 << 26
"""Images of more pixels are passed over: their probabilities would not fit into memory, and a prediction of theirs is
better asked for."""
COMPARED = 64
"""At most so many labelled images are compared with the rest."""


@dataclass(frozen=True)
class Looked:
    """A sample that was predicted; the prediction lies beside its labels."""

    sample_id: int
    score: float | None
    """How much it would teach, 0..1; ``None`` where that is known only once all were looked at."""
    uncertainty: float
    """Mean entropy in [0, 1]."""


def look_ahead(
    checkpoint: Path,
    samples: Sequence[StoredSample],
    labelled: Sequence[StoredSample],
    class_ids: Sequence[int],
    *,
    strategy: str = DEFAULT,
    seed: int = 0,
    device: str = "auto",
) -> Work[dict[int, float]]:
    """Predict *samples* by the network in *checkpoint*, keep each prediction beside the labels, and score them.

    The detail of a progress is a :class:`Looked`; the result is every score by sample. *labelled* are the samples that
    the network learned from; only *class_ids* are written. A sample whose image cannot be read or is larger than
    ``LARGEST`` is passed over.
    """
    way = STRATEGIES[strategy]
    ready = predictor(checkpoint, device=device)
    scores: dict[int, float] = {}
    features: dict[int, NDArray[np.float32]] = {}
    for number, sample in enumerate(samples):
        share = number / len(samples)
        try:
            info = images.probe(sample.path, sample.frame)
            if info.height * info.width > LARGEST:
                yield Progress(share, f"{sample.name} is too large to be looked at ahead")
                continue
            image = sample.image()
        except ImageError as error:
            yield Progress(share, str(error))
            continue
        with watching(ready.network) as seen:
            probabilities = yield from _quiet(predict(ready, image), share)
        _keep(sample, probabilities, ready, class_ids)
        if way.compare is not None:
            features[sample.id] = seen.features() if way.needs == "features" else _looks(ready, image, sample)
        else:
            scores[sample.id] = yield from _score(way, ready, image, probabilities, sample.id, seed, share)
        done = Looked(sample.id, scores.get(sample.id), float(entropy(probabilities).mean()))
        yield Progress((number + 1) / len(samples), f"{number + 1} of {len(samples)}: {sample.name}", done)
    if way.compare is not None:
        known = yield from _known(way, ready, labelled[-COMPARED:])
        scores = way.compare(features, known)
    return scores


def _keep(sample: StoredSample, probabilities: NDArray[np.float32], ready: Predictor, class_ids: Sequence[int]) -> None:
    labels = labels_of(probabilities, ready.classes)
    labels = np.where(np.isin(labels, list(class_ids)), labels, np.uint16(UNLABELLED))
    write_prediction(sample.labels_file.parent, labels, confidence(probabilities))


def _score(
    way: Strategy,
    ready: Predictor,
    image: NDArray[Any],
    probabilities: NDArray[np.float32],
    sample_id: int,
    seed: int,
    share: float,
) -> Work[float]:
    if way.score is None:
        return random_score(sample_id, seed)
    if way.needs == "probabilities":
        return way.score(probabilities)
    passes = []
    with torch.random.fork_rng(devices=[]), dropping(ready.network):
        torch.manual_seed(seed + sample_id)
        for _ in range(PASSES):
            passes.append((yield from _quiet(predict(ready, image), share)))  # noqa: PERF401  # a generator's result
    return way.score(np.stack(passes))


def _known(way: Strategy, ready: Predictor, samples: Sequence[StoredSample]) -> Work[list[NDArray[np.float32]]]:
    """What *way* compares of *samples*."""
    found = []
    for sample in samples:
        try:
            image = sample.image()
        except ImageError as error:
            yield Progress(None, str(error))
            continue
        if way.needs == "features":
            with watching(ready.network) as seen:
                yield from _quiet(predict(ready, image), None)
            found.append(seen.features())
        else:
            found.append(_looks(ready, image, sample))
            yield Progress(None, f"looked at {sample.name}")
    return found


def _looks(ready: Predictor, image: NDArray[Any], sample: StoredSample) -> NDArray[np.float32]:
    return tiny_picture(with_channels(image, ready.network.in_channels, sample.name))


def _quiet(work: Work[NDArray[np.float32]], share: float | None) -> Work[NDArray[np.float32]]:
    """*work* whose steps are chances to be stopped, no more."""
    try:
        while True:
            next(work)
            yield Progress(share)
    except StopIteration as stop:
        result: NDArray[np.float32] = stop.value
        return result
    finally:
        work.close()


class Deepest:
    """The coarsest feature map that went by, and the module it came from: the backbone's end, whatever the network."""

    def __init__(self) -> None:
        self.module: nn.Module | None = None
        self._area = float("inf")
        self._sums: list[Tensor] = []

    def look(self, module: nn.Module, _: Any, output: Any) -> None:
        """A forward hook."""
        if not isinstance(output, Tensor) or output.ndim != 4 or min(output.shape[-2:]) < 2:
            return  # maps of one pixel are of image pooling and channel attention
        area = int(output.shape[-2]) * int(output.shape[-1])
        if area < self._area:
            self._sums.clear()
        if area <= self._area:
            if module is not self.module:
                self._sums.clear()  # a later map of the same size tells more
            self.module, self._area = module, area
            self._sums.append(output.detach().float().mean(dim=(0, 2, 3)).cpu())

    def features(self) -> NDArray[np.float32]:
        """Means of its channels over the image, ``(D,)``, as a vector of length one."""
        mean = torch.stack(self._sums).mean(0)
        return np.asarray((mean / mean.norm().clamp_min(1e-12)).numpy(), np.float32)


@contextlib.contextmanager
def watching(network: nn.Module) -> Iterator[Deepest]:
    """Look at the feature maps of the forward passes inside."""
    seen = Deepest()
    hooks = [m.register_forward_hook(seen.look) for m in network.modules() if not any(True for _ in m.children())]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


@contextlib.contextmanager
def dropping(network: SegmentationNetwork) -> Iterator[None]:
    """Dropout at work in the forward passes inside (Gal, Ghahramani 2016).

    The network's own where it has some; else whole channels of its coarsest features, found in the first pass.
    """
    own = [m for m in network.modules() if isinstance(m, nn.Dropout | nn.Dropout2d) and m.p > 0]
    for module in own:
        module.train()
    hooks: list[Any] = []
    if not own:
        probe = torch.zeros(1, network.in_channels, 64, 64, device=next(network.parameters()).device)
        with watching(network) as seen, torch.inference_mode():
            network(probe)
        if seen.module is not None:
            hooks.append(seen.module.register_forward_hook(lambda _m, _i, output: F.dropout2d(output, DROPPED)))
    try:
        yield
    finally:
        for module in own:
            module.eval()
        for hook in hooks:
            hook.remove()
