"""The window's menus by the keyboard: each entry can be told from the others by its letter."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from segstudio.gui import MainWindow
from segstudio.gui.actions import ACTS, MENUS, tool_acts

LETTER = re.compile(r"&([^&])")


def letters(texts: list[str]) -> list[str]:
    return [found[1].lower() for text in texts if (found := LETTER.search(text)) is not None]


def test_no_two_entries_of_a_menu_have_the_same_letter(window: MainWindow) -> None:
    menus = [action.menu() for action in window.menuBar().actions()]
    assert len(menus) == len(MENUS)
    bar = [action.text() for action in window.menuBar().actions()]
    for texts in (bar, *([action.text() for action in menu.actions()] for menu in menus)):
        twice = {letter for letter, count in Counter(letters(texts)).items() if count > 1}
        assert not twice, [text for text in texts if set(letters([text])) & twice]


@pytest.mark.parametrize("menu", [name for name, _ in MENUS])
def test_every_act_of_a_menu_has_a_letter(menu: str) -> None:
    texts = [act.text for act in (*ACTS, *tool_acts()) if act.menu == menu]
    assert texts
    assert [text for text in texts if LETTER.search(text) is None] == []
