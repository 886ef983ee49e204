"""The table of importers, which loads no format's library before it is used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.progress import Work
from segstudio.core.registry import Registry

if TYPE_CHECKING:
    from segstudio.io.importers.base import ImportedDataset, ImportOptions


@dataclass(frozen=True)
class Importer:
    """One line of the table."""

    name: str
    title: str
    source: str
    """What to choose, for people: ``"instances_default.json"``, ``"the folder with images/ and masks/"``."""
    module: str
    """Where its ``Options`` and its ``read(source, classes, options)`` stand."""

    @property
    def options(self) -> type[ImportOptions]:
        """What can be chosen, as a model with a description of each field."""
        options: type[ImportOptions] = importlib.import_module(self.module).Options
        return options

    def read(self, source: str | Path, classes: LabelSet | None = None, **options: Any) -> Work[ImportedDataset]:
        """Look through the data set at *source* and list everything that is wrong with it; nothing is changed.

        With *classes*, those of the data set are found among them by name (by id where the format has no names); else
        the data set's own are taken. The result's samples give their label maps when asked, one at a time.

        Raises :class:`~segstudio.core.errors.FormatError` where *source* is not of this format at all,
        :class:`~segstudio.core.errors.OptionError` for options that the format does not have.
        """
        chosen = _validated(self, options)
        work: Work[ImportedDataset] = importlib.import_module(self.module).read(Path(source), classes, chosen)
        return (yield from work)


def _validated(importer: Importer, options: dict[str, Any]) -> ImportOptions:
    from pydantic import ValidationError  # loads late, as the formats do

    try:
        chosen = importer.options(**options)
        if chosen.images is not None and not chosen.images.is_dir():
            raise OptionError(f"{chosen.images}: there is no such folder with images")
        return chosen
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(importer.options.model_fields)
            raise OptionError(f"{importer.name} has no option {name!r}; its options are {known}") from error
        raise OptionError(f"{importer.name}: {name}: {first['msg']}") from error


def _entry(name: str, title: str, source: str) -> Importer:
    return Importer(name, title, source, f"segstudio.io.importers.{name}")


IMPORTERS: Registry[Importer] = Registry(
    "import format",
    [
        _entry("masks", "Mask PNG", "the folder with images/ and masks/, or a folder of masks"),
        _entry(
            "coco", "COCO instances", "the JSON file with images, annotations and categories, or the folder with such"
        ),
        _entry("coco_panoptic", "COCO panoptic", "the JSON file with segments_info, or the folder of panoptic.json"),
        _entry("voc", "Pascal VOC", "the folder with SegmentationClass or Annotations, and JPEGImages"),
        _entry("cityscapes", "Cityscapes", "the folder with gtFine and leftImg8bit"),
        _entry("ade20k", "ADE20K", "the folder with images and annotations, or that of the full ADE20K"),
        _entry("yolo", "YOLO", "data.yaml, or the folder that holds it"),
        _entry("labelme", "labelme", "a labelme JSON file or the folder with them"),
        _entry("cvat", "CVAT for images 1.1", "annotations.xml, or the folder that holds it"),
        _entry("datumaro", "Datumaro", "annotations/default.json, or the folder of the data set"),
        _entry("supervisely", "Supervisely", "the folder with meta.json"),
        _entry("isat", "ISAT", "an ISAT JSON file or the folder with them"),
        _entry("xanylabeling", "X-AnyLabeling", "an X-AnyLabeling JSON file or the folder with them"),
        _entry("label_studio", "Label Studio", "the JSON or JSON-MIN file that Label Studio exports, or its folder"),
        _entry(
            "huggingface", "Hugging Face data set", "the folder with metadata.jsonl or Parquet files, or one of these"
        ),
        _entry("nifti", "NIfTI label maps", "the folder with labels/ and images/, or a label map"),
        _entry("nrrd", "NRRD segmentation", "a .seg.nrrd file or the folder with them"),
        _entry("dicom_seg", "DICOM segmentation", "a DICOM segmentation or the folder with them"),
        _entry("nnunet", "nnU-Net v2", "the folder DatasetNNN_NAME with dataset.json"),
        _entry("project", "segstudio project", "the folder NAME.segstudio of another project"),
    ],
    group="segstudio.importers",
)
