"""Networks that find objects are taught by the objects of the samples, through the one trainer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.progress import finish
from segstudio.io.masks import write_mask
from segstudio.io.project.stored import StoredSample
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample
from segstudio.learning.instances import segment_map
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.maskrcnn import InstanceTarget, MaskRCNN, instance_targets
from segstudio.learning.trainer import train

CLASSES = LabelSet.named(["ground", "disc"])


def touching_discs(seed: int, size: int = 96, *, told_apart: bool = True) -> ArraySample:
    """Two bright discs side by side on noise, as one region of their class."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    cy, cx = int(rng.integers(24, size - 24)), int(rng.integers(18, size - 46))
    labels, objects = np.zeros((2, size, size), np.uint16)
    for number, centre in enumerate((cx, cx + 28), 1):
        disc = (y - cy) ** 2 + (x - centre) ** 2 <= 14**2
        labels[disc], objects[disc] = 1, number
    grey = 0.2 + 0.6 * labels - 0.15 * (objects == 2) + rng.normal(0, 0.05, labels.shape)
    image = np.repeat((255 * np.clip(grey, 0, 1)).astype(np.uint8)[..., None], 3, 2)
    return ArraySample(image, labels, f"discs {seed}", instances=objects if told_apart else None)


class Listener(SegmentationNetwork):
    """Writes down what it is taught."""

    task = "instance"

    def __init__(self) -> None:
        super().__init__(2, 3)
        self.weight = nn.Parameter(torch.ones(()))
        self.heard: list[InstanceTarget] = []

    def instance_targets(self, labels: NDArray[Any], segments: Mapping[int, int]) -> InstanceTarget:
        return instance_targets(labels, segments, num_classes=2)

    def instance_loss(self, images: Tensor, targets: Sequence[InstanceTarget]) -> Tensor:
        self.heard.extend(targets)
        return self.weight**2

    def segment(self, x: Tensor) -> NetworkOutput:
        return NetworkOutput(self.weight * x[:, :2])


def config(**changes: Any) -> TrainConfig:
    values: dict[str, Any] = {
        "crop": 96, "batch": 1, "epochs": 1, "augment": Augmentation.none(), "threads": 1, "device": "cpu",
        "amp": "off", "validation_fraction": 0,
    }  # fmt: skip
    return TrainConfig.parse(values | changes)


@pytest.mark.parametrize(("told_apart", "count"), [(True, 2), (False, 1)])
def test_touching_objects_are_taught_one_by_one_where_they_are_told_apart(told_apart: bool, count: int) -> None:
    network = Listener()
    finish(train(config(), [touching_discs(3, told_apart=told_apart)], classes=CLASSES, network=network))
    assert {len(target["boxes"]) for target in network.heard} == {count}
    widths = {float(box[2] - box[0]) for target in network.heard for box in target["boxes"]}
    assert widths == ({28.0, 29.0} if told_apart else {57.0})  # they share a column, which the second one has


def test_objects_carry_the_channel_of_most_of_their_pixels() -> None:
    channels = np.array([[0, 1, 1, 255], [2, 1, 2, 2]])
    objects = np.array([[0, 256, 256, 0], [0, 256, 257, 257]])
    ids, segments = segment_map(channels, objects)
    assert ids.tolist() == [[0, 256, 256, 255], [2, 256, 257, 257]]
    assert segments == {256: 1, 257: 2}


def test_a_stored_sample_tells_its_instances(tmp_path: Path) -> None:
    ids = np.array([[0, 1, 256], [255, 300, 300]], np.uint16)
    write_mask(tmp_path / "labels.png", ids)
    sample = StoredSample(1, "a", tmp_path / "a.png", 0, tmp_path / "labels.png", {256: 1, 300: 1})
    assert sample.objects().tolist() == [[0, 0, 256], [0, 300, 300]]


def test_without_a_background_there_is_nothing_to_find_objects_before() -> None:
    classes = LabelSet([LabelClass(1, "disc", (9, 9, 9)), LabelClass(2, "bar", (1, 1, 1))])
    sample = touching_discs(0)
    sample.ids[0] = 2
    sample.ids[sample.ids == 0] = 255
    with pytest.raises(TrainingError, match="before a background, which is class 0"):
        finish(train(config(), [sample], classes=classes, network=Listener()))


@pytest.mark.slow
def test_mask_rcnn_learns_to_tell_touching_discs_apart() -> None:
    told = config(
        network="maskrcnn", backbone="resnet18", network_options={"proposals": 100}, epochs=4, batch=2, lr=1e-3
    )
    result = finish(train(told, [touching_discs(seed) for seed in range(6)], classes=CLASSES))
    network = result.network
    assert isinstance(network, MaskRCNN)
    new = touching_discs(50)
    image = torch.from_numpy(new.pixels.transpose(2, 0, 1).astype(np.float32))
    found = network.instances([(image - image.mean()) / image.std()])[0]
    masks = found.masks[found.scores > 0.5] > 0.5
    assert new.instances is not None
    for number in (1, 2):
        truth = torch.from_numpy(new.instances == number)
        overlaps = [float((m & truth).sum() / (m | truth).sum()) for m in masks]
        assert max(overlaps, default=0.0) > 0.7
