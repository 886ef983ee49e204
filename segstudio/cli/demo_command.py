"""The demo: the main job, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segstudio.app.screen import has_screen
from segstudio.cli.output import answer, as_json, run
from segstudio.core.errors import OptionError


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="A new folder for everything that the demo writes.")] = Path(
        "segstudio-demo"
    ),
    minutes: Annotated[float, typer.Option(min=0.01, help="How long the network trains.")] = 1.0,
    window: Annotated[bool, typer.Option(help="Open the window on the result where there is a screen.")] = True,
) -> None:
    """Show the main job on real images: propagate, train, predict, clean, export."""
    from segstudio.app.demo import run_demo  # loads OpenCV

    folder = _free(out)
    result = run(run_demo(folder, minutes=minutes), "demo")
    value = {
        "project": str(result.project), "contact_sheet": str(result.sheet), "coco": str(result.coco),
        "masks": str(result.masks), "miou": result.miou,
    }  # fmt: skip
    line = (
        f"project in {result.project}, contact sheet in {result.sheet}, "
        f"COCO data set in {result.coco}, index masks in {result.masks}"
    )
    answer(value, lambda: [line])
    if window and has_screen() and not as_json.get():
        raise typer.Exit(context.obj(result.project))


def _free(out: Path) -> Path:
    """*out*, or the first of out-2, out-3 ... that is not there: a demo never writes over an earlier one."""
    names = [out, *(out.with_name(f"{out.name}-{i}") for i in range(2, 1000))]
    for folder in names:
        if not folder.exists():
            return folder
    raise OptionError(f"{out}: there are too many demos here; name another folder with --out")
