"""What runs a model file: torch itself, ONNX Runtime or OpenVINO, each behind the same small face.

Nothing in a file is run but the operations of its graph: ONNX has no other, and an exported program is read through
before torch does (:mod:`segstudio.learning.program_safety`).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.export.passes import move_to_device_pass

from segstudio.core.errors import CheckpointError, MissingDependencyError, OptionError, storage_errors
from segstudio.core.registry import Registry
from segstudio.learning.program_safety import check_program

Array = NDArray[Any]


@dataclass(frozen=True)
class Port:
    """An input or an output of a model."""

    name: str
    shape: tuple[int | None, ...]
    """``None`` where any length is taken."""
    dtype: np.dtype[Any]


@dataclass(frozen=True, eq=False)
class Opened:
    """A model file, ready to run."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    run: Callable[[Array], list[Array]]
    """The outputs for one input; raises :class:`CheckpointError` where the model refuses it."""
    metadata: dict[str, str] = field(default_factory=dict)


Opener = Callable[[Path, str], Opened]


@dataclass(frozen=True)
class Backend:
    """One line of the table. *open* takes a file and the kind of device (``cpu``, ``cuda``)."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    """The files that it opens."""
    package: str
    install: str
    open: Opener

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None


def open_model(path: Path, backend: str = "auto", device: str = "cpu") -> Opened:
    """The model at *path*, run by *backend* or by the first of the table that opens such files and is installed.

    Raises :class:`CheckpointError` for a file that is no such model, :class:`OptionError` for a backend that does not
    open it, :class:`MissingDependencyError` where nothing that opens it is installed.
    """
    with storage_errors(path):
        path.stat()
    suffix = path.suffix.lower()
    fitting = [entry for entry in BACKENDS.values() if suffix in entry.suffixes]
    if backend != "auto":
        chosen = BACKENDS[backend]
        if chosen not in fitting:
            names = " or ".join(entry.name for entry in fitting) or "none"
            raise OptionError(f"{path.name} is not run by {backend}; what opens such files: {names}")
        fitting = [chosen]
    if not fitting:
        raise CheckpointError(path, f"models end in {', '.join(model_suffixes())}")
    ready = next((entry for entry in fitting if entry.installed), None)
    if ready is None:
        raise MissingDependencyError(f"predicting with {path.name} needs {fitting[0].title}: {fitting[0].install}")
    return ready.open(path, device)


def model_suffixes() -> tuple[str, ...]:
    """The endings of model files of others."""
    return tuple(dict.fromkeys(suffix for entry in BACKENDS.values() for suffix in entry.suffixes))


# ---- torch


def _open_program(path: Path, device: str) -> Opened:
    check_program(path)
    files = dict.fromkeys(("classes", "normalisation", "segstudio_output"), "")
    try:
        with _quiet():
            program = torch.export.load(path, extra_files=files)
            if device != "cpu":
                program = move_to_device_pass(program, device)
            module = program.module()
    except Exception as error:
        if not _is_refusal(error):
            raise
        raise CheckpointError(path, "it is damaged, or of another version of torch") from error
    users = program.graph_signature.user_inputs
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    inputs = tuple(_tensor_port(str(name), values.get(name)) for name in users)
    outputs = tuple(_tensor_port(str(name), values.get(name)) for name in program.graph_signature.user_outputs)

    taken = values.get(str(users[0])) if users else None
    dtype = taken.dtype if isinstance(taken, torch.Tensor) else None

    def run(array: Array) -> list[Array]:
        try:
            with torch.inference_mode():
                found = module(torch.from_numpy(np.ascontiguousarray(array)).to(device, dtype))
        except (RuntimeError, AssertionError, ValueError) as error:
            raise CheckpointError(path, f"it refuses an image of {_size(array)}") from error
        flat = [value for value in torch.utils._pytree.tree_leaves(found) if isinstance(value, torch.Tensor)]
        return [(value.float() if value.is_floating_point() else value).cpu().numpy() for value in flat]

    return Opened(inputs, outputs, run, {name: _text(value) for name, value in files.items() if value})


def _tensor_port(name: str, value: Any) -> Port:
    if not isinstance(value, torch.Tensor):
        return Port(name, (), np.dtype(object))
    shape = tuple(side if isinstance(side, int) else None for side in value.shape)
    return Port(name, shape, np.dtype(str(value.dtype).removeprefix("torch.").replace("bfloat16", "float32")))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _is_refusal(error: Exception) -> bool:
    """Whether torch refused a file: what it raises then has no common base."""
    return isinstance(error, RuntimeError | ValueError | KeyError | TypeError | AssertionError | OSError) or type(
        error
    ).__module__.startswith(("torch.", "zipfile", "json"))


# ---- ONNX Runtime


_ONNX_TYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8, "tensor(uint16)": np.uint16, "tensor(int16)": np.int16, "tensor(int32)": np.int32,
    "tensor(int64)": np.int64, "tensor(bool)": np.bool_,
}  # fmt: skip


def _open_onnxruntime(path: Path, device: str) -> Opened:
    runtime = importlib.import_module("onnxruntime")
    state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    names = ("Fail", "InvalidProtobuf", "InvalidGraph", "InvalidArgument", "NotImplemented", "RuntimeException")
    refusals = tuple(getattr(state, name) for name in (*names, "NoSuchFile", "EPFail") if hasattr(state, name))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4
    wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
    there = [name for name in wanted if name in runtime.get_available_providers()]
    try:
        session = runtime.InferenceSession(str(path), options, providers=[*there, "CPUExecutionProvider"])
    except refusals as error:
        raise CheckpointError(path, _reason(error, "it is no ONNX model, or a damaged one")) from error
    first = session.get_inputs()[0].name if session.get_inputs() else ""

    def run(array: Array) -> list[Array]:
        try:
            # what is no tensor, as a list of dictionaries, is an array without dimensions
            return [np.asarray(found) for found in session.run(None, {first: array})]
        except refusals as error:
            raise CheckpointError(path, f"it refuses an image of {_size(array)}") from error

    inputs, outputs = (
        tuple(_onnx_port(port) for port in ports) for ports in (session.get_inputs(), session.get_outputs())
    )
    return Opened(inputs, outputs, run, dict(session.get_modelmeta().custom_metadata_map))


def _onnx_port(port: Any) -> Port:
    shape = tuple(side if isinstance(side, int) else None for side in port.shape)
    return Port(port.name, shape, np.dtype(_ONNX_TYPES.get(port.type, object)))


def _reason(error: Exception, otherwise: str) -> str:
    text = str(error)
    if "opset" in text.lower() or "ir version" in text.lower():
        return "it is of a newer version of ONNX than the installed ONNX Runtime; update onnxruntime"
    if "external data" in text.lower() or ".onnx.data" in text or "file_size" in text:
        return "the file with its weights, which belongs beside it, is missing or damaged"
    return otherwise


# ---- OpenVINO


def _open_openvino(path: Path, device: str) -> Opened:
    openvino = importlib.import_module("openvino")
    core = openvino.Core()
    try:
        model = core.read_model(str(path))
        threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
        compiled = core.compile_model(model, "CPU", threads)
    except RuntimeError as error:
        raise CheckpointError(path, "it is no model that OpenVINO reads, or a damaged one") from error

    def run(array: Array) -> list[Array]:
        try:
            found = compiled([np.ascontiguousarray(array)])
        except RuntimeError as error:
            raise CheckpointError(path, f"it refuses an image of {_size(array)}") from error
        # the runtime uses its memory again at the next call
        return [np.array(found[output]) for output in compiled.outputs]

    inputs, outputs = (tuple(_openvino_port(port) for port in ports) for ports in (compiled.inputs, compiled.outputs))
    return Opened(inputs, outputs, run, _openvino_metadata(model))


def _openvino_port(port: Any) -> Port:
    shape = tuple(int(side.get_length()) if side.is_static else None for side in port.get_partial_shape())
    name = next(iter(sorted(port.get_names())), "")
    return Port(name, shape, np.dtype(port.get_element_type().to_dtype()))


def _openvino_metadata(model: Any) -> dict[str, str]:
    if not model.has_rt_info("framework"):
        return {}
    entries = model.get_rt_info("framework").value
    return {str(key): str(getattr(value, "value", value)) for key, value in dict(entries).items()}


def _size(array: Array) -> str:
    return "x".join(str(side) for side in array.shape)


BACKENDS: Registry[Backend] = Registry(
    "backend",
    [
        Backend("eager", "torch", (".pt2",), "torch", "pip install torch", _open_program),
        Backend("onnxruntime", "ONNX Runtime", (".onnx",), "onnxruntime", "pip install onnxruntime", _open_onnxruntime),
        Backend("openvino", "OpenVINO", (".onnx", ".xml"), "openvino", "pip install openvino", _open_openvino),
    ],
    group="segstudio.backends",
)
"""The order is the one of preference: in float32 ONNX Runtime is a little ahead of OpenVINO on processors."""
