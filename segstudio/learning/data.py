"""What a network learns from: samples, their classes as channels, and intensities on one scale. Loads no torch."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import ChannelsError, TrainingError
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images as image_io
from segstudio.io.masks import read_mask

Array = NDArray[Any]


@runtime_checkable
class TrainingSample(Protocol):
    """An image and its labels, read when they are needed.

    A sample may also have ``weights() -> (H, W) float32`` in [0, 1], how sure each label is, or ``None``;
    ``objects() -> (H, W)`` integers, which object a pixel belongs to, 0 = none that is told apart, or ``None``; and
    ``hints() -> (H, W)`` class ids that are no labels but help to guess them, 255 = none, or ``None``.
    """

    @property
    def name(self) -> str:
        """For messages."""

    def image(self) -> Array:
        """``(H, W)`` or ``(H, W, C)`` of any integer or float type, in its own range."""

    def labels(self) -> Array:
        """``(H, W)`` integer class ids, 255 = unlabelled."""


@dataclass(frozen=True, eq=False)
class ArraySample:
    """A sample in memory."""

    pixels: Array
    ids: Array
    name: str = "array"
    confidence: Array | None = None
    instances: Array | None = None

    def image(self) -> Array:
        return self.pixels

    def labels(self) -> Array:
        return self.ids

    def weights(self) -> Array | None:
        return self.confidence

    def objects(self) -> Array | None:
        return self.instances


@dataclass(frozen=True)
class FileSample:
    """An image file with a mask file of class ids."""

    image_path: Path
    mask_path: Path
    frame: int = 0

    @property
    def name(self) -> str:
        return self.image_path.name

    def image(self) -> Array:
        return image_io.read(self.image_path, self.frame).array

    def labels(self) -> Array:
        return read_mask(self.mask_path)


def folder_samples(images: str | Path, masks: str | Path) -> list[FileSample]:
    """The images of one folder with the masks of the same stem in another, sorted by name.

    Images without a mask are left out. Raises :class:`TrainingError` where a folder is missing or nothing matches.
    """
    folders = Path(images), Path(masks)
    for folder in folders:
        if not folder.is_dir():
            raise TrainingError(f"{folder} is not a folder")
    by_stem = {path.stem: path for path in sorted(folders[1].iterdir()) if path.is_file()}
    known = image_io.extensions()
    samples = [
        FileSample(path, by_stem[path.stem])
        for path in sorted(folders[0].iterdir())
        if path.stem in by_stem and path.name.lower().endswith(known)
    ]
    if not samples:
        raise TrainingError(f"no image in {folders[0]} has a mask of the same name in {folders[1]}")
    return samples


@dataclass(frozen=True)
class Normalisation:
    """Brings intensities of any type to zero mean and unit deviation: clip to [low, high], then ``(x - mean) / std``.

    The four hold one value a channel. ``kind="image"`` measures them anew on each image and keeps no numbers.
    """

    kind: Literal["dataset", "image"] = "image"
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @classmethod
    def of_pixels(cls, pixels: Array) -> Normalisation:
        """Measured on *pixels* ``(P, C)``: the 0.1 and 99.9 percentile, and mean and deviation between them."""
        values = np.asarray(pixels, np.float64)
        values = values[np.isfinite(values).all(1)]
        if not len(values):
            values = np.zeros((1, pixels.shape[1]))
        low, high = np.percentile(np.ascontiguousarray(values.T), (0.1, 99.9), axis=1)
        inside = np.clip(values, low, high)
        std = inside.std(0)
        # a constant channel carries nothing; 1 keeps it at 0
        std = np.where(std > 1e-12 * np.maximum(1, np.abs(inside).max(0)), std, 1.0)
        return cls("dataset", *(tuple(float(v) for v in row) for row in (low, high, inside.mean(0), std)))

    def for_image(self, image: Array) -> Normalisation:
        """This, or for ``kind="image"`` what is measured on *image* ``(H, W, C)``."""
        return self.of_pixels(sampled_pixels(image)) if self.kind == "image" else self

    def apply(self, image: Array) -> NDArray[np.float32]:
        """*image* ``(H, W, C)`` as a new float32 array of the same shape; what is not a number becomes the mean."""
        height, width, channels = image.shape
        out = np.array(image, np.float32, order="C")
        # whole rows against rows of repeated values: a last axis of three would be three steps a loop
        rows = out.reshape(height, width * channels)
        low, high, mean, std = (np.tile(np.array(getattr(self, key), np.float32), width) for key in _MEASURED)
        np.clip(rows, low, high, out=rows)
        rows -= mean
        rows *= 1 / std
        if image.dtype.kind == "f":
            np.nan_to_num(out, copy=False, nan=0.0)
        return out

    def to_json(self) -> dict[str, Any]:
        values = {} if self.kind == "image" else {key: list(getattr(self, key)) for key in _MEASURED}
        return {"kind": self.kind, **values}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Normalisation:
        return cls(data["kind"], *(tuple(float(v) for v in data.get(key, ())) for key in _MEASURED))


_MEASURED = ("low", "high", "mean", "std")


def sampled_pixels(image: Array, most: int = 16384) -> Array:
    """About *most* pixels of *image* ``(H, W, C)`` on a regular grid, ``(P, C)``."""
    step = max(1, math.isqrt(image.shape[0] * image.shape[1] // most))
    return image[::step, ::step].reshape(-1, image.shape[2])


def with_channels(image: Array, channels: int | None, name: str) -> Array:
    """*image* as ``(H, W, C)``: grey repeated to *channels*, alpha dropped, colours that are all alike taken as grey.

    Raises :class:`ChannelsError` where that is not enough, and :class:`TrainingError` for what is no image.
    """
    if image.ndim == 2:
        image = image[..., np.newaxis]
    if image.ndim != 3 or 0 in image.shape:
        raise TrainingError(f"{name}: an image of shape {image.shape} cannot be used")
    if image.dtype.kind not in "buif":
        raise TrainingError(f"{name}: an image of type {image.dtype} cannot be used")
    if channels is None or image.shape[2] == channels:
        return image
    if image.shape[2] == 1:
        return np.broadcast_to(image, (*image.shape[:2], channels))
    if (image.shape[2], channels) in ((4, 3), (2, 1)):
        return image[..., :channels]
    if channels == 1 and image.shape[2] in (3, 4) and (image[..., :1] == image[..., 1:3]).all():
        return image[..., :1]
    raise ChannelsError(f"{name} has {image.shape[2]} channels where the network takes {channels}")


class ClassMap:
    """Class ids to the network's channels and back; channel k is the k-th class of *classes*."""

    def __init__(self, classes: LabelSet) -> None:
        if not len(classes):
            raise TrainingError("there is no class to learn")
        self.classes = classes
        self.ids = np.array(list(classes), np.uint16)
        self._channel = np.full(65536, UNLABELLED, np.uint8)
        self._known = np.zeros(65536, bool)
        self._known[UNLABELLED] = True
        for channel, class_id in enumerate(self.ids):
            self._channel[class_id] = channel
            self._known[class_id] = True

    def to_channels(self, labels: Array, name: str) -> NDArray[np.uint8]:
        """Class ids ``(H, W)`` as channel numbers, 255 = unlabelled; :class:`TrainingError` for an unknown id."""
        ids = np.asarray(labels)
        if ids.ndim != 2:
            raise TrainingError(f"{name}: its labels are an array of shape {ids.shape} where (H, W) is needed")
        if ids.dtype == bool:
            ids = ids.astype(np.uint8)
        if ids.dtype.kind not in "ui" or (ids.dtype.itemsize > 2 and (ids.min() < 0 or ids.max() > 65535)):
            raise TrainingError(f"{name}: its labels are not class ids")
        known = self._known[ids]
        if not known.all():
            unknown = int(ids[~known][0])
            raise TrainingError(f"{name}: there is no class {unknown}; there are {self.classes.describe()}")
        return np.asarray(self._channel[ids])

    def to_ids(self, channels: Array) -> NDArray[np.uint16]:
        """Channel numbers as class ids."""
        return np.asarray(self.ids[channels])


@dataclass(frozen=True, eq=False)
class Decoded:
    """A sample as arrays: *image* ``(H, W, C)`` in its own type, *target* ``(H, W)`` channel numbers, 255 = none."""

    image: Array
    target: NDArray[np.uint8]
    weights: NDArray[np.float32] | None
    landmarks: tuple[NDArray[np.int32], ...] = ()
    """For each channel that is labelled here, some of its pixels, ``(P, 2)`` as (y, x)."""
    objects: NDArray[np.uint16] | None = None
    """``(H, W)`` numbers of objects from 256 up, 0 = none; only where a network learns instances."""
    hints: NDArray[np.uint8] | None = None
    """``(H, W)`` channel numbers from which labels are guessed, 255 = none."""

    @property
    def nbytes(self) -> int:
        arrays = (self.image, self.target, self.weights, self.objects, self.hints)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True)
class Survey:
    """What reading all samples once has told."""

    channels: int
    shapes: tuple[tuple[int, int], ...]
    counts: NDArray[np.int64]
    """Labelled pixels per sample and channel, ``(M, K)``."""
    pixels: Array
    """Some pixels of every image, ``(P, C)``."""
    fingerprint: str
    """Of all pixels and labels."""


@dataclass
class SampleStore:
    """Samples decoded on demand and kept while they fit into *cache_bytes*."""

    samples: Sequence[TrainingSample]
    class_map: ClassMap
    channels: int | None = None
    cache_bytes: int = 2 << 30
    with_objects: bool = False
    """Whether a network that learns instances asks."""
    _kept: OrderedDict[int, Decoded] = field(default_factory=OrderedDict, repr=False)
    _kept_bytes: int = 0

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Decoded:
        kept = self._kept.get(index)
        return kept if kept is not None else self._keep(index, self._decode(index))

    def _keep(self, index: int, decoded: Decoded) -> Decoded:
        # no eviction: every epoch asks for every sample once, where the least recently used is the next one needed
        if self._kept_bytes + decoded.nbytes <= self.cache_bytes:
            self._kept[index] = decoded
            self._kept_bytes += decoded.nbytes
        return decoded

    def _decode(self, index: int) -> Decoded:
        sample = self.samples[index]
        image = with_channels(np.asarray(sample.image()), self.channels, sample.name)
        target = self.class_map.to_channels(sample.labels(), sample.name)
        weights = _optional(sample, "weights")
        objects = _optional(sample, "objects") if self.with_objects else None
        given = _optional(sample, "hints")
        hints = None if given is None else self.class_map.to_channels(given, sample.name)
        for what, array in (("labels", target), ("weights", weights), ("objects", objects), ("hints", hints)):
            if array is not None and array.shape != image.shape[:2]:
                raise TrainingError(
                    f"{sample.name}: the {what} are {_size(array)} pixels but the image is {_size(image)}"
                )
        confidence = None if weights is None else np.asarray(weights, np.float32)
        numbers = None if objects is None else _numbered(objects, sample.name)
        marked = target if hints is None else np.where(target == UNLABELLED, hints, target)
        return Decoded(image, target, confidence, tuple(_landmarks(marked)), numbers, hints)

    def survey(self, pixels_in_all: int = 1 << 20) -> Work[Survey]:
        """Read every sample once: channels, sizes, class counts, intensities, fingerprint."""
        if not self.samples:
            raise TrainingError("there is no labelled sample to learn from")
        shapes, counts, pixels = [], [], []
        digest = hashlib.blake2b(digest_size=16)
        most = max(256, pixels_in_all // len(self.samples))
        for index, sample in enumerate(self.samples):
            yield Progress(index / len(self.samples), f"reading sample {index + 1} of {len(self.samples)}")
            decoded = self[index]
            if self.channels is None:
                self.channels = 3 if decoded.image.shape[2] == 4 else decoded.image.shape[2]
            shapes.append((decoded.target.shape[0], decoded.target.shape[1]))
            counts.append(np.bincount(decoded.target.ravel(), minlength=256)[: len(self.class_map.ids)])
            pixels.append(with_channels(sampled_pixels(decoded.image, most)[:, None], self.channels, sample.name)[:, 0])
            for array in (decoded.image, decoded.target):
                digest.update(f"{array.shape}{array.dtype}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return Survey(self.channels or 1, tuple(shapes), np.array(counts), np.concatenate(pixels), digest.hexdigest())


def _optional(sample: TrainingSample, what: str) -> Array | None:
    """What a sample may say of its pixels beside their labels."""
    read = getattr(sample, what, None)
    return np.asarray(array) if callable(read) and (array := read()) is not None else None


def _numbered(objects: Array, name: str) -> NDArray[np.uint16]:
    """The objects of an image numbered from 256 up, as segment ids are; 0 stays."""
    found, numbers = np.unique(objects, return_inverse=True)
    table = np.zeros(len(found), np.uint16)
    told = found != 0
    if told.sum() > 65536 - FIRST_INSTANCE:
        raise TrainingError(f"{name}: {told.sum()} objects are more than one image can hold")
    table[told] = FIRST_INSTANCE + np.arange(told.sum())
    return np.asarray(table[numbers].reshape(objects.shape))


def _landmarks(target: NDArray[np.uint8], most: int = 256) -> Iterator[NDArray[np.int32]]:
    """Up to *most* pixels of each labelled channel, evenly through the image."""
    for channel in np.flatnonzero(np.bincount(target.ravel(), minlength=256)[:UNLABELLED]):
        where = np.flatnonzero(target.ravel() == channel)
        chosen = where[np.linspace(0, len(where) - 1, min(most, len(where))).astype(np.intp)]
        yield np.stack(np.divmod(chosen, target.shape[1]), 1).astype(np.int32)


def _size(array: Array) -> str:
    return f"{array.shape[1]}x{array.shape[0]}"


def split(counts: NDArray[np.int64], fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Sample numbers to learn from and to validate on, from labelled pixel *counts* ``(M, K)``.

    Samples without a labelled pixel are in neither. *fraction* of the others is kept aside, at least one where there
    are three or more, never the only one that shows a class; with fewer, or a fraction of 0, none.
    """
    labelled = [int(i) for i in np.flatnonzero(counts.sum(1))]
    if fraction <= 0 or len(labelled) < 3:
        return labelled, []
    wanted = max(1, round(fraction * len(labelled)))
    shows = counts > 0
    left = shows[labelled].sum(0)
    validation: list[int] = []
    for index in np.random.default_rng([seed, 0]).permutation(labelled):
        if len(validation) < wanted and not (shows[index] & (left == 1)).any():
            validation.append(int(index))
            left = left - shows[index]
    return [i for i in labelled if i not in validation], sorted(validation)


def sample_order(count: int, seed: int, start: int = 0) -> Iterator[int]:
    """Without end: random permutations of ``0..count-1``, from item *start* of the whole sequence on."""
    cycle, position = divmod(start, count)
    while True:
        order = np.random.default_rng([seed, 1, cycle]).permutation(count)
        yield from (int(i) for i in order[position:])
        cycle, position = cycle + 1, 0


def labelled_channels(counts: NDArray[np.int64], indices: Iterable[int]) -> list[int]:
    """The channels of which the samples *indices* have a labelled pixel."""
    return [int(k) for k in np.flatnonzero(counts[list(indices)].sum(0))]
