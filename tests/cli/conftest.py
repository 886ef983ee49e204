"""The command line as its users run it, in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from segstudio.__main__ import main

Run = Callable[..., tuple[int, str, str]]
"""Arguments to status, what was printed and what was told beside it."""


@pytest.fixture
def segstudio(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["segstudio", *map(str, arguments)])
        status = main()
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run
