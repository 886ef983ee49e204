"""How fast data sets go out and in, and whether memory depends on how many images there are.

A project of synthetic images is exported and imported again, each in a process of its own, at two sizes. Memory is
bounded where the peak hardly grows with the number of images. Prints JSON.

    python bench/formats.py --images 500 2000 --formats masks coco yolo
    python bench/formats.py --images 100000 --size 32 24 --objects 1 --formats coco yolo masks --imports coco
    python bench/formats.py --images 100000 --distinct 1000 --folder DIR --formats coco --imports

With *folder*, the project is made there once and stays for the next call; only *distinct* of its images and label maps
are files of their own, the others are further names of these.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from segstudio.app.importing import import_into
from segstudio.app.workflows import export_project
from segstudio.core.annotation import Annotation
from segstudio.core.classes import LabelSet
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.project import Project

SOURCES = {"coco": "annotations/instances_default.json"}
CLASSES = LabelSet.named(["background", "cell", "tree", "road"])
FULL = 100_000


def make(folder: Path, count: int, given: argparse.Namespace) -> dict[str, float]:
    """Projects A, with labels, and B, empty."""
    rng = np.random.default_rng(0)
    width, height = given.size
    distinct = min(given.distinct or count, count)
    began = time.perf_counter()
    (folder / "images").mkdir()
    paths = [folder / "images" / f"{number:06d}.jpg" for number in range(count)]
    for path in paths[:distinct]:
        Image.fromarray(rng.integers(0, 255, (height, width), dtype=np.uint8)).save(path)
    for number in range(distinct, count):
        os.link(paths[number % distinct], paths[number])
    with Project.create(folder / "a", CLASSES) as project:
        ready = time.perf_counter()
        added = project.add_samples((path, 0) for path in paths)
        adding = time.perf_counter() - ready
        table = {256 + thing: 1 + thing % 3 for thing in range(given.objects)}
        for number, sample_id in enumerate(added):
            project.save_annotation(sample_id, Annotation(), table, [])
            if number >= distinct:
                link_labels(project, added[number % distinct], sample_id)
                continue
            ids = np.zeros((height, width), np.uint16)
            for thing in range(given.objects):
                y, x = rng.integers(0, height - height // 5), rng.integers(0, width - width // 5)
                ids[y : y + height // 5, x : x + width // 5] = 256 + thing
            said = np.full_like(ids, Provenance.HUMAN, np.uint8)
            project.write_labels(sample_id, ids, said, CLASSES, durable=False)
    Project.create(folder / "b", CLASSES).close()
    return {"seconds_to_add": round(adding, 3), "seconds_to_make": round(time.perf_counter() - began, 1)}


def link_labels(project: Project, known: int, new: int) -> None:
    project.sample_folder(new).mkdir(parents=True)
    for file in project.sample_folder(known).glob("*.png"):
        os.link(file, project.sample_folder(new) / file.name)


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
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024, 1),
    }


def child(*arguments: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured(given: argparse.Namespace) -> dict[str, object]:
    rows: dict[str, dict[str, object]] = {}
    for count in given.images:
        with TemporaryDirectory() as temporary:
            folder = given.folder or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "b.segstudio").is_dir():
                made = make(folder, count, given)
                rows.setdefault("project", {}).update({f"{key}_{count}": value for key, value in made.items()})
            for name in given.formats:
                for act in ("export", "import") if name in given.imports else ("export",):
                    row = rows.setdefault(f"{act} {name}", {})
                    row.update(figures(count, child(act, name, str(folder))))
                    print(f"{act} {name}: {row}", file=sys.stderr, flush=True)
    return rows


def figures(count: int, found: dict[str, float]) -> dict[str, float]:
    return {
        f"seconds_{count}": round(found["seconds"], 1),
        f"images_per_second_{count}": round(count / found["seconds"], 1),
        f"cpu_seconds_{count}": found["cpu_seconds"],
        f"peak_mb_{count}": found["peak_mb"],
        f"hours_for_{FULL}": round(found["seconds"] / count * FULL / 3600, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--formats", nargs="+", default=["masks", "coco", "coco_panoptic", "voc", "cityscapes", "yolo"])
    parser.add_argument("--imports", nargs="*", help="formats that are imported again as well; all unless given")
    parser.add_argument("--folder", type=Path, help="where the project is made and stays")
    parser.add_argument("--distinct", type=int, help="how many images and label maps are files of their own")
    parser.add_argument("--objects", type=int, default=6, help="in each image")
    parser.add_argument("--size", type=int, nargs=2, default=[256, 192], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--child", nargs=3, metavar=("ACT", "FORMAT", "FOLDER"))
    given = parser.parse_args()
    if given.imports is None:
        given.imports = given.formats
    if given.child:
        act, name, folder = given.child
        print(json.dumps(run(act, name, Path(folder))))
    else:
        print(json.dumps(measured(given), indent=1))


if __name__ == "__main__":
    main()
