"""Images that are embedded in a data set's documents, written to a folder where they become files."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from segstudio.core.errors import storage_errors
from segstudio.io.atomic import write_bytes

_ENDINGS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"II*\x00": ".tif", b"MM\x00*": ".tif", b"BM": ".bmp"}
"""By how the bytes of an image begin."""


def written(folder: Path, name: str, data: bytes, *, mark: str) -> Path:
    """The file in *folder* that holds *data*, called *name* or, where another image is called so or there is no name,
    after *mark*, which tells where the image comes from. One that is there already is taken as it is.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    ending = next((known for start, known in _ENDINGS.items() if data.startswith(start)), Path(name).suffix or ".png")
    wanted = name if name.strip(". ") else f"{mark}{ending}"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number in count():
            path = folder / wanted if number == 0 else folder / f"{mark}{f'-{number}' if number > 1 else ''}-{wanted}"
            if not path.exists():
                write_bytes(path, data, durable=False)
                return path
            if path.read_bytes() == data:
                return path
    raise AssertionError("numbers do not end")
