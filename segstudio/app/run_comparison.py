"""In what the configurations of training runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segstudio.io.project import Run
from segstudio.learning.config import TrainConfig


def differences(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """The fields in which *runs* differ, in the trainer's order, with each run's value; fields of fields by a dot."""
    flat = [_flat(run.config) for run in runs]
    names = dict.fromkeys(name for config in flat for name in config)
    order = list(TrainConfig.model_fields)
    found = {name: tuple(config.get(name, _default(name)) for config in flat) for name in names}
    differing = [name for name, values in found.items() if len(set(values)) > 1]
    place = {name: order.index(top) if (top := name.partition(".")[0]) in order else len(order) for name in differing}
    return {name: found[name] for name in sorted(differing, key=lambda name: (place[name], name))}


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            values |= _flat(value, f"{prefix}{name}.")
        elif value is not None:
            values[prefix + name] = str(value)
    return values


def _default(name: str) -> str:
    """What a run that does not say trained with; a dash where the network or the device decided."""
    value: Any = TrainConfig()
    for part in name.split("."):
        value = getattr(value, part, None)
    return "–" if value is None else str(value)
