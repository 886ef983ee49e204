"""Layers that several networks share: convolution blocks, pyramids of pools and dilations, up- and down-sampling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import SegmentationNetwork

Down = Literal["max_pool", "strided", "space_to_depth"]
Up = Literal["transposed", "nearest", "bilinear", "pixel_shuffle"]


def same_padding(kernel_size: int, dilation: int = 1) -> int:
    """The padding that keeps the size at stride 1, for an odd kernel."""
    return dilation * (kernel_size - 1) // 2


# --- normalisation -------------------------------------------------------------------------------------------------


class _OneValueSafe:
    """Mixed in before a batch normalisation: a single value per channel is normalised by the running statistics."""

    training: bool

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or x.numel() > x.shape[1]:
            return super().forward(x)  # type: ignore[misc, no-any-return]  # the normalisation that this is mixed into
        self.training = False
        try:
            return super().forward(x)  # type: ignore[misc, no-any-return]
        finally:
            self.training = True


class BatchNorm2d(_OneValueSafe, nn.BatchNorm2d):
    """Batch normalisation that takes one value per channel in train mode.

    The variance of one value does not exist, and torch raises there (batch of one after pooling to 1x1, or a small
    image at the deepest stride). Such a batch is normalised by the running statistics and leaves them as they are.
    """


@cache
def _safe_class(kind: type[nn.BatchNorm2d]) -> type[nn.BatchNorm2d]:
    if kind is nn.BatchNorm2d:
        return BatchNorm2d
    return type(f"Safe{kind.__name__}", (_OneValueSafe, kind), {})


def make_batch_norm_safe(module: nn.Module) -> None:
    """Give every batch normalisation under *module*, a library's too, the behaviour of :class:`BatchNorm2d`."""
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d) and not isinstance(child, _OneValueSafe):
            child.__class__ = _safe_class(type(child))  # type: ignore[arg-type]  # classes are hashable


# --- convolutions --------------------------------------------------------------------------------------------------


def conv_bn_relu(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    *,
    stride: int = 1,
    padding: int | None = None,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU; *padding* ``None`` keeps the size at stride 1."""
    if padding is None:
        padding = same_padding(kernel_size, dilation)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias),
        BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


def separable_conv(in_channels: int, out_channels: int, *, dilation: int = 1) -> nn.Sequential:
    """Depthwise 3x3 and pointwise 1x1 convolution, then normalisation and ReLU (DeepLab v3+, section 3.1)."""
    return nn.Sequential(
        nn.Conv2d(in_channels, in_channels, 3, 1, dilation, dilation, groups=in_channels, bias=False),
        *conv_bn_relu(in_channels, out_channels, 1),
    )


def initialise(module: nn.Module) -> None:
    """He initialisation of the convolutions under *module* (He et al. 2015, eq. 10); biases zero, norms identity."""
    for child in module.modules():
        if isinstance(child, nn.Conv2d):
            nn.init.kaiming_normal_(child.weight, mode="fan_in", nonlinearity="relu")
        elif isinstance(child, nn.ConvTranspose2d):
            # with stride = kernel every output pixel sees one input pixel of each channel, so that is its fan-in
            taps = math.prod(child.kernel_size) / math.prod(child.stride)
            nn.init.normal_(child.weight, std=math.sqrt(2.0 / (child.in_channels * max(1.0, taps))))
        elif isinstance(child, nn.BatchNorm2d | nn.GroupNorm) and child.affine:
            nn.init.ones_(child.weight)
        else:
            continue
        if isinstance(child.bias, Tensor):
            nn.init.zeros_(child.bias)


def adapted_input_weight(weight: Tensor, in_channels: int) -> Tensor:
    """A first convolution's *weight* ``(O, C, kH, kW)`` made to fit *in_channels* other channels.

    One channel sums the kernels (grey is R = G = B); more repeat them in turn, scaled by ``C / in_channels`` so that
    the response keeps its size.
    """
    have = weight.shape[1]
    if in_channels == have:
        return weight
    if in_channels == 1:
        return weight.sum(dim=1, keepdim=True)
    repeated = weight.repeat(1, math.ceil(in_channels / have), 1, 1)[:, :in_channels]
    return repeated * (have / in_channels)


# --- pyramids ------------------------------------------------------------------------------------------------------


class ImagePooling(nn.Sequential):
    """The mean over the whole image, a 1x1 convolution, spread back to the input's size (DeepLab v3, section 3.3)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *conv_bn_relu(in_channels, out_channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        pooled = x
        for layer in self:
            pooled = layer(pooled)
        # interpolation from one value is a constant, which expand says without the arithmetic
        return pooled.expand(-1, -1, *x.shape[-2:])


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling with batch normalisation (DeepLab v3, section 3.3).

    A 1x1 convolution, one 3x3 convolution for each dilation of *rates* (depthwise separable with *separable*) and, with
    *image_pool*, the image-level mean, each of *out_channels*; concatenated and projected to *out_channels* by 1x1.
    ``convs`` and ``project`` are laid out as torchvision's, so that its weights load by name.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int = 256,
        rates: Sequence[int] = (6, 12, 18),
        *,
        image_pool: bool = True,
        separable: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        branches: list[nn.Module] = [conv_bn_relu(in_channels, out_channels, 1)]
        branches.extend(
            separable_conv(in_channels, out_channels, dilation=rate)
            if separable
            else conv_bn_relu(in_channels, out_channels, 3, dilation=rate)
            for rate in rates
        )
        if image_pool:
            branches.append(ImagePooling(in_channels, out_channels))
        self.convs = nn.ModuleList(branches)
        self.project = conv_bn_relu(len(branches) * out_channels, out_channels, 1)
        if dropout:
            self.project.append(nn.Dropout(dropout))

    def forward(self, x: Tensor) -> Tensor:
        projected: Tensor = self.project(torch.cat([branch(x) for branch in self.convs], dim=1))
        return projected


class PyramidPooling(nn.Module):
    """Pyramid pooling (PSPNet, section 3.2): means over grids of *bins*, a 1x1 convolution each, beside the input.

    Returns ``(N, in_channels + len(bins) * out_channels, H, W)``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, bins: Sequence[int] = (1, 2, 3, 6), *, align_corners: bool = False
    ) -> None:
        super().__init__()
        self.features = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(size), *conv_bn_relu(in_channels, out_channels, 1)) for size in bins
        )
        self.align_corners = align_corners

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        spread = [resize(branch(x), size, align_corners=self.align_corners) for branch in self.features]
        return torch.cat([x, *spread], dim=1)


class SpatialPyramidPooling(nn.Module):
    """Spatial pyramid pooling (He et al. 2014): any ``(N, C, H, W)`` to the fixed ``(N, C * sum(level ** 2))``."""

    def __init__(self, levels: Sequence[int] = (1, 2, 4), *, mode: Literal["max", "mean"] = "max") -> None:
        super().__init__()
        pool = nn.AdaptiveMaxPool2d if mode == "max" else nn.AdaptiveAvgPool2d
        self.pools = nn.ModuleList(pool(level) for level in levels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([pool(x).flatten(1) for pool in self.pools], dim=1)


# --- sizes ---------------------------------------------------------------------------------------------------------


def resize(x: Tensor, size: Sequence[int], *, align_corners: bool = False) -> Tensor:
    """*x* brought to *size* ``(H, W)`` by bilinear interpolation; as it is where it has that size."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size=(size[0], size[1]), mode="bilinear", align_corners=align_corners)


def centre_crop(x: Tensor, size: Sequence[int]) -> Tensor:
    """The middle ``(H, W)`` of *x*; an odd excess leaves the larger part at the lower and right edge."""
    top, left = (x.shape[-2] - size[0]) // 2, (x.shape[-1] - size[1]) // 2
    return x[..., top : top + size[0], left : left + size[1]]


def crop_and_concatenate(skip: Tensor, x: Tensor) -> Tensor:
    """U-Net's skip: the middle of *skip* beside *x*, channels of the skip first."""
    return torch.cat([centre_crop(skip, x.shape[-2:]), x], dim=1)


def mirror_pad(x: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    """*x* continued beyond its edges by reflection at the outer pixels, as often as it takes.

    ``F.pad(mode="reflect")`` refuses pads of the image's size and more, which small images meet.
    """
    rows = _mirrored(int(x.shape[-2]), top, bottom, x.device)
    columns = _mirrored(int(x.shape[-1]), left, right, x.device)
    return x.index_select(-2, rows).index_select(-1, columns)


def _mirrored(length: int, before: int, after: int, device: torch.device) -> Tensor:
    index = torch.arange(-before, length + after, device=device)
    if length == 1:
        return torch.zeros_like(index)
    period = 2 * (length - 1)
    index = index % period
    return torch.minimum(index, period - index)


def downsampling(kind: Down, channels: int) -> nn.Module:
    """A layer that halves height and width and keeps the channels."""
    match kind:
        case "max_pool":
            return nn.MaxPool2d(2)
        case "strided":
            return nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        case "space_to_depth":
            return nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, channels, 1))
    raise OptionError(f"there is no down-sampling called {kind!r}; there are: max_pool, strided, space_to_depth")


def upsampling(kind: Up, in_channels: int, out_channels: int) -> nn.Module:
    """A layer that doubles height and width and maps *in_channels* to *out_channels*."""
    match kind:
        case "transposed":
            return nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        case "nearest":
            return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(in_channels, out_channels, 3, padding=1))
        case "bilinear":
            return nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                nn.Conv2d(in_channels, out_channels, 3, padding=1),
            )
        case "pixel_shuffle":
            return nn.Sequential(nn.Conv2d(in_channels, 4 * out_channels, 1), nn.PixelShuffle(2))
    raise OptionError(
        f"there is no up-sampling called {kind!r}; there are: transposed, nearest, bilinear, pixel_shuffle"
    )


def bilinear_kernel(size: int) -> Tensor:
    """The ``(size, size)`` kernel by which a transposed convolution interpolates bilinearly (FCN, section 3.3)."""
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 else factor - 0.5
    ramp = 1 - (torch.arange(size) - centre).abs() / factor
    return ramp[:, None] * ramp[None, :]


def bilinear_deconvolution(channels: int, size: int, stride: int) -> nn.ConvTranspose2d:
    """A transposed convolution that interpolates each channel by itself and is not trained."""
    layer = nn.ConvTranspose2d(channels, channels, size, stride=stride, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[range(channels), range(channels)] = bilinear_kernel(size).to(layer.weight.device)
    layer.weight.requires_grad_(False)
    return layer


def convolution_from_linear(linear: nn.Linear, channels: int, size: tuple[int, int]) -> nn.Conv2d:
    """A fully connected layer on a flattened ``(channels, *size)`` map as the convolution that equals it there.

    On a larger map the convolution slides (FCN, section 3.1).
    """
    convolution = nn.Conv2d(channels, linear.out_features, size, bias=linear.bias is not None)
    with torch.no_grad():
        convolution.weight.copy_(linear.weight.view(linear.out_features, channels, *size))
        if convolution.bias is not None:
            convolution.bias.copy_(linear.bias)
    return convolution


def check_choice(network: str, option: str, value: Any, choices: Iterable[Any]) -> None:
    """Raise :class:`~segstudio.core.errors.OptionError` unless *value* is one of *choices*."""
    choices = list(choices)
    if value not in choices:
        raise OptionError(f"{network}: {option} must be one of {', '.join(map(str, choices))}, not {value!r}")


def transplant(network: SegmentationNetwork, weights: Mapping[str, Tensor]) -> None:
    """Fill *network* with a classifier's *weights* by its ``official_key``; what it has no place for is left out.

    A fully connected layer fills the convolution that it turns into, and the first convolution is adapted to the
    network's channels. A tensor that fits no way raises ``ValueError``.
    """
    own = network.state_dict()
    with torch.no_grad():
        for key, weight in weights.items():
            name = network.official_key(key)
            if name is None or name not in own:
                continue
            wanted = own[name]
            if weight.ndim == wanted.ndim == 4 and weight.shape[1] != wanted.shape[1] == network.in_channels:
                weight = adapted_input_weight(weight, network.in_channels)
            if weight.numel() != wanted.numel():
                raise ValueError(f"{key} is {tuple(weight.shape)}, {name} is {tuple(wanted.shape)}")
            wanted.copy_(weight.reshape(wanted.shape))
