"""Runs the tool in hand: begins its generator at a press, sends it what happens, closes it at Escape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from segstudio.app.jobs import Job
from segstudio.app.workbench import Workbench
from segstudio.core.progress import Work
from segstudio.gui.tools import TOOLS, Cursor, Hand, Kind, Pending, Pointer, Strokes, ToolEntry

R = TypeVar("R")


class ToolDriver:
    """Holds the tool and what it is in the middle of. *shown* is called when what the hand shows may have changed."""

    def __init__(self, workbench: Workbench, shown: Callable[[], None]) -> None:
        self._workbench = workbench
        self._shown = shown
        self._strokes: Strokes | None = None
        self._last = Pointer(0, 0)
        self._pending: dict[Job, tuple[Pending[Any], Strokes | None]] = {}
        self._showing: tuple[object, ...] = ()
        self.tool: ToolEntry = TOOLS["brush"]
        self.hand: Hand | None = None
        workbench.jobs.ended.connect(self._ended)

    @property
    def working(self) -> bool:
        """Whether a drag (or a polygon, or a computation for the tool) is going on."""
        return self._strokes is not None

    def take(self, name: str) -> None:
        """Take another tool; what the old one was in the middle of is brought to its end."""
        entry = TOOLS[name]
        self.settle()
        self.tool = entry
        if self.hand is not None:
            self.hand.show_nothing()
            if not entry.shapes:
                self.hand.picks = ()
        self._tell()

    def send(self, pointer: Pointer) -> None:
        """Hand a pointer to the tool at work, or begin with it."""
        hand = self.hand
        if hand is None or (self._strokes is None and pointer.kind not in (Kind.PRESS, Kind.DOUBLE)):
            return
        self._last = pointer
        with self._workbench.reporting(self.tool.name):
            self._step(hand, pointer)
        self._tell()

    def hover(self, pointer: Pointer) -> Cursor:
        """Let the tool say what a press here would do; the mouse pointer to show."""
        usual = self.tool.cursor
        if self.hand is None or self._strokes is not None:
            return usual
        found = self.tool.hover(self.hand, pointer)
        self._tell()
        return found or usual

    def cancel(self) -> None:
        """Give up what the tool is in the middle of; the document is as before."""
        strokes, self._strokes = self._strokes, None
        if strokes is not None:
            strokes.close()
        if self.hand is not None:
            self.hand.show_nothing()
        self._tell()

    def settle(self) -> None:
        """Bring what the tool is in the middle of to the end that a release or Enter would; give up what has none."""
        for kind in (Kind.RELEASE, Kind.ENTER):
            if self._strokes is not None:
                self.send(replace(self._last, kind=kind))
        if self._strokes is not None:
            self.cancel()

    def wake(self) -> None:
        """Tell the tool at work that something it may wait for has been computed."""
        if self._strokes is not None:
            self.send(replace(self._last, kind=Kind.READY))

    def compute(self, title: str, work: Callable[[], Work[R]]) -> Pending[R]:
        """Run *work* in a thread for the drag that is going on; its tool hears when it is done."""
        pending: Pending[R] = Pending()
        jobs = self._workbench.jobs
        job = jobs.submit(
            title,
            work,
            pending.settle,
            lane="tools",
            failed=lambda error: self._workbench.report(error, title),
            quiet=True,
        )
        self._pending[job] = pending, self._strokes
        pending.stop = lambda: jobs.stop(job)
        return pending

    def _ended(self, job: Job) -> None:
        pending, drag = self._pending.pop(job, (None, None))
        if pending is not None:
            pending.done = True
            if drag is self._strokes:
                self.wake()

    def _step(self, hand: Hand, pointer: Pointer) -> None:
        try:
            if self._strokes is None:
                strokes = self.tool.drag(hand, pointer)
                self._strokes = strokes
                next(strokes)
            else:
                self._strokes.send(pointer)
        except StopIteration:
            self._end(hand)
        except BaseException:
            self._end(hand)
            raise

    def _end(self, hand: Hand) -> None:
        self._strokes = None
        hand.ghost = None

    def told(self) -> None:
        """What the hand shows was changed by somebody else: show it."""
        self._tell()

    def _tell(self) -> None:
        hand = self.hand
        showing = (hand.rubber, hand.ghost, hand.picks) if hand is not None else ()
        if len(showing) != len(self._showing) or any(a is not b for a, b in zip(showing, self._showing, strict=True)):
            self._showing = showing
            self._shown()
