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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
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


class _Done(msgspec.Struct, frozen=True, array_like=True):
    """A rule that a copy has run, and where the time went."""

    outcome: Outcome
    costs: list[Cost]


_end_process = os._exit


def run_all(rules: Sequence[Rule], project: Project, processes: int = 1) -> list[Outcome]:
    """The outcomes of the rules, in their order. Two processes at most are used, and only where that pays."""
    order = sorted(rules, key=lambda rule: (rule.debt not in _FLOWING, rule.debt, rule.id))
    shared = processes > 1 and len(rules) > 1 and _can_be_copied() and _is_worth_a_copy(project)
    with (
        redirect_stdout(sys.stderr),
        _unending(),
    ):  # the report is read by programs: what prints must not break it
        outcomes = _in_two(order, project) if shared else [_run(rule, project) for rule in order]
    found = dict(zip((rule.id for rule in order), outcomes, strict=True))
    return [found[rule.id] for rule in rules]


@contextmanager
def _unending() -> Iterator[None]:
    """Turn `os._exit`, which passes over all handlers and would end the run without a word, into an exception."""

    def refuse(status: int) -> NoReturn:
        raise SystemExit(f"os._exit({status}) would have ended the run")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = _end_process


def _run(rule: Rule, project: Project) -> Outcome:
    clock = project.clock or Clock()
    try:
        with clock.measure("rule", rule.id):
            outcome = Outcome(tuple(map(_checked, rule.check(project))))
            project.forget()
            return outcome
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
    return sys.platform == "linux" and hasattr(os, "memfd_create") and threading.active_count() == 1


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
    """The outcomes of rules that this process and a copy of it take in turn."""
    found, share, end = _with_copy(rules, project, helping=True)
    lost = rules[len(found) : len(rules) - len(share)]  # the one in which the copy ended; all if there was none
    return [*found, *(_again(rule, project, end) for rule in lost), *reversed(share)]


def _again(rule: Rule, project: Project, end: os.waitid_result | None) -> Outcome:
    """The outcome of a rule in which a copy ended. Here it would end the run, with what all other rules found."""
    if end is not None and end.si_code != os.CLD_EXITED:  # killed, perhaps for want of memory: once more, alone
        _, share, end = _with_copy([rule], project, helping=False)
        if share:
            return share[0]
    if end is None:
        return _run(rule, project)
    how = f"exit code {end.si_status}" if end.si_code == os.CLD_EXITED else signal.Signals(end.si_status).name
    return Outcome((), RunError(rule.id, f"ended the process that ran it ({how})"))


def _with_copy(
    rules: Sequence[Rule], project: Project, *, helping: bool
) -> tuple[list[Outcome], list[Outcome], os.waitid_result | None]:
    """The outcomes of rules from the front in this process (if it is `helping`), of those from the back in a copy.

    The last of the three is how the copy ended; None if there was no process or no memory to be had.
    """
    tickets, box = os.pipe()
    os.write(box, bytes(len(rules)))  # whoever draws a byte may take a rule
    os.close(box)
    kept = os.memfd_create("outcomes")
    here = os.getpid()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # no Ctrl-C before both know what to do then
    try:
        copy = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        os.close(tickets)
        os.close(kept)
        return [], [], None
    if copy == 0:
        _work_off(rules, project, tickets, kept, here)
    found: list[Outcome] = []
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        while helping and os.read(tickets, 1):
            found.append(_run(rules[len(found)], project))
        end = os.waitid(os.P_PID, copy, os.WEXITED | os.WNOWAIT)
        share = [_DECODER.decode(data) for data in _records(kept)]
    except BaseException:
        os.kill(copy, signal.SIGKILL)
        raise
    finally:
        os.close(tickets)
        os.close(kept)
        os.waitpid(copy, 0)
    if project.clock is not None:
        for done in share:
            project.clock.add(done.costs)
    return found, [done.outcome for done in share], end


def _work_off(rules: Sequence[Rule], project: Project, tickets: int, kept: int, here: int) -> NoReturn:
    """Run rules from the back for the process `here`, keep their outcomes, and end: nothing else may run here."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends this process without a word
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        with open(kept, "wb") as stream:
            for rule in reversed(rules):
                if os.getppid() != here or not os.read(tickets, 1):  # nobody waits when the other one was killed
                    break
                project.clock = Clock()
                outcome = _run(rule, project)
                data = _ENCODER.encode(_Done(outcome, project.clock.costs()))
                stream.write(len(data).to_bytes(_LENGTH) + data)
                stream.flush()
        _end_process(0)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)  # what went wrong is no rule's fault, and nobody else's to handle


def _records(kept: int) -> Iterator[bytes]:
    """What a copy kept, one by one, without what it was about to write when it ended."""
    with open(kept, "rb", closefd=False) as stream:
        stream.seek(0)
        while len(head := stream.read(_LENGTH)) == _LENGTH:
            length = int.from_bytes(head)
            if len(data := stream.read(length)) == length:
                yield data


_LENGTH = 8
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Done)
