"""Every network learns: it fits two small images by heart.

One network at a time: ``pytest -m slow tests/learning/networks/test_training.py -k segnet``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import SegmentationNetwork

SIZE = 96
STEPS = 200

OPTIONS: dict[str, dict[str, Any]] = {"fcn32s": {"width": 16, "fc_width": 128}}
"""By name, options that override the small configuration, where that is too small to learn by heart."""

LEARNING_RATES = {"refinenet": 1e-4}
"""By name, where 1e-3 is too much: a deep decoder without normalisation is thrown off by Adam's first steps."""

STEPS_OF = {"lraspp": 500}
"""By name, where 200 steps are few: MobileNet's batch norms follow slowly, and eval mode waits for them."""


def two_images() -> tuple[Tensor, Tensor]:
    """Two images of two classes, each told by its colour and with its own layout of large areas, and noise."""
    target = torch.zeros(2, SIZE, SIZE, dtype=torch.int64)
    target[0, :, SIZE // 2 :] = 1
    target[1, SIZE // 3 :, : 2 * SIZE // 3] = 1
    target[1, :10] = 255
    colours = torch.tensor([[0.2, 0.5, 0.3], [0.7, 0.4, 0.6], [0.0, 0.0, 0.0]])
    x = colours[target.clamp(max=2)].permute(0, 3, 1, 2) + 0.1 * torch.randn(2, 3, SIZE, SIZE)
    return (x - x.mean()) / x.std(), target


def mean_iou(prediction: Tensor, target: Tensor) -> float:
    """Of the two classes, over the pixels that are labelled."""
    valid = target != 255
    scores = []
    for label in (0, 1):
        predicted, true = (prediction == label) & valid, (target == label) & valid
        scores.append(float((predicted & true).sum() / (predicted | true).sum()))
    return sum(scores) / 2


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name in NETWORKS if NETWORKS[name].task != "instance"])
def test_it_learns_two_images_by_heart(small: Callable[..., SegmentationNetwork], name: str) -> None:
    torch.set_num_threads(2)
    torch.manual_seed(0)
    x, target = two_images()
    network = small(name, 2, 3, **OPTIONS.get(name, {})).train()
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], LEARNING_RATES.get(name, 1e-3))
    best = 0.0
    steps = STEPS_OF.get(name, STEPS)
    for step in range(1, steps + 1):
        out = network(x)
        losses = [F.cross_entropy(maps, target, ignore_index=255) for maps in (out.logits, *out.aux)]
        loss = losses[0] + sum(w * aux for w, aux in zip(network.aux_weights, losses[1:], strict=True))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 20 == 0:
            network.eval()
            with torch.inference_mode():
                best = max(best, mean_iou(network(x).logits.argmax(1), target))
            network.train()
            if best > 0.95:
                return
    pytest.fail(f"{name} reached {best:.3f} mIoU in {steps} steps")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["fcn8s", "fcn16s"])
def test_fcns_with_skips_learn_a_picture_of_full_size_by_heart(real_data: Path, name: str) -> None:
    """A real street at 480 x 360 with eleven classes, around which the network pads 100 pixels."""
    torch.manual_seed(0)
    picture = sorted((real_data / "camvid" / "images").iterdir())[3]
    pixels = np.asarray(Image.open(picture)).astype(np.float32)
    labels = np.asarray(Image.open(real_data / "camvid" / "masks" / f"{picture.stem}.png"))
    target = torch.from_numpy(np.where(labels > 10, 255, labels).astype(np.int64))[None]
    x = torch.from_numpy((pixels - pixels.mean()) / pixels.std()).permute(2, 0, 1)[None]
    network = create_network(name, 11, 3, width=16, fc_width=256, dropout=0.0, at_once=True).train()
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], 2e-3)
    valid = target != 255
    for _ in range(6):
        for _ in range(25):
            loss = F.cross_entropy(network(x).logits, target, ignore_index=255)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        with torch.inference_mode():
            right = float((network.eval()(x).logits.argmax(1) == target)[valid].float().mean())
        network.train()
        if right > 0.93:
            return
    pytest.fail(f"{name} knows {right:.0%} of the pixels")
