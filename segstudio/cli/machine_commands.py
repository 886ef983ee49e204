"""What this machine has: doctor."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from typing import Any

import typer

from segstudio.app.screen import has_screen
from segstudio.app.settings import cache_folder, config_folder
from segstudio.cli.output import answer

_PACKAGES = ("numpy", "opencv-python-headless", "numba", "PySide6-Essentials", "torch", "torchvision", "timm")
_OPTIONAL = ("onnx", "onnxruntime", "openvino")

QT_LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "xkbcommon": "libxkbcommon0",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-randr": "libxcb-randr0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
    "xkbcommon-x11": "libxkbcommon-x11-0",
}
"""What Qt's window needs of a Linux system, and the Debian package that brings it."""


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor() -> None:
    """Tell what this machine has and what is missing, with the line that installs it."""
    report = _report()
    answer(report, lambda: _lines(report))


def _report() -> dict[str, Any]:
    missing = missing_libraries()
    report: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "packages": {name: _version(name) for name in (*_PACKAGES, *_OPTIONAL)},
        "screen": has_screen(),
        "missing_libraries": missing,
        "install": _install_line(missing),
        "second_qt": _version("opencv-python") is not None,
        "settings": str(config_folder()),
        "cache": str(cache_folder()),
    }
    report["device"] = _device()
    return report


def _device() -> str:
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    from segstudio.learning.devices import pick_device  # loads torch

    return pick_device().description


def missing_libraries() -> list[str]:
    """The system libraries that Qt needs and Linux does not have."""
    if sys.platform != "linux":
        return []
    return [library for library in QT_LIBRARIES if ctypes.util.find_library(library) is None]


def _install_line(missing: list[str]) -> str | None:
    if not missing:
        return None
    packages = " ".join(QT_LIBRARIES[library] for library in missing)
    if shutil.which("apt-get") is None:
        return f"install these libraries with your package manager: {', '.join(missing)}"
    return f"sudo apt-get install {packages}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _memory_gb() -> float | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)


def _lines(report: dict[str, Any]) -> list[str]:
    lines = [
        f"Python {report['python']} on {report['system']}, {report['cores']} cores, {report['memory_gb']} GB",
        f"computes on: {report['device']}",
        *(f"{name}: {version or 'not installed'}" for name, version in report["packages"].items()),
        f"screen: {'yes' if report['screen'] else 'none, the window cannot be shown'}",
        f"settings: {report['settings']}",
        f"cache: {report['cache']}",
    ]
    if report["second_qt"]:
        lines.append(
            "opencv-python is installed: it brings a second Qt that can crash the window; "
            "run: pip uninstall opencv-python && pip install --force-reinstall opencv-python-headless"
        )
    if report["missing_libraries"]:
        lines.append(f"missing for the window: {', '.join(report['missing_libraries'])}; run: {report['install']}")
    else:
        lines.append("nothing is missing for the window")
    return lines
