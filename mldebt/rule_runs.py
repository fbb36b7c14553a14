"""Rules to findings. One that fails is reported, and the others go on.

Rules read the same project and change nothing, so that a copy of this process can take half of them. Both take
the next rule when they are free, this process from the front and the copy from the back; rules of kinds of debt
that need the same views stand together, because each of the two links the views that it is asked for.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import msgspec

from mldebt.clock import Clock, Cost
from mldebt.finding import Finding

if TYPE_CHECKING:
    from mldebt.project import Project
    from mldebt.rule import Rule

_FLOWING = frozenset(
    {"data-dependencies", "pipeline-jungles", "process-management", "feedback-loops", "boundary-erosion"}
    | {"data-testing", "reproducibility"}
)
"""Kinds of debt whose rules follow data and programs."""

_FEWEST_LINES = 4_000
"""For less a copy costs more than it saves."""

_BYTES_A_LINE = 1_600
"""What a copy needs at most: decoded facts and linked views, of which it shares little with this process."""


class RunError(NamedTuple):
    """A rule that failed: its id, what happened, and where (for developers)."""

    rule: str
    message: str
    traceback: str = ""


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What came of one rule."""

    findings: tuple[Finding, ...]
    error: RunError | None = None


class _Share(msgspec.Struct, frozen=True, array_like=True):
    """What the copy worked out, from the last rule on, and where its time went."""

    outcomes: list[Outcome]
    costs: list[Cost]


def run_all(rules: Sequence[Rule], project: Project, processes: int = 1) -> list[Outcome]:
    """The outcomes of the rules, in their order. Two processes at most are used, and only where that pays."""
    order = sorted(rules, key=lambda rule: (rule.debt not in _FLOWING, rule.debt, rule.id))
    shared = processes > 1 and len(rules) > 1 and _can_be_copied() and _is_worth_a_copy(project)
    with redirect_stdout(sys.stderr):  # the report is read by programs: a rule that prints must not break it
        outcomes = _in_two(order, project) if shared else [_run(rule, project) for rule in order]
    found = dict(zip((rule.id for rule in order), outcomes, strict=True))
    return [found[rule.id] for rule in rules]


def _run(rule: Rule, project: Project) -> Outcome:
    clock = project.clock or Clock()
    try:
        with clock.measure("rule", rule.id):
            return Outcome(tuple(map(_checked, rule.check(project))))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # reported as a finding, as an error and by the exit code; also `sys.exit()`
        message = " ".join(str(error).split())[:300]
        trace = "".join(traceback.format_exception(error))
        return Outcome((), RunError(rule.id, f"raised {type(error).__name__}: {message}", trace))


def _checked(found: object) -> Finding:
    if isinstance(found, Finding) and isinstance(found.message, str):
        return found
    raise TypeError(f"a rule yields findings with a text, and this is none: {found!r}")


def _can_be_copied() -> bool:
    """Whether a copy of this process would work: other threads, and what they hold, are not copied."""
    return sys.platform == "linux" and threading.active_count() == 1


def _is_worth_a_copy(project: Project) -> bool:
    lines = sum(source.facts.header.lines for source in project.sources())
    return lines >= _FEWEST_LINES and _free_memory() > 2 * lines * _BYTES_A_LINE  # for this process and the copy


def _free_memory() -> int:
    """The bytes of memory that the machine, and the container that this process may be in, can still give."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError, KeyError):
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) << 10  # also what caches of files would give back
    with suppress(OSError, ValueError):  # "max" is no number: then there is no limit
        group = Path("/sys/fs/cgroup")
        free = min(free, int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return free


def _in_two(rules: Sequence[Rule], project: Project) -> list[Outcome]:
    """The outcomes of rules that this process and a copy of it take in turn; alone if the copy fails."""
    tickets, box = os.pipe()
    os.write(box, bytes(len(rules)))  # whoever draws a byte may take a rule
    os.close(box)
    answers, theirs = os.pipe()
    here = os.getpid()
    try:
        copy = os.fork()
    except OSError:  # no process or no memory to be had
        for end in (tickets, answers, theirs):
            os.close(end)
        return [_run(rule, project) for rule in rules]
    if copy == 0:
        os.close(answers)
        _work_off(rules, project, tickets, theirs, here)
    os.close(theirs)
    found: list[Outcome] = []
    try:
        while os.read(tickets, 1):
            found.append(_run(rules[len(found)], project))
        with open(answers, "rb", closefd=False) as stream:
            data = stream.read()
    except BaseException:
        os.kill(copy, signal.SIGKILL)
        raise
    finally:
        os.close(tickets)
        os.close(answers)
        os.waitpid(copy, 0)
    try:
        share = _DECODER.decode(data)
    except msgspec.MsgspecError:  # it was killed, or ran out of memory
        share = _Share([], [])
    if project.clock is not None:
        project.clock.add(share.costs)
    missing = rules[len(found) : len(rules) - len(share.outcomes)]
    return [*found, *(_run(rule, project) for rule in missing), *reversed(share.outcomes)]


def _work_off(rules: Sequence[Rule], project: Project, tickets: int, answers: int, here: int) -> NoReturn:
    """Run rules from the back for the process `here`, tell their outcomes, and end: nothing else may run here."""
    try:
        project.clock = Clock()
        found: list[Outcome] = []
        while os.getppid() == here and os.read(tickets, 1):  # nobody waits when the other one was killed
            found.append(_run(rules[-1 - len(found)], project))
        with open(answers, "wb") as stream:
            stream.write(_ENCODER.encode(_Share(found, project.clock.costs())))
    finally:
        os._exit(0)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Share)
