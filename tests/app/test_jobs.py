"""The job queue and the child process."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from segstudio.app.jobs import Job, JobQueue, JobState
from segstudio.app.worker import Worker
from segstudio.core.errors import OptionError, TrainingError
from segstudio.core.progress import Progress, Work, finish


class Loop:
    """A main thread's event loop, small."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.jobs = JobQueue(self._calls.put)

    def until(self, test: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not test():
            assert time.monotonic() < end, "waited too long"
            try:
                self._calls.get(timeout=0.02)()
            except queue.Empty:
                continue


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.jobs.shut_down()


def _steps(count: int, log: list[str] | None = None, pause: float = 0.0) -> Work[int]:
    try:
        for i in range(count):
            time.sleep(pause)
            yield Progress(i / count, f"step {i}", i)
        return count
    finally:
        if log is not None:
            log.append("tidied")


def test_a_job_reports_and_hands_over_its_result(loop: Loop) -> None:
    results: list[int] = []
    details: list[Any] = []
    job = loop.jobs.submit("Count", lambda: _steps(5), results.append, progressed=lambda p: details.append(p.detail))
    loop.until(lambda: job.state.ended)
    assert job.state is JobState.DONE
    assert results == [5]
    assert details == [0, 1, 2, 3, 4], "no news may be lost, however busy the main thread is"


def test_a_stopped_job_tidies_up_and_its_result_is_dropped(loop: Loop) -> None:
    log: list[str] = []
    results: list[int] = []
    job = loop.jobs.submit("Count", lambda: _steps(10_000, log, 0.002), results.append)
    loop.until(lambda: job.state is JobState.RUNNING)
    loop.jobs.stop(job)
    loop.until(lambda: job.state.ended)
    assert job.state is JobState.STOPPED
    assert log == ["tidied"]
    assert results == []


def test_a_newer_job_of_the_same_key_replaces_the_older(loop: Loop) -> None:
    results: list[int] = []
    first = loop.jobs.submit("Old", lambda: _steps(10_000, None, 0.002), results.append, key="preview")
    second = loop.jobs.submit("New", lambda: _steps(2), results.append, key="preview")
    loop.until(lambda: second.state.ended)
    assert first.state is JobState.STOPPED
    assert results == [2]


def test_a_failure_reaches_the_one_who_asked_and_the_lane_goes_on(loop: Loop) -> None:
    def broken() -> Work[int]:
        yield Progress(None)
        raise OptionError("no such thing")

    errors: list[BaseException] = []
    results: list[int] = []
    loop.jobs.submit("Broken", broken, failed=errors.append)
    after = loop.jobs.submit("After", lambda: _steps(1), results.append)
    loop.until(lambda: after.state.ended)
    assert [str(e) for e in errors] == ["no such thing"]
    assert results == [1]
    assert not loop.jobs.busy


def test_lanes_run_beside_each_other(loop: Loop) -> None:
    slow = loop.jobs.submit("Slow", lambda: _steps(10_000, None, 0.002), lane="train")
    loop.until(lambda: slow.state is JobState.RUNNING)
    quick = loop.jobs.submit("Quick", lambda: _steps(1), lane="predict")
    loop.until(lambda: quick.state.ended)
    assert slow.state is JobState.RUNNING


def test_ended_is_told_once_for_every_job(loop: Loop) -> None:
    ended: list[Job] = []
    loop.jobs.ended.connect(ended.append)
    jobs = [loop.jobs.submit(str(i), lambda: _steps(1)) for i in range(5)]
    loop.until(lambda: len(ended) == 5)
    assert ended == jobs


# ---- the child process; its functions are found by name there


def child_square(x: int) -> Work[tuple[int, int]]:
    yield Progress(0.5, "half", x)
    return x * x, os.getpid()


def child_slow_to_begin(seconds: float) -> Work[None]:
    time.sleep(seconds)  # as loading a large library is
    yield Progress(None, "begun")


def child_forever() -> Work[None]:
    i = 0
    while True:
        time.sleep(0.01)
        yield Progress(None, str(i), i)
        i += 1


def child_mistake() -> Work[None]:
    yield Progress(0.0)
    raise OptionError("not like this")


def child_bug() -> Work[None]:
    yield Progress(0.0)
    raise ZeroDivisionError("a bug")


def child_dies() -> Work[None]:
    yield Progress(0.0)
    os.kill(os.getpid(), signal.SIGKILL)


def child_deaf() -> Work[None]:
    yield Progress(None, "deaf")
    time.sleep(600)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


HERE = "tests.app.test_jobs"


def test_a_child_computes_and_stays(worker: Worker) -> None:
    seen: list[Progress] = []
    square, first = finish(worker.run(f"{HERE}:child_square", 7), seen.append)
    _, second = finish(worker.run(f"{HERE}:child_square", 8))
    assert square == 49
    assert first == second != os.getpid()
    assert any(p.detail == 7 for p in seen)


def test_closing_stops_the_child_at_its_next_step_and_it_can_be_used_again(worker: Worker) -> None:
    work = worker.run(f"{HERE}:child_forever")
    while next(work).detail != 3:
        pass
    work.close()
    assert finish(worker.run(f"{HERE}:child_square", 3))[0] == 9


def test_a_child_that_has_not_begun_is_ended_at_once() -> None:
    fresh = Worker()
    work = fresh.run(f"{HERE}:child_slow_to_begin", 60)
    assert next(work).message == "", "nothing is heard of it yet"
    start = time.monotonic()
    work.close()
    fresh.close()
    assert time.monotonic() - start < 5


def test_a_child_that_has_its_libraries_is_kept_when_its_work_is_stopped_early(worker: Worker) -> None:
    _, before = finish(worker.run(f"{HERE}:child_square", 2))
    work = worker.run(f"{HERE}:child_slow_to_begin", 1)
    next(work)
    work.close()
    assert finish(worker.run(f"{HERE}:child_square", 2))[1] == before


def test_errors_come_back_as_they_were(worker: Worker) -> None:
    with pytest.raises(OptionError, match="not like this"):
        finish(worker.run(f"{HERE}:child_mistake"))
    with pytest.raises(ZeroDivisionError) as caught:
        finish(worker.run(f"{HERE}:child_bug"))
    assert "child_bug" in "".join(caught.value.__notes__), "the child's traceback must be there to read"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_child_that_is_killed_says_so_and_is_replaced(worker: Worker) -> None:
    with pytest.raises(TrainingError, match="memory ran out"):
        finish(worker.run(f"{HERE}:child_dies"))
    assert finish(worker.run(f"{HERE}:child_square", 5))[0] == 25


def test_a_child_that_does_not_listen_may_be_ended_while_a_thread_waits_for_it(worker: Worker) -> None:
    work = worker.run(f"{HERE}:child_deaf")
    while next(work).message != "deaf":
        pass
    waiting = threading.Thread(target=work.close)
    waiting.start()  # asks the child to stop, and waits
    time.sleep(0.3)
    worker.close()
    waiting.join(20)
    assert not waiting.is_alive()
    assert finish(worker.run(f"{HERE}:child_square", 3))[0] == 9, "a fresh child takes its place"
