"""What every network of the table promises, whatever it is inside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from segstudio.core.errors import OptionError
from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork

Small = Callable[..., SegmentationNetwork]

every_network = pytest.mark.parametrize("name", NETWORKS)

# every size, channel count and class count occurs, without trying all their combinations
CASES = [((32, 32), 1, 2), ((33, 47), 3, 21), ((97, 131), 4, 2), ((33, 47), 12, 21), ((32, 32), 3, 1)]


@pytest.fixture(autouse=True)
def _threads() -> None:
    torch.set_num_threads(2)


def images(batch: int, channels: int, size: tuple[int, int]) -> Tensor:
    return torch.rand(batch, channels, *size, generator=torch.Generator().manual_seed(1))


def total(out: NetworkOutput) -> Tensor:
    return torch.stack([maps.float().square().mean() for maps in (out.logits, *out.aux)]).sum()


def stir(network: nn.Module) -> None:
    """Give tensors that begin at zero small values, through which a gradient can pass."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad and not parameter.any():
                parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))


@every_network
@pytest.mark.parametrize(("size", "channels", "classes"), CASES, ids=str)
def test_in_eval_mode_logits_have_the_images_size(
    small: Small, name: str, size: tuple[int, int], channels: int, classes: int
) -> None:
    network = small(name, classes, channels).eval()
    with torch.inference_mode():
        out = network(images(1, channels, size))
    assert out.logits.shape == (1, classes, *size)
    assert out.logits.isfinite().all()
    assert out.aux == ()


@every_network
@pytest.mark.parametrize("size", [(32, 32), (33, 47)], ids=str)
def test_one_image_trains(small: Small, name: str, size: tuple[int, int]) -> None:
    network = small(name, 2, 3).train()
    out = network(images(1, 3, size))
    assert len(out.aux) == len(network.aux_weights)
    for maps in (out.logits, *out.aux):
        assert maps.shape == (1, 2, *size)
        assert maps.isfinite().all()
    total(out).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@every_network
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_as_it_is_by_default_it_trains_on_one_image_and_answers(name: str) -> None:
    network = create_network(name, 21, 3).train()
    x = images(1, 3, (65, 97))
    out = network(x)
    assert len(out.aux) == len(network.aux_weights)
    total(out).backward()
    network.eval()
    with torch.inference_mode():
        logits = network(x).logits
    assert logits.shape == (1, 21, 65, 97)
    assert logits.isfinite().all()


@every_network
def test_a_gradient_reaches_every_trainable_parameter(small: Small, name: str) -> None:
    if NETWORKS[name].task == "instance":
        pytest.skip("it learns from a loss of its own")
    network = small(name, 2, 3).train()
    stir(network)
    torch.manual_seed(3)
    total(network(images(2, 3, (64, 64)))).backward()
    unreached = [
        key for key, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert unreached == []


@every_network
def test_it_trains_in_channels_last_under_bf16_autocast(small: Small, name: str) -> None:
    network = small(name, 2, 3).train().to(memory_format=torch.channels_last)
    x = images(2, 3, (33, 47)).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        out = network(x)
    loss = total(out)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@every_network
@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_all_of_it_is_on_one_device(on_meta: Small, name: str, training: bool) -> None:
    """With tensors that know their device and shape alone, which needs no card."""
    if NETWORKS[name].task == "instance":
        pytest.skip("its steps depend on what it finds")
    network = on_meta(name, 3, 3).train(training)
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True):
            network.to_empty(device="cuda")
            out = network(torch.empty(2, 3, 97, 131, device="cuda"))
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)
    assert {tensor.device.type for tensor in (*network.parameters(), *network.buffers())} == {"cuda"}
    assert {maps.device.type for maps in (out.logits, *out.aux)} == {"cuda"}


@every_network
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator")
def test_on_an_accelerator_it_trains_under_bf16_and_answers_as_on_the_cpu(small: Small, name: str) -> None:
    network = small(name, 2, 3)
    stir(network)
    x = images(2, 3, (64, 96))
    with torch.inference_mode():
        expected = network.eval()(x).logits
    network.cuda().to(memory_format=torch.channels_last)
    on_device = x.cuda().to(memory_format=torch.channels_last)
    with torch.inference_mode():
        logits = network(on_device).logits.cpu()
    # convolutions may run in TF32 there
    assert torch.allclose(logits, expected, atol=2e-2 * max(1.0, float(expected.abs().max())))
    network.train()
    with torch.autocast("cuda", torch.bfloat16):
        out = network(on_device)
    total(out).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@every_network
def test_in_eval_mode_an_image_does_not_see_the_rest_of_its_batch(small: Small, name: str) -> None:
    network = small(name, 2, 3).eval()
    stir(network)
    x = images(2, 3, (33, 47))
    with torch.inference_mode():
        together, alone = network(x).logits, network(x[:1]).logits
    assert torch.allclose(together[:1], alone, atol=1e-4 * max(1.0, float(alone.abs().max())), rtol=1e-4)


@every_network
def test_its_configuration_builds_it_again(small: Small, name: str) -> None:
    network = small(name, 5, 4)
    arguments = dict(network.config)
    again = create_network(arguments.pop("name"), **arguments)
    assert shapes(again) == shapes(network)
    assert (again.num_classes, again.in_channels, again.name) == (5, 4, name)


@every_network
def test_learning_rates_part_its_trainable_parameters_in_two(small: Small, name: str) -> None:
    network = small(name)
    backbone, head = ({id(p) for p in part} for part in (network.backbone_parameters(), network.head_parameters()))
    assert not backbone & head
    assert backbone | head >= {id(p) for p in network.parameters() if p.requires_grad}


@every_network
def test_the_stages_of_its_backbone_are_all_of_it_in_order(on_meta: Small, name: str) -> None:
    network = on_meta(name)
    stages = [[id(p) for p in stage] for stage in network.backbone_stages()]
    assert sorted(p for stage in stages for p in stage) == sorted(id(p) for p in network.backbone_parameters())
    assert all(stages)
    assert not stages or len(stages) >= 4


@every_network
def test_the_table_says_what_people_need_to_choose(name: str) -> None:
    entry = NETWORKS[name]
    assert entry.name == name
    assert entry.title
    assert entry.paper
    assert 2012 <= entry.year <= 2030
    assert entry.pick.endswith(".")
    assert entry.task in ("semantic", "saliency", "instance")


@every_network
def test_an_unknown_option_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(OptionError, match=f"{name} has no option 'wdith'; it"):
        create_network(name, 2, wdith=3)


@every_network
def test_an_unknown_backbone_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(OptionError, match=f"{name} has no backbone 'no such'"):
        create_network(name, 2, backbone="no such")


def shapes(network: SegmentationNetwork) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}


def test_an_unknown_network_suggests_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean 'unetpp'"):
        create_network("unetppp", 2)


@pytest.mark.parametrize(("classes", "channels"), [(0, 3), (2, 0)])
def test_counts_that_make_no_sense_are_refused(classes: int, channels: int) -> None:
    with pytest.raises(OptionError, match="must be at least 1"):
        create_network("unet", classes, channels)


def test_pretrained_weights_without_a_backbone_are_refused() -> None:
    with pytest.raises(OptionError, match="unet has no backbone"):
        create_network("unet", 2, pretrained=True)
