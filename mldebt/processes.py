"""One task for many items, in several processes where the system can make copies of this one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

_Result = TypeVar("_Result")

_FEWEST = 4
"""Items below which copies of the process are not worth their making."""

_task: Callable[[int], object] | None = None
"""What the copies do: they find it where they were copied from, so that it needs no pickling."""


def in_processes(task: Callable[[int], _Result], items: Sequence[int], processes: int) -> Iterator[_Result]:
    """The results of a task for all items, in their order. Results are pickled, the task is not.

    Raises what the task raises. If a process dies, the items left over are worked off in this one.
    """
    done = 0
    if processes > 1 and len(items) >= _FEWEST and sys.platform == "linux":
        from concurrent.futures.process import BrokenProcessPool

        try:
            for result in _in_copies(task, items, min(processes, len(items))):
                yield result
                done += 1
        except BrokenProcessPool:  # killed for want of memory, say
            pass
    yield from map(task, items[done:])


def _in_copies(task: Callable[[int], _Result], items: Sequence[int], processes: int) -> Iterator[_Result]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    global _task
    _task = task
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
            yield from cast(Iterator[_Result], pool.map(_work, items))
    finally:
        _task = None


def _work(item: int) -> object:
    assert _task is not None
    return _task(item)
