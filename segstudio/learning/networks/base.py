"""What every network is: one interface for any size, channel count and batch."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any, NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn


class NetworkOutput(NamedTuple):
    """What a network returns. Raw logits always, never probabilities.

    *logits*: ``(N, K, H, W)`` at the size of the input. *aux*: further ``(N, K, H, W)`` logits that the paper trains
    with (auxiliary heads, deep supervision) in train mode; ``()`` in eval mode and where a network has none.
    """

    logits: Tensor
    aux: tuple[Tensor, ...] = ()


class SegmentationNetwork(nn.Module):
    """A network behind the one interface; a paper's file derives from it and writes :meth:`segment`.

    ``forward`` pads the input at its right and lower edge to a multiple of :attr:`multiple` plus :attr:`remainder` (by
    replication, so that no dark frame is invented), calls :meth:`segment`, brings every map to the padded size by
    bilinear interpolation (``size=``, never ``scale_factor``) and crops the padding off again.
    """

    multiple: int = 1
    """Sides are padded to a multiple of this before :meth:`segment`."""
    remainder: int = 0
    """What sides leave over that multiple: 1 where the paper's sizes are 8n + 1, so that features align at corners."""
    align_corners: bool = False
    """How this network's maps are interpolated to input size."""
    aux_weights: tuple[float, ...] = ()
    """The paper's weight of each auxiliary output in the loss, in the order of ``aux``; the main output weighs 1."""
    output_stride: int | None = None
    """The stride of the features that are scored, as the paper counts it; ``None``: that of the logits."""
    task: str = "semantic"
    """``"semantic"``, ``"saliency"`` or ``"instance"``."""

    name: str
    config: dict[str, Any]
    """The arguments of ``create_network`` that build this network again; a checkpoint keeps them."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.name = ""
        self.config = {}

    def official_key(self, key: str) -> str | None:
        """The name here of the tensor that the paper's published checkpoints call *key*; ``None`` leaves it out.

        *key* comes without ``module.`` and the like. A key that is a name here already is returned as it is.
        """
        return key

    def padded_size(self, side: int) -> int:
        """The smallest side of at least *side* pixels that :meth:`segment` takes."""
        return side + (self.remainder - side) % self.multiple

    def segment(self, x: Tensor) -> NetworkOutput:
        """Logits of any resolution for a padded batch; aux maps in train mode only."""
        raise NotImplementedError

    def head_parameters(self) -> list[nn.Parameter]:
        """The parameters that are not the backbone's, trained at the head's learning rate; all without one."""
        backbone = {id(p) for p in self.backbone_parameters()}
        return [p for p in self.parameters() if p.requires_grad and id(p) not in backbone]

    def backbone_parameters(self) -> list[nn.Parameter]:
        """The parameters that pretrained weights fill. None, unless a network says otherwise."""
        return []

    def backbone_stages(self) -> list[list[nn.Parameter]]:
        """The backbone's parameters by its stages, from the image on: layers whose names begin alike up to their first
        number (``conv1``, ``layer1``, ``stages_0``), each with the normalisation that follows it."""
        backbone = {id(p) for p in self.backbone_parameters()}
        named = {name: p for name, p in self.named_parameters() if id(p) in backbone}
        paths = [name.split(".") for name in named]
        shared = sum(1 for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False)))
        stages: dict[str, list[nn.Parameter]] = {}
        for path, parameter in zip(paths, named.values(), strict=True):
            begins = re.match(r"\D*\d*", ".".join(path[shared:]))
            stage = begins.group() if begins is not None else ""
            if stages and stage not in stages and (parameter.ndim < 2 or not stage[-1:].isdigit()):
                stage = next(reversed(stages))
            stages.setdefault(stage, []).append(parameter)
        return list(stages.values())

    def forward(self, x: Tensor) -> NetworkOutput:
        height, width = x.shape[-2:]
        pad_h, pad_w = self.padded_size(height) - height, self.padded_size(width) - width
        if pad_h or pad_w:
            x = F.pad(x, (0, pad_w, 0, pad_h), mode="replicate")
        out = self.segment(x)
        size = (int(x.shape[-2]), int(x.shape[-1]))
        maps = [self._to_size(m, size)[..., :height, :width] for m in (out.logits, *out.aux)]
        return NetworkOutput(maps[0], tuple(maps[1:]))

    def _to_size(self, maps: Tensor, size: tuple[int, int]) -> Tensor:
        if (int(maps.shape[-2]), int(maps.shape[-1])) == size:
            return maps
        return F.interpolate(maps, size=size, mode="bilinear", align_corners=self.align_corners)

    def __call__(self, x: Tensor) -> NetworkOutput:
        out: NetworkOutput = super().__call__(x)
        return out
