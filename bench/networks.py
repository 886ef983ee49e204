"""What every network costs on this machine: JSON on standard output, or the tables of ``docs/networks.md`` anew.

    python bench/networks.py [--names unet,segnet] [--size 512] [--repeats 3] [--threads N] [--write-docs]

Times are given in milliseconds and as a share of torchvision's DeepLabV3-ResNet-50 in the same run, since a machine
that is busy with something else slows both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
import torchvision

from segstudio.core.progress import Progress, finish
from segstudio.learning.networks import NETWORKS
from segstudio.learning.networks.profile import Profile, profile_networks

PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
BEGIN, END = "<!-- tables: written by bench/networks.py -->", "<!-- end of tables -->"


def main() -> None:
    arguments = parse_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    names = arguments.names.split(",") if arguments.names else None
    reference = time_reference(arguments.size, arguments.repeats) if arguments.repeats else None
    work = profile_networks(names, size=arguments.size, repeats=arguments.repeats)
    profiles = finish(work, show)
    if arguments.write_docs:
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), profiles, reference), encoding="utf-8")
    print(
        json.dumps({"reference_milliseconds": reference, "networks": [line(p, reference) for p in profiles]}, indent=1)
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", help="networks, separated by commas; all")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3, help="timed passes; 0 measures none")
    parser.add_argument("--threads", type=int, default=0, help="torch's threads; its own choice")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/networks.md")
    return parser.parse_args()


def show(progress: Progress) -> None:
    print(f"{100 * (progress.fraction or 0):3.0f} % {progress.message}", file=sys.stderr)


def time_reference(size: int, repeats: int) -> float:
    """Milliseconds of torchvision's DeepLabV3-ResNet-50."""
    network = torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None).eval()
    x = torch.rand(1, 3, size, size)
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            start = time.perf_counter()
            network(x)
            times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[1:])


def line(profile: Profile, reference: float | None) -> dict[str, object]:
    measured = profile.milliseconds is not None and reference is not None
    return profile.to_json() | {"relative_time": round(profile.milliseconds / reference, 3) if measured else None}


def with_tables(page: str, profiles: list[Profile], reference: float | None) -> str:
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n\n" + costs(profiles, reference) + "\n" + choices(profiles) + "\n" + END + after


def costs(profiles: list[Profile], reference: float | None) -> str:
    rows = [
        "| Network | Name | Backbone | Parameters | GMACs | Output stride | Receptive field | Time |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for p in profiles:
        macs = "depends on the image" if p.macs is None else f"{p.macs / 1e9:.1f}"
        stride = "several" if p.output_stride is None else str(p.output_stride)
        timed = p.milliseconds is not None and reference is not None
        field = "image" if p.receptive_field is None else f"{p.receptive_field:,}"
        spent = f"{p.milliseconds / reference:.2f}" if timed else ""
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
