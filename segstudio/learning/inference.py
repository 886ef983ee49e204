"""Prediction: any image size, tiled, averaged over flips and scales, in bounded memory.

Bands of rows are finished, and can be handed on, as soon as no further tile reaches them; see
:mod:`segstudio.learning.tiling` for where tiles lie.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.algorithms import dense_crf
from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError, TrainingError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work
from segstudio.learning import dense_crf as card_crf
from segstudio.learning.data import Array, sampled_pixels, with_channels
from segstudio.learning.devices import cpu_has_bf16, out_of_memory, release_memory
from segstudio.learning.forward import Job, What, autocast
from segstudio.learning.predictor import Predictor, Source, predictor
from segstudio.learning.tiling import TILE, FixedSize, Read, plan
from segstudio.learning.uncertainty import STRANGENESS

__all__ = [
    "Analysis",
    "LabelTile",
    "Maps",
    "Predictor",
    "Source",
    "analyse",
    "autocast",
    "labels_of",
    "predict",
    "predictor",
    "settle_precision",
    "stream",
]

BAND_BYTES = 256 << 20
"""What the rows that tiles still reach may hold while an image is streamed."""
PIECE_BYTES = 16 << 20
"""The maps of one piece of a streamed image."""
SAME_LABELS = 0.999
"""The share of labels that a lower precision must leave as they are to count as safe."""

SMALLER_TILES = (TILE, TILE // 2)
"""Sides of the tiles that an image is predicted in where memory runs out over it."""

Maps = Literal["probabilities", "max_logit", "energy"]


@dataclass(frozen=True, eq=False)
class Analysis:
    """All that one pass through the network says of an image."""

    probabilities: NDArray[np.float32]
    """``(K, H, W)``"""
    strangeness: Mapping[str, NDArray[np.float32]]
    """By the names of ``Predictor.strange_maps``, each ``(H, W)``, higher is stranger; empty where nobody asked."""


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

    *source* is what :func:`predictor` takes. *tile* is the side of the square tiles that the image is cut into
    (``None``: whole, unless it is larger than ``LARGEST_WHOLE`` of :mod:`segstudio.learning.tiling`), *overlap* the
    share of a tile that its neighbour covers too, 0 to 0.9; a network of unpadded convolutions has its own overlap, and
    its tiles give what the whole image does. *tta* averages over the four mirrorings, *scales* over sizes of the input.
    *crf* refines the result by a dense CRF on the image; a mapping holds options of ``dense_crf.mean_field``. *batch*
    is how many tiles are computed at once (``None``: 1 on the CPU, 4 elsewhere).

    *maps* asks for one map ``(1, H, W)`` of how unlike anything trained on a pixel is instead, higher is stranger:
    ``"max_logit"`` or ``"energy"``, see :mod:`segstudio.learning.uncertainty`.

    Raises :class:`OptionError` for options out of range and :class:`TrainingError` for an image of other channels than
    the network's, or one that does not fit into memory.
    """
    ready = predictor(source, device=device)
    pixels = _checked(image, ready)
    what: What = "probabilities" if maps == "probabilities" else "strangeness"
    out = yield from _computed(ready, pixels, what, tile, overlap, tta, scales, batch)
    if maps != "probabilities":
        place = STRANGENESS.index(maps)
        return out[place : place + 1]
    return (yield from _refined(ready, pixels, out, crf))


def analyse(
    source: Source,
    image: Array,
    *,
    strange: bool = True,
    tile: int | None = None,
    overlap: float = 0.25,
    tta: bool = False,
    scales: Sequence[float] = (1.0,),
    crf: bool | Mapping[str, Any] | None = None,
    device: str = "auto",
    batch: int | None = None,
) -> Work[Analysis]:
    """Probabilities as :func:`predict` gives them and, where *strange*, the maps of strangeness, in one pass."""
    ready = predictor(source, device=device)
    pixels = _checked(image, ready)
    out = yield from _computed(ready, pixels, "both" if strange else "probabilities", tile, overlap, tta, scales, batch)
    count = ready.num_classes
    probabilities = yield from _refined(ready, pixels, out[:count], crf)
    return Analysis(probabilities, dict(zip(ready.strange_maps, out[count:], strict=False)))


def _computed(
    ready: Predictor,
    pixels: Array,
    what: What,
    tile: int | None,
    overlap: float,
    tta: bool,
    scales: Sequence[float],
    batch: int | None,
) -> Work[NDArray[np.float32]]:
    """The maps ``(channels, H, W)`` of *pixels* ``(H, W, C)``; in smaller tiles where nobody asked for a size and
    memory runs out."""
    shape = (pixels.shape[0], pixels.shape[1])
    fixed = isinstance(ready.network, FixedSize) and ready.network.size is not None
    sides = [side for side in SMALLER_TILES if side < max(shape)] if tile is None and not fixed else []
    for side in (tile, *sides):
        layout = plan(shape, side, overlap, ready.network)
        job = Job(ready, what, tta, tuple(scales), layout, _tiles_at_once(ready, batch))
        try:
            return (yield from _carried_out(job, pixels))
        except TrainingError as error:
            if side == (tile, *sides)[-1] or error.__cause__ is None or not out_of_memory(error.__cause__):
                raise
        # beyond the except block, for the traceback holds tensors
        release_memory(ready.device)
    raise AssertionError("the last attempt returns or raises")


def _carried_out(job: Job, pixels: Array) -> Work[NDArray[np.float32]]:
    shape = (pixels.shape[0], pixels.shape[1])
    scale = job.ready.normalisation.for_image(pixels)
    if job.whole:
        yield Progress(0.0, "predicting")
        return _to_array(job.forward(scale.apply(pixels)))
    out = np.empty((job.channels, *shape), np.float32)
    for done, region, band in job.bands(lambda part: scale.apply(pixels[part.slices]), shape, Region.of(shape)):
        if band is not None:
            out[:, region.y0 : region.y1, region.x0 : region.x1] = _to_array(band)
        yield Progress(done, "predicting")
    return out


def _refined(
    ready: Predictor, pixels: Array, probabilities: NDArray[np.float32], crf: bool | Mapping[str, Any] | None
) -> Work[NDArray[np.float32]]:
    if not crf or len(probabilities) < 2:
        return probabilities
    yield Progress(0.99, "refining")
    options = dict(crf) if isinstance(crf, Mapping) else {}
    if ready.device.type == "cuda":
        try:
            return card_crf.mean_field(pixels, probabilities, device=ready.device, **options)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        release_memory(ready.device)
    return np.asarray(dense_crf.mean_field(pixels, probabilities, **options), np.float32)


class LabelTile(NamedTuple):
    """A finished part of a streamed prediction."""

    region: Region
    labels: NDArray[np.uint16]
    """``(h, w)`` class ids."""
    confidence: NDArray[np.float32]
    """``(h, w)``: the probability of the label."""
    fraction: float
    """How much of the image is done."""
    analysis: Analysis
    """What the labels were chosen by, of this part alone."""


def stream(
    source: Source,
    read: Read,
    shape: tuple[int, int],
    *,
    tile: int = TILE,
    overlap: float = 0.25,
    tta: bool = False,
    scales: Sequence[float] = (1.0,),
    device: str = "auto",
    batch: int | None = None,
    band_bytes: int = BAND_BYTES,
    strange: bool = False,
) -> Iterator[LabelTile | None]:
    """Labels of an image of any *shape* ``(H, W)`` piece by piece, the same as :func:`predict`'s, in bounded memory.

    *read* gives the pixels ``(h, w)`` or ``(h, w, C)`` of a region. The pieces do not overlap and cover the image;
    between them comes ``None`` after a batch of tiles that finished none, a chance to stop. At most about *band_bytes*
    of maps are held; a wide image is cut into stripes for that, at whose borders tiles are computed twice.
    """
    ready = predictor(source, device=device)
    layout = plan(shape, tile, overlap, ready.network)
    what: What = "both" if strange else "probabilities"
    job = Job(ready, what, tta, tuple(scales), layout, _tiles_at_once(ready, batch))
    channels, count = ready.network.in_channels, ready.num_classes
    scale = ready.normalisation.for_image(_spread_pixels(read, shape, channels, tile))

    def fetch(region: Region) -> NDArray[np.float32]:
        return scale.apply(with_channels(np.asarray(read(region)), channels, "the image"))

    width = max(layout.columns.output, band_bytes // (4 * job.channels * min(layout.rows.output, shape[0])))
    stripes = max(1, math.ceil(shape[1] / width))
    edges = [round(shape[1] * i / stripes) for i in range(stripes + 1)]
    for number, (x0, x1) in enumerate(itertools.pairwise(edges)):
        for done, region, band in job.bands(fetch, shape, Region(0, x0, shape[0], x1)):
            if band is None:
                yield None
                continue
            # strips of a band: what is computed from one must not take a multiple of the band itself
            rows = max(1, PIECE_BYTES // (4 * job.channels * region.width))
            for y in range(region.y0, region.y1, rows):
                part = Region(y, region.x0, min(y + rows, region.y1), region.x1)
                strip = band[:, y - region.y0 : part.y1 - region.y0]
                sure, channel = _decide(strip[:count])
                found = _to_array(strip)
                analysis = Analysis(found[:count], dict(zip(ready.strange_maps, found[count:], strict=False)))
                yield LabelTile(part, ready.class_ids(channel), sure, (number + done) / stripes, analysis)


def settle_precision(ready: Predictor, image: Array) -> Predictor:
    """*ready* in mixed precision, about twice as fast, where the device computes in it and it is safe: on *image* all
    but a thousandth of the labels stay what float32 says. Elsewhere in float32."""
    network = ready.network
    if not any(True for _ in network.parameters()):
        return ready
    if ready.device.type == "cpu" and ready.precision == "off" and cpu_has_bf16():
        exact, fast = ready, replace(ready, precision="bf16")
    elif ready.device.type == "cuda" and ready.precision != "off":
        exact, fast = replace(ready, precision="off"), ready
    else:
        return ready
    part = _checked(image, ready)[:512, :512]
    found = []
    for each in (exact, fast):
        job = Job(each, "probabilities", False, (1.0,), plan(part.shape[:2], None, 0.0, network), 1)
        found.append(_decide(job.forward(ready.normalisation.for_image(part).apply(part)))[1])
    return fast if float((found[0] == found[1]).mean()) >= SAME_LABELS else exact


def labels_of(probabilities: Array, classes: LabelSet | None = None) -> NDArray[np.uint16]:
    """The most probable class id of each pixel, ``(H, W)``, from ``(K, H, W)``; K = 1 is foreground at 1/2 and above.

    Without *classes* ids are channel numbers.
    """
    channel = _decide(torch.from_numpy(np.ascontiguousarray(probabilities)))[1]
    return np.asarray(np.array(list(classes), np.uint16)[channel]) if classes is not None else channel


def _decide(probabilities: Tensor) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """Confidence and channel of each pixel; on the CPU block by block of rows, which stay in the cache."""
    shape = tuple(probabilities.shape[1:])
    best, channel = np.empty(shape, np.float32), np.empty(shape, np.uint16)
    rows = max(1, (1 << 16) // max(1, shape[1]) if probabilities.device.type == "cpu" else shape[0])
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


def _to_array(maps: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(maps.cpu().numpy())


def _checked(image: Array, ready: Predictor) -> Array:
    """*image* as ``(H, W, C)`` with the network's channels."""
    return with_channels(np.asarray(image), ready.network.in_channels, "the image")


def _tiles_at_once(ready: Predictor, batch: int | None) -> int:
    if batch is not None and batch < 1:
        raise OptionError(f"the batch of tiles must be at least 1, not {batch}")
    return batch or (1 if ready.device.type == "cpu" else 4)


def _spread_pixels(read: Read, shape: tuple[int, int], channels: int, tile: int) -> Array:
    """Pixels ``(P, 1, C)`` from up to 16 places of an image too large to be read at once."""
    side = min(tile, 256)
    found = []
    for y in np.linspace(0, max(0, shape[0] - side), 4).astype(int):
        for x in np.linspace(0, max(0, shape[1] - side), 4).astype(int):
            region = Region(int(y), int(x), int(y) + side, int(x) + side) & Region.of(shape)
            patch = with_channels(np.asarray(read(region)), channels, "the image")
            found.append(sampled_pixels(patch, 4096))
    return np.concatenate(found)[:, None]
