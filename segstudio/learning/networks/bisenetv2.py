"""BiSeNet V2: Yu, Gao, Wang, Yu, Shen, Sang, "BiSeNet V2: Bilateral Network with Guided Aggregation for Real-time
Semantic Segmentation", IJCV 2021."""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.layers import BatchNorm2d, conv_bn_relu, initialise

_EXPANSION = 6

_OFFICIAL = (
    *((rf"^detail\.S{n + 1}\.", f"detail.{n}.") for n in range(3)),
    *((rf"^segment\.{there}\.", f"semantic.stages.{n}.") for n, there in enumerate(("S3", "S4", "S5_4"))),
    *((rf"^aux{there}\.", f"boosters.{n}.") for n, there in enumerate(("2", "3", "4", "5_4"))),
    (r"^segment\.S1S2\.", "semantic.stem."),
    (r"^segment\.S5_5\.", "semantic.context."),
    (r"^bga\.", "aggregation."),
    (r"^(head|boosters\.\d)\.conv\.(conv|bn)\.", r"\1.conv.0.\2."),
    (r"\.conv_out\.0\.", ".enlarge."),
    (r"\.conv_out\.1\.", ".out."),
    # a convolution and its normalisation have names there, numbers here
    (r"\.conv\.(\w+)$", r".0.\1"),
    (r"(?<!context)\.bn\.(\w+)$", r".1.\1"),
)
"""Names of CoinCheung/BiSeNet, in order."""


def _conv_bn(before: int, after: int, kernel: int = 1, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return conv_bn_relu(before, after, kernel, stride=stride, groups=groups)[:2]


def _separable(channels: int) -> nn.Sequential:
    """A depthwise 3x3 convolution, normalised, and a pointwise one."""
    return nn.Sequential(
        *_conv_bn(channels, channels, 3, groups=channels), nn.Conv2d(channels, channels, 1, bias=False)
    )


class Stem(nn.Module):
    """A strided convolution, then convolutions and pooling side by side, to stride 4 (figure 4a)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = conv_bn_relu(in_channels, 16, stride=2)
        self.left = nn.Sequential(conv_bn_relu(16, 8, 1), conv_bn_relu(8, 16, stride=2))
        self.right = nn.MaxPool2d(3, stride=2, padding=1)
        self.fuse = conv_bn_relu(32, 16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        y: Tensor = self.fuse(torch.cat([self.left(x), self.right(x)], dim=1))
        return y


class GatherExpand(nn.Module):
    """Gather by a 3x3 convolution, expand depthwise, project; added to the input (figure 5b)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels * _EXPANSION
        self.conv1 = conv_bn_relu(channels, channels)
        self.dwconv = conv_bn_relu(channels, hidden, groups=channels)
        self.conv2 = _conv_bn(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.dwconv(self.conv1(x)))
        return (x + y).relu()


class GatherExpandDown(nn.Module):
    """The same at half the size and with other channels (figure 5c)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        hidden = before * _EXPANSION
        self.conv1 = conv_bn_relu(before, before)
        self.dwconv1 = _conv_bn(before, hidden, 3, stride=2, groups=before)
        self.dwconv2 = conv_bn_relu(hidden, hidden, groups=hidden)
        self.conv2 = _conv_bn(hidden, after)
        self.shortcut = nn.Sequential(*_conv_bn(before, before, 3, stride=2, groups=before), *_conv_bn(before, after))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.dwconv2(self.dwconv1(self.conv1(x))))
        total: Tensor = self.shortcut(x) + y
        return total.relu()


class ContextEmbedding(nn.Module):
    """The mean over the image added to every position (figure 4b)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = BatchNorm2d(channels)
        self.conv_gap = conv_bn_relu(channels, channels, 1)
        self.conv_last = conv_bn_relu(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        mean = self.conv_gap(self.bn(x.mean((2, 3), keepdim=True)))
        y: Tensor = self.conv_last(x + mean)
        return y


class SemanticBranch(nn.Module):
    """Narrow and deep, to stride 32; returns the maps of stride 4, 8, 16, 32 and the last with context (table 1)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.stem = Stem(in_channels)
        self.stages = nn.ModuleList(
            nn.Sequential(GatherExpandDown(before, after), *(GatherExpand(after) for _ in range(repeats)))
            for before, after, repeats in ((16, 32, 1), (32, 64, 1), (64, 128, 3))
        )
        self.context = ContextEmbedding(128)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return [*maps, self.context(maps[-1])]


class GuidedAggregation(nn.Module):
    """Each branch gated by the other at its own scale, then summed at the finer one (figure 6)."""

    def __init__(self, channels: int = 128) -> None:
        super().__init__()
        self.left1 = _separable(channels)
        self.left2 = nn.Sequential(*_conv_bn(channels, channels, 3, stride=2), nn.AvgPool2d(3, stride=2, padding=1))
        self.right1 = _conv_bn(channels, channels, 3)
        self.right2 = _separable(channels)
        self.conv = conv_bn_relu(channels, channels)

    def forward(self, detail: Tensor, semantic: Tensor) -> Tensor:
        size = detail.shape[-2:]
        fine = self.left1(detail) * F.interpolate(self.right1(semantic), size).sigmoid()
        coarse = self.left2(detail) * self.right2(semantic).sigmoid()
        y: Tensor = self.conv(fine + F.interpolate(coarse, size))
        return y


class Head(nn.Module):
    """Scores of one map (figure 7); a booster, used in training only, first doubles its size."""

    def __init__(self, before: int, hidden: int, num_classes: int, *, booster: int = 0) -> None:
        super().__init__()
        self.conv = nn.Sequential(conv_bn_relu(before, hidden), nn.Dropout(0.1))
        self.enlarge = nn.Sequential(nn.Upsample(scale_factor=2), conv_bn_relu(hidden, booster)) if booster else None
        self.out = nn.Conv2d(booster or hidden, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.enlarge is not None:
            x = self.enlarge(x)
        y: Tensor = self.out(x)
        return y


class BiSeNetV2(SegmentationNetwork):
    """A wide, shallow branch for detail and a narrow, deep one for semantics, aggregated; scores at stride 8.

    With *boosters* each stage of the semantic branch has a head of its own in training (section 4.4), all of weight 1.
    """

    multiple = 32

    def __init__(self, num_classes: int, in_channels: int, *, width: int, boosters: bool) -> None:
        super().__init__(num_classes, in_channels)
        self.detail = nn.Sequential(
            *(
                nn.Sequential(
                    conv_bn_relu(before, after, stride=2), *(conv_bn_relu(after, after) for _ in range(repeats))
                )
                for before, after, repeats in ((in_channels, 64, 1), (64, 64, 2), (64, 128, 2))
            )
        )
        self.semantic = SemanticBranch(in_channels)
        self.aggregation = GuidedAggregation()
        self.head = Head(128, width, num_classes)
        self.boosters = nn.ModuleList(
            Head(channels, 128, num_classes, booster=factor**2)
            for channels, factor in ((16, 4), (32, 8), (64, 16), (128, 32))
            if boosters
        )
        self.aux_weights = (1.0,) * len(self.boosters)
        initialise(self)

    def segment(self, x: Tensor) -> NetworkOutput:
        maps = self.semantic(x)
        logits = self.head(self.aggregation(self.detail(x), maps[-1]))
        if not self.training:
            return NetworkOutput(logits)
        return NetworkOutput(logits, tuple(head(m) for head, m in zip(self.boosters, maps, strict=False)))

    def official_key(self, key: str) -> str | None:
        """Names of CoinCheung/BiSeNet; its boosters are left out where this network has none."""
        if key.startswith("aux") and not self.boosters:
            return None
        for pattern, name in _OFFICIAL:
            key = re.sub(pattern, name, key)
        return key


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    width: int = 1024,
    boosters: bool = True,
) -> BiSeNetV2:
    """BiSeNet V2 with *width* channels before the scores. It has no backbone: *pretrained* has nothing to load."""
    if width < 1:
        raise OptionError(f"bisenetv2: width must be at least 1, not {width!r}")
    return BiSeNetV2(num_classes, in_channels, width=width, boosters=boosters)
