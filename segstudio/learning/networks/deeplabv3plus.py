"""DeepLab v3+: Chen, Zhu, Papandreou, Schroff, Adam, "Encoder-Decoder with Atrous Separable Convolution for Semantic
Image Segmentation", ECCV 2018."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import ResNetEncoder, XceptionEncoder, check_multi_grid, renamed
from segstudio.learning.networks.layers import ASPP, check_choice, conv_bn_relu, initialise, resize, separable_conv

# jfzhang95/pytorch-deeplab-xception; the names here are VainF's, whose ResNets are called as torchvision's
_OFFICIAL = {
    **{f"aspp.aspp{i + 1}.atrous_conv.": f"classifier.aspp.convs.{i}.0." for i in range(4)},
    **{f"aspp.aspp{i + 1}.bn.": f"classifier.aspp.convs.{i}.1." for i in range(4)},
    "aspp.global_avg_pool.": "classifier.aspp.convs.4.",
    "aspp.conv1.": "classifier.aspp.project.0.",
    "aspp.bn1.": "classifier.aspp.project.1.",
    "decoder.conv1.": "classifier.project.0.",
    "decoder.bn1.": "classifier.project.1.",
    # dropout stands between the decoder's convolutions there
    **{f"decoder.last_conv.{there}.": f"classifier.classifier.{here}." for there, here in ((4, 3), (5, 4), (8, 6))},
    "decoder.last_conv.": "classifier.classifier.",
}


class Decoder(nn.Module):
    """Pyramid pooling of the coarse features, joined with the fine ones (section 3.1 and figure 2)."""

    def __init__(
        self, fine: int, coarse: int, num_classes: int, rates: Sequence[int], *, convolutions: int, separable: bool
    ) -> None:
        super().__init__()
        self.project = conv_bn_relu(fine, 48, 1)
        self.aspp = ASPP(coarse, 256, rates, separable=separable, dropout=0.1)
        layers: list[nn.Module] = []
        for index in range(convolutions):
            depth = 304 if index == 0 else 256
            layers.extend(separable_conv(depth, 256) if separable else conv_bn_relu(depth, 256))
        self.classifier = nn.Sequential(*layers, nn.Conv2d(256, num_classes, 1))
        initialise(self)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        fine = self.project(fine)
        pooled = resize(self.aspp(coarse), fine.shape[-2:])
        logits: Tensor = self.classifier(torch.cat([fine, pooled], dim=1))
        return logits


class DeepLabV3Plus(SegmentationNetwork):
    """An encoder at output stride 16 or 8 and a decoder at stride 4."""

    def __init__(
        self, num_classes: int, in_channels: int, backbone: ResNetEncoder | XceptionEncoder, classifier: Decoder
    ) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        self.classifier = classifier

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        return NetworkOutput(self.classifier(features[0], features[-1]))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Checkpoints of VainF (with ``decoder_convolutions=1``) and jfzhang95 load, on ResNets."""
        return renamed(key, _OFFICIAL)


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "resnet101",
    pretrained: bool = False,
    output_stride: int = 16,
    multi_grid: Sequence[int] = (1, 2, 4),
    separable: bool = False,
    decoder_convolutions: int = 2,
) -> DeepLabV3Plus:
    """DeepLab v3+ on a ResNet or on ``xception65``.

    *separable* makes the convolutions of pyramid and decoder depthwise separable and, on Xception, takes the fine
    features where the authors' release does. *multi_grid* is for ResNets. *decoder_convolutions* are the 3x3
    convolutions of the decoder: two in the paper (table 2).

    Raises :class:`~segstudio.core.errors.OptionError` for an *output_stride* other than 8 and 16 and for a
    *multi_grid* or *decoder_convolutions* that make no sense.
    """
    check_choice("deeplabv3plus", "output_stride", output_stride, (8, 16))
    check_choice("deeplabv3plus", "decoder_convolutions", decoder_convolutions, (1, 2, 3))
    check_multi_grid("deeplabv3plus", multi_grid)
    encoder: ResNetEncoder | XceptionEncoder
    if backbone == "xception65":
        encoder = XceptionEncoder(
            in_channels, output_stride=output_stride, before_stride=separable, pretrained=pretrained
        )
    else:
        encoder = ResNetEncoder(
            backbone or "resnet101",
            in_channels,
            output_stride=output_stride,
            multi_grid=multi_grid,
            pretrained=pretrained,
        )
    rates = [rate * 16 // output_stride for rate in (6, 12, 18)]
    head = Decoder(
        encoder.channels[0],
        encoder.channels[-1],
        num_classes,
        rates,
        convolutions=decoder_convolutions,
        separable=separable,
    )
    network = DeepLabV3Plus(num_classes, in_channels, encoder, head)
    network.multiple = network.output_stride = output_stride
    return network
