"""What the window calls the presets of classes: a data set's own name, and what its images show."""

from __future__ import annotations

from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr

_TITLES = {
    "acdc": QT_TRANSLATE_NOOP("Tables", "ACDC (heart, MRI)"),
    "binary": QT_TRANSLATE_NOOP("Tables", "Object and background"),
    "camvid": QT_TRANSLATE_NOOP("Tables", "CamVid (driving)"),
    "cityscapes": QT_TRANSLATE_NOOP("Tables", "Cityscapes (driving)"),
    "colour_blind_safe": QT_TRANSLATE_NOOP("Tables", "Class 1 to 7 in colours for the colour-blind"),
    "nuclei": QT_TRANSLATE_NOOP("Tables", "Nuclei (microscopy)"),
    "voc": QT_TRANSLATE_NOOP("Tables", "Pascal VOC (photographs)"),
}


def preset_title(name: str) -> str:
    """The title of the preset *name* in the window's language; its name where it has none."""
    return tr(_TITLES[name]) if name in _TITLES else name.replace("_", " ")
