"""U²-Net (Qin et al. 2020): a U of residual U-blocks for salient objects, and its small version."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.layers import BatchNorm2d, initialise, resize

STAGES = ("stage1", "stage2", "stage3", "stage4", "stage5", "stage6")
HEIGHTS = {"stage1": 7, "stage2": 6, "stage3": 5, "stage4": 4, "stage5": 0, "stage6": 0}
"""Steps of each stage's block; 0 is the block that dilates instead of pooling (RSU-4F)."""

# (in, mid, out) of each stage, the encoder's from the top down and the decoder's from the bottom up (table 1)
FULL = {
    "stage1": (3, 32, 64),
    "stage2": (64, 32, 128),
    "stage3": (128, 64, 256),
    "stage4": (256, 128, 512),
    "stage5": (512, 256, 512),
    "stage6": (512, 256, 512),
    "stage5d": (1024, 256, 512),
    "stage4d": (1024, 128, 256),
    "stage3d": (512, 64, 128),
    "stage2d": (256, 32, 64),
    "stage1d": (128, 16, 64),
}
SMALL = {name: (3 if name == "stage1" else 128 if name.endswith("d") else 64, 16, 64) for name in FULL}


def build(num_classes: int, in_channels: int, *, backbone: str | None = None, pretrained: bool = False) -> U2Net:
    return U2Net(num_classes, in_channels, FULL)


def build_small(num_classes: int, in_channels: int, *, backbone: str | None = None, pretrained: bool = False) -> U2Net:
    return U2Net(num_classes, in_channels, SMALL)


class U2Net(SegmentationNetwork):
    """Six encoder and five decoder stages, a side head at each decoder level and the deepest encoder, and their fusion.

    The fused map is the output; ``aux`` holds the six side maps from the finest to the coarsest. The loss is their
    plain sum (eq. 1, all weights 1). Layers bear the names of the published weights.
    """

    task = "saliency"
    aux_weights = (1.0,) * 6

    def __init__(self, num_classes: int, in_channels: int, stages: dict[str, tuple[int, int, int]]) -> None:
        super().__init__(num_classes, in_channels)
        for name, (before, mid, after) in stages.items():
            height = HEIGHTS[name.removesuffix("d")]
            before = in_channels if name == "stage1" else before
            self.add_module(name, RSU(height, before, mid, after) if height else DilatedRSU(before, mid, after))
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        sides = [stages[f"stage{k}d"][2] for k in range(1, 6)] + [stages["stage6"][2]]
        for k, channels in enumerate(sides, start=1):
            self.add_module(f"side{k}", nn.Conv2d(channels, num_classes, 3, padding=1))
        self.outconv = nn.Conv2d(6 * num_classes, num_classes, 1)
        initialise(self)

    def segment(self, x: Tensor) -> NetworkOutput:
        encoded: list[Tensor] = []
        for name in STAGES:
            x = self.get_submodule(name)(self.pool(x) if encoded else x)
            encoded.append(x)
        decoded = [encoded.pop()]
        while encoded:
            skip = encoded.pop()
            name = f"stage{len(encoded) + 1}d"
            below = resize(decoded[-1], skip.shape[-2:])
            decoded.append(self.get_submodule(name)(torch.cat([below, skip], dim=1)))
        maps = [self.get_submodule(f"side{k}")(x) for k, x in enumerate(reversed(decoded), start=1)]
        maps = [resize(side, maps[0].shape[-2:]) for side in maps]
        fused = self.outconv(torch.cat(maps, dim=1))
        return NetworkOutput(fused, tuple(maps) if self.training else ())


class _Conv(nn.Module):
    """3x3 convolution with bias, batch normalisation, ReLU, under the published names."""

    def __init__(self, before: int, after: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(before, after, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn_s1(self.conv_s1(x)))


class RSU(nn.Module):
    """Residual U-block of *height* steps (figure 2e): a small U on its input convolution, plus that input."""

    def __init__(self, height: int, before: int, mid: int, after: int) -> None:
        super().__init__()
        self.height = height
        self.rebnconvin = _Conv(before, after)
        for k in range(1, height + 1):
            self.add_module(f"rebnconv{k}", _Conv(after if k == 1 else mid, mid, 2 if k == height else 1))
        for k in range(height - 1, 0, -1):
            self.add_module(f"rebnconv{k}d", _Conv(2 * mid, after if k == 1 else mid))
        self.pool = nn.MaxPool2d(2, ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        source = self.rebnconvin(x)
        skips: list[Tensor] = []
        x = source
        for k in range(1, self.height):
            x = self.get_submodule(f"rebnconv{k}")(self.pool(x) if skips else x)
            skips.append(x)
        x = self.get_submodule(f"rebnconv{self.height}")(x)
        for k in range(self.height - 1, 0, -1):
            skip = skips.pop()
            x = self.get_submodule(f"rebnconv{k}d")(torch.cat([resize(x, skip.shape[-2:]), skip], dim=1))
        out: Tensor = x + source
        return out


class DilatedRSU(nn.Module):
    """RSU-4F: the block for the lowest resolutions, which dilates by 1, 2, 4, 8 where the others pool."""

    def __init__(self, before: int, mid: int, after: int) -> None:
        super().__init__()
        self.rebnconvin = _Conv(before, after)
        self.rebnconv1 = _Conv(after, mid, 1)
        self.rebnconv2 = _Conv(mid, mid, 2)
        self.rebnconv3 = _Conv(mid, mid, 4)
        self.rebnconv4 = _Conv(mid, mid, 8)
        self.rebnconv3d = _Conv(2 * mid, mid, 4)
        self.rebnconv2d = _Conv(2 * mid, mid, 2)
        self.rebnconv1d = _Conv(2 * mid, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        source = self.rebnconvin(x)
        first = self.rebnconv1(source)
        second = self.rebnconv2(first)
        third = self.rebnconv3(second)
        x = self.rebnconv3d(torch.cat([self.rebnconv4(third), third], dim=1))
        x = self.rebnconv2d(torch.cat([x, second], dim=1))
        x = self.rebnconv1d(torch.cat([x, first], dim=1))
        out: Tensor = x + source
        return out
