"""What every device must do alike. These run on the CPU, and with ``make test-gpu`` on the machine's graphics card."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning import dense_crf
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample, ClassMap, Normalisation, SampleStore
from segstudio.learning.devices import pick_device
from segstudio.learning.export import export_network
from segstudio.learning.inference import analyse, labels_of, predict, predictor, settle_precision
from segstudio.learning.loader import CropLoader
from segstudio.learning.losses import LOSSES, create_loss
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.records import TrainingMetrics, read_record
from segstudio.learning.trainer import train
from segstudio.learning.training.memory import DeviceMemory
from segstudio.learning.training.state import go_on_drawing, read_state, write_state

CLASSES = LabelSet.named(["ground", "thing"])

every_device = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])


@pytest.fixture(autouse=True)
def _is_there(request: pytest.FixtureRequest) -> None:
    called = getattr(request.node, "callspec", None)
    wanted = called.params.get("device", "cpu") if called else "cpu"
    if request.node.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip(f"there is no {wanted}")


def samples(count: int = 4, size: int = 64) -> list[ArraySample]:
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        labels = np.zeros((size, size), np.uint16)
        y, x = rng.integers(0, size // 2, 2)
        labels[y : y + size // 2, x : x + size // 2] = 1
        pixels = (labels * 120 + 60 + rng.normal(0, 15, labels.shape)).clip(0, 255).astype(np.uint8)
        found.append(ArraySample(pixels, labels, f"sample {seed}"))
    return found


def config(**changes: Any) -> TrainConfig:
    values: dict[str, Any] = {
        "network_options": {"width": 8, "depth": 2, "batch_norm": True}, "crop": 64, "batch": 4, "epochs": 2,
        "augment": Augmentation.none(), "lr": 1e-2, "threads": 1,
    }  # fmt: skip
    return TrainConfig.parse(values | changes)


@every_device
@pytest.mark.parametrize("amp", ["off", "auto", "bf16", "fp16"])
def test_it_learns_in_every_precision(device: str, amp: str) -> None:
    if device == "cpu" and amp not in ("off", "bf16"):
        pytest.skip("computed on graphics cards")
    options = {"ema": 0.9, "clip": 1.0, "accumulate": 2, "amp": amp, "device": device}
    work = train(config(**options), samples(), classes=CLASSES)
    told = [progress.detail for progress in work if isinstance(progress.detail, TrainingMetrics)]
    assert told[-1].miou is not None
    assert told[-1].miou > 0.9
    assert np.isfinite([metrics.loss for metrics in told]).mean() > 0.5
    assert told[-1].memory_bytes > 0


@every_device
@pytest.mark.filterwarnings("ignore:.*does not have a deterministic implementation")
def test_a_run_that_is_resumed_equals_one_without_a_break(device: str, tmp_path: Path) -> None:
    options = {"width": 8, "depth": 2, "batch_norm": True, "dropout": 0.3}
    chosen = config(device=device, amp="off", deterministic=True, ema=0.9, network_options=options, epochs=1, lr=1e-3)
    whole = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path / "whole"))
    work = train(chosen, samples(), classes=CLASSES, folder=tmp_path / "broken")
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and progress.detail.step == 5:
            break
    work.close()
    resumed = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path / "broken", resume=True))
    tolerance = 0.0 if device == "cpu" else 1e-3  # upsampling adds in any order there
    for one, other in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


@every_device
def test_random_numbers_go_on_where_they_were(device: str, tmp_path: Path) -> None:
    where = pick_device(device).device
    write_state(tmp_path, {"fingerprint": ""}, where)
    expected = torch.rand(3), torch.rand(3, device=where)
    go_on_drawing(read_state(tmp_path, where), where)
    assert torch.equal(torch.rand(3), expected[0])
    assert torch.equal(torch.rand(3, device=where), expected[1])


@every_device
def test_a_batch_that_was_prepared_is_the_one_that_comes(device: str) -> None:
    store = SampleStore(samples(), ClassMap(CLASSES))
    finish(store.survey())
    arguments = (store, [0, 1, 2, 3], config(), Normalisation())
    where = pick_device(device).device
    plain, ahead = (CropLoader(*arguments, crop=32, device=where, workers=n) for n in (0, 2))
    for size in (3, 3, 2, 2):
        expected = plain.batch(size)
        found = ahead.batch(size)
        assert torch.equal(found.images, expected.images)
        assert found.samples == expected.samples
        assert ahead.position == plain.position
        ahead.prepare(3)  # of which the third comes in another size
    ahead.rewind(3)
    plain.rewind(3)
    assert torch.equal(ahead.batch(3).target, plain.batch(3).target)
    ahead.close()


@every_device
@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_the_same_as_on_the_cpu(device: str, name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 48, 48, generator=generator)
    target = torch.randint(0, 3, (2, 48, 48), generator=generator)
    target[:, :4] = 255
    weights, image = torch.rand(2, 48, 48, generator=generator), torch.rand(2, 3, 48, 48, generator=generator)
    found = []
    for where in ("cpu", device):
        moved = logits.to(where).requires_grad_()
        loss = create_loss(name).to(where)
        with torch.autocast(where, torch.bfloat16, enabled=where != "cpu"):
            value = loss(moved, target.to(where), 255, weights.to(where), image.to(where))
        torch.autograd.backward(value)
        assert moved.grad is not None
        found.append((value.detach().cpu(), moved.grad.cpu()))
    torch.testing.assert_close(found[1][0], found[0][0], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found[1][1], found[0][1], rtol=1e-2, atol=1e-4)


def trained(device: str) -> SegmentationNetwork:
    return finish(train(config(device=device, amp="off", epochs=1), samples(), classes=CLASSES)).network


@every_device
def test_predictions_are_the_same_as_on_the_cpu(device: str) -> None:
    network = trained(device)
    image = samples(1, 200)[0].image()
    plain = finish(predict(network, image, device="cpu"))
    whole = finish(analyse(predictor(network, device=device, precision="off"), image))
    assert (labels_of(whole.probabilities) == labels_of(plain)).mean() > 0.999
    np.testing.assert_allclose(whole.probabilities, plain, atol=2e-2)
    tiled = finish(predict(predictor(network, device=device, precision="off"), image, tile=96, batch=3, tta=True))
    assert (labels_of(tiled) == labels_of(plain)).mean() > 0.98


@every_device
def test_the_precision_that_is_settled_on_keeps_the_labels(device: str) -> None:
    network = trained(device)
    image = samples(1, 96)[0].image()
    ready = predictor(network, device=device)
    settled = settle_precision(ready, image)
    exact = predictor(network, device=device, precision="off")
    same = labels_of(finish(predict(settled, image))) == labels_of(finish(predict(exact, image)))
    assert same.mean() >= 0.999


@every_device
def test_the_crf_is_the_same_as_on_the_cpu(device: str) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (40, 50, 3)).astype(np.uint8)
    raw = rng.random((4, 40, 50)).astype(np.float32)
    probabilities = raw / raw.sum(0)
    expected = dense_crf.mean_field(image, probabilities, device="cpu")
    found = dense_crf.mean_field(image, probabilities, device=device)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@every_device
def test_a_program_of_others_runs_there(device: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = create_network("unet", 2, 1, width=4, depth=2).eval()
    export_network(network, tmp_path / "net.pt2", size=(64, 64), classes=CLASSES)
    image = samples(1)[0].image()
    found = [finish(predict(predictor(tmp_path / "net.pt2", device=where), image)) for where in ("cpu", device)]
    np.testing.assert_allclose(found[1], found[0], atol=2e-3)


# ---- memory that runs out


class Greedy(SegmentationNetwork):
    """Has memory for images of *most* pixels together."""

    def __init__(self, most: int) -> None:
        super().__init__(2, 1)
        torch.manual_seed(0)
        self.layer = torch.nn.Conv2d(1, 2, 3, padding=1)
        self.most = most
        self.seen: list[tuple[int, ...]] = []

    def segment(self, x: Tensor) -> NetworkOutput:
        self.seen.append((len(x), int(x.shape[-2]), int(x.shape[-1])))
        if x.numel() > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return NetworkOutput(self.layer(x))


def noise(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@every_device
def test_tiles_that_do_not_fit_together_are_computed_one_by_one(device: str) -> None:
    small, large = Greedy(70 * 70).to(device).eval(), Greedy(1 << 30).to(device).eval()
    image = noise(150, 150)
    found = finish(predict(small, image, tile=64, batch=4))
    np.testing.assert_allclose(found, finish(predict(large, image, tile=64, batch=4)), atol=1e-5)
    assert {count for count, *_ in small.seen} >= {1, 3}


@every_device
def test_an_image_that_does_not_fit_is_predicted_in_tiles(device: str) -> None:
    network = Greedy(400 * 400).to(device).eval()
    image = noise(420, 900)
    found = finish(predict(network, image))
    assert found.shape == (2, 420, 900)
    assert [size[1:] for size in network.seen][:2] == [(420, 900), (420, 768)]
    assert network.seen[-1] == (1, 384, 384)
    whole = finish(predict(Greedy(1 << 30).to(device).eval(), image))
    assert (labels_of(found) == labels_of(whole)).mean() > 0.99


def test_tiles_that_a_person_asked_for_stay_as_they_are() -> None:
    network = Greedy(100).eval()
    with pytest.raises(Exception, match="predict it in smaller tiles"):
        finish(predict(network, noise(200, 200), tile=128))
    assert {size[1:] for size in network.seen} == {(128, 128)}


# ---- graphics cards alone


@pytest.mark.gpu
def test_a_cards_memory_is_measured_and_a_step_fitted_to_it(tmp_path: Path) -> None:
    memory = DeviceMemory(torch.device("cuda"))
    free = memory.free()
    assert free is not None
    taken = memory.taken_by(lambda: torch.zeros(64 << 20, dtype=torch.uint8, device="cuda"))
    assert taken == 64 << 20
    assert memory.taken_by(lambda: torch.zeros(2 * free, dtype=torch.uint8, device="cuda")) is None
    finish(train(config(device="cuda"), samples(), classes=CLASSES, folder=tmp_path))
    assert read_record(tmp_path)["memory"]["needed_bytes"] > 0


LIMITED = """
import torch
from tests.learning.test_on_devices import CLASSES, config, samples
from segstudio.learning.records import TrainingMetrics
from segstudio.learning.trainer import train

total = torch.cuda.get_device_properties(0).total_memory
torch.cuda.set_per_process_memory_fraction(0.7 * 2**30 / total)
options = {"width": 64, "depth": 4, "batch_norm": True}
chosen = config(device="cuda", amp="off", network_options=options, crop=256, batch=32, fit_memory=False)
for progress in train(chosen, samples(4, 256), classes=CLASSES):
    if isinstance(progress.detail, TrainingMetrics):
        print(progress.detail.note)
        break
"""


@pytest.mark.gpu
def test_memory_that_really_runs_out_makes_steps_smaller() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], cwd=root, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "out of memory: " in done.stdout


@pytest.mark.gpu
def test_two_cards_train_as_one(tmp_path: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("there is one card")
    from tests.learning.test_distributed import run, weights

    for name, processes in (("alone", 1), ("both", 2)):
        done = run(tmp_path / name, processes, device="cuda")
        assert done.returncode == 0, done.stderr
    torch.testing.assert_close(weights(tmp_path / "both"), weights(tmp_path / "alone"), rtol=1e-3, atol=1e-4)
