"""Backbones: the classification networks of torchvision and timm as pyramids of features, with their weights.

An encoder takes ``(N, C, H, W)`` and returns its feature maps from fine to coarse; ``channels`` says how many channels
each has. The children keep the names of the library that the weights come from, so that published checkpoints of
segmentation networks load into them by name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import timm
import torch
import torchvision
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from safetensors.torch import load_file
from torch import Tensor, nn

from segstudio.core.errors import CheckpointError, OptionError
from segstudio.learning.networks.layers import BatchNorm2d, adapted_input_weight, conv_bn_relu, resize

IMAGENET_V1 = "IMAGENET1K_V1"
"""The weights that the papers' networks start from; torchvision's second set was tuned for its classifier."""


# --- published weights ---------------------------------------------------------------------------------------------


@contextmanager
def pretrained_errors(name: str) -> Iterator[None]:
    """Turn a failed download of *name*'s weights inside into one sentence that says what to do."""
    try:
        yield
    except OSError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(
            name,
            f"its pretrained weights cannot be fetched ({reason}); connect to the network once, "
            "or build the network without pretrained weights",
        ) from error


def torchvision_weights(name: str, weights: str = IMAGENET_V1) -> dict[str, Tensor]:
    """The published weights of torchvision's model *name*, downloaded once and kept in torch's cache.

    Raises :class:`~segstudio.core.errors.CheckpointError` where they cannot be fetched.
    """
    with pretrained_errors(name):
        chosen = torchvision.models.get_model_weights(name)[weights]
        state: dict[str, Tensor] = chosen.get_state_dict(progress=False, check_hash=True, weights_only=True)
    return state


def hub_weights(repository: str) -> dict[str, Tensor]:
    """The tensors that *repository* of the Hugging Face hub holds, downloaded once and kept in its cache.

    Raises :class:`~segstudio.core.errors.CheckpointError` where they cannot be fetched.
    """
    with pretrained_errors(repository):
        try:
            return load_file(hf_hub_download(repository, "model.safetensors"))
        except EntryNotFoundError:  # an older release, as a pickle, of which only tensors are read
            path = hf_hub_download(repository, "pytorch_model.bin")
            state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
            return state


def fill(module: nn.Module, state: Mapping[str, Tensor], *, drop: tuple[str, ...] = ()) -> None:
    """Load *state* into *module*; keys that begin with one of *drop* are left out.

    Anything that is missing or left over raises ``RuntimeError``: weights that load only in part train badly, and
    nobody notices.
    """
    missing, unexpected = module.load_state_dict(
        {key: value for key, value in state.items() if not key.startswith(drop)}, strict=False
    )
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise RuntimeError(f"the weights do not fit {type(module).__name__}: missing {missing}, left over {unexpected}")


def renamed(key: str, names: Mapping[str, str]) -> str:
    """*key* with its beginning exchanged as the first entry of *names* that fits says; as it is where none does."""
    for old, new in names.items():
        if key.startswith(old):
            return new + key[len(old) :]
    return key


# --- ResNet --------------------------------------------------------------------------------------------------------


class ResNetEncoder(nn.Module):
    """A ResNet of torchvision as four feature maps of stride 4, 8, 16 and 32 (He et al. 2016, table 1).

    With *output_stride* 16 or 8 the last one or two stages keep their resolution and dilate their 3x3 convolutions
    instead (DeepLab v3, section 3.2), by 2 or by 2 and 4.

    Options where papers differ: *multi_grid* multiplies the dilations of the last stage's blocks in turn (DeepLab v3,
    section 3.1.1). *gradual* gives the convolutions that lose their stride the dilation of the stage before, as
    torchvision and openseg do, so that the strided network's features stand among the dilated network's. *deep_stem*
    replaces the 7x7 convolution by three 3x3 ones of 64, 64 and 128 channels (PSPNet). *caffe* puts the strides on the
    blocks' first 1x1 convolution and rounds the pooled size up, as the first released ResNets did (DeepLab v2).
    """

    def __init__(
        self,
        name: str,
        in_channels: int = 3,
        *,
        output_stride: int = 32,
        multi_grid: Sequence[int] = (1,),
        gradual: bool = False,
        deep_stem: bool = False,
        caffe: bool = False,
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        resnet = torchvision.models.get_model(name, weights=None, norm_layer=BatchNorm2d)
        self.conv1: nn.Module = resnet.conv1
        self.bn1 = resnet.bn1
        self.relu = resnet.relu
        self.maxpool = resnet.maxpool
        self.layer1, self.layer2, self.layer3, self.layer4 = resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4
        expansion = type(resnet.layer1[0]).expansion
        self.channels = tuple(expansion * width for width in (64, 128, 256, 512))
        if deep_stem:
            self._deepen_stem()
        if caffe:
            self._move_strides()
        self._dilate(output_stride, multi_grid, gradual)
        if pretrained:
            fill(self, _deep_stem_weights(name) if deep_stem else torchvision_weights(name), drop=("fc.",))
        if in_channels != 3:
            adapt_first_convolution(self.conv1, in_channels)

    def _deepen_stem(self) -> None:
        self.conv1 = nn.Sequential(
            *conv_bn_relu(3, 64, stride=2), *conv_bn_relu(64, 64), nn.Conv2d(64, 128, 3, padding=1, bias=False)
        )
        self.bn1 = BatchNorm2d(128)
        first = self.layer1[0]
        first.conv1 = _like(first.conv1, in_channels=128)
        # the shallow ResNets' first block adds its input as it is, which the wider stem no longer fits
        width = self.channels[0]
        first.downsample = nn.Sequential(nn.Conv2d(128, width, 1, bias=False), BatchNorm2d(width))

    def _move_strides(self) -> None:
        self.maxpool = nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)
        for stage in (self.layer2, self.layer3, self.layer4):
            first = stage[0]
            if hasattr(first, "conv3"):
                first.conv1.stride, first.conv2.stride = first.conv2.stride, first.conv1.stride

    def _dilate(self, output_stride: int, multi_grid: Sequence[int], gradual: bool) -> None:
        rate = 1
        for stage, stride in ((self.layer3, 16), (self.layer4, 32)):
            before, keep_size = rate, stride > output_stride
            rate *= 2 if keep_size else 1
            grid = multi_grid if stage is self.layer4 else (1,)
            for index, block in enumerate(stage):
                factor = grid[index % len(grid)]
                _dilate_block(block, rate * factor, (before if gradual else rate) * factor, keep_size=keep_size)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        features = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            features.append(x)
        return features


def _deep_stem_weights(name: str) -> dict[str, Tensor]:
    """Published weights of the ResNet *name* with a stem of 64, 64 and 128 channels: timm's, from GluonCV.

    Raises :class:`~segstudio.core.errors.OptionError` where nobody published any.
    """
    if name not in ("resnet50", "resnet101", "resnet152"):
        raise OptionError(f"there are no pretrained weights of {name} with a deep stem; take the plain stem")
    state: dict[str, Tensor] = timm_model(f"{name}s.gluon_in1k", pretrained=True).state_dict()
    return state


def _dilate_block(block: nn.Module, rate: int, strided_rate: int, *, keep_size: bool) -> None:
    """Dilate the 3x3 convolutions of *block* by *rate*, the strided ones by *strided_rate*."""
    for convolution in block.modules():
        if not isinstance(convolution, nn.Conv2d):
            continue
        if convolution.kernel_size == (3, 3):
            dilation = strided_rate if convolution.stride == (2, 2) else rate
            convolution.dilation = convolution.padding = (dilation, dilation)
        if keep_size:
            convolution.stride = (1, 1)


def _like(convolution: nn.Conv2d, *, in_channels: int) -> nn.Conv2d:
    """A new convolution of the same kind for *in_channels*."""
    return nn.Conv2d(
        in_channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]  # always a pair once built
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        convolution.dilation,  # type: ignore[arg-type]
        bias=convolution.bias is not None,
    )


def adapt_first_convolution(module: nn.Module, in_channels: int) -> None:
    """Make the first convolution under *module* take *in_channels*, keeping what its weights have learnt."""
    first = next(child for child in module.modules() if isinstance(child, nn.Conv2d))
    first.weight = nn.Parameter(adapted_input_weight(first.weight.detach(), in_channels).clone())
    first.in_channels = in_channels


# --- VGG -----------------------------------------------------------------------------------------------------------

_VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class DilatedVGG16(nn.Sequential):
    """VGG-16's convolutions at output stride 8, as DeepLab v1 and v2 use them (Chen et al. 2015, section 3.1).

    All pools are 3x3 with a border of one; the last two keep the resolution, and the convolutions of stage 5 are
    dilated by 2. Children are called ``conv1_1`` ... ``pool5``. Returns the outputs of ``pool1`` ... ``pool5`` (strides
    2, 4, 8, 8, 8).
    """

    channels = tuple(width for width, _ in _VGG16)

    def __init__(self, in_channels: int = 3, *, pretrained: bool = False) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        depth = 3
        for stage, (width, count) in enumerate(_VGG16, start=1):
            rate = 2 if stage == 5 else 1
            for index in range(1, count + 1):
                layers[f"conv{stage}_{index}"] = nn.Conv2d(depth, width, 3, padding=rate, dilation=rate)
                layers[f"relu{stage}_{index}"] = nn.ReLU(inplace=True)
                depth = width
            layers[f"pool{stage}"] = nn.MaxPool2d(3, stride=2 if stage <= 3 else 1, padding=1)
        super().__init__(layers)
        for layer in self:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # these have biases
        if pretrained:
            fill(self, vgg16_by_name(torchvision_weights("vgg16")))
        if in_channels != 3:
            adapt_first_convolution(self, in_channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        pooled = []
        for layer in self:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                pooled.append(x)
        return pooled


def vgg16_by_name(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The convolutions of torchvision's ``vgg16`` under their names ``conv1_1`` ... ``conv5_3``."""
    names = [f"conv{stage}_{index}" for stage, (_, count) in enumerate(_VGG16, 1) for index in range(1, count + 1)]
    numbers = [int(key.split(".")[1]) for key in state if key.startswith("features.") and key.endswith(".weight")]
    return {
        f"{name}.{kind}": state[f"features.{number}.{kind}"]
        for name, number in zip(names, sorted(numbers), strict=True)
        for kind in ("weight", "bias")
    }


# --- timm ----------------------------------------------------------------------------------------------------------


def timm_model(name: str, *, pretrained: bool, **options: Any) -> Any:
    """timm's model *name* with its published weights where *pretrained*.

    Raises :class:`~segstudio.core.errors.CheckpointError` where they cannot be fetched.
    """
    with pretrained_errors(name):
        return timm.create_model(name, pretrained=pretrained, **options)


class XceptionEncoder(nn.Module):
    """The modified aligned Xception of DeepLab v3+ (Chen et al. 2018, figure 4): timm's ``xception65``.

    Returns two maps: the features of stride 4 that the decoder joins, and the last at *output_stride*. The fine ones
    leave the entry flow after its first block (128 channels), or with *before_stride* inside its second block just
    before the stride (256 channels), where the authors' release takes them.
    """

    def __init__(
        self, in_channels: int = 3, *, output_stride: int = 16, before_stride: bool = False, pretrained: bool = False
    ) -> None:
        super().__init__()
        xception = timm_model(
            "xception65.tf_in1k",
            pretrained=pretrained,
            in_chans=in_channels,
            output_stride=output_stride,
            num_classes=0,
            global_pool="",
        )
        self.stem, self.blocks, self.act = xception.stem, xception.blocks, xception.act
        self.before_stride = before_stride
        self.channels = (256 if before_stride else 128, 2048)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.blocks[0](self.stem(x))
        fine = x
        x, tap = self.blocks[1].forward_with_tap(x)
        if self.before_stride:
            fine = tap
        for block in self.blocks[2:]:
            x = block(x)
        return [fine, self.act(x)]


DINO = {
    "dinov2_small": "vit_small_patch14_dinov2.lvd142m",
    "dinov2_base": "vit_base_patch14_dinov2.lvd142m",
    "dinov2_large": "vit_large_patch14_dinov2.lvd142m",
    "dinov2_small_reg": "vit_small_patch14_reg4_dinov2.lvd142m",
    "dinov2_base_reg": "vit_base_patch14_reg4_dinov2.lvd142m",
    "dinov2_large_reg": "vit_large_patch14_reg4_dinov2.lvd142m",
    "dinov3_small": "vit_small_patch16_dinov3.lvd1689m",
    "dinov3_base": "vit_base_patch16_dinov3.lvd1689m",
    "dinov3_large": "vit_large_patch16_dinov3.lvd1689m",
}
"""Vision transformers that learnt without labels (Oquab et al. 2024, Siméoni et al. 2025), by their names in timm."""


def dino_model(name: str, in_channels: int = 3, *, pretrained: bool = False) -> Any:
    """timm's vision transformer for one of :data:`DINO`, for images of any multiple of its patches' size."""
    return timm_model(DINO[name], pretrained=pretrained, in_chans=in_channels, num_classes=0, dynamic_img_size=True)


class HierarchicalEncoder(nn.Module):
    """A ConvNeXt or Swin transformer of timm as four maps of stride 4, 8, 16 and 32, each with a layer normalisation.

    Swin's windows keep their size on any image, padded where they do not fit.
    """

    def __init__(self, name: str, in_channels: int = 3, *, pretrained: bool = False) -> None:
        super().__init__()
        windows = {"strict_img_size": False, "always_partition": True} if name.startswith("swin") else {}
        self.model = timm_model(
            name, pretrained=pretrained, in_chans=in_channels, features_only=True, drop_path_rate=0.1, **windows
        )
        self.channels = tuple(self.model.feature_info.channels())
        self.channels_last = name.startswith("swin")
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for channels in self.channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = self.model(x)
        if not self.channels_last:
            features = [maps.permute(0, 2, 3, 1) for maps in features]
        return [norm(maps).permute(0, 3, 1, 2) for norm, maps in zip(self.norms, features, strict=True)]


class HRNetEncoder(nn.Module):
    """timm's HRNet as its four parallel branches of stride 4, 8, 16, 32 and width W, 2W, 4W, 8W (Wang et al. 2020).

    Branches exchange by bilinear interpolation with aligned corners, as the published segmentation networks were
    trained, where timm's classifiers use the nearest value. With *finest_only* the last exchange makes the branch of
    stride 4 alone.
    """

    def __init__(self, name: str, in_channels: int = 3, *, finest_only: bool = False, pretrained: bool = False) -> None:
        super().__init__()
        self.hrnet = timm_model(
            name,
            pretrained=pretrained,
            in_chans=in_channels,
            features_only=True,
            feature_location="",
            out_indices=(1, 2, 3, 4),
        )
        self.channels = tuple(self.hrnet.feature_info.channels())
        if finest_only:
            self.channels = self.channels[:1]
            last = self.hrnet.stage4[-1]
            last.fuse_layers = last.fuse_layers[:1]
        for exchange in self._exchanges():
            for row in exchange.fuse_layers:
                for path in row:
                    if isinstance(path, nn.Sequential) and isinstance(path[-1], nn.Upsample):
                        path[-1] = nn.Identity()  # forward interpolates, by size

    def _exchanges(self) -> Iterator[Any]:
        for stage in (self.hrnet.stage2, self.hrnet.stage3, self.hrnet.stage4):
            yield from stage

    def forward(self, x: Tensor) -> list[Tensor]:
        net = self.hrnet
        x = net.act1(net.bn1(net.conv1(x)))
        x = net.layer1(net.act2(net.bn2(net.conv2(x))))
        branches = [transition(x) for transition in net.transition1]
        for stage, transitions in ((net.stage2, net.transition2), (net.stage3, net.transition3), (net.stage4, ())):
            for exchange in stage:
                branches = _exchanged(exchange, branches)
            # the coarsest branch begets the next one; the others go on as they are
            branches.extend(branches[-1:] if len(transitions) > len(branches) else [])
            for index, transition in enumerate(transitions):
                branches[index] = transition(branches[index])
        return branches


def _exchanged(exchange: Any, branches: list[Tensor]) -> list[Tensor]:
    """One module of HRNet: each branch's blocks, then each branch as the sum over all branches at its size."""
    branches = [blocks(x) for blocks, x in zip(exchange.branches, branches, strict=True)]
    fused = []
    for row, own in zip(exchange.fuse_layers, branches, strict=False):
        total: Tensor | None = None
        for path, x in zip(row, branches, strict=True):
            y = resize(path(x), own.shape[-2:], align_corners=True)
            total = y if total is None else total + y
        fused.append(exchange.fuse_act(total))
    return fused


def check_multi_grid(network: str, multi_grid: Sequence[int]) -> None:
    """Raise :class:`~segstudio.core.errors.OptionError` unless *multi_grid* holds positive whole numbers."""
    if not multi_grid or any(not isinstance(rate, int) or rate < 1 for rate in multi_grid):
        raise OptionError(f"{network}: multi_grid must be a list of positive whole numbers, not {multi_grid!r}")
