"""Teaching networks that find objects: from the classes and objects of a batch to the network's own losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.labels import FIRST_INSTANCE
from segstudio.learning.loader import Batch
from segstudio.learning.networks.base import SegmentationNetwork

if TYPE_CHECKING:
    from segstudio.learning.networks.maskrcnn import InstanceTarget


class InstanceNetwork(Protocol):
    """A network whose task is ``"instance"``."""

    def instance_targets(self, labels: NDArray[np.int64], segments: dict[int, int]) -> InstanceTarget:
        """What a map of channels and objects teaches."""

    def instance_loss(self, images: Tensor, targets: list[InstanceTarget]) -> Tensor:
        """The sum of the network's losses."""


def instance_loss(network: SegmentationNetwork, batch: Batch) -> Tensor:
    """The loss of *network*, whose task is ``"instance"``, on *batch*.

    The objects are those of ``batch.objects``; labelled pixels without one are an object for each connected region of
    their class. What is unlabelled holds no object.
    """
    learner = cast("InstanceNetwork", network)
    channels = batch.target.cpu().numpy()
    objects = np.zeros_like(channels) if batch.objects is None else batch.objects.numpy()
    maps = [segment_map(*pair) for pair in zip(channels, objects, strict=True)]
    return learner.instance_loss(batch.images, [learner.instance_targets(*found) for found in maps])


def segment_map(
    channels: NDArray[np.integer], objects: NDArray[np.integer]
) -> tuple[NDArray[np.int64], dict[int, int]]:
    """*channels* ``(H, W)``, 255 = unlabelled, and *objects* ``(H, W)``, 0 = none, as one map of segment ids.

    An object has the channel of most of its pixels. The second part is the channel of each object.
    """
    ids = np.where(objects >= FIRST_INSTANCE, objects, channels).astype(np.int64)
    table = {
        int(number): int(np.bincount(channels[objects == number]).argmax())
        for number in np.unique(objects[objects >= FIRST_INSTANCE])
    }
    return ids, table
