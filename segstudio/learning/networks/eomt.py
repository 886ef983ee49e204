"""EoMT: Kerssies, Cavagnero, Hermans, Norouzi, Averta, Leibe, Dubbelman, de Geus, "Your ViT is Secretly an Image
Segmentation Model", CVPR 2025, with one query for each class."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import dino_model


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of ``(N, C, H, W)``."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _enlarged(channels: int) -> nn.Sequential:
    """Twice the size: a transposed and a depthwise convolution (section 3.2)."""
    return nn.Sequential(
        nn.ConvTranspose2d(channels, channels, 2, stride=2),
        nn.GELU(),
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        ChannelNorm(channels),
    )


class EoMT(SegmentationNetwork):
    """A plain vision transformer whose last blocks also hold queries; a query's product with a patch is its score.

    The paper matches free queries to masks; here each class has its query, which learns from the losses of this
    library. In train mode ``aux`` holds the scores before each of the last blocks, all of weight 1, as the paper
    supervises them. Scores have a quarter of the patches' stride.
    """

    def __init__(self, num_classes: int, in_channels: int, backbone: Any, *, blocks: int) -> None:
        super().__init__(num_classes, in_channels)
        width = int(backbone.num_features)
        self.backbone: Any = backbone
        self.blocks = blocks
        self.multiple = int(backbone.patch_embed.patch_size[0])
        self.aux_weights = (1.0,) * blocks
        self.queries = nn.Parameter(torch.empty(1, num_classes, width))
        nn.init.trunc_normal_(self.queries, std=0.02)
        self.mask = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )
        self.enlarge = nn.Sequential(_enlarged(width), _enlarged(width))

    def segment(self, x: Tensor) -> NetworkOutput:
        vit = self.backbone
        grid = (int(x.shape[-2]) // self.multiple, int(x.shape[-1]) // self.multiple)
        tokens = vit.norm_pre(vit._pos_embed(vit.patch_embed(x)))
        for block in vit.blocks[: -self.blocks]:
            tokens = block(tokens)
        tokens = torch.cat([self.queries.expand(x.shape[0], -1, -1).to(tokens.dtype), tokens], dim=1)
        early = []
        for block in vit.blocks[-self.blocks :]:
            if self.training:
                early.append(self._scores(tokens, grid))
            tokens = block(tokens)
        return NetworkOutput(self._scores(tokens, grid), tuple(early))

    def _scores(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        tokens = self.backbone.norm(tokens)
        queries, patches = (
            tokens[:, : self.num_classes],
            tokens[:, self.num_classes + self.backbone.num_prefix_tokens :],
        )
        maps = self.enlarge(patches.transpose(1, 2).reshape(len(patches), -1, *grid))
        # scaled as attention is, so that scores start small whatever the width
        scores: Tensor = torch.einsum("nkc,nchw->nkhw", self.mask(queries), maps) * maps.shape[1] ** -0.5
        return scores

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "dinov2_small",
    pretrained: bool = False,
    blocks: int = 3,
) -> EoMT:
    """EoMT on a DINOv2 transformer of timm, with the queries in its last *blocks*.

    Raises :class:`~segstudio.core.errors.OptionError` for a number of *blocks* that the backbone does not have.
    """
    model = dino_model(backbone or "dinov2_small", in_channels, pretrained=pretrained)
    depth = len(model.blocks)
    if not isinstance(blocks, int) or not 1 <= blocks <= depth:
        raise OptionError(f"eomt: blocks must be a whole number from 1 to {depth}, not {blocks!r}")
    return EoMT(num_classes, in_channels, model, blocks=blocks)
