"""The page on losses tells of every loss, as the table has it, and what it recommends can be built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from segstudio.learning.losses import ALIASES, LOSSES, REGULARISERS, create_loss

PAGE = (Path(__file__).parents[3] / "docs" / "losses.md").read_text(encoding="utf-8")
ENTRIES = {**LOSSES, **REGULARISERS}
SPECS = sorted(set(re.findall(r"`((?:[\d.]+\*)?[a-z_0-9]+(?:\([^`]*\))?(?:\+[^`]+)?)`", PAGE)) - {"batch"})


@pytest.mark.parametrize("name", ENTRIES)
def test_the_page_has_its_formula_its_paper_and_when_to_pick_it(name: str) -> None:
    entry = ENTRIES[name]
    row = f"| `{name}` | {entry.title} | {entry.pick} | {entry.formula.replace('|', chr(92) + '|')} |\n"
    assert row in PAGE
    assert f"### `{name}`\n\n*{entry.paper}, {entry.year}.*\n" in PAGE
    section = PAGE.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    assert re.findall(r"^- `(\w+)`: (.+)$", section, re.MULTILINE) == list(entry.options.items())


def test_it_tells_of_no_loss_that_is_not_there() -> None:
    assert set(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == set(ENTRIES)


def test_every_sum_that_it_names_can_be_built_and_is_finite() -> None:
    sums = [spec for spec in SPECS if "+" in spec or "(" in spec or spec.partition("(")[0] in {*LOSSES, *ALIASES}]
    assert {"ce+dice", "focal+ms_ssim+iou", "dice(squared=True)", "partial_ce+crf", "0.5*bce+dice"} <= set(sums)
    logits, target = torch.randn(2, 3, 40, 40), torch.randint(0, 3, (2, 40, 40))
    for spec in sums:
        assert torch.isfinite(create_loss(spec)(logits, target, image=torch.rand(2, 3, 40, 40))), spec
