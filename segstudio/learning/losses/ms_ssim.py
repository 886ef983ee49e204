"""Multi-scale structural similarity between the probabilities and the target."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from segstudio.learning.losses.base import IGNORE, Loss, divide, pixels, power, require, soft_masks

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (Wang et al. 2003, section 3.2)."""
C1, C2 = 0.01**2, 0.03**2
"""The constants that keep the ratios stable, for a range of 1."""


def ms_ssim(
    logits: Tensor,
    target: Tensor,
    *,
    window: int = 11,
    sigma: float = 1.5,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """``1 - MS-SSIM`` of the probabilities and the one-hot target (Wang et al. 2003, eq. 7), the mean over the classes.

    Five scales, Gaussian windows that lie wholly inside the image. An image too small for the *window* at the coarsest
    scale (a side of at most ``16 (window - 1)`` pixels) gets the largest window that fits, and below 33 pixels fewer
    scales, their exponents made to sum to 1. Ignored pixels are left out of every window's statistics (normalised
    convolution), and a window counts by the share of it that is valid.
    """
    batch = pixels(logits, target, ignore_index, weights)
    predicted, true = soft_masks(batch)
    side = min(int(logits.shape[-2]), int(logits.shape[-1]))
    scales = max((s for s in range(1, len(SCALE_WEIGHTS) + 1) if side > 2 << (s - 1)), default=1)
    window = min(window, _largest_window(side, scales))
    exponents = [w / sum(SCALE_WEIGHTS[:scales]) for w in SCALE_WEIGHTS[:scales]]
    if scales == len(SCALE_WEIGHTS):
        exponents = list(SCALE_WEIGHTS)
    with torch.autocast(logits.device.type, enabled=False):
        kernel = _gaussian(window, sigma, predicted)
        similarity = _multi_scale(predicted, true, batch.mask.unsqueeze(1), kernel, exponents)
    counts = (batch.mask.flatten(1).sum(1) > 0).to(similarity.dtype)
    return divide(((1 - similarity.mean(1)) * counts).sum(), counts.sum())


def _largest_window(side: int, scales: int) -> int:
    """The largest odd window w with ``side > (w - 1) 2^(scales - 1)``."""
    fits = ((side - 1) >> (scales - 1)) + 1
    return max(1, fits - 1 + fits % 2)


def _gaussian(window: int, sigma: float, like: Tensor) -> Tensor:
    offsets = torch.arange(window, dtype=like.dtype, device=like.device) - window // 2
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    return kernel / kernel.sum()


def _blur(x: Tensor, kernel: Tensor) -> Tensor:
    """*x* ``(N, C, H, W)`` under the separable window, valid positions only."""
    channels = x.shape[1]
    rows = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    columns = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    return F.conv2d(F.conv2d(x, rows, groups=channels), columns, groups=channels)


def _multi_scale(x: Tensor, y: Tensor, mask: Tensor, kernel: Tensor, exponents: list[float]) -> Tensor:
    """MS-SSIM per image and channel, ``(N, C)``; *mask* ``(N, 1, H, W)``."""
    product = torch.ones_like(x[:, :, 0, 0])
    for scale, exponent in enumerate(exponents):
        if scale:
            x, y, mask = _halve(x, y, mask)
        luminance, contrast = _ssim(x, y, mask, kernel)
        last = scale == len(exponents) - 1
        product = product * power((luminance if last else contrast).relu(), exponent)
    return product


def _ssim(x: Tensor, y: Tensor, mask: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Mean SSIM and mean contrast-structure term per image and channel (Wang et al. 2004, equations 6 and 13)."""
    whole = bool((mask == 1).all())  # then the window's own sum divides, to the last digit as others compute it
    share = _blur(mask, kernel)

    def local(values: Tensor) -> Tensor:
        if whole:
            return _blur(values, kernel)
        return divide(_blur(values * mask, kernel), share.expand(-1, values.shape[1], -1, -1))

    mean_x, mean_y = local(x), local(y)
    variances = local(x * x) - mean_x * mean_x + local(y * y) - mean_y * mean_y
    covariance = local(x * y) - mean_x * mean_y
    contrast = (2 * covariance + C2) / (variances + C2)
    ssim = (2 * mean_x * mean_y + C1) / (mean_x * mean_x + mean_y * mean_y + C1) * contrast
    total = share.sum((2, 3)).expand(-1, x.shape[1])
    return divide((ssim * share).sum((2, 3)), total), divide((contrast * share).sum((2, 3)), total)


def _halve(x: Tensor, y: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The next scale: means of 2 x 2 valid pixels, an odd side extended by a row of zeros as is the custom."""
    odd = (x.shape[-1] % 2, 0, x.shape[-2] % 2, 0)
    x, y, mask = F.pad(x, odd), F.pad(y, odd), F.pad(mask, odd, value=1.0)
    share = F.avg_pool2d(mask, 2)
    wide = share.expand(-1, x.shape[1], -1, -1)
    return divide(F.avg_pool2d(x * mask, 2), wide), divide(F.avg_pool2d(y * mask, 2), wide), share


class MSSSIM(Loss):
    """:func:`ms_ssim` as a module."""

    def __init__(self, window: int = 11, sigma: float = 1.5) -> None:
        super().__init__()
        require(window >= 1 and window % 2 == 1, f"ms_ssim: window must be an odd number of pixels, not {window}")
        require(sigma > 0, f"ms_ssim: sigma must be above 0, not {sigma}")
        self.window, self.sigma = window, sigma

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return ms_ssim(logits, target, window=self.window, sigma=self.sigma, ignore_index=ignore_index, weights=weights)
