"""Whether a window can be shown here, without asking Qt."""

from __future__ import annotations

import os
import sys


def has_screen() -> bool:
    """Whether there is a display for a window."""
    if os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
