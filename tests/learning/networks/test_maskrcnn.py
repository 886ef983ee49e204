"""Mask R-CNN: its size, what a label map teaches it, and how its objects become classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from segstudio.core.errors import AnnotationError, OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.maskrcnn import Instances, instance_targets, semantic_logits

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 44_454_513), ({"variant": "v2"}, 46_359_409), ({"frozen_norm": True}, 44_401_393)],
    ids=str,
)
def test_its_size_with_the_classes_of_coco(on_meta: Build, options: dict[str, object], count: int) -> None:
    assert sum(p.numel() for p in on_meta("maskrcnn", 91, **options).parameters()) == count


@pytest.mark.parametrize("variant", ["v1", "v2"])
def test_torchvisions_names_find_their_place(on_meta: Build, variant: str) -> None:
    network = on_meta("maskrcnn", 91, variant=variant)
    build = {"v1": "maskrcnn_resnet50_fpn", "v2": "maskrcnn_resnet50_fpn_v2"}[variant]
    with torch.device("meta"):
        theirs = torchvision.models.get_model(f"{build}", weights=None, weights_backbone=None).state_dict()
    ours = {name: value.shape for name, value in network.state_dict().items()}
    assert {network.official_key(key): value.shape for key, value in theirs.items()} == ours
    assert all(network.official_key(name) == name for name in ours)


# --- what a label map teaches ---


def test_instances_and_regions_become_objects() -> None:
    labels = np.zeros((6, 8), np.uint16)
    labels[1:3, 1:4] = 256  # of class 2
    labels[1:3, 4:6] = 257  # touches it
    labels[5, 0] = 1  # a class alone: one object for each region
    labels[4:, 6:] = 1
    labels[0] = 255
    target = instance_targets(labels, {256: 2, 257: 2, 300: 1}, num_classes=3)
    assert target["labels"].tolist() == [1, 1, 2, 2]
    assert target["boxes"].tolist() == [[6, 4, 8, 6], [0, 5, 1, 6], [1, 1, 4, 3], [4, 1, 6, 3]]
    assert target["masks"].dtype == torch.uint8
    assert target["masks"].sum((1, 2)).tolist() == [4, 1, 6, 4]


def test_regions_that_touch_at_a_corner_are_one_object() -> None:
    assert len(instance_targets(np.eye(4, dtype=np.uint8), {}, num_classes=2)["labels"]) == 1


def test_a_map_of_background_teaches_no_object() -> None:
    target = instance_targets(torch.full((4, 5), 255), {}, num_classes=2)
    assert target["boxes"].shape == (0, 4)
    assert target["masks"].shape == (0, 4, 5)


@pytest.mark.parametrize(
    ("value", "message"), [(300, "instance 300 has no class"), (7, "class 7 is not one of the 3 classes")]
)
def test_objects_without_a_class_to_learn_are_refused(value: int, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        instance_targets(np.full((4, 4), value), {}, num_classes=3)


# --- learning ---


def _small(num_classes: int = 3, **options: object) -> SegmentationNetwork:
    torch.manual_seed(0)
    few = {"backbone": "resnet18", "proposals": 20, "max_objects": 10}
    return create_network("maskrcnn", num_classes, **{**few, **options})  # type: ignore[arg-type]


def test_its_loss_reaches_every_parameter() -> None:
    network = _small().train()
    labels = np.zeros((2, 64, 64), np.uint16)
    labels[0, 8:40, 8:40] = 256
    labels[1, 20:60, 4:30] = 1
    targets = [network.instance_targets(ids, {256: 2}) for ids in labels]
    loss = network.instance_loss(torch.rand(2, 3, 64, 64), targets)
    assert loss.ndim == 0
    loss.backward()
    unreached = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert unreached == []


@torch.no_grad()
def test_images_without_objects_and_of_different_sizes_have_a_loss_in_both_modes() -> None:
    network = _small()
    images = [torch.rand(3, 40, 50), torch.rand(3, 64, 33)]
    targets = [network.instance_targets(np.zeros(image.shape[-2:], np.uint8), {}) for image in images]
    for mode in (True, False):
        network.train(mode)
        assert network.instance_loss(images, targets).isfinite()
        assert network.training == network.detector.rpn.training == mode


@torch.no_grad()
def test_objects_have_the_size_of_their_image() -> None:
    network = _small().eval()
    network.detector.roi_heads.score_thresh = 0.0
    found = network.instances([torch.rand(3, 40, 50), torch.rand(3, 64, 33)])
    assert [tuple(f.masks.shape[1:]) for f in found] == [(40, 50), (64, 33)]
    for one in found:
        count = len(one.labels)
        assert 0 < count <= 10
        assert one.boxes.shape == (count, 4)
        assert set(one.labels.tolist()) <= {1, 2}
        assert (one.scores.diff() <= 0).all()


@torch.no_grad()
def test_images_can_be_brought_to_the_papers_size() -> None:
    network = _small(short_side=96).eval()
    batch, _ = network.detector.transform([torch.rand(3, 40, 50)])
    assert batch.image_sizes == [(96, 120)]
    assert network(torch.rand(1, 3, 40, 50)).logits.shape == (1, 3, 40, 50)


# --- objects as classes ---


def _found(masks: list[torch.Tensor], labels: list[int], scores: list[float]) -> Instances:
    stacked = torch.stack(masks)
    return Instances(torch.zeros(len(masks), 4), torch.tensor(labels), torch.tensor(scores), stacked)


def test_each_pixel_takes_the_class_of_its_most_certain_object() -> None:
    left, right = torch.zeros(2, 6), torch.zeros(2, 6)
    left[:, :4] = 0.9
    right[:, 2:5] = 0.9
    found = _found([left, right, torch.ones(2, 6)], [2, 1, 1], [0.95, 0.6, 0.2])
    logits = semantic_logits(found, 3, (2, 6), threshold=0.5)
    assert logits.argmax(0)[0].tolist() == [2, 2, 2, 2, 1, 0]
    torch.testing.assert_close(logits[:, 0, 2].exp(), torch.tensor([0.1, 0.54, 0.855]))


def test_without_objects_all_is_background() -> None:
    nothing = Instances(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), torch.zeros(0), torch.zeros(0, 3, 4))
    logits = semantic_logits(nothing, 4, (3, 4), threshold=0.5)
    assert logits.shape == (4, 3, 4)
    assert (logits.argmax(0) == 0).all()
    assert (semantic_logits(nothing, 1, (3, 4), threshold=0.5) < 0).all()


def test_a_single_channel_is_the_logit_of_the_foreground() -> None:
    mask = torch.tensor([[0.9, 0.2]])
    logits = semantic_logits(_found([mask], [1], [1.0]), 1, (1, 2), threshold=0.5)
    torch.testing.assert_close(logits.sigmoid(), mask[None])


# --- backbone ---


@pytest.mark.parametrize("frozen_norm", [False, True])
def test_pretrained_fills_the_backbone(torch_cache: Path, frozen_norm: bool) -> None:
    published = torchvision.models.resnet18()
    published.bn1.running_mean.fill_(3.0)
    torch.save(published.state_dict(), torch_cache / "resnet18-f37072fd.pth")
    body = _small(pretrained=True, frozen_norm=frozen_norm).detector.backbone.body
    assert torch.equal(body.layer4[1].conv2.weight, published.layer4[1].conv2.weight)
    assert (body.bn1.running_mean == 3).all()
    assert bool(list(body.bn1.parameters())) == (not frozen_norm)


@pytest.mark.parametrize("options", [{"variant": "v3"}, {"short_side": -1}, {"proposals": 0}, {"max_objects": 1.5}])
def test_options_out_of_range_are_refused(on_meta: Build, options: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=f"maskrcnn: {next(iter(options))} must be"):
        on_meta("maskrcnn", **options)


# --- learning by heart ---


def _two_images() -> tuple[torch.Tensor, np.ndarray, list[dict[int, int]]]:
    """Images of objects told by colour and shade, some touching; their segment ids; the ids' classes."""
    ids = np.zeros((2, 96, 96), np.uint16)
    ids[0, 10:40, 10:45], ids[0, 10:40, 45:80], ids[0, 55:90, 20:70] = 256, 257, 258
    ids[1, 20:80, 8:40], ids[1, 30:70, 50:90] = 256, 257
    segments = [{256: 1, 257: 1, 258: 2}, {256: 2, 257: 1}]
    colours = np.array([[0.2, 0.5, 0.3], [0.7, 0.4, 0.6], [0.1, 0.1, 0.9]])
    x = torch.from_numpy(colours[_classes(ids, segments)] + 0.3 * (ids % 2)[..., None]).float()
    x = (x + 0.1 * torch.randn(x.shape)).permute(0, 3, 1, 2)
    return (x - x.mean()) / x.std(), ids, segments


def _classes(ids: np.ndarray, segments: list[dict[int, int]]) -> np.ndarray:
    classes = np.zeros(ids.shape, np.int64)
    for image, table in enumerate(segments):
        for value, label in table.items():
            classes[image][ids[image] == value] = label
    return classes


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_it_learns_two_images_by_heart() -> None:
    torch.set_num_threads(2)
    x, ids, segments = _two_images()
    network = _small().train()
    targets = [network.instance_targets(one, table) for one, table in zip(ids, segments, strict=True)]
    classes = torch.from_numpy(_classes(ids, segments))
    optimiser = torch.optim.Adam(network.parameters(), 5e-4)
    mean = 0.0
    for step in range(1, 201):
        optimiser.zero_grad()
        network.instance_loss(x, targets).backward()
        optimiser.step()
        if step % 20 == 0:
            network.eval()
            with torch.inference_mode():
                prediction = network(x).logits.argmax(1)
                found = [one.labels[one.scores > 0.5].sort().values.tolist() for one in network.instances(x)]
            network.train()
            hits = [
                ((prediction == k) & (classes == k)).sum() / ((prediction == k) | (classes == k)).sum()
                for k in range(3)
            ]
            mean = float(sum(hits)) / 3
            if mean > 0.95 and found == [[1, 1, 2], [1, 2]]:
                return
    pytest.fail(f"maskrcnn reached {mean:.3f} mIoU and found {found}")
