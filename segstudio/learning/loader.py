"""Batches of training crops, prepared ahead on threads where the device would otherwise wait."""

from __future__ import annotations

import functools
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.labels import UNLABELLED
from segstudio.learning.augment import Crop, training_crop
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import Normalisation, SampleStore, sample_order


class Batch(NamedTuple):
    """What a step learns from, on its device."""

    images: Tensor
    """``(N, C, S, S)`` float32."""
    target: Tensor
    """``(N, S, S)`` int64 channel numbers, 255 = unlabelled."""
    weights: Tensor | None
    """``(N, S, S)`` float32, or none where no sample has any."""
    samples: tuple[int, ...]
    """The number of each crop's sample in the sequence given to the trainer."""
    objects: Tensor | None = None
    """``(N, S, S)`` int64 on the CPU, numbers of objects from 256 up, 0 = none; for networks that learn instances."""
    hints: Tensor | None = None
    """``(N, S, S)`` int64 channel numbers on the CPU that labels are guessed from, 255 = none; or none at all."""


Order = Callable[[int, int], Iterator[int]]
"""Places in a list of samples without end, from a seed and the number of the first item."""


class CropLoader:
    """An endless stream of crops from item *start* on; each item depends on the seed and its number alone.

    So a run that is resumed at an item sees what it would have seen without the break, on any number of threads.
    """

    def __init__(
        self,
        store: SampleStore,
        indices: Sequence[int],
        config: TrainConfig,
        normalisation: Normalisation,
        *,
        crop: int,
        device: torch.device,
        workers: int,
        start: int = 0,
        member: int = 0,
        members: int = 1,
        order: Order | None = None,
    ) -> None:
        self._store, self._indices, self._config = store, list(indices), config
        self._normalisation = normalisation
        self._of_image: dict[int, Normalisation] = {}
        self._order: Order = order or functools.partial(sample_order, len(self._indices))
        self._device = device
        self.crop = crop
        self._member, self._members = member, members
        self.position = start
        """The number of the next item of the stream; of *members* processes each makes every so many-th item."""
        self._pool = ThreadPoolExecutor(workers, "crops") if workers else None
        self._ready: list[tuple[int, Batch]] = []
        self._pending: deque[tuple[int, int, Future[Crop]]] = deque()
        self._upcoming = self._items()

    def _items(self) -> Iterator[tuple[int, int]]:
        order = self._order(self._config.seed, self.position)
        numbered = zip(itertools.count(self.position), order, strict=False)
        own = itertools.islice(numbered, self._member, None, self._members)
        return ((number, self._indices[i]) for number, i in own)

    def batch(self, size: int) -> Batch:
        """The next *size* crops of this process."""
        if self._ready and self._ready[0][0] != size:
            self._restart()
        found = self._ready.pop()[1] if self._ready else self._assembled(size)
        self.position += size * self._members
        return found

    def prepare(self, size: int) -> None:
        """Have the next batch of *size* ready before it is asked for, while a device computes."""
        if not self._ready:
            self._ready.append((size, self._assembled(size)))

    def _assembled(self, size: int) -> Batch:
        items = [self._next(size) for _ in range(size)]
        crops = [crop for _, crop in items]
        images = torch.from_numpy(np.stack([crop.image for crop in crops]))
        target = torch.from_numpy(np.stack([crop.target for crop in crops]))
        weights = None
        if any(crop.weights is not None for crop in crops):
            full = [np.ones(c.target.shape, np.float32) if c.weights is None else c.weights for c in crops]
            weights = torch.from_numpy(np.stack(full))
        return Batch(
            self._sent(images),
            self._sent(target).long(),
            None if weights is None else self._sent(weights),
            tuple(index for index, _ in items),
            _stacked([crop.objects for crop in crops], 0),
            _stacked([crop.hints for crop in crops], UNLABELLED),
        )

    def _sent(self, values: Tensor) -> Tensor:
        """*values* on the device; a copy from pinned memory does not wait for what the device computes."""
        if self._device.type == "cuda":
            values = values.pin_memory()
        return values.to(self._device, non_blocking=True)

    def resize(self, crop: int) -> None:
        """Hand out crops of another side from the next batch on."""
        self.crop = crop
        self._restart()

    def rewind(self, position: int) -> None:
        """Hand out item *position* next."""
        self.position = position
        self._restart()

    def _restart(self) -> None:
        for _, _, future in self._pending:
            future.cancel()
        self._pending.clear()
        self._ready.clear()
        self._upcoming = self._items()

    def _next(self, batch: int) -> tuple[int, Crop]:
        if self._pool is None:
            number, index = next(self._upcoming)
            return index, self._make(number, index)
        while len(self._pending) < max(2 * batch, 8):
            number, index = next(self._upcoming)
            self._pending.append((number, index, self._pool.submit(self._make, number, index)))
        _, index, future = self._pending.popleft()
        return index, future.result()

    def _make(self, number: int, index: int) -> Crop:
        sample = self._store[index]
        scale = self._of_image.get(index)
        if scale is None:
            scale = self._normalisation.for_image(sample.image)
            self._of_image[index] = scale
        rng = np.random.default_rng([self._config.seed, 2, number])
        return training_crop(sample, self.crop, scale, self._config.augment, rng, balanced=self._config.balanced_crops)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _stacked(maps: Sequence[NDArray[Any] | None], nothing: int) -> Tensor | None:
    """The maps of a batch's crops as int64, *nothing* where a sample has none; ``None`` where no sample has any."""
    shapes = {found.shape for found in maps if found is not None}
    if not shapes:
        return None
    blank = np.full(shapes.pop(), nothing, np.int64)
    return torch.from_numpy(np.stack([blank if found is None else found.astype(np.int64) for found in maps]))
