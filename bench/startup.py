"""How long until the window is on the screen, beside labelme in the same run. Prints JSON.

    python bench/startup.py [--labelme PYTHON] [--repeats 7]

Needs a display (``xvfb-run -a python bench/startup.py``) and ``xwininfo``. *PYTHON* is the interpreter of an
environment in which labelme is installed. Programs take turns, so that both meet the same load; wall time is until a
window of at least 600 x 400 is mapped, CPU time is the process's own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SIZE = re.compile(r" (\d+)x(\d+)\+")
_GIVE_UP = 60.0


def mapped_windows() -> int:
    """How many windows of at least 600 x 400 are on the screen."""
    tree = ""
    while not tree:  # it fails where a window disappears while it looks
        tree = subprocess.run(["xwininfo", "-root", "-tree"], capture_output=True, text=True, check=False).stdout
    sizes = [(int(w), int(h)) for w, h in _SIZE.findall(tree.partition("children")[2])]
    return sum(1 for width, height in sizes if width >= 600 and height >= 400)


def start(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds from the start of *command* to its window."""
    while mapped_windows():  # the last program's is still closing
        time.sleep(0.05)
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not mapped_windows():
        if time.perf_counter() - begun > _GIVE_UP or process.poll() is not None:
            raise SystemExit(f"no window: {' '.join(command)}")
        time.sleep(0.01)
    wall = time.perf_counter() - begun
    stat = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(stat[11]) + int(stat[12])
    process.kill()
    process.wait()
    return wall, ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelme", help="the Python of an environment with labelme")
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    programs = {"segstudio": [sys.executable, "-m", "segstudio"]}
    if args.labelme:
        programs["labelme"] = [args.labelme, "-m", "labelme"]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as config:
        env = os.environ | {"SEGSTUDIO_CONFIG": config, "QT_QPA_PLATFORM": "xcb"}
        for turn in range(args.repeats + 1):
            for name, command in programs.items():
                measured = start(command, env)
                if turn:  # the first fills the disk cache
                    found[name].append(measured)
    report: dict[str, object] = {
        name: {
            "wall_s": round(statistics.median(w for w, _ in runs), 3),
            "wall_min_s": round(min(w for w, _ in runs), 3),
            "cpu_s": round(statistics.median(c for _, c in runs), 3),
        }
        for name, runs in found.items()
    }
    if len(found) == 2:
        ours, theirs = (statistics.median(w for w, _ in found[name]) for name in ("segstudio", "labelme"))
        report["ratio"] = round(ours / theirs, 2)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
