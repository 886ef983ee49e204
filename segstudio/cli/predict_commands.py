"""Commands that predict: predict, models, convert. torch loads when one of them runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from segstudio.app.predict_files import Mapped, Sharing, find_model, models_folder, predict_files, predict_into
from segstudio.cli.output import answer, run, warn
from segstudio.cli.selecting import ClassName, Match, States, is_project, named, query, using
from segstudio.core.annotation import SampleState
from segstudio.core.errors import OptionError
from segstudio.io.problems import counted
from segstudio.learning.data import Normalisation
from segstudio.learning.model_description import ModelDescription, classes_from
from segstudio.learning.predict_config import MAPS, PredictOptions, parse_maps, parse_scales
from segstudio.learning.pretrained import PRETRAINED, fetch


def register(app: typer.Typer) -> None:
    for command in (predict, models, convert):
        app.command()(command)


def predict(
    model: Annotated[
        str,
        typer.Argument(
            help="A run or checkpoint of `segstudio train`, a model of others (.onnx, .xml, .pt2), "
            "or a name of `segstudio models`."
        ),
    ],
    images: Annotated[
        list[Path],
        typer.Argument(
            help="Images, or folders of them, - for paths from stdin; or one project: all in it that nobody has begun."
        ),
    ],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The folder for the masks.")] = None,
    classes: Annotated[
        str | None, typer.Option(help="The model's classes, where its file does not name them: a preset, JSON, names.")
    ] = None,
    normalise: Annotated[
        Literal["image", "imagenet", "unit", "signed", "byte"] | None,
        typer.Option(help="What a model of others wants: unit 0..1, signed -1..1, byte 0..255, imagenet, image."),
    ] = None,
    mean: Annotated[str | None, typer.Option(help="Subtracted after that, with commas: 0.5,0.5,0.5.")] = None,
    std: Annotated[str | None, typer.Option(help="Divided by after that, with commas.")] = None,
    output: Annotated[
        Literal["logits", "probabilities", "labels"] | None, typer.Option(help="What it gives; left out: found out.")
    ] = None,
    bgr: Annotated[bool, typer.Option(help="The model wants blue, green, red.")] = False,
    to: Annotated[str | None, typer.Option(help="The masks' classes: a project, a preset, JSON or names.")] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", help="MODEL_CLASS=CLASS, with commas; left out: by name and synonym.")
    ] = None,
    rest: Annotated[str | None, typer.Option(help="The class of all that is not mapped; left out: unlabelled.")] = None,
    maps: Annotated[str, typer.Option(help=f"Write these too, with commas: {', '.join(MAPS)}.")] = "",
    ordinary: Annotated[
        Path | None, typer.Option(help="Images like those of the training, to measure `ood` against; kept.")
    ] = None,
    tile: Annotated[int | None, typer.Option(min=32, help="Predict by tiles of this side.")] = None,
    overlap: Annotated[float, typer.Option(help="Share of a tile that its neighbour covers too.")] = 0.25,
    tta: Annotated[bool, typer.Option(help="Average over mirrored images.")] = False,
    scales: Annotated[str, typer.Option(help="Average over sizes of the image: 0.75,1,1.25.")] = "1",
    crf: Annotated[bool, typer.Option(help="Follow the edges by a dense CRF.")] = False,
    clean: Annotated[bool, typer.Option(help="Clean the masks by morphology.")] = False,
    backend: Annotated[str, typer.Option(help="auto, eager, onnxruntime, openvino.")] = "auto",
    precision: Annotated[
        Literal["auto", "off", "bf16"], typer.Option(help="bf16 is faster; auto: where labels stay the same.")
    ] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Share the images out among this many devices.")] = 1,
    num_nodes: Annotated[int, typer.Option(min=1, help="On each of this many machines.")] = 1,
    resume: Annotated[bool, typer.Option(help="Pass over images whose mask is there.")] = False,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Put the masks of slices together as well: NIfTI on their image's grid.")
    ] = False,
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
) -> None:
    """Predict masks of images, or labels of a project's images; human pixels there are spared."""
    options = PredictOptions.parse(
        {
            "tta": tta, "scales": parse_scales(scales), "crf": crf, "clean": clean, "tile": tile, "overlap": overlap,
            "backend": backend, "precision": precision, "device": device,
        }
    )  # fmt: skip
    described = ModelDescription.model_validate(
        {
            name: value
            for name, value in {
                "classes": classes_from(classes) if classes else None,
                "normalisation": normalise,
                "mean": _numbers(mean, "--mean"),
                "std": _numbers(std, "--std"),
                "output": output,
                "bgr": bgr or None,
            }.items()
            if value is not None
        }
    )
    images, mapped = named(images), Mapped(to, mapping, rest)
    if not images:
        raise OptionError("there is no image to predict")
    if is_project(images[0]):
        if (
            len(images) > 1
            or out is not None
            or to is not None
            or maps
            or ordinary
            or devices * num_nodes > 1
            or resume
            or volumes
        ):
            raise OptionError(
                "a project is predicted alone, without -o, --to, --maps, --ordinary, --devices, --resume, --volumes"
            )
        chosen = None if state is None and class_name is None and match is None else (state, class_name, match)
        _into_project(model, images[0], chosen, options, mapped, described)
        return
    if out is None:
        raise OptionError("say with -o which folder the masks go to")
    if state is not None or class_name is not None or match is not None:
        raise OptionError("--state, --class and --match choose among the images of a project")
    work = predict_files(
        model,
        images,
        out,
        options=options,
        maps=parse_maps(maps),
        mapped=mapped,
        description=described,
        sharing=Sharing(devices, num_nodes, resume),
        ordinary=ordinary,
        volumes=volumes,
    )
    result = run(work, "predicting")
    for problem in result["left_out"]:
        warn(f"left out: {problem}")
    if result.pop("first"):
        skipped = f", {result['skipped']} were there" if result["skipped"] else ""
        together = f", {counted(len(result['volumes']), 'volume')}" if result["volumes"] else ""
        answer(result, lambda: [f"{out}: {result['images']} masks{skipped}{together}"])


def _into_project(
    model: str,
    project: Path,
    chosen: tuple[list[SampleState] | None, str | None, str | None] | None,
    options: PredictOptions,
    mapped: Mapped,
    described: ModelDescription,
) -> None:
    with using(project, changing=True) as opened:
        wanted = query(opened, *chosen) if chosen is not None else None
        work = predict_into(opened.folder, model, wanted, options=options, mapped=mapped, description=described)
        result = run(work, "predicting")
    for problem in result["left_out"]:
        warn(f"left out: {problem}")
    answer(result | {"project": str(project)}, lambda: [f"{project}: {counted(result['images'], 'image')} predicted"])


def _numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise OptionError(f"{option} takes numbers with commas, not {text!r}") from error


def models(
    download: Annotated[str | None, typer.Option(help="Fetch the weights of this one.")] = None,
) -> None:
    """List the published networks that predict without training, or download one."""
    folder = models_folder()
    if download is not None:
        path = run(fetch(PRETRAINED[download], folder), f"downloading {download}")
        answer({"path": str(path)}, lambda: [str(path)])
        return
    rows: list[dict[str, Any]] = [
        {
            "name": entry.name,
            "title": entry.title,
            "classes": len([name for name in entry.names if not name.startswith("unused")]),
            "megabytes": entry.megabytes,
            "score": entry.score,
            "licence": entry.licence,
            "url": entry.url,
            "here": entry.path(folder).is_file(),
        }
        for entry in PRETRAINED.values()
    ]
    answer(
        rows,
        lambda: [
            f"{'*' if r['here'] else ' '} {r['name']:30} {r['megabytes']:6.1f} MB  {r['classes']} classes  {r['score']}"
            for r in rows
        ],
    )


def convert(
    model: Annotated[str, typer.Argument(help="A run or checkpoint of `segstudio train`.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="A file ending in .onnx or .pt2.")],
    size: Annotated[
        str, typer.Option(help="The size of the images it takes: 512 or 480x640 (height x width).")
    ] = "512",
) -> None:
    """Write a checkpoint as a program that runs without segstudio: ONNX or torch.export."""
    from segstudio.learning.checkpoint import load_checkpoint  # loads torch
    from segstudio.learning.export import export_network

    checkpoint = load_checkpoint(find_model(model))
    stored = checkpoint.config.get("normalisation")
    report = export_network(
        checkpoint.network,
        out,
        size=_size(size),
        classes=checkpoint.classes,
        normalisation=Normalisation.from_json(stored) if stored else None,
    )
    answer(
        {"path": str(report.path), "size": list(report.size), "difference": report.difference},
        lambda: [f"{report.path}: differs from the network by {report.difference:.1g} at most"],
    )


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.isdecimal() and 32 <= int(part) <= 8192 for part in parts):
        raise OptionError(f"a size is a number from 32 to 8192 or HEIGHTxWIDTH, not {text!r}")
    return int(parts[0]), int(parts[-1])
