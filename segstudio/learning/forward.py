"""One image's way through a network: its tiles forward, their maps blended, band by band of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.errors import OptionError, TrainingError
from segstudio.core.geometry import Region
from segstudio.learning.devices import Precision, out_of_memory, release_memory
from segstudio.learning.familiarity import distance_map, padded_shape, watched
from segstudio.learning.predictor import Predictor
from segstudio.learning.tiling import FixedSize, Layout, OverlapTiled, add_weighted, mirrored, touching
from segstudio.learning.uncertainty import strangeness

_SMALLEST = 32
"""Networks take no smaller sides; smaller images are continued."""
_MIRRORINGS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))

What = Literal["probabilities", "strangeness", "both"]
"""Channels that come out: K probabilities, the maps of strangeness, or the one after the other."""
Fetch = Callable[[Region], NDArray[np.float32]]
"""Normalised pixels ``(h, w, C)`` of a region inside the image."""


@dataclass(frozen=True)
class Job:
    """How one image is predicted."""

    ready: Predictor
    what: What
    tta: bool
    scales: tuple[float, ...]
    layout: Layout
    batch: int

    def __post_init__(self) -> None:
        if not self.scales or min(self.scales) <= 0:
            raise OptionError("the scales of a prediction must be above 0")
        if isinstance(self.ready.network, FixedSize) and self.ready.network.size and self.scales != (1.0,):
            raise OptionError("this model takes images of one size, so it cannot be averaged over scales")

    @property
    def channels(self) -> int:
        strange = len(self.ready.strange_maps) if self.what != "probabilities" else 0
        return strange + (self.ready.num_classes if self.what != "strangeness" else 0)

    @property
    def whole(self) -> bool:
        """Whether the image goes through the network as it is, in one piece."""
        network = self.ready.network
        return self.layout.tiles == 1 and not (isinstance(network, FixedSize) and network.size)

    def forward(self, image: NDArray[np.float32]) -> Tensor:
        """The maps ``(channels, H, W)`` of a whole image ``(H, W, C)``."""
        with torch.inference_mode(), _memory():
            return self._maps(_tensor(image, self.ready.device), exact=False)[0]

    def bands(
        self, fetch: Fetch, shape: tuple[int, int], area: Region
    ) -> Iterator[tuple[float, Region, Tensor | None]]:
        """Finished bands of rows of *area*, ``(channels, h, w)``, top down, each with the share of tiles done.

        After a batch of tiles that finishes no band, the band is ``None``. *area* spans the image of *shape* from top
        to bottom.
        """
        rows, columns = self.layout.rows, self.layout.columns
        seen = mirrored(fetch, shape)
        down, across = rows.weights(shape[0]), columns.weights(shape[1])
        chosen = touching(columns.starts, columns.output, area.x0, area.x1)
        held = torch.zeros((self.channels, rows.output, area.width), device=self.ready.device)
        for row, y in enumerate(rows.starts):
            for first in range(0, len(chosen), self.batch):
                now = chosen[first : first + self.batch]
                tiles = [seen(self.layout.read(row, column)) for column in now]
                with torch.inference_mode(), _memory():
                    for column, maps in zip(now, self._tile_maps(tiles), strict=True):
                        weights = torch.from_numpy(np.outer(down[row], across[column])).to(held.device)
                        add_weighted(held, maps, weights, columns.starts[column], area.x0, area.x1)
                done = (row * len(chosen) + first + len(now)) / (len(rows.starts) * len(chosen))
                if first + self.batch < len(chosen):
                    yield done, area, None
            after = rows.starts[row + 1] if row + 1 < len(rows.starts) else area.y1
            finished = after - y
            yield done, Region(y, area.x0, after, area.x1), held[:, :finished]
            with torch.inference_mode():
                # in place: a second one would double what a wide image takes
                rest = held[:, finished:].clone()
                held[:, : rest.shape[1]] = rest
                held[:, rest.shape[1] :] = 0

    def _tile_maps(self, tiles: Sequence[NDArray[np.float32]]) -> Tensor:
        """The maps ``(N, channels, output rows, output columns)`` of what tiles read; one by one where all at once do
        not fit into memory."""
        try:
            return self._maps_of(tiles)
        except RuntimeError as error:
            if len(tiles) == 1 or not out_of_memory(error):
                raise
        release_memory(self.ready.device)
        return torch.cat([self._maps_of([tile]) for tile in tiles])

    def _maps_of(self, tiles: Sequence[NDArray[np.float32]]) -> Tensor:
        tensors = [_tensor(tile, self.ready.device) for tile in tiles]
        maps = self._maps(torch.cat(tensors) if len(tensors) > 1 else tensors[0], exact=bool(self.layout.margin))
        return maps[..., : self.layout.rows.output, : self.layout.columns.output]

    def _maps(self, x: Tensor, *, exact: bool) -> Tensor:
        """``(N, C, h, w)`` to ``(N, channels, h, w)`` float32, averaged over mirrorings and scales.

        *exact* tiles have their margin cut off: nothing is invented around them.
        """
        views = [(scale, axes) for scale in self.scales for axes in (_MIRRORINGS if self.tta else ((),))]
        total: Tensor | None = None
        for scale, axes in views:
            values = self._activate(self._logits(x, scale, axes, exact=exact))
            total = values if total is None else total.add_(values)
        assert total is not None
        return total if len(views) == 1 else total.div_(len(views))

    def _logits(self, x: Tensor, scale: float, axes: tuple[int, ...], *, exact: bool) -> Tensor:
        size = (int(x.shape[-2]), int(x.shape[-1]))
        if scale != 1:
            other = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
            x = F.interpolate(x, other, mode="bilinear", antialias=scale < 1)
        if axes:
            x = x.flip(axes)
        logits = self._exact_logits(x) if exact and scale == 1 else self._any_logits(x)
        if axes:
            logits = logits.flip(axes)
        if scale != 1:
            logits = F.interpolate(logits.float(), size, mode="bilinear")
            if exact:
                margin = self.layout.margin
                logits = logits[..., margin:-margin, margin:-margin]
        return logits.float()

    def _exact_logits(self, x: Tensor) -> Tensor:
        network = self.ready.network
        assert isinstance(network, OverlapTiled)
        with autocast(self.ready.device, self.ready.precision):
            return network.valid_map(x)

    def _any_logits(self, x: Tensor) -> Tensor:
        height, width = int(x.shape[-2]), int(x.shape[-1])
        if min(height, width) < _SMALLEST:
            x = F.pad(x, (0, max(0, _SMALLEST - width), 0, max(0, _SMALLEST - height)), mode="replicate")
        familiarity = None if self.ready.calibration is None else self.ready.calibration.familiarity
        with autocast(self.ready.device, self.ready.precision):
            if familiarity is None or self.what == "probabilities":
                return self.ready.network(x).logits[..., :height, :width]
            with watched(self.ready.network, familiarity.layer) as seen:
                logits = self.ready.network(x).logits
        far = distance_map(familiarity, seen[-1], padded_shape(self.ready.network, x))
        return torch.cat([logits.float()[..., :height, :width], far[..., :height, :width]], 1)

    def _activate(self, values: Tensor) -> Tensor:
        """The maps of the logits, which the distance of the features follows where it was measured."""
        logits, far = values[:, : self.ready.num_classes], values[:, self.ready.num_classes :]
        strange = [] if self.what == "probabilities" else [strangeness(logits), far]
        if self.what == "strangeness":
            return torch.cat(strange, 1)
        probabilities = logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(1)
        return torch.cat([probabilities, *strange], 1) if strange else probabilities


@contextmanager
def _memory() -> Iterator[None]:
    """Turns memory that runs out into a sentence."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if out_of_memory(error):
            raise TrainingError("the image does not fit into memory; predict it in smaller tiles") from error
        raise


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """The context of a mixed *precision*; off does nothing."""
    kind = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, kind, enabled=precision != "off")


def _tensor(image: NDArray[np.float32], device: torch.device) -> Tensor:
    """``(H, W, C)`` as ``(1, C, H, W)``; the same memory, which is channels-last already."""
    return torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0).to(device, non_blocking=True)
