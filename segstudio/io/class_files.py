"""Class lists on disk: JSON files, and the presets that come with segstudio."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

from segstudio.core.classes import LabelClass, LabelSet, parse_color, voc_color
from segstudio.core.errors import FormatError, OptionError, storage_errors
from segstudio.core.resources import resource
from segstudio.io.atomic import write_text


def presets() -> list[str]:
    """The names of the presets, sorted."""
    return sorted(path.stem for path in resource("presets").glob("*.json"))


def load_classes(spec: str | Path) -> LabelSet:
    """The classes that *spec* names: a preset (``"voc"``), a JSON file, or names with commas (``"background,cat"``).

    A JSON file holds ``{"classes": [{"id": 0, "name": "background", "color": "#000000"}, ...]}`` (the colour may be
    left out). Raises :class:`OptionError` for a name that is neither a preset nor a file, :class:`FormatError` for a
    file that is not such a list.
    """
    text = str(spec)
    if not text.strip():
        raise OptionError("no classes are named; name a preset, a JSON file, or the classes with commas")
    if text in presets():
        return _parse(resource("presets", f"{text}.json"))
    if "," in text and not Path(text).is_file():
        return LabelSet.named([name.strip() for name in text.split(",")])
    if not Path(text).exists() and Path(text).suffix == "":
        near = difflib.get_close_matches(text, presets(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "the presets are " + ", ".join(presets())
        more = f"several classes are named with commas: background,{text}"
        raise OptionError(f"there is no class preset or file called {text!r}; {hint}; {more}")
    return _parse(Path(text))


def save_classes(path: str | Path, classes: LabelSet) -> None:
    """Write *classes* as the JSON that :func:`load_classes` reads, replacing the file whole or not at all."""
    write_text(path, json.dumps(classes.to_json(), indent=1, ensure_ascii=False) + "\n")


def _parse(path: Path) -> LabelSet:
    with storage_errors(path):
        data = path.read_bytes()
    try:
        document = json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(path, f"not a JSON file ({error})") from error
    rows = document.get("classes") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise FormatError(path, 'a class list has the form {"classes": [{"id": 0, "name": "...", "color": "#rrggbb"}]}')
    try:
        return LabelSet(_class(index, row) for index, row in enumerate(rows))
    except OptionError as error:
        raise FormatError(path, str(error)) from error


def _class(index: int, row: Any) -> LabelClass:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not isinstance(row.get("id"), int):
        raise OptionError(f"entry {index + 1} needs a whole number as id and a text as name")
    color = row.get("color")
    return LabelClass(row["id"], row["name"], voc_color(row["id"] & 255) if color is None else parse_color(str(color)))
