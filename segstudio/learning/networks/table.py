"""The table of networks: names, papers, backbones, options and when to pick each, without loading torch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from segstudio.core.errors import OptionError
from segstudio.core.registry import Registry


@dataclass(frozen=True)
class NetworkEntry:
    """One line of the table."""

    name: str
    title: str
    """As the field writes it: ``"U-Net++"``."""
    paper: str
    """First author, title, venue."""
    year: int
    pick: str
    """One sentence: when to pick it."""
    module: str
    """Where its factory stands; imported when the network is built."""
    factory: str = "build"
    task: Literal["semantic", "saliency", "instance"] = "semantic"
    backbones: tuple[str, ...] = ()
    """Names that ``backbone=`` takes, the default first; empty where the paper has no exchangeable backbone."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Keyword options beyond the common ones, each with what it means and its default, for people."""

    def choose_backbone(self, backbone: str | None) -> str | None:
        if backbone is None:
            return self.backbones[0] if self.backbones else None
        if backbone not in self.backbones:
            has = "its backbones are " + ", ".join(self.backbones) if self.backbones else "it has no other backbone"
            near = difflib.get_close_matches(backbone, self.backbones, n=1)
            raise OptionError(
                f"{self.name} has no backbone {backbone!r}; {f'did you mean {near[0]!r}?' if near else has}"
            )
        return backbone

    def check_options(self, options: Iterable[str]) -> None:
        for option in options:
            if option not in self.options:
                has = "its options are " + ", ".join(self.options) if self.options else "it has none"
                raise OptionError(f"{self.name} has no option {option!r}; {has}")


NETWORKS: Registry[NetworkEntry] = Registry(
    "network",
    [
        NetworkEntry(
            name="unet",
            title="U-Net",
            paper="Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI",
            year=2015,
            pick="The first choice for small data sets and for microscopy and medical images.",
            module="segstudio.learning.networks.unet",
            options={
                "valid": "unpadded convolutions as published, 572 to 388 pixels; False",
                "width": "channels of the first level; 64",
                "depth": "how often the image is halved; 4",
                "batch_norm": "batch normalisation after each convolution; False",
                "down": "max_pool, strided or space_to_depth; max_pool",
                "up": "transposed, nearest, bilinear or pixel_shuffle; transposed",
                "dropout": "share of values dropped at the bottom; 0",
            },
        ),
        NetworkEntry(
            name="deeplabv3plus",
            title="DeepLab v3+",
            paper="Chen, Zhu, Papandreou, Schroff, Adam: Encoder-Decoder with Atrous Separable Convolution for "
            "Semantic Image Segmentation, ECCV",
            year=2018,
            pick="The first choice for photographs: strong, quick to train from pretrained weights, sharp at edges.",
            module="segstudio.learning.networks.deeplabv3plus",
            backbones=("resnet101", "resnet18", "resnet34", "resnet50", "xception65"),
            options={
                "output_stride": "16, or 8 for finer features at four times the work; 16",
                "multi_grid": "factors of the dilations in a ResNet's last stage; (1, 2, 4)",
                "separable": "depthwise separable convolutions in pyramid and decoder; False",
                "decoder_convolutions": "3x3 convolutions of the decoder: 1, 2 or 3; 2",
            },
        ),
    ],
    group="segstudio.networks",
)
