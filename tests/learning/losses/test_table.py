"""What holds for every loss of the table."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from segstudio.core.errors import OptionError
from segstudio.learning.losses import LOSSES, create_loss

every_loss = pytest.mark.parametrize("name", LOSSES)
every_count = pytest.mark.parametrize("classes", [1, 2, 4])


def case(classes: int, seed: int = 0, size: int = 36) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(2, classes, size, size, generator=generator)
    target = torch.randint(0, max(2, classes), (2, size, size), generator=generator)
    target[:, :5] = 255
    return logits, target


@every_loss
def test_an_entry_says_what_it_is(name: str) -> None:
    entry = LOSSES[name]
    assert entry.title
    assert entry.paper
    assert entry.pick.endswith(".")
    assert 1900 < entry.year < 2100


@every_loss
@every_count
def test_ignored_pixels_neither_contribute_nor_divide(name: str, classes: int) -> None:
    logits, target = case(classes)
    loss = create_loss(name)
    value = loss(logits, target)
    other = logits.clone()
    other.movedim(1, -1)[target == 255] = 100.0
    torch.testing.assert_close(loss(other, target), value)


@every_loss
@every_count
def test_an_image_without_labels_changes_nothing(name: str, classes: int) -> None:
    logits, target = case(classes)
    more = torch.cat([logits, torch.randn_like(logits[:1])]), torch.cat([target, torch.full_like(target[:1], 255)])
    torch.testing.assert_close(create_loss(name)(*more), create_loss(name)(logits, target))


@every_loss
@every_count
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_nothing_labelled_costs_nothing_and_has_a_zero_gradient(name: str, classes: int, dtype: torch.dtype) -> None:
    logits = case(classes)[0].to(dtype).requires_grad_()
    value = create_loss(name)(logits, torch.full((2, 36, 36), 255))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@every_loss
@every_count
@pytest.mark.parametrize("scale", [1.0, 1000.0])
@pytest.mark.parametrize("target_kind", ["mixed", "background only", "foreground only"])
def test_value_and_gradient_are_finite_in_bf16(name: str, classes: int, scale: float, target_kind: str) -> None:
    logits, target = case(classes)
    if target_kind != "mixed":
        target = torch.full_like(target, int(target_kind == "foreground only"))
    logits = (scale * logits).to(torch.bfloat16).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        value = create_loss(name)(logits, target)
    value.backward()
    assert value.dtype == torch.float32
    assert torch.isfinite(value)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@every_loss
@every_count
def test_the_right_answer_costs_less_than_the_wrong_one(name: str, classes: int) -> None:
    target = torch.zeros(1, 40, 40, dtype=torch.int64)
    target[:, 10:30, 5:25] = 1
    right = 400 * (torch.nn.functional.one_hot(target, max(2, classes)).movedim(-1, 1).float() - 0.5)
    right = right[:, 1:2] if classes == 1 else right
    loss = create_loss(name)
    assert loss(right, target).item() == pytest.approx(0, abs=1e-3)
    assert loss(-right, target) > loss(right, target) + 0.1


@every_loss
@every_count
def test_the_gradient_is_the_slope(name: str, classes: int) -> None:
    logits, target = case(classes, size=6)
    logits = logits.double()
    # the weights of the default scheme are constants to the gradient, which no finite difference can know
    loss = create_loss("wce", scheme="balanced") if name == "weighted_cross_entropy" else create_loss(name)
    assert torch.autograd.gradcheck(lambda z: loss(z, target), logits.requires_grad_(), atol=1e-5)


@every_loss
@every_count
def test_weights_of_one_change_nothing_and_zero_is_ignored(name: str, classes: int) -> None:
    logits, target = case(classes)
    loss = create_loss(name)
    torch.testing.assert_close(loss(logits, target, 255, torch.ones(target.shape)), loss(logits, target))
    weights = (target != 1).float()
    without = torch.where(target == 1, 255, target)
    torch.testing.assert_close(loss(logits, target, 255, weights), loss(logits, without))


@every_loss
def test_another_ignore_index_is_obeyed(name: str) -> None:
    logits, target = case(3)
    renamed = torch.where(target == 255, -1, target)
    torch.testing.assert_close(create_loss(name)(logits, renamed, ignore_index=-1), create_loss(name)(logits, target))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["dice", "iou", "tversky", "soft_dice", "lovasz", "focal", "ce", "ms_ssim"]),
    st.integers(2, 5),
    st.integers(0, 10_000),
)
def test_the_order_of_classes_does_not_matter(name: str, classes: int, seed: int) -> None:
    logits, target = case(classes, seed, size=20)
    order = torch.randperm(classes, generator=torch.Generator().manual_seed(seed))
    inverse = torch.cat([order.argsort(), torch.full((256 - classes,), 255)])
    loss = create_loss(name)
    torch.testing.assert_close(loss(logits[:, order], inverse[target]), loss(logits, target), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("dise", "did you mean 'dice'"),
        ("", "is not a loss"),
        ("dice-bce", "is not a loss"),
        ("dice+", "is not a loss"),
        ("0*dice", "must be above 0"),
        ("True*dice", "is not a loss"),
        ("dice(3)", "is not a loss"),
        ("dice(gamma=3)", "no option 'gamma'"),
        ("__import__('os').system('true')", "is not a loss"),
        ("wce(scheme='median ')", "no scheme"),
        ("focal(gamma=-1)", "at least 0"),
        ("lovasz(classes='some')", "'present' or 'all'"),
        ("ms_ssim(window=4)", "odd"),
    ],
)
def test_a_bad_spec_is_refused_in_one_sentence(spec: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        create_loss(spec)


def test_an_option_that_no_term_has_is_refused() -> None:
    with pytest.raises(OptionError, match="no option 'gama'"):
        create_loss("ce+focal", gama=2)


def test_an_option_goes_to_the_terms_that_have_it_and_the_spec_wins() -> None:
    logits, target = case(2)
    got = create_loss("dice+iou(smooth=0.5)+ce", smooth=1.0)(logits, target)
    expected = create_loss("dice", smooth=1.0)(logits, target) + create_loss("iou", smooth=0.5)(logits, target)
    torch.testing.assert_close(got, expected + create_loss("ce")(logits, target))


def test_the_number_of_class_weights_must_fit() -> None:
    with pytest.raises(OptionError, match="2 class weights for 3 classes"):
        create_loss("ce", weight=[1, 2])(*case(3))


def test_reading_the_table_loads_no_torch() -> None:
    code = "import sys; from segstudio.learning.losses import LOSSES; list(LOSSES); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
