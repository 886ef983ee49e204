"""How busy the device is over many images, and what a large image takes of memory.

    python bench/predict_at_scale.py [--images 1000] [--size 256] [--sides 6000 12000 30000]
        [--threads 1] [--minutes 10]

``many``: the command line's way from PNG files to mask files; ``busy`` is the share of the wall time, from the first
forward pass to the last mask, that was spent inside the network, ``cpu`` the same of processor time, all threads.
``large``: a tiled grey TIFF of each side in a process of its own, predicted in pieces by a small U-Net to a mask file;
``grown_mb`` is by how much its own (anonymous) memory grew at most over what program and network hold, ``rss_mb`` the
peak with mapped files, which the system takes back when it needs to. A side that is not done after ``--minutes`` is
stopped and its share told. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from segstudio.app.predict_files import predict_files
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning.checkpoint import save_checkpoint
from segstudio.learning.data import Normalisation
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.predict_config import PredictOptions

import torch  # isort: skip  # after segstudio.learning, which says how its threads wait

OPTIONS = PredictOptions(device="cpu", precision="off")
TIFF_TILE = 512


def checkpoint(folder: Path, channels: int, **options: Any) -> Path:
    scale = Normalisation("dataset", (0.0,) * channels, (255.0,) * channels, (120.0,) * channels, (60.0,) * channels)
    network = create_network("unet", 3, channels, **options)
    path = folder / "net.safetensors"
    names = LabelSet.named(["ground", "one", "two"])
    save_checkpoint(path, network, classes=names, config={"normalisation": scale.to_json()})
    return path


class Stopwatch:
    """Time inside networks, wall and this thread's."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.first: tuple[float, float] | None = None
        self.passes = 0
        self._begun = (0.0, 0.0)

    def start(self, module: torch.nn.Module, _: Any) -> None:
        if isinstance(module, SegmentationNetwork):
            self._begun = time.monotonic(), time.thread_time()
            self.first = self.first or (self._begun[0], time.process_time())

    def stop(self, module: torch.nn.Module, _: Any, __: Any) -> None:
        if isinstance(module, SegmentationNetwork):
            self.wall += time.monotonic() - self._begun[0]
            self.cpu += time.thread_time() - self._begun[1]
            self.passes += 1


def many(count: int, size: int) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "images").mkdir()
        pictures = [np.kron(rng.integers(0, 256, (size // 8, size // 8, 3)), np.ones((8, 8, 1))) for _ in range(10)]
        for number in range(count):
            Image.fromarray(pictures[number % 10].astype(np.uint8)).save(folder / "images" / f"{number:04d}.png")
        model = checkpoint(folder, 3, width=24, batch_norm=True)
        watch = Stopwatch()
        hooks = [
            torch.nn.modules.module.register_module_forward_pre_hook(watch.start),
            torch.nn.modules.module.register_module_forward_hook(watch.stop),
        ]
        found = finish(predict_files(model, [folder / "images"], folder / "masks", options=OPTIONS))
        ended = time.monotonic(), time.process_time()
        for hook in hooks:
            hook.remove()
    assert watch.first is not None
    wall, cpu = ended[0] - watch.first[0], ended[1] - watch.first[1]
    return {
        "images": found["images"],
        "passes": watch.passes,
        "seconds": round(wall, 1),
        "images_per_s": round(found["images"] / wall, 2),
        "busy": round(watch.wall / wall, 3),
        "cpu": round(watch.cpu / cpu, 3),
    }


def write_tiff(path: Path, side: int) -> None:
    """A tiled grey picture of *side* squared pixels, written tile by tile."""
    rng = np.random.default_rng(0)
    blocks = [np.kron(rng.integers(0, 256, (16, 16)), np.ones((32, 32))).astype(np.uint8) for _ in range(16)]
    across = -(-side // TIFF_TILE)

    def tiles() -> Iterator[NDArray[np.uint8]]:
        for number in range(across * across):
            yield blocks[number * 7 % 16]

    tifffile.imwrite(path, tiles(), shape=(side, side), dtype=np.uint8, tile=(TIFF_TILE, TIFF_TILE), bigtiff=True)


def held() -> tuple[int, int]:
    """Bytes of this process: its own, and all that is mapped."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return tuple(int(lines[name].split()[0]) << 10 for name in ("RssAnon", "VmRSS"))  # type: ignore[return-value]


class Peak:
    """The most that this process held while it was watched."""

    def __init__(self) -> None:
        self.own, self.mapped = held()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            own, mapped = held()
            self.own, self.mapped = max(self.own, own), max(self.mapped, mapped)


def large(side: int, minutes: float) -> dict[str, Any]:
    """One image, in this process."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_tiff(folder / "large.tif", side)
        model = checkpoint(folder, 1, width=4, depth=1)
        Image.fromarray(np.zeros((800, 800), np.uint8)).save(folder / "small.png")
        finish(predict_files(model, [folder / "small.png"], folder / "warm", options=OPTIONS))
        before, begun, fraction = held()[0], time.monotonic(), 0.0
        with Peak() as peak:
            work = predict_files(model, [folder / "large.tif"], folder / "masks", options=OPTIONS)
            for progress in work:
                fraction = progress.fraction or fraction
                if time.monotonic() - begun > 60 * minutes:
                    work.close()
                    break
            else:
                fraction = 1.0
        return {
            "side": side,
            "done": round(fraction, 3),
            "seconds": round(time.monotonic() - begun, 1),
            "grown_mb": (peak.own - before) >> 20,
            "rss_mb": peak.mapped >> 20,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--sides", type=int, nargs="*", default=[6000, 12_000, 30_000])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.one:
        print(json.dumps(large(args.one, args.minutes)))
        return
    found: dict[str, Any] = {"threads": args.threads}
    if args.images:
        found["many"] = many(args.images, args.size)
    again = [sys.executable, __file__, "--threads", str(args.threads), "--minutes", str(args.minutes), "--one"]
    found["large"] = [
        json.loads(subprocess.run([*again, str(side)], check=True, capture_output=True, text=True).stdout)
        for side in args.sides
    ]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
