"""nnU-Net v2 raw data set: ``DatasetNNN_NAME/`` with ``imagesTr``, ``labelsTr`` and ``dataset.json``.

nnU-Net numbers classes from 0, the background, without gaps, and a region to ignore last: names in ``dataset.json``
tell which is which. Volumes become NIfTI, plain images PNG; a data set is of one kind.

``nnUNet_preprocessed/DatasetNNN_NAME/splits_final.json`` parts the cases for cross-validation, what belongs together in
one fold; nnU-Net takes it from there, or from where its own preprocessed data lie, instead of parting by case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.errors import ImageError, OptionError
from segstudio.core.progress import Work
from segstudio.io import images
from segstudio.io.exporters.base import ExportReport, ExportSample, Item, Output, as_shown, building
from segstudio.io.exporters.splits import GroupOptions, folds, groups_of
from segstudio.io.exporters.volumes import Volume, each_volume
from segstudio.io.masks import write_mask
from segstudio.io.segments import is_background

PREPROCESSED, SPLITS = "nnUNet_preprocessed", "splits_final.json"
"""Where nnU-Net looks for the parts of a data set, and the file that tells them."""
_nib: Any = nibabel  # it carries too few types to check against


class Options(GroupOptions):
    number: int = Field(1, ge=1, le=999, description="the number of the data set")
    name: str = Field("segstudio", pattern=r"^\w+$", description="its name: letters, digits and underscores")
    folds: int = Field(
        5, ge=0, le=50, description="parts for cross-validation in splits_final.json; 0: leave it to nnU-Net"
    )


def export(
    samples: Sequence[ExportSample],
    classes: LabelSet,
    target: Path,
    options: Options,
    sets: Sequence[str] | None = None,
) -> Work[ExportReport]:
    """With *sets*, ``"train"`` or ``"val"`` for each sample, there is one fold of these."""
    if options.images == "none":
        raise OptionError("nnU-Net reads images from its own folders only; copy them")
    volumes = any(sample.frame or images.probe(sample.path).spacing is not None for sample in samples)
    with building("nnunet", target, classes, options) as out:
        root = f"Dataset{options.number:03d}_{options.name}"
        numbers = _numbers(classes)
        table = np.full(256, _ignored(numbers), np.uint8)
        for class_id, number in numbers.items():
            table[class_id] = number
        cases: dict[str, ExportSample] = {}
        channels = 1

        def write_volume(volume: Volume) -> None:
            nonlocal channels
            channels = channels if cases else volume.info.channels
            if volume.info.channels != channels:
                counts = f"it has {volume.info.channels} and those before it {channels}"
                raise ImageError(volume.path, f"all cases of a data set have the same channels, but {counts}")
            _write_volume(out, volume, root, table)
            cases[volume.stem] = next(iter(volume.samples.values()))

        def write_image(item: Item) -> None:
            _write_image(out, item, root, table, colour=colour)
            cases[item.stem] = item.sample

        if volumes:
            yield from each_volume(out, samples, write_volume)
        else:
            colour = any(images.probe(sample.path).channels == 3 for sample in samples)
            yield from out.each(samples, write_image)
        if volumes:
            names = [f"channel {n + 1}" for n in range(channels)] if channels > 1 else ["image"]
        else:
            names = ["R", "G", "B"] if colour else ["image"]
        out.json(_description(classes, numbers, len(cases), names, volumes=volumes), root, "dataset.json")
        parted = _folds(cases, options) if sets is None else _one_fold(cases, samples, sets)
        if parted:
            out.json(parted, PREPROCESSED, root, SPLITS)
        return out.report()


def _folds(cases: Mapping[str, ExportSample], options: Options) -> list[dict[str, list[str]]]:
    groups = groups_of(list(cases.values()), options)
    return folds(dict(zip(cases, groups, strict=True)), options.folds, options.seed)


def _one_fold(
    cases: Mapping[str, ExportSample], samples: Sequence[ExportSample], sets: Sequence[str]
) -> list[dict[str, list[str]]]:
    """The fold that *sets* tells; none where there is nothing to validate on."""
    validated = {(s.path, s.frame) for s, part in zip(samples, sets, strict=True) if part == "val"}
    val = [case for case, sample in cases.items() if (sample.path, sample.frame) in validated]
    return [{"train": [case for case in cases if case not in val], "val": val}] if val else []


def _numbers(classes: LabelSet) -> dict[int, int]:
    """The consecutive number of each class; the background is 0, and if there is none, 0 stays empty."""
    others = [c.id for c in classes.values() if not is_background(c)]
    return {**{c.id: 0 for c in classes.values() if is_background(c)}, **{c: n for n, c in enumerate(others, start=1)}}


def _ignored(numbers: dict[int, int]) -> int:
    return max(numbers.values(), default=0) + 1


def _description(
    classes: LabelSet, numbers: dict[int, int], cases: int, names: Sequence[str], *, volumes: bool
) -> dict[str, Any]:
    labels = {"background": 0}
    labels |= {classes[class_id].name: number for class_id, number in numbers.items() if number}
    labels["ignore"] = _ignored(numbers)
    return {
        "channel_names": {str(n): name for n, name in enumerate(names)},
        "labels": labels,
        "numTraining": cases,
        "file_ending": ".nii.gz" if volumes else ".png",
    }


def _write_volume(out: Output, volume: Volume, root: str, table: NDArray[np.uint8]) -> None:
    """Shifts of slices against each other are left out: nnU-Net's reader refuses them, and its networks learn by the
    voxel."""
    affine = volume.affine()
    if volume.lattice.sheared:
        affine = volume.lattice.straightened()
        out.note("slices of a tilted gantry are written straight behind each other, as nnU-Net reads no others")
    written: list[tuple[NDArray[Any], str, str]] = [(table[volume.labels()], "labelsTr", "")]
    written += [(values, "imagesTr", f"_{n:04d}") for n, values in enumerate(volume.channels())]
    for values, folder, ending in written:
        image = _nib.Nifti1Image(np.ascontiguousarray(values.swapaxes(0, 1)), affine)
        _nib.save(image, out.path(root, folder, f"{volume.stem}{ending}.nii.gz"))


def _write_image(out: Output, item: Item, root: str, table: NDArray[np.uint8], *, colour: bool) -> None:
    shown = as_shown(images.read(item.sample.path, item.sample.frame))
    if colour and shown.ndim == 2:
        shown = np.repeat(shown[..., None], 3, axis=2)
    PillowImage.fromarray(shown).save(out.path(root, "imagesTr", f"{item.stem}_0000.png"), compress_level=1)
    write_mask(out.path(root, "labelsTr", f"{item.stem}.png"), table[item.classes()], durable=False)
