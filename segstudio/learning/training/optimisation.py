"""How gradients move the weights: the optimiser and its rates, mixed precision, clipping, and a running mean."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from segstudio.core.errors import OptionError, TrainingError
from segstudio.learning.config import TrainConfig
from segstudio.learning.devices import Precision
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.schedules import rate
from segstudio.learning.team import Team


class Optimisation:
    """Moves the weights of a network that is on its device already."""

    def __init__(
        self, config: TrainConfig, network: SegmentationNetwork, device: torch.device, precision: Precision
    ) -> None:
        self._config, self._network = config, network
        self._optimiser = optimiser(config, network)
        self._still = _frozen_norms(network)
        self._scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
        self._mean = copy.deepcopy(network).requires_grad_(False) if config.ema else None

    @property
    def measured(self) -> SegmentationNetwork:
        """The network that is validated and kept: the running mean where there is one."""
        return self._network if self._mean is None else self._mean

    @property
    def lr(self) -> float:
        """Of the step before, for the head."""
        return float(self._optimiser.param_groups[0]["lr"])

    @property
    def gradient_bytes(self) -> int:
        """What the gradients take once they are there."""
        return sum(p.numel() * p.element_size() for p in self._network.parameters() if p.requires_grad)

    @property
    def state_bytes(self) -> int:
        """What the optimiser takes beside the weights after its first step."""
        momenta = 2 if self._config.optimiser != "sgd" else 1 if self._config.momentum else 0
        return momenta * self.gradient_bytes

    def teach(self) -> None:
        """Put the network into train mode; the statistics of frozen normalisation stay as they are."""
        self._network.train()
        for norm in self._still:
            norm.eval()

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of *loss*."""
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

    def forget(self) -> None:
        """Drop the gradients."""
        self._optimiser.zero_grad(set_to_none=True)

    def update(self, done: float, step: int, team: Team) -> None:
        """Move the weights along the gradients in step *step*, counted from 0, at the share *done* of the run."""
        config, network = self._config, self._network
        share = rate(config.schedule, done, config.warmup)
        for group in self._optimiser.param_groups:
            group["lr"] = group["peak"] * share
        team.average_gradients(network.parameters())
        if config.clip is not None:
            self._scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(network.parameters(), config.clip)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self.forget()
        if self._mean is not None:
            # a mean of few steps follows faster, or it would remember the random beginning
            _follow(self._mean, network, min(config.ema, (1 + step) / (10 + step)))

    def state(self) -> dict[str, Any]:
        """What :meth:`restore` takes, the network's weights too: tensors and plain values."""
        return {
            "network": self._network.state_dict(),
            "mean": None if self._mean is None else self._mean.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from *state*. Raises RuntimeError, ValueError or KeyError where it is of another network."""
        self._network.load_state_dict(state["network"])
        if self._mean is not None:
            self._mean.load_state_dict(state["mean"] or state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])


def optimiser(config: TrainConfig, network: SegmentationNetwork) -> torch.optim.Optimizer:
    """The optimiser with the head's and the backbone's learning rate; norms and biases are not decayed.

    A part whose rate is 0 is frozen, and so are ``config.frozen_stages``. Raises :class:`TrainingError` where that is
    all of it, and :class:`OptionError` where the network has no backbone of which stages could be frozen.
    """
    stages = network.backbone_stages() if config.frozen_stages else []
    if config.frozen_stages and not stages:
        raise OptionError(f"{network.name or 'the network'} has no backbone, so that no stage of it can be frozen")
    for stage in stages[: config.frozen_stages]:
        for parameter in stage:
            parameter.requires_grad_(False)
    groups: list[dict[str, Any]] = []
    for parameters, peak in (
        (network.head_parameters(), config.peak_lr),
        (network.backbone_parameters(), config.peak_backbone_lr),
    ):
        if peak == 0:
            for parameter in parameters:
                parameter.requires_grad_(False)
        trained = [p for p in parameters if p.requires_grad]
        for decayed in (True, False):
            chosen = [p for p in trained if (p.ndim > 1) == decayed]
            if chosen:
                decay = config.weight_decay if decayed else 0.0
                groups.append({"params": chosen, "lr": peak, "peak": peak, "weight_decay": decay})
    if not groups:
        raise TrainingError("every part of the network is frozen; there is nothing to train")
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=config.momentum, nesterov=config.momentum > 0)
    return (torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam)(groups)


def _frozen_norms(network: nn.Module) -> list[nn.Module]:
    """Batch normalisation whose weights are frozen: its statistics belong to them."""
    norms = (module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm))
    return [norm for norm in norms if norm.affine and not any(p.requires_grad for p in norm.parameters())]


@torch.no_grad()
def _follow(mean: nn.Module, network: nn.Module, decay: float) -> None:
    """Move *mean* towards *network*; counters and statistics of batch normalisation are moved or copied too."""
    moved: tuple[list[Tensor], list[Tensor]] = ([], [])
    for kept, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            moved[0].append(kept)
            moved[1].append(new)
        else:
            kept.copy_(new)
    # all at once: hundreds of small steps would keep a fast device waiting
    get_ema_multi_avg_fn(decay)(*moved, None)  # type: ignore[no-untyped-call]
