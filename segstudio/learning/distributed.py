"""Teams of processes on several devices or machines, by Lightning Fabric: it starts them, or joins those that
``torchrun`` or a cluster started."""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from segstudio.core.errors import OptionError, TrainingError
from segstudio.learning.team import Alone, Team


class FabricTeam:
    """A team whose processes Fabric has started."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self.rank: int = fabric.global_rank
        self.size: int = fabric.world_size
        self.device: torch.device | None = fabric.device

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        trained = [p for p in parameters if p.requires_grad]
        for parameter in trained:
            # a part that this member's share did not use has no gradient here, but may have one elsewhere
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [p.grad for p in trained if p.grad is not None]
        # one message for all: hundreds of small ones would wait for the network each
        flat = torch.cat([g.reshape(-1) for g in gradients])
        flat = self._reduce(flat)
        for gradient, mean in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def every(self, flag: bool) -> bool:
        return float(self._reduce(torch.tensor(float(flag), device=self.device))) == 1.0

    def mean(self, value: float) -> float:
        return float(self._reduce(torch.tensor(value, device=self.device, dtype=torch.float64)))

    def first(self, value: float) -> float:
        return float(self._fabric.broadcast(value))

    def same_weights(self, module: nn.Module) -> None:
        for tensor in module.state_dict().values():
            torch.distributed.broadcast(tensor, 0)

    def _reduce(self, tensor: Tensor) -> Tensor:
        reduced = self._fabric.all_reduce(tensor, reduce_op="mean")
        assert isinstance(reduced, Tensor)
        return reduced


def assemble(devices: int = 1, num_nodes: int = 1, device: str = "auto") -> Team:
    """The team of this process: *devices* on each of *num_nodes* machines.

    Started by hand, the processes of this machine are started from here by running the same command again; under
    ``torchrun`` or a cluster's launcher the ones that are there are joined. On more machines the launcher, or the
    variables ``MASTER_ADDR``, ``MASTER_PORT`` and ``NODE_RANK``, say where the first one is. Raises
    :class:`OptionError` where this machine has fewer devices.
    """
    if devices < 1 or num_nodes < 1:
        raise OptionError(f"a team needs at least one device and one machine, not {devices} and {num_nodes}")
    if devices * num_nodes == 1 and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Alone()
    kind = device.partition(":")[0]
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    if kind == "cuda" and torch.cuda.device_count() < devices:
        raise OptionError(f"this machine has {torch.cuda.device_count()} CUDA devices, not {devices}")
    if kind not in ("cpu", "cuda"):
        raise OptionError(f"several processes compute on cpu or cuda, not on {device!r}")
    fabric = Fabric(accelerator=kind, devices=devices, num_nodes=num_nodes, strategy="ddp")
    try:
        fabric.launch()
    except RuntimeError as error:
        raise TrainingError(f"the processes did not find each other: {error}") from error
    return FabricTeam(fabric)


def shut_down() -> None:
    """Leave the team, at the end of the process."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
