"""Commands on single images and masks: propagate, boxes, clean, evaluate."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from segstudio.app import workflows
from segstudio.app.cleanup import CleanupOptions
from segstudio.app.tuning import forget_tuning, keep_tuning, tune_project
from segstudio.cli.output import answer, run, told, warn
from segstudio.cli.selecting import ClassName, Match, States, is_project, query, using
from segstudio.core.errors import OptionError
from segstudio.io.class_files import load_classes
from segstudio.io.problems import counted

OutOrProject = Annotated[Path | None, typer.Option("-o", "--out", help="The mask to write (PNG); none for a project.")]


def register(app: typer.Typer) -> None:
    for command in (propagate, tune, boxes, clean, evaluate):
        app.command()(command)
    app.command("compare")(compare_)


def propagate(
    image: Annotated[Path, typer.Argument(help="The image, or a project: every image in it that has strokes.")],
    scribbles: Annotated[
        Path | None, typer.Option(help="A mask of strokes; 255 where nothing is drawn. None for a project.")
    ] = None,
    out: OutOrProject = None,
    method: Annotated[str, typer.Option(help="How; `auto` weighs the cues by itself.")] = "auto",
    classes: Annotated[str | None, typer.Option(help="Refuse strokes of other classes than these.")] = None,
    through: Annotated[
        bool, typer.Option("--through", help="Of a project: strokes on any slice of a volume label all its slices.")
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="Of a project: every image by its own strokes, without what others show.")
    ] = False,
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
) -> None:
    """Spread strokes over the whole image, or over those of a project; human pixels stay."""
    if is_project(image):
        _no_files(scribbles, out, classes)
        with using(image, changing=True) as opened:
            chosen = query(opened, state, class_name, match)
            work = workflows.propagate_project(
                opened, method=method, query=chosen, through=through, listening=not alone
            )
            done = run(work, "propagating")
        value = {"project": str(image), "images": len(done)}
        answer(value, lambda: [f"{image}: {counted(len(done), 'image')} propagated"])
        return
    if scribbles is None or out is None or through or alone:
        raise OptionError("an image needs --scribbles and -o; --through and --alone are for projects")
    known = load_classes(classes) if classes else None
    result = run(workflows.propagate_file(image, scribbles, out, classes=known, method=method), "propagating")
    answer(result, lambda: [f"{result['output']}: {result['method']}, mean confidence {result['confidence']:.2f}"])


def tune(
    project: Annotated[Path, typer.Argument(help="The project.")],
    keep: Annotated[bool, typer.Option("--keep", help="Propagate that way in this project, if it is better.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Go back to what comes with the program instead.")] = False,
) -> None:
    """Fit the automatic propagation to a project's accepted images and tell what it gains on images held out."""
    if keep and forget:
        raise OptionError("--keep and --forget say opposite things")
    with using(project, changing=keep or forget) as opened:
        if forget:
            forgotten = forget_tuning(opened)
            answer(
                {"project": str(project), "forgotten": forgotten},
                lambda: [f"{project}: propagates as it comes with the program"],
            )
            return
        found = run(tune_project(opened), "tuning")
        kept = keep_tuning(opened, found) if keep and found.gain > 0 else None
    value = {"project": str(project), "samples": found.samples, "before": found.before, "after": found.after}
    line = f"{project}: mIoU on images held out {_share(found.before)}, tuned {_share(found.after)}"
    answer(value | {"gain": found.gain, "kept": kept}, lambda: [line + (f"; kept in {kept}" if kept else "")])


def boxes(
    image: Annotated[Path, typer.Argument(help="The image, or a project: every image in it that has boxes.")],
    boxes: Annotated[
        Path | None, typer.Option(help='JSON: [{"class": 1, "box": [x0, y0, x1, y1]}, ...]; none for a project.')
    ] = None,
    out: OutOrProject = None,
    method: Annotated[str, typer.Option(help="auto, crf, grabcut, rect, ellipse ...")] = "auto",
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
) -> None:
    """Turn boxes into a mask, or those of a project into its labels; human pixels stay there."""
    if is_project(image):
        _no_files(boxes, out)
        with using(image, changing=True) as opened:
            chosen = query(opened, state, class_name, match)
            done = run(workflows.boxes_project(opened, method=method, query=chosen), "segmenting boxes")
        answer(
            {"project": str(image), "images": len(done)},
            lambda: [f"{image}: boxes of {counted(len(done), 'image')} segmented"],
        )
        return
    if boxes is None or out is None:
        raise OptionError("an image needs --boxes and -o")
    result = run(workflows.boxes_file(image, boxes, out, method=method), "segmenting boxes")
    answer(result, lambda: [f"{result['output']}: {result['method']}, mean confidence {result['confidence']:.2f}"])


def clean(
    mask: Annotated[Path, typer.Argument(help="The mask, or a project: every label map in it.")],
    out: OutOrProject = None,
    open_: Annotated[int, typer.Option("--open", min=0, help="Opening: radius in pixels.")] = 0,
    close: Annotated[int, typer.Option(min=0, help="Closing: radius in pixels.")] = 0,
    min_area: Annotated[int, typer.Option(min=0, help="Remove pieces smaller than this many pixels.")] = 0,
    max_hole: Annotated[int, typer.Option(min=0, help="Fill holes of at most this many pixels.")] = 0,
    smooth: Annotated[int, typer.Option(min=0, help="Majority smoothing: radius in pixels.")] = 0,
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
) -> None:
    """Clean a mask by morphology, or those of a project; human pixels stay there."""
    if is_project(mask):
        _no_files(out)
        chosen = CleanupOptions(open_, close, min_area, max_hole, smooth)
        with using(mask, changing=True) as opened:
            ids = [i for i in opened.sample_ids(query(opened, state, class_name, match)) if opened.has_labels(i)]
            changed = run(workflows.clean_project(opened, ids, chosen), "cleaning")
        value = {"project": str(mask), "images": len(ids), "changed_pixels": changed}
        answer(value, lambda: [f"{mask}: {changed} pixels changed in {counted(len(ids), 'image')}"])
        return
    if out is None:
        raise OptionError("a mask needs -o")
    options = {"open": open_, "close": close, "min_area": min_area, "max_hole": max_hole, "smooth": smooth}
    result = run(workflows.clean_file(mask, out, **options), "cleaning")
    answer(result, lambda: [f"{result['output']}: {result['changed_pixels']} pixels changed"])


def _no_files(*given: object) -> None:
    if any(each is not None for each in given):
        raise OptionError("a project has its strokes, labels and classes inside; leave out the options that name files")


def evaluate(
    predictions: Annotated[Path, typer.Argument(help="A mask, or a folder of masks.")],
    targets: Annotated[Path, typer.Argument(help="The truth, with the same names.")],
    num_classes: Annotated[int | None, typer.Option(min=2, max=255, help="How many classes there are.")] = None,
) -> None:
    """Score masks against the truth, over the whole data set; 255 in the truth is left out. `compare` takes projects
    and data sets of any format."""
    result = run(workflows.evaluate(predictions, targets, num_classes), "comparing")
    answer(result, lambda: _table(result))


def compare_(
    labels: Annotated[Path, typer.Argument(help="A project, or a data set of any format.")],
    truth: Annotated[Path, typer.Argument(help="The same of the truth, or of another person's labels.")],
    images: Annotated[Path | None, typer.Option(help="Where the images of data sets are.")] = None,
) -> None:
    """Compare two sets of labels of the same images: IoU and Dice by class, and the images least alike."""
    from segstudio.app.comparing import compare  # its formats' libraries load late

    result = run(compare(labels, truth, images=images), "comparing")
    for problem in result["problems"]:
        warn(str(problem))
    answer(result | {"problems": told(result["problems"])}, lambda: _compared(result))


def _compared(result: dict[str, Any]) -> list[str]:
    rows = [row for row in result["classes"] if row["iou"] is not None]
    lines = [f"{'class':24} {'IoU':>8} {'Dice':>8}"]
    lines += [f"{row['name']:24} {100 * row['iou']:6.2f} % {100 * row['dice']:6.2f} %" for row in rows]
    alone = f"{result['only_in_labels']} images in the first only, {result['only_in_truth']} in the second"
    lines.append(f"mIoU {_share(result['miou'])}, pixel accuracy {_share(result['pixel_accuracy'])}")
    lines.append(f"{result['images']} images compared; {alone}")
    least = result["least_alike"][:3]
    return [*lines, *(f"least alike: {row['image']} ({_share(row['pixel_accuracy'])})" for row in least)]


def _share(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.2f} %"


def _table(result: dict[str, Any]) -> list[str]:
    def percent(value: float) -> str:
        return f"{100 * value:6.2f} %" if math.isfinite(value) else "   none"

    rows = zip(result["iou"], result["dice"], strict=True)
    lines = ["class      IoU      Dice", *(f"{k:5} {percent(i)} {percent(d)}" for k, (i, d) in enumerate(rows))]
    summary = f"mIoU {percent(result['miou']).strip()}, pixel accuracy {percent(result['pixel_accuracy']).strip()}"
    return [*lines, f"{summary}, {result['images']} images"]
