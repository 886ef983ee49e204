"""DeepLab v1: Chen, Papandreou, Kokkinos, Murphy, Yuille, "Semantic Image Segmentation with Deep Convolutional Nets and
Fully Connected CRFs", ICLR 2015. The variants LargeFOV (section 3.1) and MSc-LargeFOV (section 4.3)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import DilatedVGG16, renamed, torchvision_weights
from segstudio.learning.networks.layers import initialise

_MSC_STRIDES = (8, 4, 2, 1, 1)
"""What brings the image and the outputs of ``pool1`` ... ``pool4`` to an eighth of the image."""


def _classifier(channels: int, num_classes: int) -> nn.Conv2d:
    """The last convolution, drawn from N(0, 0.01) as in the paper."""
    layer = nn.Conv2d(channels, num_classes, 1)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one
    return layer


class DeepLabV1(SegmentationNetwork):
    """VGG-16 at output stride 8 whose first fully connected layer became a 3x3 convolution of dilation 12.

    With *multi_scale* a small branch on the image and on each of the first four pools adds its scores to the last.
    Sides are 8n + 1, so that the scores lie on the pixels 0, 8, 16, ...
    """

    multiple = 8
    remainder = 1
    align_corners = True

    def __init__(self, num_classes: int, in_channels: int, backbone: DilatedVGG16, *, multi_scale: bool) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        self.pool5a = nn.AvgPool2d(3, stride=1, padding=1)
        self.fc6 = nn.Conv2d(backbone.channels[-1], 1024, 3, padding=12, dilation=12)
        self.fc7 = nn.Conv2d(1024, 1024, 1)
        self.fc8 = _classifier(1024, num_classes)
        self.active = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(0.5))
        channels = (in_channels, *backbone.channels[:4])
        self.scales = nn.ModuleList(
            _scale_branch(depth, num_classes, stride)
            for depth, stride in zip(channels, _MSC_STRIDES, strict=True)
            if multi_scale
        )
        initialise(self.fc6)
        initialise(self.fc7)

    def segment(self, x: Tensor) -> NetworkOutput:
        pooled = self.backbone(x)
        y = self.active(self.fc6(self.pool5a(pooled[-1])))
        logits: Tensor = self.fc8(self.active(self.fc7(y)))
        for branch, features in zip(self.scales, (x, *pooled[:4]), strict=False):
            logits = logits + branch(features)
        return NetworkOutput(logits)

    def backbone_parameters(self) -> list[nn.Parameter]:
        """All but the layers that score: the paper trains those at ten times the rate."""
        return [*self.backbone.parameters(), *self.fc6.parameters(), *self.fc7.parameters()]

    def official_key(self, key: str) -> str | None:
        """Names of the released prototxts: ``conv1_1`` ... ``fc7``, and ``fc8`` with the data set's name."""
        if key.startswith("fc8_"):
            return f"fc8.{key.rpartition('.')[2]}"
        return renamed(key, {"conv": "backbone.conv"})


def _scale_branch(channels: int, num_classes: int, stride: int) -> nn.Sequential:
    branch = nn.Sequential(
        nn.Conv2d(channels, 128, 3, stride=stride, padding=1),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Conv2d(128, 128, 1),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
    )
    initialise(branch)
    branch.append(_classifier(128, num_classes))
    return branch


def sampled_classifier(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``fc6`` and ``fc7`` out of the fully connected layers of torchvision's ``vgg16`` (section 3.1).

    Every fourth of the 4096 units is kept, and of the first layer's 7x7 taps the first, middle and last of each side,
    which a dilated 3x3 convolution spreads again.
    """
    first = state["classifier.0.weight"].view(4096, 512, 7, 7)
    return {
        "fc6.weight": first[::4, :, ::3, ::3].clone(),
        "fc6.bias": state["classifier.0.bias"][::4].clone(),
        "fc7.weight": state["classifier.3.weight"][::4, ::4, None, None].clone(),
        "fc7.bias": state["classifier.3.bias"][::4].clone(),
    }


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "vgg16",
    pretrained: bool = False,
    multi_scale: bool = False,
) -> DeepLabV1:
    """DeepLab-LargeFOV, or DeepLab-MSc-LargeFOV with *multi_scale*; *backbone* is ``vgg16``."""
    encoder = DilatedVGG16(in_channels, pretrained=pretrained)
    network = DeepLabV1(num_classes, in_channels, encoder, multi_scale=multi_scale)
    if pretrained:
        with torch.no_grad():
            for name, value in sampled_classifier(torchvision_weights(backbone or "vgg16")).items():
                network.get_parameter(name).copy_(value)
    return network
