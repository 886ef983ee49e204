"""Fetching published networks in the window: progress, stopping, what is wrong, and what can be used."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from segstudio.core.registry import Registry
from segstudio.gui import MainWindow
from segstudio.gui.dialogs import models
from segstudio.gui.dialogs.models import ModelsDialog
from segstudio.learning.pretrained import PRETRAINED, Pretrained

CONTENT = np.random.default_rng(0).bytes(2_000_000)
OK = QDialogButtonBox.StandardButton.Ok


class _Slow(BaseHTTPRequestHandler):
    def __init__(self, gate: threading.Event, *args: object) -> None:
        self.gate = gate
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        try:
            self.wfile.write(CONTENT[start : start + 600_000])
            self.gate.wait(20)
            self.wfile.write(CONTENT[start + 600_000 :])
        except ConnectionError:
            pass  # whoever asked has stopped listening

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def published(gate: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretrained]:
    """A table of two: one that can be fetched, one whose server is not there."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Slow, gate))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    digest = hashlib.sha256(CONTENT).hexdigest()[:8]
    line = PRETRAINED["deeplabv3_resnet50"]
    there = replace(line, file=f"net-{digest}.pth", base=f"http://127.0.0.1:{http.server_port}/")
    gone = replace(PRETRAINED["fcn_resnet50"], base="http://127.0.0.1:9/")
    monkeypatch.setattr(models, "PRETRAINED", Registry("pretrained model", [there, gone]))
    monkeypatch.setenv("SEGSTUDIO_CACHE", str(tmp_path / "cache"))
    yield there
    gate.set()
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def dialog(window: MainWindow, published: Pretrained, qtbot: QtBot) -> ModelsDialog:
    shown = ModelsDialog(window.workbench, window)
    qtbot.addWidget(shown)
    shown.show()
    return shown


def test_a_network_is_fetched_with_one_click_and_can_be_used(
    dialog: ModelsDialog, published: Pretrained, gate: threading.Event, qtbot: QtBot
) -> None:
    assert not dialog.buttons.button(OK).isEnabled()
    assert published.licence in dialog.details.text()
    assert "aeroplane, bicycle" in dialog.details.text()
    QTest.mouseClick(dialog.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.progress.value() > 100, timeout=20_000)
    assert dialog.progress.isVisible()
    assert dialog.download.text() == "Stop"
    gate.set()
    qtbot.waitUntil(lambda: dialog.buttons.button(OK).isEnabled(), timeout=20_000)
    assert not dialog.progress.isVisible()
    path = dialog.path()
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert dialog.table.item(0, 4).text() == "here"


def test_a_download_is_stopped_and_goes_on(
    dialog: ModelsDialog, published: Pretrained, gate: threading.Event, qtbot: QtBot
) -> None:
    QTest.mouseClick(dialog.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.progress.value() > 100, timeout=20_000)
    QTest.mouseClick(dialog.download, Qt.MouseButton.LeftButton)
    gate.set()
    qtbot.waitUntil(lambda: dialog.download.text() == "Download", timeout=20_000)
    assert "Stopped" in dialog.problem.text()
    assert dialog.path() is None
    QTest.mouseClick(dialog.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.path() is not None, timeout=20_000)


def test_without_a_connection_it_says_where_the_file_may_be_put(dialog: ModelsDialog, qtbot: QtBot) -> None:
    dialog.table.selectRow(1)
    QTest.mouseClick(dialog.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.problem.text() != "", timeout=20_000)
    assert "no connection to 127.0.0.1:9" in dialog.problem.text()
    assert "put the file at this place" in dialog.problem.text()
    assert not dialog.buttons.button(OK).isEnabled()
