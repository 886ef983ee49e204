"""Reading JSON documents too long for memory, entry by entry, with the line of each."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from segstudio.core.errors import FormatError, storage_errors

_SPACE = re.compile(r"[ \t\r\n]*")
_CHUNK = 1 << 20
_WORDS = ("true", "false", "null", "-Infinity", "NaN")
_LONGEST_TOKEN = max(map(len, _WORDS))
_DEEPEST = "it is nested deeper than any data set"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the document: an element of a list at its top, or a value of another kind."""

    key: str
    """The name under which the list or value stands; empty where the document is a list itself."""
    value: Any
    line: int
    """Where it begins, from 1."""
    start: int
    """Its first byte in the file, for :func:`read_entry`."""
    length: int


def entries(path: Path) -> Iterator[Entry]:
    """The entries of the JSON document at *path*, in order; only one at a time is in memory.

    Raises :class:`~segstudio.core.errors.FormatError` with the line where the document is truncated or no JSON, after
    the entries before that place, and :class:`~segstudio.core.errors.StorageError` where it cannot be read.
    """
    with storage_errors(path), open(path, "rb") as file:
        yield from _Scanner(path, file).entries()


def read_entry(path: Path, entry_start: int, length: int) -> Any:
    """The value of an entry that :func:`entries` told the place of."""
    with storage_errors(path), open(path, "rb") as file:
        file.seek(entry_start)
        data = file.read(length)
    try:
        return json.loads(data)
    except ValueError as error:
        raise FormatError(path, "the file changed while it was being read") from error


class _Scanner:
    """A window on the file's text, moved on as values are taken out of it."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._text = ""
        self._place = 0
        self._ended = False
        self._line = 1
        start = file.read(3)
        self._byte = 3 if start == codecs.BOM_UTF8 else 0
        file.seek(0)

    def entries(self) -> Iterator[Entry]:
        opening = self._next()
        if opening == "[":
            yield from self._list("")
        elif opening == "{":
            yield from self._object()
        else:
            raise self._error("this is not a JSON object or list")
        if self._peek():
            raise self._error("there is more text behind the end of the document")

    def _object(self) -> Iterator[Entry]:
        if self._peek() == "}":
            self._next()
            return
        while True:
            key = self._value("").value
            if not isinstance(key, str):
                raise self._error("a name in quotes is expected")
            self._expect(":")
            if self._peek() == "[":
                self._next()
                yield from self._list(key)
            else:
                yield self._value(key)
            if self._expect(",}") == "}":
                return

    def _list(self, key: str) -> Iterator[Entry]:
        if self._peek() == "]":
            self._next()
            return
        while True:
            yield self._value(key)
            if self._expect(",]") == "]":
                return

    def _value(self, key: str) -> Entry:
        self._peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                if not (self._cut_short(error) and self._more()):
                    raise self._error(_reason(error), error.pos) from error
            except RecursionError as error:
                raise self._error(_DEEPEST) from error
            else:
                # a number that ends near the window's end may go on behind it: 1 as 1.5e7
                if end + _LONGEST_TOKEN < len(self._text) or not self._more():
                    return self._taken(key, value, end)

    def _taken(self, key: str, value: Any, end: int) -> Entry:
        line, start = self._line, self._byte
        self._advance(end)
        return Entry(key, value, line, start, self._byte - start)

    def _peek(self) -> str:
        """The next character that is no space, without taking it; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._place)
            self._advance(found.end() if found else self._place)
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def _next(self) -> str:
        character = self._peek()
        self._advance(self._place + len(character))
        return character

    def _expect(self, characters: str) -> str:
        found = self._peek()
        if not found or found not in characters:
            wanted = " or ".join(repr(c) for c in characters)
            raise self._error(f"{wanted} is expected" if found else "the document is truncated: it ends too soon")
        return self._next()

    def _advance(self, end: int) -> None:
        passed = self._text[self._place : end]
        self._line += passed.count("\n")
        self._byte += len(passed.encode())
        self._place = end

    def _more(self) -> bool:
        """Read on, at least doubling what is in the window; whether there was more. At the end the window stays."""
        if self._ended:
            return False
        rest = self._text[self._place :]
        data = self._file.read(max(_CHUNK, len(rest)))
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise self._error("this is not text in UTF-8") from error
        if not data:
            self._ended = True
            return False
        self._text, self._place = rest + text, 0
        return True

    def _cut_short(self, error: json.JSONDecodeError) -> bool:
        """Whether the end of the window, and not the document, may be to blame."""
        return error.pos + _LONGEST_TOKEN >= len(self._text) or error.msg.startswith("Unterminated")

    def _error(self, reason: str, place: int | None = None) -> FormatError:
        line = self._line + (0 if place is None else self._text.count("\n", self._place, place))
        return FormatError(self._path, f"line {line}: {reason}")


def _reason(error: json.JSONDecodeError) -> str:
    rest = error.doc[error.pos :].rstrip()
    ended = error.msg.startswith("Unterminated") or any(word.startswith(rest) for word in _WORDS)
    return "the document is truncated: it ends too soon" if ended else f"this is not JSON ({error.msg})"
