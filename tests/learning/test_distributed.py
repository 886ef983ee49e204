"""Two processes on one machine train as one would, share predictions out, and leave a run that can be resumed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.checkpoint import load_checkpoint
from segstudio.learning.distributed import assemble
from segstudio.learning.records import read_curves, read_record
from segstudio.learning.team import Alone, share

SCRIPT = '''
import os, sys
from pathlib import Path
import numpy as np
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample
from segstudio.learning.distributed import assemble, shut_down
from segstudio.learning.team import share
from segstudio.learning.trainer import train

folder, device = Path(sys.argv[1]), sys.argv[5]
devices, die, who = (int(argument) for argument in sys.argv[2:5])
samples = []
for seed in range(6):
    rng = np.random.default_rng(seed)
    labels = np.zeros((32, 32), np.uint16)
    labels[:, rng.integers(8, 24):] = 1
    image = (labels * 120 + 40 + rng.normal(0, 10, labels.shape)).astype(np.uint8)
    samples.append(ArraySample(image, labels, f"sample {seed}"))
# without batch normalisation, whose statistics are each process's own
config = TrainConfig(
    network_options={"width": 4, "depth": 2}, loss="ce", epochs=1, batch=4, crop=32, threads=1, amp="off",
    device=device, augment=Augmentation.none(), lr=1e-3, optimiser="sgd",
)
team = assemble(devices, device=device)
work = train(config, samples, classes=LabelSet.named(["left", "right"]), folder=folder, team=team,
             resume=(folder / "state.pt").exists())
for progress in work:
    if die and team.rank == who and getattr(progress.detail, "step", 0) == die:
        os._exit(9)
for name in share([f"image {i}" for i in range(7)], team):
    (folder / f"{name}.{team.rank}").touch(exist_ok=False)
shut_down()
'''  # fmt: skip


def run(
    folder: Path, processes: int, *, die: int = 0, who: int = 1, torchrun: bool = False, device: str = "cpu"
) -> subprocess.CompletedProcess[str]:
    """Train in *processes*, of which number *who* ends without a word after step *die*."""
    script = folder.parent / "script.py"
    script.write_text(SCRIPT)
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if torchrun else []
    environment = {k: v for k, v in os.environ.items() if k not in ("WORLD_SIZE", "RANK", "LOCAL_RANK")}
    return subprocess.run(
        [sys.executable, *launcher, str(script), str(folder), str(processes), str(die), str(who), device],
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def weights(folder: Path) -> torch.Tensor:
    network = load_checkpoint(folder / "best.safetensors").network
    return torch.cat([p.detach().flatten() for p in network.parameters()])


@pytest.mark.slow
@pytest.mark.parametrize("torchrun", [False, True])
def test_two_processes_train_as_one_and_share_images_out(tmp_path: Path, torchrun: bool) -> None:
    alone, both = run(tmp_path / "alone", 1), run(tmp_path / "both", 2, torchrun=torchrun)
    assert alone.returncode == 0, alone.stderr
    assert both.returncode == 0, both.stderr
    torch.testing.assert_close(weights(tmp_path / "both"), weights(tmp_path / "alone"), rtol=1e-4, atol=1e-5)
    curves = [read_curves(tmp_path / name)["loss"] for name in ("alone", "both")]
    torch.testing.assert_close(torch.tensor(curves[1]), torch.tensor(curves[0]), rtol=1e-3, atol=1e-5)
    written = sorted(path.stem for path in (tmp_path / "both").glob("image *"))
    assert written == [f"image {i}" for i in range(7)]
    assert len({path.suffix for path in (tmp_path / "both").glob("image *")}) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "then"), [(0, 2), (1, 2), (1, 1)], ids=["the one that writes", "another", "and one goes on alone"]
)
def test_a_killed_member_leaves_a_run_that_can_be_resumed(tmp_path: Path, who: int, then: int) -> None:
    died = run(tmp_path / "run", 2, die=6, who=who, torchrun=True)
    assert died.returncode != 0
    assert read_record(tmp_path / "run")["status"] != "finished"
    assert (tmp_path / "run" / "state.pt").exists()
    resumed = run(tmp_path / "run", then, torchrun=then > 1)
    assert resumed.returncode == 0, resumed.stderr
    assert read_record(tmp_path / "run")["status"] == "finished"
    whole = run(tmp_path / "whole", 1)
    assert whole.returncode == 0, whole.stderr
    torch.testing.assert_close(weights(tmp_path / "run"), weights(tmp_path / "whole"), rtol=1e-4, atol=1e-5)


def test_one_device_is_no_team(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    team = assemble()
    assert (team.rank, team.size) == (0, 1)
    assert team.every(True)
    assert not team.every(False)
    assert team.mean(3.0) == team.first(3.0) == 3.0


def test_devices_that_are_not_there_are_told() -> None:
    with pytest.raises(OptionError, match="at least one"):
        assemble(0)
    with pytest.raises(OptionError, match="cpu or cuda"):
        assemble(2, device="mps")
    if torch.cuda.device_count() < 64:
        with pytest.raises(OptionError, match="CUDA devices, not 64"):
            assemble(64, device="cuda")


def test_every_item_goes_to_one_member() -> None:
    class Third(Alone):
        rank, size = 2, 3

    assert list(share(range(10), Alone())) == list(range(10))
    assert list(share(range(10), Third())) == [2, 5, 8]
