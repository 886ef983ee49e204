"""Training from the workbench: paused, stopped, killed, and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.app import training_set
from segstudio.app.run_comparison import differences
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project, Run, StoredSample
from segstudio.learning.records import read_curves, read_metrics
from tests.app.conftest import Bench

CLASSES = LabelSet.named(["ground", "disc"])
TINY: dict[str, Any] = {
    "network_options": {"width": 8, "depth": 2, "batch_norm": True},
    "epochs": 3, "crop": 48, "batch": 4, "threads": 1, "device": "cpu", "amp": "off", "deterministic": True,
}  # fmt: skip


def disc(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """An image ``(48, 48)`` of a bright disc, and its labels."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:48, :48]
    inside = (y - rng.integers(14, 34)) ** 2 + (x - rng.integers(14, 34)) ** 2 < 80
    return (np.where(inside, 200, 60) + rng.normal(0, 8, inside.shape)).clip(0, 255).astype(np.uint8), inside


def label(project: Project, sample_id: int, inside: np.ndarray) -> None:
    provenance = np.full(inside.shape, Provenance.HUMAN, np.uint8)
    project.write_labels(sample_id, inside.astype(np.uint16), provenance, CLASSES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of six labelled images."""
    project = Project.create(tmp_path / "discs", CLASSES)
    for seed in range(6):
        pixels, inside = disc(seed)
        Image.fromarray(pixels).save(tmp_path / f"disc-{seed}.png")
        (added,) = project.add_samples([(tmp_path / f"disc-{seed}.png", 0)])
        label(project, added, inside)
    project.close()
    return tmp_path / "discs.segstudio"


def trained(bench: Bench, steps: int) -> None:
    bench.work_until(lambda: len(bench.training.metrics) >= steps or not bench.training.running)


def newest(bench: Bench) -> Run:
    assert bench.document is not None
    return bench.document.project.runs()[0]


def test_labels_are_held_as_they_were_until_they_are_let_go(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with Project.open(folder) as project:
        before = project.stored()[0].ids()
        training_set.hold(project.stored(), project.classes, run)
        label(project, 1, np.zeros((48, 48)))
        samples, classes = training_set.held(run)
        assert (project.stored()[0].ids() != before).any()
    assert (samples[0].ids() == before).all()
    assert (samples[0].provenance() == Provenance.HUMAN).all()
    assert [s.name for s in samples] == [f"disc-{i}.png" for i in range(6)]
    assert classes == CLASSES
    training_set.release(run)
    assert not training_set.is_held(run)
    assert list(run.iterdir()) == []


class NoNetwork:
    """In the place of the process that computes: notes what it is asked for."""

    def __init__(self) -> None:
        self.samples: list[StoredSample] = []

    def run(self, function: str, config: dict[str, Any], samples: list[StoredSample], *_: Any, **__: Any) -> Work[None]:
        self.samples = samples
        yield Progress(1.0)

    def close(self) -> None: ...


def test_images_that_are_missing_are_left_out_and_it_is_said(
    bench: Bench, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child, said, failures = NoNetwork(), [], []
    monkeypatch.setattr(bench.training, "child", lambda: child)
    bench.message.connect(said.append)
    bench.failed.connect(lambda error, _: failures.append(str(error)))
    bench.open_project(folder)
    (tmp_path / "disc-4.png").unlink()
    bench.training.start(**TINY)
    bench.work_until(lambda: not bench.training.running)
    assert [sample.name for sample in child.samples] == [f"disc-{i}.png" for i in (0, 1, 2, 3, 5)]
    assert [text for text in said if "missing" in text] == [
        "Images whose files are missing are left out of this training; File > Find moved images looks for them."
    ]
    assert failures == []
    for number in (1, 2, 3):
        (tmp_path / f"disc-{number}.png").unlink()
    bench.training.start(**TINY)
    bench.work_until(lambda: not bench.training.running)
    assert len(failures) == 1
    assert "as those of 4 of 6 labelled images are" in failures[0]


@pytest.mark.slow
def test_a_paused_run_goes_on_with_the_same_curve_though_labels_changed(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    bench.training.start(**TINY)
    bench.work_until(lambda: not bench.training.running)
    whole = read_curves(newest(bench).folder)

    bench.training.start(**TINY)
    trained(bench, 5)
    bench.training.pause()
    assert bench.training.pausing
    bench.work_until(lambda: not bench.training.running)
    run = newest(bench)
    assert run.state == "paused"
    assert bench.training.unfinished() == run
    assert run.checkpoint.is_file(), "what was learned can be used meanwhile"
    bench.work_until(lambda: not bench.jobs.busy)
    assert bench.training._worker is None, "the device is free"
    assert bench.document is not None
    label(bench.document.project, 1, np.zeros((48, 48)))

    assert bench.training.resume()
    bench.work_until(lambda: not bench.training.running)
    assert bench.failures == []
    again = read_curves(newest(bench).folder)
    np.testing.assert_array_equal(again["step"], whole["step"])
    np.testing.assert_array_equal(again["loss"], whole["loss"])
    assert [m.step for m in bench.training.metrics] == whole["step"].tolist()
    assert bench.training.unfinished() is None


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_killed_run_goes_on_with_the_same_curve_after_a_restart(bench: Bench, folder: Path) -> None:
    bench.open_project(folder)
    bench.training.start(**TINY)
    bench.work_until(lambda: not bench.training.running)
    whole = read_curves(newest(bench).folder)

    bench.training.start(**TINY)
    trained(bench, 8)
    process = bench.training.child()._process
    assert process is not None
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    bench.work_until(lambda: not bench.training.running)
    assert newest(bench).state == "failed"
    assert "memory ran out" in str(bench.failures[0])
    assert bench.training.error is not None

    other = Bench()
    bench.close_project()
    other.open_project(folder)
    assert other.training.resume()
    other.work_until(lambda: not other.training.running)
    other.shut_down()
    assert other.failures == []
    again = read_curves(folder / "runs" / "0002-unet")
    np.testing.assert_array_equal(again["step"], whole["step"])
    np.testing.assert_array_equal(again["loss"], whole["loss"])
    np.testing.assert_array_equal(again["miou"], whole["miou"])


PROGRAM = """
import sys
from tests.app.conftest import Bench
from tests.app.test_training import TINY

if __name__ == "__main__":
    bench = Bench()
    bench.open_project(sys.argv[1])
    bench.training.start(**TINY)
    bench.work_until(lambda: len(bench.training.metrics) >= 8)
    print(bench.training.child()._process.pid, flush=True)
    bench.work_until(lambda: False)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_goes_on_with_the_same_curve_after_its_program_was_killed(
    bench: Bench, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, tmp_path / "program.py", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as program:
        assert program.stdout is not None
        child = int(program.stdout.readline())
        program.kill()
    bench.work_until(lambda: not _lives(child), 30)

    bench.open_project(folder)
    offered = bench.training.unfinished()
    assert offered is not None
    assert offered.state == "running", "nobody was there to say how it ended"
    assert bench.training.resume()
    bench.work_until(lambda: not bench.training.running)
    bench.training.start(**TINY)
    bench.work_until(lambda: not bench.training.running)
    assert bench.failures == []
    again, whole = read_curves(offered.folder), read_curves(newest(bench).folder)
    np.testing.assert_array_equal(again["step"], whole["step"])
    np.testing.assert_array_equal(again["loss"], whole["loss"])


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or ") Z " not in stat.read_text()


def test_a_run_that_was_cut_off_with_its_program_is_offered(bench: Bench, folder: Path) -> None:
    with Project.open(folder) as project:
        run = project.new_run("unet", TINY)
        training_set.hold(project.stored(), project.classes, run.folder)
        (run.folder / "state.pt").write_bytes(b"of the trainer")
    said: list[str] = []
    bench.message.connect(said.append)
    bench.open_project(folder)
    offered = bench.training.unfinished()
    assert offered is not None
    assert offered.id == run.id
    assert any("not finished" in text for text in said)


def test_what_a_run_learned_from_may_be_gone(bench: Bench, folder: Path) -> None:
    with Project.open(folder) as project:
        run = project.new_run("unet", TINY)
        training_set.hold(project.stored(), project.classes, run.folder)
        (run.folder / "state.pt").write_bytes(b"of the trainer")
    bench.open_project(folder)
    (run.folder / "samples.json").write_text("[]")
    assert not bench.training.resume()
    assert "damaged" in str(bench.failures[0])


def test_a_row_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    header = "step,epoch,seconds,loss,lr,images_per_second,miou,iou ground,iou disc\n"
    rows = "1,1,0.5,0.9,0.001,8\n2,1,1.0,0.8,0.001,8,0.5,0.75,0.25\n3,1,1.5,0.7,0.001,8\n4,1,2.0,0."
    (tmp_path / "metrics.csv").write_text(header + rows)
    told = read_metrics(tmp_path)
    assert [m.step for m in told] == [1, 2, 3]
    assert [m.miou for m in told] == [None, 0.5, 0.5]
    assert [m.validated for m in told] == [False, True, False]
    assert told[-1].iou == (0.75, 0.25)
    assert told[-1].class_names == ("ground", "disc")
    assert read_metrics(tmp_path / "nowhere") == []


def test_differences_name_options_that_were_left_to_their_default(tmp_path: Path) -> None:
    def run(number: int, **config: Any) -> Run:
        with Project.open(tmp_path / "p.segstudio") as project:
            return project.new_run(str(number), config)

    Project.create(tmp_path / "p", CLASSES).close()
    first = run(1, network="unet", epochs=10, augment={"rotate": 30.0})
    second = run(2, network="unet", loss="focal", epochs=10)
    assert differences([first, second]) == {"loss": ("ce+dice", "focal"), "augment.rotate": ("30.0", "15.0")}
    assert differences([first, first]) == {}
