"""Cityscapes: ``gtFine`` (or ``gtCoarse``) with ``instanceIds``, ``labelIds`` or ``polygons``, and ``leftImg8bit``.

The ids are Cityscapes' own, or those in ``labels.json``. Instances stay apart. What is void for Cityscapes (unlabeled,
ego vehicle, rectification border, out of roi) is unlabelled. Images that have polygons but no mask
are painted from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, storage_errors
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.io.cityscapes import INSTANCES, LISTED, VOID, CityLabel, official
from segstudio.io.class_files import load_classes
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    needs_folder,
)
from segstudio.io.importers.city_polygons import POLYGONS, painted
from segstudio.io.importers.json_files import color_of, load_object
from segstudio.io.importers.mask_files import image_of, labels_by_value, read_each
from segstudio.io.importers.photos import Photos
from segstudio.io.masks import read_mask
from segstudio.io.problems import Problem

Options = ImportOptions
_SOURCE = "the folder with gtFine and leftImg8bit"
_KINDS = ("_instanceIds.png", "_labelIds.png", POLYGONS)
"""Endings of the files that tell the pixels of an image, the one that tells most first."""
_NO_IMAGES = (*_KINDS, "_labelTrainIds.png", "_instanceTrainIds.png", "_color.png")
"""Endings of the files that lie beside those, of which there are several to an image."""


@dataclass(frozen=True, eq=False)
class _Ids:
    """What values mean: the class id by Cityscapes' id, 255 for those without a class."""

    table: Mapping[int, int]
    missing: Mapping[int, str]
    """Names of ids whose class the project does not have."""


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    needs_folder(source, _SOURCE)
    root = next((source / name for name in ("gtFine", "gtCoarse") if (source / name).is_dir()), source)
    with storage_errors(root):
        masks = _masks(root)
    if not masks:
        raise FormatError(source, f"the folder holds no instanceIds, labelIds or polygons; choose {_SOURCE}")
    matcher = ClassMatcher(classes, options)
    labels = _labels(source)
    problems: list[Problem] = []
    finder = ImageFinder([options.images] if options.images else [source / "leftImg8bit", source])
    photos = Photos(finder, lambda path: not path.name.endswith(_NO_IMAGES))
    told: set[str] = set()
    ids = _Ids({}, {})

    def sample(mask: Path) -> tuple[ImportedSample, list[Problem]]:
        nonlocal ids
        stem = masks[mask]
        photo = photos.of(mask, [f"{stem}_leftImg8bit", stem], mask.parent.relative_to(root))
        image, shape = image_of(mask, photo)
        found: list[Problem] = []
        values = np.unique(_values(mask, shape, labels, found)).tolist()
        ids = _extended(ids, values, labels, matcher)
        names = {ids.missing[v] for v in map(_class_value, values) if v in ids.missing} - told
        told.update(names)
        found.extend(Problem(mask, f"the project has no class called {name!r}") for name in sorted(names))
        strange = sorted({v for v in map(_class_value, values) if v not in ids.table})
        if strange:
            found.append(Problem(mask, f"it holds values that are no class: {', '.join(map(str, strange[:5]))}"))
        return ImportedSample(image, 0, shape, partial(_load, mask, shape, labels, ids)), found

    samples = yield from read_each(list(masks), sample, problems)
    return ImportedDataset("cityscapes", source, matcher.classes, samples, tuple(problems))


def _masks(root: Path) -> dict[Path, str]:
    """The mask of each image, the one with instances where there is one, with the name before ``_gtFine``."""
    found: dict[tuple[str, Path], Path] = {}
    for kind in reversed(_KINDS):
        for path in sorted(root.rglob(f"*{kind}")):
            name = path.name.removesuffix(kind)
            found[name.rpartition("_gt")[0] or name, path.parent] = path
    return {path: name for (name, _), path in sorted(found.items())}


def _labels(source: Path) -> dict[int, CityLabel]:
    colors = {c.name: c.color for c in load_classes("cityscapes").values()}
    known = {each.id: CityLabel(each.name, each.id, each.train_id, colors.get(each.name)) for each in official()}
    listed = source / LISTED
    if listed.is_file():
        rows = load_object(listed).get("labels")
        try:
            own = [CityLabel(str(r["name"]), int(r["id"]), int(r["trainId"]), color_of(r.get("color"))) for r in rows]  # type: ignore[union-attr]  # what is no list is caught below
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise FormatError(listed, "this is no list of labels with name, id and trainId") from error
        known |= {each.id: each for each in own}
    return known


def _class_value(value: int) -> int:
    return value // INSTANCES if value >= INSTANCES else value


def _extended(ids: _Ids, values: list[int], labels: Mapping[int, CityLabel], matcher: ClassMatcher) -> _Ids:
    """*ids* with the classes of *values*; a new object where there are new ones, as every sample keeps what it got."""
    if all(_class_value(value) in ids.table for value in values):
        return ids
    table, missing = dict(ids.table), dict(ids.missing)
    for value in sorted({_class_value(v) for v in values} - set(table)):
        label = labels.get(value)
        if label is None:
            continue
        if value in VOID:
            table[value] = UNLABELLED
            continue
        class_id = matcher.by_name(label.name, wanted=label.train_id, color=label.color)
        table[value] = UNLABELLED if class_id is None else class_id
        if class_id is None:
            missing[value] = label.name
    return _Ids(table, missing)


def _values(
    file: Path, shape: tuple[int, int], labels: Mapping[int, CityLabel], problems: list[Problem]
) -> NDArray[np.integer]:
    """Cityscapes' values ``(H, W)``, from a mask or from polygons; what is wrong with those joins *problems*."""
    if file.name.endswith(POLYGONS):
        return painted(file, shape, labels.values(), problems)
    return read_mask(file, shape)


def _load(mask: Path, shape: tuple[int, int], labels: Mapping[int, CityLabel], ids: _Ids) -> ImportedLabels:
    values = _values(mask, shape, labels, [])  # its problems were told when it was looked at
    return labels_by_value(
        mask, values, lambda value: (ids.table.get(_class_value(value), UNLABELLED), value >= INSTANCES)
    )
