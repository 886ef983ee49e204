"""Compiles the kernels of propagation in a process of its own, so that the first stroke of a person does not wait.

Numba keeps what it compiled on the disk; the next start finds it there and this ends within a second or two. Another
process, because compiling holds the interpreter's lock for tens of milliseconds at a time.
"""

from __future__ import annotations

import os
import subprocess
import sys


def start() -> subprocess.Popen[bytes]:
    """Begin in the background, behind everything else; nobody waits for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "segstudio.app.warm_up"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C in the terminal is for the window
    )


def main() -> None:
    """Compile, or load what was compiled before."""
    if hasattr(os, "nice"):
        os.nice(10)
    from segstudio.algorithms import dense_crf, scribbles  # loads numba

    scribbles.warm_up()
    dense_crf.warm_up()


if __name__ == "__main__":
    main()
