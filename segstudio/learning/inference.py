"""Prediction: any image size, tiled with blending, averaged over flips and scales, in bounded memory.

A tile grid covers the image evenly; where tiles overlap their probabilities are blended by Gaussian weights that sum to
1 at every pixel, so that bands of rows are finished, and can be handed on, as soon as no further tile reaches them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segstudio.algorithms import dense_crf
from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work
from segstudio.learning.checkpoint import Checkpoint, load_checkpoint
from segstudio.learning.data import Array, Normalisation, sampled_pixels, with_channels
from segstudio.learning.devices import Precision, pick_device
from segstudio.learning.networks.base import SegmentationNetwork

LARGEST_WHOLE = 1536 * 1536
"""Images of more pixels than this are tiled by themselves."""
TILE = 768
"""The side of a tile where none is asked for."""
_SMALLEST = 32
"""Networks take no smaller sides; smaller images are continued."""
BAND_BYTES = 256 << 20
"""What the rows that tiles still reach may hold while an image is streamed."""

Maps = Literal["probabilities", "max_logit", "energy"]


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network ready to predict: on its device, in eval mode, with the intensities it was trained on."""

    network: SegmentationNetwork
    normalisation: Normalisation
    classes: LabelSet | None
    """In the order of the channels; ``None`` for a network that came without."""
    device: torch.device
    precision: Precision

    @property
    def num_classes(self) -> int:
        return self.network.num_classes

    def class_ids(self, channels: Array) -> NDArray[np.uint16]:
        """Channel numbers as class ids."""
        if self.classes is None:
            return channels.astype(np.uint16)
        return np.asarray(np.array(list(self.classes), np.uint16)[channels])


Source = SegmentationNetwork | Checkpoint | Predictor | str | Path


def predictor(
    source: Source,
    *,
    device: str = "auto",
    precision: Precision | Literal["auto"] = "auto",
    normalisation: Normalisation | None = None,
) -> Predictor:
    """Make *source* ready once for many images: a checkpoint, its path, or a network.

    *normalisation* overrides the checkpoint's; a bare network has none, and then intensities are measured on each
    image. A bare network stays on its device unless one is named. Raises :class:`CheckpointError` for a file that is no
    checkpoint and :class:`OptionError` for a device that is not there.
    """
    if isinstance(source, Predictor):
        return source
    if isinstance(source, str | Path):
        source = load_checkpoint(source)
    if isinstance(source, Checkpoint):
        network, classes = source.network, source.classes
        stored = source.config.get("normalisation")
        found = Normalisation.from_json(stored) if stored else Normalisation()
    else:
        network, classes, found = source, None, Normalisation()
        if device == "auto":
            device = str(next(iter(network.parameters()), torch.empty(0)).device)
    chosen = pick_device(device)
    if precision == "auto":
        precision = chosen.precision if chosen.device.type == "cuda" else "off"
    network = network.to(chosen.device).eval()
    if any(p.ndim == 4 for p in network.parameters()):
        network = network.to(memory_format=torch.channels_last)
    return Predictor(network, normalisation or found, classes, chosen.device, precision)


def predict(
    source: Source,
    image: Array,
    *,
    tile: int | None = None,
    overlap: float = 0.25,
    tta: bool = False,
    scales: Sequence[float] = (1.0,),
    crf: bool | Mapping[str, Any] | None = None,
    device: str = "auto",
    batch: int | None = None,
    maps: Maps = "probabilities",
) -> Work[NDArray[np.float32]]:
    """Class probabilities ``(K, H, W)`` float32 of *image* ``(H, W)`` or ``(H, W, C)`` of any number type.

    *source* is a checkpoint, its path, a network, or a :func:`predictor`. *tile* is the side of the square tiles that
    the image is cut into (``None``: whole, unless it is larger than ``LARGEST_WHOLE``), *overlap* the share of a tile
    that its neighbour covers too, 0 to 0.9. *tta* averages over the four mirrorings, *scales* over sizes of the input.
    *crf* refines the result by a dense CRF on the image; a mapping holds options of ``dense_crf.mean_field``. *batch*
    is how many tiles are computed at once (``None``: 1 on the CPU, 4 elsewhere).

    *maps* asks for one map ``(1, H, W)`` of how unlike anything trained on a pixel is instead, higher is stranger:
    ``"max_logit"`` is minus the largest logit (Hendrycks et al. 2022), ``"energy"`` is ``-logsumexp`` of the logits
    (Liu et al. 2020, equation 4).

    Raises :class:`OptionError` for options out of range and :class:`TrainingError` for an image of other channels than
    the network's, or one that does not fit into memory even in small tiles.
    """
    ready = predictor(source, device=device)
    pixels = _checked(image, ready)
    shape = (pixels.shape[0], pixels.shape[1])
    job = _Job(ready, maps, tta, tuple(scales), _layout(shape, tile, overlap), _tiles_at_once(ready, batch))
    scale = ready.normalisation.for_image(pixels)
    if job.layout.tiles == 1:
        yield Progress(0.0, "predicting")
        with torch.inference_mode():
            out = _to_array(job.maps_of(_tensor(scale.apply(pixels), ready.device))[0])
    else:
        out = np.empty((job.channels, *shape), np.float32)
        bands = job.bands(lambda region: scale.apply(pixels[region.slices]), Region.of(shape))
        for done, region, band in bands:
            if band is not None:
                out[:, region.y0 : region.y1, region.x0 : region.x1] = _to_array(band)
            yield Progress(done, "predicting")
    if crf and maps == "probabilities" and len(out) > 1:
        yield Progress(0.99, "refining")
        options = dict(crf) if isinstance(crf, Mapping) else {}
        out = np.asarray(dense_crf.mean_field(pixels, out, **options), np.float32)
    return out


class LabelTile(NamedTuple):
    """A finished part of a streamed prediction."""

    region: Region
    labels: NDArray[np.uint16]
    """``(h, w)`` class ids."""
    confidence: NDArray[np.float32]
    """``(h, w)``: the probability of the label."""
    fraction: float
    """How much of the image is done."""


def stream(
    source: Source,
    read: Callable[[Region], Array],
    shape: tuple[int, int],
    *,
    tile: int = TILE,
    overlap: float = 0.25,
    tta: bool = False,
    scales: Sequence[float] = (1.0,),
    device: str = "auto",
    batch: int | None = None,
    band_bytes: int = BAND_BYTES,
) -> Iterator[LabelTile]:
    """Labels of an image of any *shape* ``(H, W)`` piece by piece, the same as :func:`predict`'s, in bounded memory.

    *read* gives the pixels ``(h, w)`` or ``(h, w, C)`` of a region. The pieces do not overlap and cover the image. At
    most about *band_bytes* of probabilities are held; a wide image is cut into stripes for that, at whose borders tiles
    are computed twice.
    """
    ready = predictor(source, device=device)
    job = _Job(ready, "probabilities", tta, tuple(scales), _layout(shape, tile, overlap), _tiles_at_once(ready, batch))
    channels = ready.network.in_channels
    scale = ready.normalisation
    if scale.kind == "image":
        scale = Normalisation.of_pixels(_spread_pixels(read, shape, channels, tile))

    def fetch(region: Region) -> NDArray[np.float32]:
        return scale.apply(with_channels(np.asarray(read(region)), channels, "the image"))

    width = max(tile, band_bytes // (4 * job.channels * min(tile, shape[0])))
    stripes = max(1, math.ceil(shape[1] / width))
    edges = [round(shape[1] * i / stripes) for i in range(stripes + 1)]
    for number, (x0, x1) in enumerate(itertools.pairwise(edges)):
        for done, region, band in job.bands(fetch, Region(0, x0, shape[0], x1)):
            if band is not None:
                confidence, channel = _decide(band)
                yield LabelTile(region, ready.class_ids(channel), confidence, (number + done) / stripes)


def labels_of(probabilities: Array, classes: LabelSet | None = None) -> NDArray[np.uint16]:
    """The most probable class id of each pixel, ``(H, W)``, from ``(K, H, W)``; K = 1 is foreground at 1/2 and above.

    Without *classes* ids are channel numbers.
    """
    channel = _decide(torch.from_numpy(np.ascontiguousarray(probabilities)))[1]
    return np.asarray(np.array(list(classes), np.uint16)[channel]) if classes is not None else channel


def confidence(probabilities: Array) -> NDArray[np.float32]:
    """The probability of the most probable class, ``(H, W)`` in [1/K, 1]."""
    return _decide(torch.from_numpy(np.ascontiguousarray(probabilities)))[0]


def entropy(probabilities: Array) -> NDArray[np.float32]:
    """The entropy of the classes, ``(H, W)``, as a share of the largest possible: 0 is sure, 1 is a guess."""
    p = torch.from_numpy(_both(probabilities))
    return np.asarray((torch.special.entr(p).sum(0) / math.log(len(p))).numpy(), np.float32)


def margin(probabilities: Array) -> NDArray[np.float32]:
    """How far the most probable class is ahead of the second, ``(H, W)`` in [0, 1]."""
    top = torch.from_numpy(_both(probabilities)).topk(2, 0).values
    return np.asarray((top[0] - top[1]).numpy(), np.float32)


def _both(probabilities: Array) -> NDArray[np.float32]:
    """A single foreground probability as two classes."""
    p = np.asarray(probabilities, np.float32)
    return np.ascontiguousarray(np.concatenate([1 - p, p]) if len(p) == 1 else p)


def _decide(probabilities: Tensor) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """Confidence and channel of each pixel, block by block of rows, which stay in the cache."""
    shape = tuple(probabilities.shape[1:])
    best, channel = np.empty(shape, np.float32), np.empty(shape, np.uint16)
    rows = max(1, (1 << 16) // max(1, shape[1]))
    for y in range(0, shape[0], rows):
        value, index = _largest(probabilities[:, y : y + rows])
        best[y : y + rows], channel[y : y + rows] = value.cpu().numpy(), index.cpu().numpy()
    return best, channel


def _largest(block: Tensor) -> tuple[Tensor, Tensor]:
    """Value and place of the largest of each pixel's probabilities; a foreground of exactly 1/2 is foreground."""
    if len(block) == 1:
        index = (block[0] >= 0.5).to(torch.int16)
        return torch.maximum(block[0], 1 - block[0]), index
    # a running maximum over the classes: torch's own max over the first axis takes twice as long
    value, index = block[0].clone(), torch.zeros(block.shape[1:], dtype=torch.int16, device=block.device)
    for k in range(1, len(block)):
        index.masked_fill_(block[k] > value, k)
        torch.maximum(value, block[k], out=value)
    return value, index


@dataclass(frozen=True)
class Layout:
    """Where the tiles lie: starts along each axis and the sides of every tile."""

    ys: tuple[int, ...]
    xs: tuple[int, ...]
    height: int
    width: int

    @property
    def tiles(self) -> int:
        return len(self.ys) * len(self.xs)


def _layout(shape: tuple[int, int], tile: int | None, overlap: float) -> Layout:
    if tile is not None and tile < 32:
        raise OptionError(f"a tile must be at least 32 pixels wide, not {tile}")
    if not 0 <= overlap <= 0.9:
        raise OptionError(f"the overlap of tiles must lie in 0..0.9, not {overlap}")
    if tile is None:
        tile = max(shape) if shape[0] * shape[1] <= LARGEST_WHOLE else TILE
    starts = [_starts(side, tile, overlap) for side in shape]
    return Layout(starts[0], starts[1], min(tile, shape[0]), min(tile, shape[1]))


def _starts(side: int, tile: int, overlap: float) -> tuple[int, ...]:
    """Where tiles start along one axis, evenly, the first at 0 and the last at the end."""
    if side <= tile:
        return (0,)
    count = math.ceil((side - tile) / max(1, round(tile * (1 - overlap)))) + 1
    return tuple(round(i * (side - tile) / (count - 1)) for i in range(count))


def _axis_weights(starts: Sequence[int], tile: int, side: int) -> list[NDArray[np.float32]]:
    """For each tile along an axis its weights ``(tile,)``: Gaussian, and over all tiles 1 at every pixel."""
    offsets = (np.arange(tile) - (tile - 1) / 2) / (tile / 8)
    # a floor keeps the pixels that one tile alone reaches out of the division of two tiny numbers
    bell = np.maximum(np.exp(-0.5 * offsets**2), 1e-4)
    total = np.zeros(side)
    for start in starts:
        total[start : start + tile] += bell
    return [(bell / total[start : start + tile]).astype(np.float32) for start in starts]


@dataclass(frozen=True)
class _Job:
    """One image's prediction."""

    ready: Predictor
    maps: Maps
    tta: bool
    scales: tuple[float, ...]
    layout: Layout
    batch: int

    def __post_init__(self) -> None:
        if not self.scales or min(self.scales) <= 0:
            raise OptionError("the scales of a prediction must be above 0")

    @property
    def channels(self) -> int:
        return self.ready.num_classes if self.maps == "probabilities" else 1

    def maps_of(self, x: Tensor) -> Tensor:
        """``(N, C, h, w)`` to ``(N, channels, h, w)`` float32, averaged over mirrorings and scales."""
        views = [(scale, axes) for scale in self.scales for axes in (_MIRRORINGS if self.tta else ((),))]
        total: Tensor | None = None
        for scale, axes in views:
            values = self._activate(self._logits(x, scale, axes))
            total = values if total is None else total.add_(values)
        assert total is not None
        return total if len(views) == 1 else total.div_(len(views))

    def _logits(self, x: Tensor, scale: float, axes: tuple[int, ...]) -> Tensor:
        size = (int(x.shape[-2]), int(x.shape[-1]))
        if scale != 1:
            other = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
            x = F.interpolate(x, other, mode="bilinear", antialias=scale < 1)
        if axes:
            x = x.flip(axes)
        height, width = int(x.shape[-2]), int(x.shape[-1])
        if min(height, width) < _SMALLEST:
            x = F.pad(x, (0, max(0, _SMALLEST - width), 0, max(0, _SMALLEST - height)), mode="replicate")
        with autocast(self.ready.device, self.ready.precision):
            logits = self.ready.network(x).logits[..., :height, :width]
        if axes:
            logits = logits.flip(axes)
        if scale != 1:
            logits = F.interpolate(logits.float(), size, mode="bilinear")
        return logits.float()

    def _activate(self, logits: Tensor) -> Tensor:
        if self.maps == "energy":
            return -logits.logsumexp(1, keepdim=True)
        if self.maps == "max_logit":
            return -logits.amax(1, keepdim=True)
        return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(1)

    def bands(
        self, fetch: Callable[[Region], NDArray[np.float32]], area: Region
    ) -> Iterator[tuple[float, Region, Tensor | None]]:
        """Finished bands of rows of *area*, ``(channels, h, w)``, top down, each with the share of tiles done.

        After a batch of tiles that finishes no band, the band is ``None``. *area* spans the image from top to bottom.
        """
        layout, side = self.layout, (area.height, max(self.layout.xs) + self.layout.width)
        down = _axis_weights(layout.ys, layout.height, side[0])
        across = _axis_weights(layout.xs, layout.width, side[1])
        columns = [j for j, x in enumerate(layout.xs) if x < area.x1 and x + layout.width > area.x0]
        held = torch.zeros((self.channels, layout.height, area.width), device=self.ready.device)
        for row, y in enumerate(layout.ys):
            for first in range(0, len(columns), self.batch):
                chosen = columns[first : first + self.batch]
                with torch.inference_mode():
                    for j, maps in zip(chosen, self._tile_maps(fetch, y, chosen), strict=True):
                        weights = np.outer(down[row], across[j])
                        _add(held, maps, torch.from_numpy(weights).to(held.device), layout.xs[j], area)
                done = (row * len(columns) + first + len(chosen)) / (len(layout.ys) * len(columns))
                if first + self.batch < len(columns):
                    yield done, area, None
            after = layout.ys[row + 1] if row + 1 < len(layout.ys) else area.y1
            finished = after - y
            yield done, Region(y, area.x0, after, area.x1), held[:, :finished]
            with torch.inference_mode():
                held = torch.cat([held[:, finished:], torch.zeros_like(held[:, :finished])], 1)

    def _tile_maps(self, fetch: Callable[[Region], NDArray[np.float32]], y: int, columns: Sequence[int]) -> Tensor:
        height, width = self.layout.height, self.layout.width
        starts = [self.layout.xs[j] for j in columns]
        tiles = [_tensor(fetch(Region(y, x, y + height, x + width)), self.ready.device) for x in starts]
        return self.maps_of(torch.cat(tiles) if len(tiles) > 1 else tiles[0])


_MIRRORINGS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))


def _add(held: Tensor, maps: Tensor, weights: Tensor, x: int, area: Region) -> None:
    """Add a tile's weighted *maps*, which start at column *x*, to the part of *held* that they cover."""
    left, right = max(x, area.x0), min(x + int(maps.shape[-1]), area.x1)
    tile = slice(left - x, right - x)
    held[..., left - area.x0 : right - area.x0].addcmul_(maps[..., tile], weights[:, tile])


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """The context of a mixed *precision*; off does nothing."""
    kind = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, kind, enabled=precision != "off")


def _tensor(image: NDArray[np.float32], device: torch.device) -> Tensor:
    """``(H, W, C)`` as ``(1, C, H, W)``; the same memory, which is channels-last already."""
    return torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0).to(device, non_blocking=True)


def _to_array(maps: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(maps.cpu().numpy())


def _checked(image: Array, ready: Predictor) -> Array:
    """*image* as ``(H, W, C)`` with the network's channels."""
    return with_channels(np.asarray(image), ready.network.in_channels, "the image")


def _tiles_at_once(ready: Predictor, batch: int | None) -> int:
    if batch is not None and batch < 1:
        raise OptionError(f"the batch of tiles must be at least 1, not {batch}")
    return batch or (1 if ready.device.type == "cpu" else 4)


def _spread_pixels(read: Callable[[Region], Array], shape: tuple[int, int], channels: int, tile: int) -> Array:
    """Pixels ``(P, C)`` from up to 16 places of an image too large to be read at once."""
    side = min(tile, 256)
    found = []
    for y in np.linspace(0, max(0, shape[0] - side), 4).astype(int):
        for x in np.linspace(0, max(0, shape[1] - side), 4).astype(int):
            region = Region(int(y), int(x), int(y) + side, int(x) + side) & Region.of(shape)
            patch = with_channels(np.asarray(read(region)), channels, "the image")
            found.append(sampled_pixels(patch, 4096))
    return np.concatenate(found)
