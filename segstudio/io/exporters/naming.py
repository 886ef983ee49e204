"""File names for exported samples: each its own, safe on every system, and as near to the source's as can be."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from segstudio.io.images.base import series_of

_MAX_BYTES = 180
"""Of the 255 that file systems allow, so that formats can add their own endings."""
_OURS = ("segstudio", "classes")
"""Names of files that describe a data set; a sample that is called so gets a number."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Framed(Protocol):
    @property
    def path(self) -> Path: ...

    @property
    def frame(self) -> int: ...


def stems(samples: Sequence[Framed]) -> list[str]:
    """A name without ending for each sample.

    It is the file's own; with the frame's number where several frames of a file take part, with the folder's name in
    front where files share a name, and with a number where even that is not enough. Upper and lower case do not tell
    names apart, for they do not on every system.
    """
    frames = Counter(sample.path for sample in samples)
    plain = [_plain(sample, several=frames[sample.path] > 1) for sample in samples]
    shared = Counter(name.casefold() for name in plain)
    taken = set(_OURS)
    result = []
    for sample, name in zip(samples, plain, strict=True):
        wanted = name if shared[name.casefold()] == 1 else safe_name(f"{sample.path.parent.name}_{name}")
        result.append(_free(wanted, taken))
    return result


def safe_name(text: str) -> str:
    """*text* as a file name that every system takes; names that are too long end in a checksum of the whole."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).rstrip(". ").lstrip(" ") or "_"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    data = name.encode("utf-8", "replace")
    if len(data) <= _MAX_BYTES:
        return data.decode("utf-8")
    mark = hashlib.sha256(data).hexdigest()[:12]
    return f"{data[: _MAX_BYTES - 13].decode('utf-8', 'ignore')}-{mark}"


def bare_name(path: Path) -> str:
    """The file's name without its ending, be it a double one."""
    name = path.name
    for ending in (".nii.gz", ".ome.tiff", ".ome.tif"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name if series_of(path) is not None else path.stem  # the dots in a series' number are no ending


def _plain(sample: Framed, *, several: bool) -> str:
    name = bare_name(sample.path)
    return safe_name(f"{name}_{sample.frame:04d}" if several or sample.frame else name)


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate.casefold())
    return candidate
