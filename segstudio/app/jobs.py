"""Background work: generators driven by threads, their news brought to the main thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from psygnal import Signal

from segstudio.core.errors import SegStudioError
from segstudio.core.progress import Progress, Work

log = logging.getLogger(__name__)

Post = Callable[[Callable[[], None]], None]
"""Runs a function in the main thread, soon."""


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (JobState.DONE, JobState.STOPPED, JobState.FAILED)


@dataclass(eq=False)
class Job:
    """One piece of work in the queue. Its fields change in the main thread only."""

    title: str
    lane: str
    key: str
    """Jobs of one key replace each other: the newer one stops the older."""
    done: Callable[[Any], None]
    """Called in the main thread with the result."""
    failed: Callable[[BaseException], None] | None
    progressed: Callable[[Progress], None] | None
    quiet: bool = False
    """Not shown to people: too short or too frequent."""
    state: JobState = JobState.WAITING
    progress: Progress = field(default_factory=lambda: Progress(None))
    error: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _news: list[Progress] = field(default_factory=list)
    _news_lock: threading.Lock = field(default_factory=threading.Lock)


class JobQueue:
    """Runs work in one thread per lane, first come first served; tells the main thread how it goes.

    *post* hands a function to the main thread (the window's event loop; a plain call where there is no other thread to
    wait for, as in tests of single pieces). Only the threads drive generators, only the main thread sees jobs change.
    """

    started = Signal(Job)
    progressed = Signal(Job)
    ended = Signal(Job)

    def __init__(self, post: Post) -> None:
        self._main_thread = post
        self._shut = False
        self._holding = False
        self._held: deque[Callable[[], None]] = deque()
        self._lanes: dict[str, queue.SimpleQueue[tuple[Job, Callable[[], Work[Any]]] | None]] = {}
        self._threads: list[threading.Thread] = []
        self._jobs: list[Job] = []

    @property
    def jobs(self) -> list[Job]:
        """What waits or runs, the oldest first."""
        return list(self._jobs)

    @property
    def busy(self) -> bool:
        return bool(self._jobs)

    def submit(
        self,
        title: str,
        work: Callable[[], Work[Any]],
        done: Callable[[Any], None] = lambda _: None,
        *,
        lane: str = "compute",
        key: str = "",
        failed: Callable[[BaseException], None] | None = None,
        progressed: Callable[[Progress], None] | None = None,
        quiet: bool = False,
    ) -> Job:
        """Queue *work* (a function that makes the generator, called in the lane's thread). Returns its job at once."""
        job = Job(title, lane, key, done, failed, progressed, quiet)
        if key:
            for other in self._jobs:
                if other.key == key:
                    self.stop(other)
        self._jobs.append(job)
        self._lane(lane).put((job, work))
        return job

    def stop(self, job: Job) -> None:
        """Ask a job to stop; it does at its next step, and *ended* tells."""
        job._stop.set()

    def stop_all(self) -> None:
        for job in self._jobs:
            self.stop(job)

    def shut_down(self, timeout: float = 10.0) -> None:
        """Stop every job and end the threads. A step that takes longer than *timeout* is left to end unheard."""
        self.stop_all()
        for lane in self._lanes.values():
            lane.put(None)
        for thread in self._threads:
            thread.join(timeout)
        self._shut = True
        self._lanes.clear()
        self._threads.clear()

    def hold(self) -> None:
        """From now on what threads tell waits: the main thread is in the middle of something."""
        self._holding = True

    def release(self) -> None:
        """Tell what waited, in its order, once the main thread has come back from what it does."""
        self._holding = False
        self._post(lambda: None)

    def _post(self, function: Callable[[], None]) -> None:
        if not self._shut:
            self._main_thread(lambda: self._tell_main(function))

    def _tell_main(self, function: Callable[[], None]) -> None:
        self._held.append(function)
        while self._held and not self._holding:
            self._held.popleft()()

    def _lane(self, name: str) -> queue.SimpleQueue[tuple[Job, Callable[[], Work[Any]]] | None]:
        if name not in self._lanes:
            self._lanes[name] = queue.SimpleQueue()
            thread = threading.Thread(target=self._drive_lane, args=(name,), name=f"jobs-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self._lanes[name]

    def _drive_lane(self, name: str) -> None:
        lane = self._lanes[name]
        while (item := lane.get()) is not None:
            self._drive(*item)

    def _drive(self, job: Job, make: Callable[[], Work[Any]]) -> None:
        if job._stop.is_set():
            self._post(lambda: self._end(job, JobState.STOPPED))
            return
        self._post(lambda: self._start(job))
        try:
            work = make()
            try:
                while not job._stop.is_set():
                    self._tell(job, next(work))
            except StopIteration as stop:
                result = stop.value
                self._post(lambda: self._end(job, JobState.DONE, result))
                return
            finally:
                work.close()
        except Exception as error:  # the one place where any failure of a job is caught
            failure = error
            if not isinstance(error, SegStudioError):
                log.exception("job %r failed", job.title)
            self._post(lambda: self._end(job, JobState.FAILED, error=failure))
            return
        self._post(lambda: self._end(job, JobState.STOPPED))

    def _tell(self, job: Job, progress: Progress) -> None:
        # one message at a time: a busy main thread gets all news at once, not one event for each
        with job._news_lock:
            waiting = bool(job._news)
            job._news.append(progress)
        if not waiting:
            self._post(lambda: self._show(job))

    def _start(self, job: Job) -> None:
        job.state = JobState.RUNNING
        self.started.emit(job)

    def _show(self, job: Job) -> None:
        with job._news_lock:  # between the look and the entry of a thread that tells, its news would be lost
            news, job._news = job._news, []
        for progress in news:
            if progress is job.progress:
                continue  # a sign of life, nothing new
            job.progress = progress
            if job.progressed is not None:
                job.progressed(progress)
        self.progressed.emit(job)

    def _end(self, job: Job, state: JobState, result: Any = None, error: BaseException | None = None) -> None:
        # a job that was told to stop in its last step counts as stopped: its result is no longer wanted
        self._show(job)
        job.state = JobState.STOPPED if state is JobState.DONE and job._stop.is_set() else state
        job.error = error
        if job in self._jobs:
            self._jobs.remove(job)
        try:
            if job.state is JobState.DONE:
                job.done(result)
            elif job.state is JobState.FAILED and job.failed is not None and error is not None:
                job.failed(error)
        finally:
            self.ended.emit(job)
