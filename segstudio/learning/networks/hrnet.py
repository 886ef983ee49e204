"""HRNet: Wang, Sun, Cheng, Jiang, Deng, Zhao, Liu, Mu, Tan, Wang, Liu, Xiao, "Deep High-Resolution Representation
Learning for Visual Recognition", TPAMI 2020."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import HRNetEncoder
from segstudio.learning.networks.layers import check_choice, conv_bn_relu, initialise, resize

Head = Literal["v1", "v2", "v2p"]


class Pyramid(nn.Module):
    """HRNetV2p: the joined branches reduced to *channels* and averaged down to a pyramid (section 3.4, figure 4c).

    The paper feeds the levels to a detector; for segmentation they are summed at the finest size.
    """

    def __init__(self, before: int, channels: int = 256, levels: int = 4) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(before, channels, 1)
        self.levels = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(levels))

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        total: Tensor = self.levels[0](x)
        for level, convolution in enumerate(self.levels[1:], start=1):
            pooled = F.avg_pool2d(x, 2**level, ceil_mode=True)
            total = total + resize(convolution(pooled), total.shape[-2:], align_corners=True)
        return total


class HRNet(SegmentationNetwork):
    """Four branches that keep high resolution throughout, and a head on them; scores at stride 4.

    ``v1`` scores the finest branch, ``v2`` all four interpolated to its size and joined, ``v2p`` the pyramid of those.
    """

    multiple = 32
    align_corners = True

    def __init__(self, num_classes: int, in_channels: int, backbone: HRNetEncoder, head: Head) -> None:
        super().__init__(num_classes, in_channels)
        joined = sum(backbone.channels)
        self.backbone = backbone
        self.pyramid = Pyramid(joined) if head == "v2p" else None
        channels = 256 if head == "v2p" else joined
        self.last_layer = nn.Sequential(
            *conv_bn_relu(channels, channels, 1, bias=True), nn.Conv2d(channels, num_classes, 1)
        )
        for part in (self.pyramid, self.last_layer):
            if part is not None:
                initialise(part)

    def segment(self, x: Tensor) -> NetworkOutput:
        joined = _joined(self.backbone(x))
        if self.pyramid is not None:
            joined = self.pyramid(joined)
        return NetworkOutput(self.last_layer(joined))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of HRNet/HRNet-Semantic-Segmentation."""
        if re.match(r"(conv\d|bn\d|layer1|transition\d|stage\d)\.", key):
            return f"backbone.hrnet.{key}"
        return key


def _joined(branches: Sequence[Tensor]) -> Tensor:
    size = branches[0].shape[-2:]
    return torch.cat([resize(branch, size, align_corners=True) for branch in branches], dim=1)


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "hrnet_w48",
    pretrained: bool = False,
    head: Head = "v2",
) -> HRNet:
    """HRNet with the *head* ``"v1"``, ``"v2"`` or ``"v2p"``; *backbone* is ``hrnet_w18``, ``hrnet_w32``, ``hrnet_w48``.

    Raises :class:`~segstudio.core.errors.OptionError` for another head.
    """
    check_choice("hrnet", "head", head, ("v1", "v2", "v2p"))
    encoder = HRNetEncoder(backbone or "hrnet_w48", in_channels, finest_only=head == "v1", pretrained=pretrained)
    return HRNet(num_classes, in_channels, encoder, head)
