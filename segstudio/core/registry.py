"""Read-only tables of the kinds a thing comes in: networks, losses, propagators, readers, exporters, tools, panels."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Protocol, TypeVar

from segstudio.core.errors import OptionError


class Named(Protocol):
    """What a table holds: anything with a *name*."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T]):
    """An ordered, read-only table from names to entries.

    *kind* is what an entry is called in messages (``"network"``). Entries of other packages join through the entry
    point *group*: each entry point loads to one entry, or to a function without arguments that returns one. They are
    looked up when the table is first read, so that building a table costs nothing. A name given twice raises
    ``ValueError``; an unknown name raises :class:`~segstudio.core.errors.OptionError` that suggests the nearest.
    """

    def __init__(self, kind: str, entries: Iterable[T], *, group: str | None = None) -> None:
        self._kind = kind
        self._group = group
        self._own: dict[str, T] = {}
        self._all: dict[str, T] | None = None
        for entry in entries:
            self._add(self._own, entry)

    def _add(self, table: dict[str, T], entry: T) -> None:
        if entry.name in table:
            raise ValueError(f"two {self._kind} entries are called {entry.name!r}")
        table[entry.name] = entry

    def _table(self) -> dict[str, T]:
        if self._all is None:
            table = dict(self._own)
            for point in entry_points(group=self._group) if self._group else ():
                loaded = point.load()
                maker: Callable[[], T] | None = loaded if callable(loaded) and not hasattr(loaded, "name") else None
                self._add(table, maker() if maker is not None else loaded)
            self._all = table
        return self._all

    def __getitem__(self, name: str) -> T:
        try:
            return self._table()[name]
        except KeyError:
            raise OptionError(self._unknown(name)) from None

    def get(self, name: str, default: T | None = None) -> T | None:  # type: ignore[override]  # narrower than Mapping's
        return self._table().get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._table()

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._table(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "there are: " + ", ".join(self._table())
        return f"there is no {self._kind} called {name!r}; {hint}"

    def __repr__(self) -> str:
        return f"Registry({self._kind!r}, {list(self._own)})"
