"""Everything that a training can be told, from the command line: ``-O name=value``, and the list of the names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from segstudio.cli.data_commands import pairs
from segstudio.cli.output import answer
from segstudio.core.errors import OptionError
from segstudio.learning.config import Augmentation, TrainConfig, parse_options
from segstudio.learning.losses.table import ALIASES, LOSSES, REGULARISERS
from segstudio.learning.networks.table import NETWORKS

_FREE = ("network_options", "loss_options")
"""Settings whose names the network and the loss know."""


def register(app: typer.Typer) -> None:
    app.command()(recipe)


def recipe() -> None:
    """List what a training can be told with -O name=value, with defaults."""
    rows = [_row("", name, field) for name, field in TrainConfig.model_fields.items() if name != "augment"]
    rows += [_row("augment.", name, field) for name, field in Augmentation.model_fields.items()]
    answer(rows, lambda: [_line(row) for row in rows])


def _row(prefix: str, name: str, field: FieldInfo) -> dict[str, Any]:
    free = name in _FREE
    return {
        "name": f"{prefix}{name}.NAME" if free else prefix + name,
        "default": None if free else field.get_default(call_default_factory=True),
        "choices": list(_choices(field.annotation)),
        "description": _plain(field.description or ""),
    }


def _plain(text: str) -> str:
    """*text* without what only readers of the code need."""
    text = re.sub(r"\s*\(:func:`\w+`\)|[.\w]*\.(?=[A-Z_]+``)", "", " ".join(text.split()))
    return re.sub(r"\*(\w+)\*", r"\1", text.replace("``", "")).replace("None: ", "left out: ")


def _choices(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from map(str, get_args(annotation))


def _line(row: dict[str, Any]) -> str:
    default = "..." if row["default"] is None else row["default"]
    told = " ".join((*((f"one of {', '.join(row['choices'])};",) if row["choices"] else ()), row["description"]))
    setting = f"{row['name']}={default}"
    return f"-O {setting:28} {told}".rstrip()


def settings(options: list[str]) -> dict[str, Any]:
    """``["optimiser=sgd", "augment.rotate=30", "aux_weights=0.4,1"]`` as fields of a :class:`TrainConfig`, nested.

    Values stay text where the field says itself what they mean. Raises :class:`OptionError` for a name that no
    setting has.
    """
    found: dict[str, Any] = {}
    for name, text in pairs(options).items():
        parent, _, child = name.partition(".")
        model: type[BaseModel] = Augmentation if parent == "augment" else TrainConfig
        if parent in _FREE and child:
            found.setdefault(parent, {}).update(parse_options(f"{child}={text}"))
        elif parent == "augment" and child in model.model_fields:
            found.setdefault(parent, {})[child] = text
        elif not child and name in model.model_fields and name not in (*_FREE, "augment"):
            found[name] = _value(model.model_fields[name], text)
        else:
            raise OptionError(f"there is no setting {name!r}; `segstudio recipe` lists them")
    return found


def _value(field: FieldInfo, text: str) -> Any:
    if text.lower() == "none" and field.get_default() is None:
        return None
    if any(get_origin(part) is tuple for part in (field.annotation, *get_args(field.annotation))):
        return [part.strip() for part in text.split(",")]
    return text


def network_lines(name: str) -> tuple[dict[str, Any], list[str]]:
    """What a person is told of one network: as a document and as lines."""
    entry = NETWORKS[name]
    backbones = list(entry.backbones)
    value = {
        "name": name, "title": entry.title, "year": entry.year, "paper": entry.paper, "pick": entry.pick,
        "backbones": backbones, "options": dict(entry.options),
    }  # fmt: skip
    lines = [f"{entry.title} ({entry.year}): {entry.pick}", entry.paper]
    lines += [f"--backbone {', '.join(backbones)}"] if backbones else []
    return value, lines + [f"-O network_options.{option}=...: {text}" for option, text in entry.options.items()]


def loss_lines(name: str) -> tuple[dict[str, Any], list[str]]:
    """What a person is told of one loss: as a document and as lines."""
    name = ALIASES.get(name, name)
    entry = REGULARISERS[name] if name in REGULARISERS else LOSSES[name]
    value = {
        "name": name, "title": entry.title, "year": entry.year, "paper": entry.paper, "pick": entry.pick,
        "formula": entry.formula, "options": dict(entry.options),
    }  # fmt: skip
    lines = [f"{entry.title} ({entry.year}): {entry.pick}", entry.formula, entry.paper]
    return value, lines + [f"{name}({option}=...): {text}" for option, text in entry.options.items()]
