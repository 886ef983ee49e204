"""What is wrong with a data set, one by one, so that a person can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    path: Path
    reason: str
    line: int | None = None
    """In a text file: the line (from 1) where the trouble begins."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return f"{place}: {self.reason}"


def counted(number: int, what: str) -> str:
    """``"1 image"``, ``"3 images"``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
