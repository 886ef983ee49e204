"""LR-ASPP: Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam, "Searching for MobileNetV3",
ICCV 2019. torchvision's network behind the common interface."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import segmentation

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import adapt_first_convolution, fill, torchvision_weights


class LRASPP(SegmentationNetwork):
    """MobileNetV3 at output stride 16 and the light head of section 5.4, figure 10; scores at stride 8."""

    multiple = 16

    def __init__(self, num_classes: int, in_channels: int, network: segmentation.LRASPP) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = network.backbone
        self.classifier = network.classifier

    def segment(self, x: Tensor) -> NetworkOutput:
        return NetworkOutput(self.classifier(self.backbone(x)))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())


def build(
    num_classes: int, in_channels: int = 3, *, backbone: str | None = "mobilenet_v3_large", pretrained: bool = False
) -> LRASPP:
    """LR-ASPP on MobileNetV3-Large; names of parameters are torchvision's, so that its checkpoints load."""
    network = segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=num_classes)
    if pretrained:
        state = torchvision_weights(backbone or "mobilenet_v3_large")
        features = {key.removeprefix("features."): v for key, v in state.items() if key.startswith("features.")}
        fill(network.backbone, features)
    if in_channels != 3:
        adapt_first_convolution(network.backbone, in_channels)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            # torchvision's 0.01 needs thousands of steps until predictions follow what was learnt
            module.momentum = 0.1
    return LRASPP(num_classes, in_channels, network)
