"""Weights of classes from how many pixels each has."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from segstudio.learning.losses.base import divide

CountScheme = Literal["balanced", "median", "enet", "effective"]


def class_weights(counts: Tensor, scheme: CountScheme = "balanced", *, beta: float = 0.999) -> Tensor:
    """The weight of each class, ``(K,)``, from labelled pixel *counts* ``(M, K)`` per image and class.

    With n the pixels of a class, N those of all, and K the number of classes:

    * ``"balanced"``: ``N / (K n)`` (inverse frequency).
    * ``"median"``: the median of the frequencies over a class's own frequency, which counts the pixels of those images
      alone that show the class (Eigen, Fergus, ICCV 2015, section 6.3.2).
    * ``"enet"``: ``1 / ln(1.02 + n / N)`` (Paszke et al., ENet, 2016, section 5.1).
    * ``"effective"``: ``(1 - beta) / (1 - beta^n)`` (Cui et al., CVPR 2019, equation 3).

    A class without a pixel weighs 0.
    """
    counts = counts.to(torch.float64)
    pixels = counts.sum(0)
    total = pixels.sum()
    present = pixels > 0
    if scheme == "balanced":
        weights = divide(total.expand_as(pixels), len(pixels) * pixels)
    elif scheme == "median":
        shown = ((counts > 0) * counts.sum(1, keepdim=True)).sum(0)
        frequency = torch.where(present, divide(pixels, shown), torch.nan)
        weights = torch.nanquantile(frequency, 0.5) / frequency
    elif scheme == "enet":
        weights = 1 / torch.log(1.02 + divide(pixels, total.expand_as(pixels)))
    else:
        weights = divide(torch.full_like(pixels, 1 - beta), -torch.expm1(pixels * math.log(beta)))
    return torch.where(present, weights, 0).float()
