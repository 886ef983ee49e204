"""Teach mode: a network learns from what is accepted while a person labels, and labels ahead what is not begun.

Rounds follow each other: train for a short while on all accepted samples, from the last weights on; predict the samples
that come next; order the rest by what would teach most. A round begins when enough was accepted or corrected since the
last one. Predictions lie beside the labels; one becomes an edit when its sample is opened (docs/adr/0030).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal, SignalInstance

from segstudio.app.document import Document
from segstudio.app.jobs import Job
from segstudio.app.pre_labels import PreLabels
from segstudio.app.teach_rounds import (
    MOST_IN_A_ROW,
    PROMISING,
    RECIPE,
    Round,
    agreement,
    expected_agreement,
    still_learning,
    worth_showing,
)
from segstudio.core.annotation import Sample, SampleState
from segstudio.core.errors import storage_errors
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project, Run, SampleQuery
from segstudio.io.project.predictions import StoredPrediction
from segstudio.learning.active import DEFAULT, STRATEGIES
from segstudio.learning.records import BEST, CURVES

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

ACCEPTED = frozenset({SampleState.DONE, SampleState.REVIEWED})
_TODO = frozenset({SampleState.TODO})
FEWEST = 2
"""Accepted samples, and classes shown in them, before there is anything to learn."""
_SETTING = "teach"
_SHAPES_A_NETWORK = ("network", "backbone", "network_options")


class Phase(StrEnum):
    OFF = "off"
    WAITING = "waiting"
    """Too little is accepted."""
    TRAINING = "training"
    LOOKING = "looking"
    """Predicting what comes next."""
    READY = "ready"


class Teach:
    """Runs the loop. Everything here is called in the main thread; :meth:`tick` about twice a second."""

    changed = Signal()
    """The phase, the rounds or the order are others than before."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._document: Document | None = None
        self._links: list[tuple[SignalInstance, Any]] = []
        self._training = False
        self._looking: Job | None = None
        self._news = False
        self._learned: dict[int, int] = {}
        """When the labels that the last round learned from were written, by sample."""
        self._learning: dict[int, int] = {}
        """The same of the round that runs."""
        self._run: Run | None = None
        self._unripe = 0
        """How many more rounds the same images may be learned for, as long as each still teaches."""
        self._pre_labels = PreLabels()
        self._judged: set[int] = set()
        self._trail: list[int] = []
        self._options: dict[str, Any] = {}
        self.phase = Phase.OFF
        self.accepted = 0
        self.pre_labelled = 0
        """Samples predicted in this round."""
        self.rounds: list[Round] = []
        self.scores: dict[int, float] = {}
        """How much each sample would teach, in the order at hand."""
        workbench.document_changed.connect(self._follow)
        workbench.training.ended.connect(self._training_ended)

    @property
    def on(self) -> bool:
        return self.phase is not Phase.OFF

    @property
    def strategy(self) -> str:
        """A name of ``STRATEGIES``."""
        name = self._workbench.settings.teach_order
        return name if name in STRATEGIES else DEFAULT

    def set_strategy(self, name: str) -> None:
        """Order the rest another way from now on."""
        if STRATEGIES[name].name == self.strategy:
            return
        self._workbench.settings.teach_order = name
        self.scores.clear()
        if self.on and self.rounds:
            self._stop_looking()
            self._look_ahead()
        self.changed.emit()

    # ---- on and off

    def toggle(self, **recipe: Any) -> None:
        """Start, or stop; *recipe* are fields of a ``TrainConfig`` for the rounds."""
        if self.on:
            self.stop()
        else:
            self.start(**recipe)

    def start(self, **recipe: Any) -> None:
        """Begin to learn from what is accepted."""
        if self._document is None or self.on:
            return
        self._options = recipe
        self._news = True
        self._set(Phase.WAITING)
        self._show_pre_label()
        self.tick()

    def stop(self) -> None:
        """End the round at hand; networks, predictions and labels stay."""
        if not self.on:
            return
        self._stop_looking()
        self._set(Phase.OFF)
        if self._training:
            self._workbench.training.stop()

    def tick(self) -> None:
        """Begin the next round where there is reason to and nothing runs."""
        if not self.on or not self._news or self._workbench.training.running or self._looking is not None:
            return
        if self._document is None or self._document.history.recording:
            return
        self._news = False
        with self._workbench.reporting("teach"):
            self._consider(self._document.project)

    def _consider(self, project: Project) -> None:
        if self._document is not None:
            self._document.save()  # what is labelled, and with which classes, is known from then on
        accepted = project.sample_ids(SampleQuery(states=ACCEPTED))
        accepted = [i for i in accepted if project.has_labels(i) or self._at_hand(i)]
        self.accepted = len(accepted)
        if not self._enough(project, accepted):
            self._set(Phase.WAITING)
            return
        stamps = _stamps(project, accepted)
        fresh = sum(self._learned.get(i) != stamp for i, stamp in stamps.items())
        if fresh >= max(1, len(accepted) // 10):
            self._unripe = MOST_IN_A_ROW
            self._begin_round(accepted)
        elif self._unripe > 0 and self.rounds:
            self._begin_round(accepted)
        elif not self.scores and self.rounds:
            self._look_ahead()
        else:
            self._set(Phase.READY)

    def _enough(self, project: Project, accepted: Sequence[int]) -> bool:
        if len(accepted) < FEWEST:
            return False
        shown = [c for c in project.classes if project.sample_ids(SampleQuery(class_id=c, states=ACCEPTED))]
        return len(shown) >= FEWEST

    # ---- a round

    def recipe(self) -> dict[str, Any]:
        """The configuration of a round: that of the last training, for a short while, on whole masks, at an even
        pace."""
        settings = self._workbench.settings
        config = {**settings.training, "epochs": None, "minutes": settings.teach_minutes}
        if config.pop("supervision", "full") != "full":
            # what is accepted counts as a mask, whoever made it; the loss went with strokes or boxes
            config.pop("loss", None)
        if self._options.get("epochs"):
            config["minutes"] = None
        return {**config, **RECIPE, **self._options}

    def _begin_round(self, accepted: Sequence[int]) -> None:
        document = self._document
        if document is None:
            return
        config, number = self.recipe(), len(self.rounds) + 1
        begin_from = self._weights(document.project, config)
        if self._run is None:
            self._run = document.project.new_run("teach", config)
        document.project.finish_run(self._run.id, "running", {})
        document.save()
        self._learning = _stamps(document.project, accepted)
        folder = self._run.folder / f"round-{number:04d}"
        samples = document.project.stored(accepted)
        run = replace(self._run, folder=folder)
        self._workbench.training.start_on(samples, config, begin_from=begin_from, run=run)
        self._training = True
        self.rounds.append(Round(number, len(accepted)))
        self._set(Phase.TRAINING)

    def _weights(self, project: Project, config: dict[str, Any]) -> Path | None:
        """The newest network of the same build."""
        build = [config.get(name) for name in _SHAPES_A_NETWORK]
        for run in project.runs():
            if run.checkpoint.is_file() and [run.config.get(name) for name in _SHAPES_A_NETWORK] == build:
                return run.checkpoint
        return None

    def _training_ended(self, state: str) -> None:
        if not self._training:
            self._news = self._news or self.on  # it had to wait for another training
            return
        self._training = False
        document, run = self._document, self._run
        if document is None or run is None or document is not self._workbench.document:
            return
        with self._workbench.reporting("teach"):
            learned = self._take_network(document.project, run, state)
            if state == "done" and learned:
                self._learned = self._learning
                self._unripe = self._more_rounds()
                self._remember(document.project)
                if self.on:
                    self._look_ahead()
                return
        self.rounds.pop()
        self._set(Phase.OFF)  # a person stopped it, or it failed and the reason is on the screen

    def _more_rounds(self) -> int:
        """How many more may follow on the same images: none once the loss has come to rest."""
        if not self.recipe().get("minutes"):
            return 0  # of a length that somebody chose, as long as it has to be
        losses = [metrics.loss for metrics in self._workbench.training.metrics]
        return self._unripe - 1 if still_learning(losses) else 0

    def _take_network(self, project: Project, run: Run, state: str) -> bool:
        """Make the round's network that of the teaching; whether it left one."""
        folder = run.folder / f"round-{self.rounds[-1].number:04d}"
        best = folder / BEST
        there = best.is_file()
        with storage_errors(folder):
            if there:
                os.replace(best, run.checkpoint)
                os.replace(folder / CURVES, run.folder / CURVES)
        self._workbench.training.tidy(lambda path: shutil.rmtree(path, ignore_errors=True), folder)
        # what it is worth shows on the images that come; until then the last network's word counts
        miou = next((one.miou for one in reversed(self.rounds) if one.miou is not None), None)
        project.finish_run(
            run.id, "failed" if state == "failed" else "done", {"miou": miou, "epoch": self.rounds[-1].number}
        )
        return there

    # ---- looking ahead

    def _look_ahead(self) -> None:
        """Predict and score what comes next, in the child that trained."""
        document, run = self._document, self._run
        if document is None or run is None or not run.checkpoint.is_file():
            return
        document.save()
        ahead = document.project.stored(self._ahead())
        labelled = document.project.stored(list(self._learned))
        worker, classes, strategy = self._workbench.training.child(), list(document.classes), self.strategy
        device = str(self.recipe().get("device") or "auto")
        checkpoint, seed = run.checkpoint, len(self.rounds)
        self.pre_labelled = 0

        def work() -> Work[Any]:
            function = "segstudio.learning.looking_ahead:look_ahead"
            options = {"strategy": strategy, "seed": seed, "device": device}
            return (yield from worker.run(function, checkpoint, ahead, labelled, classes, **options))

        self._looking = self._workbench.jobs.submit(
            "Predict ahead",
            work,
            self._take_scores,
            lane="train",
            failed=lambda error: self._workbench.report(error, "teach"),
            progressed=self._take_prediction,
        )
        self._workbench.jobs.ended.connect(self._looked)
        self._set(Phase.LOOKING)

    def _ahead(self) -> list[int]:
        """What to predict in this round: half of what promised most in the last one, half not looked at yet."""
        count = self._workbench.settings.teach_ahead
        best = [i for i in self._waiting() if i in self.scores][: count // 2]
        new = [i for i in self._waiting() if i not in self.scores][: count - len(best)]
        return best + new

    def _waiting(self) -> list[int]:
        """The samples that nobody has begun: what promises most first, then in the order of the list."""
        document = self._document
        if document is None:
            return []
        todo = set(document.project.sample_ids(SampleQuery(states=_TODO)))
        listed = [i for i in document.order if i in todo] if len(document.order) else []
        begun: set[int] = set()
        for class_id in document.classes:
            begun.update(document.project.sample_ids(SampleQuery(class_id=class_id, states=_TODO)))
        known = [i for i in (*listed, *sorted(todo - set(listed))) if i not in begun]
        return sorted(known, key=lambda i: -self.scores.get(i, -1.0))

    def _take_prediction(self, progress: Progress) -> None:
        looked: Any = progress.detail
        document = self._document
        if looked is None or document is None or not self.on:
            return
        with self._workbench.reporting("teach"):
            self.pre_labelled += 1
            if looked.score is not None:
                self.scores[looked.sample_id] = looked.score
            document.project.set_uncertainty(looked.sample_id, looked.uncertainty)
            document.sample_updated.emit(looked.sample_id)
            if self._at_hand(looked.sample_id):
                self._show_pre_label()
        self.changed.emit()

    def _take_scores(self, scores: dict[int, float]) -> None:
        self.scores.update(scores)

    def _looked(self, job: Job) -> None:
        if job is not self._looking:
            return
        self._workbench.jobs.ended.disconnect(self._looked)
        self._looking = None
        self._news = self._news or self._unripe > 0
        if self.on:
            self._set(Phase.READY)

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._workbench.jobs.stop(self._looking)
            self._workbench.jobs.ended.disconnect(self._looked)
            self._looking = None

    # ---- what a person sees and does

    @property
    def upcoming(self) -> Sample | None:
        """The sample that *next* goes to."""
        document = self._document
        if document is None:
            return None
        here = document.sample.id if document.sample is not None else None
        waiting = next((i for i in self._waiting() if i != here), None)
        return document.project.sample(waiting) if waiting is not None else None

    def next(self) -> bool:
        """Go to the sample that would teach most of those that nobody has begun; whether there is one."""
        upcoming, document = self.upcoming, self._document
        if upcoming is None or document is None:
            return False
        if document.sample is not None:
            self._trail.append(document.sample.id)
        document.goto(upcoming.id)
        return True

    def previous(self) -> bool:
        """Go back to where *next* came from; whether there is such a sample."""
        document = self._document
        if document is None or not self._trail:
            return False
        document.goto(self._trail.pop())
        return True

    def accept(self) -> None:
        """The labels at hand are right: learn from them, and go on."""
        document = self._document
        if document is None or document.image is None:
            return
        with self._workbench.reporting("accept"):
            document.set_state(SampleState.REVIEWED)
            if not self.next():
                self._workbench.message.emit("Every image of the list is begun or done.")

    def prediction(self, sample_id: int) -> StoredPrediction | None:
        """What the network of this teaching says of the sample at hand, where it was asked."""
        return self._pre_labels.prediction(sample_id) if self.on else None

    def corrected(self, sample_id: int) -> StoredPrediction | None:
        """What strokes on the sample at hand correct; see :meth:`~segstudio.app.pre_labels.PreLabels.corrected`."""
        return self._pre_labels.corrected(sample_id)

    def _show_pre_label(self) -> None:
        if self.on and self.worth_showing:
            with self._workbench.reporting("teach"):
                self._pre_labels.show(self._promises)

    def _take_back(self) -> None:
        with self._workbench.reporting("teach"):
            self._pre_labels.take_back()

    def _watch_undo(self) -> None:
        with self._workbench.reporting("teach"):
            self._pre_labels.watch_undo()

    def _promises(self, found: StoredPrediction) -> bool:
        """Whether the network itself expects to be right of more than it could be by chance."""
        document = self._document
        if document is None:
            return False
        return expected_agreement(found.labels, found.confidence, list(document.classes)) >= PROMISING

    @property
    def held_back(self) -> bool:
        """Whether there is a prediction of the sample at hand that was not made a pre-label, for it promised little."""
        document = self._document
        if not self.on or document is None or document.sample is None or document.sample.state in ACCEPTED:
            return False
        return self._pre_labels.held_back == document.sample.id

    @property
    def worth_showing(self) -> bool:
        """Whether images come pre-labelled: not while the last predictions were worse than nothing."""
        return worth_showing(self.rounds)

    def _updated(self, sample_id: int) -> None:
        document = self._document
        if document is None:
            return
        state = document.project.sample(sample_id).state
        if state in ACCEPTED:
            self._judge(document, sample_id)
        if state in ACCEPTED or sample_id in self._learned:
            self._news = True

    def _judge(self, document: Document, sample_id: int) -> None:
        """Compare what is accepted with what the network said before it could learn it."""
        predicted = self._pre_labels.prediction(sample_id)
        if predicted is None or sample_id in self._judged or sample_id in self._learned or not self.rounds:
            return
        found = agreement(predicted.labels, document.labels.classes())
        if found is None:
            return
        self._judged.add(sample_id)
        place = -2 if self._training and len(self.rounds) > 1 else -1  # the round that runs has predicted nothing yet
        self.rounds[place] = self.rounds[place].judged(found, self._pre_labels.changed(sample_id))
        with self._workbench.reporting("teach"):
            self._remember(document.project)
        self.changed.emit()

    def _at_hand(self, sample_id: int) -> bool:
        document = self._document
        return document is not None and document.sample is not None and document.sample.id == sample_id

    # ---- projects

    def _remember(self, project: Project) -> None:
        rounds = [asdict(one) for one in self.rounds[-100:]]
        project.set_setting(_SETTING, {"run": self._run.id if self._run is not None else None, "rounds": rounds})

    def _follow(self) -> None:
        for signal, slot in self._links:
            signal.disconnect(slot, missing_ok=True)
        self._links, self._run = [], None
        self._learned, self.scores, self.rounds, self._trail = {}, {}, [], []
        self._judged.clear()
        self._training, self._news, self._unripe, self.accepted, self.pre_labelled = False, False, 0, 0, 0
        self._stop_looking()
        document = self._document = self._workbench.document
        self._pre_labels.follow(document)
        if document is not None:
            with self._workbench.reporting("open the project"):
                self._recall(document.project)
            self._links = [
                (document.leaving, self._take_back),
                (document.sample_changed, self._show_pre_label),
                (document.sample_updated, self._updated),
                (document.history.changed, self._watch_undo),
            ]
            for signal, slot in self._links:
                signal.connect(slot)
        self._set(Phase.OFF)

    def _recall(self, project: Project) -> None:
        kept = project.setting(_SETTING) or {}
        runs = {run.id: run for run in project.runs()}
        self._run = runs.get(int(kept.get("run") or 0))
        if self._run is not None and self._run.checkpoint.is_file():
            self.rounds = [Round.from_json(row) for row in kept.get("rounds", [])]

    def _set(self, phase: Phase) -> None:
        self.phase = phase
        self.changed.emit()


def _stamps(project: Project, ids: Sequence[int]) -> dict[int, int]:
    """When the label maps of these samples were written."""
    found = {}
    for sample_id in ids:
        file = project.labels_file(sample_id)
        found[sample_id] = file.stat().st_mtime_ns if file.is_file() else 0
    return found
