"""The window's languages: Qt Linguist files in ``resources/translations``, switched without restart.

Qt tells every widget of the new language by ``QEvent.LanguageChange``; :class:`Translated` widgets write their texts
anew then. Texts of the tables (networks, losses, tools ...) are translated where they are shown, by :func:`tr`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, cast

from PySide6 import QtCore
from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QTranslator

from segstudio.core.resources import resource

Language = Literal["system", "en", "zh_CN"]

LANGUAGES: dict[str, str] = {"en": "English", "zh_CN": "简体中文"}
"""What each language calls itself."""

QT_TRANSLATE_NOOP = cast("Callable[[str, str], str]", QtCore.QT_TRANSLATE_NOOP)
"""Marks a text of a table for translation and returns it; Qt's own, typed."""

TABLES = "Tables"
"""The context of texts that come from tables below the window."""

_installed: list[QTranslator] = []


def tr(text: str, context: str = TABLES) -> str:
    """*text* of a table in the window's language."""
    return QCoreApplication.translate(context, text)


def plain(text: str) -> str:
    """A menu's or label's *text* without its mnemonic (``&File``, ``文件(&F)``) and dots."""
    return re.sub(r"\s*\(&.\)", "", text).replace("&", "").removesuffix("…")


def counted(one: str, several: str, count: int) -> str:
    """*one* for a *count* of 1, else *several*, with the count in the place of ``{0}``; both are translated already."""
    return (one if count == 1 else several).format(count)


def effective(language: Language) -> str:
    """What *language* comes to: the system's own, or English where that is not among ours."""
    if language != "system":
        return language
    for name in QLocale.system().uiLanguages():
        if name.startswith("zh"):
            return "zh_CN"
        if name.startswith("en"):
            return "en"
    return "en"


def apply(app: QCoreApplication, language: Language) -> None:
    """Speak *language*, at once."""
    for translator in _installed:
        app.removeTranslator(translator)
    _installed.clear()
    name = effective(language)
    if name in LANGUAGES and name != "en":
        _install(app, f"segstudio_{name}", str(resource("translations")))
        _install(app, f"qtbase_{name}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))


def _install(app: QCoreApplication, file: str, folder: str) -> None:
    translator = QTranslator(app)
    if translator.load(file, folder):
        app.installTranslator(translator)
        _installed.append(translator)


class Translated:
    """Mixed into a widget, before its Qt class: :meth:`retranslate` runs once it is built and at every new language."""

    def retranslate(self) -> None:
        """Write every text that people see."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)  # type: ignore[misc]  # the Qt class beside this one has it
