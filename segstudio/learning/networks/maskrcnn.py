"""Mask R-CNN: He, Gkioxari, Dollár, Girshick, "Mask R-CNN", ICCV 2017, on the feature pyramid of torchvision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
import torchvision
from numpy.typing import ArrayLike
from scipy import ndimage
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN as Detector
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FrozenBatchNorm2d

from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.encoders import adapt_first_convolution, fill, torchvision_weights
from segstudio.learning.networks.layers import BatchNorm2d, check_choice

Variant = Literal["v1", "v2"]
InstanceTarget = dict[str, Tensor]
"""What one image teaches: ``boxes`` (M, 4) float32 x0, y0, x1, y1 with x1 and y1 exclusive, ``labels`` (M,) int64 from
1, and ``masks`` (M, H, W) uint8."""

_CERTAIN = 1e-4
"""Probabilities in semantic logits stay this far from 0."""
_LONGER_SIDE = 1333 / 800


class Instances(NamedTuple):
    """The objects found in one image, most certain first."""

    boxes: Tensor
    """``(M, 4)`` float32: x0, y0, x1, y1 in pixels of the image."""
    labels: Tensor
    """``(M,)`` int64: the channel of the class, from 1; with a single channel always 1."""
    scores: Tensor
    """``(M,)`` float32 in [0, 1]."""
    masks: Tensor
    """``(M, H, W)`` float32: the probability that a pixel belongs to the object; 0 outside its box."""


class MaskRCNN(SegmentationNetwork):
    """torchvision's Mask R-CNN, trained on instances and read as instances or as classes.

    Channel 0 is the background; with a single channel that is the foreground's logit. :meth:`forward` merges the found
    objects into semantic logits, so that prediction, cleaning and evaluation work as with any network. Training goes
    through :meth:`instance_targets` and :meth:`instance_loss`.
    """

    task = "instance"

    def __init__(self, num_classes: int, in_channels: int, detector: Detector) -> None:
        super().__init__(num_classes, in_channels)
        self.detector = detector
        self.score_threshold = 0.5
        """Objects less certain than this are left out of the semantic logits."""

    def instance_targets(self, labels: ArrayLike | Tensor, segments: Mapping[int, int]) -> InstanceTarget:
        """What the label map *labels* ``(H, W)`` teaches; see :func:`instance_targets`."""
        return instance_targets(labels, segments, num_classes=max(2, self.num_classes))

    def instance_loss(self, images: Tensor | Sequence[Tensor], targets: Sequence[InstanceTarget]) -> Tensor:
        """The sum of the losses of proposals, classes, boxes and masks (section 3, L = L_cls + L_box + L_mask).

        *images* are ``(N, C, H, W)``, or N images ``(C, H, W)`` of any sizes; there is one target for each. Works in
        eval mode too, for validation.
        """
        moved = [{name: value.to(images[0].device) for name, value in target.items()} for target in targets]
        with _training(self.detector, True):
            batch, resized = self.detector.transform(list(images), moved)
            features = self._features(batch)
            with torch.autocast(batch.tensors.device.type, enabled=False):
                proposals, first = self.detector.rpn(batch, features, resized)
                _, second = self.detector.roi_heads(features, proposals, batch.image_sizes, resized)
        return torch.stack([*first.values(), *second.values()]).sum()

    def instances(self, images: Tensor | Sequence[Tensor]) -> list[Instances]:
        """The objects in each of *images*, ``(N, C, H, W)`` or N images ``(C, H, W)`` of any sizes."""
        sizes = [(int(image.shape[-2]), int(image.shape[-1])) for image in images]
        with _training(self.detector, False):
            batch, _ = self.detector.transform(list(images))
            features = self._features(batch)
            with torch.autocast(batch.tensors.device.type, enabled=False):
                proposals, _ = self.detector.rpn(batch, features)
                found, _ = self.detector.roi_heads(features, proposals, batch.image_sizes)
                found = self.detector.transform.postprocess(found, batch.image_sizes, sizes)
        return [Instances(f["boxes"], f["labels"], f["scores"], f["masks"][:, 0]) for f in found]

    def _features(self, batch: ImageList) -> dict[str, Tensor]:
        # proposals and boxes need more than the 8 bits of bfloat16
        return {name: maps.float() for name, maps in self.detector.backbone(batch.tensors).items()}

    def segment(self, x: Tensor) -> NetworkOutput:
        threshold = 0.0 if self.training else self.score_threshold
        maps = [semantic_logits(found, self.num_classes, x.shape[-2:], threshold) for found in self.instances(x)]
        return NetworkOutput(torch.stack(maps))

    def backbone_parameters(self) -> list[nn.Parameter]:
        return list(self.detector.backbone.body.parameters())

    def official_key(self, key: str) -> str | None:
        """Names of torchvision."""
        if key.startswith(("backbone.", "rpn.", "roi_heads.")):
            return f"detector.{key}"
        return key


@contextmanager
def _training(detector: Detector, on: bool) -> Iterator[None]:
    """Let the parts that sample proposals learn or predict, whatever the mode of their layers is."""
    parts = (detector.transform, detector.rpn, detector.roi_heads)
    before = [part.training for part in parts]
    threshold = detector.roi_heads.score_thresh
    try:
        if any(before) and not on:
            detector.roi_heads.score_thresh = 0.0  # an untrained network finds something, from which gradients flow
        for part in parts:
            part.training = on
        yield
    finally:
        detector.roi_heads.score_thresh = threshold
        for part, mode in zip(parts, before, strict=True):
            part.training = mode


def semantic_logits(found: Instances, num_classes: int, size: Sequence[int], threshold: float) -> Tensor:
    """Logits ``(num_classes, *size)`` of a map in which each pixel takes the class of its most certain object.

    The evidence of a class is the largest product of score and mask among its objects, that of the background what the
    strongest mask leaves over; logits are their logarithms, so a map without objects is background. Objects with a
    score below *threshold* do not count.
    """
    kept = found.scores >= threshold
    masks, labels = found.masks[kept], found.labels[kept]
    weighted = masks * found.scores[kept, None, None]
    nothing = found.masks.new_zeros((1, int(size[0]), int(size[1])))
    covered = torch.cat([nothing, masks]).amax(0)
    objects = [torch.cat([nothing, weighted[labels == label]]).amax(0) for label in range(1, max(2, num_classes))]
    logits = torch.stack([1 - covered, *objects]).clamp(min=_CERTAIN).log()
    return logits if num_classes > 1 else logits[1:] - logits[:1]


def instance_targets(labels: ArrayLike | Tensor, segments: Mapping[int, int], *, num_classes: int) -> InstanceTarget:
    """The objects of a label map ``(H, W)`` of segment ids.

    An id from 256 up is one object, whose class (a channel, 0 .. num_classes - 1) stands in *segments*. Pixels that
    carry only a class, 1 .. 254, are one object for each connected region. Class 0, the background, and 255,
    unlabelled, are no objects.

    Raises :class:`~segstudio.core.errors.AnnotationError` for an instance without a class and for a class out of range.
    """
    ids = np.asarray(labels.cpu() if isinstance(labels, Tensor) else labels).astype(np.int64)
    masks: list[np.ndarray[Any, np.dtype[np.bool_]]] = []
    classes: list[int] = []
    for value in np.unique(ids).tolist():
        if value == UNLABELLED:
            continue
        if value >= FIRST_INSTANCE and value not in segments:
            raise AnnotationError(f"instance {value} has no class")
        label = segments[value] if value >= FIRST_INSTANCE else value
        if not 0 <= label < num_classes:
            raise AnnotationError(f"class {label} is not one of the {num_classes} classes to learn")
        if label == 0:
            continue
        parts = [ids == value] if value >= FIRST_INSTANCE else _regions(ids == value)
        masks.extend(parts)
        classes.extend([label] * len(parts))
    stacked = np.stack(masks) if masks else np.zeros((0, *ids.shape), bool)
    boxes = np.array([_box(mask) for mask in masks], np.float32).reshape(-1, 4)
    return {
        "boxes": torch.from_numpy(boxes),
        "labels": torch.tensor(classes, dtype=torch.int64),
        "masks": torch.from_numpy(stacked.astype(np.uint8)),
    }


def _regions(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[np.ndarray[Any, np.dtype[np.bool_]]]:
    numbered, count = ndimage.label(mask, structure=np.ones((3, 3)))
    return [numbered == number for number in range(1, count + 1)]


def _box(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


class _OwnSize(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """Leaves images at their size."""

    def resize(self, image: Tensor, target: InstanceTarget | None = None) -> tuple[Tensor, InstanceTarget | None]:
        return image, target


def build(
    num_classes: int,
    in_channels: int = 3,
    *,
    backbone: str | None = "resnet50",
    pretrained: bool = False,
    variant: Variant = "v1",
    frozen_norm: bool = False,
    short_side: int = 0,
    proposals: int = 1000,
    max_objects: int = 100,
) -> MaskRCNN:
    """Mask R-CNN with torchvision's feature pyramid on a ResNet.

    *variant* ``"v2"`` has torchvision's newer heads (Li et al. 2021). *frozen_norm* keeps the backbone's batch
    normalisation as it is loaded, as the paper does; take it with pretrained weights and small batches. *short_side*
    enlarges or shrinks images to that many pixels (800 in the paper); 0 leaves them, so that an object has one size in
    crops, tiles and whole images. Images come normalised, as for every network. Of each image the best *proposals* are
    looked at (twice as many in training), and at most *max_objects* are found.

    Raises :class:`~segstudio.core.errors.OptionError` for an unknown *variant* and for numbers below those that make
    sense.
    """
    check_choice("maskrcnn", "variant", variant, ("v1", "v2"))
    for option, value, least in (
        ("short_side", short_side, 0),
        ("proposals", proposals, 1),
        ("max_objects", max_objects, 1),
    ):
        if not isinstance(value, int) or value < least:
            raise OptionError(f"maskrcnn: {option} must be a whole number from {least} up, not {value!r}")
    body = _body(backbone or "resnet50", in_channels, frozen_norm=frozen_norm, pretrained=pretrained)
    limits = {
        "rpn_pre_nms_top_n_train": 2 * proposals,
        "rpn_post_nms_top_n_train": 2 * proposals,
        "rpn_pre_nms_top_n_test": proposals,
        "rpn_post_nms_top_n_test": proposals,
        "box_detections_per_img": max_objects,
    }
    detector = _detector(body, max(2, num_classes), variant, limits)
    mean, std = [0.0] * in_channels, [1.0] * in_channels
    if short_side:
        longest = round(short_side * _LONGER_SIDE)
        detector.transform = GeneralizedRCNNTransform(short_side, longest, mean, std)
    else:
        detector.transform = _OwnSize(0, 0, mean, std)
    return MaskRCNN(num_classes, in_channels, detector)


def _body(name: str, in_channels: int, *, frozen_norm: bool, pretrained: bool) -> nn.Module:
    norm = FrozenBatchNorm2d if frozen_norm else BatchNorm2d
    body: nn.Module = torchvision.models.get_model(name, weights=None, norm_layer=norm)
    body.fc = nn.Identity()
    if pretrained:
        state = torchvision_weights(name)
        counters = [key for key in state if key.endswith("num_batches_tracked")]
        fill(body, state, drop=("fc.", *counters))
    if in_channels != 3:
        adapt_first_convolution(body, in_channels)
    return body


def _detector(body: Any, num_classes: int, variant: Variant, limits: Mapping[str, int]) -> Detector:
    widths = [
        stage[-1].conv3.out_channels if hasattr(stage[-1], "conv3") else stage[-1].conv2.out_channels
        for stage in (body.layer1, body.layer2, body.layer3, body.layer4)
    ]
    stages = {f"layer{number}": str(number - 1) for number in range(1, 5)}
    norm = BatchNorm2d if variant == "v2" else None
    pyramid = BackboneWithFPN(body, stages, widths, 256, norm_layer=norm)
    if variant == "v1":
        return Detector(pyramid, num_classes, **limits)
    anchors = AnchorGenerator(((32,), (64,), (128,), (256,), (512,)), ((0.5, 1.0, 2.0),) * 5)
    return Detector(
        pyramid,
        num_classes,
        rpn_anchor_generator=anchors,
        rpn_head=RPNHead(256, anchors.num_anchors_per_location()[0], conv_depth=2),
        box_head=FastRCNNConvFCHead((256, 7, 7), [256] * 4, [1024], norm_layer=norm),
        mask_head=MaskRCNNHeads(256, [256] * 4, 1, norm_layer=norm),
        **limits,
    )
