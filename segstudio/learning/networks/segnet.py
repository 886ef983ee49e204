"""SegNet (Badrinarayanan, Kendall, Cipolla 2017): unpooling by the indices of the maxima."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import torchvision_weights
from segstudio.learning.networks.layers import conv_bn_relu, initialise, transplant

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Of each encoder level; the decoder's are as many, in reverse."""
WIDTHS = (64, 128, 256, 512, 512)


def build(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    width: int = 64,
) -> SegNet:
    network = SegNet(num_classes, in_channels, width=width)
    if pretrained:
        if width != WIDTHS[0]:
            raise OptionError(f"segnet: pretrained weights are for width {WIDTHS[0]}, not {width}")
        transplant(network, torchvision_weights("vgg16_bn"))
    return network


class SegNet(SegmentationNetwork):
    """VGG16's thirteen convolutions and their mirror image, batch normalisation and ReLU after all but the last.

    A pooling remembers where its maxima stood, and the decoder puts its values back there (section 3); rows and columns
    that an odd size leaves over come back empty. *width* is the first level's channels.
    """

    def __init__(self, num_classes: int, in_channels: int, *, width: int = 64) -> None:
        super().__init__(num_classes, in_channels)
        widths = [channels * width // WIDTHS[0] for channels in WIDTHS]
        self.encoder = nn.ModuleList(
            _convolutions([before] + [after] * count)
            for before, after, count in zip([in_channels, *widths[:-1]], widths, CONVOLUTIONS, strict=True)
        )
        self.decoder = nn.ModuleList(
            _convolutions([before] * count + after)
            for before, after, count in zip(
                widths[::-1], [[width] for width in widths[-2::-1]] + [[]], CONVOLUTIONS[::-1], strict=True
            )
        )
        self.head = nn.Conv2d(widths[0], num_classes, 3, padding=1)
        initialise(self)

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.encoder.parameters())

    def segment(self, x: Tensor) -> NetworkOutput:
        maxima: list[tuple[Tensor, tuple[int, int]]] = []
        for block in self.encoder:
            x = block(x)
            size = (int(x.shape[-2]), int(x.shape[-1]))
            x, indices = F.max_pool2d(x, 2, return_indices=True)
            maxima.append((indices, size))
        for block in self.decoder:
            indices, size = maxima.pop()
            x = block(F.max_unpool2d(x, indices, [2, 2], output_size=list(size)))
        return NetworkOutput(self.head(x))

    def official_key(self, key: str) -> str | None:
        """torchvision's ``vgg16_bn``, whose layers stand in one row with the poolings."""
        if key.startswith("classifier."):
            return None
        if not key.startswith("features."):
            return key
        _, position, rest = key.split(".", 2)
        place = int(position)
        for level, count in enumerate(CONVOLUTIONS):
            if place < 3 * count:
                return f"encoder.{level}.{place}.{rest}"
            place -= 3 * count + 1
        return key


def _convolutions(channels: list[int]) -> nn.Sequential:
    """3x3 convolutions with batch normalisation and ReLU, from each of *channels* to the next."""
    layers = [layer for pair in pairwise(channels) for layer in conv_bn_relu(*pair, bias=True)]
    return nn.Sequential(*layers)
