"""Work in copies of the process: the same results in the same order, errors told, dead copies replaced."""

from __future__ import annotations

import os
import signal

import pytest

from mldebt.git_objects import GitError
from mldebt.processes import in_processes


@pytest.mark.parametrize("processes", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 3, 20])
def test_results_have_the_order_of_the_items(processes: int, count: int) -> None:
    offset = 7  # the task is a closure
    assert list(in_processes(lambda n: n * n + offset, range(count), processes)) == [
        n * n + 7 for n in range(count)
    ]


def test_other_processes_work() -> None:
    assert os.getpid() not in set(in_processes(lambda _: os.getpid(), range(8), 2))


def test_errors_are_raised_here() -> None:
    def fail(number: int) -> int:
        if number == 5:
            raise GitError("no such commit")
        return number

    with pytest.raises(GitError, match="no such commit"):
        list(in_processes(fail, range(8), 2))


def test_what_a_dead_process_left_is_done_here() -> None:
    here = os.getpid()

    def die_elsewhere(number: int) -> int:
        if number == 5 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert list(in_processes(die_elsewhere, range(8), 2)) == list(range(8))
