"""ScribbleSup's alternation (Lin et al., CVPR 2016, section 3.2): fill strokes, learn, fill with the network's word.

Round 0 fills without a network: each image by its own strokes and by what those of the others say. Each round trains on
what was filled, going on from the weights before; then labels are filled again with the network's probabilities as a
unary term. Every round's labels and scores are kept, to be compared.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from segstudio.algorithms.metrics import confusion, scores
from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError, storage_errors
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.atomic import write_text
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import ClassMap, Normalisation, TrainingSample, split
from segstudio.learning.inference import Predictor, labels_of, predict, predictor
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.records import BEST, STATE, RunRecorder, TrainingMetrics, TrainResult, read_record, write_record
from segstudio.learning.trainer import train
from segstudio.learning.weak.filling import Filled, Relabelled, agreement, difference, fill
from segstudio.learning.weak.guessing import Labelled
from segstudio.learning.weak.lessons import Gathered, folds, lessons, nothing
from segstudio.learning.weak.round_records import LAST, Kept, Round, read_kept, write_kept

_LEARNED = 0.2
"""How much of the filling it is to learn from all images."""


def alternate(
    config: TrainConfig,
    gathered: Gathered,
    classes: LabelSet,
    folder: str | Path | None,
    validation: Sequence[TrainingSample] = (),
    *,
    truth: Sequence[Any] | None = None,
    start: str | Path | None = None,
    resume: bool = False,
) -> Work[TrainResult]:
    """Train in ``config.rounds`` rounds; epochs or minutes are shared among them.

    *truth*, ``(H, W)`` class ids or ``None`` for each sample, is never learned from: it scores each round's labels.
    The same images are kept aside in every round, so that rounds can be compared, unless *validation* is given. In
    *folder* each round has a folder of its own with its run and labels; the last labels, filled with the last
    network's word, are in ``labels``, and the last network is the run's checkpoint. *resume* goes on in the round that
    was interrupted.
    """
    run = _Alternation(config, gathered, classes, None if folder is None else Path(folder), validation, truth, start)
    return (yield from run.work(resume))


def fill_all(
    gathered: Gathered,
    classes: LabelSet,
    config: TrainConfig,
    folder: Path | None,
    network: Predictor | None = None,
) -> Work[list[Relabelled]]:
    """Labels of every sample, with the word of *network* where there is one; in *folder* where one is given.

    Strokes are filled with what those of other images say, never with what was learned from the image itself.
    """
    if folder is not None:
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    learning = lessons(gathered) if config.propagator == "auto" else nothing(gathered)
    taught = yield from scaled(learning, 0.0, _LEARNED)
    found: dict[int, Relabelled] = {}
    for fold in folds(taught):
        experience = yield from _still(fold.learning(config.seed), _done(found, gathered))
        for index in fold.members:
            sample, said = gathered[index]
            yield Progress(_done(found, gathered), f"filling {sample.name}")
            image = sample.image()
            probabilities = None
            if network is not None and not said.complete:
                probabilities = yield from _still(predict(network, image), _done(found, gathered))
            work = fill(
                image,
                said,
                classes,
                probabilities=probabilities,
                propagator=config.propagator,
                box_method=config.box_method,
                experience=experience,
            )
            filled: Filled = yield from _still(work, _done(found, gathered))
            found[index] = Relabelled.keep(sample, filled, folder)
    return [found[index] for index in range(len(gathered))]


def _done(found: dict[int, Relabelled], gathered: Gathered) -> float:
    return _LEARNED + (1 - _LEARNED) * len(found) / len(gathered)


def _still(work: Work[Any], fraction: float) -> Work[Any]:
    """*work* as one moment of a larger one."""
    return (yield from scaled(work, fraction, fraction))


@dataclass
class _Alternation:
    config: TrainConfig
    gathered: Gathered
    classes: LabelSet
    folder: Path | None
    validation: Sequence[TrainingSample]
    truth: Sequence[Any] | None
    start: str | Path | None

    def __post_init__(self) -> None:
        self.rounds: list[Round] = []
        self.last: Round | None = None
        self.network: SegmentationNetwork | None = None
        self.result: TrainResult | None = None
        self.epochs = self.steps = 0
        self.seconds = 0.0
        self.learned, self.aside = self._split()
        if not any(len(said.drawn) > 1 or said.boxes or said.complete for _, said in self.gathered):
            raise TrainingError("no image has strokes of two classes, or boxes: there is nothing to fill")

    def work(self, resume: bool) -> Work[TrainResult]:
        if self.folder is not None:
            with storage_errors(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
        begun_again = resume and self._restore()
        recorder = RunRecorder(self.folder, [c.name for c in self.classes.values()], self.steps)
        ending = "stopped"
        try:
            before = self._labels_before()
            for number in range(len(self.rounds), self.config.rounds):
                before = yield from self._round(number, before, recorder, resume=begun_again)
                begun_again = False
            assert self.result is not None
            yield from self._fill_at_last(before)
            ending = self.result.ending
        finally:
            recorder.close()
            self._record(ending)
        return self._answer()

    # -- a round -------------------------------------------------------------------------------------------------

    def _round(
        self, number: int, before: list[Relabelled] | None, recorder: RunRecorder, *, resume: bool
    ) -> Work[list[Relabelled]]:
        begun = time.monotonic()
        share = 0.97 / self.config.rounds
        first, middle, last = number * share, (number + 0.1) * share, (number + 1) * share
        name = f"round {number + 1} of {self.config.rounds}: "
        labels = self._place(f"round-{number}", "labels")
        own = self._place(f"round-{number}")
        goes_on = resume and own is not None and labels is not None and (own / STATE).is_file()
        if goes_on and labels is not None:
            filled = [Relabelled.kept(sample, labels) for sample, _ in self.gathered]
        else:
            filled = yield from scaled(self._fill(labels), first, middle, name)
        self._mark(number)
        part = Labelled([self.gathered[i][1].complete for i in self.learned], self.config.full_share)
        training = train(
            self._config_of_round(),
            [filled[i] for i in self.learned],
            classes=self.classes,
            folder=own,
            validation=self.validation or [filled[i] for i in self.aside],
            network=None if goes_on and number == 0 else self.network,
            start=self.start if number == 0 else None,
            resume=goes_on,
            supervision=part,
        )
        result: TrainResult = yield from self._relayed(scaled(training, middle, last, name), name, recorder)
        self.network, self.result = result.network, result
        self.epochs, self.steps, self.seconds = (
            self.epochs + result.epochs,
            self.steps + result.steps,
            self.seconds + result.seconds,
        )
        drawn_miou = yield from _still(self._compared_with_drawn(), last)
        told = self._told(number, filled, before, begun, labels)
        told = replace(told, network_miou=result.miou, drawn_miou=drawn_miou)
        self.rounds.append(told)
        self._write_rounds()
        yield Progress(last, name + "done", told)
        return filled

    def _labels_before(self) -> list[Relabelled] | None:
        """Those of the last finished round, where an interrupted run goes on."""
        place = self._place(f"round-{len(self.rounds) - 1}", "labels") if self.rounds else None
        return None if place is None else [Relabelled.kept(sample, place) for sample, _ in self.gathered]

    def _fill_at_last(self, before: list[Relabelled] | None) -> Work[None]:
        """The labels that the last network helps to fill; nothing learns from them any more."""
        begun, place = time.monotonic(), self._place(LAST)
        filled = yield from scaled(self._fill(place), 0.97, 1.0, "last labels: ")
        self.last = self._told(len(self.rounds), filled, before, begun, place)
        self._write_rounds()

    def _told(
        self,
        number: int,
        filled: list[Relabelled],
        before: list[Relabelled] | None,
        begun: float,
        labels: Path | None,
    ) -> Round:
        """What filling came to, before anything is known of a network."""
        return Round(
            number,
            _mean_confidence(filled),
            None if before is None else difference(before, filled),
            None if self.truth is None else agreement(filled, self.truth, self.classes),
            None,
            None,
            round(time.monotonic() - begun, 1),
            None if labels is None or self.folder is None else labels.relative_to(self.folder).as_posix(),
        )

    def _split(self) -> tuple[list[int], list[int]]:
        """Which samples to learn from and which to keep aside, by what people said of them."""
        if self.validation:
            return list(range(len(self.gathered))), []
        places = {class_id: place for place, class_id in enumerate(self.classes)}
        said = np.zeros((len(self.gathered), len(places)), np.int64)
        for row, (_, evidence) in zip(said, self.gathered, strict=True):
            known = {*evidence.drawn, *(box[0] for box in evidence.boxes)}
            row[[places[class_id] for class_id in known if class_id in places]] = 1
        aside = split(said, self.config.validation_fraction, self.config.seed)[1]
        return [i for i in range(len(self.gathered)) if i not in aside], aside

    def _compared_with_drawn(self) -> Work[float | None]:
        """mIoU of the network on what people drew in the images kept aside; labels that it helped to make are not
        asked, so that rounds can be compared."""
        network, to_channels = self._network(), ClassMap(self.classes).to_channels
        matrix = np.zeros((len(self.classes), len(self.classes)), np.int64)
        for index in self.aside if network is not None else ():
            sample, said = self.gathered[index]
            if network is not None and said.drawn:
                found = labels_of((yield from predict(network, sample.image())))
                matrix += confusion(found, to_channels(said.labels, sample.name), len(self.classes))
        return float(scores(matrix).miou) if matrix.any() else None

    def _config_of_round(self) -> TrainConfig:
        """The run of one round: its part of the epochs or minutes, and the same samples to measure on in each."""
        config, rounds = self.config, self.config.rounds
        changes: dict[str, Any] = {}
        if config.minutes is not None:
            changes["minutes"] = config.minutes / rounds
        if config.epochs is not None or config.minutes is None:
            changes["epochs"] = max(1, round((config.epochs or 60) / rounds))
        return config.model_copy(update=changes)

    def _fill(self, folder: Path | None) -> Work[list[Relabelled]]:
        return (yield from fill_all(self.gathered, self.classes, self.config, folder, self._network()))

    def _network(self) -> Predictor | None:
        """The newest network, ready to predict."""
        if self.network is None or self.result is None:
            return None
        scale = Normalisation.from_json(self.result.config["normalisation"])
        return predictor(self.network, normalisation=scale, device=self.config.device)

    def _relayed(self, work: Work[TrainResult], name: str, recorder: RunRecorder) -> Work[TrainResult]:
        """*work*, its metrics counted on from the rounds before."""
        try:
            while True:
                progress = next(work)
                detail = progress.detail
                if isinstance(detail, TrainingMetrics):
                    detail = replace(
                        detail,
                        step=detail.step + self.steps,
                        epoch=detail.epoch + self.epochs,
                        epochs=None if detail.epochs is None else detail.epochs * self.config.rounds,
                        elapsed_seconds=detail.elapsed_seconds + self.seconds,
                        note=detail.note or name.rstrip(": "),
                    )
                    recorder.add(detail)
                yield Progress(progress.fraction, progress.message, detail)
        except StopIteration as stop:
            result: TrainResult = stop.value
            return result
        finally:
            work.close()

    # -- what is kept --------------------------------------------------------------------------------------------

    def _place(self, *parts: str) -> Path | None:
        return None if self.folder is None else self.folder.joinpath(*parts)

    def _mark(self, number: int) -> None:
        """Say in the run's folder that it can go on: the state itself is in the round's."""
        if self.folder is not None:
            write_text(self.folder / STATE, json.dumps({"round": number}), durable=False)

    def _write_rounds(self) -> None:
        if self.folder is not None:
            write_kept(self.folder, Kept(self.rounds, self.last, self.epochs, self.steps, self.seconds))

    def _restore(self) -> bool:
        """Take up what an interrupted run has reached; whether there was anything."""
        if self.folder is None or not (self.folder / STATE).is_file():
            raise TrainingError(f"{self.folder or 'a run without a folder'}: there is no stopped run to resume")
        kept = read_kept(self.folder)
        self.rounds, self.epochs, self.steps, self.seconds = kept.rounds, kept.epochs, kept.steps, kept.seconds
        if self.rounds:
            self._load_network(self.folder / f"round-{self.rounds[-1].number}" / BEST)
        return True

    def _load_network(self, checkpoint: Path) -> None:
        ready = predictor(checkpoint, device="cpu")
        self.network = ready.network
        last = self.rounds[-1]
        self.result = TrainResult(
            network=ready.network,
            classes=self.classes,
            config={"normalisation": ready.normalisation.to_json()},
            checkpoint=checkpoint,
            folder=checkpoint.parent,
            miou=last.network_miou,
            iou=(),
            epochs=0,
            steps=0,
            seconds=0.0,
            ending="finished",
        )

    def _record(self, ending: str) -> None:
        """The newest network and the record of the run, in its folder."""
        if self.folder is None:
            return
        number = len(self.rounds)
        places = [self.folder / f"round-{n}" for n in (number, number - 1) if n >= 0]
        newest = next((place for place in places if (place / BEST).is_file()), None)
        if newest is None:
            return
        with storage_errors(self.folder):
            shutil.copyfile(newest / BEST, self.folder / BEST)
        record = read_record(newest)
        told = {"train": self.config.model_dump(mode="json"), "status": ending}
        write_record(self.folder, {**record, **told, "steps": self.steps, "seconds": round(self.seconds, 1)})

    def _answer(self) -> TrainResult:
        assert self.result is not None
        checkpoint = None if self.folder is None else self.folder / BEST
        return replace(
            self.result,
            folder=self.folder,
            checkpoint=checkpoint if checkpoint is not None and checkpoint.is_file() else None,
            epochs=self.epochs,
            steps=self.steps,
            seconds=self.seconds,
        )


def _mean_confidence(filled: Sequence[Relabelled]) -> float:
    return sum(float(sample.confidence().mean()) for sample in filled) / max(1, len(filled))
