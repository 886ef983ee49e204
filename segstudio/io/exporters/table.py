"""The table of exporters, which loads no format's library before it is used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.progress import Work
from segstudio.core.registry import Registry

if TYPE_CHECKING:
    from segstudio.io.exporters.base import ExportOptions, ExportReport, ExportSample


@dataclass(frozen=True)
class Exporter:
    """One line of the table; call it to export."""

    name: str
    title: str
    summary: str
    """What the format holds and who reads it, in one sentence."""
    module: str
    """Where its ``Options`` and its ``export(samples, classes, target, options)`` stand."""
    boxes: bool = False
    """Whether it holds boxes without pixels; samples that have nothing else are for such formats only."""

    @property
    def options(self) -> type[ExportOptions]:
        """What can be chosen, as a model with a description of each field."""
        options: type[ExportOptions] = importlib.import_module(self.module).Options
        return options

    def __call__(
        self, samples: Sequence[ExportSample], classes: LabelSet, target: str | Path, **options: Any
    ) -> Work[ExportReport]:
        """Write *samples* as a data set into the folder *target*, which appears whole or not at all.

        Raises :class:`~segstudio.core.errors.OptionError` for options that the format does not have and for a folder
        that holds something else, or an earlier export whose images are now those of *samples*;
        :class:`~segstudio.core.errors.StorageError` where the disk refuses. Samples that cannot be read are left out
        and listed in the report.
        """
        chosen = _validated(self, options)
        _spare_images(samples, Path(target))
        work: Work[ExportReport] = importlib.import_module(self.module).export(samples, classes, Path(target), chosen)
        return (yield from work)


def _validated(exporter: Exporter, options: dict[str, Any]) -> ExportOptions:
    from pydantic import ValidationError  # loads late, as the formats do

    try:
        return exporter.options(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(exporter.options.model_fields)
            raise OptionError(f"{exporter.name} has no option {name!r}; its options are {known}") from error
        raise OptionError(f"{exporter.name}: {name}: {first['msg']}") from error


def _spare_images(samples: Sequence[ExportSample], target: Path) -> None:
    """Refuse to write over an earlier export whose images are, by now, those of the project itself."""
    from segstudio.io.exporters.base import CARD  # loads late, as the formats do

    if not (target / CARD).is_file():
        return
    home = Path(os.path.abspath(target))
    inside = next((s.path for s in samples if Path(os.path.abspath(s.path)).is_relative_to(home)), None)
    if inside is not None:
        raise OptionError(f"{target}: the image {inside} that is to be exported lies in this folder; choose another")


def _entry(name: str, title: str, summary: str, *, boxes: bool = False) -> Exporter:
    return Exporter(name, title, summary, f"segstudio.io.exporters.{name}", boxes)


EXPORTERS: Registry[Exporter] = Registry(
    "export format",
    [
        _entry("masks", "Mask PNG", "An index PNG beside each image, with the colours of the classes as its palette."),
        _entry(
            "coco",
            "COCO instances",
            "One JSON of objects, for Detectron2, MMDetection, torchvision and many more.",
            boxes=True,
        ),
        _entry(
            "coco_panoptic",
            "COCO panoptic",
            "A PNG of segments for each image and one JSON, for panoptic training in Detectron2 and MMDetection.",
        ),
        _entry(
            "voc",
            "Pascal VOC",
            "Class and object masks with boxes, for torchvision and most training code; images as JPEG.",
            boxes=True,
        ),
        _entry(
            "cityscapes",
            "Cityscapes",
            "Label, train and instance ids with polygons, for torchvision's Cityscapes and code for driving scenes.",
        ),
        _entry(
            "ade20k",
            "ADE20K",
            "Index masks in the folders of the scene parsing challenge, for MMSegmentation and more.",
        ),
        _entry("yolo", "YOLO", "Polygons or boxes in text files, for Ultralytics and its kin.", boxes=True),
        _entry(
            "labelme",
            "labelme",
            "A JSON of polygons and masks beside each image, to go on labelling in labelme or X-AnyLabeling.",
            boxes=True,
        ),
        _entry(
            "cvat", "CVAT for images 1.1", "An XML of exact masks or polygons, to go on labelling in CVAT.", boxes=True
        ),
        _entry(
            "datumaro", "Datumaro", "A JSON of exact masks, from which Datumaro converts to many formats.", boxes=True
        ),
        _entry(
            "supervisely",
            "Supervisely",
            "A JSON of exact bitmaps for each image, to go on labelling in Supervisely.",
            boxes=True,
        ),
        _entry("isat", "ISAT", "A JSON of layered polygons for each image, to go on labelling in ISAT."),
        _entry(
            "xanylabeling",
            "X-AnyLabeling",
            "A JSON of polygons beside each image, to go on labelling in X-AnyLabeling.",
            boxes=True,
        ),
        _entry(
            "label_studio",
            "Label Studio",
            "One JSON of tasks with exact brush masks or polygons, to go on labelling in Label Studio.",
            boxes=True,
        ),
        _entry(
            "huggingface",
            "Hugging Face data set",
            "A folder with metadata.jsonl, or Parquet files, for Hugging Face's datasets and transformers.",
            boxes=True,
        ),
        _entry(
            "nifti",
            "NIfTI label maps",
            "Volumes of class ids on the grid of their image, for ITK-SNAP, 3D Slicer and MONAI.",
        ),
        _entry("nrrd", "NRRD segmentation", "Volumes of class ids with names and colours, for 3D Slicer."),
        _entry(
            "dicom_seg",
            "DICOM segmentation",
            "An object for each DICOM series that refers to its slices, for 3D Slicer, OHIF and PACS.",
        ),
        _entry(
            "pseudo_labels",
            "Pseudo-label data set",
            "One split in the layouts of torchvision, pycocotools, YOLO and nnU-Net, with provenance and a data card.",
        ),
        _entry("nnunet", "nnU-Net v2", "A raw data set for nnU-Net: volumes as NIfTI, plain images as PNG."),
    ],
    group="segstudio.exporters",
)
