"""Prediction for another process: a model and an image in, labels and maps out; models stay loaded between calls."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import morphology
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ChannelsError, ImageError, OptionError, TrainingError, storage_errors
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io import images
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.inference import Analysis, Predictor, analyse, labels_of, predictor, settle_precision, stream
from segstudio.learning.predict_config import MAPS, OnDisk, Using
from segstudio.learning.predictor import describe_model
from segstudio.learning.tiling import TILE, Read
from segstudio.learning.uncertainty import (
    FEATURES,
    Calibration,
    confidence,
    entropy,
    margin,
    save_calibration,
    scaled_to_itself,
)

Array = NDArray[Any]

LARGEST_AT_ONCE = 4096 * 4096
"""Images of more pixels are predicted in pieces: all their probabilities together would not fit into memory."""


@runtime_checkable
class ImageFile(Protocol):
    """An image by its file: a sample of a project, or a :class:`FrameFile`."""

    @property
    def path(self) -> Path: ...

    @property
    def frame(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a network says of one image."""

    labels: NDArray[np.uint16]
    """``(H, W)`` class ids; 255 where the network's class is none of those asked for."""
    maps: Mapping[str, NDArray[np.float32]]
    """By the names of ``MAPS``, each ``(H, W)``."""
    uncertainty: float
    """Mean entropy in [0, 1]: 0 is sure everywhere."""

    @property
    def confidence(self) -> NDArray[np.float32]:
        """``(H, W)``: the probability of the label."""
        return self.maps["confidence"]


def predict_image(model: Path, image: Array | ImageFile, using: Using | None = None) -> Work[Predicted]:
    """Labels of *image*, an array or a file, by *model*, which stays loaded for the next call.

    Raises what :func:`predictor` and :func:`segstudio.learning.inference.predict` raise, and :class:`OptionError`
    for an image of more than ``LARGEST_AT_ONCE`` pixels with a CRF, cleaning or maps, which need it whole.
    """
    try:
        return (yield from _predict_opened(model, *open_image(image), using or Using()))
    except ChannelsError as error:
        if not isinstance(image, ImageFile):
            raise
        raise ImageError(image.path, str(error)) from error


def predict_many(model: Path, files: Sequence[ImageFile], using: Using) -> Work[int]:
    """:func:`predict_image` for many; each is read while the one before it is computed.

    After each image a :class:`Progress` tells its place in *files* and what was found, ``(place, Predicted)``, or why
    it cannot be read or has other channels than the model, ``(place, ImageError)``. Returns how many were predicted.
    Raises the first :class:`ImageError` of the latter kind where there was nothing else.
    """
    count, unfit = 0, None
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        ahead = reader.submit(open_image, files[0]) if files else None
        for place in range(len(files)):
            assert ahead is not None
            opened = ahead
            ahead = reader.submit(open_image, files[place + 1]) if place + 1 < len(files) else None
            start, end, prefix = place / len(files), (place + 1) / len(files), f"{place + 1} of {len(files)}: "
            try:
                work = _predict_opened(model, *opened.result(), using)
                found = yield from scaled(work, start, end, prefix)
            except (ImageError, ChannelsError) as error:
                told = error if isinstance(error, ImageError) else ImageError(files[place].path, str(error))
                unfit = unfit or (told if told is not error else None)
                yield Progress(end, prefix + str(told), (place, told))
                continue
            count += 1
            yield Progress(end, prefix + files[place].path.name, (place, _portable(found, using)))
    if unfit is not None and not count:
        raise unfit
    return count


def _predict_opened(model: Path, shape: tuple[int, int], read: Read, using: Using) -> Work[Predicted]:
    if shape[0] * shape[1] > LARGEST_AT_ONCE:
        return (yield from _predict_in_pieces(model, shape, read, using))
    pixels = read(Region.of(shape))
    ready = loaded(model, using, pixels)
    strange = any(MAPS[name].strange for name in using.maps)
    found = yield from analyse(ready, pixels, strange=strange, **using.network)
    labels = _mapped(ready.class_ids(labels_of(found.probabilities)), using.mapping)
    if using.clean is not None:
        labels = morphology.clean(labels, **using.clean)  # type: ignore[arg-type]  # whole numbers are allowed radii
    return Predicted(labels, maps_of(found, using.maps, ready.calibration), _uncertainty(found))


def _predict_in_pieces(model: Path, shape: tuple[int, int], read: Read, using: Using) -> Work[Predicted]:
    labels, sure = (_result(shape, kind, using.scratch) for kind in (np.uint16, np.float16))
    doubts, pixels = 0.0, 0

    def take(region: Region, found: NDArray[np.uint16], maps: Mapping[str, Array], doubt: float) -> None:
        nonlocal doubts, pixels
        labels[region.slices], sure[region.slices] = found, maps["confidence"]
        doubts, pixels = doubts + doubt * found.size, pixels + found.size

    yield from predict_pieces(model, shape, read, replace(using, maps=("confidence",)), take)
    return Predicted(labels, {"confidence": sure}, doubts / max(1, pixels))


def _result(shape: tuple[int, int], dtype: Any, scratch: Path | None) -> Array:
    """An array ``(H, W)`` for a large result, in a file where there is a place for it."""
    if scratch is None:
        return np.empty(shape, dtype)
    with storage_errors(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        return np.lib.format.open_memmap(scratch / f"{secrets.token_hex(8)}.npy", "w+", dtype, shape)


def predict_for_window(model: Path, image: ImageFile, using: Using) -> Work[Predicted]:
    """:func:`predict_image` whose large arrays are sent as :class:`OnDisk`."""
    return _portable((yield from predict_image(model, image, using)), using)


def _portable(found: Predicted, using: Using) -> Predicted:
    """*found* for another process, where there is a place for large arrays."""
    if using.scratch is None:
        return found
    labels: Any = _sent(found.labels)
    return Predicted(labels, {name: _sent(values) for name, values in found.maps.items()}, found.uncertainty)


def _sent(array: Array) -> Any:
    if not isinstance(array, np.memmap) or array.filename is None:
        return array
    array.flush()
    return OnDisk(Path(array.filename))


Take = Callable[[Region, NDArray[np.uint16], Mapping[str, Array], float], None]
"""Called with a finished region, its labels, its maps and its mean entropy."""


def predict_pieces(model: Path, shape: tuple[int, int], read: Read, using: Using, take: Take) -> Work[None]:
    """Predict an image of any size in bounded memory; each finished piece goes to *take*.

    Raises :class:`OptionError` for a CRF or cleaning, which need the image as a whole.
    """
    if using.network.get("crf") or using.clean is not None:
        raise OptionError(
            f"an image of {shape[1]}x{shape[0]} pixels is predicted in pieces, "
            "where neither a CRF nor cleaning can see it as a whole; predict it without them"
        )
    side = TILE
    middle = Region(shape[0] // 2, shape[1] // 2, shape[0] // 2 + side, shape[1] // 2 + side) & Region.of(shape)
    ready = loaded(model, using, read(middle))
    options = {k: v for k, v in using.network.items() if k != "crf" and v is not None}
    strange = any(MAPS[name].strange for name in using.maps)
    fraction = 0.0
    for piece in stream(ready, read, shape, strange=strange, **options):
        if piece is not None:
            fraction = piece.fraction
            maps = maps_of(piece.analysis, using.maps, ready.calibration)
            take(piece.region, _mapped(piece.labels, using.mapping), maps, _uncertainty(piece.analysis))
        yield Progress(fraction, "predicting")


def open_image(image: Array | ImageFile) -> tuple[tuple[int, int], Read]:
    """The size of *image* and what reads its regions; a file is read as a whole where its kind knows no other way."""
    if isinstance(image, ImageFile):
        info = images.probe(image.path, image.frame)
        if info.lazy and info.height * info.width > LARGEST_AT_ONCE:
            path, frame = image.path, image.frame
            return info.shape, lambda region: images.read_region(path, frame, region)
        image = images.read(image.path, image.frame).array
    array = np.asarray(image)
    if array.ndim not in (2, 3):
        raise TrainingError(f"an image of shape {array.shape} cannot be used")
    return (array.shape[0], array.shape[1]), lambda region: array[region.slices]


def _mapped(labels: NDArray[np.uint16], mapping: ClassMapping | None) -> NDArray[np.uint16]:
    """*labels* of a model as the classes that are wanted."""
    return labels if mapping is None else mapping.apply(labels)


def maps_of(found: Analysis, names: Sequence[str], calibration: Calibration | None) -> dict[str, NDArray[np.float32]]:
    """The maps called *names*; strangeness on the scale of the training, or of the image where that is not known."""
    made: dict[str, NDArray[np.float32]] = {}
    for name in names:
        if name in ("confidence", "entropy", "margin"):
            make = {"confidence": confidence, "entropy": entropy, "margin": margin}[name]
            made[name] = make(found.probabilities)
        else:
            known = FEATURES in found.strangeness
            kind = (FEATURES if known else "energy") if name == "ood" else name
            values = found.strangeness[kind]
            if calibration is None:
                made[name] = scaled_to_itself(values)
            else:
                # features are of no class: where a label is wrong, its scale would be too
                channels = None if kind == FEATURES else labels_of(found.probabilities)
                made[name] = calibration.scaled(kind, values, channels)
    return made


def _uncertainty(found: Analysis) -> float:
    return float(entropy(found.probabilities).mean())


def model_facts(model: Path, using: Using | None = None) -> Work[dict[str, Any]]:
    """What people are told of a model before it is used: channels, classes, size, whether it is calibrated."""
    yield Progress(None, "opening the model")
    ready = loaded(model, using or Using())
    return describe_model(ready) | {"calibrated": ready.calibration is not None}


def loaded_classes(model: Path, using: Using | None = None) -> LabelSet:
    """The classes that *model* can give."""
    return loaded(model, using or Using()).labels


def calibrate(model: Path, samples: Sequence[Array | ImageFile], using: Using | None = None) -> Work[Calibration]:
    """Measure what is ordinary to *model* on images like those it was trained on, and keep it beside the model."""
    using = using or Using()
    found = []
    for i, image in enumerate(samples):
        yield Progress(i / len(samples), f"measuring what is ordinary: image {i + 1} of {len(samples)}")
        shape, read = open_image(image)
        part = Region.of(shape) & Region(0, 0, 2048, 2048)
        analysis = yield from analyse(loaded(model, using), read(part))
        found.append((analysis.strangeness, labels_of(analysis.probabilities)))
    if not found:
        raise TrainingError("there is no image to measure what is ordinary on")
    ready = loaded(model, using)
    before = None if ready.calibration is None else ready.calibration.familiarity
    calibration = Calibration.of(found, max(2, ready.num_classes), familiarity=before)
    save_calibration(model, calibration)
    _loaded.cache_clear()
    return calibration


def loaded(model: Path, using: Using, image: Array | None = None) -> Predictor:
    """*model* ready to predict; kept until two others are asked for, or the file changes.

    With *image* and an automatic precision, the fastest precision that keeps the labels of that image.
    """
    changed = model.stat().st_mtime_ns if model.is_file() else 0
    kept = _loaded(model, changed, using.backend, using.precision, using.device, using.cache, repr(using.description))
    if not kept:
        kept.append(_open(model, using))
    if image is not None and using.precision == "auto" and len(kept) == 1:
        kept.append(settle_precision(kept[0], image))
    return kept[-1]


def _open(model: Path, using: Using) -> Predictor:
    precision = "off" if using.precision not in ("auto", "bf16") else using.precision
    return predictor(
        model,
        device=using.device,
        precision=precision,  # type: ignore[arg-type]  # one of its names
        backend=using.backend,
        description=using.description,
        cache=using.cache,
    )


@lru_cache(maxsize=2)
def _loaded(*_key: Any) -> list[Predictor]:
    """An empty place for one model: the predictor as it was opened, and as its precision was settled."""
    return []
