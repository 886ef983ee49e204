"""A linear head on a frozen DINO transformer: Oquab, Darcet, Moutakanni et al., "DINOv2: Learning Robust Visual
Features without Supervision", TMLR 2024 (section 7.4, linear evaluation of segmentation)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import dino_model
from segstudio.learning.networks.layers import BatchNorm2d


class DinoLinear(SegmentationNetwork):
    """Batch normalisation and a 1x1 convolution on the patch tokens of the last blocks, joined; scores per patch.

    A frozen backbone stays in eval mode, has no gradients and is not trained.
    """

    def __init__(self, num_classes: int, in_channels: int, backbone: Any, *, layers: int, frozen: bool) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone: Any = backbone
        self.layers = layers
        self.frozen = frozen
        self.multiple = int(backbone.patch_embed.patch_size[0])
        channels = layers * backbone.num_features
        self.norm = BatchNorm2d(channels)
        self.classifier = nn.Conv2d(channels, num_classes, 1)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)  # type: ignore[arg-type]  # it has one
        backbone.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> DinoLinear:
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def features(self, x: Tensor) -> Tensor:
        """``(N, layers * D, H / p, W / p)`` for images of a multiple of the patch size p; constant while frozen."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            maps = self.backbone.forward_intermediates(x, indices=self.layers, norm=True, intermediates_only=True)
        return torch.cat(maps, dim=1)

    def segment(self, x: Tensor) -> NetworkOutput:
        return NetworkOutput(self.classifier(self.norm(self.features(x))))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "dinov2_small",
    pretrained: bool = False,
    layers: int = 4,
    frozen: bool = True,
) -> DinoLinear:
    """A linear head on the last *layers* blocks of a DINOv2 or DINOv3 transformer of timm.

    *frozen* trains the head alone, which takes seconds once the features are there. DINOv3's weights come under Meta's
    own licence, DINOv2's under Apache 2.0.

    Raises :class:`~segstudio.core.errors.OptionError` for a number of *layers* that the backbone does not have.
    """
    model = dino_model(backbone or "dinov2_small", in_channels, pretrained=pretrained)
    depth = len(model.blocks)
    if not isinstance(layers, int) or not 1 <= layers <= depth:
        raise OptionError(f"dinolinear: layers must be a whole number from 1 to {depth}, not {layers!r}")
    return DinoLinear(num_classes, in_channels, model, layers=layers, frozen=frozen)
