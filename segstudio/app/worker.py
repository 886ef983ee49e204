"""A child process that runs work: training and prediction leave the window's process, its memory and its lock alone."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from segstudio.core.errors import TrainingError
from segstudio.core.progress import Progress, Work

_POLL_SECONDS = 0.1


class Worker:
    """One long-lived child process that runs one piece of work at a time.

    It starts with the first work and stays, so that a library as large as torch is loaded once. Work is named by the
    dotted path of a generator function (``"segstudio.learning.trainer:train"``); arguments, progress and result travel
    by pickle. When the child dies (out of memory, a crash in native code) the work raises :class:`TrainingError`, and
    the next work gets a fresh child.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._answered = False
        """Whether this child has answered anything: its libraries are loaded."""
        self._lock = threading.Lock()
        self._ending = threading.Lock()

    def run(self, function: str, *args: Any, **kwargs: Any) -> Work[Any]:
        """Run the generator function *function* in the child; yields its progress and returns its result.

        ``close()`` stops the work at its next step and waits for it to tidy up; a child that still loads its libraries
        has nothing to tidy up and is ended at once. Errors of the tree in
        ``core.errors`` come back as they were raised; so do others, with the child's traceback as a note.
        """
        with self._lock:
            pipe = self._started()
            return (yield from self._relay(pipe, function, args, kwargs))

    def _relay(self, pipe: Connection, function: str, args: Any, kwargs: Any) -> Work[Any]:
        running = True
        last = Progress(None)
        try:
            pipe.send(("run", function, args, kwargs))
            while True:
                while not pipe.poll(_POLL_SECONDS):
                    if not self._alive():
                        raise EOFError
                    yield last  # nothing new: a chance to be stopped
                kind, value = pipe.recv()
                self._answered = True
                if kind == "progress":
                    last = value
                    yield last
                    continue
                running = False
                if kind == "error":
                    raise value
                return value
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            running = False
            raise TrainingError(_death(self._bury())) from error
        finally:
            if running and self._answered:
                self._cancel(pipe)
            elif running:
                self._drop()

    def close(self) -> None:
        """End the child."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):  # it may be gone already
                self._pipe.send(("quit", "", (), {}))
        self._drop(grace=2.0)

    def _cancel(self, pipe: Connection) -> None:
        try:
            pipe.send(("stop", "", (), {}))
            while self._alive():
                if pipe.poll(_POLL_SECONDS) and pipe.recv()[0] != "progress":
                    return
        except (EOFError, OSError):
            pass  # it died while stopping, which is stopped too
        self._drop()

    def _started(self) -> Connection:
        if self._pipe is None or not self._alive():
            self._drop()
            self._answered = False
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs, self._threads), daemon=True)
            self._process.start()
            theirs.close()
        return self._pipe

    def _alive(self) -> bool:
        process = self._process
        try:
            return process is not None and process.is_alive()
        except ValueError:  # another thread has closed it in this moment
            return False

    def _bury(self) -> int | None:
        """Let go of a child that died; its exit code."""
        code = None
        process = self._process
        if process is not None:
            process.join(5.0)  # its pipe closes a moment before the system reports its end
            code = process.exitcode
        self._drop()
        return code

    def _drop(self, grace: float = 0.0) -> None:
        with self._ending:  # the window may close while a lane still waits for the child to stop
            process, self._process = self._process, None
            pipe, self._pipe = self._pipe, None
        if process is not None:
            process.join(grace)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        if pipe is not None:
            pipe.close()


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        if name == "SIGKILL":
            return "the background process was ended by the system, most likely because memory ran out"
        return f"the background process crashed ({name})"
    return f"the background process ended unexpectedly (exit code {code})"


def _serve(pipe: Connection, threads: int | None) -> None:
    """The child's life: one piece of work after the other until it is told to quit or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if sys.platform != "win32":
        os.nice(5)  # the window comes first
    while True:
        try:
            kind, function, args, kwargs = pipe.recv()
        except EOFError:
            return
        if kind == "quit":
            return
        if kind == "run":
            _answer(pipe, function, args, kwargs)


def _answer(pipe: Connection, function: str, args: Any, kwargs: Any) -> None:
    try:
        module, _, name = function.partition(":")
        make: Callable[..., Work[Any]] = getattr(importlib.import_module(module), name)
        work = make(*args, **kwargs)
        try:
            while True:
                pipe.send(("progress", next(work)))
                if pipe.poll() and pipe.recv()[0] in ("stop", "quit"):
                    work.close()  # before the answer: a training writes its checkpoint while it is closed
                    pipe.send(("stopped", None))
                    return
        except StopIteration as stop:
            pipe.send(("result", stop.value))
        finally:
            work.close()
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent shall see it
        pipe.send(("error", _portable(error)))


def _portable(error: Exception) -> Exception:
    """*error* with its traceback as a note, or its likeness where pickle cannot carry it."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001  # third-party exceptions fail to unpickle in every way there is
        likeness = RuntimeError(f"{type(error).__name__}: {error}")
        likeness.__notes__ = error.__notes__
        return likeness
    return error
