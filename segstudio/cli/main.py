"""The commands put together, and the one place where a user's mistake becomes one line and exit status 2."""

from __future__ import annotations

import contextlib
import contextvars
import glob
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from segstudio import __version__
from segstudio.cli import (
    data_commands,
    demo_command,
    label_commands,
    machine_commands,
    network_commands,
    predict_commands,
    project_commands,
    recipe,
    size_command,
)
from segstudio.cli.output import as_json, quiet, refuse
from segstudio.core.errors import SegStudioError
from segstudio.core.natural import natural_key

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
        _quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress; errors only (any command).")] = False,
    ) -> None:
        pass

    modules = (
        data_commands, project_commands, size_command, label_commands, network_commands, recipe,
        predict_commands, machine_commands, demo_command,
    )  # fmt: skip
    for module in modules:
        module.register(app)
    return app


def main(arguments: Sequence[str], open_window: OpenWindow) -> int:
    """Run one command; its exit status: 0 for success, 2 with one line for bad input, 130 where Ctrl+C and 143 where
    the system ended it. Work that was begun is tidied up in each case, and what was said of one command holds for that
    one alone."""
    return contextvars.copy_context().run(_main, arguments, open_window)


def _main(arguments: Sequence[str], open_window: OpenWindow) -> int:
    # --json and --quiet may stand before or after the command, as people type them
    end = arguments.index("--") if "--" in arguments else len(arguments)
    said = arguments[:end]
    as_json.set("--json" in said)
    quiet.set("--quiet" in said)
    rest = [*(_expanded(a) for a in said if a not in ("--json", "--quiet")), *arguments[end:]]
    if os.name == "nt":  # there, shells leave patterns to programs
        rest = [each for a in rest for each in _matching(a) or [a]]
    try:
        with _ended_by_the_system():
            build()(rest, prog_name="segstudio", obj=open_window)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if status in _STOPPED:
            print("segstudio: stopped", file=sys.stderr)  # noqa: T201
        return status
    except SegStudioError as error:
        refuse(error)
        return 2
    return 0


_STOPPED = (130, 143)
"""128 and the number of the signal, as shells tell it."""


def _expanded(argument: str) -> str:
    """``~`` for the home folder where shells leave it as it is: ``--images=~/photos``, ``extract=~/photos``."""
    name, sign, value = argument.rpartition("=")
    return name + sign + os.path.expanduser(value) if value.startswith(("~/", "~\\")) else argument


def _matching(argument: str) -> list[str]:
    """The files that a pattern stands for, in the order in which people count; none where it is no pattern."""
    return sorted(glob.glob(argument), key=natural_key) if set("*?[") & set(argument) else []


@contextlib.contextmanager
def _ended_by_the_system() -> Iterator[None]:
    """Inside, being told to end is as Ctrl+C: what is half done is put back, and no half-written file stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> NoReturn:
    raise SystemExit(_STOPPED[1])
