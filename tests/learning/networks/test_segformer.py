"""SegFormer: its size, that it computes what transformers' computes, and whose weights it takes."""

import re
from collections.abc import Callable

import pytest
import torch
import transformers

from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(("backbone", "count"), [("mit_b0", 3_719_541), ("mit_b2", 27_362_773), ("mit_b5", 84_609_493)])
def test_its_size(on_meta: Build, backbone: str, count: int) -> None:
    assert sum(p.numel() for p in on_meta("segformer", backbone=backbone).parameters()) == count


def _theirs(num_classes: int) -> transformers.SegformerForSemanticSegmentation:
    return transformers.SegformerForSemanticSegmentation(transformers.SegformerConfig(num_labels=num_classes))


@torch.no_grad()
def test_it_computes_what_transformers_computes() -> None:
    torch.manual_seed(0)
    theirs, ours = _theirs(4).eval(), create_network("segformer", 4).eval()
    for parameter in theirs.parameters():
        parameter.add_(0.02 * torch.randn_like(parameter))  # so that no bias is zero
    state = {ours.official_key(key): value for key, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    x = torch.randn(2, 3, 64, 96)
    torch.testing.assert_close(ours.segment(x).logits, theirs(x).logits, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("key", "name", "shape"),
    [
        ("segformer.encoder.patch_embeddings.0.proj.weight", "backbone.stages.0.embed.weight", (32, 3, 7, 7)),
        ("segformer.encoder.patch_embeddings.3.layer_norm.bias", "backbone.stages.3.embed_norm.bias", (256,)),
        (
            "segformer.encoder.block.1.0.attention.self.sr.weight",
            "backbone.stages.1.blocks.0.attention.reduce.weight",
            (64, 64, 4, 4),
        ),
        (
            "segformer.encoder.block.1.1.attention.self.layer_norm.weight",
            "backbone.stages.1.blocks.1.attention.norm.weight",
            (64,),
        ),
        (
            "segformer.encoder.block.2.1.attention.self.key.bias",
            "backbone.stages.2.blocks.1.attention.key.bias",
            (160,),
        ),
        (
            "segformer.encoder.block.0.0.attention.output.dense.weight",
            "backbone.stages.0.blocks.0.attention.output.weight",
            (32, 32),
        ),
        ("segformer.encoder.block.0.1.layer_norm_2.weight", "backbone.stages.0.blocks.1.norm2.weight", (32,)),
        (
            "segformer.encoder.block.3.0.mlp.dwconv.dwconv.weight",
            "backbone.stages.3.blocks.0.ffn.depthwise.weight",
            (1024, 1, 3, 3),
        ),
        ("segformer.encoder.block.3.0.mlp.dense1.bias", "backbone.stages.3.blocks.0.ffn.expand.bias", (1024,)),
        ("segformer.encoder.layer_norm.2.weight", "backbone.stages.2.norm.weight", (160,)),
        ("decode_head.linear_c.1.proj.weight", "projections.1.weight", (256, 64)),
        ("decode_head.linear_fuse.weight", "fuse.0.weight", (256, 1024, 1, 1)),
        ("decode_head.batch_norm.running_mean", "fuse.1.running_mean", (256,)),
        ("decode_head.classifier.bias", "classifier.bias", (21,)),
    ],
)
def test_names_of_the_published_files_find_their_place(
    on_meta: Build, key: str, name: str, shape: tuple[int, ...]
) -> None:
    network = on_meta("segformer")
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape
    assert all(network.official_key(name) == name for name in network.state_dict())


def test_pretrained_fills_the_backbone(hugging_face_cache: Callable[[str, dict[str, torch.Tensor]], None]) -> None:
    with torch.device("meta"):
        names = create_network("segformer", 2).backbone.state_dict()
    published = {_published_name(key): torch.full(value.shape, 0.5) for key, value in names.items()}
    published |= {"classifier.weight": torch.zeros(1000, 256), "classifier.bias": torch.zeros(1000)}
    hugging_face_cache("nvidia/mit-b0", published)
    network = create_network("segformer", 2, in_channels=1, pretrained=True)
    state = network.backbone.state_dict()
    assert {float(value.min()) for name, value in state.items() if name != "stages.0.embed.weight"} == {0.5}
    assert (network.backbone.stages[0].embed.weight == 1.5).all()  # grey is the sum of the three colours
    assert (network.classifier.weight != 0).any()


def _published_name(name: str) -> str:
    for pattern, there in (
        (r"^stages\.(\d)\.embed\.", r"patch_embeddings.\1.proj."),
        (r"^stages\.(\d)\.embed_norm\.", r"patch_embeddings.\1.layer_norm."),
        (r"^stages\.(\d)\.norm\.", r"layer_norm.\1."),
        (r"^stages\.(\d)\.blocks\.", r"block.\1."),
        (r"\.norm(\d)\.", r".layer_norm_\1."),
        (r"\.attention\.(query|key|value)\.", r".attention.self.\1."),
        (r"\.attention\.reduce\.", ".attention.self.sr."),
        (r"\.attention\.norm\.", ".attention.self.layer_norm."),
        (r"\.attention\.output\.", ".attention.output.dense."),
        (r"\.ffn\.expand\.", ".mlp.dense1."),
        (r"\.ffn\.depthwise\.", ".mlp.dwconv.dwconv."),
        (r"\.ffn\.contract\.", ".mlp.dense2."),
    ):
        name = re.sub(pattern, there, name)
    return f"segformer.encoder.{name}"
