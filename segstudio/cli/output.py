"""How commands speak: progress to stderr, one JSON document or a few lines to stdout, one line for a user's mistake."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer

from segstudio.core.errors import FileError, FormatError, SegStudioError
from segstudio.core.progress import Progress, Work, finish
from segstudio.io.problems import Problem, counted

R = TypeVar("R")

as_json: ContextVar[bool] = ContextVar("as_json", default=False)
"""Whether ``--json`` was given."""

quiet: ContextVar[bool] = ContextVar("quiet", default=False)
"""Whether ``--quiet`` was given."""


def run(work: Work[R], title: str) -> R:
    """Drive *work* with a progress bar on stderr (plain lines where stderr is no terminal)."""
    if quiet.get() or not speaks():
        return finish(work)
    if sys.stderr.isatty():
        return _with_bar(work, title)
    return finish(work, _Lines(title))


def speaks() -> bool:
    """Whether this process is the first of its team: where several work together, the others are silent."""
    return not any(int(os.environ.get(name) or 0) for name in ("RANK", "NODE_RANK", "LOCAL_RANK"))


def _with_bar(work: Work[R], title: str) -> R:
    from rich.console import Console  # 60 ms that a command without progress need not pay
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[news]}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0, news="")

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.fraction or 0.0, news=progress.message)

        return finish(work, show)


class _Lines:
    """A line for each tenth of the way."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._tenth = -1

    def __call__(self, progress: Progress) -> None:
        tenth = math.floor(10 * progress.fraction) if progress.fraction is not None else self._tenth
        if tenth > self._tenth:
            self._tenth = tenth
            print(f"{self._title}: {10 * tenth} % {progress.message}".rstrip(), file=sys.stderr)  # noqa: T201


def answer(value: Any, lines: Callable[[], list[str]]) -> None:
    """The command's result on stdout: *value* as JSON with ``--json``, else *lines*."""
    if not speaks():
        return
    if as_json.get():
        typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=1))
    else:
        for line in lines():
            typer.echo(line)


def refuse(error: SegStudioError, **more: Any) -> None:
    """Say what is wrong: one line on stderr, and with ``--json`` a document with *more* on stdout."""
    warn(f"segstudio: {error}")
    place = {"file": str(error.path), "reason": error.reason} if isinstance(error, FileError) else {}
    if as_json.get():
        answer({"error": str(error), **place, **more}, list)


def end_for(source: Path, problems: Sequence[Problem], value: Mapping[str, Any], then: str = "") -> NoReturn:
    """End the command with status 2 for what is wrong with *source*, *value* for JSON; *then* says what follows."""
    reason = counted(len(problems), "problem")
    refuse(FormatError(source, f"{reason}; {then}" if then else reason), **value)
    raise typer.Exit(2)


def told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """*problems* for JSON: the file, the line where it is a text, and the reason of each."""
    return [{"file": str(each.path), "line": each.line, "reason": each.reason} for each in problems]


def warn(text: str) -> None:
    """One line on stderr."""
    typer.echo(text, err=True)


def _plain(value: Any) -> Any:
    """*value* with everything that JSON cannot say replaced: nan by null, paths by text."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
