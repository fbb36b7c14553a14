"""Rules in one process and in two: the same outcomes, whatever a rule or the copy does."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mldebt import rule_runs
from mldebt.clock import Clock
from mldebt.extract import extract
from mldebt.finding import Finding
from mldebt.project import Project
from mldebt.rule import Rule
from mldebt.rule_runs import Outcome, run_all
from mldebt.source import Kind, Location, Source, Span

HERE = os.getpid()


@pytest.fixture(autouse=True)
def _copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes be copied although the test runner may have other threads."""
    monkeypatch.setattr(rule_runs, "_can_be_copied", lambda: sys.platform == "linux")


class Plain(Rule):
    """Finds one thing, and says which process found it."""

    id = "plain"
    debt = "glue-code"

    def __init__(self, name: str) -> None:
        self.id = name  # type: ignore[misc]

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield the finding."""
        for source in project.sources():
            yield self.finding(Location(source.path, Span.at(1)), f"{self.id} {self.where()}")

    def where(self) -> str:
        """Nothing here, so that outcomes can be compared."""
        return ""


class Telling(Plain):
    """Tells where it runs."""

    def where(self) -> str:
        """The process."""
        return "here" if os.getpid() == HERE else "there"


class Failing(Plain):
    """Raises."""

    def where(self) -> str:
        """Fail."""
        raise ValueError(f"no\n{self.id}")


class Leaving(Plain):
    """Wants to end the program, as if all were well."""

    def where(self) -> str:
        """Leave."""
        sys.exit(0)


class Odd(Plain):
    """Yields what is no finding, or one without a text."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield it."""
        for source in project.sources():
            yield self.finding(Location(source.path, Span.at(1)), 7) if self.id == "number" else self.id  # type: ignore[arg-type,misc]


class Printing(Plain):
    """Prints."""

    def where(self) -> str:
        """Print."""
        print(f"<{self.id}>")
        return ""


class Patient(Plain):
    """Waits here until the copy has come to the rule that matters, which makes a file then."""

    def __init__(self, name: str, sign: Path) -> None:
        super().__init__(name)
        self.sign = sign

    def where(self) -> str:
        """Wait, ten seconds at most."""
        for _ in range(1_000 if os.getpid() == HERE else 0):
            if self.sign.exists():
                break
            time.sleep(0.01)
        return ""


class Deadly(Patient):
    """Ends a copy of the process, as the system does when memory is short; the first one alone if `once`."""

    once = False

    def where(self) -> str:
        """Die, unless this is the process of the test, or another one has died already."""
        if os.getpid() != HERE and not (self.once and self.sign.exists()):
            self.sign.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return ""


class DeadlyOnce(Deadly):
    """Ends one copy."""

    once = True


class Ending(Plain):
    """Ends its process at once, without a chance for anybody to catch it."""

    def where(self) -> str:
        """End."""
        os._exit(0)


class EndingUnseen(Patient):
    """Got hold of how to end the process before anybody could do something about it."""

    end = staticmethod(os._exit)

    def where(self) -> str:
        """End."""
        self.sign.touch()
        self.end(0)


class Interrupted(Plain):
    """Is stopped by Ctrl-C here, and waits for ever elsewhere."""

    def where(self) -> str:
        """Stop."""
        while os.getpid() != HERE:
            signal.pause()
        raise KeyboardInterrupt


def project(lines: int = 5_000) -> Project:
    """A project of one file."""
    data = b"x = 1\n" * lines
    return Project(Path("."), [(Source("a.py", Kind.PYTHON, Path("a.py")), extract(Kind.PYTHON, data))], {"a.py"})


def rules(kind: type[Plain], count: int = 12) -> list[Plain]:
    """So many rules of a kind, with names of their own."""
    return [kind(f"rule-{number}") for number in range(count)]


def outcomes(given: list[Plain], processes: int) -> list[Outcome]:
    """What comes of them."""
    return run_all(given, project(), processes)


def test_two_processes_come_to_what_one_comes_to() -> None:
    given = [*rules(Plain), Failing("bad"), *rules(Plain, 3)]
    found = outcomes(given, 2)
    assert found == outcomes(given, 1)
    assert [o.findings[0].message.split()[0] for o in found if o.findings] == [
        r.id for r in given if r.id != "bad"
    ]
    error = found[12].error
    assert error is not None
    assert (error.rule, error.message) == ("bad", "raised ValueError: no bad")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
def test_both_processes_work_where_it_pays() -> None:
    class Slow(Telling):
        def where(self) -> str:
            for _ in range(200_000):
                pass
            return super().where()

    def places(lines: int) -> set[str]:
        found = run_all(rules(Slow), project(lines), 2)
        return {finding.message.split()[1] for outcome in found for finding in outcome.findings}

    assert places(5_000) == {"here", "there"}
    assert places(50) == {"here"}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
def test_a_copy_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    died = tmp_path / "died"
    given = [Patient("a-first", died), *rules(Plain), DeadlyOnce("z-last", died)]
    found = outcomes(given, 2)
    assert died.exists()
    assert found == outcomes(given, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
@pytest.mark.parametrize(("kind", "how"), [(Deadly, "SIGKILL"), (EndingUnseen, "exit code 0")])
def test_a_rule_that_ends_every_copy_is_a_rule_that_failed(tmp_path: Path, kind: type[Patient], how: str) -> None:
    first, last = Patient("a-first", tmp_path / "came"), kind("z-last", tmp_path / "came")
    *others, failed = outcomes([first, *rules(Plain), last], 2)
    assert others == outcomes([first, *rules(Plain)], 1)
    assert failed.error is not None
    assert failed.error.message == f"ended the process that ran it ({how})"


@pytest.mark.parametrize("processes", [1, 2])
def test_a_rule_that_ends_the_process_is_a_rule_that_failed(processes: int) -> None:
    given = [Ending("a-first"), *rules(Plain), Ending("z-last")]
    first, *others, last = outcomes(given, processes)
    assert others == outcomes(rules(Plain), 1)
    for outcome in (first, last):
        assert outcome.error is not None
        assert outcome.error.message == "raised SystemExit: os._exit(0) would have ended the run"


def test_no_copy_to_be_had_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", fork)
    assert outcomes(rules(Plain), 2) == outcomes(rules(Plain), 1)


@pytest.mark.skipif(sys.platform != "linux", reason="finds children in /proc")
def test_ctrl_c_leaves_no_copy() -> None:
    children = Path(f"/proc/{HERE}/task/{HERE}/children")
    before = children.read_text()
    with pytest.raises(KeyboardInterrupt):
        outcomes(rules(Interrupted), 2)
    assert children.read_text() == before


@pytest.mark.skipif(sys.platform != "linux", reason="finds children in /proc")
def test_ctrl_c_while_the_copy_is_made_leaves_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fork = os.fork

    def interrupted() -> int:
        copy = fork()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # not to a thread of the tests'
        return copy

    monkeypatch.setattr(os, "fork", interrupted)
    children = Path(f"/proc/{HERE}/task/{HERE}/children")
    before = children.read_text()
    # who starts the tests in the background of a shell has them ignore Ctrl-C
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            outcomes(rules(Plain), 2)
    finally:
        signal.signal(signal.SIGINT, handler)
        (tmp_path / str(os.getpid())).touch()  # a copy would come here, too
    assert [path.name for path in tmp_path.iterdir()] == [str(HERE)]
    assert children.read_text() == before
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize("processes", [1, 2])
def test_a_rule_that_leaves_or_yields_no_finding_is_a_rule_that_failed(processes: int) -> None:
    given = [Leaving("leaves"), *rules(Plain), Odd("number"), Odd("text")]
    found = {rule.id: outcome for rule, outcome in zip(given, outcomes(given, processes), strict=True)}
    assert {id: outcome.error.message.split(":")[0] for id, outcome in found.items() if outcome.error} == {
        "leaves": "raised SystemExit",
        "number": "raised TypeError",
        "text": "raised TypeError",
    }


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_rule_prints_stays_out_of_the_report(processes: int, capfd: pytest.CaptureFixture[str]) -> None:
    outcomes(rules(Printing), processes)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert sorted(printed.err.split()) == sorted(f"<rule-{number}>" for number in range(12))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
def test_a_copy_whose_process_was_killed_starts_no_other_rule(tmp_path: Path) -> None:
    class Killer(Plain):
        def where(self) -> str:
            if os.getpid() == first:
                while not (tmp_path / "copy").exists():
                    time.sleep(0.01)
                os.kill(first, signal.SIGKILL)
            with (tmp_path / "copy").open("a") as trace:
                trace.write(f"{self.id}\n")
            while os.getppid() == first:
                time.sleep(0.01)
            return ""

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        first = os.getpid()
        try:
            run_all(rules(Killer), project(), 2)
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with open(reader, "rb") as stream:
        stream.read()  # until the copy, which holds the other end, is gone
    assert len((tmp_path / "copy").read_text().split()) == 1


def test_the_time_of_the_copy_counts() -> None:
    made = project()
    made.clock = Clock()
    run_all(rules(Plain), made, 2)
    assert {cost.name for cost in made.clock.costs() if cost.kind == "rule"} == {f"rule-{n}" for n in range(12)}
