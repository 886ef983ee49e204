"""What people wait for, in segstudio, labelme and napari in one run on the same files. Prints JSON.

    xvfb-run -a -s "-screen 0 1920x1080x24" python bench/beside.py --labelme PYTHON --napari PYTHON [--rounds 3]

*PYTHON* is the interpreter of an environment in which that program is installed; both are optional. Programs take
turns, so that all meet the same load. Each round starts ``bench/beside/<program>.py`` in a fresh process, whose window
is 1600 x 900 on the display; times are wall and CPU seconds until the window has painted what was asked for, the median
over the rounds. napari draws with OpenGL, in software where there is no graphics card: its drawing times say little
then. ``--quick`` leaves out the image of 100 megapixels.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

DRIVERS = Path(__file__).parent / "beside"
FOLDER_IMAGES = 5000


def picture(megapixels: float, seed: int = 0) -> np.ndarray:
    """A smooth colour image with some noise, 4:3, as ``(H, W, 3)`` uint8."""
    width = round(math.sqrt(megapixels * 1e6 * 4 / 3))
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (96, 128, 3), dtype=np.uint8)
    image = cv2.resize(small, (width, width * 3 // 4), interpolation=cv2.INTER_CUBIC)
    return cv2.add(image, rng.integers(0, 12, image.shape, dtype=np.uint8))


def polygons(height: int, width: int, count: int = 200, points: int = 100) -> list[list[list[float]]]:
    """Wavy outlines all over the image, as lists of (x, y)."""
    rng = np.random.default_rng(1)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    found = []
    for _ in range(count):
        radius = height / 25 * (1 + 0.2 * np.sin(5 * angle) + rng.normal(0, 0.03, points))
        y, x = rng.uniform(height * 0.06, height * 0.94), rng.uniform(height * 0.06, width - height * 0.06)
        found.append(np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], 1).round(2).tolist())
    return found


def make_files(folder: Path, *, quick: bool) -> None:
    """What every program opens: two large images, a folder of many, and polygons."""
    photograph = picture(12)
    cv2.imwrite(str(folder / "12.jpg"), photograph, [cv2.IMWRITE_JPEG_QUALITY, 92])
    if not quick:
        cv2.imwrite(str(folder / "100.png"), picture(100), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    many = folder / "many"
    many.mkdir()
    for seed in range(8):
        cv2.imwrite(str(folder / f"small-{seed}.jpg"), picture(2, seed))
    for number in range(FOLDER_IMAGES):
        # the same few bytes under many names: what is measured is the list, not the disk
        os.link(folder / f"small-{number % 8}.jpg", many / f"image-{number:05d}.jpg")
    height, width = photograph.shape[:2]
    (folder / "polygons.json").write_text(json.dumps(polygons(height, width)))


def bare_decode_seconds(file: Path) -> float:
    begun = time.perf_counter()
    cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    return time.perf_counter() - begun


def run(program: str, python: str, files: Path) -> dict[str, Any]:
    """One round of one program."""
    with tempfile.TemporaryDirectory() as home:
        env = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home, "SEGSTUDIO_CONFIG": home, "QT_QPA_PLATFORM": "xcb"}
        command = [python, str(DRIVERS / f"{program}.py"), str(files), home]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise SystemExit(f"{program} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def median_of(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure over the rounds; ``None`` where a program cannot do it."""
    report: dict[str, Any] = {}
    for key in rounds[0]:
        values = [one[key] for one in rounds]
        if isinstance(values[0], dict):
            report[key] = median_of(values)
        else:
            report[key] = None if values[0] is None else round(statistics.median(values), 4)
    return report


def ratios(ours: dict[str, Any], theirs: dict[str, Any], part: str = "wall") -> dict[str, float]:
    """Our time as a share of theirs, where both can do it."""
    pairs = {key: (value, theirs.get(key)) for key, value in ours.items() if isinstance(value, dict)}
    return {key: round(a[part] / b[part], 3) for key, (a, b) in pairs.items() if b and b[part]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelme", help="the Python of an environment with labelme")
    parser.add_argument("--napari", help="the Python of an environment with napari")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="without the image of 100 megapixels")
    args = parser.parse_args()
    programs = {"segstudio": sys.executable, "labelme": args.labelme, "napari": args.napari}
    chosen = {name: python for name, python in programs.items() if python}
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        make_files(files, quick=args.quick)
        bare = [bare_decode_seconds(files / "100.png") for _ in range(3)] if not args.quick else []
        for _ in range(args.rounds):
            for name, python in chosen.items():
                rounds[name].append(run(name, python, files))
                print(f"{name}: {rounds[name][-1]}", file=sys.stderr)
    report: dict[str, Any] = {name: median_of(found) for name, found in rounds.items()}
    if bare:
        report["bare_decode_100_mp"] = round(min(bare), 3)
    for name in chosen:
        if name != "segstudio":
            report[f"wall_beside_{name}"] = ratios(report["segstudio"], report[name])
            report[f"cpu_beside_{name}"] = ratios(report["segstudio"], report[name], "cpu")
    report["load_at_end"] = round(os.getloadavg()[0], 1)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
