"""The commands put together, and the one place where a user's mistake becomes one line and exit status 2."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from segstudio import __version__
from segstudio.cli import (
    data_commands,
    demo_command,
    label_commands,
    machine_commands,
    network_commands,
    predict_commands,
)
from segstudio.cli.output import as_json
from segstudio.core.errors import SegStudioError

OpenWindow = Callable[[Path | None], int]
"""Opens the window on a project and returns the exit status when it is closed."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"segstudio {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="segstudio",
        help="Make segmentation data sets: scribbles and boxes become masks, networks learn while you label. "
        "Without a command the window opens.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def common(
        _version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
        ] = False,
        _json: Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout (any command).")] = False,
    ) -> None:
        pass

    for module in (data_commands, label_commands, network_commands, predict_commands, machine_commands, demo_command):
        module.register(app)
    return app


def main(arguments: Sequence[str], open_window: OpenWindow) -> int:
    """Run one command; its exit status: 0 for success, 2 with one line for bad input, 130 when interrupted."""
    # --json may stand before or after the command, as people type it
    rest = [a for a in arguments if a != "--json"]
    as_json.set(len(rest) != len(arguments))
    try:
        build()(rest, prog_name="segstudio", obj=open_window)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except SegStudioError as error:
        print(f"segstudio: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0
