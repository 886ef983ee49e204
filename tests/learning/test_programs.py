"""Models of others as predictors: what they take and give is found out; what cannot be used is said in a sentence."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, FileError, FormatError, MissingDependencyError, OptionError
from segstudio.core.progress import finish
from segstudio.learning import backends
from segstudio.learning.backends import BACKENDS
from segstudio.learning.checkpoint import save_checkpoint
from segstudio.learning.data import Normalisation
from segstudio.learning.export import export_network
from segstudio.learning.inference import labels_of, predict, predictor
from segstudio.learning.model_description import ModelDescription
from segstudio.learning.networks import create_network
from segstudio.learning.predictor import Predictor

ONNX_BACKENDS = ["onnxruntime", "openvino"]


def photo(height: int = 70, width: int = 90) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def onnx_model(
    path: Path,
    nodes: list[Any],
    inputs: dict[str, tuple[Any, list[Any]]],
    outputs: dict[str, tuple[Any, list[Any]]],
    constants: dict[str, NDArray[Any]] | None = None,
) -> Path:
    onnx = pytest.importorskip("onnx")
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "model",
        [info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [info(name, kind, shape) for name, (kind, shape) in outputs.items()],
        [onnx.numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def colours(path: Path, tail: str = "", size: tuple[Any, Any] = ("h", "w"), batch: Any = "n") -> Path:
    """A model whose logits are red, green and blue; *tail* makes probabilities or labels of them."""
    onnx = pytest.importorskip("onnx")
    node, kinds = onnx.helper.make_node, onnx.TensorProto
    weight = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1)
    nodes = [node("Conv", ["image", "weight"], ["logits"])]
    out: tuple[Any, list[Any]] = (kinds.FLOAT, [batch, 3, *size])
    if tail == "softmax":
        nodes = [node("Conv", ["image", "weight"], ["x"]), node("Softmax", ["x"], ["logits"], axis=1)]
    if tail == "argmax":
        nodes = [node("Conv", ["image", "weight"], ["x"]), node("ArgMax", ["x"], ["logits"], axis=1, keepdims=0)]
        out = (kinds.INT64, [batch, *size])
    return onnx_model(path, nodes, {"image": (kinds.FLOAT, [batch, 3, *size])}, {"logits": out}, {"weight": weight})


UNIT = ModelDescription(normalisation="unit")


@pytest.mark.parametrize("backend", ONNX_BACKENDS)
@pytest.mark.parametrize("tail", ["", "softmax", "argmax"])
@pytest.mark.parametrize("size", [("h", "w"), (32, 48)])
def test_logits_probabilities_and_labels_of_any_or_one_size(
    tmp_path: Path, backend: str, tail: str, size: tuple[Any, Any]
) -> None:
    pytest.importorskip(backend)
    path = colours(tmp_path / "colours.onnx", tail, size, 1 if size[0] == 32 else "n")
    told = ModelDescription(normalisation="unit", classes=LabelSet.named(["red", "green", "blue"]))
    ready = predictor(path, description=told, backend=backend)
    assert ready.network.kind == {"": "logits", "softmax": "probabilities", "argmax": "labels"}[tail]
    image = photo()
    probabilities = finish(predict(ready, image, batch=2))
    assert probabilities.shape == (3, 70, 90)
    np.testing.assert_allclose(probabilities.sum(0), 1, atol=1e-4)
    top = np.sort(image, -1)
    clear = top[..., 2] > top[..., 1]
    np.testing.assert_array_equal(labels_of(probabilities)[clear], image.argmax(-1)[clear])
    if tail != "argmax":
        exact = np.exp(image / 255.0) / np.exp(image / 255.0).sum(-1, keepdims=True)
        np.testing.assert_allclose(probabilities, exact.transpose(2, 0, 1), atol=1e-5)


def test_channels_at_the_end_whole_numbers_in_and_blue_first(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    node, kinds = onnx.helper.make_node, onnx.TensorProto
    nodes = [node("Cast", ["image"], ["logits"], to=kinds.FLOAT)]
    path = onnx_model(
        tmp_path / "bytes.onnx",
        nodes,
        {"image": (kinds.UINT8, [1, 40, 50, 3])},
        {"logits": (kinds.FLOAT, [1, 40, 50, 3])},
    )
    image = photo(40, 50)
    ready = predictor(path)
    assert ready.network.in_channels == 3
    assert ready.network.size == (40, 50)
    top = np.sort(image, -1)
    clear = top[..., 2] > top[..., 1]
    np.testing.assert_array_equal(labels_of(finish(predict(ready, image)))[clear], image.argmax(-1)[clear])
    blue_first = predictor(path, description=ModelDescription(bgr=True))
    np.testing.assert_array_equal(labels_of(finish(predict(blue_first, image)))[clear], 2 - image.argmax(-1)[clear])


def test_a_coarse_output_is_brought_to_the_images_size(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    node, kinds = onnx.helper.make_node, onnx.TensorProto
    path = onnx_model(
        tmp_path / "coarse.onnx",
        [node("AveragePool", ["image"], ["logits"], kernel_shape=[4, 4], strides=[4, 4])],
        {"image": (kinds.FLOAT, ["n", 2, "h", "w"])},
        {"logits": (kinds.FLOAT, ["n", 2, "a", "b"])},
    )
    ready = predictor(path)
    assert ready.network.in_channels == 2
    image = np.zeros((61, 83, 2), np.uint8)
    image[:, :40, 0] = image[:, 40:, 1] = 255
    found = labels_of(finish(predict(ready, image)))
    assert found.shape == (61, 83)
    assert (found[:, 6:34] == 0).all()
    assert (found[:, 46:74] == 1).all()


@pytest.mark.parametrize(("name", "low", "high"), [("unit", 0, 1), ("signed", -1, 1), ("byte", 0, 255)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, bool])
def test_normalisations_of_every_type_of_image(name: Any, low: float, high: float, dtype: Any) -> None:
    top = {np.uint8: 255, np.uint16: 65535}.get(dtype, 1)
    image = np.array([[[0], [top]]]).astype(dtype)
    scale = ModelDescription(normalisation=name).scale(1, takes_bytes=False).for_image(image)
    np.testing.assert_allclose(scale.apply(image).ravel(), [low, high], atol=1e-5)


def test_means_and_deviations_of_ones_own_and_imagenets_for_colour_where_nothing_is_told() -> None:
    image = np.full((1, 1, 3), 255, np.uint8)
    told = ModelDescription(mean=(0.5, 0.5, 0.0), std=(0.5,)).scale(3, takes_bytes=False)
    np.testing.assert_allclose(told.for_image(image).apply(image).ravel(), [1, 1, 2], atol=1e-6)
    untold = ModelDescription().scale(3, takes_bytes=False).for_image(image)
    np.testing.assert_allclose(
        untold.apply(image).ravel(), (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225], atol=1e-5
    )
    with pytest.raises(OptionError, match="2 means for the model's 3 channels"):
        ModelDescription(mean=(0.1, 0.2)).scale(3, takes_bytes=False)


def test_a_file_beside_the_model_names_its_classes(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = colours(tmp_path / "colours.onnx")
    (tmp_path / "colours.json").write_text('{"classes": ["red", "green", "blue"], "normalisation": "byte"}')
    ready = predictor(path)
    assert [c.name for c in ready.labels.values()] == ["red", "green", "blue"]
    assert ready.normalisation.std == (1.0, 1.0, 1.0)
    over = predictor(path, description=ModelDescription.model_validate({"classes": ["a", "b", "c"]}))
    assert [c.name for c in over.labels.values()] == ["a", "b", "c"], "a person's word counts more"
    (tmp_path / "colours.json").write_text('["red", "green"]')
    with pytest.raises(OptionError, match="has 3 classes, but 2 are named"):
        predictor(path)
    (tmp_path / "colours.json").write_text('{"normalisation": "sideways"}')
    with pytest.raises(FormatError, match=r"colours\.json: normalisation"):
        predictor(path)
    (tmp_path / "colours.json").write_text("{")
    with pytest.raises(FormatError, match="not a JSON file"):
        predictor(path)


@pytest.mark.parametrize("suffix", [".onnx", ".pt2"])
@pytest.mark.parametrize("backend", ["eager", *ONNX_BACKENDS])
def test_our_own_export_predicts_as_the_checkpoint_does(tmp_path: Path, suffix: str, backend: str) -> None:
    if suffix not in BACKENDS[backend].suffixes:
        pytest.skip("another kind of file")
    pytest.importorskip(BACKENDS[backend].package)
    torch.manual_seed(0)
    network = create_network("unet", 2, 3, width=4, depth=2).eval()
    classes = LabelSet.named(["ground", "thing"]).without(0).added("other")
    scale = Normalisation("dataset", (10.0,) * 3, (240.0,) * 3, (120.0, 110.0, 100.0), (50.0, 60.0, 70.0))
    path = tmp_path / f"net{suffix}"
    export_network(network, path, size=(64, 96), classes=classes, normalisation=scale)
    ready = predictor(path, backend=backend)
    assert ready.classes == classes
    assert ready.normalisation == scale
    eager = Predictor(network, scale, classes, torch.device("cpu"), "off")
    for shape in ((64, 96), (30, 40)):
        image = photo(*shape)
        mirrored = (
            np.pad(image, ((0, 64 - shape[0]), (0, 96 - shape[1]), (0, 0)), "reflect") if shape[0] < 64 else image
        )
        wanted = finish(predict(eager, mirrored))[:, : shape[0], : shape[1]]
        np.testing.assert_allclose(finish(predict(ready, image)), wanted, atol=1e-4)
    large = photo(100, 200)
    found = finish(predict(ready, large))
    assert found.shape == (2, 100, 200)
    assert b"/torch/nn" not in path.read_bytes(), "no path of this machine is in the file"


@pytest.mark.parametrize("backend", ONNX_BACKENDS)
def test_a_checkpoint_is_converted_for_a_backend_once(
    tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(backend)
    monkeypatch.setattr("segstudio.learning.predictor.CONVERTED_SIDE", 64)
    torch.manual_seed(0)
    path = tmp_path / "net.safetensors"
    scale = Normalisation("dataset", (0.0,), (255.0,), (120.0,), (60.0,))
    network = create_network("unet", 2, 1, width=4, depth=2)
    save_checkpoint(path, network, classes=LabelSet.named(["a", "b"]), config={"normalisation": scale.to_json()})
    image = photo(64, 64)[..., 0]
    wanted = finish(predict(path, image))
    np.testing.assert_allclose(
        finish(predict(predictor(path, backend=backend, cache=tmp_path), image)), wanted, atol=1e-4
    )
    (kept,) = (tmp_path / "converted").iterdir()
    before = kept.stat().st_mtime_ns
    predictor(path, backend=backend, cache=tmp_path)
    assert kept.stat().st_mtime_ns == before


class _Dynamic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"out": self.layers(x)}


def exported(path: Path) -> nn.Module:
    torch.manual_seed(0)
    network = _Dynamic().eval()
    sizes = {2: torch.export.Dim("h", min=32, max=2048), 3: torch.export.Dim("w", min=32, max=2048)}
    program = torch.export.export(network, (torch.rand(1, 3, 64, 64),), dynamic_shapes=(sizes,))
    torch.export.save(program, path)
    return network


def test_an_exported_program_of_others_takes_any_size(tmp_path: Path) -> None:
    network = exported(tmp_path / "theirs.pt2")
    ready = predictor(tmp_path / "theirs.pt2", description=UNIT)
    assert ready.network.size is None
    image = photo(75, 93)
    with torch.no_grad():
        wanted = network(torch.from_numpy(image / np.float32(255)).permute(2, 0, 1)[None])["out"].softmax(1)[0]
    np.testing.assert_allclose(finish(predict(ready, image)), wanted.numpy(), atol=1e-5)


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


def altered(source: Path, target: Path, change: Any) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))


def test_code_in_an_exported_program_is_never_run(tmp_path: Path) -> None:
    exported(tmp_path / "theirs.pt2")
    mark = tmp_path / "was-here"
    buffer = io.BytesIO()
    torch.save({"bomb": _Bomb(mark)}, buffer)

    def pickled(name: str, content: bytes) -> bytes:
        return buffer.getvalue() if name.endswith("sample_inputs/model.pt") else content

    def weights(name: str, content: bytes) -> bytes:
        if name.endswith("weights_config.json"):
            return content.replace(b'"use_pickle": false', b'"use_pickle": true', 1)
        return pickle.dumps(_Bomb(mark)) if name.endswith("weight_0") else content

    def operation(name: str, content: bytes) -> bytes:
        return content.replace(b"torch.ops.aten.relu.default", b"torch.os.system")

    def expression(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        return content.replace(b'"expr_str": "', f'"expr_str": "open({str(mark)!r}, {"w"!r}) or '.encode(), 1)

    for change in (pickled, weights, operation, expression):
        altered(tmp_path / "theirs.pt2", tmp_path / "bad.pt2", change)
        with pytest.raises(CheckpointError, match=r"bad\.pt2: it holds program code"):
            predictor(tmp_path / "bad.pt2")
        assert not mark.exists()


def test_files_that_are_no_models_are_one_clear_error(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    node, kinds = onnx.helper.make_node, onnx.TensorProto
    with pytest.raises(FileError, match=r"none\.onnx: no such file"):
        predictor(tmp_path / "none.onnx")
    for name in ("text.onnx", "text.pt2"):
        (tmp_path / name).write_text("hello")
        with pytest.raises(CheckpointError, match=name):
            predictor(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "zip.pt2", "w") as archive:
        archive.writestr("a/models.txt", "x")
    with pytest.raises(CheckpointError, match=r"no program of torch\.export"):
        predictor(tmp_path / "zip.pt2")
    vector = onnx_model(
        tmp_path / "vector.onnx",
        [node("Relu", ["x"], ["y"])],
        {"x": (kinds.FLOAT, ["n", 10])},
        {"y": (kinds.FLOAT, ["n", 10])},
    )
    with pytest.raises(CheckpointError, match="2 dimensions where an image needs four"):
        predictor(vector)
    pair = onnx_model(
        tmp_path / "pair.onnx",
        [node("Add", ["a", "b"], ["y"])],
        {name: (kinds.FLOAT, [1, 3, 32, 32]) for name in "ab"},
        {"y": (kinds.FLOAT, [1, 3, 32, 32])},
    )
    with pytest.raises(CheckpointError, match=r"one input, this one has 2 \(a, b\)"):
        predictor(pair)
    classifier = onnx_model(
        tmp_path / "classifier.onnx",
        [node("GlobalAveragePool", ["x"], ["p"]), node("Flatten", ["p"], ["y"])],
        {"x": (kinds.FLOAT, [1, 3, 64, 64])},
        {"y": (kinds.FLOAT, [1, 3])},
    )
    with pytest.raises(CheckpointError, match="no segmentation model: for an image of 64x64 it gives 1x3"):
        predictor(classifier)


def test_a_backend_that_is_unknown_unfit_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = colours(tmp_path / "colours.onnx")
    with pytest.raises(OptionError, match="no backend called 'onnx'"):
        predictor(path, backend="onnx")
    with pytest.raises(OptionError, match="not run by eager; what opens such files: onnxruntime or openvino"):
        predictor(path, backend="eager")
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="needs ONNX Runtime: pip install onnxruntime"):
        predictor(path)


def test_a_wrong_number_of_channels_is_said(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = colours(tmp_path / "colours.onnx")
    with pytest.raises(Exception, match="5 channels where the network takes 3"):
        finish(predict(predictor(path), np.zeros((40, 40, 5), np.uint8)))


def test_labels_without_names_need_them(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(OptionError, match="name its classes"):
        predictor(colours(tmp_path / "labels.onnx", "argmax"))
