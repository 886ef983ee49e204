"""Models of others whose files say little, or say it oddly: understood, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError
from segstudio.core.progress import finish
from segstudio.learning.inference import labels_of, predict, predictor
from segstudio.learning.model_description import ModelDescription
from tests.learning.test_programs import UNIT, onnx_model, photo

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
NODE, FLOAT, INT64 = onnx.helper.make_node, onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
COLOURS = LabelSet.named(["red", "green", "blue"])
NAMED = ModelDescription(normalisation="unit", classes=COLOURS)


def agrees(found: NDArray[Any], image: NDArray[np.uint8]) -> None:
    """Every pixel is the class of its strongest colour, where that is clear."""
    top = np.sort(image, -1).astype(int)
    clear = top[..., 2] - top[..., 1] > 8
    np.testing.assert_array_equal(labels_of(found)[clear], image.argmax(-1)[clear])


def test_channels_at_the_end_that_nothing_tells_are_found_by_trying(tmp_path: Path) -> None:
    eye = np.eye(3, dtype=np.float32)
    path = onnx_model(
        tmp_path / "last.onnx",
        [NODE("MatMul", ["x", "eye"], ["y"])],
        {"x": (FLOAT, ["n", "a", "b", "c"])},
        {"y": (FLOAT, ["n", "a", "b", "d"])},
        {"eye": eye},
    )
    ready = predictor(path, description=UNIT)
    assert (ready.network.in_channels, ready.num_classes) == (3, 3)
    image = photo(75, 93)
    agrees(finish(predict(ready, image)), image)


@pytest.mark.parametrize("side", [224, 512])
def test_a_size_that_only_a_step_inside_knows_is_found_by_trying(tmp_path: Path, side: int) -> None:
    shape = np.array([1, 3, side, side], np.int64)
    path = onnx_model(
        tmp_path / "fixed.onnx",
        [NODE("Reshape", ["x", "shape"], ["y"])],
        {"x": (FLOAT, ["n", 3, "h", "w"])},
        {"y": (FLOAT, ["n", 3, "a", "b"])},
        {"shape": shape},
    )
    ready = predictor(path, description=UNIT)
    assert ready.network.size == (side, side)
    image = photo(120, 300)
    agrees(finish(predict(ready, image)), image)


def test_a_batch_of_one_and_of_several(tmp_path: Path) -> None:
    for batch in (1, 4):
        path = onnx_model(
            tmp_path / f"batch{batch}.onnx",
            [NODE("Identity", ["x"], ["y"])],
            {"x": (FLOAT, [batch, 3, 64, 64])},
            {"y": (FLOAT, [batch, 3, 64, 64])},
        )
        image = photo(150, 90)
        agrees(finish(predict(predictor(path, description=UNIT), image, batch=3)), image)


def test_one_side_that_is_told_tells_the_other(tmp_path: Path) -> None:
    path = onnx_model(
        tmp_path / "row.onnx",
        [NODE("Identity", ["x"], ["y"])],
        {"x": (FLOAT, [1, 3, 96, "w"])},
        {"y": (FLOAT, [1, 3, 96, "w"])},
    )
    assert predictor(path, description=UNIT).network.size == (96, 96)


def test_a_sigmoid_for_each_class_are_probabilities(tmp_path: Path) -> None:
    path = onnx_model(
        tmp_path / "sigmoid.onnx",
        [NODE("Sub", ["x", "half"], ["d"]), NODE("Sigmoid", ["d"], ["y"])],
        {"x": (FLOAT, [1, 3, "h", "w"])},
        {"y": (FLOAT, [1, 3, "h", "w"])},
        {"half": np.float32(0.5).reshape(1)},
    )
    ready = predictor(path, description=UNIT)
    assert ready.network.kind == "probabilities"
    image = photo()
    found = finish(predict(ready, image))
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-4)
    each = 1 / (1 + np.exp(0.5 - image / 255.0))
    np.testing.assert_allclose(found, (each / each.sum(-1, keepdims=True)).transpose(2, 0, 1), atol=1e-4)


def test_logits_that_happen_to_lie_between_0_and_1_stay_logits(tmp_path: Path) -> None:
    path = onnx_model(
        tmp_path / "same.onnx",
        [NODE("Identity", ["x"], ["y"])],
        {"x": (FLOAT, [1, 3, "h", "w"])},
        {"y": (FLOAT, [1, 3, "h", "w"])},
    )
    assert predictor(path, description=UNIT).network.kind == "logits"


@pytest.mark.parametrize("keep", [0, 1])
def test_labels_that_come_as_floats(tmp_path: Path, keep: int) -> None:
    nodes = [NODE("ArgMax", ["x"], ["k"], axis=1, keepdims=keep), NODE("Cast", ["k"], ["y"], to=FLOAT)]
    shape = [1, 1, "h", "w"] if keep else [1, "h", "w"]
    path = onnx_model(tmp_path / "f.onnx", nodes, {"x": (FLOAT, [1, 3, "h", "w"])}, {"y": (FLOAT, shape)})
    ready = predictor(path, description=NAMED)
    assert ready.network.kind == "labels"
    image = photo()
    agrees(finish(predict(ready, image)), image)


def test_of_several_outputs_the_map_of_the_named_classes_or_the_finest_is_taken(tmp_path: Path) -> None:
    wide = np.random.default_rng(0).normal(size=(40, 3, 1, 1)).astype(np.float32)
    nodes = [
        NODE("Conv", ["x", "wide"], ["many"]),
        NODE("AveragePool", ["many"], ["features"], kernel_shape=[4, 4], strides=[4, 4]),
        NODE("GlobalAveragePool", ["x"], ["mean"]),
        NODE("Identity", ["x"], ["y"]),
    ]
    outputs: dict[str, tuple[Any, list[Any]]] = {
        "mean": (FLOAT, [1, 3, 1, 1]),
        "features": (FLOAT, [1, 40, "a", "b"]),
        "y": (FLOAT, [1, 3, "h", "w"]),
    }
    path = onnx_model(tmp_path / "many.onnx", nodes, {"x": (FLOAT, [1, 3, "h", "w"])}, outputs, {"wide": wide})
    image = photo()
    for description in (UNIT, NAMED):
        ready = predictor(path, description=description)
        assert ready.num_classes == 3
        agrees(finish(predict(ready, image)), image)
    whole = dict(outputs, many=(FLOAT, [1, 40, "h", "w"]))
    order = {name: whole[name] for name in ("many", "y", "mean")}
    path = onnx_model(tmp_path / "same.onnx", nodes, {"x": (FLOAT, [1, 3, "h", "w"])}, order, {"wide": wide})
    agrees(finish(predict(predictor(path, description=NAMED), image)), image)


@pytest.mark.parametrize(
    ("inputs", "nodes", "shape", "reason"),
    [
        ([1, 3, 8, 32, 32], [NODE("Identity", ["x"], ["y"])], [1, 3, 8, 32, 32], "5 dimensions where an image needs"),
        ([3, 64, 64], [NODE("Identity", ["x"], ["y"])], [3, 64, 64], "3 dimensions where an image needs four"),
        ([1, 3, 64, 64], [NODE("Flatten", ["x"], ["y"])], [1, 12288], "no segmentation model"),
        ([1, 3, 64, 64], [NODE("Unsqueeze", ["x", "axis"], ["y"])], [1, 1, 3, 64, 64], "no segmentation model"),
        (["n", 3, "h", "w"], [NODE("Reshape", ["x", "odd"], ["y"])], [1, 3, 7, 7], "refuses an image of 1x3x128x128"),
    ],
    ids=["volume", "no batch", "flat", "five", "a size nobody guesses"],
)
def test_what_is_not_understood_is_refused_in_a_sentence(
    tmp_path: Path, inputs: list[Any], nodes: list[Any], shape: list[Any], reason: str
) -> None:
    constants = {"axis": np.array([1], np.int64), "odd": np.array([1, 3, 7, 7], np.int64)}
    path = onnx_model(tmp_path / "odd.onnx", nodes, {"x": (FLOAT, inputs)}, {"y": (FLOAT, shape)}, constants)
    with pytest.raises(CheckpointError, match=reason) as refused:
        predictor(path, description=UNIT)
    assert "\n" not in str(refused.value)


class Odd(nn.Module):
    """Gives what programs of torch may give: nested, with values that are no tensors, in a type of its own."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 1).to(dtype)
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(3, dtype=dtype)[..., None, None])
            self.layer.bias.zero_() if self.layer.bias is not None else None

    def forward(self, x: Tensor) -> dict[str, Any]:
        y = self.layer(x)
        return {"aux": (None, y.mean((2, 3))), "out": [y], "version": 3}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_an_exported_program_of_any_type_and_nesting(tmp_path: Path, dtype: torch.dtype) -> None:
    example = (torch.rand(1, 3, 64, 64, dtype=dtype),)
    torch.export.save(torch.export.export(Odd(dtype).eval(), example), tmp_path / "odd.pt2")
    ready = predictor(tmp_path / "odd.pt2", description=UNIT)
    assert ready.network.size == (64, 64)
    image = photo(100, 70)
    agrees(finish(predict(ready, image)), image)
