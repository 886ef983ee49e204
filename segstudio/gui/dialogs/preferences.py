"""Preferences: theme, language, saving, memory. Theme and language are seen at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFormLayout, QLabel, QWidget

from segstudio.app.settings import save_settings
from segstudio.app.workbench import Workbench
from segstudio.gui import i18n, theme
from segstudio.gui.dialogs.base import Dialog
from segstudio.gui.fields import decimal_number, describe, whole_number
from segstudio.gui.i18n import LANGUAGES, QT_TRANSLATE_NOOP, plain, tr

THEMES = {
    "system": QT_TRANSLATE_NOOP("Tables", "As the system"),
    "light": QT_TRANSLATE_NOOP("Tables", "Light"),
    "dark": QT_TRANSLATE_NOOP("Tables", "Dark"),
}


def ask_preferences(workbench: Workbench, parent: QWidget | None = None) -> None:
    """Show the preferences; they are kept with OK and taken back with Cancel."""
    PreferencesDialog(workbench, parent).exec()


class PreferencesDialog(Dialog):
    """One form over the settings that people choose once."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings = workbench.settings
        self._live_preview = workbench.live
        self._before = (self.settings.theme, self.settings.language)
        self.theme, self.language = QComboBox(), QComboBox()
        self.keep_view, self.live = QCheckBox(), QCheckBox()
        self.autosave, self.opacity = decimal_number(0.5, 600, 1), whole_number(0, 100, " %")
        self.cache, self.history = (whole_number(64, 65536, " MB") for _ in range(2))
        self.threads = whole_number(0, 256)
        self._labels: dict[QWidget, QLabel] = {}
        self._arrange()
        self._take()
        self.start()
        self.theme.activated.connect(self._wear)
        self.language.activated.connect(self._speak)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(14)
        fields = (self.theme, self.language, self.autosave, self.opacity, self.cache, self.history, self.threads)
        for field in fields:
            label = self._labels[field] = QLabel()
            label.setBuddy(field)
            form.addRow(label, field)
        for box in (self.keep_view, self.live):
            form.addRow("", box)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.content.addLayout(form)

    def _take(self) -> None:
        settings = self.settings
        for name in THEMES:
            self.theme.addItem("", name)
        self.language.addItem("", "system")
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        self.language.setCurrentIndex(self.language.findData(settings.language))
        self.autosave.setValue(settings.autosave_seconds)
        self.opacity.setValue(round(settings.label_opacity * 100))
        for box, value in ((self.cache, settings.image_cache_mb), (self.history, settings.history_mb)):
            box.setSingleStep(128)
            box.setValue(value)
        self.threads.setValue(settings.training_threads or 0)
        self.keep_view.setChecked(settings.keep_view)
        self.live.setChecked(settings.live_propagation)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Preferences"))
        texts = {
            self.theme: (self.tr("&Theme"), ""),
            self.language: (self.tr("&Language"), ""),
            self.autosave: (
                self.tr("&Save after"),
                self.tr("Seconds after the last edit; the crash journal has every edit at once"),
            ),
            self.opacity: (self.tr("Label &opacity"), self.tr("How strongly labels cover the image at first")),
            self.cache: (self.tr("&Image memory"), self.tr("Decoded images kept, for quick next and previous")),
            self.history: (self.tr("&Undo memory"), self.tr("The oldest steps of undo are forgotten beyond this")),
            self.threads: (self.tr("Training t&hreads"), self.tr("Processor threads a training may use")),
        }
        for field, (title, tip) in texts.items():
            self._labels[field].setText(title)
            describe(field, plain(title), tip)
        for place, name in enumerate(THEMES.values()):
            self.theme.setItemText(place, tr(name))
        self.language.setItemText(0, tr(THEMES["system"]))
        self.autosave.setSuffix(" " + self.tr("s", "seconds"))
        self.threads.setSpecialValueText(self.tr("all but one"))
        self.keep_view.setText(self.tr("Keep zoom between images of one size"))
        self.live.setText(self.tr("Propagate after every stroke"))
        self.name_ok(self.tr("OK"))

    def accept(self) -> None:
        settings = self.settings
        settings.theme = self.theme.currentData()
        settings.language = self.language.currentData()
        settings.autosave_seconds = self.autosave.value()
        settings.label_opacity = self.opacity.value() / 100
        settings.image_cache_mb = self.cache.value()
        settings.history_mb = self.history.value()
        settings.training_threads = self.threads.value() or None
        settings.keep_view = self.keep_view.isChecked()
        settings.live_propagation = self.live.isChecked()
        self._live_preview.begin()
        save_settings(settings)
        super().accept()

    def reject(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, self._before[0])
            if self.language.currentData() != self._before[1]:
                i18n.apply(app, self._before[1])
        super().reject()

    def _wear(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, self.theme.currentData())

    def _speak(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            i18n.apply(app, self.language.currentData())
