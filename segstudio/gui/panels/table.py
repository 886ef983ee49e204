"""The table of panels, without building any."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtWidgets import QWidget

from segstudio.core.registry import Registry
from segstudio.gui.i18n import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench
    from segstudio.gui.canvas import Canvas

Area = Literal["left", "right", "bottom"]


@dataclass(frozen=True)
class PanelEntry:
    """One line of the table."""

    name: str
    title: str
    """In English; shown through :func:`segstudio.gui.i18n.tr`."""
    icon: str
    area: Area
    """Where it docks until a person moves it."""
    module: str
    factory: str
    shown: bool = True
    """Whether a new window shows it."""
    height: int = 200
    """What it gets of the height at first, in proportion to its neighbours."""
    beside: str = ""
    """The panel whose place it shares, as another tab; none: a place of its own."""

    def build(self, workbench: Workbench, canvas: Canvas) -> QWidget:
        """Make the panel; its module is imported now."""
        make: Callable[[Workbench, Canvas], QWidget] = getattr(importlib.import_module(self.module), self.factory)
        panel = make(workbench, canvas)
        panel.setObjectName(f"panel.{self.name}")
        return panel


PANELS: Registry[PanelEntry] = Registry(
    "panel",
    [
        PanelEntry(
            "classes", QT_TRANSLATE_NOOP("Tables", "Classes"), "classes", "right",
            "segstudio.gui.panels.classes", "ClassesPanel", height=300,
        ),
        PanelEntry(
            "tool_options", QT_TRANSLATE_NOOP("Tables", "Tool"), "tool_options", "right",
            "segstudio.gui.panels.tool_options", "ToolOptionsPanel", height=330,
        ),
        PanelEntry(
            "layers", QT_TRANSLATE_NOOP("Tables", "Layers"), "layers", "right",
            "segstudio.gui.panels.layers", "LayersPanel", height=330, beside="tool_options",
        ),
        PanelEntry(
            "propagation", QT_TRANSLATE_NOOP("Tables", "Propagation"), "propagate", "right",
            "segstudio.gui.panels.propagation", "PropagationPanel", height=330, beside="layers",
        ),
        PanelEntry(
            "instances", QT_TRANSLATE_NOOP("Tables", "Instances"), "instances", "right",
            "segstudio.gui.panels.instances", "InstancesPanel", height=300, beside="classes",
        ),
        PanelEntry(
            "tags", QT_TRANSLATE_NOOP("Tables", "Tags"), "tag", "right",
            "segstudio.gui.panels.tags", "TagsPanel", height=330, beside="layers",
        ),
        PanelEntry(
            "teach", QT_TRANSLATE_NOOP("Tables", "Teach"), "teach", "right",
            "segstudio.gui.panels.teach", "TeachPanel", height=330, beside="tags",
        ),
        PanelEntry(
            "samples", QT_TRANSLATE_NOOP("Tables", "Images"), "samples", "left",
            "segstudio.gui.panels.samples", "SamplesPanel",
        ),
        PanelEntry(
            "training", QT_TRANSLATE_NOOP("Tables", "Training"), "train", "bottom",
            "segstudio.gui.panels.training", "TrainingPanel", shown=False,
        ),
    ],
    group="segstudio.panels",
)  # fmt: skip
