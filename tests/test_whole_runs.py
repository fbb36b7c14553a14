"""The program as a whole, with a cache that cannot be used, and interrupted in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
COMMAND = (
    sys.executable,
    "-m",
    "mldebt",
    "check",
    "--select",
    "machine-specific-path",
    "--output-format",
    "json",
)
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # as on a full disk, writing fails in the middle
from mldebt.cli import main
main()
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, limits processes")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    for number in range(20):
        (root / f"m{number}.py").write_text(
            f"import pandas as pd\nx{number} = pd.read_csv('/home/ada/{number}.csv')\n"
        )
    return root


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def paths(done: subprocess.CompletedProcess[str]) -> set[str]:
    assert done.returncode == 1, done.stderr
    return {finding["path"] for finding in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize("place", ["file", "/proc/none/cache", "/dev/null", "directory in the place of a file"])
def test_a_cache_that_cannot_be_used_is_told_once_and_costs_nothing_else(project: Path, place: str) -> None:
    options: tuple[str, ...] = ("--cache-dir", place)
    if place == "file":
        (project / ".mldebt_cache").write_text("mine")
        options = ()
    elif place.startswith("directory"):
        cache = project / place
        assert len(paths(run(project, *COMMAND, "--cache-dir", str(cache)))) == 20
        for file in [*cache.glob("*/files.index"), *cache.glob("*/*.facts")]:
            file.unlink()
            file.mkdir()
    done = run(project, *COMMAND, *options)
    assert len(paths(done)) == 20
    assert done.stderr.count("warning: the cache in") == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk(project: Path) -> None:
    done = run(project, sys.executable, "-c", LIMITED, *COMMAND[3:])
    assert len(paths(done)) == 20
    assert done.stderr.count("could not be written") == 1
    assert len(done.stderr.splitlines()) == 1
    assert list((project / ".mldebt_cache").rglob("*.facts")) == []
    assert list((project / ".mldebt_cache").rglob("*.part")) == []
    again = run(project, *COMMAND)
    assert (again.stdout, again.stderr) == (done.stdout, "")


def test_clean_removes_what_a_run_has_written(project: Path) -> None:
    before = sorted(project.iterdir())
    assert len(paths(run(project, *COMMAND))) == 20
    assert (project / ".mldebt_cache").is_dir()
    assert run(project, sys.executable, "-m", "mldebt", "clean").returncode == 0
    assert sorted(project.iterdir()) == before


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from descendants(child)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def heed_ctrl_c() -> None:
    """Begin as on a terminal: what is started behind a shell's back is born deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_the_program_and_its_workers(project: Path) -> None:
    for number in range(60):
        (project / f"long{number}.py").write_text(f"y = f({number}, 'a')\n" * 4_000)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(
        [*COMMAND, "--workers", "2"], cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, preexec_fn=heed_ctrl_c,
    ) as process:  # fmt: skip
        workers: list[int] = []
        deadline = time.monotonic() + 60
        while len(workers) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
            workers = list(descendants(process.pid))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors.strip()) == (130, "", "Interrupted.")
    assert len(workers) >= 2
    assert not any(is_alive(worker) for worker in workers)
    assert len(paths(run(project, *COMMAND, "m1.py"))) == 1  # the cache is as good as new


SLOW = """
import time
from pathlib import Path
from mldebt import Rule

class Slow(Rule):
    \"\"\"Takes its time.\"\"\"

    def check(self, project):
        Path({witness!r}, self.id).touch()
        time.sleep(60)
        yield from ()
"""


@pytest.mark.parametrize("whole_group", [True, False], ids=["as on a terminal", "to the program alone"])
def test_ctrl_c_ends_the_program_and_the_copy_that_runs_rules(
    project: Path, tmp_path: Path, whole_group: bool
) -> None:
    (project / "long.py").write_text("x = 1\n" * 6_000)
    rules, witness = tmp_path / "rules" / "glue_code", tmp_path / "witness"
    rules.mkdir(parents=True)
    witness.mkdir()
    for name in ("first_rule", "second_rule"):
        (rules / f"{name}.py").write_text(SLOW.format(witness=str(witness)))
    options = ("--pack", str(rules.parent), "--select", "first-rule,second-rule", "--workers", "2")
    with subprocess.Popen(
        [sys.executable, "-m", "mldebt", "check", *options], cwd=project,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, preexec_fn=heed_ctrl_c, start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while len(list(witness.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        copies = list(descendants(process.pid))
        start = time.monotonic()
        if whole_group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        assert time.monotonic() - start < 1
    assert (process.returncode, output, errors.strip()) == (130, "", "Interrupted.")
    assert len(copies) == 1
    assert not any(is_alive(copy) for copy in copies)
    assert len(paths(run(project, *COMMAND, "m1.py"))) == 1


def test_eight_programs_at_once_on_one_cold_cache_say_the_same(project: Path) -> None:
    for number in range(30):  # enough for workers
        (project / f"long{number}.py").write_text(f"y = f({number}, 'a')\nopen('/home/ada/b')\n" * 60)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    programs = [
        subprocess.Popen(
            COMMAND, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    answers = {program.communicate(timeout=120) for program in programs}
    assert {program.returncode for program in programs} == {1}
    ((said, errors),) = answers
    assert errors == ""
    assert len(json.loads(said)["findings"]) == 20 + 30
    assert list((project / ".mldebt_cache").rglob("*.part")) == []
    assert run(project, *COMMAND).stdout == said


def test_workers_that_are_killed_change_nothing_that_is_said(project: Path) -> None:
    for number in range(20):
        (project / f"long{number}.py").write_text(f"y = f({number}, 'a')\nopen('/home/ada/b')\n" * 500)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    killed: set[int] = set()
    with subprocess.Popen(
        [*COMMAND, "--workers", "2", "--no-cache"], cwd=project, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while len(killed) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
            for worker in [pid for pid in descendants(process.pid) if pid not in killed][:1]:
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
        output, errors = process.communicate(timeout=120)
    assert killed
    assert (output, errors) == (run(project, *COMMAND, "--no-cache").stdout, "")
