"""How fast and in how much memory images are read, beside the bare decoders that people would use instead.

Prints one JSON document. Every figure is taken in a process of its own; times are the least of three, and all libraries
read the same files in the same run.

    python bench/images.py [--megapixels 12 100] [--huge 30000]

*huge* is the side of a tiled TIFF (0: none): what opening it, a screen of it and its overview take, beside reading it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_MEASURE = """
import json, sys, time
def memory(key):
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(key)).split()[1]) / 1024
how, path = sys.argv[1:]
if how == "segstudio":
    from segstudio.io import images
    from segstudio.io.images import common
    read = lambda: images.read(path).array
elif how == "pillow":
    import numpy as np
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    read = lambda: np.asarray(Image.open(path))
else:
    import cv2
    read = lambda: cv2.imread(path, cv2.IMREAD_UNCHANGED)
before = memory("VmRSS")
start = time.perf_counter()
array = read()
seconds = time.perf_counter() - start
raw = array.nbytes / 2**20
print(json.dumps({"seconds": seconds, "peak_over_raw": (memory("VmHWM") - before) / raw}))
"""


_HUGE = """
import json, sys, time
def memory(key):
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(key)).split()[1]) / 1024
how, path = sys.argv[1:]
if how == "segstudio":
    from segstudio.core.geometry import Region
    from segstudio.core.progress import finish
    from segstudio.gui.canvas.image_layer import ImagePainter
    from segstudio.io import images
    from segstudio.io.images import tiff
else:
    import tifffile
before, start, found = memory("VmRSS"), time.perf_counter(), {}
if how == "segstudio":
    image = images.open_image(path)
    painter = ImagePainter(image, *images.display_range(image))
    found["open_seconds"] = time.perf_counter() - start
    middle = image.shape[0] // 2
    painter.render(Region(middle, middle, middle + 1080, middle + 1920), 0)
    found["first_screen_seconds"] = time.perf_counter() - start
    finish(painter.prepare())
else:
    pixels = tifffile.imread(path)
found["all_seconds"] = time.perf_counter() - start
print(json.dumps({**found, "peak_mb": memory("VmHWM") - before}))
"""


def measured_huge(folder: Path, side: int) -> dict[str, dict[str, float]]:
    import tifffile

    path = folder / "huge.tif"
    blocks = textured(1024, 1024)[..., 1]
    count = -(-side // 1024)
    tiles = (blocks // 2 + np.uint8(i % 97) for i in range(count * count))
    options = {"shape": (side, side), "dtype": np.uint8, "tile": (1024, 1024), "compression": "zlib"}
    tifffile.imwrite(path, tiles, photometric="minisblack", **options)
    rows = {}
    for how in ("segstudio", "tifffile"):
        command = [sys.executable, "-c", _HUGE, how, str(path)]
        rows[how] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return rows


def textured(height: int, width: int) -> np.ndarray:
    """A photograph's mix of smooth areas, edges and noise."""
    from skimage import data

    tile = data.retina()
    tiled = np.tile(tile, (height // tile.shape[0] + 1, width // tile.shape[1] + 1, 1))[:height, :width]
    noise = np.random.default_rng(0).integers(0, 8, (height, width, 1), dtype=np.uint8)
    return tiled // 2 + noise


def write_files(folder: Path, megapixels: float) -> list[Path]:
    import cv2

    height, width = int((megapixels * 0.75e6) ** 0.5), int((megapixels / 0.75e-6) ** 0.5)
    pixels = textured(height, width)
    grey = pixels[..., 1]
    files = {
        f"{megapixels:g}MP.jpg": (pixels, [cv2.IMWRITE_JPEG_QUALITY, 92]),
        f"{megapixels:g}MP.png": (pixels, []),
        f"{megapixels:g}MP-grey16.png": (grey.astype(np.uint16) * 257, []),
        f"{megapixels:g}MP.bmp": (pixels, []),
    }
    for name, (image, options) in files.items():
        cv2.imwrite(str(folder / name), image, options)
    return [folder / name for name in files]


def measured(how: str, path: Path) -> dict[str, float]:
    runs = [
        json.loads(
            subprocess.run([sys.executable, "-c", _MEASURE, how, str(path)], capture_output=True, check=True).stdout
        )
        for _ in range(3)
    ]
    return {"seconds": min(r["seconds"] for r in runs), "peak_over_raw": max(r["peak_over_raw"] for r in runs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="*", default=[12, 100])
    parser.add_argument("--huge", type=int, default=30_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results: dict[str, object] = {}
        if chosen.huge:
            results[f"huge {chosen.huge}"] = measured_huge(Path(folder), chosen.huge)
        for size in chosen.megapixels:
            for path in write_files(Path(folder), size):
                row = {how: measured(how, path) for how in ("segstudio", "pillow", "opencv")}
                fastest = min(row["pillow"]["seconds"], row["opencv"]["seconds"])
                results[path.name] = {**row, "over_fastest_bare": row["segstudio"]["seconds"] / fastest}
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
