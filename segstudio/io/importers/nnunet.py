"""nnU-Net v2 raw data set: ``dataset.json`` with ``labelsTr`` and ``imagesTr``, as NIfTI or PNG.

The labels in ``dataset.json`` tell the classes; the one called *ignore* is unlabelled. Of several channels the first
is the image that is labelled. ``splits_final.json``, beside it or where nnU-Net keeps it, tells which cases are for
training and which for validation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, storage_errors
from segstudio.core.progress import Work
from segstudio.io.exporters.nnunet import PREPROCESSED, SPLITS
from segstudio.io.importers.base import ClassMatcher, ImportedDataset, as_problem
from segstudio.io.importers.json_files import load_object
from segstudio.io.importers.nifti import load_nifti
from segstudio.io.importers.volumes import Case, Kind, LabelVolume, VolumeImages, VolumeOptions, read_cases
from segstudio.io.masks import read_mask
from segstudio.io.problems import Problem


class Options(VolumeOptions):
    part: Literal["all", "train", "val"] = Field(
        "all", description="the cases to import: all, or those of one part of a fold of splits_final.json"
    )
    fold: int = Field(0, ge=0, description="the fold that tells the part, counted from 0")


_SOURCE = "the folder DatasetNNN_NAME with dataset.json"


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    root = _root(source)
    description = root / "dataset.json"
    content = load_object(description)
    labels, ending = content.get("labels"), content.get("file_ending")
    if not isinstance(labels, dict) or not isinstance(ending, str):
        raise FormatError(description, "this is no description of an nnU-Net data set: it lacks labels or file_ending")
    kinds = []
    for name, value in labels.items():
        if not isinstance(value, int):
            raise FormatError(description, f"the label {name!r} is a region of several values, which masks cannot hold")
        if name != "ignore":
            kinds.append(Kind(value, name))
        else:
            options = options.model_copy(update={"unlabelled": value})
    with storage_errors(root):
        files = sorted((root / "labelsTr").glob(f"*{ending}"))
    names = {path.name.removesuffix(ending): path for path in files}
    chosen, troubles = _parted(root, names, options)
    roots = [options.images] if options.images else [root / "imagesTr"]
    photos = VolumeImages(roots)
    cases = [Case(path, photos.of(path, ending="_0000")) for path in chosen.values()]
    load = load_nifti if ending in (".nii", ".nii.gz") else _load_mask
    work = read_cases(
        "nnunet", source, cases, kinds, ClassMatcher(classes, options), options, load, table_file=description
    )
    found = yield from work
    return replace(found, problems=(*troubles, *found.problems))


def _splits(root: Path) -> Path | None:
    """Beside the raw data, in the folder of preprocessed data beside it, or in that of an nnU-Net of one's own."""
    homes = [root, root.parent / PREPROCESSED / root.name, root.parent.parent / PREPROCESSED / root.name]
    return next((home / SPLITS for home in homes if (home / SPLITS).is_file()), None)


def _parted(root: Path, names: Mapping[str, Path], options: Options) -> tuple[dict[str, Path], list[Problem]]:
    """The label files of the part that is wanted, and what is wrong with the file that tells the parts.

    Raises :class:`~segstudio.core.errors.FormatError` where one part is wanted and nothing tells which it is.
    """
    splits = _splits(root)
    if splits is None:
        if options.part != "all":
            raise FormatError(root, f"there is no {SPLITS} that tells its parts")
        return dict(names), []
    try:
        folds = _folds(splits)
    except FormatError as error:
        if options.part != "all":
            raise
        return dict(names), [as_problem(error)]
    problems = list(_troubles(splits, folds, names))
    if options.part == "all":
        return dict(names), problems
    if options.fold >= len(folds):
        raise FormatError(splits, f"there is no fold {options.fold}; it has {len(folds)} (counted from 0)")
    wanted = set(folds[options.fold][options.part])
    return {name: path for name, path in names.items() if name in wanted}, problems


def _folds(splits: Path) -> list[dict[str, list[str]]]:
    """For each fold the names to train and to validate on."""
    with storage_errors(splits):
        data = splits.read_bytes()
    try:
        folds = json.loads(data)
    except ValueError as error:
        raise FormatError(splits, "this is no JSON, or it is damaged") from error
    if not isinstance(folds, list) or not all(_is_fold(fold) for fold in folds):
        raise FormatError(splits, "it holds no list of folds, each with the names to train and to validate on")
    return folds


def _troubles(
    splits: Path, folds: Sequence[Mapping[str, Sequence[str]]], names: Mapping[str, Path]
) -> Iterator[Problem]:
    for number, fold in enumerate(folds):
        twice = sorted({*fold["train"]} & {*fold["val"]})
        strange = sorted({*fold["train"], *fold["val"]} - {*names})
        for wrong, reason in ((twice, "in both parts"), (strange, "without a label file")):
            if wrong:
                listed = ", ".join(wrong[:5]) + (" ..." if len(wrong) > 5 else "")
                yield Problem(splits, f"fold {number} has cases {reason}: {listed}")


def _is_fold(fold: object) -> bool:
    return isinstance(fold, dict) and all(
        isinstance(fold.get(part), list) and all(isinstance(name, str) for name in fold[part])
        for part in ("train", "val")
    )


def _root(source: Path) -> Path:
    if source.is_file() and source.name == "dataset.json":
        return source.parent
    for root in (source, *sorted(source.glob("Dataset*"))):
        if (root / "dataset.json").is_file() and (root / "labelsTr").is_dir():
            return root
    raise FormatError(source, f"this is no nnU-Net data set; choose {_SOURCE}")


def _load_mask(path: Path) -> LabelVolume:
    return LabelVolume(read_mask(path).T[:, :, None], None)
