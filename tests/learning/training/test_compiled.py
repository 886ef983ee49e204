"""Compiling the forward pass of a training: it is used where it works, says the same and is faster."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from segstudio.core.progress import finish
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.records import read_record
from segstudio.learning.trainer import train
from segstudio.learning.training import compiled
from segstudio.learning.training.compiled import Forward, fastest
from tests.learning.test_trainer import CLASSES, config, samples

CPU = torch.device("cpu")


def network() -> SegmentationNetwork:
    torch.manual_seed(0)
    return create_network("unet", 3, 1, width=4, depth=2, batch_norm=True)


def slowed(own: SegmentationNetwork, x: Tensor, *, plain: float = 0.0, other: float = 0.0) -> Any:
    def step(forward: Forward) -> float:
        time.sleep(plain if forward is own else other)
        return float(forward(x).logits.detach().square().mean())

    return step


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that takes no time and makes nothing faster."""
    monkeypatch.setattr(compiled, "BACKEND", "eager")


@pytest.mark.usefixtures("quick")
def test_it_is_taken_where_it_is_faster() -> None:
    own, x = network(), torch.rand(2, 1, 32, 32)
    found = fastest(own, slowed(own, x, plain=0.1), CPU)
    assert found.compiled
    assert found.told.message.startswith("compiled: a step takes ")
    assert torch.allclose(found.forward(x).logits, own(x).logits, atol=1e-5)
    assert int(own.state_dict()["contracting.0.1.num_batches_tracked"]) == 2, "the trial itself leaves no trace"


@pytest.mark.usefixtures("quick")
def test_it_is_left_where_it_is_slower_or_says_something_else() -> None:
    own, x = network(), torch.rand(2, 1, 32, 32)
    assert fastest(own, slowed(own, x, other=0.1), CPU).told.message == "not compiled: it is no faster"
    told = fastest(own, lambda forward: 1.0 if forward is own else 2.0, CPU).told.message
    assert told == "not compiled: its loss is 2.000 instead of 1.000"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "memory runs out"),
        (RuntimeError("Cannot find a working triton installation"), "RuntimeError: Cannot find a working triton"),
    ],
)
def test_a_compiler_that_fails_leaves_the_network_as_it_is(error: Exception, why: str) -> None:
    own = network()

    def step(forward: Forward) -> float:
        if forward is not own:
            raise error
        return 1.0

    found = fastest(own, step, CPU)
    assert found.forward is own
    assert found.told.message.startswith(f"not compiled: {why}")


@pytest.mark.usefixtures("quick")
def test_a_mistake_is_not_taken_for_the_compilers() -> None:
    own = network()

    def step(forward: Forward) -> float:
        raise KeyError("x")

    with pytest.raises(KeyError):
        fastest(own, step, CPU)


@pytest.mark.usefixtures("quick")
def test_a_run_says_what_came_of_it_and_learns_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = finish(train(config(epochs=1), samples(), classes=CLASSES))
    times = iter([2.0, 1.0])
    monkeypatch.setattr(compiled, "_timed", lambda *_: (1.0, next(times)))
    found = finish(train(config(epochs=1, compile=True), samples(), classes=CLASSES, folder=tmp_path))
    assert read_record(tmp_path)["compiled"] == "compiled: a step takes 50% of the time"
    assert found.miou == pytest.approx(plain.miou, abs=1e-3)
    ours, theirs = plain.network.state_dict(), found.network.state_dict()
    assert list(ours) == list(theirs)
    for name, value in ours.items():
        assert torch.allclose(value.float(), theirs[name].float(), atol=1e-4), name


@pytest.mark.slow
def test_the_real_compiler_works_or_is_left() -> None:
    own, x = network(), torch.rand(2, 1, 64, 64)

    def step(forward: Forward) -> float:
        loss = forward(x).logits.square().mean()
        torch.autograd.backward(loss)
        own.zero_grad()
        return float(loss.detach())

    found = fastest(own, step, CPU)
    assert "RuntimeError" not in found.told.message
    assert "Exception" not in found.told.message
