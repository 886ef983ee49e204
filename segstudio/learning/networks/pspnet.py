"""PSPNet: Zhao, Shi, Qi, Wang, Jia, "Pyramid Scene Parsing Network", CVPR 2017."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import ResNetEncoder, renamed
from segstudio.learning.networks.layers import PyramidPooling, check_choice, conv_bn_relu, initialise

Stem = Literal["deep", "plain"]


class PSPNet(SegmentationNetwork):
    """A ResNet at output stride 8, pyramid pooling, and an auxiliary head on the third stage (figure 3, section 3.3).

    Sides are 8n + 1, so that the features align with the image's corners.
    """

    multiple = 8
    remainder = 1
    align_corners = True
    aux_weights = (0.4,)

    def __init__(
        self, num_classes: int, in_channels: int, backbone: ResNetEncoder, *, bins: Sequence[int], dropout: float
    ) -> None:
        super().__init__(num_classes, in_channels)
        coarse, depth = backbone.channels[-2:]
        self.backbone = backbone
        self.ppm = PyramidPooling(depth, depth // len(bins), bins, align_corners=True)
        pooled = depth + len(bins) * (depth // len(bins))
        self.cls = _head(pooled, depth // 4, num_classes, dropout)
        self.aux = _head(coarse, coarse // 4, num_classes, dropout)
        for part in (self.ppm, self.cls, self.aux):
            initialise(part)

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        logits = self.cls(self.ppm(features[-1]))
        return NetworkOutput(logits, (self.aux(features[-2]),) if self.training else ())

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of hszhao/semseg; with the plain stem, those of a ResNet of torchvision too."""
        if isinstance(self.backbone.conv1, nn.Sequential):
            # seven layers of the stem, then its last normalisation
            key = renamed(key, {"layer0.7.": "backbone.bn1.", "layer0.": "backbone.conv1."})
        else:
            key = renamed(key, {"layer0.0.": "backbone.conv1.", "layer0.1.": "backbone.bn1."})
        return f"backbone.{key}" if re.match(r"(conv1|bn1|layer\d)\.", key) else key


def _head(before: int, channels: int, num_classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(*conv_bn_relu(before, channels), nn.Dropout2d(dropout), nn.Conv2d(channels, num_classes, 1))


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "resnet101",
    pretrained: bool = False,
    stem: Stem = "deep",
    bins: Sequence[int] = (1, 2, 3, 6),
    dropout: float = 0.1,
) -> PSPNet:
    """PSPNet on a ResNet with the paper's stem of three 3x3 convolutions, or with the ``"plain"`` 7x7 one.

    Raises :class:`~segstudio.core.errors.OptionError` for a *stem*, *bins* or *dropout* that make no sense.
    """
    check_choice("pspnet", "stem", stem, ("deep", "plain"))
    if not bins or any(not isinstance(size, int) or size < 1 for size in bins):
        raise OptionError(f"pspnet: bins must be a list of positive whole numbers, not {bins!r}")
    if not 0 <= dropout < 1:
        raise OptionError(f"pspnet: dropout must be at least 0 and below 1, not {dropout!r}")
    encoder = ResNetEncoder(
        backbone or "resnet101", in_channels, output_stride=8, deep_stem=stem == "deep", pretrained=pretrained
    )
    return PSPNet(num_classes, in_channels, encoder, bins=bins, dropout=dropout)
