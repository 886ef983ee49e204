"""The command line: typer commands over the workflows. It knows neither Qt nor, until it trains or predicts, torch."""

from __future__ import annotations

from segstudio.cli.main import main

__all__ = ["main"]
