"""Networks as files that run without segstudio: ONNX, and torch's own exported programs."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, MissingDependencyError, OptionError
from segstudio.io.atomic import write_bytes
from segstudio.learning.data import Normalisation
from segstudio.learning.networks.base import SegmentationNetwork

TOLERANCE = 1e-4
"""By how much the file's logits may differ from the network's, absolutely and as a share of the largest."""


@dataclass(frozen=True)
class ExportReport:
    """A file that was written and agrees with its network."""

    path: Path
    size: tuple[int, int]
    """Height and width of the images that it takes."""
    difference: float
    """The largest difference of its logits from the network's on the images tried."""


def export_network(
    network: SegmentationNetwork,
    path: str | Path,
    *,
    size: tuple[int, int] = (512, 512),
    classes: LabelSet | None = None,
    normalisation: Normalisation | None = None,
) -> ExportReport:
    """Write *network* as a program from ``image`` ``(1, C, *size)`` float32 to ``logits`` ``(1, K, *size)``.

    The suffix of *path* chooses: ``.onnx`` (opset of the installed exporter) or ``.pt2`` (:func:`torch.export.load`
    reads it). Metadata ``network``, ``classes``, ``normalisation`` (how intensities become ``image``: clipped to
    ``low..high``, minus ``mean``, by ``std``) and ``segstudio_output`` go along as JSON. The program is run on random
    images and compared with the network before the file takes its place; a network that cannot be written leaves none.

    Raises :class:`~segstudio.core.errors.OptionError` for another suffix and for a network of whose operations the
    format has no notion, :class:`~segstudio.core.errors.MissingDependencyError` where ONNX is not installed,
    :class:`~segstudio.core.errors.CheckpointError` where the program differs by more than ``TOLERANCE``.
    """
    suffix = Path(path).suffix.lower()
    writers = {".onnx": _onnx, ".pt2": _program}
    if suffix not in writers:
        raise OptionError(f"{path}: a network is exported to a file that ends in .onnx or .pt2")
    was_training = network.training
    module = _Logits(network).eval()
    device = next(network.parameters()).device
    images = torch.rand(2, 1, network.in_channels, *size, generator=torch.Generator().manual_seed(0))
    try:
        described = _description(network, classes, normalisation)
        content, run = writers[suffix](network, module, images[0].to(device), described)
        with torch.no_grad():
            wanted = [module(image.to(device)).cpu() for image in images]
        difference = max(float((run(x) - y).abs().max()) for x, y in zip(images, wanted, strict=True))
        largest = max(float(y.abs().max()) for y in wanted)
    finally:
        network.train(was_training)
    if not difference <= TOLERANCE * max(1.0, largest):
        raise CheckpointError(
            path, f"the exported {network.name} differs from the network by {difference:.2g}, so it was not written"
        )
    write_bytes(path, content)
    return ExportReport(Path(path), size, difference)


_FOLDED = 1 << 21
"""Values of a tensor up to which it is computed at export: more than the embeddings of place of large transformers."""
Run = Callable[[Tensor], Tensor]


class _Logits(nn.Module):
    """The network as a function from a tensor to a tensor."""

    def __init__(self, network: SegmentationNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image).logits


def _program(
    network: SegmentationNetwork, module: nn.Module, image: Tensor, described: dict[str, str]
) -> tuple[bytes, Run]:
    program = _traced(network, module, image, "an exported program")
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files=described)
    content = buffer.getvalue()
    loaded = torch.export.load(io.BytesIO(content)).module()
    return content, lambda x: loaded(x.to(image.device)).detach().cpu()


def _onnx(
    network: SegmentationNetwork, module: nn.Module, image: Tensor, described: dict[str, str]
) -> tuple[bytes, Run]:
    onnx, runtime, _ = (_optional(name) for name in ("onnx", "onnxruntime", "onnxscript"))
    optimizer = importlib.import_module("onnxscript.optimizer")
    program = _traced(network, module, image, "ONNX")
    try:
        with _quiet():
            exported = torch.onnx.export(
                program, dynamo=True, verbose=False, input_names=["image"], output_names=["logits"]
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise OptionError(f"{network.name} cannot be written as ONNX, which has no form for its operations") from error
    if exported is None:
        raise OptionError(f"{network.name} cannot be written as ONNX")
    # what follows from weights alone is worked out here: OpenVINO resamples embeddings of place otherwise than torch
    optimizer.optimize(exported.model, input_size_limit=_FOLDED, output_size_limit=_FOLDED)
    model = exported.model_proto
    for key, value in described.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return content, lambda x: torch.from_numpy(session.run(["logits"], {"image": x.numpy()})[0])


def _traced(
    network: SegmentationNetwork, module: nn.Module, image: Tensor, target: str
) -> torch.export.ExportedProgram:
    try:
        with _quiet(), torch.no_grad():
            program = torch.export.export(module, (image,))
    except Exception as error:
        if not _is_export_error(error):
            raise
        raise OptionError(
            f"{network.name} cannot be written as {target}: what it does depends on what it finds in an image"
        ) from error
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # where things stand on this machine is nobody's business
    return program


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporters' warnings and pages of graphs: the file is compared, or the error says it in a sentence."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _is_export_error(error: Exception) -> bool:
    """Whether torch's tracing refused the network; its errors have no common base."""
    return type(error).__module__.startswith(("torch._dynamo", "torch._export", "torch.fx", "torch._subclasses"))


def _description(
    network: SegmentationNetwork, classes: LabelSet | None, normalisation: Normalisation | None
) -> dict[str, str]:
    description = {"network": json.dumps(network.config), "segstudio_output": "logits"}
    if classes is not None:
        description["classes"] = json.dumps(classes.to_json())
    if normalisation is not None:
        description["normalisation"] = json.dumps(normalisation.to_json())
    return description


def _optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"writing ONNX needs the package {name}: pip install onnx onnxscript onnxruntime"
        ) from error
