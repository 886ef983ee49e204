"""What prediction and training cost beyond the network itself: ratios of processor time, both sides in one run.

    python bench/prediction.py [--network unet] [--backbone B] [--size 512] [--threads 1] [--repeats 5]
        [--also backends training]

``whole``: predict() of a uint8 RGB image of one tile against the bare forward pass of a ready tensor. ``tiled``: a 2x2
mosaic of that image in tiles, against as many bare passes as there are tiles. ``..._file``: the same from a PNG to a
mask's PNG. ``backends``: each against eager float32, on random weights. ``training``: the trainer's steps against
a bare loop over tensors in memory. Prints JSON; 1.0 means no cost at all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.masks import write_mask
from segstudio.learning.backends import BACKENDS
from segstudio.learning.checkpoint import Checkpoint, save_checkpoint
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import ArraySample, Normalisation
from segstudio.learning.devices import cpu_has_bf16
from segstudio.learning.inference import Predictor, labels_of, predict, predictor
from segstudio.learning.losses import create_loss
from segstudio.learning.networks import create_network
from segstudio.learning.predict_config import FrameFile, Using
from segstudio.learning.predicting import predict_image
from segstudio.learning.tiling import plan
from segstudio.learning.trainer import TrainingMetrics, train

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait


def ratio(ours: Callable[[], Any], bare: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Processor seconds of both, in turns, so that what else the machine does meets both."""
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(repeats + 1):
        for name, work in (("ours", ours), ("bare", bare)):
            begun = time.process_time()
            work()
            times[name].append(time.process_time() - begun)
    found = {name: min(values[1:]) for name, values in times.items()}
    middle = {name: statistics.median(values[1:]) for name, values in times.items()}
    return {
        "ours_s": round(found["ours"], 4),
        "bare_s": round(found["bare"], 4),
        "ratio": round(found["ours"] / found["bare"], 3),
        "median_ratio": round(middle["ours"] / middle["bare"], 3),
    }


def prediction(args: argparse.Namespace) -> dict[str, Any]:
    """Arrays in, labels out; and files in, mask files out, as ``segstudio predict`` does it."""
    network = create_network(args.network, 5, 3, backbone=args.backbone).eval()
    network.to(memory_format=torch.channels_last)
    scale = Normalisation("dataset", (0.0,) * 3, (255.0,) * 3, (120.0,) * 3, (60.0,) * 3)
    ready = Predictor(network, scale, None, torch.device("cpu"), "off")
    image = np.random.default_rng(0).integers(0, 256, (args.size, args.size, 3), dtype=np.uint8)
    mosaic = np.tile(image, (2, 2, 1))
    x = torch.from_numpy(scale.apply(image)).permute(2, 0, 1).unsqueeze(0)
    tiles = plan(mosaic.shape[:2], args.size, 0.25, network).tiles

    def bare(times: int) -> None:
        with torch.inference_mode():
            for _ in range(times):
                network(x)

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, pixels in (("one.png", image), ("mosaic.png", mosaic)):
            Image.fromarray(pixels).save(folder / name)
        model = folder / "net.safetensors"
        classes = LabelSet.named([f"class {i}" for i in range(5)])
        save_checkpoint(model, network, classes=classes, config={"normalisation": scale.to_json()})

        def file(name: str, tile: int | None, maps: tuple[str, ...] = ()) -> None:
            using = Using(maps=maps, precision="off", device="cpu", network={"tile": tile})
            found = finish(predict_image(model, FrameFile(folder / name), using))
            write_mask(folder / f"{name}.mask.png", found.labels, {})

        return {
            "whole": ratio(lambda: labels_of(finish(predict(ready, image))), lambda: bare(1), args.repeats),
            "tiled": {
                "tiles": tiles,
                **ratio(lambda: labels_of(finish(predict(ready, mosaic, tile=args.size))), lambda: bare(tiles), 3),
            },
            "whole_file": ratio(lambda: file("one.png", None), lambda: bare(1), args.repeats),
            "whole_file_with_maps": ratio(
                lambda: file("one.png", None, ("confidence", "entropy", "ood")), lambda: bare(1), args.repeats
            ),
            "tiled_file": ratio(lambda: file("mosaic.png", args.size), lambda: bare(tiles), 3),
        }


def backends(args: argparse.Namespace) -> dict[str, Any]:
    """Each backend's time for one image as a share of eager float32, and the share of labels that are the same."""
    network = create_network(args.network, 5, 3, backbone=args.backbone).eval()
    scale = Normalisation("dataset", (0.0,) * 3, (255.0,) * 3, (120.0,) * 3, (60.0,) * 3)
    image = np.random.default_rng(0).integers(0, 256, (args.size, args.size, 3), dtype=np.uint8)
    checkpoint = Checkpoint(
        network, LabelSet.named([f"class {i}" for i in range(5)]), {"normalisation": scale.to_json()}
    )
    eager = predictor(checkpoint, device="cpu")
    wanted = labels_of(finish(predict(eager, image)))
    found: dict[str, Any] = {}
    choices: dict[str, Callable[[], Predictor]] = {
        name: lambda name=name: predictor(checkpoint, device="cpu", backend=name)
        for name in ("onnxruntime", "openvino")
        if BACKENDS[name].installed
    }
    if cpu_has_bf16():
        choices["bf16"] = lambda: predictor(checkpoint, device="cpu", precision="bf16")
    for name, make in choices.items():
        ready = make()
        measured = ratio(
            lambda ready=ready: finish(predict(ready, image)), lambda: finish(predict(eager, image)), args.repeats
        )
        same = float((labels_of(finish(predict(ready, image))) == wanted).mean())
        found[name] = {**measured, "same_labels": round(same, 5)}
    return found


def training(args: argparse.Namespace) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    samples = [
        ArraySample(
            rng.integers(0, 256, (512, 512, 3), dtype=np.uint8),
            (rng.random((512, 512)) < 0.5).astype(np.uint16),
        )
        for _ in range(8)
    ]
    config = TrainConfig(network=args.network, backbone=args.backbone, epochs=3, threads=args.threads, amp="off")
    seconds = []
    work = train(config, samples, classes=LabelSet.named(["a", "b"]))
    begun = time.process_time()
    for progress in work:
        now = time.process_time()
        if isinstance(progress.detail, TrainingMetrics) and not progress.detail.validated:
            seconds.append(now - begun)
        begun = now
        if len(seconds) >= 8:
            break
    work.close()
    options = {"width": 24, "batch_norm": True} if args.network == "unet" else {}
    network = create_network(args.network, 2, 3, backbone=args.backbone, **options).train()
    network.to(memory_format=torch.channels_last)
    optimiser, loss = torch.optim.AdamW(network.parameters()), create_loss("ce+dice")
    x = torch.randn(4, 3, 256, 256).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 2, (4, 256, 256))
    bare = []
    for _ in range(6):
        begun = time.process_time()
        loss(network(x).logits, y).backward()
        optimiser.step()
        optimiser.zero_grad()
        bare.append(time.process_time() - begun)
    ours, alone = min(seconds[1:]), min(bare[1:])
    return {"ours_s": round(ours, 4), "bare_s": round(alone, 4), "throughput": round(alone / ours, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="unet")
    parser.add_argument("--backbone")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--also", nargs="*", default=["backends", "training"], choices=["backends", "training"])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    parts: dict[str, Any] = prediction(args)
    if "backends" in args.also:
        parts["backends"] = backends(args)
    if "training" in args.also:
        parts["training"] = training(args)
    print(json.dumps({**vars(args), **parts}, indent=1))


if __name__ == "__main__":
    main()
