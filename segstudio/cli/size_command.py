"""The command that measures: how large each class is in every image and volume of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from segstudio.app.sizes import ClassSize, Sizes, in_words
from segstudio.app.sizes import sizes as measured
from segstudio.cli.output import answer, run
from segstudio.cli.selecting import ClassName, Match, States, query, using
from segstudio.core.classes import LabelSet


def register(app: typer.Typer) -> None:
    app.command()(sizes)


def sizes(
    project: Annotated[Path, typer.Argument(help="The project.")],
    state: States = None,
    class_name: ClassName = None,
    match: Match = None,
) -> None:
    """Tell how large each class is in every image and volume: pixels, millilitres or mm², and the image's values."""
    with using(project, changing=False) as opened:
        ids = opened.sample_ids(query(opened, state, class_name, match))
        found = run(measured(opened.stored(ids)), "measuring")
        rows = [row for each in found for row in _rows(each, opened.classes)]
    answer(rows, lambda: [_line(row) for row in rows])


def _rows(found: Sizes, classes: LabelSet) -> list[dict[str, Any]]:
    return [
        {
            "image": str(found.path),
            "frames": [found.frames.start, found.frames.stop],
            "class": classes[class_id].name if class_id in classes else str(class_id),
            "id": class_id,
            "slices": size.slices,
            "pixels": size.pixels,
            ("mm3" if found.solid else "mm2"): size.measure,
            **_values(size),
        }
        for class_id, size in found.classes.items()
    ]


def _values(size: ClassSize) -> dict[str, float | None]:
    known = size.mean is not None
    lowest, highest = (size.lowest, size.highest) if known else (None, None)
    return {"mean": size.mean, "deviation": size.deviation, "lowest": lowest, "highest": highest}


def _line(row: dict[str, Any]) -> str:
    solid = "mm3" in row
    size = row["mm3" if solid else "mm2"]
    told = "" if size is None else f", {in_words(size, solid=solid)}"
    mean = "" if row["mean"] is None else f", mean {row['mean']:.5g} ± {row['deviation']:.5g}"
    place = f" [{row['frames'][0] + 1}-{row['frames'][1]}]" if row["frames"][0] else ""
    return f"{row['image']}{place}: {row['class']}: {row['pixels']} pixels on {row['slices']} slices{told}{mean}"
