"""The dense CRF as a term of the loss: what a network says should change where the picture does.

Tang et al. (ECCV 2018, section 3): for the probabilities S of the classes and a Gaussian kernel W of place and colour

    R(S) = sum_k S_k^T W (1 - S_k) / 1^T W 1

the chance that two pixels, drawn by how alike they are, are told apart. Divided by the kernel's total, which the paper
leaves to the weight of the term, R lies in [0, 1] whatever the size of the picture. With W symmetric the gradient is
``(W 1 - 2 W S_k) / 1^T W 1``: two Gaussian filters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from segstudio.learning.dense_crf import LatticeFilter
from segstudio.learning.losses.base import IGNORE, Loss, as_two_classes, require, require_image

EXACT = 1024
"""Up to so many pixels every pair is compared; beyond, the permutohedral lattice stands for the kernel."""
Kernel = Callable[[Tensor], Tensor]
"""The product of the kernel with values ``(P, K)``."""


def crf_regulariser(
    logits: Tensor, image: Tensor, *, reach: float = 0.2, contrast: float = 0.25, scale: float = 0.5
) -> Tensor:
    """R, the mean over the batch, for *logits* ``(N, K, H, W)`` on *image* ``(N, C, H, W)``, any float type.

    *reach* is the kernel's standard deviation in space, as a share of the longer side; *contrast* that in each channel
    of colour, in deviations of that picture's intensities. Both are shrunk by *scale* first.
    """
    if image.shape[0] != logits.shape[0] or image.shape[2:] != logits.shape[2:]:
        raise ValueError(f"image {tuple(image.shape)} does not fit logits {tuple(logits.shape)}")
    scores = as_two_classes(logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits)
    probabilities = scores.softmax(1)
    picture = image.detach().to(torch.float32)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.shape[2:]]
        probabilities = F.interpolate(probabilities, size, mode="area")
        picture = F.interpolate(picture, size, mode="area")
    terms = []
    # sums over thousands of pixels need every bit of float32
    with torch.autocast(logits.device.type, enabled=False):
        for s, pixels in zip(probabilities, picture, strict=True):
            kernel = gaussian_kernel(_features(pixels, reach, contrast), s.dtype)
            terms.append(_Relaxed.apply(s.flatten(1).T, kernel))
    return torch.stack(terms).mean()


def gaussian_kernel(features: Tensor, dtype: torch.dtype = torch.float32) -> Kernel:
    """The Gaussian kernel of *features* ``(P, d)`` in standard deviations, exact where that is cheap."""
    if len(features) <= EXACT:
        points = features.to(dtype)
        matrix = torch.exp(-0.5 * (points[:, None] - points[None]).square().sum(2))
        return lambda values: matrix @ values
    return LatticeFilter(np.ascontiguousarray(features.cpu().numpy(), np.float32), features.device)


def _features(picture: Tensor, reach: float, contrast: float) -> Tensor:
    """Place and colour of every pixel of ``(C, H, W)`` in standard deviations, ``(H * W, 2 + C)``."""
    height, width = int(picture.shape[1]), int(picture.shape[2])
    y, x = torch.meshgrid(
        torch.arange(height, device=picture.device), torch.arange(width, device=picture.device), indexing="ij"
    )
    places = torch.stack([x.flatten(), y.flatten()], 1) / (reach * max(height, width))
    colours = picture.flatten(1).T
    spread = colours.std(0, correction=0).mean().clamp_min(1e-6)
    # colours beyond what the lattice tells apart are far from each other in any case
    return torch.cat([places, (colours / (contrast * spread)).nan_to_num().clamp(-1e4, 1e4)], 1)


class _Relaxed(torch.autograd.Function):
    """R of one picture and its gradient; *s* is ``(P, K)``."""

    @staticmethod
    def forward(ctx: Any, s: Tensor, kernel: Kernel) -> Tensor:
        filtered, ones = kernel(s), kernel(torch.ones_like(s[:, :1]))
        total = ones.sum()
        ctx.save_for_backward((ones - 2 * filtered) / total)
        return (s * (ones - filtered)).sum() / total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None


class CRFRegulariser(Loss):
    """:func:`crf_regulariser` as a term of a sum; it looks at the picture, not at the target."""

    needs_image = True

    def __init__(self, reach: float = 0.2, contrast: float = 0.25, scale: float = 0.5) -> None:
        super().__init__()
        require(reach > 0, f"crf: reach must be above 0, not {reach}")
        require(contrast > 0, f"crf: contrast must be above 0, not {contrast}")
        require(0 < scale <= 1, f"crf: scale must lie above 0 and up to 1, not {scale}")
        self.reach, self.contrast, self.scale = reach, contrast, scale

    def forward(
        self,
        logits: Tensor,
        target: Tensor,
        ignore_index: int = IGNORE,
        weights: Tensor | None = None,
        image: Tensor | None = None,
    ) -> Tensor:
        return crf_regulariser(logits, require_image(image), reach=self.reach, contrast=self.contrast, scale=self.scale)
