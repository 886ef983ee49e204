"""Languages: every text is translated, and another language is spoken without restart."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QGroupBox, QLabel, QLineEdit, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from segstudio.app.class_edits import remove_class
from segstudio.core.progress import Progress, Work
from segstudio.gui import MainWindow, i18n
from segstudio.gui.dialogs.preferences import PreferencesDialog
from segstudio.gui.dialogs.train import TrainDialog
from segstudio.gui.panels import PANELS
from segstudio.gui.status import StatusBar
from segstudio.io.exporters.base import ExportReport

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    i18n.apply(qapp, "en")


def test_every_text_people_see_has_a_translation() -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "translations.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def speak(qapp: QApplication, language: i18n.Language) -> None:
    i18n.apply(qapp, language)
    qapp.processEvents()  # Qt posts the news to every window


def test_the_window_changes_its_language_without_restart(window: MainWindow, qapp: QApplication) -> None:
    assert window.action("edit.undo").text() == "&Undo"
    speak(qapp, "zh_CN")
    assert window.action("edit.undo").text() == "撤销(&U)"
    assert window.action("edit.undo").toolTip().startswith("撤销 ("), "no mnemonic in the tip"
    assert window.menuBar().actions()[0].text() == "文件(&F)"
    speak(qapp, "en")
    assert window.action("edit.undo").text() == "&Undo"


def english_left(widget: QWidget) -> list[str]:
    """What *widget* still says in words of Latin letters alone, though it speaks Chinese."""
    own_names = {"U-Net", "IoU", "mIoU", "px", "MB", "GB", "segstudio", "Dice", "English"}
    left = []
    for part in widget.findChildren(QWidget):
        texts = [part.accessibleName(), part.toolTip()]
        if isinstance(part, QAbstractButton | QLabel):
            texts.append(part.text())
        if isinstance(part, QGroupBox):
            texts.append(part.title())
        if isinstance(part, QLineEdit):
            texts.append(part.placeholderText())
        if isinstance(part, QTabWidget):
            texts.extend(part.tabText(place) for place in range(part.count()))
        for text in texts:
            words = [w for w in text.replace("(", " ").split() if w.isascii() and w.isalpha() and len(w) > 3]
            chinese = any("一" <= sign <= "鿿" for sign in text)
            if words and not chinese and not own_names & set(text.split()):
                left.append(text)
    return left


@pytest.mark.parametrize("name", PANELS)
def test_panels_speak_chinese(name: str, window: MainWindow, qapp: QApplication) -> None:
    speak(qapp, "zh_CN")
    panel = window.panel(name)
    left = [t for t in english_left(panel) if "disc" not in t and "background" not in t]
    assert not left


def test_dialogs_speak_the_language_they_are_opened_in(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    speak(qapp, "zh_CN")
    for dialog in (PreferencesDialog(window.workbench, window), TrainDialog(window.workbench, window)):
        qtbot.addWidget(dialog)
        left = [text for text in english_left(dialog) if "Chen" not in text and "Ronneberger" not in text]
        assert not left


def test_jobs_undo_and_notices_speak_chinese(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    speak(qapp, "zh_CN")
    go_on = threading.Event()

    def work() -> Work[None]:
        yield Progress(0.5, "image 7 of 9")
        go_on.wait(10)

    job = window.jobs.submit("Predict 9 images", work)
    shown = window.findChild(StatusBar).job
    qtbot.waitUntil(lambda: "第 7/9 张图像" in " ".join(label.text() for label in shown.findChildren(QLabel)))
    assert not english_left(shown)
    go_on.set()
    qtbot.waitUntil(lambda: job.state.ended)
    remove_class(window.document, 1)
    assert window.action("edit.undo").text() == "撤销(&U): 删除类别"
    window.notice.show_exported(ExportReport("coco", Path("/tmp"), 3, 5))
    assert window.notice.text == "3 张图像（5 个对象）已导出为 COCO 实例，位置：/tmp"


@pytest.mark.parametrize(
    ("text", "plain"), [("&File", "File"), ("文件(&F)", "文件"), ("&Open project…", "Open project"), ("Bo&x", "Box")]
)
def test_plain_texts_have_no_mnemonic(text: str, plain: str) -> None:
    assert i18n.plain(text) == plain
