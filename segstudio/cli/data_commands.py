"""Commands on projects and data sets: new, import, export, formats."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from segstudio.app import workflows
from segstudio.app.finding import find_images
from segstudio.app.recoding import recode
from segstudio.cli.output import answer, end_for, run, told, warn
from segstudio.cli.selecting import ClassName, Images, Match, States, named, query, using
from segstudio.core.errors import OptionError
from segstudio.core.progress import Progress, Work
from segstudio.io.class_files import load_classes
from segstudio.io.importers.signs import detected
from segstudio.io.problems import counted
from segstudio.io.project import Project


def register(app: typer.Typer) -> None:
    app.command()(new)
    app.command("import")(import_)
    app.command()(export)
    app.command("convert-data")(convert_data)
    app.command()(formats)


def new(
    project: Annotated[Path, typer.Argument(help="The project's folder; .segstudio is added.")],
    images: Images,
    classes: Annotated[
        str, typer.Option(help="A preset (voc, cityscapes, camvid ...), a JSON file, or names with commas.")
    ],
    scribbles: Annotated[
        Path | None, typer.Option(help="A folder of stroke masks, named as the images: a human's pixels.")
    ] = None,
) -> None:
    """Make a project from images."""
    labels = load_classes(classes)
    found = run(find_images(named(images)), "looking for images")
    for problem in found.problems:
        warn(f"left out: {problem}")
    if not found.frames:
        raise OptionError("there is no readable image among " + ", ".join(map(str, images)))
    if scribbles is not None and not scribbles.is_dir():
        raise OptionError(f"{scribbles}: there is no such folder with stroke masks")
    made = Project.create(project, labels)
    try:
        with made:
            ids = made.add_samples(found.frames)
            drawn = run(_enter_scribbles(made, ids, scribbles), "entering strokes") if scribbles is not None else None
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)  # there was none before
        raise
    result = {"project": str(made.folder), "samples": len(ids), "left_out": [str(p) for p in found.problems]}
    if drawn is not None:
        result["with_strokes"] = drawn
        if not drawn:
            warn(f"{scribbles}: no mask there has the name of an image and the ending .png")
    strokes = "" if drawn is None else f", {drawn} with strokes"
    answer(result, lambda: [f"{result['project']}: {counted(len(ids), 'image')}{strokes}"])


def _enter_scribbles(project: Project, ids: list[int], folder: Path) -> Work[int]:
    """Enter the stroke masks in *folder*; how many images have one."""
    from segstudio.io import images

    drawn = 0
    for place, sample in enumerate(project.samples(ids)):
        file = folder / f"{sample.path.stem}.png"
        yield Progress(place / len(ids), sample.name)
        if file.is_file():
            shape = images.probe(sample.path, sample.frame).shape
            workflows.import_seeds(project, sample.id, file, shape)
            drawn += 1
    return drawn


def export(
    project: Annotated[Path, typer.Argument(help="The project to export.")],
    target: Annotated[Path, typer.Argument(help="The folder to write.")],
    format_: Annotated[str, typer.Option("--format", help="One of `segstudio formats`.")],
    option: Annotated[
        list[str] | None, typer.Option("--option", "-O", help="name=value; an option of the format, repeatable.")
    ] = None,
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
) -> None:
    """Export a project's labels as a data set: all, or those of the images that are asked for."""
    with using(project, changing=False) as opened:
        wanted = query(opened, state, class_name, match)
        work = workflows.export_project(opened.folder, format_, target, query=wanted, **pairs(option or []))
        report = run(work, "exporting")
    value: dict[str, Any] = {"format": format_, "target": str(target), "report": str(report)}
    answer(value, lambda: [str(report)])


def pairs(options: list[str]) -> dict[str, str]:
    """``["val=0.3"]`` as ``{"val": "0.3"}``; each format checks its own."""
    found = {}
    for text in options:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise OptionError(f"{text!r} is no option; write it as name=value")
        found[name.strip()] = value.strip()
    return found


def import_(
    project: Annotated[Path, typer.Argument(help="The project to import into.")],
    source: Annotated[Path | None, typer.Argument(help="The data set: a file or a folder.")] = None,
    format_: Annotated[
        str, typer.Option("--format", help="One of `segstudio formats`; told from the files where it can be.")
    ] = "auto",
    images: Annotated[Path | None, typer.Option(help="Where the images are, if not found by themselves.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-O", help="name=value; an option of the format, repeatable.")
    ] = None,
    add_classes: Annotated[bool, typer.Option(help="Add classes that the project does not have.")] = False,
    keep_going: Annotated[bool, typer.Option(help="Import what can be imported although something is wrong.")] = False,
    take_back: Annotated[bool, typer.Option(help="Undo the project's last import instead.")] = False,
) -> None:
    """Import a data set with its labels into a project; human pixels there are spared."""
    from segstudio.app import importing  # its formats' libraries load late

    if take_back:
        with using(project, changing=True) as opened:
            restored = importing.take_back(opened.folder)
        value: dict[str, Any] = {"restored": restored.restored, "kept": restored.kept}
        answer(value, lambda: [f"{project}: {restored.restored} images are as before, {restored.kept} were kept"])
        return
    if source is None:
        raise OptionError("say which data set to import: a file or a folder")
    name = detected(source) if format_ == "auto" else format_
    told_apart = {"images": images, "add_classes": add_classes or None}
    options: dict[str, Any] = pairs(option or []) | {k: v for k, v in told_apart.items() if v is not None}
    with using(project, changing=True) as opened:
        work = importing.import_into(opened.folder, name, source, keep_going=keep_going, **options)
        result = run(work, "importing")
    for problem in result.problems:
        warn(str(problem))
    value = {"format": name, "samples": result.samples, "problems": told(result.problems)}
    if result.problems and not keep_going:
        end_for(source, result.problems, value, "nothing was imported (--keep-going imports the rest)")
    answer(value, lambda: [f"{project}: {result.samples} images imported"])


def convert_data(
    source: Annotated[Path, typer.Argument(help="The data set: a file or a folder, or a project.")],
    target: Annotated[Path, typer.Argument(help="The folder to write.")],
    to: Annotated[str, typer.Option(help="The format to write; one of `segstudio formats`.")],
    from_: Annotated[
        str, typer.Option("--from", help="The format to read; told from the files where it can be.")
    ] = "auto",
    images: Annotated[Path | None, typer.Option(help="Where the images are, if not found by themselves.")] = None,
    reading: Annotated[
        list[str] | None, typer.Option("--option", "-O", help="name=value; an option of reading, repeatable.")
    ] = None,
    writing: Annotated[
        list[str] | None, typer.Option("--to-option", "-T", help="name=value; an option of writing, repeatable.")
    ] = None,
    keep_going: Annotated[bool, typer.Option(help="Write what can be read although something is wrong.")] = False,
) -> None:
    """Write a data set in another format, without a project."""
    name = detected(source) if from_ == "auto" else from_
    options = pairs(reading or []) | ({"images": images} if images is not None else {})
    work = recode(
        source, target, read_as=name, write_as=to, keep_going=keep_going, reading=options, writing=pairs(writing or [])
    )
    result = run(work, f"{name} to {to}")
    for problem in result.problems:
        warn(str(problem))
    value = {"from": name, "to": to, "target": str(target), "problems": told(result.problems)}
    if result.report is None:
        end_for(source, result.problems, value, "nothing was written (--keep-going writes the rest)")
    answer(value | {"samples": result.report.samples, "report": str(result.report)}, lambda: [str(result.report)])


def formats(
    name: Annotated[str | None, typer.Argument(help="One of them: tell what can be chosen with -O.")] = None,
) -> None:
    """List the formats to import from and export to, or the options of one."""
    from segstudio.io.exporters import EXPORTERS
    from segstudio.io.importers import IMPORTERS

    if name is not None:
        value = {"import": _options(IMPORTERS[name].options)} if name in IMPORTERS else {}
        if name in EXPORTERS or not value:  # the table tells the names that there are where this is none
            value["export"] = _options(EXPORTERS[name].options)
        answer(value, lambda: [line for act, fields in value.items() for line in (f"{act}:", *map(_line, fields))])
        return
    titles = {n: IMPORTERS[n].title for n in IMPORTERS} | {n: EXPORTERS[n].title for n in EXPORTERS}
    rows = [
        {"name": name, "title": title, "import": name in IMPORTERS, "export": name in EXPORTERS}
        for name, title in titles.items()
    ]
    ways = {(True, True): "in, out", (True, False): "in", (False, True): "out"}
    answer(rows, lambda: [f"{r['name']:16} {ways[bool(r['import']), bool(r['export'])]:8} {r['title']}" for r in rows])


def _options(model: type[BaseModel]) -> list[dict[str, Any]]:
    return [
        {"name": name, "default": field.default, "description": field.description}
        for name, field in model.model_fields.items()
    ]


def _line(option: dict[str, Any]) -> str:
    default = "..." if option["default"] in (None, ()) else option["default"]
    setting = f"{option['name']}={default}"
    return f"  -O {setting:24} {option['description']}"
