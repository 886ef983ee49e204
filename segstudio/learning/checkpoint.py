"""Networks on disk: checkpoints of segstudio, and weights that others published.

A checkpoint is one safetensors file. Its metadata holds, as JSON, what builds the network again, its classes and how it
was trained; nothing in it can run. Weights of others come as safetensors or as pickles that torch reads in its
weights-only mode, which refuses everything but tensors and plain values.
"""

from __future__ import annotations

import argparse
import json
import pickle
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import CheckpointError, OptionError, storage_errors
from segstudio.io.atomic import replacing
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.layers import adapted_input_weight

VERSION = 1
"""Of the metadata. A file of a higher one is refused, with the advice to update."""

_WRAPPERS = ("state_dict", "model_state", "model_state_dict", "model", "network", "net", "weights")
"""Keys under which published checkpoints keep the tensors beside optimiser, epoch and scores."""

_PREFIXES = ("module.", "model.", "base.", "_orig_mod.")
"""What data-parallel, loss and multi-scale wrappers put before every key."""

_HARMLESS = [
    (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),  # type: ignore[attr-defined]  # scores of old files
    np._core.multiarray.scalar,  # type: ignore[attr-defined]
    np.dtype,
    type(np.dtype(np.float64)),
    type(np.dtype(np.float32)),
    type(np.dtype(np.int64)),
    argparse.Namespace,
]
"""Plain values besides tensors that published checkpoints hold; building them runs no code of the file."""


@dataclass(frozen=True)
class Checkpoint:
    """A network read back from disk, in eval mode on the CPU."""

    network: SegmentationNetwork
    classes: LabelSet
    """In the order of the network's channels."""
    config: dict[str, Any]
    """How it was trained, as the trainer wrote it."""


@dataclass(frozen=True)
class WeightsReport:
    """What :func:`load_weights` did, by the network's own names (*unexpected*: by the file's)."""

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    """Tensors of the network that the file does not have; they stay as they were."""
    unexpected: tuple[str, ...]
    """Tensors of the file that the network does not have."""
    reinitialised: tuple[str, ...] = ()
    """Tensors of the head that stay as they were because the file's are for other classes."""
    adapted: tuple[str, ...] = ()
    """First convolutions made to fit another number of channels; they count as matched too."""

    def __str__(self) -> str:
        others = ("adapted", "reinitialised", "missing", "unexpected")
        counts = [f"{len(getattr(self, name))} {name}" for name in others if getattr(self, name)]
        return ", ".join([f"{len(self.matched)} tensors loaded", *counts])


def save_checkpoint(
    path: str | Path, network: SegmentationNetwork, *, classes: LabelSet, config: Mapping[str, Any]
) -> None:
    """Write *network* to *path*, whole or not at all.

    *network* was built by :func:`~segstudio.learning.networks.create_network`; *classes* are in the order of its
    channels; *config* is what JSON can hold. Raises :class:`~segstudio.core.errors.StorageError` where the disk
    refuses.
    """
    tensors = {key: tensor.detach().cpu().contiguous() for key, tensor in network.state_dict().items()}
    metadata = {
        "format": "segstudio",
        "version": str(VERSION),
        "network": json.dumps(network.config),
        "classes": json.dumps(classes.to_json()),
        "config": json.dumps(dict(config)),
    }
    with replacing(path) as file:
        file.write(safetensors.torch.save(tensors, metadata))


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read what :func:`save_checkpoint` wrote.

    Raises :class:`~segstudio.core.errors.StorageError` for a file that cannot be read and
    :class:`~segstudio.core.errors.CheckpointError` for one that is damaged, of a newer version, or no checkpoint of
    segstudio (weights of others go through :func:`load_weights`).
    """
    tensors, metadata = _read(path)
    if metadata.get("format") != "segstudio":
        raise CheckpointError(path, "these are bare weights, not a checkpoint of segstudio; load them into a network")
    try:
        if int(metadata["version"]) > VERSION:
            raise CheckpointError(path, "a newer version of segstudio wrote it; update segstudio to read it")
        arguments = dict(json.loads(metadata["network"]))
        classes = LabelSet(
            LabelClass(int(c["id"]), str(c["name"]), parse_color(c["color"]))
            for c in json.loads(metadata["classes"])["classes"]
        )
        config = dict(json.loads(metadata["config"]))
        # its initial values are overwritten: drawing them must not change what the caller draws next
        with torch.random.fork_rng(devices=[]):
            network = create_network(arguments.pop("name"), **arguments)
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(path, "its description is damaged") from error
    except OptionError as error:
        raise CheckpointError(path, f"its network cannot be built here: {error}") from error
    wanted = {key: tensor.shape for key, tensor in network.state_dict().items()}
    for key in sorted(wanted.keys() | tensors.keys()):
        if key not in wanted or key not in tensors or tensors[key].shape != wanted[key]:
            raise CheckpointError(path, f"it is damaged: its tensor {key} is not as its {network.name} needs it")
    network.load_state_dict(tensors, strict=True)
    return Checkpoint(network.eval(), classes, config)


def load_weights(
    network: SegmentationNetwork, path: str | Path, *, reset_head: bool = False, adapt_input: bool = False
) -> WeightsReport:
    """Fill *network* with the weights at *path*: a checkpoint of segstudio, or one in its paper's published format.

    Keys are matched as they are, then without the wrappers' prefixes, then as the network's ``official_key`` translates
    them; a fully connected layer fills the convolution of as many weights. *reset_head* leaves layers whose tensors are
    for another number of classes as they are; *adapt_input* sums or repeats the first convolution's kernels for another
    number of channels. Counters of batch normalisation are left out. Nothing is changed where an error is raised.

    Raises :class:`~segstudio.core.errors.CheckpointError` for a file that is no weights, holds more than plain values,
    or belongs to another network, other classes or channels (the message says which layer and what to do).
    """
    tensors, _ = _read(path)
    own = {key: value for key, value in network.state_dict().items() if not key.endswith("num_batches_tracked")}
    found: dict[str, Tensor] = {}
    unexpected: list[str] = []
    for key, tensor in tensors.items():
        if key.endswith("num_batches_tracked") or key.startswith("criterion."):
            continue
        name = _own_name(network, key, own)
        if name == "":
            unexpected.append(key)
        elif name is not None:
            found[name] = tensor
    if not found:
        raise CheckpointError(path, f"none of its tensors belongs to {network.name or type(network).__name__}")
    fits = {
        name for name, tensor in found.items() if tensor.shape == own[name].shape or _is_unrolled(tensor, own[name])
    }
    head, first = frozenset[str](), frozenset[str]()
    if len(fits) < len(found):
        head, first = _depending_on(network, "num_classes"), _depending_on(network, "in_channels")
    fitted: dict[str, Tensor] = {}
    reset: list[str] = []
    adapted: list[str] = []
    for name, tensor in found.items():
        shape, wanted = tuple(tensor.shape), tuple(own[name].shape)
        if name in fits:
            fitted[name] = tensor.reshape(wanted)
        elif name in first and shape[:1] + shape[2:] == wanted[:1] + wanted[2:]:
            if not adapt_input:
                raise CheckpointError(
                    path,
                    f"its first convolution {name} is for {shape[1]} channels, the network has {wanted[1]}; "
                    "adapt the first convolution (adapt_input) to load it",
                )
            fitted[name] = adapted_input_weight(tensor, wanted[1])
            adapted.append(name)
        elif name in head and len(shape) == len(wanted):
            if not reset_head:
                raise CheckpointError(
                    path,
                    f"its layer {name} is for other classes: it is {shape}, and {network.num_classes} classes need "
                    f"{wanted}; re-initialise the head (reset_head) to load it",
                )
            reset.append(name)
        else:
            raise CheckpointError(
                path,
                f"its layer {name} is {shape}, the network's is {wanted}; "
                "it belongs to another network, or to one built with other options",
            )
    scoring = head or _depending_on(network, "num_classes")
    if not any(own[name].ndim > 1 and name not in scoring for name in fitted):
        # layers that score are called alike in many networks
        raise CheckpointError(path, f"none of its tensors belongs to {network.name or type(network).__name__}")
    with torch.no_grad():
        for name, tensor in fitted.items():
            own[name].copy_(tensor)
    missing = tuple(key for key in own if key not in fitted and key not in reset)
    return WeightsReport(tuple(fitted), missing, tuple(unexpected), tuple(reset), tuple(adapted))


def _own_name(network: SegmentationNetwork, key: str, own: Mapping[str, Tensor]) -> str | None:
    """The network's name for a file's *key*: ``None`` where it is left out on purpose, ``""`` where it is unknown."""
    candidates = list(_unprefixed(key))
    for candidate in candidates:
        if candidate in own:
            return candidate
    for candidate in candidates:
        translated = network.official_key(candidate)
        if translated is None:
            return None
        if translated in own:
            return translated
    return ""


def _unprefixed(key: str) -> Iterator[str]:
    yield key
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            yield from _unprefixed(key.removeprefix(prefix))


def _is_unrolled(tensor: Tensor, wanted: Tensor) -> bool:
    """Whether *tensor* is a fully connected layer's weight and *wanted* the convolution that it turns into."""
    return tensor.ndim == 2 and wanted.ndim == 4 and len(tensor) == len(wanted) and tensor.shape[1] == wanted[0].numel()


def _depending_on(network: SegmentationNetwork, argument: str) -> frozenset[str]:
    """The tensors whose shape follows *argument* (``"num_classes"``, ``"in_channels"``) of ``create_network``."""
    if not network.config:
        return frozenset()
    arguments = dict(network.config)
    arguments[argument] += 1
    with torch.device("meta"):
        other = create_network(arguments.pop("name"), **arguments).state_dict()
    return frozenset(key for key, tensor in network.state_dict().items() if other[key].shape != tensor.shape)


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file and the metadata of a safetensors one, told apart by what the file begins with."""
    with storage_errors(path), open(path, "rb") as file:
        start = file.read(16)
    if start[8:9] == b"{":
        return _read_safetensors(path)
    if start.startswith((b"PK\x03\x04", b"\x80")):
        return _read_pickle(path), {}
    raise CheckpointError(path, "this is not a checkpoint" if start else "the file is empty")


def _read_safetensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with storage_errors(path), safetensors.safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118  # no mapping
    except safetensors.SafetensorError as error:
        raise CheckpointError(path, "it is truncated or damaged") from error


def _read_pickle(path: str | Path) -> dict[str, Tensor]:
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported global" in str(error) or "GLOBAL" in str(error):
            raise CheckpointError(
                path, "it holds program code besides weights, which is never run; save the bare state_dict instead"
            ) from error
        raise CheckpointError(path, "it is truncated or damaged") from error
    except (
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
        OSError,
        struct.error,
    ) as error:
        # the reader lets a damaged file's own failures through, a seek before its beginning among them
        raise CheckpointError(path, "it is truncated or damaged") from error
    tensors = _tensors_in(content)
    if not tensors:
        raise CheckpointError(path, "there are no weights in it")
    return tensors


def _tensors_in(content: object) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        return {}
    for wrapper in _WRAPPERS:
        if isinstance(content.get(wrapper), Mapping):
            return _tensors_in(content[wrapper])
    return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
