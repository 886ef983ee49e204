"""The ranges that a DICOM file says its values are to be shown in: windows, sigmoids and look-up tables.

PS3.3, C.11.2 (VOI LUT Module) and C.7.6.16.2.10 (Frame VOI LUT Macro, of single frames).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from segstudio.io.images.base import CT_WINDOWS, Window
from segstudio.io.images.dicom_places import functional

_STEPS = 1024
"""Of a sigmoid's curve."""
_REACH = 2.0
"""How many widths from its centre a sigmoid is followed: it is black and white there."""
_SIGN = 1 << 15


def windows_of(header: Any, index: int, *, signed: bool) -> tuple[Window, ...]:
    """What frame *index* is to be shown in, look-up tables first, then windows; then the usual ones of Hounsfield
    units. *signed*: whether its values can be below zero, as the first one of a table may then be."""
    item = functional(header, index, "FrameVOILUTSequence")
    words = ">u2" if header.original_encoding[1] is False else "<u2"
    own = (*_tables(item, words, signed=signed), *_linear(item))
    return (*own, *(CT_WINDOWS if header.get("Modality") == "CT" else ()))


def _linear(item: Any) -> Iterator[Window]:
    centres, widths = _several(item.get("WindowCenter")), _several(item.get("WindowWidth"))
    names = [str(name) for name in _several(item.get("WindowCenterWidthExplanation"))]
    function = str(item.get("VOILUTFunction") or "LINEAR")
    for number, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        window = _window(float(centre), float(width), function)
        if window is not None:
            yield Window(window.low, window.high, names[number] if number < len(names) else "", window.curve)


def _window(centre: float, width: float, function: str) -> Window | None:
    """C.11.2.1.2 and C.11.2.1.3."""
    if function == "SIGMOID" and width > 0:
        place = np.linspace(-_REACH, _REACH, _STEPS)
        curve = np.rint(255 / (1 + np.exp(-4 * place))).astype(np.uint8)
        return Window(centre - _REACH * width, centre + _REACH * width, curve=curve.tobytes())
    if function != "LINEAR_EXACT":
        centre, width = centre - 0.5, width - 1
    return Window(centre - width / 2, centre + width / 2) if width > 0 else None


def _tables(item: Any, words: str, *, signed: bool) -> Iterator[Window]:
    for number, table in enumerate(item.get("VOILUTSequence") or ()):
        name = str(table.get("LUTExplanation") or "") or ("VOI LUT" if number == 0 else f"VOI LUT {number + 1}")
        descriptor = _several(table.get("LUTDescriptor"))
        if len(descriptor) != 3 or "LUTData" not in table:
            continue  # what is no table leaves the windows
        count, first, bits = (int(value) for value in descriptor)
        count = count or 1 << 16
        first = first - (1 << 16) if signed and first >= _SIGN else first  # of ambiguous sign in the file
        entries = _entries(table["LUTData"].value, count, words)
        if entries.size == count and count > 1:
            shown = np.rint(entries * (255.0 / _top(entries, bits))).clip(0, 255).astype(np.uint8)
            yield Window(float(first), float(first + count - 1), name, shown.tobytes())


def _entries(data: Any, count: int, words: str) -> NDArray[np.uint16]:
    if isinstance(data, bytes):
        return np.frombuffer(data, "u1" if len(data) < 2 * count else words)[:count].astype(np.uint16)
    return np.array(_several(data), np.int64).astype(np.uint16)


def _top(entries: NDArray[np.uint16], bits: int) -> int:
    """What is white: all bits of an entry set, of as many as the table uses where it tells of others by mistake."""
    used = int(entries.max()).bit_length()
    return (1 << (bits if bits - 1 <= used <= bits or used == 0 else used)) - 1


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, pydicom.multival.MultiValue | list | tuple) else [value]
