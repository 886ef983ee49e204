"""The table of networks with what each costs on this machine, kept so that it is measured once."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from segstudio.app.settings import cache_folder
from segstudio.core.errors import StorageError
from segstudio.core.progress import Work
from segstudio.io.atomic import write_text

REPEATS = 1
"""Timed forward passes of each network, after one that is not."""


def network_table(*, profile: bool, time: bool) -> Work[list[dict[str, Any]]]:
    """The table of networks; with *profile* what each costs at 512 x 512, with *time* a measured forward pass too.

    Costs are kept in the cache folder until the networks, torch or the machine change. Keys: ``name``, ``title``,
    ``paper``, ``year``, ``task``, ``pick``, ``backbones``, ``options``, and with *profile* those of
    :class:`~segstudio.learning.networks.profile.Profile`.
    """
    from segstudio.learning.networks.table import NETWORKS  # loads no torch

    rows = [
        {"name": e.name, "title": e.title, "paper": e.paper, "year": e.year, "task": e.task, "pick": e.pick,
         "backbones": list(e.backbones), "options": dict(e.options)}
        for e in NETWORKS.values()
    ]  # fmt: skip
    if not (profile or time):
        return rows
    kept = _Kept(time)
    costs = kept.read()
    if costs is None:
        from segstudio.learning.networks.profile import profile_networks  # loads torch

        profiles = yield from profile_networks(repeats=REPEATS if time else 0)
        costs = [asdict(cost) for cost in profiles]
        kept.write(costs)
    return [{**row, **cost} for row, cost in zip(rows, costs, strict=True)]


class _Kept:
    """The costs measured before by the same code on the same machine."""

    def __init__(self, timed: bool) -> None:
        self._path = cache_folder() / f"networks-{'timed' if timed else 'counted'}.json"
        self._key = _fingerprint()

    def read(self) -> list[dict[str, Any]] | None:
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None  # there is none, or it is damaged: measure again
        if not isinstance(stored, dict) or stored.get("key") != self._key:
            return None
        costs: list[dict[str, Any]] = stored["costs"]
        return costs

    def write(self, costs: list[dict[str, Any]]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, json.dumps({"key": self._key, "costs": costs}), durable=False)
        except (OSError, StorageError):
            return  # a cache folder that cannot be written costs time, not the answer


def _fingerprint() -> str:
    """Of the networks' sources, torch's version and the machine."""
    from importlib.metadata import version

    import segstudio.learning.networks as networks

    digest = hashlib.blake2b(digest_size=16)
    for source in sorted(Path(networks.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for fact in (version("torch"), platform.node(), platform.machine(), os.cpu_count()):
        digest.update(f"{fact};".encode())
    return digest.hexdigest()
