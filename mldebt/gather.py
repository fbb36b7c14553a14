"""Sources to facts, through the cache and the workers.

Only this, `mldebt.processes` and `mldebt.rule_runs` are concurrent. The result depends on the sources' bytes alone:
not on the number of workers, on the order in which they answer, or on what the cache holds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

import msgspec

from mldebt.cache import Cache
from mldebt.cache_keys import key_of, key_of_large
from mldebt.extract import size_limit
from mldebt.facts import Facts, Header, Problem
from mldebt.limits import Limits, is_harmless
from mldebt.source import Source, Span

EXTRACT = "mldebt.extract:extract"
"""The function that workers run on every file, as `module:function`."""

_ALONE_BYTES = 40_000  # about what takes as long to extract as a worker takes to start
_ALONE_FILES = 20
_ALONE_STACK = 64 << 20
_BYTES_A_WORKER = 200_000
_MOST_WORKERS = 16

Progress = Callable[[int, int], None]


def gather(
    sources: Sequence[Source],
    *,
    workers: int | None = None,
    cache: Cache | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
    extract: str = EXTRACT,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[tuple[Source, Facts]]:
    """The facts of every source, in the order of the sources.

    `workers` bounds the number of processes (None: one for each processor). `progress` is told how many
    sources are done and how many there are. `meanwhile` is what can be done while workers start; where none is
    needed, it is left to the caller. A source that cannot be read, or that costs more than `limits`,
    has facts with one fatal Problem. Raises `mldebt.limits.WorkerError` where no process can be started.
    """
    gathering = _Gathering(sources, cache, progress, limits or Limits(), extract, meanwhile)
    try:
        gathering.look_up()
        gathering.extract_missing(workers or processors())
    finally:
        if cache is not None:
            cache.save()
    return gathering.pairs()


class _Gathering:
    """One call of `gather`. A source is named by its number."""

    def __init__(
        self,
        sources: Sequence[Source],
        cache: Cache | None,
        progress: Progress | None,
        limits: Limits,
        extract: str,
        meanwhile: Callable[[], object],
    ) -> None:
        self.sources = sources
        self.cache = cache
        self.progress = progress
        self.limits = limits
        self.extract = extract
        self.meanwhile = meanwhile
        self.facts: dict[int, Facts] = {}
        self.keys: dict[int, bytes] = {}
        self.stats: dict[int, os.stat_result] = {}

    def pairs(self) -> list[tuple[Source, Facts]]:
        """The sources with their facts."""
        return [(source, self.facts[number]) for number, source in enumerate(self.sources)]

    # --- what is known without a worker ---

    def look_up(self) -> None:
        """Settle all sources that are unchanged, too large, or not there."""
        for number, source in enumerate(self.sources):
            if source.data is not None:
                continue
            try:
                stat = os.stat(source.file)
            except OSError as error:
                self.facts[number] = _unreadable(error)
                continue
            self.stats[number] = stat
            limit = size_limit(source.kind)
            if stat.st_size > limit:
                message = f"is {stat.st_size:,} bytes, more than the limit of {limit:,}"
                facts = self.facts[number] = _failed(Problem("limit-size", message, Span.at(1)))
                facts.key = key_of_large(stat)
            elif self.cache is not None and (key := self.cache.key_of_file(source.file, stat)):
                self._recall(number, key)

    def _recall(self, number: int, key: bytes) -> None:
        """Settle a source from the cache if that knows it."""
        packed = self.cache.get(key) if self.cache is not None else None
        if packed is not None:
            with suppress(msgspec.MsgspecError):  # checked, and yet no facts: as good as absent
                facts = self.facts[number] = Facts.unpack(packed)
                facts.key = key

    def jobs(self) -> Iterator[tuple[int, bytes]]:
        """Read the unsettled sources, large ones first, and yield those that the cache does not know."""
        missing = [number for number in range(len(self.sources)) if number not in self.facts]
        missing.sort(key=lambda number: (-self._size(number), number))
        for number in missing:
            source = self.sources[number]
            try:
                data = source.read()
            except OSError as error:
                self.facts[number] = _unreadable(error)
                continue
            if self.cache is not None:
                key = self.keys[number] = key_of(source.kind, data)
                if number in self.stats:
                    self.cache.remember(source.file, self.stats[number], key)
                self._recall(number, key)
            if number not in self.facts:
                yield number, data

    def _size(self, number: int) -> int:
        data = self.sources[number].data
        return self.stats[number].st_size if data is None else len(data)

    # --- what has to be extracted ---

    def extract_missing(self, workers: int) -> None:
        """Extract what the cache does not know: little and harmless work here, all other in worker processes."""
        jobs = self.jobs()
        first: list[tuple[int, bytes]] = []
        size = 0
        for number, data in jobs:
            first.append((number, data))
            size += len(data)
            if size > workers * _BYTES_A_WORKER:
                break
        alone = size <= _ALONE_BYTES and len(first) <= _ALONE_FILES
        if alone and all(is_harmless(data) for _, data in first):
            if left := self._extract_here(first):
                self._extract_there(iter(left), 1)
        else:
            wanted = min(workers, 1 + size // _BYTES_A_WORKER)
            self._extract_there(chain(first, jobs), wanted)
        self._report()

    def _extract_here(self, jobs: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """Extract files in this process; those that are left when an extractor fails beyond repair."""
        if not jobs:
            return []
        from mldebt.worker import guarded, resolve, with_deep_stack

        function = resolve(self.extract)

        def run() -> None:
            for number, data in jobs:
                self._settle(number, guarded(function, self.sources[number].kind, data), keep=True)

        try:
            with_deep_stack(min(self.limits.stack, _ALONE_STACK), run)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # native code panics with one; a worker will say what becomes of the file
            return [job for job in jobs if job[0] not in self.facts]
        return []

    def _extract_there(self, jobs: Iterator[tuple[int, bytes]], workers: int) -> None:
        from mldebt import pool

        def done(job: pool.Job, outcome: bytes | pool.Verdict) -> None:
            if isinstance(outcome, bytes):
                self._settle(job.number, Facts.unpack(outcome), keep=True, packed=outcome)
            else:
                lines = job.data.count(b"\n")
                keep = outcome.lasting and self.limits == Limits()
                self._settle(job.number, _failed(outcome.problem, lines), keep=keep)

        pool.run(
            (pool.Job(number, self.sources[number].kind, data) for number, data in jobs),
            workers=workers,
            extract=self.extract,
            limits=self.limits,
            done=done,
            meanwhile=self.meanwhile,
        )

    def _settle(self, number: int, facts: Facts, *, keep: bool, packed: bytes = b"") -> None:
        self.facts[number] = facts
        if keep and self.cache is not None:
            facts.key = self.keys[number]
            self.cache.put(facts.key, packed or facts.pack())
        self._report()

    def _report(self) -> None:
        if self.progress is not None:
            self.progress(len(self.facts), len(self.sources))


def processors() -> int:
    """The number of processors that this process may use, at most 16."""
    if sys.platform == "linux":
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return min(count, _MOST_WORKERS)


def _unreadable(error: OSError) -> Facts:
    return _failed(Problem("unreadable", f"cannot be read: {error.strerror or error}", Span.at(1)))


def _failed(problem: Problem, lines: int = 0) -> Facts:
    """Facts of a file of which nothing else is known."""
    return Facts.of(Header(lines=lines, problems=(problem,)))
