"""DeepLab v3: Chen, Papandreou, Schroff, Adam, "Rethinking Atrous Convolution for Semantic Image Segmentation",
arXiv 1706.05587, 2017."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import ResNetEncoder, check_multi_grid
from segstudio.learning.networks.layers import ASPP, check_choice, conv_bn_relu, initialise

Variant = Literal["paper", "torchvision"]


class DeepLabV3(SegmentationNetwork):
    """A dilated ResNet, ASPP with image pooling, and the scores; optionally an auxiliary head on the third stage."""

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        backbone: ResNetEncoder,
        classifier: nn.Sequential,
        aux_classifier: nn.Sequential | None,
    ) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        self.classifier = classifier
        self.aux_classifier = aux_classifier
        # torchvision's training adds the auxiliary loss with this weight; the paper has none
        self.aux_weights = (0.5,) if aux_classifier is not None else ()

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        logits = self.classifier(features[-1])
        if not self.training or self.aux_classifier is None:
            return NetworkOutput(logits)
        return NetworkOutput(logits, (self.aux_classifier(features[-2]),))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names are torchvision's; its auxiliary head is left out where this network has none."""
        if self.aux_classifier is None and key.startswith("aux_classifier."):
            return None
        return key


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "resnet101",
    pretrained: bool = False,
    variant: Variant = "paper",
    output_stride: int | None = None,
    multi_grid: Sequence[int] | None = None,
    aux: bool | None = None,
) -> DeepLabV3:
    """DeepLab v3 on a ResNet, as its paper or as torchvision has it.

    ``"paper"``: output stride 16, multi-grid (1, 2, 4), ASPP at 6, 12, 18 (doubled at stride 8) and a 1x1 convolution.
    ``"torchvision"``: output stride 8, no multi-grid, ASPP at 12, 24, 36, another 3x3 convolution before the scores
    and an auxiliary head, so that its checkpoints load. *output_stride*, *multi_grid* and *aux* depart from these.

    Raises :class:`~segstudio.core.errors.OptionError` for values that do not exist.
    """
    check_choice("deeplabv3", "variant", variant, ("paper", "torchvision"))
    paper = variant == "paper"
    output_stride = (16 if paper else 8) if output_stride is None else output_stride
    multi_grid = ((1, 2, 4) if paper else (1,)) if multi_grid is None else multi_grid
    check_choice("deeplabv3", "output_stride", output_stride, (8, 16))
    check_multi_grid("deeplabv3", multi_grid)
    encoder = ResNetEncoder(
        backbone or "resnet101",
        in_channels,
        output_stride=output_stride,
        multi_grid=multi_grid,
        gradual=not paper,
        pretrained=pretrained,
    )
    rates = [rate * 16 // output_stride for rate in (6, 12, 18)]
    pyramid = ASPP(encoder.channels[-1], 256, rates, dropout=0.1 if paper else 0.5)
    refinement = [] if paper else list(conv_bn_relu(256, 256))
    classifier = nn.Sequential(pyramid, *refinement, nn.Conv2d(256, num_classes, 1))
    initialise(classifier)
    aux_classifier = None
    if aux or (aux is None and not paper):
        aux_classifier = _auxiliary_head(encoder.channels[-2], num_classes)
    network = DeepLabV3(num_classes, in_channels, encoder, classifier, aux_classifier)
    network.multiple = output_stride
    return network


def _auxiliary_head(channels: int, num_classes: int) -> nn.Sequential:
    head = nn.Sequential(
        *conv_bn_relu(channels, channels // 4), nn.Dropout(0.1), nn.Conv2d(channels // 4, num_classes, 1)
    )
    initialise(head)
    return head
