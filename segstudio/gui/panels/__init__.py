"""The panels around the canvas: one file one panel, built when it is first shown.

A panel is a widget made from the workbench and the canvas. It shows what they tell and asks for acts; it decides
nothing.
"""

from __future__ import annotations

from segstudio.gui.panels.table import PANELS, PanelEntry

__all__ = ["PANELS", "PanelEntry"]
