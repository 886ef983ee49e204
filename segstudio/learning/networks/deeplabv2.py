"""DeepLab v2: Chen, Papandreou, Kokkinos, Murphy, Yuille, "DeepLab: Semantic Image Segmentation with Deep Convolutional
Nets, Atrous Convolution, and Fully Connected CRFs", TPAMI 2018."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import DilatedVGG16, ResNetEncoder
from segstudio.learning.networks.layers import initialise, resize

_SMALLER = (0.75, 0.5)
"""The scales beside the image's own (section 4.1.2, "multi-scale inputs with fusion")."""

# kazuto1011/deeplab-pytorch calls the parts of a bottleneck by what they do
_PARTS = {"reduce": "1", "conv3x3": "2", "increase": "3"}
_SHORTCUTS = ("shortcut", "proj")
_KINDS = {"conv": "0", "bn": "1"}


class SummedASPP(nn.Module):
    """Parallel dilated convolutions that score and whose scores are summed (section 3.2, figure 7).

    A branch is one 3x3 convolution; with *hidden* channels it is 3x3, 1x1 and the scoring 1x1, each but the last with
    ReLU and dropout (ASPP on VGG-16). The scoring layers are drawn from N(0, 0.01).
    """

    def __init__(self, channels: int, num_classes: int, rates: Sequence[int], *, hidden: int = 0) -> None:
        super().__init__()
        for index, rate in enumerate(rates):
            self.add_module(f"c{index}", self._branch(channels, num_classes, rate, hidden))

    @staticmethod
    def _branch(channels: int, num_classes: int, rate: int, hidden: int) -> nn.Module:
        if not hidden:
            return _scoring(nn.Conv2d(channels, num_classes, 3, padding=rate, dilation=rate))
        convolutions = nn.Conv2d(channels, hidden, 3, padding=rate, dilation=rate), nn.Conv2d(hidden, hidden, 1)
        layers: list[nn.Module] = []
        for convolution in convolutions:
            initialise(convolution)
            layers += [convolution, nn.ReLU(inplace=True), nn.Dropout(0.5)]
        return nn.Sequential(*layers, _scoring(nn.Conv2d(hidden, num_classes, 1)))

    def forward(self, x: Tensor) -> Tensor:
        first, *others = (branch(x) for branch in self.children())
        total: Tensor = first
        for scores in others:
            total = total + scores
        return total


def _scoring(layer: nn.Conv2d) -> nn.Conv2d:
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one
    return layer


class DeepLabV2(SegmentationNetwork):
    """A backbone at output stride 8 and ASPP; with *multi_scale* over three sizes of the image with shared weights.

    The scores of the scales are fused by their maximum at each pixel. In train mode ``aux`` then holds the scores of
    each scale, all of weight 1: the paper adds supervision to each. Sides are 8n + 1.
    """

    multiple = 8
    remainder = 1
    align_corners = True

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        backbone: ResNetEncoder | DilatedVGG16,
        aspp: SummedASPP,
        *,
        multi_scale: bool,
    ) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        self.aspp = aspp
        self.smaller = _SMALLER if multi_scale else ()
        self.aux_weights = (1.0,) * (1 + len(_SMALLER)) if multi_scale else ()

    def _scores(self, x: Tensor) -> Tensor:
        scores: Tensor = self.aspp(self.backbone(x)[-1])
        return scores

    def segment(self, x: Tensor) -> NetworkOutput:
        scores = [self._scores(x)]
        for scale in self.smaller:
            size = [int(side * scale) for side in x.shape[-2:]]
            scores.append(self._scores(resize(x, size, align_corners=True)))
        fused = scores[0]
        for smaller in scores[1:]:
            fused = torch.maximum(fused, resize(smaller, fused.shape[-2:], align_corners=True))
        return NetworkOutput(fused, tuple(scores) if self.training and self.smaller else ())

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of kazuto1011/deeplab-pytorch (ResNet-101) and of the released VGG-16 prototxt's convolutions."""
        key = key.removeprefix("scale.").replace("aspp.stages.", "aspp.")  # older versions of that release
        if key.startswith("conv") and isinstance(self.backbone, DilatedVGG16):
            return f"backbone.{key}"
        stem = re.fullmatch(r"layer1\.conv1\.(conv|bn)\.(.+)", key)
        if stem:
            return f"backbone.{stem[1]}1.{stem[2]}"
        block = re.fullmatch(r"layer(\d)\.block(\d+)\.(\w+)\.(conv|bn)\.(.+)", key)
        if not block:
            return key
        stage, number, part, kind, rest = block.groups()
        name = f"downsample.{_KINDS[kind]}" if part in _SHORTCUTS else f"{kind}{_PARTS.get(part, part)}"
        return f"backbone.layer{int(stage) - 1}.{int(number) - 1}.{name}.{rest}"


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "resnet101",
    pretrained: bool = False,
    rates: Sequence[int] = (6, 12, 18, 24),
    multi_scale: bool = False,
) -> DeepLabV2:
    """DeepLab v2 on a ResNet (strides where the first released ResNets had them) or on ``vgg16``.

    The default *rates* are ASPP-L; (2, 4, 8, 12) are ASPP-S, (12,) is LargeFOV. Raises
    :class:`~segstudio.core.errors.OptionError` for *rates* that are not positive whole numbers.
    """
    if not rates or any(not isinstance(rate, int) or rate < 1 for rate in rates):
        raise OptionError(f"deeplabv2: rates must be a list of positive whole numbers, not {rates!r}")
    encoder: ResNetEncoder | DilatedVGG16
    if backbone == "vgg16":
        encoder = DilatedVGG16(in_channels, pretrained=pretrained)
        aspp = SummedASPP(encoder.channels[-1], num_classes, rates, hidden=1024)
    else:
        encoder = ResNetEncoder(
            backbone or "resnet101", in_channels, output_stride=8, caffe=True, pretrained=pretrained
        )
        aspp = SummedASPP(encoder.channels[-1], num_classes, rates)
    return DeepLabV2(num_classes, in_channels, encoder, aspp, multi_scale=multi_scale)
