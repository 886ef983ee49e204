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
        ),
    ],
    group="segstudio.networks",
)
