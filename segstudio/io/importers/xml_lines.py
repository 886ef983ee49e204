"""Reading XML documents element by element, with the line of each, and none that is a bomb."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import sax
from defusedxml.common import DefusedXmlException

from segstudio.core.errors import FormatError, storage_errors

_CHUNK = 1 << 16


@dataclass
class Element:
    """One element with all that is in it."""

    tag: str
    attributes: dict[str, str]
    line: int
    share: float = 0.0
    """How much of the document was read when it was complete, 0..1."""
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, *path: str) -> Element | None:
        """The first element below along *path*."""
        found: Element | None = self
        for tag in path:
            found = next((c for c in found.children if c.tag == tag), None) if found else None
        return found

    def all(self, tag: str) -> list[Element]:
        """The children called *tag*."""
        return [c for c in self.children if c.tag == tag]

    def value(self, *path: str) -> str | None:
        """The text of the first element along *path*, without spaces around it."""
        found = self.child(*path)
        return found.text.strip() if found is not None else None


def elements(path: Path, tags: Collection[str]) -> Iterator[Element]:
    """The outermost elements called one of *tags*, each as soon as it is complete; the rest is passed over.

    Raises :class:`~segstudio.core.errors.FormatError` with the line where the document is no XML or truncated, and
    where it declares entities or a document type, which expand without end or reach for other files;
    :class:`~segstudio.core.errors.StorageError` where it cannot be read.
    """
    parser: Any = sax.make_parser()
    parser.forbid_dtd = True
    handler = _Handler(tags, parser)
    parser.setContentHandler(handler)
    with storage_errors(path), open(path, "rb") as file:
        size, done = max(1, os.fstat(file.fileno()).st_size), 0
        try:
            while chunk := file.read(_CHUNK):
                parser.feed(chunk)
                done += len(chunk)
                while handler.complete:
                    element = handler.complete.popleft()
                    element.share = min(1.0, done / size)
                    yield element
            parser.feed(b"", isFinal=True)
        except DefusedXmlException as error:
            raise FormatError(path, "it declares a document type or entities, which are refused for safety") from error
        except SAXParseException as error:
            raise FormatError(path, f"line {error.getLineNumber()}: {_reason(error)}") from error


def _reason(error: SAXParseException) -> str:
    message = error.getMessage()
    ended = "no element found" in message or "unclosed" in message
    return "the document is truncated: it ends too soon" if ended else f"this is not XML ({message})"


class _Handler(ContentHandler):
    """Builds the elements of interest and hands over those that are complete."""

    def __init__(self, tags: Collection[str], locator: Any) -> None:
        super().__init__()
        self._tags = frozenset(tags)
        self._locator = locator
        self._open: list[Element] = []
        self.complete: deque[Element] = deque()

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # the name that SAX calls
        if self._open or name in self._tags:
            element = Element(name, dict(attrs.items()), int(self._locator.getLineNumber()))
            if self._open:
                self._open[-1].children.append(element)
            self._open.append(element)

    def characters(self, content: str) -> None:
        if self._open:
            self._open[-1].text += content

    def endElement(self, name: str) -> None:  # noqa: N802
        if self._open:
            element = self._open.pop()
            if not self._open:
                self.complete.append(element)
