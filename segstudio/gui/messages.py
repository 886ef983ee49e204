"""Sentences of the floors below, which speak English, in the window's language.

An error's sentence is made from a template (``"there is no class {0}; there are {1}"``). The templates are collected
from the program into ``resources/translations/sentences.json``. The one that a sentence was made from is found again
and its translation filled with the same parts. A sentence without one stays as it is. What background work is called
and what it says it is doing is found in the same way in ``news.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

from segstudio.core.errors import FileError
from segstudio.core.resources import resource
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr

CONTEXT, NEWS = "Sentences", "News"
_FILES = {CONTEXT: "sentences.json", NEWS: "news.json"}
_IN_PARTS = (
    QT_TRANSLATE_NOOP("News", "epoch {0} of {1}"),
    QT_TRANSLATE_NOOP("News", "epoch {0}"),
    QT_TRANSLATE_NOOP("News", "loss {0}"),
)
"""What training says, one behind the other."""
_DEPTH = 3
"""A part of a sentence may be a sentence itself."""


def sentence(error: BaseException) -> str:
    """What *error* says, in the window's language, begun with a capital letter unless it begins with a file."""
    if isinstance(error, FileError):
        return f"{error.path}: {translated(error.reason)}"
    text = translated(str(error))
    return text[:1].upper() + text[1:]


def news(text: str) -> str:
    """What a job is called, or what it says it is doing, in the window's language."""
    parts = text.split(", ")
    if any(_pattern(template).fullmatch(parts[0]) for template in _IN_PARTS):
        return ", ".join(translated(part, context=NEWS) for part in parts)
    found = translated(text, context=NEWS)
    return found if found != text else tr(text, "Edits")


def translated(text: str, depth: int = _DEPTH, context: str = CONTEXT) -> str:
    """*text* in the window's language where its template has a translation."""
    for template, pattern in _templates(context):
        match = pattern.fullmatch(text)
        if match is not None:
            known = tr(template, context)
            if known == template:
                return text
            parts = match.groups()
            return _filled(known, [translated(part, depth - 1, context) if depth else part for part in parts])
    return text


def _filled(template: str, parts: Sequence[str]) -> str:
    return re.sub(r"\{(\d+)\}", lambda place: parts[int(place[1])], template)


@cache
def _templates(context: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Templates with the pattern of what is made from them, those that say most first."""
    known: list[str] = json.loads(resource("translations", _FILES[context]).read_text(encoding="utf-8"))
    known.extend(_IN_PARTS if context == NEWS else ())
    fixed = sorted(known, key=lambda template: -len(re.sub(r"\{\d+\}", "", template)))
    return tuple((template, _pattern(template)) for template in fixed)


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{\d+\}", template)
    return re.compile("(.*?)".join(re.escape(piece) for piece in pieces), re.DOTALL)
