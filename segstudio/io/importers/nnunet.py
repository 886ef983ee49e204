"""nnU-Net v2 raw data set: ``dataset.json`` with ``labelsTr`` and ``imagesTr``, as NIfTI or PNG.

The labels in ``dataset.json`` tell the classes; the one called *ignore* is unlabelled. Of several channels the first
is the image that is labelled.
"""

from __future__ import annotations

from pathlib import Path

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, storage_errors
from segstudio.core.progress import Work
from segstudio.io.importers.base import ClassMatcher, ImportedDataset
from segstudio.io.importers.json_files import load_object
from segstudio.io.importers.nifti import load_nifti
from segstudio.io.importers.volumes import Case, Kind, LabelVolume, VolumeOptions, image_of, read_cases
from segstudio.io.masks import read_mask

Options = VolumeOptions
_SOURCE = "the folder DatasetNNN_NAME with dataset.json"


def read(source: Path, classes: LabelSet | None, options: VolumeOptions) -> Work[ImportedDataset]:
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
    roots = [options.images] if options.images else [root / "imagesTr"]
    cases = [Case(path, image_of(path, roots, ending="_0000")) for path in files]
    load = load_nifti if ending in (".nii", ".nii.gz") else _load_mask
    work = read_cases(
        "nnunet", source, cases, kinds, ClassMatcher(classes, options), options, load, table_file=description
    )
    return (yield from work)


def _root(source: Path) -> Path:
    if source.is_file() and source.name == "dataset.json":
        return source.parent
    for root in (source, *sorted(source.glob("Dataset*"))):
        if (root / "dataset.json").is_file() and (root / "labelsTr").is_dir():
            return root
    raise FormatError(source, f"this is no nnU-Net data set; choose {_SOURCE}")


def _load_mask(path: Path) -> LabelVolume:
    return LabelVolume(read_mask(path).T[:, :, None], None)
