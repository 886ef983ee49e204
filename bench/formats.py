"""How fast data sets go out and in, and whether memory depends on how many images there are.

A project of synthetic images is exported and imported again, each in a process of its own, at two sizes. Memory is
bounded where the peak hardly grows with the number of images. Prints JSON.

    python bench/formats.py --images 500 2000 --formats masks coco yolo
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from segstudio.app.importing import import_into
from segstudio.app.workflows import export_project
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.project import Project

SOURCES = {"coco": "annotations/instances_default.json"}
CLASSES = LabelSet.named(["background", "cell", "tree", "road"])
FULL = 100_000


def make(folder: Path, count: int) -> dict[str, float]:
    """Projects A, with labels, and B, empty; images of 256x192 pixels with six objects."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir()
    paths = []
    for number in range(count):
        paths.append(folder / "images" / f"{number:06d}.jpg")
        Image.fromarray(rng.integers(0, 255, (192, 256), dtype=np.uint8)).save(paths[-1])
    with Project.create(folder / "a", CLASSES) as project:
        began = time.perf_counter()
        added = project.add_samples((path, 0) for path in paths)
        adding = time.perf_counter() - began
        for sample_id in added:
            ids = np.zeros((192, 256), np.uint16)
            for thing in range(6):
                y, x = rng.integers(0, 150), rng.integers(0, 200)
                ids[y : y + 40, x : x + 50] = 256 + thing
            table = {256 + thing: 1 + thing % 3 for thing in range(6)}
            project.save_annotation(sample_id, project.annotation(sample_id), table, [])
            project.write_labels(sample_id, ids, np.full_like(ids, Provenance.HUMAN, np.uint8), CLASSES)
    Project.create(folder / "b", CLASSES).close()
    return {"seconds_to_add": round(adding, 3)}


def run(act: str, name: str, folder: Path) -> dict[str, float]:
    began = time.perf_counter()
    if act == "export":
        finish(export_project(folder / "a.segstudio", name, folder / name, images="link"))
    else:
        options = {"images": folder / "images"} if name == "nrrd" else {}
        source = folder / name / SOURCES.get(name, ".")
        result = finish(import_into(folder / "b.segstudio", name, source, **options))
        if result.problems:
            raise SystemExit(f"{name}: {result.problems[0]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": time.perf_counter() - began, "peak_mb": round(peak, 1)}


def child(*arguments: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured(counts: list[int], formats: list[str]) -> dict[str, object]:
    rows: dict[str, dict[str, object]] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            rows.setdefault("project", {})[f"add_{count}"] = make(Path(folder), count)["seconds_to_add"]
            for name in formats:
                for act in ("export", "import"):
                    found = child(act, name, folder)
                    row = rows.setdefault(f"{act} {name}", {})
                    row[f"images_per_second_{count}"] = round(count / found["seconds"], 1)
                    row[f"peak_mb_{count}"] = found["peak_mb"]
                    row[f"hours_for_{FULL}"] = round(found["seconds"] / count * FULL / 3600, 2)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--formats", nargs="+", default=["masks", "coco", "coco_panoptic", "voc", "cityscapes", "yolo"])
    parser.add_argument("--child", nargs=3, metavar=("ACT", "FORMAT", "FOLDER"))
    given = parser.parse_args()
    if given.child:
        act, name, folder = given.child
        print(json.dumps(run(act, name, Path(folder))))
    else:
        print(json.dumps(measured(given.images, given.formats), indent=1))


if __name__ == "__main__":
    main()
