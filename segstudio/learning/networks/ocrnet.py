"""OCRNet: Yuan, Chen, Wang, "Object-Contextual Representations for Semantic Segmentation", ECCV 2020."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import HRNetEncoder, ResNetEncoder, renamed
from segstudio.learning.networks.layers import conv_bn_relu, initialise, resize


class ObjectContext(nn.Module):
    """Pixels attend to one vector per class, gathered where the coarse scores see that class (section 3.2).

    Takes pixels ``(N, C, H, W)`` and coarse logits ``(N, K, H, W)``, returns ``(N, C, H, W)``.
    """

    def __init__(self, channels: int, keys: int, *, bias: bool) -> None:
        super().__init__()
        self.keys = keys
        self.pixel = nn.Sequential(*conv_bn_relu(channels, keys, 1, bias=bias), *conv_bn_relu(keys, keys, 1, bias=bias))
        self.region = nn.Sequential(
            *conv_bn_relu(channels, keys, 1, bias=bias), *conv_bn_relu(keys, keys, 1, bias=bias)
        )
        self.value = conv_bn_relu(channels, keys, 1, bias=bias)
        self.spread = conv_bn_relu(keys, channels, 1, bias=bias)
        self.join = nn.Sequential(*conv_bn_relu(2 * channels, channels, 1, bias=bias), nn.Dropout2d(0.05))

    def forward(self, pixels: Tensor, coarse: Tensor) -> Tensor:
        regions = gather_regions(pixels, coarse)
        query = self.pixel(pixels).flatten(2).transpose(1, 2)
        key = self.region(regions).flatten(2)
        value = self.value(regions).flatten(2).transpose(1, 2)
        relation = torch.softmax(query @ key * self.keys**-0.5, dim=-1)  # eq. 4
        context = (relation @ value).transpose(1, 2).unflatten(2, pixels.shape[-2:])  # eq. 3
        joined: Tensor = self.join(torch.cat([self.spread(context), pixels], dim=1))  # eq. 5
        return joined


def gather_regions(pixels: Tensor, coarse: Tensor) -> Tensor:
    """Each class's mean of *pixels*, weighed by its softmax over all positions: ``(N, C, K, 1)`` (eq. 2)."""
    weights = torch.softmax(coarse.flatten(2), dim=2)
    return (pixels.flatten(2) @ weights.transpose(1, 2)).unsqueeze(3)


class OCRNet(SegmentationNetwork):
    """A backbone, coarse scores from its auxiliary head, and the scores of pixels in the context of their regions.

    On HRNet both heads see the joined branches; on a ResNet of output stride 8 the coarse scores come from stage 3.
    """

    align_corners = True
    aux_weights = (0.4,)

    def __init__(self, num_classes: int, in_channels: int, backbone: HRNetEncoder | ResNetEncoder) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        self.joins = isinstance(backbone, HRNetEncoder)
        depth = sum(backbone.channels) if self.joins else backbone.channels[-1]
        self.reduce = conv_bn_relu(depth, 512, bias=True)
        self.context = ObjectContext(512, 256, bias=not self.joins)
        self.classifier = nn.Conv2d(512, num_classes, 1)
        if self.joins:
            self.aux_classifier = nn.Sequential(
                *conv_bn_relu(depth, depth, 1, bias=True), nn.Conv2d(depth, num_classes, 1)
            )
        else:
            self.aux_classifier = nn.Sequential(
                *conv_bn_relu(backbone.channels[-2], 512, bias=True), nn.Dropout2d(0.05), nn.Conv2d(512, num_classes, 1)
            )
        for part in (self.reduce, self.context, self.classifier, self.aux_classifier):
            initialise(part)

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        before = after = features[-1]
        if self.joins:
            size = features[0].shape[-2:]
            before = after = torch.cat([resize(f, size, align_corners=True) for f in features], dim=1)
        else:
            before = features[-2]
        coarse = self.aux_classifier(before)
        logits = self.classifier(self.context(self.reduce(after), coarse))
        return NetworkOutput(logits, (coarse,) if self.training else ())

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of HRNet/HRNet-Semantic-Segmentation with OCR and, on a ResNet, of openseg.

        The last layer of an HRNet without OCR becomes the auxiliary head, as its authors start training.
        """
        if self.joins and re.match(r"(conv\d|bn\d|layer1|transition\d|stage\d)\.", key):
            return f"backbone.hrnet.{key}"
        if not self.joins:
            key = _resnet_name(key, deep=isinstance(self.backbone.conv1, nn.Sequential))
        key = re.sub(r"^(ocr_distri_head|spatial_ocr_head)\.", "context.", renamed(key, _HEADS))
        # a normalisation and its ReLU are one module there
        key = re.sub(r"^(reduce|aux_classifier)\.(\d)\.0\.(?=\w+$)", r"\1.\2.", key)
        part = re.match(r"context\.(object_context_block\.f_(\w+)|conv_bn_dropout)\.(\d)\.(?:0\.)?", key)
        if part:
            place = {"0": 0, "1": 1, "2": 3, "3": 4}[part[3]]
            return f"context.{_PARTS.get(part[2], 'join')}.{place}.{key[part.end() :]}"
        return key


_HEADS = {
    "conv3x3_ocr.": "reduce.",
    "conv_3x3.": "reduce.",
    "cls_head.": "classifier.",
    "head.": "classifier.",
    "aux_head.": "aux_classifier.",
    "dsn_head.3.": "aux_classifier.4.",
    "dsn_head.": "aux_classifier.",
    "last_layer.": "aux_classifier.",
}
_PARTS = {"pixel": "pixel", "object": "region", "down": "value", "up": "spread"}


def _resnet_name(key: str, *, deep: bool) -> str:
    if not deep:
        return key.replace("backbone.resinit.", "backbone.", 1)
    stem = {
        "conv1": "conv1.0",
        "bn1": "conv1.1",
        "conv2": "conv1.3",
        "bn2": "conv1.4",
        "conv3": "conv1.6",
        "bn3": "bn1",
    }
    return renamed(key, {f"backbone.resinit.{there}.": f"backbone.{here}." for there, here in stem.items()})


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "hrnet_w48",
    pretrained: bool = False,
    deep_stem: bool = False,
) -> OCRNet:
    """OCRNet on an HRNet or a ResNet; *deep_stem* gives a ResNet three 3x3 convolutions in front."""
    name = backbone or "hrnet_w48"
    encoder: HRNetEncoder | ResNetEncoder
    if name.startswith("hrnet"):
        encoder = HRNetEncoder(name, in_channels, pretrained=pretrained)
        network = OCRNet(num_classes, in_channels, encoder)
        network.multiple = 32
        return network
    encoder = ResNetEncoder(
        name, in_channels, output_stride=8, gradual=True, deep_stem=deep_stem, pretrained=pretrained
    )
    network = OCRNet(num_classes, in_channels, encoder)
    network.multiple, network.remainder = 8, 1
    return network
