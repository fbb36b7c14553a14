"""Gathering: the same facts from any number of workers, in any order, whatever happens to one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from mldebt.cache import Cache
from mldebt.facts import Facts
from mldebt.gather import gather
from mldebt.limits import Limits, WorkerError
from mldebt.source import Kind, Source

COUNT = "tests.extractions:count"
OBEY = "tests.extractions:obey"
CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _import_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(CHECKOUT))


def source(name: str, text: str = "") -> Source:
    return Source(name, Kind.PYTHON, Path(name), data=text.encode())


def many(count: int, size: int = 3_000) -> list[Source]:
    return [source(f"{number}.py", f"x{number} = 1\n" + "pass\n" * (size // 5)) for number in range(count)]


def packed(pairs: Sequence[tuple[Source, Facts]]) -> dict[str, bytes]:
    return {source.path: facts.pack() for source, facts in pairs}


def problem(facts: Facts) -> tuple[str, str]:
    (only,) = facts.header.problems
    assert only.fatal
    return only.kind, only.message


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children() -> set[int]:
    """The processes started by this one that still run."""
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    threads = found.parents[1].glob("*/children") if found.exists() else ()
    return {pid for thread in threads for pid in map(int, thread.read_text().split()) if is_running(pid)}


def test_facts_come_in_the_order_of_the_sources() -> None:
    sources = many(200)
    gathered = gather(sources, workers=2, extract=COUNT)
    assert [s for s, _ in gathered] == sources
    assert [f.words[0].split()[0] for _, f in gathered] == [f"x{number}" for number in range(200)]


def test_nothing_to_do() -> None:
    assert gather([], workers=2) == []


def test_same_facts_for_any_number_of_workers_any_order_and_any_cache(tmp_path: Path) -> None:
    sources = [*many(150), source("deep.py", "(" * 5_000), source("deep2.py", "segfault\n" + "(" * 10)]
    expected = packed(gather(sources, workers=1, extract=COUNT))
    assert packed(gather(sources, workers=4, extract=COUNT)) == expected
    assert packed(gather(sources[::-1], workers=2, extract=COUNT)) == expected
    cache = Cache(tmp_path / "cache", "0" * 16)
    assert packed(gather(sources, workers=2, cache=cache, extract=COUNT)) == expected
    warm = Cache(tmp_path / "cache", "0" * 16)
    assert packed(gather(sources, workers=2, cache=warm, extract="tests.extractions:absent")) == expected


def test_real_extraction_agrees_here_and_in_workers() -> None:
    sources = many(3, size=500)
    here = packed(gather(sources, workers=1))
    there = packed(gather([*sources, *many(30, size=20_000)[3:]], workers=2))
    assert {path: there[path] for path in here} == here


def test_progress_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    gather(many(120), workers=2, extract=COUNT, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (120, 120)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("command", "limits", "kind", "words"),
    [
        ("segfault", {}, "crash", "SIGSEGV"),
        ("segfault\n" + "(" * 300, {}, "limit-depth", "nest"),
        ("spin", {"seconds": 0.5, "wall_factor": 100}, "limit-time", "processor time"),
        ("sleep", {"seconds": 1, "wall_factor": 1}, "limit-time", "did not finish"),
        ("grow", {"memory": 300 << 20}, "limit-size", "memory"),
    ],
)
def test_a_file_that_ruins_its_worker_costs_itself_only(
    command: str, limits: dict[str, float], kind: str, words: str
) -> None:
    good = many(60)
    bad = Source("bad.py", Kind.YAML, Path("bad.py"), data=f"{command}\n".encode())
    sources = [*good[:30], bad, *good[30:]]
    gathered = gather(sources, workers=2, extract=OBEY, limits=replace(Limits(stack=16 << 20), **limits))
    assert problem(gathered[30][1])[0] == kind
    assert words in problem(gathered[30][1])[1]
    del gathered[30]
    assert packed(gathered) == packed(gather(good, workers=1, extract=COUNT))


def test_a_worker_killed_at_a_file_tries_it_again(tmp_path: Path) -> None:
    sources = [*many(100), source("victim.py", f"killed-once {tmp_path / 'witness'}\n")]
    gathered = gather(sources, workers=2, extract=OBEY)
    assert (tmp_path / "witness").exists()
    assert all(not facts.header.problems for _, facts in gathered)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_workers_killed_at_any_moment_change_nothing() -> None:
    sources = [source(f"{number}.py", "slow 0.01\n" + "pass\n" * 30_000) for number in range(60)]
    killed: list[int] = []
    over = threading.Event()

    def kill_now_and_then() -> None:
        while not over.wait(0.3) and len(killed) < 8:
            for pid in sorted(children())[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        gathered = gather(sources, workers=2, extract=OBEY)
    finally:
        over.set()
        killer.join()
    assert killed
    assert packed(gathered) == packed(gather(sources, workers=2, extract=COUNT))


@pytest.mark.parametrize("company", [2, 100])
def test_a_panic_costs_one_file_in_small_and_in_large_runs(company: int) -> None:
    gathered = gather([*many(company, size=100), source("bad.py", "panic\n")], workers=2, extract=OBEY)
    assert problem(gathered.pop()[1]) == ("crash", "crashed the parser (exit code 1)")
    assert all(not facts.header.problems for _, facts in gathered)


def test_what_a_library_prints_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    gathered = gather([source("a.py", "print\n"), *many(60)], workers=2, extract=OBEY)
    assert all(not facts.header.problems for _, facts in gathered)
    assert capfd.readouterr().out == ""


def test_workers_that_cannot_start_are_an_error() -> None:
    with pytest.raises(WorkerError, match="before it was ready"):
        gather(many(100), workers=2, extract="tests.extractions:absent")
    assert not children()


def test_unreadable_files_are_problems(tmp_path: Path) -> None:
    (tmp_path / "directory.py").mkdir()
    sources = [Source(n, Kind.PYTHON, tmp_path / n) for n in ("missing.py", "directory.py")]
    kinds = [problem(facts)[0] for _, facts in gather(sources)]
    assert kinds == ["unreadable", "unreadable"]


def test_files_above_the_size_limit_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.py"
    with file.open("wb") as stream:
        stream.truncate(1 << 40)  # sparse
    (pair,) = gather([Source("huge.py", Kind.PYTHON, file)])
    assert problem(pair[1]) == ("limit-size", "is 1,099,511,627,776 bytes, more than the limit of 5,000,000")


def test_an_exception_of_the_caller_leaves_no_process() -> None:
    def fail(done: int, total: int) -> None:
        raise ValueError(f"{done} of {total}")

    with pytest.raises(ValueError, match="of 200"):
        gather(many(200), workers=2, extract=COUNT, progress=fail)
    assert not children()


def test_what_is_done_meanwhile_is_done_once_and_before_the_first_answer_is_taken() -> None:
    told: list[str] = []
    gather(
        many(100),
        workers=2,
        extract=COUNT,
        progress=lambda done, total: told.append("answer"),
        meanwhile=lambda: told.append("meanwhile"),
    )
    assert told == ["meanwhile", *["answer"] * 100, *told[101:]]


def test_what_fails_meanwhile_leaves_no_process() -> None:
    def fail() -> None:
        raise ValueError("meanwhile")

    with pytest.raises(ValueError, match="meanwhile"):
        gather(many(200), workers=2, extract=COUNT, meanwhile=fail)
    assert not children()


_INTERRUPTED = """
import sys
from pathlib import Path
from mldebt.cache import Cache
from mldebt.gather import gather
from mldebt.source import Kind, Source
texts = [b"slow 0.05\\n" + b"%d\\n" % n * 20_000 for n in range(400)]
sources = [Source(f"{n}.py", Kind.PYTHON, Path("x"), data=text) for n, text in enumerate(texts)]
cache = Cache(Path(sys.argv[1]), "0" * 16)
def progress(done, total):
    print(done, flush=True)
try:
    gather(sources, workers=2, extract="tests.extractions:obey", cache=cache, progress=progress)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def heed_ctrl_c() -> None:
    """Begin as on a terminal: what is started behind a shell's back is born deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_ctrl_c_ends_within_a_second_without_leaving_anything(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", _INTERRUPTED, str(tmp_path / "cache")]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=heed_ctrl_c,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "1"
        tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
        workers = [int(pid) for task in tasks for pid in task.read_text().split()]
        assert len(workers) == 2
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
        assert time.monotonic() - start < 1
    assert output.splitlines()[-1] == "interrupted"
    assert errors == ""
    assert not any(is_running(pid) for pid in workers)
    known = Cache(tmp_path / "cache", "0" * 16)
    sources = [source("a.py", "slow 0.05\n" + "399\n" * 20_000), source("b.py", "b")]
    assert packed(gather(sources, extract=COUNT, cache=known)) == packed(gather(sources, extract=COUNT))


def test_workers_do_not_import_from_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("open('imported', 'w')\nraise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    gather(many(100), workers=2, extract=COUNT)
    assert not (tmp_path / "imported").exists()


def test_a_warm_run_imports_no_parser(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\nprint(os.getcwd())\n")
    (tmp_path / "b.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    program = """
import sys
from pathlib import Path
from mldebt.cache import Cache
from mldebt.gather import gather
from mldebt.source import Kind, Source
root = Path(sys.argv[1])
sources = [Source("a.py", Kind.PYTHON, root / "a.py"), Source("b.ipynb", Kind.NOTEBOOK, root / "b.ipynb")]
facts = gather(sources, cache=Cache(root / "cache"))
heavy = {"libcst", "nbformat", "subprocess", "sqlglot", "yaml"} & set(sys.modules)
print(facts[0][1].header.modules, sorted(heavy - {"subprocess"}))
"""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", program, str(tmp_path)]
    runs = [subprocess.run(command, capture_output=True, text=True, env=environment) for _ in range(2)]
    assert [run.stderr for run in runs] == ["", ""]
    assert "libcst" in runs[0].stdout
    assert runs[1].stdout.strip() == "('os',) []"


def test_facts_that_do_not_last_are_decoded_again() -> None:
    ((_, facts),) = gather([source("a.py", "x = 1\ny = 2\n")], workers=1)
    lines, bindings = facts.lines, facts.bindings
    facts.forget()
    assert facts.lines == lines
    assert facts.lines is not lines
    assert facts.bindings is bindings
