"""What every network costs on this machine: JSON on standard output, or the tables of ``docs/networks.md`` anew.

    python bench/networks.py [--names unet,segnet] [--size 512] [--repeats 2] [--write-docs]

Time is the CPU time of one thread as a share of torchvision's DeepLabV3-ResNet-50's in the same run,
which a machine that is busy with something else changes least.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch
import torchvision
from torch import nn

from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.profile import Profile, profile_network

PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
BEGIN, END = "<!-- tables: written by bench/networks.py -->", "<!-- end of tables -->"


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)
    names = arguments.names.split(",") if arguments.names else list(NETWORKS)
    profiles = [profile_network(name, size=arguments.size) for name in names]
    shares: list[float | None] = [None] * len(names)
    if arguments.repeats:
        reference = torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None)
        whole = cpu_seconds(reference, arguments.size, 2 * arguments.repeats)
        for index, name in enumerate(names):
            print(f"{index + 1}/{len(names)} {name}", file=sys.stderr)
            shares[index] = cpu_seconds(create_network(name, 21), arguments.size, arguments.repeats) / whole
    if arguments.write_docs:
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), profiles, shares), encoding="utf-8")
    lines = [p.to_json() | {"relative_time": s and round(s, 3)} for p, s in zip(profiles, shares, strict=True)]
    print(json.dumps(lines, indent=1))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", help="networks, separated by commas; all")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=2, help="timed passes; 0 measures none")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/networks.md")
    return parser.parse_args()


def cpu_seconds(network: nn.Module, size: int, repeats: int) -> float:
    """Of one forward pass in one thread, the best of *repeats* after one that is not counted."""
    network.eval()
    x = torch.rand(1, 3, size, size)
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            start = time.process_time()
            network(x)
            times.append(time.process_time() - start)
    return min(times[1:])


def with_tables(page: str, profiles: list[Profile], shares: list[float | None]) -> str:
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n\n" + costs(profiles, shares) + "\n" + choices(profiles) + "\n" + END + after


def costs(profiles: list[Profile], shares: list[float | None]) -> str:
    rows = [
        "| Network | Name | Backbone | Parameters | GMACs | Output stride | Receptive field | Time |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for p, share in zip(profiles, shares, strict=True):
        macs = "depends on the image" if p.macs is None else f"{p.macs / 1e9:.1f}"
        stride = "several" if p.output_stride is None else str(p.output_stride)
        field = "image" if p.receptive_field is None else f"{p.receptive_field:,}"
        spent = "" if share is None else f"{share:.2f}"
        rows.append(
            f"| {NETWORKS[p.name].title} | `{p.name}` | {p.backbone or ''} | {p.parameters:,} | {macs} | {stride} "
            f"| {field} | {spent} |"
        )
    return "\n".join(rows) + "\n"


def choices(profiles: list[Profile]) -> str:
    parts = ["## When to pick which\n"]
    for p in profiles:
        entry = NETWORKS[p.name]
        parts.append(f"### {entry.title}\n\n{entry.pick}\n\n*{entry.paper}, {entry.year}.*\n")
        facts = [f"- backbones: {', '.join(f'`{name}`' for name in entry.backbones)}"] if entry.backbones else []
        facts += [f"- `{option}`: {meaning}" for option, meaning in entry.options.items()]
        if facts:
            parts.append("\n".join(facts) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
