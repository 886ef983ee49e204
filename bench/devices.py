"""Images a second on this machine's device: bare steps in every way of computing, and the trainer itself.

    python bench/devices.py [--names unet,deeplabv3plus:resnet101,hrnet:hrnet_w48,segformer:mit_b2] [--sizes 512,1024]
        [--batch 8] [--seconds 3] [--device auto] [--no-compile] [--no-trainer]

``train`` and ``predict`` time forward and backward, and forward, on tensors that are on the device already, with mixed
precision, channels-last and torch.compile on and off; memory that runs out is a line too. ``trainer`` is the trainer
as people run it on random images in memory: crops, copies, steps and all, beside the bare steps of the same way.
``utilisation`` is what the driver says of a graphics card meanwhile (``nvidia-smi``), on the CPU the share of its
threads' time. Without a graphics card sizes and times are tiny: it shows that the script works. Prints JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from segstudio.core.classes import LabelSet
from segstudio.core.errors import SegStudioError
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample
from segstudio.learning.devices import Device, Precision, out_of_memory, pick_device, release_memory
from segstudio.learning.forward import autocast
from segstudio.learning.losses import create_loss
from segstudio.learning.networks import create_network
from segstudio.learning.records import TrainingMetrics
from segstudio.learning.trainer import train

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

NAMES = "unet,deeplabv3plus:resnet101,hrnet:hrnet_w48,segformer:mit_b2"
CLASSES = 21


class Utilisation:
    """How busy the device was, sampled while it is measured."""

    def __init__(self, device: Device) -> None:
        self._device = device.device
        self._samples: list[float] = []
        self._ended = threading.Event()

    def _sample(self) -> None:
        index = str(self._device.index or 0)
        query = ["nvidia-smi", f"--id={index}", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._ended.wait(0.2):
            told = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip()
            if told.isdecimal():
                self._samples.append(int(told) / 100)

    @contextmanager
    def watched(self) -> Iterator[None]:
        watches = self._device.type == "cuda" and shutil.which("nvidia-smi") is not None
        thread = threading.Thread(target=self._sample, daemon=True)
        wall, spent = time.perf_counter(), time.process_time()
        if watches:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            if watches:
                thread.join()
            elif self._device.type == "cpu":
                share = (time.process_time() - spent) / (time.perf_counter() - wall) / torch.get_num_threads()
                self._samples.append(share)

    @property
    def mean(self) -> float | None:
        return round(float(np.mean(self._samples)), 3) if self._samples else None


def speed(step: Callable[[], Any], images: int, seconds: float, device: Device) -> dict[str, Any]:
    """Images a second of *step* after a warm-up, and how busy the device was."""
    wait = torch.cuda.synchronize if device.device.type == "cuda" else (lambda: None)
    for _ in range(3):
        step()
    wait()
    if device.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    busy, count = Utilisation(device), 0
    with busy.watched():
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            step()
            count += 1
        wait()
        taken = time.perf_counter() - begun
    memory = torch.cuda.max_memory_allocated() / 2**30 if device.device.type == "cuda" else None
    found = {"images_per_second": round(count * images / taken, 2), "utilisation": busy.mean}
    return found | ({} if memory is None else {"memory_gb": round(memory, 2)})


def guarded(measure: Callable[[], dict[str, Any]], device: Device) -> dict[str, Any]:
    """What *measure* gives, or why it gives nothing."""
    try:
        return measure()
    except (RuntimeError, SegStudioError) as error:  # one line must not end the others
        failed = "out of memory" if out_of_memory(error) else f"{type(error).__name__}: {str(error)[:120]}"
    release_memory(device.device)
    return {"failed": failed}


def bare(
    name: str, size: int, batch: int, seconds: float, device: Device, precision: Precision, last: bool, compiled: bool
) -> dict[str, dict[str, Any]]:
    """Bare steps and bare forward passes of one way of computing."""
    network_name, _, backbone = name.partition(":")
    torch.manual_seed(0)
    network = create_network(network_name, CLASSES, 3, backbone=backbone or None).to(device.device)
    images = torch.rand(batch, 3, size, size, device=device.device)
    if last:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    target = torch.randint(0, CLASSES, (batch, size, size), device=device.device)
    loss, optimiser = create_loss("ce+dice"), torch.optim.AdamW(network.parameters(), 1e-5)
    scaler = torch.amp.GradScaler(device.device.type, enabled=precision == "fp16")
    forward = torch.compile(network, dynamic=False) if compiled else network

    def learn() -> None:
        with autocast(device.device, precision):
            value = loss(forward(images).logits, target)
        scaler.scale(value).backward()
        scaler.step(optimiser)
        scaler.update()
        optimiser.zero_grad(set_to_none=True)

    def predict() -> None:
        with torch.inference_mode(), autocast(device.device, precision):
            forward(images).logits.argmax(1)

    found = {"train": guarded(lambda: speed(learn, batch, seconds, device), device)}
    network.eval()
    return found | {"predict": guarded(lambda: speed(predict, batch, seconds, device), device)}


def trained(name: str, size: int, batch: int, seconds: float, device: Device) -> dict[str, Any]:
    """The trainer on random images in memory, in the way that it picks by itself."""
    network_name, _, backbone = name.partition(":")
    rng = np.random.default_rng(0)
    samples = [
        ArraySample(
            rng.integers(0, 255, (size, size, 3)).astype(np.uint8),
            rng.integers(0, CLASSES, (size // 32, size // 32)).repeat(32, 0).repeat(32, 1).astype(np.uint16),
            f"{i}",
        )
        for i in range(16)
    ]
    config = TrainConfig(
        network=network_name,
        backbone=backbone or None,
        network_options={},
        batch=batch,
        crop=size,
        epochs=None,
        minutes=60,
        lr=1e-5,
        augment=Augmentation(),
        device=str(device.device),
        validation_fraction=0,
    )
    work = train(config, samples, classes=LabelSet.named([f"class {i}" for i in range(CLASSES)]))
    busy, steps, begun, chosen = Utilisation(device), 0, 0.0, ""
    with busy.watched():
        for progress in work:
            metrics = progress.detail
            if not isinstance(metrics, TrainingMetrics):
                continue
            chosen = chosen or metrics.note
            if metrics.step == 3:
                begun = time.perf_counter()
            elif metrics.step > 3 and not metrics.validated:
                steps += 1
                if time.perf_counter() - begun > seconds:
                    break
        taken = time.perf_counter() - begun
    work.close()
    return {"images_per_second": round(steps * batch / taken, 2), "utilisation": busy.mean, "note": chosen}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", help=f"networks, with their backbone after a colon; {NAMES}")
    parser.add_argument("--sizes", help="sides of the images; 512,1024")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--seconds", type=float, help="for each line; 3")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--no-trainer", action="store_true")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    device = pick_device(arguments.device)
    card = device.device.type != "cpu"
    names = (arguments.names or (NAMES if card else "unet")).split(",")
    sizes = [int(side) for side in (arguments.sizes or ("512,1024" if card else "64")).split(",")]
    batch = arguments.batch or (8 if card else 1)
    seconds = arguments.seconds or (3.0 if card else 0.2)
    if card:
        torch.backends.cudnn.benchmark = True
    precisions: list[Precision] = ["off"] if device.precision == "off" else ["off", device.precision]
    compiles = [False] if arguments.no_compile or not card else [False, True]
    rows = []
    for name, size in itertools.product(names, sizes):
        for precision, last, compiled in itertools.product(precisions, (False, True), compiles):
            way = {"precision": precision, "channels_last": last, "compile": compiled}
            print(f"{name} {size} {way}", file=sys.stderr)
            torch.compiler.reset()
            found = guarded(lambda: bare(name, size, batch, seconds, device, precision, last, compiled), device)  # noqa: B023
            rows.append({"network": name, "size": size, **way, **found})
            release_memory(device.device)
        if not arguments.no_trainer:
            found = guarded(lambda: trained(name, size, batch, seconds, device), device)  # noqa: B023
            rows.append({"network": name, "size": size, "trainer": found})
            release_memory(device.device)
    print(
        json.dumps({"device": device.description, "torch": torch.__version__, "batch": batch, "rows": rows}, indent=1)
    )


if __name__ == "__main__":
    main()
