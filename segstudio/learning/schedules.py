"""How the learning rate goes over a run, as a factor of its peak. Loads no torch."""

from __future__ import annotations

import math
from typing import Literal

Schedule = Literal["poly", "cosine", "one_cycle", "constant"]


def rate(schedule: Schedule, t: float, warmup: float = 0.0) -> float:
    """The factor in [0, 1] at the share *t* in [0, 1] of the run.

    poly: ``(1 - t)^0.9`` (Chen et al., DeepLab v2, section 4.1). cosine: ``(1 + cos(pi t)) / 2`` (Loshchilov, Hutter,
    2017, equation 5, one period). one_cycle: by cosines from 1/25 up to 1 at 0.3 and down to 1e-4 (Smith, Topin, 2019).
    All but one_cycle rise from near 0 to their curve during the share *warmup*.
    """
    t = min(max(t, 0.0), 1.0)
    if schedule == "one_cycle":
        low, high, s = (1 / 25, 1.0, t / 0.3) if t < 0.3 else (1e-4, 1.0, 1 - (t - 0.3) / 0.7)
        return low + (high - low) * (1 - math.cos(math.pi * s)) / 2
    # the first step moves too, or it would be lost
    rise = min(1.0, 0.01 + t / warmup) if warmup > 0 else 1.0
    if schedule == "poly":
        return float(rise * (1 - t) ** 0.9)
    if schedule == "cosine":
        return rise * (1 + math.cos(math.pi * t)) / 2
    return rise
