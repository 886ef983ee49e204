"""NIfTI label maps: ``labels/NAME.nii.gz`` beside ``images/NAME.*``, or a folder of them together with *images*.

``classes.json`` tells the classes where it exists; else the values are class ids. Labels are matched to the frames of
their image by where both lie in the patient, so that other orders of axes do no harm. ``NAME_0002`` is the second time
point of the image ``NAME`` unless an image is called so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, MaskError, storage_errors
from segstudio.core.progress import Work
from segstudio.io.class_files import load_classes
from segstudio.io.importers.base import ClassMatcher, ImportedDataset
from segstudio.io.importers.volumes import (
    Kind,
    LabelVolume,
    VolumeImages,
    VolumeOptions,
    read_cases,
    whole_numbers,
)

Options = VolumeOptions
_ENDINGS = (".nii", ".nii.gz")
_SOURCE = "the folder with labels/ and images/, or a label map"
_nib: Any = nibabel  # it carries too few types to check against


def read(source: Path, classes: LabelSet | None, options: VolumeOptions) -> Work[ImportedDataset]:
    files, home = label_files(source, _ENDINGS, _SOURCE)
    roots = [options.images] if options.images else [home / "images", home.parent / "images", files[0].parent]
    photos = VolumeImages(roots, options.known)
    cases = [photos.case(path) for path in files]
    listed = home / "classes.json"
    kinds = [Kind(c.id, c.name, c.color) for c in load_classes(listed).values()] if listed.is_file() else None
    matcher = ClassMatcher(classes, options)
    work = read_cases("nifti", source, cases, kinds, matcher, options, load_nifti, table_file=listed)
    return (yield from work)


def label_files(source: Path, endings: tuple[str, ...], what: str) -> tuple[list[Path], Path]:
    """The label maps at *source* and the folder of the data set. Raises where there are none; *what* was meant."""
    if source.is_file():
        if not source.name.lower().endswith(endings):
            raise FormatError(source, f"this is no label map; choose {what}")
        return [source], source.parent.parent if source.parent.name == "labels" else source.parent
    if not source.is_dir():
        raise FormatError(source, "no such file or folder")
    folder = source / "labels" if (source / "labels").is_dir() else source
    with storage_errors(folder):
        files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(endings))
    if not files:
        raise FormatError(source, f"the folder holds no label maps; choose {what}")
    return files, source


def load_nifti(path: Path) -> LabelVolume:
    """The label map at *path*; :class:`~segstudio.core.errors.MaskError` where it is damaged or holds no ids."""
    with storage_errors(path):
        try:
            image = _nib.load(path)
            values = np.asanyarray(image.dataobj)
        except (ImageFileError, ValueError, EOFError) as error:
            raise MaskError(path, "the file is damaged or no NIfTI") from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise MaskError(path, "the file is truncated: it ends before the volume does") from error
    return LabelVolume(whole_numbers(path, values), np.asarray(image.affine, np.float64))
