"""What every exporter takes, shares and returns."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from pydantic import BaseModel, ConfigDict, Field

import segstudio
from segstudio.core.annotation import Box
from segstudio.core.classes import Color, LabelSet
from segstudio.core.errors import FileError, MaskError, OptionError, StorageError, storage_errors
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.atomic import write_text
from segstudio.io.exporters.naming import stems
from segstudio.io.images import Image, ImageInfo, display_window, windowed
from segstudio.io.problems import Problem, counted
from segstudio.io.segments import Segment, is_background, segments

CARD = "segstudio.json"
"""Lies in every exported folder: the format, the classes with their colours, and what the export put there."""

_PART, _OLD = ".part", ".old"
_EVERYWHERE = {".jpg", ".png", ".bmp"}
"""Endings of images that every reader of data sets opens: they are taken over as they are, all others become PNG."""


class ExportSample(Protocol):
    """A labelled image as exporters see it; :class:`~segstudio.io.project.stored.StoredSample` is one."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def path(self) -> Path:
        """Its image file."""

    @property
    def frame(self) -> int:
        """Which page, slice or frame of the file."""

    @property
    def labels_file(self) -> Path:
        """Its label map; what a network said of it is kept beside."""

    @property
    def segments(self) -> Mapping[int, int]:
        """Class id by instance id."""

    def ids(self) -> NDArray[np.uint16]:
        """Segment ids ``(H, W)``: classes 0..254, 255 unlabelled, instances from 256."""

    def provenance(self) -> NDArray[np.uint8]:
        """:class:`~segstudio.core.labels.Provenance` values ``(H, W)``."""

    def boxes(self) -> Sequence[Box]:
        """The boxes that were drawn or imported, filled with pixels or not."""


class ExportOptions(BaseModel):
    """What can be chosen for every format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: Literal["copy", "link", "none"] = Field(
        "copy", description="copy the images, link them (no second copy on the disk), or leave them where they are"
    )
    deep: bool = Field(
        False, description="keep 16-bit grey images in 16 bits; otherwise they become 8-bit in the range that is shown"
    )
    overwrite: bool = Field(False, description="replace an earlier export in the same folder")


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote. ``str(report)`` is one sentence for the user."""

    format: str
    target: Path
    samples: int
    objects: int | None = None
    """Objects written, where the format has such."""
    problems: tuple[Problem, ...] = ()
    """Samples that were left out, each with the reason."""
    notes: tuple[str, ...] = ()
    """What was written otherwise than it was, in words."""

    def __str__(self) -> str:
        objects = f" with {counted(self.objects, 'object')}" if self.objects is not None else ""
        text = f"{counted(self.samples, 'image')}{objects} exported as {self.format} to {self.target}"
        if self.problems:
            text += f"; {counted(len(self.problems), 'image')} left out, the first: {self.problems[0]}"
        return "; ".join([text, *self.notes])


@dataclass(frozen=True, eq=False)
class Item:
    """One sample on its way into a data set."""

    sample: ExportSample
    stem: str
    """Its name in the data set, without ending; no other sample has it."""
    number: int
    """Its place among the samples, from 0."""
    ids: NDArray[np.uint16]
    info: ImageInfo | None
    """The header of its image; ``None`` where images are left where they are."""

    @property
    def height(self) -> int:
        return int(self.ids.shape[0])

    @property
    def width(self) -> int:
        return int(self.ids.shape[1])

    def classes(self) -> NDArray[np.uint8]:
        """Class ids ``(H, W)``, 255 where nothing is labelled."""
        table = np.full(65536, 255, np.uint8)
        table[:256] = np.arange(256)
        for segment, class_id in self.sample.segments.items():
            table[segment] = class_id
        return table[self.ids]

    def frames(self) -> dict[int, Region]:
        """The box that was drawn around each instance, by its segment id; of several the one around all."""
        found: dict[int, Region] = {}
        for box in self.sample.boxes():
            if box.instance is not None:
                found[box.instance] = found.get(box.instance, box.region) | box.region
        return found

    def bare_boxes(self, classes: LabelSet) -> list[Box]:
        """The boxes of objects of *classes* that no mask fills: their instance has no pixel, or where they are no
        instance's, they hold none of their class."""
        drawn = [box for box in self.sample.boxes() if box.class_id in object_classes(classes)]
        if not drawn:
            return []
        shown = self.classes()
        there = set(np.unique(self.ids).tolist()) if any(box.instance is not None for box in drawn) else set()
        return [
            box for box in drawn if (box.instance not in there if box.instance is not None else not _holds(shown, box))
        ]


def framed(found: Segment, frames: Mapping[int, Region]) -> Segment:
    """*found* with the box that was drawn around its instance, where one was."""
    box = frames.get(found.instance) if found.instance is not None else None
    return found if box is None else replace(found, box=box)


def _holds(shown: NDArray[np.uint8], box: Box) -> bool:
    return bool((shown[box.region.slices] == box.class_id).any())


@dataclass
class Output:
    """The folder that an export fills, and what was written and left out so far."""

    format: str
    folder: Path
    """Where to write; becomes the target when all went well."""
    target: Path
    classes: LabelSet
    options: ExportOptions
    samples: int = 0
    objects: int | None = None
    """Stays ``None`` where a format has no objects."""
    problems: list[Problem] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    """What was written otherwise than it was, each with how often."""
    shallowed: int = 0
    """Images of more than 8 bits that were written in 8."""

    def path(self, *parts: str) -> Path:
        """A path in the folder, the folder above it made."""
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def text(self, content: str, *parts: str) -> None:
        """Write a text file in UTF-8."""
        write_text(self.path(*parts), content, durable=False)

    def json(self, content: Any, *parts: str) -> None:
        self.text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", *parts)

    def each(self, samples: Sequence[ExportSample], write: Callable[[Item], None]) -> Work[None]:
        """Call *write* with every sample that can be read; one that cannot is left out and told in the report.

        Raises what was wrong with the first where none could be read, and at once where the disk is to blame.
        """
        failure: FileError | None = None
        for number, (sample, stem) in enumerate(zip(samples, stems(samples), strict=True)):
            yield Progress(number / len(samples), sample.name)
            try:
                write(self._item(sample, stem, number))
                self.samples += 1
            except StorageError:
                raise
            except FileError as error:
                failure = failure or error
                self.problems.append(Problem(error.path, error.reason))
        if failure is not None and not self.samples:
            raise failure

    def _item(self, sample: ExportSample, stem: str, number: int) -> Item:
        ids = sample.ids()
        if self.options.images == "none":
            return Item(sample, stem, number, ids, None)
        info = images.probe(sample.path, sample.frame)
        if info.shape != ids.shape:
            sizes = f"{ids.shape[1]}x{ids.shape[0]} pixels but the image is {info.width}x{info.height}"
            raise MaskError(sample.path, f"its labels are {sizes}")
        return Item(sample, stem, number, ids, info)

    def things(self, item: Item) -> list[Segment]:
        """The objects in *item* of all classes but the background, counted for the report."""
        background = [label.id for label in self.classes.values() if is_background(label)]
        found = segments(item.ids, item.sample.segments, skip=background)
        frames = item.frames()
        things = [framed(each, frames) for each in found if each.class_id in self.classes]
        self.objects = (self.objects or 0) + len(things)
        return things

    def boxes(self, item: Item) -> list[Box]:
        """The boxes in *item* that no mask fills, counted for the report."""
        bare = item.bare_boxes(self.classes)
        self.objects = (self.objects or 0) + len(bare)
        return bare

    def note(self, text: str, times: int = 1) -> None:
        """Something was written otherwise than it was."""
        self.notes[text] = self.notes.get(text, 0) + times

    def image(self, item: Item, *folder: str, suffix: str | None = None) -> str:
        """Put the image of *item* under *folder*; its file name there (its full path where images stay).

        The frame is the one that was labelled: turned by its EXIF tag, one page of a stack. What every program shows
        alike is copied byte by byte, the rest written as PNG. A format that knows one kind of image only asks for its
        *suffix*, ``".jpg"`` or ``".png"``.
        """
        sample, info = item.sample, item.info
        if info is None:
            return str(sample.path)
        own = sample.path.suffix.lower().replace(".jpeg", ".jpg")
        keeps_depth = info.dtype == np.uint8 or (self.options.deep and info.dtype == np.uint16)
        plain = info.kind == "common" and info.frames == 1 and info.plain and keeps_depth
        if plain and (own == suffix or (suffix is None and own in _EVERYWHERE)):
            name = item.stem + own
            self.take_over(sample.path, self.path(*folder, name))
            return name
        name = item.stem + (suffix or ".png")
        self.write_image(self.path(*folder, name), images.read(sample.path, sample.frame))
        return name

    def write_image(self, path: Path, image: Image) -> None:
        """Write *image* in 8 bits in the range that is shown, or as PNG in its own 16 where that was asked for."""
        if path.suffix == ".png" and self.options.deep and image.array.dtype == np.uint16 and image.array.ndim == 2:
            PillowImage.fromarray(image.array).save(path, "PNG", compress_level=1)
            return
        self.shallowed += image.array.dtype != np.uint8
        shown = PillowImage.fromarray(as_shown(image))
        if path.suffix == ".jpg":
            shown.save(path, "JPEG", quality=95, subsampling=0)
        else:
            shown.save(path, "PNG", compress_level=1)

    def take_over(self, source: Path, target: Path) -> None:
        """Copy a file as it is, or link it where that was asked for."""
        if self.options.images == "link":
            try:
                os.link(source, target)
            except OSError:
                pass  # another disk, or a file system without links: then a copy
            else:
                return
        shutil.copyfile(source, target)

    def report(self) -> ExportReport:
        notes = [f"{counted(times, 'time')}: {note}" for note, times in self.notes.items()]
        if self.shallowed:
            notes.append(f"{counted(self.shallowed, 'image')} of more than 8 bits written in the range that is shown")
        return ExportReport(self.format, self.target, self.samples, self.objects, tuple(self.problems), tuple(notes))


def as_shown(image: Image) -> NDArray[np.uint8]:
    """The pixels ``(H, W)`` or ``(H, W, 3)`` in 8 bits, as the window shows them; of other channels the first three."""
    array = image.array
    if array.ndim == 3 and array.shape[2] != 3:
        array = array[..., :3] if array.shape[2] > 3 else array[..., 0]
    return np.ascontiguousarray(windowed(array, display_window(image), inverted=image.inverted))


def contents(samples: Sequence[ExportSample]) -> Work[list[set[int]]]:
    """The classes that each sample shows; none for one that cannot be read, which the export itself will tell of.

    Classes that a sample has boxes of count as shown.
    """
    found = []
    for number, sample in enumerate(samples):
        yield Progress(number / len(samples), f"looking at {sample.name}")
        try:
            present = np.unique(sample.ids()).tolist() if sample.labels_file.is_file() else []
        except FileError:
            present = []
        boxed = {box.class_id for box in sample.boxes()}
        found.append(({sample.segments.get(i, i) for i in present} | boxed) - {UNLABELLED})
    return found


def palette(classes: LabelSet) -> dict[int, Color]:
    """The classes' own colours by id."""
    return {label.id: label.color for label in classes.values()}


def object_classes(classes: LabelSet) -> LabelSet:
    """The classes that objects can have: all but the background."""
    return LabelSet(label for label in classes.values() if not is_background(label))


@contextmanager
def building(format_name: str, target: str | Path, classes: LabelSet, options: ExportOptions) -> Iterator[Output]:
    """An :class:`Output` whose files appear in the folder *target* when the block ends, and never half of them.

    Raises :class:`~segstudio.core.errors.OptionError` where *target* holds anything but an earlier export that may be
    overwritten, :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    target = Path(target)
    with storage_errors(target):
        old = _replaced(target, overwrite=options.overwrite)
        made = not target.exists()
        target.mkdir(parents=True, exist_ok=True)
        part = target / f".segstudio-{secrets.token_hex(4)}{_PART}"
        part.mkdir()
        try:
            out = Output(format_name, part, target, classes, options)
            yield out
            contents = sorted(path.name for path in part.iterdir())
            out.json(_card(out, contents), CARD)
            _exchange(target, old, part, [*contents, CARD])
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            if made:
                with contextlib.suppress(OSError):
                    target.rmdir()
            raise


def _replaced(target: Path, *, overwrite: bool) -> list[str]:
    """The names in *target* that a new export takes the place of."""
    if target.is_file():
        raise OptionError(f"{target}: this is a file; an export needs a folder")
    if not target.is_dir():
        return []
    for leftover in target.glob(f".segstudio-*{_PART}"):
        shutil.rmtree(leftover, ignore_errors=True)
    if not any(target.iterdir()):
        return []
    card = target / CARD
    if not card.is_file():
        raise OptionError(f"{target}: the folder is not empty; choose a new one")
    if not overwrite:
        raise OptionError(f"{target}: the folder holds an earlier export; choose another, or overwrite it")
    try:
        contents = json.loads(card.read_bytes())["contents"]
    except (ValueError, KeyError, TypeError):
        contents = None
    if not isinstance(contents, list) or not all(
        isinstance(name, str) and Path(name).name == name for name in contents
    ):
        raise OptionError(f"{target}: its {CARD} is damaged, so what may be overwritten is not known; choose a new one")
    return [*contents, CARD]


def _exchange(target: Path, old: Sequence[str], part: Path, new: Sequence[str]) -> None:
    """Move *new* from *part* to *target* in place of *old*; what else lies there stays."""
    for name in set(new) - set(old):
        if (target / name).exists():
            raise OptionError(f"{target}: it holds a {name!r} that is not an earlier export's; choose another folder")
    away = part.with_suffix(_OLD)
    away.mkdir()
    for name in old:
        with contextlib.suppress(FileNotFoundError):
            os.replace(target / name, away / name)
    for name in new:
        os.replace(part / name, target / name)
    part.rmdir()
    shutil.rmtree(away, ignore_errors=True)


def _card(out: Output, contents: Sequence[str]) -> dict[str, Any]:
    return {
        "format": out.format,
        "segstudio": segstudio.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "images": out.samples,
        **out.classes.to_json(),
        "contents": list(contents),
    }
