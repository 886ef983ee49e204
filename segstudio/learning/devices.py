"""Which device computes, and in which precision it does so fastest."""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass
from typing import Literal

import torch

from segstudio.core.errors import OptionError

Precision = Literal["off", "bf16", "fp16"]


@dataclass(frozen=True)
class Device:
    """A device that torch computes on."""

    device: torch.device
    description: str
    """For people: ``"NVIDIA H200 (139 GB)"``, ``"CPU, 2 threads, bf16"``."""
    precision: Precision
    """The mixed precision that is faster here than float32 and safe to train in; off where none is."""


def pick_device(name: str = "auto") -> Device:
    """The device called *name* (``cpu``, ``cuda``, ``cuda:1``, ``mps``); auto: CUDA, else MPS, else the CPU.

    Raises :class:`OptionError` for a device that this machine does not have.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = name.partition(":")
    if kind == "cpu":
        precision: Precision = "bf16" if cpu_has_bf16() else "off"
        return Device(torch.device("cpu"), _describe_cpu(precision), precision)
    if kind == "cuda":
        return _cuda(number)
    if kind == "mps" and torch.backends.mps.is_available():
        return Device(torch.device("mps"), f"Apple GPU ({platform.processor() or 'MPS'})", "off")
    raise OptionError(f"this machine has no device {name!r}; it has {', '.join(available_devices())}")


def available_devices() -> list[str]:
    """The names that :func:`pick_device` takes on this machine, the best first, without ``auto``."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX512-BF16 or AMX); without it bf16 is slower than float32."""
    has = torch.cpu.get_capabilities()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def _describe_cpu(precision: Precision) -> str:
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}{', bf16' if precision == 'bf16' else ''}"


def _cuda(number: str) -> Device:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(number) if number.isdecimal() else 0 if not number else -1
    if not 0 <= index < count:
        name = f"cuda:{number}" if number else "cuda"
        raise OptionError(f"this machine has no device {name!r}; it has {', '.join(available_devices())}")
    properties = torch.cuda.get_device_properties(index)
    # before Ampere bfloat16 is emulated
    precision: Precision = "bf16" if properties.major >= 8 else "fp16"
    gigabytes = properties.total_memory / 2**30
    return Device(torch.device("cuda", index), f"{properties.name} ({gigabytes:.0f} GB)", precision)


_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
"""Of CUDA and Metal, of the CPU's allocator on Linux and on Windows, and of cuDNN and cuBLAS."""


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on a device or on the CPU."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _WORDS)
    )


def release_memory(device: torch.device) -> None:
    """Give back what is kept of the memory of *device* for later: by torch, on the CPU by the C library."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    elif device.type == "cpu" and sys.platform == "linux":
        # glibc alone keeps what was freed between blocks in use; musl and others lack the function
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
