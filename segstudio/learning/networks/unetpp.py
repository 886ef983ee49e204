"""U-Net++ (Zhou, Siddiquee, Tajbakhsh, Liang 2018): nested dense skips, deep supervision, pruning."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.layers import initialise

DEPTH = 4


def build(
    num_classes: int,
    in_channels: int,
    *,
    backbone: str | None = None,
    pretrained: bool = False,
    deep_supervision: bool = False,
    width: int = 32,
    level: int = DEPTH,
    dropout: float = 0.0,
) -> UNetPP:
    if not 1 <= level <= DEPTH:
        raise OptionError(f"unetpp: level must be in 1..{DEPTH}, not {level}")
    return UNetPP(
        num_classes, in_channels, deep_supervision=deep_supervision, width=width, level=level, dropout=dropout
    )


class UNetPP(SegmentationNetwork):
    """Nodes ``X[i, j]`` of row ``i`` (resolution) and column ``j`` (position along the skip), section 3.1.

    ``X[i, j]`` is two 3x3 convolutions on ``X[i, 0] .. X[i, j - 1]`` and the enlarged ``X[i + 1, j - 1]`` (eq. 1). Only
    the nodes ``i + j <= level`` exist: the whole network is level 4. With *deep_supervision* each of ``X[0, 1]`` to
    ``X[0, level]`` has a head; the last one's logits are the output and the others' are ``aux``. *dropout* acts after
    each convolution (0.5 in the authors' program).
    """

    # the pruned networks pad as the whole one does, or odd sizes would see other borders than its heads
    multiple = 2**DEPTH

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        *,
        deep_supervision: bool = False,
        width: int = 32,
        level: int = DEPTH,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(num_classes, in_channels)
        self.deep_supervision = deep_supervision
        self.level = level
        self.width = width
        self.dropout = dropout
        widths = [width << row for row in range(level + 1)]
        self.nodes = nn.ModuleDict()
        self.up = nn.ModuleDict()
        for row, column in self._order():
            name = _name(row, column)
            if column == 0:
                before = widths[row - 1] if row else in_channels
            else:
                self.up[name] = nn.ConvTranspose2d(widths[row + 1], widths[row], 2, stride=2)
                before = (column + 1) * widths[row]
            self.nodes[name] = _double(before, widths[row], dropout)
        self.pool = nn.MaxPool2d(2)
        levels = range(1, level + 1) if deep_supervision else [level]
        self.heads = nn.ModuleDict({str(k): nn.Conv2d(width, num_classes, 1) for k in levels})
        self.aux_weights = (1.0,) * (len(self.heads) - 1)
        initialise(self)

    def _order(self) -> list[tuple[int, int]]:
        """The nodes, each after those that it needs."""
        return [(row, total - row) for total in range(self.level + 1) for row in range(total, -1, -1)]

    def segment(self, x: Tensor) -> NetworkOutput:
        found: dict[tuple[int, int], Tensor] = {}
        for row, column in self._order():
            if column == 0:
                before = self.pool(found[row - 1, 0]) if row else x
            else:
                below = self.up[_name(row, column)](found[row + 1, column - 1])
                before = torch.cat([*(found[row, j] for j in range(column)), below], dim=1)
            found[row, column] = self.nodes[_name(row, column)](before)
        logits = self.heads[str(self.level)](found[0, self.level])
        if not self.training:
            return NetworkOutput(logits)
        others = (int(k) for k in self.heads if int(k) < self.level)
        return NetworkOutput(logits, tuple(self.heads[str(k)](found[0, k]) for k in others))

    def pruned(self, level: int) -> UNetPP:
        """The network of the nodes ``i + j <= level`` and head *level* alone (section 3.2), with copied weights.

        Its logits are those of that head of the whole network, bit for bit. Raises
        :class:`~segstudio.core.errors.OptionError` where there is no such head: above :attr:`level`, and below it
        without deep supervision.
        """
        if str(level) not in self.heads:
            heads = ", ".join(self.heads)
            raise OptionError(
                f"this U-Net++ has no head at level {level} (it has {heads}); "
                "levels below its own need deep supervision in training"
            )
        small = UNetPP(self.num_classes, self.in_channels, level=level, width=self.width, dropout=self.dropout)
        own = self.state_dict()
        small.load_state_dict({key: own[key] for key in small.state_dict()})
        small.name = self.name
        small.config = {**self.config, "deep_supervision": False, "level": level}
        return small.to(next(self.parameters()).device).train(self.training)


def _name(row: int, column: int) -> str:
    return f"x{row}_{column}"


def _double(before: int, after: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1), nn.ReLU(inplace=True)]
        if dropout:
            layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers)
