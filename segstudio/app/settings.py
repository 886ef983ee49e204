"""What a person set up once: theme, language, keys, sizes. One JSON file in the user's configuration folder."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segstudio.core.errors import StorageError, storage_errors
from segstudio.io.atomic import write_text

log = logging.getLogger(__name__)

MAX_RECENT = 10


class Settings(BaseModel):
    """Validated settings; unknown entries of a newer version are kept and written back."""

    model_config = ConfigDict(extra="allow", validate_assignment=True)

    theme: Literal["system", "light", "dark"] = "system"
    language: Literal["system", "en", "zh_CN"] = "system"
    shortcuts: dict[str, list[str]] = Field(default_factory=dict)
    """Keys by act, where they differ from the table of acts."""
    brush_size: int = Field(default=12, ge=1, le=500)
    """Diameter in image pixels."""
    pen_pressure: bool = False
    """A pen that is pressed less draws thinner strokes."""
    label_opacity: float = Field(default=0.5, ge=0, le=1)
    keep_view: bool = True
    """Keep zoom and place when the next image has the same size."""
    square_pixels: bool = False
    """Show pixels square, though the file tells of others."""
    slice_contrast: bool = False
    """Show every slice of a stack in its own range of values instead of the whole stack's."""
    thumbnails: bool = True
    """Show small pictures in the list of images."""
    autosave_seconds: float = Field(default=3.0, ge=0.5, le=600)
    """How long after the last edit the label maps are written (the journal has every edit at once)."""
    live_propagation: bool = False
    """Propagate after every stroke."""
    image_cache_mb: int = Field(default=1024, ge=64, le=65536)
    history_mb: int = Field(default=512, ge=16, le=65536)
    training_threads: int | None = Field(default=None, ge=1)
    """CPU threads for training; none: all but one, so that the window stays quick."""
    recent_projects: list[str] = Field(default_factory=list)
    last_folder: str = ""
    layer_opacity: dict[str, float] = Field(default_factory=dict)
    """Opacity of the layers of the canvas but the labels, in [0, 1], as it was last."""
    outlines: bool = False
    """Show labels as outlines."""
    box_instances: bool = False
    """Make every box that is drawn the box of an instance of its own."""
    shape_names: bool = False
    """Show the names of classes beside boxes and polygons."""
    crosshair: bool = False
    """Show lines through the pointer from edge to edge."""
    window_geometry: str = ""
    window_state: str = ""
    training: dict[str, object] = Field(default_factory=dict)
    """The choices of the last training, offered first the next time."""
    propagation: dict[str, object] = Field(default_factory=dict)
    """Methods and the values of their knobs, where they are not the defaults."""
    prediction: dict[str, object] = Field(default_factory=dict)
    """The choices of the last prediction."""
    teach_order: str = "representative"
    """In which order Teach mode asks: a name of ``segstudio.learning.active.STRATEGIES``."""
    teach_minutes: float = Field(default=1.0, gt=0, le=600)
    """How long a round of Teach mode learns."""
    teach_ahead: int = Field(default=32, ge=1, le=10_000)
    """How many samples a round of Teach mode predicts."""

    def remember_project(self, folder: Path) -> None:
        """Put *folder* first among the recent projects."""
        entry = str(folder.resolve())
        self.recent_projects = [entry, *(p for p in self.recent_projects if p != entry)][:MAX_RECENT]


def config_folder() -> Path:
    """The user's configuration folder; the environment variable ``SEGSTUDIO_CONFIG`` moves it."""
    return Path(os.environ.get("SEGSTUDIO_CONFIG") or user_config_path("segstudio", appauthor=False))


def cache_folder() -> Path:
    """Where what can be made again is kept: compiled kernels, downloaded weights."""
    return Path(os.environ.get("SEGSTUDIO_CACHE") or user_cache_path("segstudio", appauthor=False))


def load_settings() -> Settings:
    """The user's settings; the defaults where there are none, or where the file cannot be understood (then it is kept
    beside as ``settings.json.unreadable``)."""
    file = config_folder() / "settings.json"
    try:
        return Settings.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValidationError) as error:
        log.warning("%s: settings cannot be read, starting from the defaults (%s)", file, error)
        try:
            file.replace(file.with_name("settings.json.unreadable"))
        except OSError:
            log.warning("%s: cannot be set aside", file)
        return Settings()


def save_settings(settings: Settings) -> None:
    """Write the settings; a disk that refuses is only logged, since nothing of a person's work is in them."""
    file = config_folder() / "settings.json"
    try:
        with storage_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, settings.model_dump_json(indent=1), durable=False)
    except StorageError as error:
        log.warning("settings are not saved: %s", error)
