"""U-Net 3+ (Huang et al. 2020): full-scale skips, deep supervision, classification-guided module."""

from __future__ import annotations

import math
import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.layers import conv_bn_relu, initialise, resize

LEVELS = 5


def build(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    deep_supervision: bool = False,
    cgm: bool = False,
    width: int = 64,
) -> UNet3P:
    return UNet3P(num_classes, in_channels, deep_supervision=deep_supervision, cgm=cgm, width=width)


class UNet3P(SegmentationNetwork):
    """Five levels; each decoder node sees all encoder levels above or beside it and all decoder levels below (eq. 1).

    With *deep_supervision* every level has a head: level 1's logits are the output, ``aux`` holds levels 2 to 5
    (section 2.2). With *cgm* a classifier at the deepest level tells whether the image shows any object at all, and
    gates the outputs (section 2.3): in eval mode by its verdict, as in the paper; in train mode by its probability, so
    that the loss of the gated maps trains it and no label of its own is needed.
    """

    multiple = 1 << (LEVELS - 1)

    def __init__(
        self, num_classes: int, in_channels: int, *, deep_supervision: bool = False, cgm: bool = False, width: int = 64
    ) -> None:
        super().__init__(num_classes, in_channels)
        widths = [width << level for level in range(LEVELS)]
        fused = LEVELS * width
        self.encoder = nn.ModuleList(
            nn.Sequential(*conv_bn_relu(before, after, bias=True), *conv_bn_relu(after, after, bias=True))
            for before, after in zip([in_channels, *widths[:-1]], widths, strict=True)
        )
        self.branches = nn.ModuleList(
            nn.ModuleList(
                conv_bn_relu(widths[source] if _from_encoder(source, level) else fused, width, bias=True)
                for source in range(LEVELS)
            )
            for level in range(LEVELS - 1)
        )
        self.fuse = nn.ModuleList(conv_bn_relu(fused, fused, bias=True) for _ in range(LEVELS - 1))
        inputs = [fused] * (LEVELS - 1) + [widths[-1]] if deep_supervision else [fused]
        self.heads = nn.ModuleList(nn.Conv2d(channels, num_classes, 3, padding=1) for channels in inputs)
        self.classifier = (
            nn.Sequential(nn.Dropout(0.5), nn.Conv2d(widths[-1], 2, 1), nn.AdaptiveMaxPool2d(1)) if cgm else None
        )
        self.aux_weights = (1.0,) * (len(self.heads) - 1)
        initialise(self)

    def segment(self, x: Tensor) -> NetworkOutput:
        encoded = [self.encoder[0](x)]
        for block in self.encoder[1:]:
            encoded.append(block(F.max_pool2d(encoded[-1], 2)))
        decoded = list(encoded)
        for level in reversed(range(LEVELS - 1)):
            # in place of the levels below stand the decoder's nodes by now, the rest is the encoder's
            decoded[level] = self._node(level, decoded)
        heads = self.heads if self.training else self.heads[:1]
        logits = [head(decoded[level]) for level, head in enumerate(heads)]
        if self.classifier is not None:
            scores = self.classifier(encoded[-1]).flatten(1)
            logits = [gated(maps, scores, hard=not self.training) for maps in logits]
        return NetworkOutput(logits[0], tuple(logits[1:]))

    def _node(self, level: int, sources: list[Tensor]) -> Tensor:
        size = sources[level].shape[-2:]
        branches = self.branches.get_submodule(str(level)).children()
        maps = [
            branch(_resample(x, source, level, size))
            for source, (branch, x) in enumerate(zip(branches, sources, strict=True))
        ]
        node: Tensor = self.fuse[level](torch.cat(maps, dim=1))
        return node

    def official_key(self, key: str) -> str | None:
        if match := re.fullmatch(r"conv(\d)\.conv(\d)\.([01])\.(.+)", key):
            level, which, layer, rest = match.groups()
            return f"encoder.{int(level) - 1}.{3 * (int(which) - 1) + int(layer)}.{rest}"
        if match := re.fullmatch(r"hd?(\d)_(?:PT|Cat|UT)_hd(\d)_(conv|bn)\.(.+)", key):
            source, level, layer, rest = match.groups()
            return f"branches.{int(level) - 1}.{int(source) - 1}.{_LAYER[layer]}.{rest}"
        if match := re.fullmatch(r"(conv|bn)(\d)d_1\.(.+)", key):
            layer, level, rest = match.groups()
            return f"fuse.{int(level) - 1}.{_LAYER[layer]}.{rest}"
        if match := re.fullmatch(r"outconv(\d)\.(.+)", key):
            return f"heads.{int(match[1]) - 1}.{match[2]}"
        return key.replace("cls.", "classifier.", 1) if key.startswith("cls.") else key


_LAYER = {"conv": 0, "bn": 1}


def _from_encoder(source: int, level: int) -> bool:
    """Whether the decoder's *level* sees *source* from the encoder: its own level, those above, and the deepest."""
    return source <= level or source == LEVELS - 1


def _resample(x: Tensor, source: int, level: int, size: torch.Size) -> Tensor:
    return F.max_pool2d(x, 1 << (level - source)) if source < level else resize(x, size)


def gated(logits: Tensor, scores: Tensor, *, hard: bool) -> Tensor:
    """*logits* ``(N, K, H, W)`` where *scores* ``(N, 2)`` tell whether image n shows nothing (0) or an object (1).

    With g the probability of an object, every foreground probability is multiplied by g and the background, class 0,
    takes the rest; K = 1 is a single foreground. *hard* rounds g.
    """
    absent, present = F.log_softmax(scores, dim=1)[:, :, None, None, None].unbind(1)
    if hard:
        nothing = absent > present
        absent = torch.where(nothing, 0.0, _NEVER)
        present = torch.where(nothing, _NEVER, 0.0)
    if logits.shape[1] == 1:
        return present - torch.logaddexp(absent, -logits)
    log_p = F.log_softmax(logits, dim=1)
    background = torch.logaddexp(absent, present + log_p[:, :1])
    return torch.cat([background, present + log_p[:, 1:]], dim=1)


_NEVER = math.log(1e-6)
"""The logarithm of a probability that stands for none, and keeps the loss finite."""
