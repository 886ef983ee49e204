"""The table of supervision kinds: what labels say and how a network learns from them. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from segstudio.core.registry import Registry


@dataclass(frozen=True)
class SupervisionKind:
    """One line of the table."""

    name: str
    title: str
    paper: str
    """First author, title, venue; empty where nobody's."""
    pick: str
    """One sentence: when to pick it."""
    loss: str = "ce+dice"
    """The spec of the loss that goes with it."""


_WSSL = "Papandreou et al., Weakly- and Semi-Supervised Learning of a DCNN for Semantic Segmentation, ICCV 2015"

SUPERVISIONS: Registry[SupervisionKind] = Registry(
    "supervision",
    [
        SupervisionKind("full", "Masks", "", "The masks are finished: every labelled pixel counts, whoever made it."),
        SupervisionKind(
            "partial",
            "Strokes only",
            "Tang et al., On Regularized Losses for Weakly-supervised CNN Segmentation, ECCV 2018",
            "Only strokes were drawn and nothing shall be guessed from them: drawn pixels alone count.",
            loss="partial_ce+crf",
        ),
        SupervisionKind(
            "pseudo",
            "Strokes and boxes, filled once",
            "",
            "Strokes or boxes and little time: they are filled once, and doubtful pixels count less.",
        ),
        SupervisionKind(
            "scribblesup",
            "Strokes and boxes, filled in rounds (ScribbleSup)",
            "Lin et al., ScribbleSup: Scribble-Supervised Convolutional Networks, CVPR 2016",
            "Strokes or boxes and more time: the network helps to fill them, and learns from that again.",
        ),
        SupervisionKind(
            "em_fixed",
            "Boxes or tags, guessed at each step (EM-Fixed)",
            _WSSL,
            "Boxes around the objects, or image tags and a trained network to start from.",
        ),
        SupervisionKind(
            "em_adapt",
            "Image tags with shares (EM-Adapt)",
            _WSSL,
            "Image tags, where each class covers about a fifth of its images.",
        ),
        SupervisionKind(
            "ccnn",
            "Image tags with bounds (CCNN)",
            "Pathak, Krähenbühl and Darrell, Constrained Convolutional Neural Networks, ICCV 2015",
            "Image tags, where only bounds of what classes cover are known.",
        ),
    ],
    group="segstudio.supervisions",
)
