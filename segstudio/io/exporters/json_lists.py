"""JSON documents with lists too long for memory, written entry by entry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any


class JsonLists:
    """The lists of one document: :meth:`add` puts an entry at the end of one of them."""

    def __init__(self, files: Mapping[str, IO[bytes]]) -> None:
        self._files = files
        self.counts = dict.fromkeys(files, 0)

    def add(self, name: str, entry: object) -> None:
        separator = b",\n" if self.counts[name] else b"\n"
        self._files[name].write(separator + _compact(entry))
        self.counts[name] += 1

    def write(self, path: Path, head: Mapping[str, Any]) -> None:
        """Write the document: the pairs of *head*, then the lists."""
        with open(path, "wb") as out:
            out.write(b"{")
            for key, value in head.items():
                out.write(f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False)},\n".encode())
            for place, (name, file) in enumerate(self._files.items()):
                out.write((b",\n" if place else b"") + f"{json.dumps(name)}:[".encode())
                file.seek(0)
                shutil.copyfileobj(file, out)
                out.write(b"]")
            out.write(b"}\n")


@contextmanager
def json_list(path: Path) -> Iterator[Callable[[object], None]]:
    """A document that is one list, written entry by entry by calling what is given."""
    separator = b"\n"

    def add(entry: object) -> None:
        nonlocal separator
        file.write(separator + _compact(entry))
        separator = b",\n"

    with open(path, "wb") as file:
        file.write(b"[")
        yield add
        file.write(b"\n]\n")


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@contextmanager
def json_lists(folder: Path, names: Sequence[str]) -> Iterator[JsonLists]:
    """Lists called *names* that wait in nameless files in *folder* until they are written."""
    with ExitStack() as stack:
        yield JsonLists({name: stack.enter_context(TemporaryFile(dir=folder)) for name in names})
