"""Commands on what is in a project: info, samples, classes, add, check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from segstudio.app.checking import check_project
from segstudio.app.finding import find_images
from segstudio.app.overview import overview, overview_of_data
from segstudio.app.predict_files import classes_of
from segstudio.app.reclassing import reclass
from segstudio.cli.data_commands import pairs
from segstudio.cli.output import answer, end_for, run, told, warn
from segstudio.cli.selecting import ClassName, Images, Match, States, is_project, named, query, using
from segstudio.core.annotation import SampleState
from segstudio.core.errors import OptionError
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.signs import detect, detected
from segstudio.io.problems import counted
from segstudio.io.project import SampleOrder

ProjectFolder = Annotated[Path, typer.Argument(help="The project.")]


def register(app: typer.Typer) -> None:
    for command in (info, samples, classes, add, check):
        app.command()(command)


def info(
    source: Annotated[Path, typer.Argument(help="A project, or a data set: a file or a folder.")],
    pixels: Annotated[bool, typer.Option(help="Read every label map: pixels by class and by who said so.")] = False,
    format_: Annotated[
        str, typer.Option("--format", help="Of a data set; told from the files where it can be.")
    ] = "auto",
    images: Annotated[Path | None, typer.Option(help="Where a data set's images are.")] = None,
) -> None:
    """Tell what is in a project or a data set: images by state, classes with their use, runs."""
    if format_ == "auto" and is_project(source):
        with using(source, changing=False) as opened:
            result = run(overview(opened, pixels=pixels), "counting")
    else:
        name = detected(source) if format_ == "auto" else format_
        result = run(overview_of_data(source, name, images=images), "counting")
        for problem in result["problems"]:
            warn(str(problem))
        result["problems"] = told(result["problems"])
    answer(result, lambda: _info(result))


def _info(told: dict[str, Any]) -> list[str]:
    states = ", ".join(f"{count} {state}" for state, count in told.get("states", {}).items() if count)
    lines = [f"{told['source']}: {told['images']} images, {told['labelled']} labelled" + (states and f" ({states})")]
    if told.get("missing_images"):
        lines.append(f"missing image files: {told['missing_images']}")
    total = sum(row.get("pixels", 0) for row in told["classes"]) or 1
    lines.append(
        f"{'id':>4} {'class':24} {'images':>8} {'instances':>10} {'boxes':>7}"
        + " pixels" * ("unlabelled_pixels" in told)
    )
    for row in told["classes"]:
        share = f" {100 * row['pixels'] / total:.2f} %" if "pixels" in row else ""
        lines.append(f"{row['id']:4} {row['name']:24} {row['images']:8} {row['instances']:10} {row['boxes']:7}{share}")
    if "pixels_by" in told:
        said = ", ".join(f"{count} {by}" for by, count in told["pixels_by"].items() if count)
        lines.append(f"pixels by: {said or 'nobody'}; {told['unlabelled_pixels']} unlabelled")
    return [*lines, *(f"run {each['name']} ({each['state']}): {each['checkpoint']}" for each in told.get("runs", ()))]


def samples(
    project: ProjectFolder,
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
    unsure: Annotated[
        bool, typer.Option(help="Those of which the last prediction was least sure first, others last.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most.")] = None,
    set_: Annotated[SampleState | None, typer.Option("--set", help="Put these images into this state.")] = None,
) -> None:
    """List a project's images, one path a line, or put them into a state."""
    with using(project, changing=set_ is not None) as opened:
        order = SampleOrder.UNCERTAINTY if unsure else SampleOrder.ADDED
        wanted = replace(query(opened, state, class_name, match), order=order)
        found = opened.samples(opened.sample_ids(wanted)[:limit])
        for sample in found if set_ is not None else ():
            opened.set_state(sample.id, set_ or sample.state)
        rows: list[dict[str, Any]] = [
            {
                "id": sample.id,
                "image": str(sample.path),
                "frame": sample.frame,
                "state": (set_ or sample.state).value,
                "labels": str(opened.labels_file(sample.id)) if opened.has_labels(sample.id) else None,
                "uncertainty": sample.uncertainty,
            }
            for sample in found
        ]
    if set_ is not None:
        answer(rows, lambda: [f"{project}: {counted(len(rows), 'image')} {set_.value}"])
    else:
        answer(rows, lambda: [row["image"] + (f" [{row['frame'] + 1}]" if row["frame"] else "") for row in rows])


def classes(
    project: ProjectFolder,
    add: Annotated[list[str] | None, typer.Option(help="NAME or NAME#rrggbb; repeatable.")] = None,
    rename: Annotated[list[str] | None, typer.Option(help="OLD=NEW; repeatable.")] = None,
    merge: Annotated[
        list[str] | None, typer.Option(help="CLASS=INTO: its pixels, instances and shapes become INTO; repeatable.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Its pixels become unlabelled; repeatable.")] = None,
) -> None:
    """List a project's classes, or change them in every image."""
    changing = any((add, rename, merge, remove))
    with using(project, changing=changing) as opened:
        if changing:
            asked = {"add": add or (), "rename": rename or (), "merge": merge or (), "remove": remove or ()}
            run(reclass(opened, **asked), "changing the classes")
        rows = opened.classes.to_json()["classes"]
    answer(rows, lambda: [f"{row['id']:4} {row['color']} {row['name']}" for row in rows])


def add(
    project: ProjectFolder,
    images: Images,
) -> None:
    """Add images to a project; those that are there stay as they are."""
    found = run(find_images(named(images)), "looking for images")
    for problem in found.problems:
        warn(f"left out: {problem}")
    if not found.frames:
        raise OptionError("there is no readable image among " + ", ".join(map(str, images)))
    with using(project, changing=True) as opened:
        ids = opened.add_samples(found.frames)
    value = {"project": str(project), "added": len(ids), "left_out": [str(problem) for problem in found.problems]}
    there = len(found.frames) - len(ids)
    answer(value, lambda: [f"{project}: {counted(len(ids), 'image')} added, {there} were there"])


def check(
    source: Annotated[Path, typer.Argument(help="A project, or a data set: a file or a folder.")],
    format_: Annotated[
        str, typer.Option("--format", help="One of `segstudio formats`; told from the files where it can be.")
    ] = "auto",
    images: Annotated[Path | None, typer.Option(help="Where a data set's images are.")] = None,
    classes: Annotated[
        str | None, typer.Option(help="The classes that a data set may have: a preset, a JSON file, names, a project.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-O", help="name=value; an option of the format, repeatable.")
    ] = None,
) -> None:
    """List all that is wrong with a project or a data set, and change nothing; status 2 where something is."""
    if format_ == "auto" and detect(source) == "project":
        with using(source, changing=False) as opened:
            problems = tuple(run(check_project(opened), "checking"))
            value: dict[str, Any] = {"format": "project", "samples": len(opened.sample_ids())}
            names = [label.name for label in opened.classes.values()]
    else:
        name = detected(source) if format_ == "auto" else format_
        options = pairs(option or []) | ({"images": images} if images is not None else {})
        dataset = run(IMPORTERS[name].read(source, classes_of(classes) if classes else None, **options), "checking")
        problems, value = dataset.problems, {"format": name, "samples": len(dataset.samples)}
        names = [label.name for label in dataset.classes.values()]
    value |= {"classes": names, "problems": told(problems)}
    for problem in problems:
        warn(str(problem))
    if problems:
        end_for(source, problems, value)
    answer(value, lambda: [f"{source}: {value['format']}, {counted(value['samples'], 'image')}, nothing is wrong"])
