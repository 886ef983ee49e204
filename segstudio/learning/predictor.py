"""A network made ready to predict: read from whatever file it comes in, on its device, in a safe precision."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, OptionError
from segstudio.core.labels import UNLABELLED
from segstudio.learning.backends import BACKENDS, model_suffixes
from segstudio.learning.checkpoint import Checkpoint, load_checkpoint
from segstudio.learning.data import Array, Normalisation
from segstudio.learning.devices import Precision, cpu_has_bf16, pick_device
from segstudio.learning.export import export_network
from segstudio.learning.model_description import ModelDescription
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.pretrained import find_pretrained
from segstudio.learning.programs import load_program
from segstudio.learning.published import load_published
from segstudio.learning.uncertainty import FEATURES, STRANGENESS, Calibration, load_calibration

CONVERTED_SIDE = 512
"""The side of the images that a network takes once it is converted for another backend."""


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network ready to predict: on its device, in eval mode, with the intensities it was trained on."""

    network: SegmentationNetwork
    normalisation: Normalisation
    classes: LabelSet | None
    """In the order of the channels; ``None`` for a network that came without."""
    device: torch.device
    precision: Precision
    calibration: Calibration | None = field(default=None)
    """What is ordinary to this network; ``None`` where nobody measured it."""

    @property
    def num_classes(self) -> int:
        return self.network.num_classes

    @property
    def strange_maps(self) -> tuple[str, ...]:
        """The names of the maps of strangeness that it can give."""
        known = self.calibration is not None and self.calibration.familiarity is not None
        return (*STRANGENESS, FEATURES) if known else STRANGENESS

    @property
    def labels(self) -> LabelSet:
        """The classes that it can give; numbered ones where it came without."""
        if self.classes is not None:
            return self.classes
        return LabelSet.named([f"class {i}" for i in range(max(2, self.num_classes))])

    def class_ids(self, channels: Array) -> NDArray[np.uint16]:
        """Channel numbers as class ids; with a single logit and a single class, what is not the class is unlabelled."""
        if self.classes is None:
            return channels.astype(np.uint16)
        ids = list(self.classes)
        table = [UNLABELLED, *ids] if len(ids) == 1 and self.num_classes == 1 else ids
        return np.asarray(np.array(table, np.uint16)[channels])


Source = SegmentationNetwork | Checkpoint | Predictor | str | Path


def predictor(
    source: Source,
    *,
    device: str = "auto",
    precision: Precision | Literal["auto"] = "auto",
    normalisation: Normalisation | None = None,
    backend: str = "auto",
    description: ModelDescription | None = None,
    cache: Path | None = None,
) -> Predictor:
    """Make *source* ready once for many images: a checkpoint, its path, a model file of others, or a network.

    Model files end in ``.onnx``, ``.xml`` (OpenVINO) or ``.pt2`` (torch.export); *description* tells what they do not
    say of themselves. A file of the table of published weights is known by its name. *normalisation* overrides the
    checkpoint's; a bare network has none, and then intensities are measured on each image. A bare network stays on its
    device unless one is named.

    *backend* is a name of ``BACKENDS``: a checkpoint is converted for it, kept in the folder *cache* where one is
    given. *precision* ``"auto"`` is mixed on GPUs and float32 on processors, whose bfloat16 changes some labels.

    Raises :class:`CheckpointError` for a file that is none of these and :class:`OptionError` for a device or a backend
    that is not there.
    """
    if isinstance(source, Predictor):
        return source
    path = Path(source) if isinstance(source, str | Path) else None
    if path is not None and path.suffix.lower() in model_suffixes():
        return _of_program(path, description, backend, device)
    if path is not None and (entry := find_pretrained(path)) is not None:
        network, scale = load_published(entry, path)
        return _ready(network, scale, entry.labels, device, precision, None)
    if path is not None:
        source = load_checkpoint(path)
    if isinstance(source, Checkpoint):
        stored = source.config.get("normalisation")
        found = normalisation or (Normalisation.from_json(stored) if stored else Normalisation())
        if backend not in ("auto", "eager"):
            return _converted(source, found, backend, device, path, cache)
        calibration = load_calibration(path, source.config) if path is not None else None
        return _ready(source.network, found, source.classes, device, precision, calibration)
    assert isinstance(source, SegmentationNetwork)
    if device == "auto":
        device = str(next(iter(source.parameters()), torch.empty(0)).device)
    return _ready(source, normalisation or Normalisation(), None, device, precision, None)


def _ready(
    network: SegmentationNetwork,
    scale: Normalisation,
    classes: LabelSet | None,
    device: str,
    precision: Precision | Literal["auto"],
    calibration: Calibration | None,
) -> Predictor:
    chosen = pick_device(device)
    if precision == "auto":
        precision = chosen.precision if chosen.device.type == "cuda" else "off"
    if precision != "off" and chosen.device.type == "cpu" and not cpu_has_bf16():
        raise OptionError(f"this processor does not compute in {precision}, which would be slower than float32 on it")
    network = network.to(chosen.device).eval()
    if any(p.ndim == 4 for p in network.parameters()):
        network = network.to(memory_format=torch.channels_last)
    return Predictor(network, scale, classes, chosen.device, precision, calibration)


def _of_program(path: Path, description: ModelDescription | None, backend: str, device: str) -> Predictor:
    kind = pick_device(device).device.type
    network, known = load_program(path, description, backend=backend, device=kind)
    scale = known.scale(network.in_channels, network.takes_bytes)
    return Predictor(network.eval(), scale, known.classes, torch.device("cpu"), "off", load_calibration(path))


def _converted(
    checkpoint: Checkpoint, scale: Normalisation, backend: str, device: str, path: Path | None, cache: Path | None
) -> Predictor:
    """*checkpoint* as an ONNX file that *backend* runs; a conversion that was kept is used again."""
    if ".onnx" not in BACKENDS[backend].suffixes:
        raise OptionError(f"a checkpoint is not run by {backend}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if cache is None or path is None else cache / "converted"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{_fingerprint(path)}-{CONVERTED_SIDE}.onnx"
        if not file.is_file():
            network, side = checkpoint.network, CONVERTED_SIDE
            export_network(network, file, size=(side, side), classes=checkpoint.classes, normalisation=scale)
        ready = _of_program(file, None, backend, device)
    calibration = load_calibration(path, checkpoint.config) if path is not None else None
    if calibration is not None:
        calibration = replace(calibration, familiarity=None)  # a converted network shows no features
    return Predictor(ready.network, ready.normalisation, ready.classes, ready.device, "off", calibration)


def _fingerprint(path: Path | None) -> str:
    if path is None:
        return "network"
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:24]
    except OSError as error:
        raise CheckpointError(path, str(error)) from error


def describe_model(source: Predictor) -> dict[str, Any]:
    """What people are told of a model: its channels, classes, sizes."""
    network = source.network
    return {
        "name": network.name,
        "channels": network.in_channels,
        "classes": source.labels.to_json()["classes"],
        "named": source.classes is not None,
        "size": getattr(network, "size", None),
        "output": getattr(network, "kind", "logits"),
    }
