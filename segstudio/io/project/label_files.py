"""The three PNGs that hold a sample's label map: segment ids, who said so, and the human's pixels alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import storage_errors
from segstudio.core.labels import TILED_FROM, UNLABELLED, LabelMap, Provenance
from segstudio.core.tiled import TiledArray
from segstudio.io.atomic import remove_leftovers
from segstudio.io.masks import Palette, read_mask, write_mask
from segstudio.io.tiled_masks import read_tiled_mask, write_tiled_mask

LABELS, PROVENANCE, SEEDS = "labels.png", "provenance.png", "seeds.png"
NAMES = (LABELS, PROVENANCE, SEEDS)


def read_label_files(folder: Path, shape: tuple[int, int], segments: Mapping[int, int]) -> LabelMap:
    """The label map in *folder* of an image of *shape*; blank where none was saved.

    Raises :class:`~segstudio.core.errors.MaskError` where the saved map has another size or is damaged.
    """
    file, beside = folder / LABELS, folder / PROVENANCE
    if not file.is_file():
        return LabelMap(shape, segments)
    if shape[0] * shape[1] >= TILED_FROM:
        return _read_tiled(file, beside, shape, segments)
    ids = read_mask(file, shape)
    provenance = read_mask(beside, shape).astype(np.uint8) if beside.is_file() else None
    return LabelMap.from_arrays(ids, provenance, segments)


def write_label_files(
    folder: Path,
    ids: NDArray[np.uint16],
    provenance: NDArray[np.uint8],
    classes: LabelSet,
    *,
    durable: bool = True,
) -> None:
    """Replace the three PNGs in *folder*, each whole or not at all; *durable* as in
    :func:`segstudio.io.atomic.replacing`."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    palette = {c.id: c.color for c in classes.values()}
    maps: tuple[object, object] = (ids, provenance)
    if isinstance(maps[0], TiledArray) and isinstance(maps[1], TiledArray):
        _write_tiled(folder, maps[0], maps[1], palette)
        return
    seeds = np.where(provenance == Provenance.HUMAN, ids, np.uint16(UNLABELLED))
    write_mask(folder / LABELS, ids, palette, durable=durable)
    write_mask(folder / PROVENANCE, provenance, durable=durable)
    write_mask(folder / SEEDS, seeds, palette, durable=durable)


def _read_tiled(file: Path, beside: Path, shape: tuple[int, int], segments: Mapping[int, int]) -> LabelMap:
    ids = read_tiled_mask(file, shape, np.uint16, UNLABELLED)
    if beside.is_file():
        provenance = read_tiled_mask(beside, shape, np.uint8, Provenance.NONE)
    else:
        provenance = TiledArray(shape, np.uint8, Provenance.NONE)
        for region in ids.written():
            said = ids[region.slices] != UNLABELLED
            provenance[region.slices] = np.where(said, np.uint8(Provenance.IMPORTED), np.uint8(Provenance.NONE))
    return LabelMap.from_arrays(ids, provenance, segments)


def _write_tiled(folder: Path, ids: TiledArray, provenance: TiledArray, palette: Palette) -> None:
    seeds = ids.combined(provenance, lambda i, p: np.where(p == Provenance.HUMAN, i, np.uint16(UNLABELLED)))
    write_tiled_mask(folder / LABELS, ids, palette)
    write_tiled_mask(folder / PROVENANCE, provenance)
    write_tiled_mask(folder / SEEDS, seeds, palette)
