"""What a network costs: parameters, multiplications, stride, receptive field and time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from segstudio.core.progress import Progress, Work
from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.receptive_field import network_field

_SMALL = 96


@dataclass(frozen=True)
class Profile:
    """One line of the table of networks' costs, for one image in eval mode."""

    name: str
    backbone: str | None
    size: int
    """Side of the square image."""
    parameters: int
    macs: int | None
    """Multiply-accumulates of convolutions and matrix products; ``None`` where they depend on the image."""
    output_stride: int | None
    """Image pixels to one of the scored features; ``None`` for a network of several."""
    receptive_field: int | None
    """Rows of the image that an output pixel sees; ``None`` is the whole image."""
    milliseconds: float | None
    """Of one forward pass on this machine; ``None`` where it was not measured."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def profile_network(
    name: str,
    num_classes: int = 21,
    in_channels: int = 3,
    *,
    backbone: str | None = None,
    size: int = 512,
    repeats: int = 0,
    device: str | torch.device = "cpu",
    **options: Any,
) -> Profile:
    """The cost of ``create_network(name, num_classes, in_channels, ...)`` on an image of *size* x *size*.

    Everything but the time is counted on the meta device, which takes no memory and no arithmetic. *repeats* forward
    passes on *device* are timed after one that is not, and their median is given; 0 measures none.
    """
    arguments = {"backbone": backbone, **options}
    with torch.device("meta"):
        network = create_network(name, num_classes, in_channels, **arguments).eval()
    follows_content = NETWORKS[name].task == "instance"
    milliseconds = None
    if repeats:
        measured = create_network(name, num_classes, in_channels, **arguments).eval().to(device)
        milliseconds = _time(measured, size, repeats)
    return Profile(
        name=name,
        backbone=network.config["backbone"],
        size=size,
        parameters=sum(p.numel() for p in network.parameters()),
        macs=None if follows_content else _count_macs(network, size),
        output_stride=None if follows_content else _output_stride(network),
        receptive_field=None if follows_content else network_field(network),
        milliseconds=milliseconds,
    )


def profile_networks(
    names: Iterable[str] | None = None, *, size: int = 512, repeats: int = 0, device: str | torch.device = "cpu"
) -> Work[list[Profile]]:
    """:func:`profile_network` of each of *names* (all of the table) as it is by default, with 21 classes."""
    chosen = list(NETWORKS if names is None else names)
    profiles = []
    for index, name in enumerate(chosen):
        yield Progress(index / len(chosen), NETWORKS[name].title)
        profiles.append(profile_network(name, size=size, repeats=repeats, device=device))
    return profiles


def _count_macs(network: SegmentationNetwork, size: int) -> int:
    x = torch.empty(1, network.in_channels, size, size, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(x)
    return int(counter.get_total_flops()) // 2


def _output_stride(network: SegmentationNetwork) -> int:
    if network.output_stride is not None:
        return network.output_stride
    side = network.padded_size(512)
    with torch.no_grad():
        logits = network.segment(torch.empty(1, network.in_channels, side, side, device="meta")).logits
    return round(side / int(logits.shape[-1]))


def _time(network: SegmentationNetwork, size: int, repeats: int) -> float:
    device = next(network.parameters()).device
    x = torch.rand(1, network.in_channels, size, size, device=device)
    times = []
    with torch.inference_mode():
        # what is set up once is set up by a small image as well; a graphics card picks its kernels by the size
        network(x if device.type == "cuda" else x[..., :_SMALL, :_SMALL])
        for _ in range(repeats):
            start = time.perf_counter()
            network(x)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)
