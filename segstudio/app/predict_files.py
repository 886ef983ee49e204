"""Predicting image files: a mask for each into a folder, by one process or shared out among several."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segstudio.app.cleanup import CleanupOptions
from segstudio.app.finding import Frame, find_images
from segstudio.app.predicted_volumes import write_volumes
from segstudio.app.settings import cache_folder
from segstudio.app.workflows import predict_project
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelClass, LabelSet, voc_color
from segstudio.core.errors import (
    CheckpointError,
    FileError,
    ImageError,
    MaskError,
    OptionError,
    TrainingError,
    storage_errors,
)
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io import images
from segstudio.io.class_files import load_classes
from segstudio.io.exporters.naming import bare_name
from segstudio.io.masks import Palette, write_mask
from segstudio.io.project import Project, SampleQuery
from segstudio.io.streamed import scratch_array, write_map, write_mask_rows
from segstudio.learning.class_mapping import ClassMapping, parse_mapping, suggest
from segstudio.learning.model_description import ModelDescription
from segstudio.learning.predict_config import FrameFile, PredictOptions, Using
from segstudio.learning.pretrained import PRETRAINED
from segstudio.learning.records import BEST

if TYPE_CHECKING:
    from segstudio.learning.team import Team


CALIBRATION_IMAGES = 12
"""Images on which is measured what is ordinary to a network."""
_WAITING = 4
"""Masks that may wait to be written; more would fill the memory where a disk is slow."""


@dataclass(frozen=True)
class Mapped:
    """To which classes predictions go, as it is told on the command line."""

    classes: str | None = None
    """Of the masks: a project, a preset, a JSON file or names; none given: the model's own."""
    pairs: str | None = None
    """``"person=pedestrian,car=car"``; none given: by name."""
    rest: str | None = None
    """The class of everything else; none given: unlabelled."""

    def find(self, model: LabelSet) -> tuple[LabelSet, ClassMapping | None]:
        """The classes of the masks and what becomes of the model's; :class:`OptionError` for names that are not
        there."""
        if self.classes is None and self.pairs is None:
            return model, None
        project = classes_of(self.classes) if self.classes is not None else _named_in(self.pairs or "", self.rest)
        if self.pairs is not None:
            return project, parse_mapping(self.pairs, model, project, self.rest)
        rest = project.find(self.rest).id if self.rest is not None else 255
        return project, ClassMapping(suggest(model, project).targets, rest)


def classes_of(spec: str) -> LabelSet:
    """The classes of a project's folder, or what ``load_classes`` finds."""
    if Path(spec).is_dir():
        with Project.open(spec) as project:
            return project.classes
    return load_classes(spec)


def _named_in(pairs: str, rest: str | None) -> LabelSet:
    """Background and the classes on the right of *pairs*, in their order."""
    names = [rest or "background", *(pair.partition("=")[2].strip() for pair in pairs.split(","))]
    return LabelSet(LabelClass(i, name, voc_color(i)) for i, name in enumerate(dict.fromkeys(n for n in names if n)))


def find_model(name: str | Path) -> Path:
    """The file that *name* stands for: itself, the network of the run in that folder, or the downloaded weights of that
    line of the table.

    Raises :class:`TrainingError` for published weights that are not downloaded yet, and :class:`CheckpointError` for a
    folder in which no training has left a network.
    """
    entry = PRETRAINED.get(str(name))
    if Path(name).is_dir():
        if not (Path(name) / BEST).is_file():
            raise CheckpointError(name, f"this folder is no run of a training that has left a network ({BEST})")
        return Path(name) / BEST
    if entry is None or Path(name).exists():
        return Path(name)
    path = entry.path(models_folder())
    if not path.is_file():
        raise TrainingError(
            f"{entry.title} is not downloaded yet ({entry.megabytes:.0f} MB): segstudio models --download {entry.name}"
        )
    return path


def models_folder() -> Path:
    """Where downloaded weights are kept."""
    return cache_folder() / "models"


@dataclass(frozen=True)
class Sharing:
    """How many processes predict, and whether what is there already is passed over."""

    devices: int = 1
    num_nodes: int = 1
    resume: bool = False


@dataclass
class _Outcome:
    masks: list[Path] = field(default_factory=list)
    skipped: int = 0
    problems: list[str] = field(default_factory=list)


def predict_files(
    model: str | Path,
    paths: Iterable[str | Path],
    out: Path,
    *,
    options: PredictOptions | None = None,
    maps: Sequence[str] = (),
    mapped: Mapped | None = None,
    description: ModelDescription | None = None,
    sharing: Sharing | None = None,
    ordinary: Path | None = None,
    volumes: bool = False,
) -> Work[dict[str, Any]]:
    """Predict the images among *paths* and write a mask for each into *out*, ``NAME.png``, and beside it its *maps*
    ``NAME.MAP.tif``; images that cannot be read are listed and passed over.

    With *volumes* the masks of slices are put together too, ``volumes/labels/NAME.nii.gz`` on the grid of their image.

    *ordinary* are images like those of the training: on some of them is measured, and kept beside the model, from when
    on a pixel is strange.

    With several processes every image is written by exactly one of them. A mask is written last and whole, so that a
    run which was killed can be resumed: images that have one are passed over.
    """
    from segstudio.learning.distributed import assemble, shut_down  # loads torch
    from segstudio.learning.team import share

    options, sharing = options or PredictOptions(), sharing or Sharing()
    path = find_model(model)
    team = assemble(sharing.devices, sharing.num_nodes, options.device)
    try:
        found = yield from scaled(find_images(paths), 0.0, 0.05)
        if not found.frames:
            raise found.problems[0] if found.problems else OptionError("there is no image to predict")
        with storage_errors(out):
            out.mkdir(parents=True, exist_ok=True)
        device = options.device if team.device is None else str(team.device)
        using = using_of(options, device, maps, description)
        if ordinary is not None:
            yield from _calibrate(path, ordinary, using)
        classes, mapping = _classes(path, using, mapped or Mapped())
        outcome = _Outcome([], 0, [str(problem) for problem in found.problems])
        names = mask_names(found.frames)
        todo = list(share(zip(found.frames, names, strict=True), team))
        yield from scaled(
            _predict_all(path, todo, out, replace(using, mapping=mapping), classes, sharing, outcome), 0.05, 0.98
        )
        written = _written_by_all(team, len(outcome.masks))  # waits for all
        together: list[str] = []
        if volumes and team.rank == 0:
            masks = [out / f"{name}.png" for name in names]
            together = yield from scaled(write_volumes(found.frames, masks, classes, out / "volumes"), 0.98, 1.0)
        return {
            "volumes": together,
            "masks": [str(mask) for mask in outcome.masks],
            "skipped": outcome.skipped,
            "left_out": outcome.problems,
            "first": team.rank == 0,
            "images": written,
        }
    finally:
        shut_down()


def predict_into(
    folder: Path,
    model: str | Path,
    query: SampleQuery | None = None,
    *,
    options: PredictOptions | None = None,
    mapped: Mapped | None = None,
    description: ModelDescription | None = None,
) -> Work[dict[str, Any]]:
    """Predict images of the project in *folder* and enter the labels as the model's, never over human pixels: those
    that *query* shows, without it all that nobody has begun. Images that cannot be read are listed and passed over;
    what is wrong with the first of them is raised where there is no other."""
    options, path = options or PredictOptions(), find_model(model)
    using = using_of(options, options.device, description=description)
    _, mapping = _classes(path, using, replace(mapped or Mapped(), classes=str(folder)))
    left_out: list[str] = []
    first: ImageError | MaskError | None = None
    with Project.open(folder) as project:
        todo = SampleQuery(states=frozenset({SampleState.TODO}))
        ids = [i for i in project.sample_ids(query or todo) if query is not None or not project.has_labels(i)]
        for place, sample_id in enumerate(ids):
            work = predict_project(project, path, [sample_id], replace(using, mapping=mapping))
            try:
                yield from scaled(work, place / len(ids), (place + 1) / len(ids))
            except (ImageError, MaskError) as error:
                first = first or error
                frame = project.sample(sample_id).frame if isinstance(error, ImageError) else 0
                left_out.append(_of_frame(error, frame))
    if first is not None and len(left_out) == len(ids):
        raise first
    return {"images": len(ids) - len(left_out), "left_out": left_out}


def _of_frame(error: FileError, frame: int) -> str:
    """What is wrong with an image; of a frame after the first with its number, as :attr:`Sample.name` counts."""
    return str(error) if frame == 0 else f"{error.path} [{frame + 1}]: {error.reason}"


def _written_by_all(team: Team, masks: int) -> int:
    """How many masks the team has written together; waits for all, so that the first tells the end."""
    try:
        return round(team.mean(masks) * team.size)
    except RuntimeError as error:
        raise TrainingError("another process of this run ended early; run it again with --resume") from error


def using_of(
    options: PredictOptions,
    device: str = "auto",
    maps: Sequence[str] = (),
    description: ModelDescription | None = None,
) -> Using:
    """*options* as what the network's side takes."""
    network: dict[str, Any] = {"tta": options.tta, "scales": options.scales, "overlap": options.overlap}
    if options.tile is not None:
        network["tile"] = options.tile
    if options.crf:
        network["crf"] = True
    return Using(
        description=description,
        maps=tuple(maps),
        backend=options.backend,
        precision=options.precision,
        device=device,
        cache=cache_folder(),
        clean=asdict(CleanupOptions()) if options.clean else None,
        network=network,
    )


def _calibrate(model: Path, ordinary: Path, using: Using) -> Work[None]:
    from segstudio.learning.predicting import calibrate  # loads torch

    found = yield from find_images([ordinary])
    if not found.frames:
        raise found.problems[0] if found.problems else OptionError(f"there is no image in {ordinary}")
    some = found.frames[:: max(1, len(found.frames) // CALIBRATION_IMAGES)][:CALIBRATION_IMAGES]
    yield from scaled(calibrate(model, [FrameFile(Path(path), frame) for path, frame in some], using), 0.0, 0.05)


def _classes(model: Path, using: Using, mapped: Mapped) -> tuple[LabelSet, ClassMapping | None]:
    from segstudio.learning.predicting import loaded_classes  # loads torch

    return mapped.find(loaded_classes(model, using))


def _predict_all(
    model: Path,
    todo: Sequence[tuple[Frame, str]],
    out: Path,
    using: Using,
    classes: LabelSet,
    sharing: Sharing,
    outcome: _Outcome,
) -> Work[None]:
    from segstudio.learning.predicting import LARGEST_AT_ONCE  # loads torch

    palette = {label.id: label.color for label in classes.values()}
    small: list[tuple[FrameFile, Path]] = []
    large: list[tuple[FrameFile, Path]] = []
    for (path, frame), name in todo:
        target = out / f"{name}.png"
        if sharing.resume and target.is_file():
            outcome.skipped += 1
            continue
        info = images.probe(path, frame)
        (large if info.height * info.width > LARGEST_AT_ONCE else small).append((FrameFile(Path(path), frame), target))
    share = len(small) / max(1, len(small) + len(large))
    yield from scaled(_predict_small(model, small, using, palette, outcome), 0.0, share)
    for i, (file, target) in enumerate(large):
        start, end = (share + (1 - share) * place / len(large) for place in (i, i + 1))
        try:
            work = _predict_large(model, file, target, using, palette)
            yield from scaled(work, start, end, f"{file.path.name}: ")
        except ImageError as error:
            outcome.problems.append(_of_frame(error, file.frame))
        else:
            outcome.masks.append(target)


def _predict_small(
    model: Path, files: Sequence[tuple[FrameFile, Path]], using: Using, palette: Palette, outcome: _Outcome
) -> Work[None]:
    """Predict images one after the other; a thread reads ahead, another writes, so that the network does not wait."""
    from segstudio.learning.predicting import predict_many  # loads torch

    with ThreadPoolExecutor(1, "write") as writer:
        waiting: deque[Future[Path]] = deque()
        work = predict_many(model, [file for file, _ in files], using)
        try:
            for progress in work:
                if isinstance(progress.detail, tuple):
                    place, found = progress.detail
                    if isinstance(found, ImageError):
                        outcome.problems.append(_of_frame(found, files[place][0].frame))
                    else:
                        waiting.append(writer.submit(_write, files[place][1], found.labels, found.maps, palette))
                while len(waiting) > _WAITING:
                    outcome.masks.append(waiting.popleft().result())
                yield Progress(progress.fraction, progress.message)
        finally:
            work.close()
        outcome.masks.extend(written.result() for written in waiting)


def _write(target: Path, labels: NDArray[np.uint16], maps: Mapping[str, NDArray[Any]], palette: Palette) -> Path:
    """Write the maps and then the mask, which says that an image is done."""
    for name, values in maps.items():
        write_map(target.with_suffix(f".{name}.tif"), values, durable=False)
    write_mask(target, labels, palette)
    return target


def _predict_large(model: Path, file: FrameFile, target: Path, using: Using, palette: Palette) -> Work[None]:
    """Predict in pieces that are put together in files, so that neither the image nor its mask are held whole."""
    from segstudio.learning import predicting  # loads torch

    shape, read = predicting.open_image(file)
    with ExitStack() as scratch:
        labels = scratch.enter_context(scratch_array(target.parent, shape, np.uint8))
        maps = {name: scratch.enter_context(scratch_array(target.parent, shape, np.float32)) for name in using.maps}

        def take(region: Region, found: NDArray[np.uint16], sure: Mapping[str, NDArray[Any]], _: float) -> None:
            labels[region.slices] = found
            for name, values in sure.items():
                maps[name][region.slices] = values

        yield from predicting.predict_pieces(model, shape, read, using, take)
        yield Progress(1.0, "writing")
        for name, values in maps.items():
            write_map(target.with_suffix(f".{name}.tif"), values, durable=False)
        write_mask_rows(target, labels, palette)


def mask_names(frames: Sequence[Frame]) -> list[str]:
    """A name for the mask of each image, each once: its stem, with the frame where a file has several, and the folders
    that tell files of one name apart."""
    several = {path for path, count in Counter(path for path, _ in frames).items() if count > 1}
    names = [bare_name(Path(path)) + (f"_{frame:04d}" if path in several else "") for path, frame in frames]
    depth = 1
    parents = max((len(Path(path).parts) for path, _ in frames), default=0)
    while len(set(names)) < len(names) and depth < parents:
        twice = {name for name, count in Counter(names).items() if count > 1}
        for i, (path, _) in enumerate(frames):
            folders = Path(path).parent.parts
            if names[i] in twice and depth <= len(folders):
                names[i] = f"{folders[-depth].strip(os.sep)}-{names[i]}"
        depth += 1
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return unique
