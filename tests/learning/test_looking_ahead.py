"""What a teaching round does with the samples ahead: predictions beside the labels, and scores in every order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.project import Project
from segstudio.io.project.predictions import read_prediction, remove_prediction, write_prediction
from segstudio.learning import looking_ahead
from segstudio.learning.active import STRATEGIES
from segstudio.learning.checkpoint import save_checkpoint
from segstudio.learning.looking_ahead import Looked, dropping, look_ahead, watching
from segstudio.learning.networks import create_network

CLASSES = LabelSet.named(["ground", "disc"])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "p", CLASSES)
    rng = np.random.default_rng(0)
    for i in range(3):
        Image.fromarray(rng.integers(0, 255, (40, 50), dtype=np.uint8)).save(tmp_path / f"{i}.png")
        made.add_samples([(tmp_path / f"{i}.png", 0)])
    return made


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = create_network("unet", 2, 1, width=4, depth=2, batch_norm=True)
    save_checkpoint(tmp_path / "best.safetensors", network, classes=CLASSES, config={})
    return tmp_path / "best.safetensors"


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_order_predicts_and_scores_what_is_ahead(project: Project, checkpoint: Path, name: str) -> None:
    samples = project.stored()
    told: list[Looked] = []
    work = look_ahead(checkpoint, samples, samples[:1], [0, 1], strategy=name, device="cpu")
    scores = finish(work, lambda p: told.append(p.detail) if isinstance(p.detail, Looked) else None)
    assert set(scores) == {1, 2, 3}
    assert all(0 <= score <= 1 for score in scores.values())
    assert [looked.sample_id for looked in told] == [1, 2, 3]
    assert all(0 <= looked.uncertainty <= 1 for looked in told)
    found = read_prediction(project.sample_folder(1), (40, 50))
    assert found is not None
    assert set(np.unique(found.labels)) <= {0, 1}
    assert found.confidence.min() >= 0.5 - 1 / 255
    assert not project.has_labels(1), "a prediction is no label"


def test_an_image_that_cannot_be_read_is_passed_over(project: Project, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"")
    scores = finish(look_ahead(checkpoint, project.stored(), [], [0, 1], device="cpu"))
    assert set(scores) == {1, 3}


def test_an_image_too_large_for_memory_is_passed_over(
    project: Project, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_ahead, "LARGEST", 40 * 50 - 1)
    said: list[str] = []
    assert finish(look_ahead(checkpoint, project.stored(), [], [0, 1]), lambda p: said.append(p.message)) == {}
    assert "too large" in said[0]


def test_dropout_is_at_work_only_inside() -> None:
    torch.manual_seed(0)
    network = create_network("unet", 2, 1, width=4, depth=2, batch_norm=True).eval()
    x = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        before = network(x).logits
        with dropping(network):
            assert not torch.equal(network(x).logits, network(x).logits)
        assert torch.equal(network(x).logits, before)


def test_a_networks_own_dropout_is_used_where_it_has_some() -> None:
    network = create_network("unet", 2, 1, width=4, depth=2, dropout=0.3).eval()
    with dropping(network):
        assert any(m.training for m in network.modules() if isinstance(m, torch.nn.Dropout | torch.nn.Dropout2d))
    assert not any(m.training for m in network.modules())


def test_features_come_from_the_coarsest_map() -> None:
    network = create_network("unet", 2, 1, width=4, depth=2, batch_norm=True).eval()
    with watching(network) as seen, torch.inference_mode():
        network(torch.rand(1, 1, 64, 64))
    assert seen.features().shape == (16,), "width 4, doubled twice"
    assert np.linalg.norm(seen.features()) == pytest.approx(1, abs=1e-5)
    assert not any(m._forward_hooks for m in network.modules())


def test_a_prediction_comes_back_as_it_was_written(tmp_path: Path) -> None:
    labels = np.array([[0, 3, 255]], np.uint16)
    write_prediction(tmp_path, labels, np.array([[1.0, 0.6, 0.2]], np.float32))
    found = read_prediction(tmp_path, (1, 3))
    assert found is not None
    assert (found.labels == labels).all()
    assert found.confidence == pytest.approx(np.array([[1.0, 0.6, 0.2]]), abs=1 / 255)
    rows = found.probabilities([0, 2, 3])
    assert rows.shape == (4, 1, 3)
    assert rows[:, 0, 1] == pytest.approx([0.2, 0, 0.2, 0.6], abs=1e-6)
    assert rows[[0, 2, 3], 0, 2] == pytest.approx(1 / 3), "where it says nothing every class is as likely"
    assert read_prediction(tmp_path, (2, 3)) is None
    remove_prediction(tmp_path)
    remove_prediction(tmp_path)
    assert list(tmp_path.iterdir()) == []
