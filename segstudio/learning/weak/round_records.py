"""What the rounds of filling and learning came to, and their labels, in the folder of a run. Loads no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import TrainingError, disk_reason
from segstudio.io.atomic import write_text
from segstudio.io.masks import read_mask

ROUNDS = "rounds.json"
"""What was reached in each round, in a run's folder."""
LAST = "labels"
"""The folder of the labels that were filled last, in a run's folder."""


@dataclass(frozen=True)
class Round:
    """What one round of filling and learning came to; the detail of the progress that ends it."""

    number: int
    """0 is the one whose labels were filled without a network."""
    filled: float
    """Mean confidence of its labels."""
    changed: float | None
    """Share of pixels whose label differs from the round before."""
    label_miou: float | None
    """Of its labels against masks that were not learned from, where there are any."""
    network_miou: float | None
    """Of the network that learned from them, on the validation samples; where those have no masks, on filled labels."""
    drawn_miou: float | None
    """Of the same network on what people drew in the images that were kept aside."""
    seconds: float
    labels: str | None
    """The folder of its labels, beside this file; ``None`` for a run without a folder."""


@dataclass
class Kept:
    """All that a run keeps of its rounds."""

    rounds: list[Round] = field(default_factory=list)
    last: Round | None = None
    """The labels that the last network helped to fill, once there are any; no network learned from them."""
    epochs: int = 0
    steps: int = 0
    seconds: float = 0.0

    @property
    def shown(self) -> list[Round]:
        """The rounds and the last labels."""
        return self.rounds if self.last is None else [*self.rounds, self.last]


def write_kept(folder: Path, kept: Kept) -> None:
    """Write the rounds of a run into its *folder*. Raises :class:`StorageError` where the disk refuses."""
    write_text(folder / ROUNDS, json.dumps(asdict(kept), indent=1), durable=False)


def read_kept(folder: str | Path) -> Kept:
    """What :func:`write_kept` wrote; no rounds where there are none. :class:`TrainingError` for a damaged file."""
    path = Path(folder) / ROUNDS
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        last = told["last"]
        return Kept(
            [Round(**row) for row in told["rounds"]],
            None if last is None else Round(**last),
            int(told["epochs"]),
            int(told["steps"]),
            float(told["seconds"]),
        )
    except FileNotFoundError:
        return Kept()
    except OSError as error:
        raise TrainingError(f"{path}: it cannot be read ({disk_reason(error)})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{folder}: its {ROUNDS} is damaged") from error


def read_rounds(folder: str | Path) -> list[Round]:
    """The rounds of a run, to be compared; none where there are none. :class:`TrainingError` for a damaged file."""
    return read_kept(folder).rounds


def label_files(folder: Path, stem: str) -> tuple[Path, Path]:
    """Where labels and their confidence lie, by the *stem* of their sample."""
    return folder / f"{stem}.png", folder / f"{stem}.confidence.png"


def stem_of(sample_id: int) -> str:
    """That of a project's sample."""
    return f"{sample_id:06d}"


def samples_in(folder: Path) -> list[int]:
    """The project's samples whose labels lie in *folder*."""
    stems = (path.stem for path in folder.glob("*.png"))
    return sorted(int(stem) for stem in stems if stem.isdecimal())


def round_labels(run: Path, one: Round, sample_id: int) -> NDArray[np.uint16] | None:
    """The labels ``(H, W)`` of a project's sample in a round, class ids, 255 = none; ``None`` where it has none."""
    if one.labels is None:
        return None
    path = label_files(run / one.labels, stem_of(sample_id))[0]
    return read_mask(path).astype(np.uint16) if path.is_file() else None
