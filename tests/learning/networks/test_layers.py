"""The shared layers: what they compute at the borders, for one value, and on weights that do not fit."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from segstudio.learning.networks.layers import (
    ASPP,
    BatchNorm2d,
    PyramidPooling,
    SpatialPyramidPooling,
    adapted_input_weight,
    centre_crop,
    make_batch_norm_safe,
    mirror_pad,
)


def test_batch_norm_takes_one_value_per_channel_and_keeps_its_statistics() -> None:
    norm = BatchNorm2d(3).train()
    norm(torch.randn(4, 3, 5, 5))
    before = {key: value.clone() for key, value in norm.state_dict().items()}
    x = torch.randn(1, 3, 1, 1)
    expected = (x[0, :, 0, 0] - norm.running_mean) / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator]
    assert torch.allclose(norm(x)[0, :, 0, 0], expected)
    assert norm.training
    assert all(torch.equal(before[key], value) for key, value in norm.state_dict().items())


def test_with_more_than_one_value_batch_norm_is_torchs() -> None:
    x = torch.randn(2, 3, 1, 1)
    assert torch.equal(BatchNorm2d(3)(x), nn.BatchNorm2d(3)(x))


def test_a_librarys_norms_become_safe_and_stay_what_they_are() -> None:
    class Special(nn.BatchNorm2d):
        pass

    module = nn.Sequential(nn.BatchNorm2d(2), nn.Sequential(Special(2)))
    make_batch_norm_safe(module)
    make_batch_norm_safe(module)
    assert isinstance(module[1][0], Special)  # type: ignore[index]
    assert module(torch.randn(1, 2, 1, 1)).shape == (1, 2, 1, 1)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 7)])
def test_pyramids_train_on_one_image_of_any_size(size: tuple[int, int]) -> None:
    x = torch.randn(1, 4, *size)
    assert ASPP(4, 6, (1, 2)).train()(x).shape == (1, 6, *size)
    assert ASPP(4, 6, (1, 2), separable=True, image_pool=False, dropout=0.5).train()(x).shape == (1, 6, *size)
    assert PyramidPooling(4, 2).train()(x).shape == (1, 4 + 4 * 2, *size)


def test_spatial_pyramid_pooling_gives_one_length_for_all_sizes() -> None:
    pooling = SpatialPyramidPooling((1, 2))
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert pooling(x).tolist() == [[15, 5, 7, 13, 15]]
    assert pooling(torch.rand(3, 2, 7, 5)).shape == (3, 2 * 5)
    assert SpatialPyramidPooling((1,), mode="mean")(x).item() == 7.5


def test_mirroring_equals_torchs_where_torch_can_and_goes_on_where_it_cannot() -> None:
    x = torch.rand(1, 2, 6, 5)
    assert torch.equal(mirror_pad(x, 3, 5, 4, 2), F.pad(x, (4, 2, 3, 5), mode="reflect"))
    row = torch.tensor([[[[0.0, 1.0, 2.0]]]])
    assert mirror_pad(row, 0, 0, 5, 4)[0, 0, 0].tolist() == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]
    assert mirror_pad(row, 2, 2, 0, 0).shape == (1, 1, 5, 3)


def test_the_centre_of_an_odd_excess_lies_up_and_left() -> None:
    x = torch.arange(5.0).expand(1, 1, 5, 5)
    assert centre_crop(x, (2, 2))[0, 0, 0].tolist() == [1, 2]


def test_a_first_convolution_answers_a_grey_image_as_its_three_equal_channels() -> None:
    weight, grey = torch.randn(4, 3, 3, 3), torch.rand(1, 1, 8, 8)
    expected = F.conv2d(grey.expand(-1, 3, -1, -1), weight)
    assert torch.allclose(F.conv2d(grey, adapted_input_weight(weight, 1)), expected, atol=1e-5)


@pytest.mark.parametrize("channels", [2, 6, 12])
def test_a_first_convolution_keeps_its_response_to_equal_channels(channels: int) -> None:
    weight = torch.randn(4, 3, 1, 1)
    adapted = adapted_input_weight(weight, channels)
    assert adapted.shape == (4, channels, 1, 1)
    if channels % 3 == 0:
        assert torch.allclose(adapted.sum(1), weight.sum(1), atol=1e-5)
