"""Where segstudio starts: without arguments the window, else the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """Start segstudio with the process's arguments; the exit status."""
    arguments = sys.argv[1:]
    if not arguments:
        return _open_window(None)
    if len(arguments) == 1 and arguments[0].rstrip("/\\").endswith(".segstudio"):
        return _open_window(Path(arguments[0]))
    from segstudio.cli import main as command_line  # the window needs none of it

    return command_line(arguments, _open_window)


def _open_window(project: Path | None) -> int:
    from segstudio.app.screen import has_screen

    if not has_screen() and "QT_QPA_PLATFORM" not in os.environ:
        print("segstudio: there is no screen to show the window on; see `segstudio --help`", file=sys.stderr)  # noqa: T201
        return 2
    from segstudio.gui import run  # the command line needs no Qt

    return run(project)


if __name__ == "__main__":
    sys.exit(main())
