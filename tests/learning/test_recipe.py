"""The default recipe on real images, where they lie beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from segstudio.algorithms.metrics import confusion, scores
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import Normalisation, folder_samples
from segstudio.learning.inference import labels_of, predict, predictor
from segstudio.learning.trainer import train

DATA = Path(os.environ.get("SEGSTUDIO_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not (DATA / "acdc").is_dir(), reason="no cardiac images beside the checkout")
def test_the_default_recipe_finds_the_heart_on_unseen_slices() -> None:
    every = folder_samples(DATA / "acdc" / "images", DATA / "acdc" / "masks")
    kept, learned = every[::4], [sample for i, sample in enumerate(every) if i % 4]
    # counted in steps, not minutes: what else the machine does must not decide
    config = TrainConfig(epochs=50, threads=2, device="cpu")
    classes = LabelSet.named(["ground", "right", "wall", "left"])
    result = finish(train(config, learned, classes=classes))
    ready = predictor(
        result.network, normalisation=Normalisation.from_json(result.config["normalisation"]), device="cpu"
    )
    matrix = np.zeros((4, 4), np.int64)
    for sample in kept:
        matrix += confusion(labels_of(finish(predict(ready, sample.image()))), sample.labels(), 4)
    assert np.nanmean(scores(matrix).dice[1:]) > 0.75
