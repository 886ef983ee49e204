"""The order of names as people count: ``img2`` before ``img10``. One key for lists, folders and stacks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

P = TypeVar("P", bound=str | Path)

_NUMBER = re.compile(r"([0-9]+)")
_LOWEST = "\x01"
"""Ends the name of a folder, so that what is in it stands before folders whose names only begin like its."""


def natural_key(name: str) -> str:
    """What to sort names and paths by: runs of the digits 0-9 by the number that they are, upper and lower case alike.

    Plain text, which Python and SQLite compare alike and fast. Names that differ in case or in leading zeros alone have
    the same key: sort by the name itself next where that matters.
    """
    folder, slash, last = name.replace("\\", "/").rpartition("/")
    return _folder_key(folder) + _LOWEST + _key(last) if slash else _key(last)


def in_order(paths: Iterable[P]) -> list[P]:
    """*paths* as people count: what a file manager hands over comes in any order."""
    return sorted(paths, key=lambda path: (natural_key(str(path)), str(path)))


@lru_cache(maxsize=4096)
def _folder_key(folder: str) -> str:
    """Of what a hundred thousand names have in common."""
    return _LOWEST.join(map(_key, folder.split("/")))


def _key(part: str) -> str:
    """*part* with every number behind how many digits it has: of numbers with as many the text has the right order. The
    zero before both keeps a number's place among other characters."""
    pieces = _NUMBER.split(part.casefold())
    pieces[1::2] = [f"0{len(digits):04}{digits}" for digits in [piece.lstrip("0") for piece in pieces[1::2]]]
    return "".join(pieces)
