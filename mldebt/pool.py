"""Worker processes that may die: a crash, a hang or too much memory costs the file that caused it, no other.

Every process has pipes of its own, so that a worker killed at any moment, even in the middle of an answer,
disturbs none but itself. (Pools that share a pipe and its lock between workers break then.) A thread for each
worker feeds it and waits for its answers; the caller's thread collects them and watches the clock.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec

from mldebt.facts import Problem
from mldebt.limits import Limits, WorkerError, is_deep
from mldebt.source import Kind, Span
from mldebt.worker import EXIT_MEMORY, Setup, read_frame, write_frame

_BATCH_BYTES = 64_000
_BATCH_FILES = 50
_TICK = 0.1  # seconds between looks at the clock
_START_SECONDS = 60.0
_KILLS_FORGIVEN = 4  # SIGKILL comes from outside and says nothing about the file
_SIGKILL: int = getattr(signal, "SIGKILL", 0)  # Windows has neither
_SIGPROF: int = getattr(signal, "SIGPROF", 0)
_FALSE_STARTS_FORGIVEN = 20
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1])['path']; from mldebt.worker import main; main()"


class Job(NamedTuple):
    """A file to extract; `number` is the caller's name for it."""

    number: int
    kind: Kind
    data: bytes


class Verdict(NamedTuple):
    """Why a file could not be extracted. `lasting` says that another run would come to the same."""

    problem: Problem
    lasting: bool


Outcome = tuple[Job, bytes | Verdict]
"""A job and its packed facts, or why there are none."""


def run(
    jobs: Iterator[Job],
    *,
    workers: int,
    extract: str,
    limits: Limits,
    done: Callable[[Job, bytes | Verdict], None],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Extract all jobs in worker processes and hand every outcome to `done`, on this thread, in any order.

    `extract` is the `module:function` to run; `meanwhile` is called once, on this thread, while the workers
    start. Raises WorkerError, what `jobs`, `done` and `meanwhile` raise, and KeyboardInterrupt; no process is
    left behind then.
    """
    outcomes: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
    supply = _Supply(jobs)
    setup = msgspec.json.encode(Setup(_search_path(), extract, limits)).decode()
    feeders = [_Feeder(supply, setup, limits, outcomes.put) for _ in range(workers)]
    try:
        for feeder in feeders:
            feeder.start()
        meanwhile()
        running = workers
        while running:
            try:
                outcome = outcomes.get(timeout=_TICK)
            except queue.Empty:
                outcome = ()  # type: ignore[assignment]
            for feeder in feeders:
                feeder.watch()
            if outcome is None:
                running -= 1
            elif isinstance(outcome, BaseException):
                raise outcome
            elif outcome:
                done(*outcome)
    finally:
        for feeder in feeders:
            feeder.stop()
        for feeder in feeders:
            if feeder.ident is not None:
                feeder.join(_TICK)


def _search_path() -> list[str]:
    """The workers' module search path: ours, without the current directory where that stands as `""`."""
    home = str(Path(__file__).parents[1])
    path = [entry for entry in sys.path if entry]
    return path if home in path else [*path, home]


class _Supply:
    """The jobs, handed out in batches to whoever asks first."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()

    def batch(self) -> list[Job]:
        """The next jobs: small files together, large ones alone. Empty at the end."""
        batch: list[Job] = []
        size = 0
        with self._lock:
            for job in self._jobs:
                batch.append(job)
                size += len(job.data)
                if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
                    break
        return batch


class _Feeder(threading.Thread):
    """One worker process after the other, and the conversation with it."""

    def __init__(
        self,
        supply: _Supply,
        setup: str,
        limits: Limits,
        tell: Callable[[Outcome | BaseException | None], None],
    ) -> None:
        super().__init__(daemon=True)
        self._supply = supply
        self._setup = setup
        self._limits = limits
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()  # guards _process and _stopped against a start during `stop`
        self._deadline = float("inf")
        self._late = False
        self._ready = False  # whether the present or last worker ever was
        self._false_starts = 0

    def run(self) -> None:
        """Feed the worker until the jobs are out."""
        try:
            while not self._stopped and (batch := self._supply.batch()):
                self._work_off(batch)
            self._end()
            self._tell(None)
        except BaseException as error:  # the caller's thread raises it
            self._tell(error)

    def watch(self) -> None:
        """Kill the worker if it is late."""
        if time.monotonic() > self._deadline:
            self._late = True
            self._deadline = float("inf")
            self._kill()

    def stop(self) -> None:
        """Kill the worker and start no other."""
        with self._lock:
            self._stopped = True
        self._kill()

    # --- the conversation ---

    def _work_off(self, batch: list[Job]) -> None:
        """Tell an outcome for every job of a batch, whatever happens to workers."""
        deaths: list[int] = []  # exit codes of the workers that died at batch[0]
        while batch and not self._stopped:
            told = self._attempt(batch)
            if told:
                batch = batch[told:]
                deaths = []
            if not batch or self._stopped:
                return
            code = self._end()
            if not self._ready:
                self._count_false_start()
                continue
            deaths.append(code)
            if verdict := self._verdict(batch[0], deaths):
                self._tell((batch[0], verdict))
                batch = batch[1:]
                deaths = []

    def _attempt(self, batch: list[Job]) -> int:
        """Send a batch to the worker and tell its answers; how many there were before it was through or died."""
        told = 0
        try:
            process = self._process or self._start()
            write_frame(cast(BinaryIO, process.stdin), msgspec.msgpack.encode([job[1:] for job in batch]))
            for job in batch:
                self._allow(self._patience(job))
                facts = read_frame(cast(BinaryIO, process.stdout))
                if facts is None:
                    break
                self._tell((job, facts))
                told += 1
        except BrokenPipeError:  # it died before it read the batch
            pass
        finally:
            self._deadline = float("inf")
        return told

    def _allow(self, seconds: float) -> None:
        self._late = False
        self._deadline = time.monotonic() + seconds

    def _patience(self, job: Job) -> float:
        return self._limits.seconds_for(len(job.data)) * self._limits.wall_factor

    def _verdict(self, job: Job, deaths: list[int]) -> Verdict | None:
        """What the deaths of workers at a file mean for it; None if it deserves another attempt."""
        code = deaths[-1]
        seconds = self._limits.seconds_for(len(job.data))
        if self._late:
            return _verdict("limit-time", f"did not finish within {self._patience(job):.0f} seconds")
        if code == -_SIGPROF:
            return _verdict("limit-time", f"needs more than {seconds:.0f} seconds of processor time")
        if code == -_SIGKILL:
            if len(deaths) <= _KILLS_FORGIVEN:
                return None
            return _verdict("crash", "was given up: its workers were killed again and again", lasting=False)
        if len(deaths) < 2:
            return None  # the worker may have been spoilt by the files before
        if code in (EXIT_MEMORY, -signal.SIGABRT):
            return _verdict("limit-size", f"needs more than {self._limits.memory >> 20:,} MB of memory")
        if is_deep(job.data):
            return _verdict("limit-depth", "is nested too deeply for the parser")
        return _verdict("crash", f"crashed the parser ({_cause(code)})")

    # --- the process ---

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: a module in the analysed directory must never be imported.
        command = [sys.executable, "-P", "-c", _BOOT, self._setup]
        with self._lock:
            if self._stopped:
                raise BrokenPipeError
            # Its own process group: Ctrl-C reaches the caller, who ends the workers.
            self._process = process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                process_group=None if sys.platform == "win32" else 0,
            )
        self._ready = False
        self._allow(_START_SECONDS)
        ready = read_frame(cast(BinaryIO, process.stdout))
        self._deadline = float("inf")
        if ready is None:
            code = process.wait()
            if self._late:
                raise WorkerError(f"a worker process was not ready after {_START_SECONDS:.0f} seconds")
            if code != -_SIGKILL:
                raise WorkerError(f"a worker process ended before it was ready ({_cause(code)})")
            raise BrokenPipeError
        self._ready = True
        return process

    def _count_false_start(self) -> None:
        self._false_starts += 1
        if self._false_starts > _FALSE_STARTS_FORGIVEN:
            raise WorkerError("worker processes were killed again and again before they were ready")

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def _end(self) -> int:
        """Let go of the worker: close its pipes, wait for its end. Its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            try:
                cast(BinaryIO, pipe).close()
            except OSError:  # what was still to be written has no reader any more
                continue
        return process.wait()


def _verdict(kind: str, message: str, *, lasting: bool = True) -> Verdict:
    return Verdict(Problem(kind, message, Span.at(1)), lasting)


def _cause(code: int) -> str:
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
