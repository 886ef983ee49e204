"""UPerNet: Xiao, Liu, Zhou, Jiang, Sun, "Unified Perceptual Parsing for Scene Understanding", ECCV 2018, on the
backbones that it is paired with today: ConvNeXt (Liu et al. 2022) and Swin (Liu et al. 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import HierarchicalEncoder
from segstudio.learning.networks.layers import PyramidPooling, conv_bn_relu, initialise, resize

_TIMM = {
    "convnext_tiny": "convnext_tiny",
    "convnext_small": "convnext_small",
    "convnext_base": "convnext_base",
    "swin_tiny": "swin_tiny_patch4_window7_224",
    "swin_small": "swin_small_patch4_window7_224",
    "swin_base": "swin_base_patch4_window7_224",
}


class UPerNet(SegmentationNetwork):
    """Pyramid pooling on the coarsest features, a feature pyramid down to the finest, all levels joined (figure 4).

    Scores at stride 4; an auxiliary head stands on the third stage.
    """

    multiple = 32
    aux_weights = (0.4,)

    def __init__(self, num_classes: int, in_channels: int, backbone: HierarchicalEncoder, width: int) -> None:
        super().__init__(num_classes, in_channels)
        *finer, third, coarsest = backbone.channels
        self.backbone = backbone
        self.pyramid = PyramidPooling(coarsest, width)
        self.top = conv_bn_relu(coarsest + 4 * width, width)
        self.laterals = nn.ModuleList(conv_bn_relu(channels, width, 1) for channels in (*finer, third))
        self.smooth = nn.ModuleList(conv_bn_relu(width, width) for _ in (*finer, third))
        self.fuse = conv_bn_relu(4 * width, width)
        self.classifier = nn.Sequential(nn.Dropout2d(0.1), nn.Conv2d(width, num_classes, 1))
        self.aux_classifier = nn.Sequential(
            *conv_bn_relu(third, 256), nn.Dropout2d(0.1), nn.Conv2d(256, num_classes, 1)
        )
        for name, part in self.named_children():
            if name != "backbone":
                initialise(part)

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        path = self.top(self.pyramid(features[-1]))
        levels = [path]
        for lateral, smooth, maps in zip(
            reversed(self.laterals), reversed(self.smooth), reversed(features[:-1]), strict=True
        ):
            path = lateral(maps) + resize(path, maps.shape[-2:])
            levels.append(smooth(path))
        size = features[0].shape[-2:]
        logits = self.classifier(self.fuse(torch.cat([resize(level, size) for level in reversed(levels)], dim=1)))
        return NetworkOutput(logits, (self.aux_classifier(features[-2]),) if self.training else ())

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.model.parameters())


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "convnext_tiny",
    pretrained: bool = False,
    width: int = 512,
) -> UPerNet:
    """UPerNet with *width* channels in the decoder, on a ConvNeXt or Swin transformer of timm."""
    encoder = HierarchicalEncoder(_TIMM[backbone or "convnext_tiny"], in_channels, pretrained=pretrained)
    return UPerNet(num_classes, in_channels, encoder, width)
