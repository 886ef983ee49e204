"""Fully convolutional networks (Long, Shelhamer, Darrell 2015): FCN-32s, 16s and 8s."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torchvision.models import VGG, AlexNet, GoogLeNet

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import torchvision_weights
from segstudio.learning.networks.layers import bilinear_deconvolution, convolution_from_linear, initialise, transplant

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""VGG16's, of each level."""
WIDTHS = (64, 128, 256, 512, 512)
FC_WIDTH = 4096

POOL4_SCALE, POOL3_SCALE = 0.01, 0.0001
"""By which the at-once 8s and 16s damp the finer poolings, whose values are larger."""


def build_32s(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = "vgg16",
    pretrained: bool = False,
    width: int = WIDTHS[0],
    fc_width: int = FC_WIDTH,
    dropout: float = 0.5,
) -> SegmentationNetwork:
    if backbone == "vgg16":
        return _build_vgg(32, num_classes, in_channels, pretrained, width, fc_width, dropout, False)
    if width != WIDTHS[0] or fc_width != FC_WIDTH:
        raise OptionError(f"fcn32s: width and fc_width belong to the backbone vgg16, not to {backbone}")
    network: FCNAlexNet | FCNGoogLeNet
    match backbone:
        case "alexnet":
            network = FCNAlexNet(num_classes, in_channels, dropout=dropout)
            if pretrained:
                transplant(network, torchvision_weights("alexnet"))
        case "caffenet":
            if pretrained:
                raise OptionError("fcn32s: nobody serves weights for caffenet; choose alexnet, or load a file")
            network = FCNAlexNet(num_classes, in_channels, caffe=True, dropout=dropout)
        case _:
            network = FCNGoogLeNet(num_classes, in_channels)
            if pretrained:
                # torchvision rescales the images for these; the first batch normalisation takes that up
                transplant(network, torchvision_weights("googlenet"))
    return network


def build_16s(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    width: int = WIDTHS[0],
    fc_width: int = FC_WIDTH,
    dropout: float = 0.5,
    at_once: bool = False,
) -> FCNVGG16:
    return _build_vgg(16, num_classes, in_channels, pretrained, width, fc_width, dropout, at_once)


def build_8s(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    width: int = WIDTHS[0],
    fc_width: int = FC_WIDTH,
    dropout: float = 0.5,
    at_once: bool = False,
) -> FCNVGG16:
    return _build_vgg(8, num_classes, in_channels, pretrained, width, fc_width, dropout, at_once)


def _build_vgg(
    stride: int,
    num_classes: int,
    in_channels: int,
    pretrained: bool,
    width: int,
    fc_width: int,
    dropout: float,
    at_once: bool,
) -> FCNVGG16:
    network = FCNVGG16(
        num_classes, in_channels, stride=stride, width=width, fc_width=fc_width, dropout=dropout, at_once=at_once
    )
    if pretrained:
        if (width, fc_width) != (WIDTHS[0], FC_WIDTH):
            raise OptionError(
                f"fcn{stride}s: pretrained weights are for width {WIDTHS[0]} and fc_width {FC_WIDTH}, "
                f"not {width} and {fc_width}"
            )
        transplant(network, torchvision_weights("vgg16"))
    return network


class FCNVGG16(SegmentationNetwork):
    """VGG16 with its fully connected layers as convolutions, scores at *stride* 32, 16 or 8, bilinear enlargement.

    The first convolution pads by 100 pixels, so that fc6 finds a place on any image; each enlarged map is cropped where
    it lies over the image (the published offsets). Scores begin at zero; the deconvolutions interpolate bilinearly and
    are not trained. Layers bear the names of the published weights. *width* and *fc_width* are the channels of conv1
    and of fc6 and fc7; *at_once* damps the finer poolings, for training all strides together (section 4.3).
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        *,
        stride: int,
        width: int = WIDTHS[0],
        fc_width: int = FC_WIDTH,
        dropout: float = 0.5,
        at_once: bool = False,
    ) -> None:
        super().__init__(num_classes, in_channels)
        self.stride = self.output_stride = stride
        self.pool_scales = (POOL4_SCALE, POOL3_SCALE) if at_once else (1.0, 1.0)
        widths = [channels * width // WIDTHS[0] for channels in WIDTHS]
        before = in_channels
        for level, (channels, count) in enumerate(zip(widths, CONVOLUTIONS, strict=True), start=1):
            for k in range(1, count + 1):
                padding = 100 if (level, k) == (1, 1) else 1
                self.add_module(f"conv{level}_{k}", nn.Conv2d(before, channels, 3, padding=padding))
                before = channels
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.fc6 = nn.Conv2d(widths[4], fc_width, 7)
        self.fc7 = nn.Conv2d(fc_width, fc_width, 1)
        self.dropout = nn.Dropout(dropout)
        initialise(self)
        self.score_fr = _zero_score(fc_width, num_classes)
        if stride == 32:
            self.upscore = bilinear_deconvolution(num_classes, 64, 32)
            return
        self.upscore2 = bilinear_deconvolution(num_classes, 4, 2)
        self.score_pool4 = _zero_score(widths[3], num_classes)
        if stride == 16:
            self.upscore16 = bilinear_deconvolution(num_classes, 32, 16)
            return
        self.upscore_pool4 = bilinear_deconvolution(num_classes, 4, 2)
        self.score_pool3 = _zero_score(widths[2], num_classes)
        self.upscore8 = bilinear_deconvolution(num_classes, 16, 8)

    def backbone_parameters(self) -> list[nn.Parameter]:
        layers = (child for name, child in self.named_children() if name.startswith(("conv", "fc")))
        return [parameter for layer in layers for parameter in layer.parameters()]

    def features(self, x: Tensor) -> list[Tensor]:
        """The five poolings' outputs."""
        pools = []
        for level, count in enumerate(CONVOLUTIONS, start=1):
            for k in range(1, count + 1):
                x = self.relu(self.get_submodule(f"conv{level}_{k}")(x))
            x = self.pool(x)
            pools.append(x)
        return pools

    def fully_connected(self, x: Tensor) -> Tensor:
        """fc6 and fc7, sliding."""
        x = self.dropout(self.relu(self.fc6(x)))
        fc7: Tensor = self.dropout(self.relu(self.fc7(x)))
        return fc7

    def segment(self, x: Tensor) -> NetworkOutput:
        _, _, pool3, pool4, pool5 = self.features(x)
        scores = self.score_fr(self.fully_connected(pool5))
        if self.stride == 32:
            return NetworkOutput(_crop(self.upscore(scores), 19, x))
        scale4, scale3 = self.pool_scales
        scores = self.upscore2(scores)
        scores = scores + _crop(self.score_pool4(pool4 * scale4), 5, scores)
        if self.stride == 16:
            return NetworkOutput(_crop(self.upscore16(scores), 27, x))
        scores = self.upscore_pool4(scores)
        scores = scores + _crop(self.score_pool3(pool3 * scale3), 9, scores)
        return NetworkOutput(_crop(self.upscore8(scores), 31, x))

    def official_key(self, key: str) -> str | None:
        """torchvision's ``vgg16``; the published networks' names are the ones here."""
        if key.startswith("classifier."):
            return _classifier_key(key, {"0": "fc6", "3": "fc7"})
        if not key.startswith("features."):
            return key
        _, position, rest = key.split(".")
        place = int(position)
        for level, count in enumerate(CONVOLUTIONS, start=1):
            if place < 2 * count:
                return f"conv{level}_{place // 2 + 1}.{rest}"
            place -= 2 * count + 1
        return key


class FCNAlexNet(SegmentationNetwork):
    """FCN-32s on AlexNet: torchvision's, or with *caffe* the two-group one with response normalisation.

    torchvision's has no published FCN; its 64-pixel deconvolution lies half a pixel off any whole-pixel crop, where
    Caffe's of 63 pixels lies on it.
    """

    output_stride = 32

    def __init__(self, num_classes: int, in_channels: int, *, caffe: bool = False, dropout: float = 0.5) -> None:
        super().__init__(num_classes, in_channels)
        widths, groups = ((96, 256, 384, 384, 256), 2) if caffe else ((64, 192, 384, 256, 256), 1)
        self.conv1 = nn.Conv2d(in_channels, widths[0], 11, stride=4, padding=100)
        self.conv2 = nn.Conv2d(widths[0], widths[1], 5, padding=2, groups=groups)
        self.conv3 = nn.Conv2d(widths[1], widths[2], 3, padding=1)
        self.conv4 = nn.Conv2d(widths[2], widths[3], 3, padding=1, groups=groups)
        self.conv5 = nn.Conv2d(widths[3], widths[4], 3, padding=1, groups=groups)
        self.fc6 = nn.Conv2d(widths[4], FC_WIDTH, 6)
        self.fc7 = nn.Conv2d(FC_WIDTH, FC_WIDTH, 1)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75) if caffe else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        initialise(self)
        self.score_fr = _zero_score(FC_WIDTH, num_classes)
        self.upscore = bilinear_deconvolution(num_classes, 63 if caffe else 64, 32)

    def backbone_parameters(self) -> list[nn.Parameter]:
        layers = (child for name, child in self.named_children() if name.startswith(("conv", "fc")))
        return [parameter for layer in layers for parameter in layer.parameters()]

    def features(self, x: Tensor) -> Tensor:
        """The last pooling's output."""
        x = self.norm(self.pool(self.relu(self.conv1(x))))
        x = self.norm(self.pool(self.relu(self.conv2(x))))
        x = self.relu(self.conv3(x))
        x = self.relu(self.conv4(x))
        pool5: Tensor = self.pool(self.relu(self.conv5(x)))
        return pool5

    def fully_connected(self, x: Tensor) -> Tensor:
        """fc6 and fc7, sliding."""
        x = self.dropout(self.relu(self.fc6(x)))
        fc7: Tensor = self.dropout(self.relu(self.fc7(x)))
        return fc7

    def segment(self, x: Tensor) -> NetworkOutput:
        scores = self.score_fr(self.fully_connected(self.features(x)))
        return NetworkOutput(_crop(self.upscore(scores), 18, x))

    def official_key(self, key: str) -> str | None:
        """torchvision's ``alexnet``."""
        if key.startswith("classifier."):
            return _classifier_key(key, {"1": "fc6", "4": "fc7"})
        if not key.startswith("features."):
            return key
        _, position, rest = key.split(".")
        names = {"0": "conv1", "3": "conv2", "6": "conv3", "8": "conv4", "10": "conv5"}
        return f"{names[position]}.{rest}" if position in names else key


class FCNGoogLeNet(SegmentationNetwork):
    """FCN-32s on GoogLeNet's last feature map. The paper names it but nobody published it; the score is 1x1."""

    output_stride = 32

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes, in_channels)
        googlenet = GoogLeNet(num_classes=1, aux_logits=False, transform_input=False, init_weights=False)
        first = googlenet.conv1.conv
        googlenet.conv1.conv = nn.Conv2d(in_channels, first.out_channels, 7, stride=2, padding=3, bias=False)
        head = ("avgpool", "dropout", "fc")
        kept = OrderedDict((name, child) for name, child in googlenet.named_children() if name not in head)
        self.backbone = nn.Sequential(kept)
        initialise(self)
        self.score_fr = _zero_score(1024, num_classes)
        self.upscore = bilinear_deconvolution(num_classes, 64, 32)

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def segment(self, x: Tensor) -> NetworkOutput:
        # the first score is centred on pixel 22 of the image and on pixel 31.5 of the enlarged map
        return NetworkOutput(_crop(self.upscore(self.score_fr(self.backbone(x))), 9, x))

    def official_key(self, key: str) -> str | None:
        """torchvision's ``googlenet``."""
        if key.startswith(("fc.", "aux1.", "aux2.")):
            return None
        return key if key.startswith(("backbone.", "score_fr.", "upscore.")) else f"backbone.{key}"


def convolutional_classifier(classifier: VGG | AlexNet) -> nn.Sequential:
    """torchvision's *classifier* with every fully connected layer as a convolution, dropout left out (section 3.1).

    On the image size that it was trained at the output is ``(N, classes, 1, 1)`` and equals the classifier's; on larger
    images it is a map of scores.
    """
    linears = [layer for layer in classifier.classifier if isinstance(layer, nn.Linear)]
    channels, size = _last_channels(classifier.features), classifier.avgpool.output_size
    layers: list[nn.Module] = [classifier.features]
    for linear in linears:
        layers += [convolution_from_linear(linear, channels, size), nn.ReLU(inplace=True)]
        channels, size = linear.out_features, (1, 1)
    return nn.Sequential(*layers[:-1])


def _last_channels(features: nn.Sequential) -> int:
    return [layer.out_channels for layer in features if isinstance(layer, nn.Conv2d)][-1]


def _zero_score(channels: int, num_classes: int) -> nn.Conv2d:
    layer = nn.Conv2d(channels, num_classes, 1)
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _crop(x: Tensor, offset: int, like: Tensor) -> Tensor:
    """The part of *x* of *like*'s size that begins *offset* pixels from its corner."""
    return x[..., offset : offset + like.shape[-2], offset : offset + like.shape[-1]]


def _classifier_key(key: str, layers: dict[str, str]) -> str | None:
    _, position, rest = key.split(".")
    return f"{layers[position]}.{rest}" if position in layers else None
