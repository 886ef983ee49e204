"""A pseudo-label data set: one split, read by the training code of several formats as it is, with a card.

``voc/`` is what torchvision's ``VOCSegmentation`` takes, ``coco/{train,val,test}`` what pycocotools takes, ``yolo/``
what Ultralytics' readers take, ``nnunet/`` a raw data set of what is trained and validated on. ``provenance/NAME.png``
tells for every pixel who said so: 0 nobody, 1 human, 2 propagated, 3 model, 4 imported. ``README.md`` is the data card,
``splits.json`` lists the sets.

Pixels of a network that was less sure than the threshold are unlabelled (255) everywhere. How sure it was is known of
samples whose prediction the project keeps; of pixels of which nothing is known, none is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

import segstudio
from segstudio.core.classes import Color, LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Work, scaled
from segstudio.io.exporters import coco, nnunet, voc, yolo
from segstudio.io.exporters.base import ExportReport, ExportSample, Item, Output, building, contents
from segstudio.io.exporters.splits import SplitOptions, split
from segstudio.io.masks import write_mask
from segstudio.io.project.predictions import read_prediction

_COLORS: dict[int, Color] = {0: (0, 0, 0), 1: (64, 160, 64), 2: (64, 112, 208), 3: (224, 144, 32), 4: (144, 96, 176)}
_TRUSTED = {
    "all": frozenset(Provenance),
    "no model": frozenset(Provenance) - {Provenance.MODEL},
    "human": frozenset({Provenance.HUMAN}),
}


class Options(SplitOptions):
    confidence: float = Field(
        0.0, ge=0, le=1, description="pixels of which the network was less sure than this become unlabelled"
    )
    trust: Literal["all", "no model", "human"] = Field(
        "all", description="whose pixels are labels: everyone's, all but the network's, or people's only"
    )
    voc: bool = Field(True, description="Pascal VOC, for torchvision's VOCSegmentation")
    coco: bool = Field(True, description="COCO instances, a folder for each set, for pycocotools")
    yolo: bool = Field(False, description="YOLO polygons, for Ultralytics and its kin")
    nnunet: bool = Field(False, description="a raw data set for nnU-Net, without the test set")


@dataclass(frozen=True, eq=False)
class _Trusted:
    """A sample without the pixels that are not to be learned from."""

    sample: ExportSample
    options: Options

    @property
    def name(self) -> str:
        return self.sample.name

    @property
    def path(self) -> Path:
        return self.sample.path

    @property
    def frame(self) -> int:
        return self.sample.frame

    @property
    def segments(self) -> Mapping[int, int]:
        return self.sample.segments

    @property
    def labels_file(self) -> Path:
        return self.sample.labels_file

    def ids(self) -> NDArray[np.uint16]:
        return np.where(self._dropped(), np.uint16(UNLABELLED), self.sample.ids())

    def provenance(self) -> NDArray[np.uint8]:
        return np.where(self.ids() == UNLABELLED, np.uint8(Provenance.NONE), self.sample.provenance())

    def boxes(self) -> tuple[()]:
        """None: a data set of masks."""
        return ()

    def _dropped(self) -> NDArray[np.bool_]:
        said = self.sample.provenance()
        trusted = np.array([p in _TRUSTED[self.options.trust] for p in range(256)])
        dropped: NDArray[np.bool_] = ~trusted[said]
        if self.options.confidence > 0:
            found = read_prediction(self.labels_file.parent, (said.shape[0], said.shape[1]))
            if found is not None:
                dropped |= (said == Provenance.MODEL) & (found.confidence < self.options.confidence)
        return dropped


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    if not (options.voc or options.coco or options.yolo or options.nnunet):
        raise OptionError("choose a layout at least: voc, coco, yolo or nnunet")
    with building("pseudo_labels", target, classes, options) as out:
        trusted = [_Trusted(sample, options) for sample in samples]
        shown = yield from scaled(contents(trusted), 0.0, 0.1)
        sets = split(trusted, options, shown)
        counts = _Counts()
        yield from scaled(out.each(trusted, lambda item: _look(out, item, sets[item.number], counts)), 0.1, 0.3)
        chosen = {number: trusted[number] for number in sorted(counts.stems)}
        parts = {name: [n for n in chosen if sets[n] == name] for name in ("train", "val", "test")}
        notes = yield from scaled(_layouts(out, chosen, parts, classes, options), 0.3, 1.0)
        names = {name: [counts.stems[n] for n in numbers] for name, numbers in parts.items()}
        out.json(names, "splits.json")
        out.text(_card(out, counts, names, options), "README.md")
        for note in notes:
            out.note(note)
        return out.report()


class _Counts:
    """What the card tells."""

    def __init__(self) -> None:
        self.stems: dict[int, str] = {}
        self.pixels: Counter[tuple[str, int]] = Counter()
        """By set and class id, 255 unlabelled."""
        self.sources: Counter[int] = Counter()


def _look(out: Output, item: Item, part: str, counts: _Counts) -> None:
    said = item.sample.provenance()
    write_mask(out.path("provenance", f"{item.stem}.png"), said, _COLORS, durable=False)
    counts.pixels.update({(part, value): number for value, number in _histogram(item.classes())})
    counts.sources.update(dict(_histogram(said)))
    counts.stems[item.number] = item.stem


def _histogram(values: NDArray[np.uint8]) -> list[tuple[int, int]]:
    found, numbers = np.unique(values, return_counts=True)
    return list(zip(found.tolist(), numbers.tolist(), strict=True))


def _layouts(
    out: Output,
    chosen: Mapping[int, ExportSample],
    parts: Mapping[str, Sequence[int]],
    classes: LabelSet,
    options: Options,
) -> Work[list[str]]:
    """Write each layout; what its report notes."""
    common = {name: getattr(options, name) for name in ("images", "deep")}
    shares = {name: getattr(options, name) for name in ("val", "test", "seed", "group")}
    samples = list(chosen.values())
    works: list[Work[ExportReport]] = []
    if options.voc:
        works.append(voc.export(samples, classes, out.folder / "voc", voc.Options(**common, **shares)))
    if options.coco:
        for name, numbers in parts.items():
            if numbers:
                some = [chosen[n] for n in numbers]
                works.append(coco.export(some, classes, out.folder / "coco" / name, coco.Options(**common)))
    if options.yolo:
        works.append(yolo.export(samples, classes, out.folder / "yolo", yolo.Options(**common, **shares)))
    if options.nnunet:
        part = {n: name for name in ("train", "val") for n in parts[name]}
        some = [chosen[n] for n in sorted(part)]
        if some:
            sets = [part[n] for n in sorted(part)]
            works.append(nnunet.export(some, classes, out.folder / "nnunet", nnunet.Options(**common), sets))
    notes: list[str] = []
    for number, work in enumerate(works):
        report = yield from scaled(work, number / len(works), (number + 1) / len(works))
        notes += [f"{report.format}: {problem}" for problem in report.problems]
    return notes


def _card(out: Output, counts: _Counts, names: Mapping[str, Sequence[str]], options: Options) -> str:
    total = sum(counts.sources.values()) or 1
    lines = [
        f"# {out.target.name}",
        "",
        f"Segmentation masks made with segstudio {segstudio.__version__}.",
        "",
        f"- Images: {out.samples} ({', '.join(f'{len(v)} {k}' for k, v in names.items())})",
        f"- Split: seed {options.seed}, what belongs together told by `{options.group}`, stratified by class",
        f"- Labels of: {options.trust}; pixels of the network below a confidence of {options.confidence:g} are 255",
        "- Pixel values are class ids; 255 is unlabelled and to be ignored by losses and measures",
        "",
        "| id | class | colour | " + " | ".join(f"{name} pixels" for name in names) + " |",
        "|---:|---|---|" + "---:|" * len(names),
    ]
    rows = [(c.id, c.name.replace("|", "\\|"), c.hex) for c in out.classes.values()] + [(UNLABELLED, "unlabelled", "")]
    for class_id, name, color in rows:
        cells = " | ".join(str(counts.pixels[part, class_id]) for part in names)
        lines.append(f"| {class_id} | {name} | {color} | {cells} |")
    lines += ["", "| provenance | value | share of the pixels |", "|---|---:|---:|"]
    lines += [f"| {p.name.lower()} | {p.value} | {100 * counts.sources[p.value] / total:.2f} % |" for p in Provenance]
    lines += ["", "Folders:", ""]
    folders = {"voc": "torchvision `VOCSegmentation(root, year='2012')`", "coco": "pycocotools, a folder for each set",
               "yolo": "Ultralytics' readers: `data.yaml`", "nnunet": "nnU-Net v2 raw data set"}  # fmt: skip
    lines += [f"- `{folder}/`: {text}" for folder, text in folders.items() if getattr(options, folder)]
    lines += ["- `provenance/`: who said what each pixel is", "- `splits.json`: the sets by name"]
    return "\n".join(lines) + "\n"
