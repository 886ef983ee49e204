"""NIfTI label maps: ``labels/NAME.nii.gz`` of class ids on the grid of their image, and ``images/``.

Labels of a NIfTI image lie on its own stored grid (time points in one file), with the geometry of its header and none
of its notes; those of other images on theirs, as far as the file tells it. Slices without labels hold the value for
unlabelled.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.io.exporters.base import ExportReport, ExportSample, Output, building
from segstudio.io.exporters.volumes import Volume, VolumeOptions, each_volume
from segstudio.io.images.nifti import grid

Options = VolumeOptions
TILTED = (
    "slices of a tilted gantry are shifted against each other: programs built on ITK refuse such a NIfTI file, "
    "nrrd tells it to all"
)
_nib: Any = nibabel  # it carries too few types to check against


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: VolumeOptions
) -> Work[ExportReport]:
    with building("nifti", target, classes, options) as out:
        yield from each_volume(out, samples, lambda volume: _write(out, volume, options), whole="nifti")
        out.json(classes.to_json(), "classes.json")
        return out.report()


def _write(out: Output, volume: Volume, options: VolumeOptions) -> None:
    labels = _on_its_grid(volume) if volume.info.kind == "nifti" else _made(volume.labels(), volume)
    values = np.asarray(labels.dataobj)
    if options.unlabelled != UNLABELLED:
        values = np.where(values == UNLABELLED, np.uint8(options.unlabelled), values)
        labels = _nib.Nifti1Image(values, labels.affine, labels.header)
    _nib.save(labels, out.path("labels", f"{volume.stem}.nii.gz"))
    if options.images != "none":
        _image(out, volume)
    if volume.info.kind != "nifti" and volume.lattice.sheared:
        out.note(TILTED)


def _on_its_grid(volume: Volume) -> Any:
    layout = grid(volume.path)
    values = np.full(layout.shape, UNLABELLED, np.uint8)
    for frame in volume.samples:
        values[layout.index(frame)] = layout.stored(volume.plane(frame))
    source = _nib.load(volume.path)
    header = _nib.Nifti1Header()
    if isinstance(source.header, _nib.Nifti1Header) and type(source.header) is _nib.Nifti1Header:
        header = source.header.copy()
    header.set_data_dtype(np.uint8)
    header.set_slope_inter(1, 0)
    for told in ("descrip", "aux_file", "db_name", "intent_name", "cal_min", "cal_max"):
        header[told] = 0 if told.startswith("cal") else b""
    header.extensions.clear()  # names of patients stand there
    return _nib.Nifti1Image(values.reshape(source.shape), source.affine, header)


def _made(values: NDArray[np.generic], volume: Volume) -> Any:
    image = _nib.Nifti1Image(np.ascontiguousarray(values.swapaxes(0, 1)), volume.affine())
    image.header.set_xyzt_units("mm")
    return image


def _image(out: Output, volume: Volume) -> None:
    if volume.info.kind == "nifti":
        ending = ".nii.gz" if volume.path.name.lower().endswith(".gz") else volume.path.suffix
        if ending in (".nii", ".nii.gz"):
            shutil.copyfile(volume.path, out.path("images", volume.stem + ending))
            return
        _nib.save(_nib.load(volume.path), out.path("images", f"{volume.stem}.nii.gz"))
        return
    first, *more = volume.channels()
    if more:
        out.note("of an image of several channels the first is written; nnunet writes all")
    _nib.save(_made(first, volume), out.path("images", f"{volume.stem}.nii.gz"))
