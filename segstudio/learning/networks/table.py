"""The table of networks: names, papers, backbones, options and when to pick each, without loading torch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from segstudio.core.errors import OptionError
from segstudio.core.registry import Registry


@dataclass(frozen=True)
class NetworkEntry:
    """One line of the table."""

    name: str
    title: str
    """As the field writes it: ``"U-Net++"``."""
    paper: str
    """First author, title, venue."""
    year: int
    pick: str
    """One sentence: when to pick it."""
    module: str
    """Where its factory stands; imported when the network is built."""
    factory: str = "build"
    task: Literal["semantic", "saliency", "instance"] = "semantic"
    backbones: tuple[str, ...] = ()
    """Names that ``backbone=`` takes, the default first; empty where the paper has no exchangeable backbone."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Keyword options beyond the common ones, each with what it means and its default, for people."""

    def choose_backbone(self, backbone: str | None) -> str | None:
        if backbone is None:
            return self.backbones[0] if self.backbones else None
        if backbone not in self.backbones:
            has = "its backbones are " + ", ".join(self.backbones) if self.backbones else "it has no other backbone"
            near = difflib.get_close_matches(backbone, self.backbones, n=1)
            raise OptionError(
                f"{self.name} has no backbone {backbone!r}; {f'did you mean {near[0]!r}?' if near else has}"
            )
        return backbone

    def check_options(self, options: Iterable[str]) -> None:
        for option in options:
            if option not in self.options:
                has = "its options are " + ", ".join(self.options) if self.options else "it has none"
                raise OptionError(f"{self.name} has no option {option!r}; {has}")


_FCN_SKIP_OPTIONS = {
    "width": "channels of the first level; 64, which pretrained weights need",
    "fc_width": "channels of fc6 and fc7; 4096, which pretrained weights need",
    "dropout": "share of values dropped after fc6 and fc7; 0.5",
    "at_once": "damp the finer poolings, to train without a coarser network's weights first; False",
}

NETWORKS: Registry[NetworkEntry] = Registry(
    "network",
    [
        NetworkEntry(
            name="unet",
            title="U-Net",
            paper="Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI",
            year=2015,
            pick="The first choice for small data sets and for microscopy and medical images.",
            module="segstudio.learning.networks.unet",
            options={
                "valid": "unpadded convolutions as published, 572 to 388 pixels; False",
                "width": "channels of the first level; 64",
                "depth": "how often the image is halved; 4",
                "batch_norm": "batch normalisation after each convolution; False",
                "down": "max_pool, strided or space_to_depth; max_pool",
                "up": "transposed, nearest, bilinear or pixel_shuffle; transposed",
                "dropout": "share of values dropped at the bottom; 0",
            },
        ),
        NetworkEntry(
            name="unetpp",
            title="U-Net++",
            paper="Zhou, Siddiquee, Tajbakhsh, Liang: UNet++: A Nested U-Net Architecture, DLMIA",
            year=2018,
            pick="As U-Net, where one training should give a fast small and an exact large network: it can be pruned.",
            module="segstudio.learning.networks.unetpp",
            options={
                "deep_supervision": "a head at every level, which pruning needs; False",
                "width": "channels of the first level; 32",
                "level": "1 to 4, how many levels exist; 4",
                "dropout": "share of values dropped after each convolution; 0",
            },
        ),
        NetworkEntry(
            name="unet3p",
            title="U-Net 3+",
            paper="Huang, Lin, Tong, Hu, Zhang, Iwamoto, Han, Chen, Wu: UNet 3+, ICASSP",
            year=2020,
            pick="Organs and structures of very different sizes, where time does not matter: the costliest U-Net.",
            module="segstudio.learning.networks.unet3p",
            options={
                "deep_supervision": "a head at every level; False",
                "cgm": "the classification-guided module, for images that may show nothing; False",
                "width": "channels of the first level; 64",
            },
        ),
        NetworkEntry(
            name="u2net",
            title="U²-Net",
            paper="Qin, Zhang, Huang, Dehghan, Zaiane, Jagersand: U²-Net, Pattern Recognition",
            year=2020,
            pick="Cutting one salient object from its background with fine edges, trained without a backbone.",
            module="segstudio.learning.networks.u2net",
            task="saliency",
        ),
        NetworkEntry(
            name="u2netp",
            title="U²-Net-p",
            paper="Qin, Zhang, Huang, Dehghan, Zaiane, Jagersand: U²-Net, Pattern Recognition",
            year=2020,
            pick="As U²-Net in a twentieth of its size: quick trainings and files of 5 MB.",
            module="segstudio.learning.networks.u2net",
            factory="build_small",
            task="saliency",
        ),
        NetworkEntry(
            name="segnet",
            title="SegNet",
            paper="Badrinarayanan, Kendall, Cipolla: SegNet, TPAMI",
            year=2017,
            pick="Street scenes where memory is short: it keeps the places of maxima instead of whole feature maps.",
            module="segstudio.learning.networks.segnet",
            backbones=("vgg16_bn",),
            options={"width": "channels of the first level; 64, which pretrained weights need"},
        ),
        NetworkEntry(
            name="fcn32s",
            title="FCN-32s",
            paper="Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation, CVPR",
            year=2015,
            pick="The plainest of all, for teaching and for comparison: coarse outlines.",
            module="segstudio.learning.networks.fcn",
            factory="build_32s",
            backbones=("vgg16", "alexnet", "caffenet", "googlenet"),
            options={
                "width": "channels of vgg16's first level; 64, which pretrained weights need",
                "fc_width": "channels of vgg16's fc6 and fc7; 4096, which pretrained weights need",
                "dropout": "share of values dropped after fc6 and fc7; 0.5",
            },
        ),
        NetworkEntry(
            name="fcn16s",
            title="FCN-16s",
            paper="Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation, CVPR",
            year=2015,
            pick="For comparison with FCN-32s: the first skip.",
            module="segstudio.learning.networks.fcn",
            factory="build_16s",
            backbones=("vgg16",),
            options=_FCN_SKIP_OPTIONS,
        ),
        NetworkEntry(
            name="fcn8s",
            title="FCN-8s",
            paper="Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation, CVPR",
            year=2015,
            pick="The FCN to pick where an FCN is asked for: two skips, the finest outlines of the three.",
            module="segstudio.learning.networks.fcn",
            factory="build_8s",
            backbones=("vgg16",),
            options=_FCN_SKIP_OPTIONS,
        ),
        NetworkEntry(
            name="deeplabv1",
            title="DeepLab v1",
            paper="Chen, Papandreou, Kokkinos, Murphy, Yuille: Semantic Image Segmentation with Deep Convolutional "
            "Nets and Fully Connected CRFs, ICLR",
            year=2015,
            pick="To study dilated convolutions at their start; pair it with the dense CRF, as its paper does.",
            module="segstudio.learning.networks.deeplabv1",
            backbones=("vgg16",),
            options={"multi_scale": "branches on the image and the first four pools (MSc-LargeFOV); False"},
        ),
        NetworkEntry(
            name="deeplabv2",
            title="DeepLab v2",
            paper="Chen, Papandreou, Kokkinos, Murphy, Yuille: DeepLab: Semantic Image Segmentation with Deep "
            "Convolutional Nets, Atrous Convolution, and Fully Connected CRFs, TPAMI",
            year=2018,
            pick="To follow work on weak labels (scribbles, boxes, tags), much of which builds on it.",
            module="segstudio.learning.networks.deeplabv2",
            backbones=("resnet101", "resnet18", "resnet34", "resnet50", "vgg16"),
            options={
                "rates": "dilations of the summed branches; (6, 12, 18, 24)",
                "multi_scale": "the maximum over the image at three sizes, each supervised; False",
            },
        ),
        NetworkEntry(
            name="deeplabv3",
            title="DeepLab v3",
            paper="Chen, Papandreou, Schroff, Adam: Rethinking Atrous Convolution for Semantic Image Segmentation, "
            "arXiv",
            year=2017,
            pick="To start from torchvision's weights, trained on COCO; else DeepLab v3+ is sharper at edges.",
            module="segstudio.learning.networks.deeplabv3",
            backbones=("resnet101", "resnet18", "resnet34", "resnet50"),
            options={
                "variant": "paper, or torchvision so that its checkpoints load; paper",
                "output_stride": "16 or 8; 16 as in the paper, 8 as in torchvision",
                "multi_grid": "factors of the dilations in the last stage; (1, 2, 4), none in torchvision",
                "aux": "an auxiliary head on the third stage; as the variant has it",
            },
        ),
        NetworkEntry(
            name="deeplabv3plus",
            title="DeepLab v3+",
            paper="Chen, Zhu, Papandreou, Schroff, Adam: Encoder-Decoder with Atrous Separable Convolution for "
            "Semantic Image Segmentation, ECCV",
            year=2018,
            pick="The first choice for photographs: strong, quick to train from pretrained weights, sharp at edges.",
            module="segstudio.learning.networks.deeplabv3plus",
            backbones=("resnet101", "resnet18", "resnet34", "resnet50", "xception65"),
            options={
                "output_stride": "16, or 8 for finer features at four times the work; 16",
                "multi_grid": "factors of the dilations in a ResNet's last stage; (1, 2, 4)",
                "separable": "depthwise separable convolutions in pyramid and decoder; False",
                "decoder_convolutions": "3x3 convolutions of the decoder: 1, 2 or 3; 2",
            },
        ),
        NetworkEntry(
            name="refinenet",
            title="RefineNet",
            paper="Lin, Milan, Shen, Reid: RefineNet: Multi-Path Refinement Networks for High-Resolution Semantic "
            "Segmentation, CVPR",
            year=2017,
            pick="When fine structures matter and memory allows: a heavy decoder over all stages, without dilation.",
            module="segstudio.learning.networks.refinenet",
            backbones=("resnet101", "resnet18", "resnet34", "resnet50"),
            options={"width": "channels of the paths, twice that in the coarsest; 256"},
        ),
        NetworkEntry(
            name="pspnet",
            title="PSPNet",
            paper="Zhao, Shi, Qi, Wang, Jia: Pyramid Scene Parsing Network, CVPR",
            year=2017,
            pick="For scenes in which the surroundings tell what a thing is: it looks at the whole image.",
            module="segstudio.learning.networks.pspnet",
            backbones=("resnet101", "resnet18", "resnet34", "resnet50"),
            options={
                "stem": "deep, three 3x3 convolutions as in the paper, or plain as in torchvision; deep",
                "bins": "cells a side of the pyramid's levels; (1, 2, 3, 6)",
                "dropout": "share of channels dropped before the scores; 0.1",
            },
        ),
        NetworkEntry(
            name="hrnet",
            title="HRNet",
            paper="Wang, Sun, Cheng et al.: Deep High-Resolution Representation Learning for Visual Recognition, TPAMI",
            year=2020,
            pick="For thin and small things, such as poles, vessels or landmarks: it never gives up resolution.",
            module="segstudio.learning.networks.hrnet",
            backbones=("hrnet_w48", "hrnet_w18", "hrnet_w32"),
            options={"head": "v1 (finest branch), v2 (all four) or v2p (a pyramid of them); v2"},
        ),
        NetworkEntry(
            name="ocrnet",
            title="OCRNet",
            paper="Yuan, Chen, Wang: Object-Contextual Representations for Semantic Segmentation, ECCV",
            year=2020,
            pick="For street and indoor scenes with many classes, where the highest accuracy is worth the time.",
            module="segstudio.learning.networks.ocrnet",
            backbones=("hrnet_w48", "hrnet_w18", "hrnet_w32", "resnet101", "resnet18", "resnet34", "resnet50"),
            options={"deep_stem": "three 3x3 convolutions in front of a ResNet; False"},
        ),
        NetworkEntry(
            name="upernet",
            title="UPerNet",
            paper="Xiao, Liu, Zhou, Jiang, Sun: Unified Perceptual Parsing for Scene Understanding, ECCV",
            year=2018,
            pick="For the highest accuracy on photographs with a strong backbone (ConvNeXt, Swin) and a GPU.",
            module="segstudio.learning.networks.upernet",
            backbones=(
                "convnext_tiny",
                "convnext_small",
                "convnext_base",
                "swin_tiny",
                "swin_small",
                "swin_base",
            ),
            options={"width": "channels of the decoder; 512"},
        ),
        NetworkEntry(
            name="maskrcnn",
            title="Mask R-CNN",
            paper="He, Gkioxari, Dollár, Girshick: Mask R-CNN, ICCV",
            year=2017,
            pick="When single objects count: it tells touching things of one class apart.",
            module="segstudio.learning.networks.maskrcnn",
            task="instance",
            backbones=("resnet50", "resnet18", "resnet34", "resnet101"),
            options={
                "variant": "v1, or v2 with torchvision's newer heads; v1",
                "frozen_norm": "keep the backbone's batch normalisation as loaded, for small batches; False",
                "short_side": "resize images to this many pixels, 800 in the paper, 0 not at all; 0",
                "proposals": "how many places of an image are looked at; 1000",
                "max_objects": "how many objects an image can have; 100",
            },
        ),
        NetworkEntry(
            name="bisenetv2",
            title="BiSeNet V2",
            paper="Yu, Gao, Wang, Yu, Shen, Sang: BiSeNet V2: Bilateral Network with Guided Aggregation for Real-time "
            "Semantic Segmentation, IJCV",
            year=2021,
            pick="For video and live prediction: small, fast, and trained from nothing, on any number of channels.",
            module="segstudio.learning.networks.bisenetv2",
            options={
                "width": "channels before the scores; 1024",
                "boosters": "a further head on each stage while training; True",
            },
        ),
        NetworkEntry(
            name="lraspp",
            title="LR-ASPP",
            paper="Howard, Sandler, Chu et al.: Searching for MobileNetV3, ICCV",
            year=2019,
            pick="The lightest: predicts at once on a laptop without a GPU.",
            module="segstudio.learning.networks.lraspp",
            backbones=("mobilenet_v3_large",),
        ),
        NetworkEntry(
            name="segformer",
            title="SegFormer",
            paper="Xie, Wang, Yu, Anandkumar, Alvarez, Luo: SegFormer: Simple and Efficient Design for Semantic "
            "Segmentation with Transformers, NeurIPS",
            year=2021,
            pick="A small, accurate transformer; NVIDIA's pretrained weights are for research and evaluation only.",
            module="segstudio.learning.networks.segformer",
            backbones=("mit_b0", "mit_b1", "mit_b2", "mit_b3", "mit_b4", "mit_b5"),
        ),
        NetworkEntry(
            name="dinolinear",
            title="DINO + linear head",
            paper="Oquab, Darcet, Moutakanni et al.: DINOv2: Learning Robust Visual Features without Supervision, TMLR",
            year=2024,
            pick="For few labelled images: only a thin layer on pretrained features learns, within seconds or minutes.",
            module="segstudio.learning.networks.dinolinear",
            backbones=(
                "dinov2_small",
                "dinov2_base",
                "dinov2_large",
                "dinov2_small_reg",
                "dinov2_base_reg",
                "dinov2_large_reg",
                "dinov3_small",
                "dinov3_base",
                "dinov3_large",
            ),
            options={
                "layers": "how many of the last blocks the head sees; 4",
                "frozen": "leave the backbone as it is; True",
            },
        ),
        NetworkEntry(
            name="eomt",
            title="EoMT",
            paper="Kerssies, Cavagnero, Hermans et al.: Your ViT is Secretly an Image Segmentation Model, CVPR",
            year=2025,
            pick="The most accurate today, for pretrained transformers and a large GPU.",
            module="segstudio.learning.networks.eomt",
            backbones=(
                "dinov2_small",
                "dinov2_base",
                "dinov2_large",
                "dinov2_small_reg",
                "dinov2_base_reg",
                "dinov2_large_reg",
            ),
            options={"blocks": "how many of the last blocks hold the queries; 3"},
        ),
    ],
    group="segstudio.networks",
)
