"""torchvision's published networks, built here and filled with their weights."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import segmentation
from torchvision.ops import FrozenBatchNorm2d

from segstudio.core.errors import CheckpointError
from segstudio.learning.checkpoint import load_weights
from segstudio.learning.data import Normalisation
from segstudio.learning.model_description import ModelDescription
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.pretrained import Pretrained


class Published(SegmentationNetwork):
    """One of torchvision's semantic networks; its tensors keep their names. The auxiliary head is left out."""

    def __init__(self, entry: Pretrained) -> None:
        super().__init__(len(entry.names), 3)
        self.name = entry.name
        whole = getattr(segmentation, entry.name)(weights=None, weights_backbone=None, num_classes=len(entry.names))
        self.backbone, self.classifier = whole.backbone, whole.classifier
        self._light = entry.name.startswith("lraspp")

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        return NetworkOutput(self.classifier(features if self._light else features["out"]))

    def official_key(self, key: str) -> str | None:
        return None if key.startswith("aux_classifier.") else key


def load_published(entry: Pretrained, path: Path) -> tuple[SegmentationNetwork, Normalisation]:
    """The network of *entry* with the weights at *path*, in eval mode, and what its intensities go through.

    Raises :class:`CheckpointError` for a file that is not this network's.
    """
    with torch.random.fork_rng(devices=[]):
        network = Published(entry) if entry.task == "semantic" else _mask_rcnn(entry)
    report = load_weights(network, path)
    if report.missing:
        raise CheckpointError(path, f"it is not {entry.title}: its tensor {report.missing[0]} is missing")
    return network.eval(), ModelDescription(normalisation="imagenet").scale(3, takes_bytes=False)


def _mask_rcnn(entry: Pretrained) -> SegmentationNetwork:
    first = not entry.name.endswith("_v2")
    network = create_network(
        "maskrcnn", len(entry.names), 3, variant="v1" if first else "v2", frozen_norm=first, short_side=800
    )
    if first:
        # the weights were trained where variances were divided by without a term against zero
        for module in network.modules():
            if isinstance(module, FrozenBatchNorm2d):
                module.eps = 0.0
    return network
