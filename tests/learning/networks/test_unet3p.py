"""U-Net 3+: heads at every scale and the classification-guided gate."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from segstudio.learning.networks import create_network
from segstudio.learning.networks.unet3p import gated


@pytest.mark.parametrize("classes", [2, 5])
def test_the_gate_multiplies_foreground_probabilities_and_gives_the_rest_to_the_background(classes: int) -> None:
    logits, scores = torch.randn(3, classes, 4, 5), torch.randn(3, 2)
    p, g = logits.softmax(1), scores.softmax(1)[:, 1, None, None, None]
    q = gated(logits, scores, hard=False).softmax(1)
    assert torch.allclose(q[:, 1:], g * p[:, 1:], atol=1e-6)
    assert torch.allclose(q[:, :1], 1 - g * (1 - p[:, :1]), atol=1e-6)


def test_the_gate_multiplies_a_single_foreground_probability() -> None:
    logits, scores = torch.randn(3, 1, 4, 5), torch.randn(3, 2)
    g = scores.softmax(1)[:, 1, None, None, None]
    assert torch.allclose(gated(logits, scores, hard=False).sigmoid(), g * logits.sigmoid(), atol=1e-6)


@pytest.mark.parametrize("classes", [1, 4])
def test_a_hard_gate_leaves_an_image_with_an_object_alone_and_empties_one_without(classes: int) -> None:
    logits = torch.randn(2, classes, 4, 5)
    out = gated(logits, torch.tensor([[-1.0, 1.0], [1.0, -1.0]]), hard=True)
    probabilities = (lambda x: x.sigmoid()) if classes == 1 else (lambda x: x.softmax(1)[:, 1:])
    assert torch.allclose(probabilities(out[:1]), probabilities(logits[:1]), atol=2e-6)
    assert probabilities(out[1:]).max() <= 1e-6
    assert out.isfinite().all()


@pytest.mark.parametrize("value", [-90.0, 90.0])
def test_the_gates_gradient_is_finite_at_the_extremes(value: float) -> None:
    logits = torch.full((1, 1, 2, 2), value, requires_grad=True)
    scores = torch.tensor([[value, -value]], requires_grad=True)
    gated(logits, scores, hard=False).sum().backward()
    assert logits.grad is not None
    assert scores.grad is not None
    assert logits.grad.isfinite().all()
    assert scores.grad.isfinite().all()


@pytest.mark.slow
def test_the_gate_learns_which_images_show_an_object() -> None:
    torch.manual_seed(0)
    network = create_network("unet3p", 2, 1, width=4, cgm=True).train()
    # the left half of the first image shows an object, the second image is noise alone
    x = 0.1 * torch.rand(2, 1, 32, 32)
    target = torch.zeros(2, 32, 32, dtype=torch.int64)
    x[0, :, :, :16] += 1
    target[0, :, :16] = 1
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(40):
        optimiser.zero_grad()
        F.cross_entropy(network(x).logits, target).backward()
        optimiser.step()
    network.eval()
    encoded = []
    network.get_submodule("classifier").register_forward_hook(lambda module, args, out: encoded.append(out.flatten(1)))
    network(x)
    assert encoded[0].argmax(1).tolist() == [1, 0]


def test_published_names_have_their_place() -> None:
    network = create_network("unet3p", 2, 3, width=4, deep_supervision=True, cgm=True)
    own = set(network.state_dict())
    published = [
        "conv1.conv1.0.weight",
        "conv5.conv2.1.running_var",
        "h1_PT_hd4_conv.weight",
        "h4_Cat_hd4_bn.bias",
        "hd5_UT_hd1_conv.bias",
        "conv3d_1.weight",
        "bn1d_1.running_mean",
        "outconv5.weight",
        "cls.1.weight",
    ]
    assert {network.official_key(key) for key in published} <= own
    # the deepest level's branch takes its 1024 channels, scaled by the width
    deepest = network.official_key("hd5_UT_hd1_conv.weight")
    assert network.state_dict()[str(deepest)].shape == (4, 64, 3, 3)
