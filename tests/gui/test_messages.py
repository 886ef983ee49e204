"""Errors in the window's language."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError, SegStudioError, disk_reason, storage_errors
from segstudio.core.resources import resource
from segstudio.gui import i18n
from segstudio.gui.messages import news, sentence, translated
from segstudio.io import images
from segstudio.io.project import Project

CLASSES = LabelSet.named(["天空", "road"])


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    i18n.apply(qapp, "en")


def problem(act: object, *arguments: object) -> SegStudioError:
    with pytest.raises(SegStudioError) as caught:
        act(*arguments)  # type: ignore[operator]
    return caught.value


def test_english_says_what_the_error_says(qapp: QApplication) -> None:
    error = problem(CLASSES.find, "cat")
    assert sentence(error) == "There is no class called 'cat'; there are 0 天空, 1 road"


def test_a_sentence_is_translated_with_its_own_parts_in_it(qapp: QApplication) -> None:
    i18n.apply(qapp, "zh_CN")
    assert sentence(problem(CLASSES.find, "cat")) == "没有名为 'cat' 的类别；现有 0 天空, 1 road"
    assert sentence(problem(CLASSES.added, "road")) == "有两个类别都叫 'road'"


def test_the_file_stands_before_the_reason(qapp: QApplication, tmp_path: Path) -> None:
    i18n.apply(qapp, "zh_CN")
    file = tmp_path / "空.png"
    file.touch()
    assert sentence(problem(images.read, file)) == f"{file}: 文件为空（0 字节）"
    assert sentence(problem(Project.open, tmp_path)) == f"{tmp_path}: 这不是 segstudio 项目（缺少 project.db）"


def test_the_disk_s_reasons_are_translated(qapp: QApplication, tmp_path: Path) -> None:
    i18n.apply(qapp, "zh_CN")

    def fill() -> None:
        with storage_errors(tmp_path):
            raise OSError(errno.ENOSPC, "No space left on device")

    assert sentence(problem(fill)) == f"{tmp_path}: 磁盘已满"
    assert translated(disk_reason(OSError(errno.EACCES, "x"))) == "没有权限"


def test_what_nobody_translated_stays_as_it_is(qapp: QApplication) -> None:
    i18n.apply(qapp, "zh_CN")
    assert sentence(OptionError("the flux capacitor is empty")) == "The flux capacitor is empty"
    assert translated("x.png (it is broken)") == "x.png (it is broken)"


def test_every_template_finds_its_own_sentences_again(qapp: QApplication) -> None:
    """A template that is too general must not catch the sentence of another."""
    i18n.apply(qapp, "zh_CN")
    templates = json.loads(resource("translations", "sentences.json").read_text(encoding="utf-8"))
    known = [t for t in templates if i18n.tr(t, "Sentences") != t]
    assert len(known) > 80
    for template in known:
        parts = [f"<{number}>" for number in range(9)]
        made = template
        expected = i18n.tr(template, "Sentences")
        for number, part in enumerate(parts):
            made, expected = made.replace(f"{{{number}}}", part), expected.replace(f"{{{number}}}", part)
        assert translated(made) == expected


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        ("Predict 12 images", "预测 12 张图像"),
        ("3 of 12: a, b.png", "3/12：a, b.png"),
        ("epoch 3 of 20, loss 0.123, mIoU 0.500", "第 3/20 轮, 损失 0.123, mIoU 0.500"),
        ("image 7 of 9", "第 7/9 张图像"),
        ("Remove class", "删除类别"),
        ("Export coco", "导出 coco"),
        ("a, b.png", "a, b.png"),
    ],
)
def test_what_goes_on_in_the_background_is_translated(qapp: QApplication, said: str, chinese: str) -> None:
    assert news(said) == said
    i18n.apply(qapp, "zh_CN")
    assert news(said) == chinese
