"""The table of networks, and the one function that builds them.

Reading the table loads no torch; building a network does. One paper is one file beside this one: it defines a
``build(num_classes, in_channels, *, backbone, pretrained, **options)`` (or another function that its entry names) which
returns a :class:`~segstudio.learning.networks.base.SegmentationNetwork`. No network imports another: what they share
stands in ``layers.py`` and ``encoders.py``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from segstudio.core.errors import OptionError
from segstudio.learning.networks.table import NETWORKS, NetworkEntry

if TYPE_CHECKING:
    from segstudio.learning.networks.base import SegmentationNetwork

__all__ = ["NETWORKS", "NetworkEntry", "create_network"]


def create_network(
    name: str,
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    **options: Any,
) -> SegmentationNetwork:
    """Build the network *name* with *num_classes* output channels for images of *in_channels*.

    *backbone* is one of ``NETWORKS[name].backbones`` (``None``: its first). *pretrained* loads the backbone's published
    weights (downloaded by torchvision or timm). *options* are those of ``NETWORKS[name].options``. The network takes
    ``(N, in_channels, H, W)`` float, any ``N >= 1`` and ``H, W >= 32``, and returns a ``NetworkOutput`` at input size.

    Raises :class:`~segstudio.core.errors.OptionError` for an unknown name, backbone or option and for counts that make
    no sense (``num_classes`` below 1, ``in_channels`` below 1).
    """
    entry = NETWORKS[name]
    if num_classes < 1:
        raise OptionError(f"{name}: the number of classes must be at least 1, not {num_classes}")
    if in_channels < 1:
        raise OptionError(f"{name}: the number of channels must be at least 1, not {in_channels}")
    chosen = entry.choose_backbone(backbone)
    entry.check_options(options)
    if pretrained and not entry.backbones:
        raise OptionError(f"{name} has no backbone, so there are no pretrained weights for it")
    factory = getattr(importlib.import_module(entry.module), entry.factory)
    network: SegmentationNetwork = factory(num_classes, in_channels, backbone=chosen, pretrained=pretrained, **options)
    importlib.import_module("segstudio.learning.networks.layers").make_batch_norm_safe(network)
    network.name = name
    network.config = {
        "name": name,
        "num_classes": num_classes,
        "in_channels": in_channels,
        "backbone": chosen,
        **options,
    }
    return network
