"""Every setting of a training from the command line, and going on with a run as it was told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from segstudio.cli.recipe import settings
from segstudio.core.errors import OptionError
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.losses.table import LOSSES
from segstudio.learning.networks.base import NetworkOutput
from segstudio.learning.networks.table import NETWORKS
from segstudio.learning.networks.unet import UNet
from segstudio.learning.records import read_curves, read_record
from tests.cli.conftest import Run


@pytest.fixture
def folders(tmp_path: Path) -> list[object]:
    """Four pictures of a bright square with their masks, and the arguments of a quick training on them."""
    rng = np.random.default_rng(0)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for number in range(4):
        mask = np.zeros((40, 40), np.uint8)
        mask[8 : 20 + number, 10:30] = 1
        picture = (60 + 120 * mask + rng.integers(0, 20, mask.shape)).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / "images" / f"{number}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.png")
    quick = ["-O", "network_options.width=4", "-O", "network_options.depth=1", "-O", "threads=1", "--device", "cpu"]
    return ["train", "--images", tmp_path / "images", "--masks", tmp_path / "masks", *quick]


def test_everything_that_a_training_knows_is_listed_and_can_be_said(segstudio: Run) -> None:
    status, printed, _ = segstudio("recipe", "--json")
    assert status == 0
    rows = {row["name"]: row for row in json.loads(printed)}
    own = {f"{n}.NAME" if n in ("network_options", "loss_options") else n for n in TrainConfig.model_fields}
    assert set(rows) == own - {"augment"} | {f"augment.{name}" for name in Augmentation.model_fields}
    for name, row in rows.items():
        assert row["description"], name
        assert "`" not in row["description"], name
        for choice in row["choices"]:
            said = TrainConfig.parse(settings([f"{name}={choice}"]))
            assert getattr(said, name) == choice
        if isinstance(row["default"], (int, float)):  # said again, it changes nothing
            assert TrainConfig.parse(settings([f"{name}={row['default']}"])) == TrainConfig()


def test_the_page_on_training_has_every_setting(segstudio: Run) -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    rows = json.loads(segstudio("recipe", "--json")[1])
    told = dict(re.findall(r"^\| `([\w.]+)` \| \S* ?\| (.+) \|$", page, re.MULTILINE))
    for row in rows:
        assert told.pop(row["name"]).startswith(row["description"]), row["name"]
        default = json.dumps(row["default"]).strip('"') if row["default"] is not None else ""
        assert f"| `{row['name']}` | {default} |" in page
    assert set(told) <= {"run.json", "metrics.csv", "state.pt", "best.safetensors"}


def test_settings_nest_and_their_values_are_what_they_look_like() -> None:
    texts = [
        "augment.rotate=30", "augment.flip=false", "network_options.width=8", "network_options.batch_norm=true",
        "network_options.up=bilinear", "network_options.rates=(1, 2)", "aux_weights=0.4, 1", "clip=none", "lr=1e-2",
    ]  # fmt: skip
    config = TrainConfig.parse(settings(texts))
    assert (config.augment.rotate, config.augment.flip, config.augment.scale) == (30, False, 1.4)
    assert config.network_options == {"width": 8, "batch_norm": True, "up": "bilinear", "rates": (1, 2)}
    assert (config.aux_weights, config.clip, config.lr) == ((0.4, 1.0), None, 0.01)


@pytest.mark.parametrize("text", ["optimizer=sgd", "augment=none", "augment.turn=3", "network_options=3", "lr.head=1"])
def test_a_setting_that_nobody_has_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="there is no setting"):
        settings([text])


def test_one_network_and_one_loss_tell_their_options(segstudio: Run) -> None:
    status, printed, _ = segstudio("networks", "deeplabv3plus", "--json")
    assert status == 0
    assert json.loads(printed)["options"] == dict(NETWORKS["deeplabv3plus"].options)
    assert "resnet18" in json.loads(printed)["backbones"]
    status, printed, _ = segstudio("losses", "tversky")
    assert status == 0
    assert all(option in printed for option in LOSSES["tversky"].options)
    assert segstudio("losses", "ce")[1] == segstudio("losses", "cross_entropy")[1]
    assert segstudio("losses", "crf")[0] == 0
    assert segstudio("networks", "unett")[0] == 2


def test_what_is_said_reaches_the_run_and_a_resumed_one_remembers_it(
    segstudio: Run, folders: list[object], tmp_path: Path
) -> None:
    said = ["-O", "optimiser=sgd", "-O", "schedule=one_cycle", "-O", "ema=0.5", "-O", "augment.elastic=2"]
    status, _, told = segstudio(*folders, "-o", tmp_path / "run", "--epochs", 1, *said)
    assert status == 0, told
    before = read_record(tmp_path / "run")["train"]
    assert (before["optimiser"], before["schedule"], before["augment"]["elastic"]) == ("sgd", "one_cycle", 2)
    assert before["network_options"] == {"width": 4, "depth": 1, "batch_norm": True}, "what is recommended stays"
    sources = folders[:5]
    status, _, told = segstudio(*sources, "-o", tmp_path / "run", "--resume", "--network", "segnet")
    assert status == 2
    assert "was begun with network unet; start a new run for segnet" in told
    status, _, told = segstudio(*sources, "-o", tmp_path / "run", "--resume", "--epochs", 2)
    assert status == 0, told
    after = read_record(tmp_path / "run")["train"]
    assert after == before | {"epochs": 2}
    steps = read_curves(tmp_path / "run")["step"]
    assert steps.tolist() == list(range(1, len(steps) + 1))
    assert len(steps) == 34


def test_a_run_is_not_written_over(segstudio: Run, folders: list[object], tmp_path: Path) -> None:
    assert segstudio(*folders, "-o", tmp_path / "run", "--epochs", 1)[0] == 0
    kept = (tmp_path / "run" / "best.safetensors").read_bytes()
    status, _, told = segstudio(*folders, "-o", tmp_path / "run", "--epochs", 1)
    assert status == 2
    assert "holds a run already: go on with it by --resume, or name another folder" in told
    assert (tmp_path / "run" / "best.safetensors").read_bytes() == kept
    (tmp_path / "run" / "state.pt").unlink()
    assert "holds a run already: name another folder" in segstudio(*folders, "-o", tmp_path / "run")[2]


def test_what_the_trainer_does_by_itself_is_said(
    segstudio: Run, folders: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that is there for crops of two and no more."""
    whole = UNet.segment

    def hungry(network: UNet, x: Tensor) -> NetworkOutput:
        if network.training and len(x) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return whole(network, x)

    monkeypatch.setattr(UNet, "segment", hungry)
    told = segstudio(*folders, "-o", tmp_path / "run", "--epochs", 1, "-O", "fit_memory=false")[2]
    assert told.count("out of memory: batch 4 -> 2") >= 1
    assert read_record(tmp_path / "run")["batch"] == 2
    assert read_record(tmp_path / "run")["accumulate"] == 2


def test_progress_is_that_of_the_training(segstudio: Run, folders: list[object], tmp_path: Path) -> None:
    _, _, told = segstudio(*folders, "-o", tmp_path / "run", "--epochs", 2)
    lines = [line for line in told.splitlines() if line.startswith("training")]
    assert sum("epoch" in line for line in lines) >= 8, "a line for each tenth of it"
