"""U-Net (Ronneberger, Fischer, Brox 2015), with unpadded convolutions as published or padded ones."""

from __future__ import annotations

from typing import get_args

from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.layers import (
    BatchNorm2d,
    Down,
    Up,
    check_choice,
    crop_and_concatenate,
    downsampling,
    initialise,
    mirror_pad,
    upsampling,
)


def build(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    valid: bool = False,
    width: int = 64,
    depth: int = 4,
    batch_norm: bool = False,
    down: Down = "max_pool",
    up: Up = "transposed",
    dropout: float = 0.0,
) -> UNet:
    check_choice("unet", "down", down, get_args(Down))
    check_choice("unet", "up", up, get_args(Up))
    if width < 1 or depth < 1:
        raise OptionError(f"unet: width and depth must be at least 1, not {width} and {depth}")
    return UNet(
        num_classes,
        in_channels,
        valid=valid,
        width=width,
        depth=depth,
        batch_norm=batch_norm,
        down=down,
        up=up,
        dropout=dropout,
    )


class UNet(SegmentationNetwork):
    """Contracting and expanding path of *depth* steps, *width* channels at the top, doubled at each step.

    With *valid* no convolution pads: a tile of 572 x 572 gives 388 x 388 (figure 1 of the paper), which is
    :meth:`valid_map`. ``forward`` continues the image by reflection around it (section 3, "overlap-tile"), so that the
    output has the input's size. *dropout* acts at the end of the contracting path (section 3.1).
    """

    output_stride = 1  # an unpadded tile's output is smaller, not coarser

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        *,
        valid: bool = False,
        width: int = 64,
        depth: int = 4,
        batch_norm: bool = False,
        down: Down = "max_pool",
        up: Up = "transposed",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(num_classes, in_channels)
        self.valid = valid
        self.depth = depth
        widths = [width * 2**level for level in range(depth + 1)]
        padding = 0 if valid else 1
        self.contracting = nn.ModuleList(
            _double(before, after, padding, batch_norm)
            for before, after in zip([in_channels, *widths[:-1]], widths, strict=True)
        )
        self.down = nn.ModuleList(downsampling(down, channels) for channels in widths[:-1])
        self.dropout = nn.Dropout(dropout)
        self.up = nn.ModuleList(
            upsampling(up, below, above) for below, above in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.expanding = nn.ModuleList(_double(2 * above, above, padding, batch_norm) for above in widths[-2::-1])
        self.head = nn.Conv2d(width, num_classes, 1)
        initialise(self)

    @property
    def margin(self) -> int:
        """Pixels at each side of an input tile that its output tile lacks: 92 for the paper's, 0 with padding."""
        # two unpadded 3x3 convolutions take 2 pixels of their level at each side; those of the contracting path are
        # met at levels 0..depth, those of the expanding one at 0..depth-1
        levels = 1 << self.depth
        return 2 * (2 * levels - 1) + 2 * (levels - 1) if self.valid else 0

    def tile_size(self, output: int) -> int:
        """The smallest side of an input tile whose output tile has at least *output* pixels: 572 for 388."""
        levels = 1 << self.depth
        # what the convolutions above the bottom take; the rest is halved *depth* times, so it must be a multiple
        taken = 4 * (levels - 1) if self.valid else 0
        size = output + 2 * self.margin
        return size + (taken - size) % levels

    def padded_size(self, side: int) -> int:
        """A side that the path can halve; with *valid*, one of an input tile, whose output is smaller."""
        return self.tile_size(max(1, side - 2 * self.margin))

    def forward(self, x: Tensor) -> NetworkOutput:
        if not self.valid:
            return super().forward(x)
        height, width = int(x.shape[-2]), int(x.shape[-1])
        extra_h = self.tile_size(height) - height - 2 * self.margin
        extra_w = self.tile_size(width) - width - 2 * self.margin
        x = mirror_pad(x, self.margin, self.margin + extra_h, self.margin, self.margin + extra_w)
        return NetworkOutput(self.valid_map(x)[..., :height, :width])

    def segment(self, x: Tensor) -> NetworkOutput:
        return NetworkOutput(self.valid_map(x))

    def valid_map(self, x: Tensor) -> Tensor:
        """The network itself, without padding around the tile: ``(N, C, 572, 572)`` to ``(N, K, 388, 388)``.

        Sides must be of those that :meth:`tile_size` gives.
        """
        skips = []
        for block, down in zip(self.contracting[:-1], self.down, strict=True):
            x = block(x)
            skips.append(x)
            x = down(x)
        x = self.dropout(self.contracting[-1](x))
        for up, block in zip(self.up, self.expanding, strict=True):
            x = block(crop_and_concatenate(skips.pop(), up(x)))
        logits: Tensor = self.head(x)
        return logits


def _double(before: int, after: int, padding: int, batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers.append(nn.Conv2d(channels, after, 3, padding=padding, bias=not batch_norm))
        if batch_norm:
            layers.append(BatchNorm2d(after))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
