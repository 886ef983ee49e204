"""How fast and in how much memory images are read, beside the bare decoders that people would use instead.

Prints one JSON document. Every figure is taken in a process of its own; times are the least of three, and all libraries
read the same files in the same run.

    python bench/images.py [--megapixels 12 100]
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
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 100])
    with tempfile.TemporaryDirectory() as folder:
        results = {}
        for size in parser.parse_args().megapixels:
            for path in write_files(Path(folder), size):
                row = {how: measured(how, path) for how in ("segstudio", "pillow", "opencv")}
                fastest = min(row["pillow"]["seconds"], row["opencv"]["seconds"])
                results[path.name] = {**row, "over_fastest_bare": row["segstudio"]["seconds"] / fastest}
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
