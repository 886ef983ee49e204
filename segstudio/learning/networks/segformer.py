"""SegFormer: Xie, Wang, Yu, Anandkumar, Alvarez, Luo, "SegFormer: Simple and Efficient Design for Semantic Segmentation
with Transformers", NeurIPS 2021."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import adapt_first_convolution, fill, hub_weights
from segstudio.learning.networks.layers import BatchNorm2d, resize

_SIZES = {
    "mit_b0": ((32, 64, 160, 256), (2, 2, 2, 2), 256),
    "mit_b1": ((64, 128, 320, 512), (2, 2, 2, 2), 256),
    "mit_b2": ((64, 128, 320, 512), (3, 4, 6, 3), 768),
    "mit_b3": ((64, 128, 320, 512), (3, 4, 18, 3), 768),
    "mit_b4": ((64, 128, 320, 512), (3, 8, 27, 3), 768),
    "mit_b5": ((64, 128, 320, 512), (3, 6, 40, 3), 768),
}
"""Widths and depths of the stages, and the width of the decoder (appendix A, table 6)."""
_HEADS = (1, 2, 5, 8)
_REDUCTIONS = (8, 4, 2, 1)
_DROP_PATH = 0.1


class ReducedAttention(nn.Module):
    """Self-attention whose keys and values stand on a grid *reduction* times coarser (section 3.1, eq. 2)."""

    def __init__(self, channels: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.output = nn.Linear(channels, channels)
        self.reduce = nn.Conv2d(channels, channels, reduction, stride=reduction) if reduction > 1 else None
        self.norm = nn.LayerNorm(channels) if reduction > 1 else None

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """*x*: ``(N, H * W, C)`` of a map of *size* ``(H, W)``."""
        coarse = x
        if self.reduce is not None and self.norm is not None:
            coarse = self.norm(_tokens(self.reduce(_maps(x, size))))
        query, key, value = (
            layer(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer, tokens in ((self.query, x), (self.key, coarse), (self.value, coarse))
        )
        attended = F.scaled_dot_product_attention(query, key, value)
        mixed: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return mixed


class MixFFN(nn.Module):
    """Feed-forward network with a 3x3 depthwise convolution, which tells positions (section 3.1, eq. 3)."""

    def __init__(self, channels: int, expansion: int = 4) -> None:
        super().__init__()
        hidden = expansion * channels
        self.expand = nn.Linear(channels, hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.contract = nn.Linear(hidden, channels)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        x = _tokens(self.depthwise(_maps(self.expand(x), size)))
        y: Tensor = self.contract(F.gelu(x))
        return y


class Block(nn.Module):
    """Attention and feed-forward network, each normalised before and added to its input."""

    def __init__(self, channels: int, heads: int, reduction: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attention = ReducedAttention(channels, heads, reduction)
        self.norm2 = nn.LayerNorm(channels)
        self.ffn = MixFFN(channels)
        self.drop_path = StochasticDepth(drop_path, mode="row")

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        x = x + self.drop_path(self.attention(self.norm1(x), size))
        y: Tensor = x + self.drop_path(self.ffn(self.norm2(x), size))
        return y


class Stage(nn.Module):
    """Overlapping patches, merged by a convolution, and blocks on them."""

    def __init__(
        self, before: int, channels: int, kernel: int, stride: int, heads: int, reduction: int, drops: Sequence[float]
    ) -> None:
        super().__init__()
        self.embed = nn.Conv2d(before, channels, kernel, stride, kernel // 2)
        self.embed_norm = nn.LayerNorm(channels)
        self.blocks = nn.ModuleList(Block(channels, heads, reduction, drop) for drop in drops)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        size = (int(x.shape[-2]), int(x.shape[-1]))
        x = self.embed_norm(_tokens(x))
        for block in self.blocks:
            x = block(x, size)
        return _maps(self.norm(x), size)


def _tokens(maps: Tensor) -> Tensor:
    """``(N, C, H, W)`` as ``(N, H * W, C)``."""
    return maps.flatten(2).transpose(1, 2)


def _maps(tokens: Tensor, size: tuple[int, int]) -> Tensor:
    """``(N, H * W, C)`` as ``(N, C, H, W)``."""
    return tokens.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], *size)


class MixTransformer(nn.Module):
    """MiT: four stages of stride 4, 8, 16 and 32 (section 3.1)."""

    def __init__(self, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        self.channels = tuple(widths)
        rates = iter(torch.linspace(0, _DROP_PATH, sum(depths), device="cpu").tolist())
        self.stages = nn.ModuleList()
        for index, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            before = widths[index - 1] if index else 3
            kernel, stride = (3, 2) if index else (7, 4)
            drops = [next(rates) for _ in range(depth)]
            self.stages.append(Stage(before, width, kernel, stride, _HEADS[index], _REDUCTIONS[index], drops))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class SegFormer(SegmentationNetwork):
    """MiT and a decoder of linear layers (section 3.2, eq. 4); scores at stride 4."""

    multiple = 32

    def __init__(self, num_classes: int, in_channels: int, backbone: MixTransformer, width: int) -> None:
        super().__init__(num_classes, in_channels)
        self.backbone = backbone
        self.projections = nn.ModuleList(nn.Linear(channels, width) for channels in backbone.channels)
        stages = len(backbone.channels)
        self.fuse = nn.Sequential(
            nn.Conv2d(stages * width, width, 1, bias=False), BatchNorm2d(width), nn.ReLU(inplace=True), nn.Dropout(0.1)
        )
        self.classifier = nn.Conv2d(width, num_classes, 1)
        self.apply(_initialise)
        nn.init.normal_(self.classifier.weight, std=0.01)

    def segment(self, x: Tensor) -> NetworkOutput:
        features = self.backbone(x)
        size = features[0].shape[-2:]
        projected = [
            resize(_maps(layer(_tokens(maps)), (int(maps.shape[-2]), int(maps.shape[-1]))), size)
            for layer, maps in zip(self.projections, features, strict=True)
        ]
        return NetworkOutput(self.classifier(self.fuse(torch.cat(projected[::-1], dim=1))))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.backbone.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of the releases on the Hugging Face hub, whatever version of transformers wrote them."""
        for pattern, name in _OFFICIAL:
            key = re.sub(pattern, name, key)
        return key


_OFFICIAL = (
    (r"^segformer\.(encoder\.)?", "backbone."),
    (r"^backbone\.(?:patch_embeddings\.(\d)|stages\.(\d)\.patch_embeddings)\.proj\.", r"backbone.stages.\1\2.embed."),
    (
        r"^backbone\.(?:patch_embeddings\.(\d)|stages\.(\d)\.patch_embeddings)\.layer_norm\.",
        r"backbone.stages.\1\2.embed_norm.",
    ),
    (r"^backbone\.(?:layer_norm\.(\d)|stages\.(\d)\.layer_norm)\.", r"backbone.stages.\1\2.norm."),
    (r"^backbone\.block\.(\d)\.", r"backbone.stages.\1.blocks."),
    (r"\.(layer_norm_1|layernorm_before)\.", ".norm1."),
    (r"\.(layer_norm_2|layernorm_after)\.", ".norm2."),
    (r"\.attention\.(?:self\.)?(query|key|value)\.", r".attention.\1."),
    (r"\.attention\.q_proj\.", ".attention.query."),
    (r"\.attention\.k_proj\.", ".attention.key."),
    (r"\.attention\.v_proj\.", ".attention.value."),
    (r"\.attention\.(self\.sr|sequence_reduction\.sequence_reduction)\.", ".attention.reduce."),
    (r"\.attention\.(self|sequence_reduction)\.layer_norm\.", ".attention.norm."),
    (r"\.attention\.(output\.dense|o_proj)\.", ".attention.output."),
    (r"\.mlp\.(dense1|fc1)\.", ".ffn.expand."),
    (r"\.mlp\.(dense2|fc2)\.", ".ffn.contract."),
    (r"\.mlp\.dwconv\.dwconv\.", ".ffn.depthwise."),
    (r"^decode_head\.(linear_c|linear_projections)\.(\d)\.proj\.", r"projections.\2."),
    (r"^decode_head\.linear_fuse\.", "fuse.0."),
    (r"^decode_head\.batch_norm\.", "fuse.1."),
    (r"^decode_head\.classifier\.", "classifier."),
)
"""Both the older and the newer names, in order."""


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Conv2d):
        # of the outputs that one weight's kernel reaches, depthwise kernels reach one channel
        reached = math.prod(module.kernel_size) * module.out_channels / module.groups
        nn.init.normal_(module.weight, std=math.sqrt(2 / reached))
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def build(
    num_classes: int, in_channels: int = 3, *, backbone: str | None = "mit_b0", pretrained: bool = False
) -> SegFormer:
    """SegFormer-B0 ... B5 on ``mit_b0`` ... ``mit_b5``.

    The pretrained weights are NVIDIA's and licensed for research and evaluation only.
    """
    name = backbone or "mit_b0"
    widths, depths, decoder = _SIZES[name]
    network = SegFormer(num_classes, in_channels, MixTransformer(widths, depths), decoder)
    if pretrained:
        published = hub_weights(f"nvidia/{name.replace('_', '-')}")
        state = {network.official_key(key) or key: value for key, value in published.items()}
        fill(
            network.backbone,
            {key.removeprefix("backbone."): value for key, value in state.items() if key.startswith("backbone.")},
        )
    if in_channels != 3:
        adapt_first_convolution(network.backbone, in_channels)
    return network
