"""The page on networks tells of every network, with the figures of the networks as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segstudio.learning.networks import NETWORKS, create_network

PAGE = (Path(__file__).parents[3] / "docs" / "networks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NETWORKS)
def test_the_page_has_its_count_its_paper_and_when_to_pick_it(name: str) -> None:
    entry = NETWORKS[name]
    with torch.device("meta"):
        network = create_network(name, 21, 3)
    (row,) = (line for line in PAGE.splitlines() if f"| `{name}` |" in line)
    assert f"| {sum(p.numel() for p in network.parameters()):,} |" in row
    assert f"### {entry.title}\n\n{entry.pick}\n\n*{entry.paper}, {entry.year}.*\n" in PAGE
    for option in entry.options:
        assert f"- `{option}`: {entry.options[option]}" in PAGE
