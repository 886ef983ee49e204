"""Small networks learn from strokes, boxes and tags, alone and beside masks, and rounds of filling are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segstudio.algorithms.metrics import confusion, scores
from segstudio.core.annotation import ImageTag
from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import OptionError, TrainingError
from segstudio.core.progress import Progress, finish
from segstudio.io.masks import read_mask
from segstudio.learning.checkpoint import load_checkpoint
from segstudio.learning.data import Normalisation
from segstudio.learning.inference import labels_of, predict, predictor
from segstudio.learning.records import TrainingMetrics, TrainResult, read_curves, read_record
from segstudio.learning.supervision import SUPERVISIONS
from segstudio.learning.trainer import train
from segstudio.learning.weak.round_records import Round, read_kept, read_rounds
from segstudio.learning.weak.rounds import alternate
from segstudio.learning.weak.training import gather, train_weakly
from tests.learning.weak.scenes import CLASSES, Said, boxed, config, right, scene, strokes, tagged

SCENES = [scene(seed) for seed in range(6)]


def quality(result: TrainResult) -> float:
    """Right pixels on scenes that were not learned from."""
    ready = predictor(result.network, normalisation=Normalisation.from_json(result.config["normalisation"]))
    new = [scene(seed) for seed in (90, 91, 92)]
    return right([labels_of(finish(predict(ready, s.image()))) for s in new], [s.ids for s in new])


@pytest.mark.parametrize(
    ("supervision", "say", "loss", "least"),
    [
        ("partial", strokes, "partial_ce", 0.9),
        ("partial", strokes, "partial_ce+crf", 0.9),
        ("pseudo", strokes, "ce+dice", 0.95),
        ("pseudo", boxed, "ce+dice", 0.93),
        ("em_fixed", boxed, "ce", 0.85),
        ("em_adapt", boxed, "ce", 0.85),
        ("ccnn", boxed, "ce", 0.85),
    ],
)
def test_a_network_learns_shapes_from_what_was_said(supervision: str, say: Any, loss: str, least: float) -> None:
    said = [say(s) for s in SCENES]
    result = finish(train_weakly(config(supervision=supervision, loss=loss), said, classes=CLASSES))
    assert quality(result) > least


@pytest.mark.parametrize(("supervision", "least"), [("em_fixed", 0.75), ("em_adapt", 0.85), ("ccnn", 0.85)])
def test_tags_refine_a_network_that_has_learned_from_a_few_masks(
    supervision: str, least: float, tmp_path: Path
) -> None:
    masks = [scene(40), scene(41)]
    finish(train(config(epochs=1), masks, classes=CLASSES, folder=tmp_path / "masks"))
    said = [*masks, *(tagged(scene(seed, bar=seed % 2 == 0)) for seed in range(6))]
    told: list[TrainingMetrics] = []

    def note(progress: Progress) -> None:
        if isinstance(progress.detail, TrainingMetrics):
            told.append(progress.detail)

    work = train_weakly(
        config(supervision=supervision, loss="ce", full_share=0.5, epochs=2),
        said,
        classes=CLASSES,
        start=tmp_path / "masks" / "best.safetensors",
    )
    result = finish(work, note)
    assert all(np.isfinite(m.loss) for m in told)
    assert quality(result) > least


def test_tags_alone_train_without_any_labelled_pixel(tmp_path: Path) -> None:
    said = [tagged(scene(seed, bar=seed % 2 == 0)) for seed in range(4)]
    result = finish(train_weakly(config(supervision="ccnn", epochs=1), said, classes=CLASSES, folder=tmp_path))
    assert result.miou is None
    assert result.checkpoint is not None
    assert result.steps > 0
    assert read_record(tmp_path)["train"]["supervision"] == "ccnn"


def test_tags_are_learned_from_nearly_whole_images() -> None:
    said = [tagged(scene(seed, 80)) for seed in range(2)]
    work = train_weakly(config(supervision="em_adapt", crop=None, epochs=1), said, classes=CLASSES)
    assert finish(work).config["train"]["crop"] == 96


def test_machine_made_pixels_do_not_count_but_with_masks() -> None:
    sample = scene(0)
    source = np.where(sample.ids == 1, 1, 3)  # only the disc is a person's
    mine = Said(sample.pixels, sample.ids, "a", source=source)
    ((_, said),) = finish(gather([mine], CLASSES))
    assert said.drawn == (1,)
    with pytest.raises(TrainingError, match="nothing to fill"):
        finish(train_weakly(config(supervision="scribblesup"), [mine], classes=CLASSES))


def test_rounds_fill_learn_and_fill_again(tmp_path: Path) -> None:
    said = [strokes(s) for s in SCENES]
    told: list[TrainingMetrics] = []
    ended: list[Round] = []

    def note(progress: Progress) -> None:
        if isinstance(progress.detail, TrainingMetrics):
            told.append(progress.detail)
        if isinstance(progress.detail, Round):
            ended.append(progress.detail)

    gathered = finish(gather(said, CLASSES))
    truth = [s.ids for s in SCENES]
    settings = config(supervision="scribblesup", rounds=2, epochs=4)
    work = alternate(settings, gathered, CLASSES, tmp_path, [scene(80)], truth=truth)
    result = finish(work, note)
    assert quality(result) > 0.95
    assert [r.number for r in ended] == [0, 1]
    assert ended == read_rounds(tmp_path)
    assert ended[0].changed is None
    assert ended[1].changed is not None
    assert all(r.label_miou is not None and r.label_miou > 0.85 for r in ended)
    assert all(r.network_miou is not None for r in ended)
    last = read_kept(tmp_path).last
    assert last is not None
    assert (last.number, last.labels, last.network_miou) == (2, "labels", None)
    assert last.changed is not None
    # one curve over all rounds
    assert [m.step for m in told] == list(range(1, len(told) + 1))
    assert told[-1].epoch == told[-1].epochs == 4
    assert "round 2 of 2" in told[-1].note
    assert len(read_curves(tmp_path)["step"]) == len(told)
    assert read_record(tmp_path)["status"] == "finished"
    assert result.checkpoint == tmp_path / "best.safetensors"
    assert result.steps == told[-1].step
    # labels of every round, and the last ones, with every stroke as it was drawn
    for place in ("round-0/labels", "round-1/labels", "labels"):
        files = sorted(p for p in (tmp_path / place).glob("*.png") if "confidence" not in p.name)
        assert len(files) == len(said)
        for file, sample in zip(files, sorted(said, key=lambda s: s.name), strict=True):
            drawn = sample.ids != 255
            np.testing.assert_array_equal(read_mask(file)[drawn], sample.ids[drawn])


def test_rounds_that_were_stopped_go_on(tmp_path: Path) -> None:
    said = [strokes(s) for s in SCENES[:3]]
    settings = config(supervision="scribblesup", rounds=2, epochs=2)
    work = train_weakly(settings, said, classes=CLASSES, folder=tmp_path)
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and "round 2" in progress.detail.note:
            break
    work.close()
    assert read_record(tmp_path)["status"] == "stopped"
    assert len(read_rounds(tmp_path)) == 1
    assert (tmp_path / "best.safetensors").is_file()
    steps: list[int] = []

    def note(progress: Progress) -> None:
        if isinstance(progress.detail, TrainingMetrics):
            steps.append(progress.detail.step)

    result = finish(train_weakly(settings, said, classes=CLASSES, folder=tmp_path, resume=True), note)
    assert len(read_rounds(tmp_path)) == 2
    first, second = read_rounds(tmp_path)
    assert first.number == 0
    assert second.changed is not None, "the rounds are compared over the break"
    assert steps[0] > 1
    assert result.ending == "finished"
    assert read_record(tmp_path)["status"] == "finished"


def test_rounds_are_measured_on_the_same_strokes_that_no_network_saw(tmp_path: Path) -> None:
    gathered = finish(gather([strokes(s) for s in SCENES], CLASSES))
    settings = config(supervision="scribblesup", rounds=2, epochs=8, validation_fraction=0.34)
    finish(alternate(settings, gathered, CLASSES, tmp_path))
    records = [read_record(tmp_path / f"round-{n}") for n in range(2)]
    assert records[0]["validated on"] == records[1]["validated on"]
    assert len(records[0]["validated on"]) == round(0.34 * len(SCENES))
    aside = [(s, e) for s, e in gathered if s.name in records[0]["validated on"]]
    for number, one in enumerate(read_rounds(tmp_path)):
        network = load_checkpoint(tmp_path / f"round-{number}" / "best.safetensors")
        matrix = np.zeros((3, 3), np.int64)
        for sample, said in aside:
            matrix += confusion(labels_of(finish(predict(network, sample.image()))), said.labels, 3)
        assert one.drawn_miou == pytest.approx(scores(matrix).miou, abs=1e-6)


def test_damaged_rounds_are_told(tmp_path: Path) -> None:
    assert read_kept(tmp_path).shown == []
    (tmp_path / "rounds.json").write_text('{"rounds": 3}')
    with pytest.raises(TrainingError, match=r"rounds\.json is damaged"):
        read_kept(tmp_path)


@pytest.mark.parametrize(
    ("supervision", "said", "message"),
    [
        ("ccnn", [Said(np.zeros((48, 48)), np.full((48, 48), 255), "a")], "nobody has said anything"),
        ("ccnn", [SCENES[0]], "no image has boxes or tags to guess from"),
        ("em_fixed", [Said(SCENES[0].pixels, np.full((48, 48), 255), "a", given_tags=[9])], "a: there is no class 9"),
        ("partial", [Said(SCENES[0].pixels, np.where(SCENES[0].ids == 1, 1, 255), "a")], "only the class 'disc'"),
        (
            "em_adapt",
            [Said(SCENES[0].pixels, SCENES[0].ids // 2 * 2, "a", given_tags=[ImageTag(2, present=False)])],
            "a: class 2 is tagged as absent",
        ),
        ("pseudo", [Said(SCENES[0].pixels, np.full((48, 48), 255), "a", ((1, 90, 90, 99, 99),))], "lies outside"),
    ],
)
def test_what_cannot_be_learned_from_is_one_clear_error(supervision: str, said: Any, message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        finish(train_weakly(config(supervision=supervision), said, classes=CLASSES))
    assert "\n" not in str(caught.value)
    assert type(caught.value).__module__ == "segstudio.core.errors"


def test_guessing_needs_a_background() -> None:
    classes = LabelSet([LabelClass(1, "disc", (9, 9, 9)), LabelClass(2, "bar", (1, 1, 1))])
    with pytest.raises(TrainingError, match="needs class 0, the background"):
        finish(train_weakly(config(supervision="ccnn"), [tagged(SCENES[0])], classes=classes))


def test_the_trainer_alone_says_where_weak_training_starts() -> None:
    with pytest.raises(OptionError, match="train_weakly"):
        finish(train(config(supervision="pseudo"), SCENES, classes=CLASSES))


def test_every_kind_says_what_it_is() -> None:
    assert set(SUPERVISIONS) == {"full", "partial", "pseudo", "scribblesup", "em_fixed", "em_adapt", "ccnn"}
    for kind in SUPERVISIONS.values():
        assert kind.title
        assert kind.pick.endswith(".")
