"""FCN: classifiers turned into convolutions, scores that begin at zero, enlargement that is bilinear and stays so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from segstudio.core.errors import OptionError
from segstudio.learning.checkpoint import load_weights
from segstudio.learning.networks import create_network
from segstudio.learning.networks.fcn import convolutional_classifier
from segstudio.learning.networks.layers import bilinear_kernel, transplant


def tiny(name: str = "fcn8s", **options: Any) -> Any:
    torch.manual_seed(0)
    return create_network(name, 3, 3, **{"width": 8, "fc_width": 16} | options)


def test_a_turned_alexnet_gives_the_classifiers_scores_at_224_pixels_and_slides_beyond() -> None:
    torch.manual_seed(0)
    alexnet = torchvision.models.alexnet(num_classes=7).eval()
    turned = convolutional_classifier(alexnet).eval()
    x = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        assert torch.allclose(turned(x)[..., 0, 0], alexnet(x), atol=1e-5)
        assert turned(torch.rand(1, 3, 288, 320)).shape == (1, 7, 3, 4)


@pytest.mark.slow
def test_a_turned_vgg16_gives_the_classifiers_scores_at_224_pixels() -> None:
    torch.manual_seed(0)
    vgg = torchvision.models.vgg16().eval()
    x = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        assert torch.allclose(convolutional_classifier(vgg)(x)[..., 0, 0], vgg(x), atol=1e-4)


@pytest.mark.slow
def test_a_vgg16_file_fills_every_convolution_and_gives_its_activations(tmp_path: Path) -> None:
    torch.manual_seed(0)
    vgg = torchvision.models.vgg16().eval()
    torch.save(vgg.state_dict(), tmp_path / "vgg16.pth")
    network: Any = create_network("fcn8s", 21).eval()
    report = load_weights(network, tmp_path / "vgg16.pth")
    assert report.unexpected == ()
    assert all(key.startswith(("score", "upscore")) for key in report.missing)
    x = torch.rand(1, 3, 224, 224)
    network.conv1_1.padding = (1, 1)  # the classifier's own
    with torch.inference_mode():
        fc7 = network.fully_connected(network.features(x)[-1])
        flat = torch.flatten(vgg.features(x), 1)
        expected = vgg.classifier[:5](flat)
    assert torch.allclose(fc7[..., 0, 0], expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["alexnet", "googlenet"])
def test_torchvisions_other_classifiers_fill_their_fcn(kind: str) -> None:
    torch.manual_seed(0)
    options = {"init_weights": True, "aux_logits": True} if kind == "googlenet" else {}
    classifier = getattr(torchvision.models, kind)(**options).eval()
    network: Any = create_network("fcn32s", 21, backbone=kind).eval()
    transplant(network, classifier.state_dict())
    x = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        if kind == "googlenet":
            deepest = network.backbone(x)
            scores = classifier.fc(deepest.mean((2, 3)))
        else:
            network.conv1.padding, network.pool.ceil_mode = (2, 2), False
            scores = classifier.classifier[6](network.fully_connected(network.features(x)).flatten(1))
        assert torch.allclose(scores, classifier(x), atol=1e-4)


def test_the_kernel_of_a_deconvolution_is_bilinear() -> None:
    assert torch.equal(bilinear_kernel(4)[0], torch.tensor([1.0, 3.0, 3.0, 1.0]) / 16)
    assert torch.equal(bilinear_kernel(3), torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 4)


def test_a_deconvolution_enlarges_each_class_bilinearly() -> None:
    network = tiny("fcn16s")
    x = torch.rand(1, 3, 7, 9)
    enlarged = network.upscore2(x)[..., 1:-1, 1:-1]
    expected = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(enlarged[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1], atol=1e-6)


@pytest.mark.parametrize("name", ["fcn32s", "fcn16s", "fcn8s"])
def test_scores_begin_at_zero_and_deconvolutions_are_not_trained(name: str) -> None:
    network = tiny(name)
    assert not network.eval()(torch.rand(1, 3, 40, 40)).logits.any()
    frozen = {key.split(".")[0] for key, p in network.named_parameters() if not p.requires_grad}
    assert (
        frozen
        == {
            "fcn32s": {"upscore"},
            "fcn16s": {"upscore2", "upscore16"},
            "fcn8s": {"upscore2", "upscore_pool4", "upscore8"},
        }[name]
    )
    assert not {id(p) for p in network.head_parameters()} & {id(p) for p in network.parameters() if not p.requires_grad}


def test_at_once_damps_the_finer_poolings() -> None:
    plain, damped = tiny(at_once=False), tiny(at_once=True)
    with torch.no_grad():
        for network in (plain, damped):
            nn.init.constant_(network.score_pool4.weight, 0.01)
        # what the skip adds is damped a hundredfold; nothing else adds anything while scores are zero
        x = torch.rand(1, 3, 48, 48)
        assert torch.allclose(damped.eval()(x).logits, 0.01 * plain.eval()(x).logits, atol=1e-7)
        assert plain(x).logits.any()


@pytest.mark.parametrize("backbone", ["alexnet", "caffenet", "googlenet"])
def test_the_other_backbones_take_any_size_and_train_on_one_image(backbone: str) -> None:
    torch.manual_seed(0)
    network = create_network("fcn32s", 2, 1, backbone=backbone).train()
    for size in [(32, 32), (33, 47), (63, 97)]:
        assert network(torch.rand(1, 1, *size)).logits.shape == (1, 2, *size)


def test_pretrained_weights_come_from_torchvisions_cache_for_any_number_of_channels(torch_cache: Path) -> None:
    torch.manual_seed(0)
    alexnet = torchvision.models.alexnet(num_classes=1000)
    weights = torchvision.models.AlexNet_Weights.IMAGENET1K_V1
    torch.save(alexnet.state_dict(), torch_cache / weights.url.rsplit("/", 1)[-1])
    network: Any = create_network("fcn32s", 2, 1, backbone="alexnet", pretrained=True)
    assert torch.equal(network.fc6.weight.flatten(1), alexnet.classifier[1].weight)
    assert torch.allclose(network.conv1.weight, alexnet.features[0].weight.sum(1, keepdim=True))


def test_options_that_a_backbone_has_not_are_refused() -> None:
    with pytest.raises(OptionError, match="width and fc_width belong to the backbone vgg16"):
        create_network("fcn32s", 2, backbone="alexnet", width=8)
    with pytest.raises(OptionError, match="pretrained weights are for width 64"):
        create_network("fcn8s", 2, pretrained=True, width=8)
    with pytest.raises(OptionError, match="nobody serves weights for caffenet"):
        create_network("fcn32s", 2, backbone="caffenet", pretrained=True)
