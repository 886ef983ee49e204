"""Commands on single images and masks: propagate, boxes, clean, evaluate."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from segstudio.app import workflows
from segstudio.cli.output import answer, run
from segstudio.io.class_files import load_classes

Out = Annotated[Path, typer.Option("-o", "--out", help="The mask to write (PNG).")]


def register(app: typer.Typer) -> None:
    for command in (propagate, boxes, clean, evaluate):
        app.command()(command)


def propagate(
    image: Annotated[Path, typer.Argument(help="The image.")],
    scribbles: Annotated[Path, typer.Option(help="A mask of strokes; 255 where nothing is drawn.")],
    out: Out,
    method: Annotated[str, typer.Option(help="How; `auto` weighs the cues by itself.")] = "auto",
    classes: Annotated[str | None, typer.Option(help="Refuse strokes of other classes than these.")] = None,
) -> None:
    """Spread strokes over the whole image."""
    known = load_classes(classes) if classes else None
    result = run(workflows.propagate_file(image, scribbles, out, classes=known, method=method), "propagating")
    answer(result, lambda: [f"{result['output']}: {result['method']}, mean confidence {result['confidence']:.2f}"])


def boxes(
    image: Annotated[Path, typer.Argument(help="The image.")],
    boxes: Annotated[Path, typer.Option(help='JSON: [{"class": 1, "box": [x0, y0, x1, y1]}, ...]')],
    out: Out,
    method: Annotated[str, typer.Option(help="auto, crf, grabcut, rect, ellipse ...")] = "auto",
) -> None:
    """Turn boxes into a mask."""
    result = run(workflows.boxes_file(image, boxes, out, method=method), "segmenting boxes")
    answer(result, lambda: [f"{result['output']}: {result['method']}, mean confidence {result['confidence']:.2f}"])


def clean(
    mask: Annotated[Path, typer.Argument(help="The mask.")],
    out: Out,
    open_: Annotated[int, typer.Option("--open", min=0, help="Opening: radius in pixels.")] = 0,
    close: Annotated[int, typer.Option(min=0, help="Closing: radius in pixels.")] = 0,
    min_area: Annotated[int, typer.Option(min=0, help="Remove pieces smaller than this many pixels.")] = 0,
    max_hole: Annotated[int, typer.Option(min=0, help="Fill holes of at most this many pixels.")] = 0,
    smooth: Annotated[int, typer.Option(min=0, help="Majority smoothing: radius in pixels.")] = 0,
) -> None:
    """Clean a mask by morphology."""
    options = {"open": open_, "close": close, "min_area": min_area, "max_hole": max_hole, "smooth": smooth}
    result = run(workflows.clean_file(mask, out, **options), "cleaning")
    answer(result, lambda: [f"{result['output']}: {result['changed_pixels']} pixels changed"])


def evaluate(
    predictions: Annotated[Path, typer.Argument(help="A mask, or a folder of masks.")],
    targets: Annotated[Path, typer.Argument(help="The truth, with the same names.")],
    num_classes: Annotated[int | None, typer.Option(min=2, max=255, help="How many classes there are.")] = None,
) -> None:
    """Score masks against the truth, over the whole data set; 255 in the truth is left out."""
    result = run(workflows.evaluate(predictions, targets, num_classes), "comparing")
    answer(result, lambda: _table(result))


def _table(result: dict[str, Any]) -> list[str]:
    def percent(value: float) -> str:
        return f"{100 * value:6.2f} %" if math.isfinite(value) else "   none"

    rows = zip(result["iou"], result["dice"], strict=True)
    lines = ["class      IoU      Dice", *(f"{k:5} {percent(i)} {percent(d)}" for k, (i, d) in enumerate(rows))]
    summary = f"mIoU {percent(result['miou']).strip()}, pixel accuracy {percent(result['pixel_accuracy']).strip()}"
    return [*lines, f"{summary}, {result['images']} images"]
