"""Finding the image of a mask by its name, where several folders have one of that name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from segstudio.core.errors import MaskError
from segstudio.io import images
from segstudio.io.importers.base import ImageFinder


class Photos:
    """The files that a finder sees, by their names without ending."""

    def __init__(
        self, finder: ImageFinder, fits: Callable[[Path], bool] = lambda _: True, *, named: Callable[[str], str] = str
    ) -> None:
        """Only files that *fits* lets through: masks may lie beside the images and have their names. *named* tells
        what the data set calls an image of some name."""
        self._files: dict[str, list[tuple[Path, Path]]] = {}
        for root, path in finder.files():
            if fits(path):
                self._files.setdefault(named(path.name.removesuffix(path.suffix)), []).append((root, path))

    def of(self, mask: Path, names: Iterable[str], inside: Path = Path()) -> Path | None:
        """The image of *mask* that has the first of *names* that any has; ``None`` where there is none.

        Of several, the one in the folder *inside*, relative to where images are looked for; else those count that lie
        where images are looked for first. Raises :class:`~segstudio.core.errors.MaskError` naming both where they lie
        in different folders: a guess would give an image the labels of another.
        """
        found = next((self._files[name] for name in names if name in self._files), [])
        found = [each for each in found if each[1].name.lower().endswith(images.extensions())] or found
        same = [path for root, path in found if path.parent == root / inside]
        if same:
            return same[0]
        first = [path for root, path in found if root == found[0][0]]
        other = next((path for path in first if path.parent != first[0].parent), None)
        if other is not None:
            raise MaskError(mask, f"two images have its name: {first[0]} and {other}")
        return first[0] if first else None
