"""RefineNet: Lin, Milan, Shen, Reid, "RefineNet: Multi-Path Refinement Networks for High-Resolution Semantic
Segmentation", CVPR 2017. The cascade of four blocks (figure 2c)."""

from __future__ import annotations

import re

from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import ResNetEncoder
from segstudio.learning.networks.layers import resize


def _conv3x3(before: int, after: int, *, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1, bias=bias)


_OFFICIAL = (
    (r"p_ims1d2_outl(\d)_dimred", "blocks.{0}.reduce"),
    (r"adapt_stage(\d)_b\.0\.(\d)_conv_relu_varout_dimred", "blocks.{0}.adapt.{1}.conv2"),
    (r"adapt_stage(\d)_b\.0\.(\d)_conv", "blocks.{0}.adapt.{1}.conv1"),
    (r"adapt_stage(\d)_b2_joint_varout_dimred", "blocks.{0}.own"),
    (r"mflow_conv_g(\d)_pool\.0\.(\d)_outvar_dimred", "blocks.{0}.pool.convs.{1}"),
    (r"mflow_conv_g(\d)_b\.0\.(\d)_conv_relu_varout_dimred", "blocks.{0}.output.{1}.conv2"),
    (r"mflow_conv_g(\d)_b\.0\.(\d)_conv", "blocks.{0}.output.{1}.conv1"),
    (r"mflow_conv_g(\d)_b3_joint_varout_dimred", "blocks.{next}.coarser"),
    (r"clf_conv", "classifier"),
)
"""What the published weights call the parts; g1 and stage1 are the coarsest."""


class ResidualConvUnit(nn.Module):
    """Two convolutions, each after a ReLU, beside the identity (section 3.2, figure 3b)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _conv3x3(channels, channels, bias=True)
        self.conv2 = _conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.conv1(x.relu()).relu())
        return x + y


class ChainedResidualPooling(nn.Module):
    """Pools and convolutions in a chain, each link added to the sum of those before (section 3.2, figure 3d)."""

    def __init__(self, channels: int, links: int = 4) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.convs = nn.ModuleList(_conv3x3(channels, channels) for _ in range(links))

    def forward(self, x: Tensor) -> Tensor:
        total = x = x.relu()
        for convolution in self.convs:
            x = convolution(self.pool(x))
            total = total + x
        return total


class RefineBlock(nn.Module):
    """One RefineNet: adapts a stage of the backbone, fuses the coarser path, pools and convolves (figure 3a)."""

    def __init__(self, before: int, channels: int, coarser: int | None) -> None:
        super().__init__()
        self.reduce = _conv3x3(before, channels)
        self.adapt = nn.Sequential(*(ResidualConvUnit(channels) for _ in range(2)))
        # multi-resolution fusion: a convolution for each path; the coarsest block has one path and none
        self.own = None if coarser is None else _conv3x3(channels, channels)
        self.coarser = None if coarser is None else _conv3x3(coarser, channels)
        self.pool = ChainedResidualPooling(channels)
        self.output = nn.Sequential(*(ResidualConvUnit(channels) for _ in range(3)))

    def forward(self, stage: Tensor, coarser: Tensor | None) -> Tensor:
        x: Tensor = self.adapt(self.reduce(stage))
        if self.own is not None and self.coarser is not None and coarser is not None:
            x = self.own(x) + resize(self.coarser(coarser), x.shape[-2:], align_corners=True)
        y: Tensor = self.output(self.pool(x))
        return y


class RefineNet(SegmentationNetwork):
    """Four refinement blocks from the coarsest stage of a ResNet to the finest; scores at stride 4.

    The decoder has no batch normalisation. Sides are 32n + 1, so that all stages align at their corners.
    """

    multiple = 32
    remainder = 1
    align_corners = True

    def __init__(self, num_classes: int, in_channels: int, backbone: ResNetEncoder, width: int) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        stages = list(reversed(backbone.channels))
        widths = (2 * width, width, width, width)
        self.blocks = nn.ModuleList(
            RefineBlock(stage, width, coarser)
            for stage, width, coarser in zip(stages, widths, (None, *widths[:-1]), strict=True)
        )
        self.dropout = nn.Dropout(0.5)
        self.classifier = _conv3x3(widths[-1], num_classes, bias=True)

    def segment(self, x: Tensor) -> NetworkOutput:
        fine2, fine3, coarse3, coarse4 = self.backbone(x)
        path: Tensor | None = None
        stages = (self.dropout(coarse4), self.dropout(coarse3), fine3, fine2)
        for block, stage in zip(self.blocks, stages, strict=True):
            path = block(stage, path)
        return NetworkOutput(self.classifier(self.dropout(path)))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of the published weights on ResNets."""
        if re.match(r"(conv1|bn1|layer\d)\.", key):
            return f"backbone.{key}"
        for pattern, name in _OFFICIAL:
            match = re.match(pattern, key)
            if match:
                # counted from 1 there; the convolution that hands a path on belongs to the next block here
                numbers = [int(number) for number in match.groups()]
                here = name.format(*(number - 1 for number in numbers), next=next(iter(numbers), 0))
                return here + key[match.end() :]
        return key


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "resnet101",
    pretrained: bool = False,
    width: int = 256,
) -> RefineNet:
    """RefineNet on a ResNet, with *width* channels in the paths and twice that in the coarsest.

    Raises :class:`~segstudio.core.errors.OptionError` for a *width* below 1.
    """
    if not isinstance(width, int) or width < 1:
        raise OptionError(f"refinenet: width must be a whole number from 1 up, not {width!r}")
    encoder = ResNetEncoder(backbone or "resnet101", in_channels, pretrained=pretrained)
    return RefineNet(num_classes, in_channels, encoder, width)
