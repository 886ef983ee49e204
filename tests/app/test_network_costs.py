"""What networks cost is measured once a machine, and again when anything that decides it has changed."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from segstudio.app import network_costs
from segstudio.core.progress import Progress, Work, finish
from segstudio.learning.networks import NETWORKS, profile
from segstudio.learning.networks.profile import Profile


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many timed passes each measuring was asked for."""
    calls: list[int] = []

    def stub(*, repeats: int) -> Work[list[Profile]]:
        calls.append(repeats)
        yield Progress(0.5, "measuring")
        return [Profile(name, None, 512, 7, 9, 4, 31, 2.5 if repeats else None) for name in NETWORKS]

    monkeypatch.setenv("SEGSTUDIO_CACHE", str(tmp_path / "new folder"))
    monkeypatch.setattr(profile, "profile_networks", stub)
    return calls


def test_a_second_look_measures_nothing(measured: list[int]) -> None:
    first = finish(network_costs.network_table(profile=True, time=True))
    second = finish(network_costs.network_table(profile=True, time=True))
    assert first == second
    assert len(measured) == 1
    row = next(row for row in second if row["name"] == "unet")
    assert (row["parameters"], row["macs"], row["output_stride"], row["milliseconds"]) == (7, 9, 4, 2.5)


def test_times_are_not_taken_from_a_table_that_was_only_counted(measured: list[int]) -> None:
    assert finish(network_costs.network_table(profile=True, time=False))[0]["milliseconds"] is None
    assert finish(network_costs.network_table(profile=True, time=True))[0]["milliseconds"] == 2.5
    assert measured == [0, network_costs.REPEATS]


def test_another_machine_or_a_damaged_file_is_measured_anew(
    measured: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(network_costs.network_table(profile=True, time=True))
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    finish(network_costs.network_table(profile=True, time=True))
    for file in (tmp_path / "new folder").iterdir():
        file.write_text("{")
    finish(network_costs.network_table(profile=True, time=True))
    assert len(measured) == 3


def test_the_bare_list_measures_nothing(measured: list[int]) -> None:
    rows = finish(network_costs.network_table(profile=False, time=False))
    assert len(rows) == len(NETWORKS)
    assert not measured
