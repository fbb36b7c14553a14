"""Measure mldebt beside references in the same run, and write the table to RESULTS.md.

    python benchmarks/run.py [--only NAME] [--corpus DIR] [--files N] [--peers]

Figures on a busy machine are worth little on the clock; processor time is given beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))  # mldebt: ignore[sys-path-hack] a script, run by its path

from benchmarks import corpus, timing

RESULTS = Path(__file__).parent / "RESULTS.md"
PARSE = Path(__file__).with_name("parse.py")
PEERS = {
    "pylint": ["-m", "pylint", "--exit-zero"],
    "flake8 -j 2": ["-m", "flake8", "--exit-zero", "-j", "2"],
    "fixit": ["-m", "fixit", "--quiet", "lint"],
    "torchfix": ["-m", "torchfix", "--select", "ALL"],
}


class Bench(NamedTuple):
    """What is measured, and a directory for copies."""

    root: Path
    files: list[Path]
    scratch: Path
    peers: bool


class Row(NamedTuple):
    """A line of the table."""

    what: str
    figure: str
    target: str = ""


def throughput(bench: Bench) -> list[Row]:
    """Parsing and extraction, file by file in one process on one core."""
    files = corpus.spread(bench.files, 450)
    lines = corpus.count_lines(files)
    parsing, extracting = _parse(files, "both")
    return [
        Row(f"bare `libcst.parse_module`, one core, {lines:,} lines", f"{lines / parsing:,.0f} lines/s"),
        Row("extraction, one core, same files, same process", f"{lines / extracting:,.0f} lines/s", "≥ 7,500"),
        Row("extraction ÷ parsing", f"{extracting / parsing:.2f}"),
    ]


def whole(bench: Bench) -> list[Row]:
    """A whole check: cold, warm, one file changed; the reference is bare parsing in as many processes."""
    directory = corpus.copy(bench.files, bench.root, bench.scratch / "whole")
    lines = corpus.count_lines(bench.files)
    processes = os.cpu_count() or 1
    start = time.perf_counter()
    parsers = [_start_parser(bench.files[number::processes]) for number in range(processes)]
    parsing = sum(_answer(parser)[0] for parser in parsers)
    reference = time.perf_counter() - start
    cold = timing.check(directory)
    time.sleep(2.5)  # files that changed a moment ago are not trusted by their time stamps
    timing.check(directory)
    warm = timing.check(directory, repeat=3)
    usual = sorted(bench.files, key=lambda file: file.stat().st_size)[len(bench.files) // 2]
    with (directory / usual.relative_to(bench.root)).open("a") as file:
        file.write("\nchanged = 1\n")
    changed = timing.check(directory)
    what = f"{len(bench.files):,} files, {lines:,} lines"
    return [
        Row(
            f"bare parsing, {processes} processes, {what}",
            f"{reference:.2f} s ({parsing:.2f} s of processor time)",
        ),
        Row("`check --profile audit`, cold", str(cold)),
        Row("cold check ÷ bare parsing, on the clock", f"{cold.wall / reference:.2f}", "≤ 1.8"),
        Row("cold check ÷ bare parsing, processor time", f"{cold.cpu / parsing:.2f}"),
        Row("`check --profile audit`, warm", str(warm), "≤ 2.5 s a million lines"),
        Row("`check --profile audit`, one file of median size changed", str(changed)),
        Row("peak memory, cold", f"{cold.megabytes:,.0f} MB", "≤ 1,200 MB"),
    ]


def changed(bench: Bench) -> list[Row]:
    """About 100,000 lines with the facts in the cache: nothing changed, and one file of median size."""
    files = corpus.spread_lines(bench.files, 100_000)
    directory = corpus.copy(files, bench.root, bench.scratch / "changed")
    lines = corpus.count_lines(files)
    usual = sorted(files, key=lambda file: file.stat().st_size)[len(files) // 2]
    timing.check(directory)
    time.sleep(2.5)  # as above
    timing.check(directory)
    rows = [Row(f"{lines:,} lines, nothing changed", str(timing.check(directory, repeat=3)), "≤ 0.5 s")]
    for profile in ("hook", "ci", "audit"):
        costs = []
        for number in range(3):
            with (directory / usual.relative_to(bench.root)).open("a") as file:
                file.write(f"\nchanged_{profile} = {number}\n")
            costs.append(timing.check(directory, "--profile", profile))
        rows.append(Row(f"one file of median size changed, profile {profile}", str(min(costs)), "≤ 0.9 s"))
    return rows


def hook(bench: Bench) -> list[Row]:
    """Three small files without a cache, and what `--help` costs."""
    small = [file for file in bench.files if 1_000 < file.stat().st_size < 6_000][:3]
    directory = corpus.copy(small, bench.root, bench.scratch / "hook")
    cost = timing.check(directory, "--no-cache", "--profile", "hook", repeat=5)
    helped = min(timing.run([sys.executable, "-m", "mldebt", "--help"]) for _ in range(5))
    return [
        Row(f"3 small files ({corpus.count_lines(small)} lines), no cache", str(cost), "≤ 0.7 s"),
        Row("`--help`", str(helped), "≤ 0.15 s"),
    ]


def linearity(bench: Bench) -> list[Row]:
    """Processor time over 10, 100 and 1,000 files, the time for an empty directory taken off."""
    empty = bench.scratch / "empty"
    empty.mkdir()
    base = timing.check(empty, "--no-cache", repeat=3).cpu
    points = []
    rows = []
    for number in (10, 100, 1_000):
        files = corpus.spread(bench.files, number)
        directory = corpus.copy(files, bench.root, bench.scratch / f"linear{number}")
        cost = timing.check(directory, "--no-cache")
        lines = corpus.count_lines(files)
        points.append((float(lines), cost.cpu - base))
        rows.append(Row(f"{len(files):,} files, {lines:,} lines, cold", str(cost)))
    return [*rows, Row("fitted exponent of processor time over lines", f"{timing.exponent(points):.2f}", "≤ 1.1")]


def linking(bench: Bench) -> list[Row]:
    """`mldebt graph` with the facts in the cache, over 10 to all files: what linking the data flow costs."""
    command = [sys.executable, "-m", "mldebt", "graph", "--output-format", "json", "."]
    empty = bench.scratch / "empty"
    empty.mkdir()
    base = min(timing.run(command, cwd=empty).cpu for _ in range(3))
    rows = []
    points = []
    for number in (10, 100, 1_000, len(bench.files)):
        files = corpus.spread(bench.files, number)
        directory = corpus.copy(files, bench.root, bench.scratch / f"linked{number}")
        timing.run(command, cwd=directory)
        time.sleep(2.5)  # files that changed a moment ago are not trusted by their time stamps
        timing.run(command, cwd=directory)
        cost = min(timing.run(command, cwd=directory) for _ in range(2))
        linked = cost.cpu - base
        points.append((float(len(files)), linked))
        rows.append(Row(f"{len(files):,} files", f"{cost}; {linked / len(files) * 1e3:.2f} ms a file"))
    return [*rows, Row("fitted exponent of processor time over files", f"{timing.exponent(points):.2f}", "≤ 1.1")]


def peers(bench: Bench) -> list[Row]:
    """Other linters on an application of 15,000 lines; those that are not installed are left out."""
    directory = corpus.application(bench.files, bench.root, bench.scratch / "application")
    files = corpus.python_files(directory)
    lines = corpus.count_lines(files)
    ours = timing.check(directory, "--no-cache", repeat=2)
    rows = [Row(f"mldebt, {len(files)} files, {lines:,} lines, cold, no cache", str(ours))]
    python = _peers_python() if bench.peers else Path(sys.executable)
    for name, arguments in PEERS.items():
        if subprocess.run([python, "-c", f"import {arguments[1]}"], capture_output=True).returncode:
            rows.append(Row(name, "not installed"))
            continue
        # Files by name: given a directory, pylint passes over those outside packages.
        cost = timing.run([python, *arguments, *files], cwd=directory, ok=range(128))
        rows.append(Row(name, f"{cost} = {cost.wall / ours.wall:.1f} × mldebt"))
    return rows


BENCHMARKS: dict[str, Callable[[Bench], list[Row]]] = {
    "throughput": throughput,
    "whole": whole,
    "changed": changed,
    "hook": hook,
    "linearity": linearity,
    "linking": linking,
    "peers": peers,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure mldebt and write benchmarks/RESULTS.md.")
    parser.add_argument("--only", choices=BENCHMARKS, help="run one benchmark and print it without writing")
    parser.add_argument("--corpus", type=Path, help="measure on this directory instead of transformers 4.46.0")
    parser.add_argument("--files", type=int, default=10**9, help="take at most so many files, evenly spread")
    parser.add_argument("--peers", action="store_true", help="install the other linters into a cache first")
    options = parser.parse_args()
    root = options.corpus.resolve() if options.corpus else corpus.transformers()
    files = corpus.spread(corpus.python_files(root), options.files)
    if not files:
        parser.error(f"there are no Python files in {root}")
    tables = []
    for name in [options.only] if options.only else BENCHMARKS:
        with tempfile.TemporaryDirectory() as scratch:
            rows = BENCHMARKS[name](Bench(root, files, Path(scratch), options.peers))
        tables.append(_table(name, rows))
        print(tables[-1], flush=True)
    if not options.only:
        subject = f"`{options.corpus.name}`" if options.corpus else "the transformers 4.46.0 wheel"
        head = f"# Benchmarks\n\n`python benchmarks/run.py`, {date.today()}, on {timing.machine()}.\n"
        about = f"Measured on {subject}: {len(files):,} files, {corpus.count_lines(files):,} lines.\n"
        RESULTS.write_text("\n".join([head, about, *tables]), encoding="utf-8")


def _table(name: str, rows: list[Row]) -> str:
    doc = (BENCHMARKS[name].__doc__ or "").strip()
    lines = [f"| {row.what} | {row.figure} | {row.target} |" for row in rows]
    return "\n".join([f"## {name}", "", doc, "", "| what | figure | target |", "|---|---|---|", *lines, ""])


def _start_parser(files: list[Path], *arguments: str) -> subprocess.Popen[str]:
    """A process that parses the files; it begins at once."""
    process = subprocess.Popen(
        [sys.executable, PARSE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(timing.ROOT)},
    )
    assert process.stdin is not None
    process.stdin.write("\n".join(map(str, files)))
    process.stdin.close()
    process.stdin = None
    return process


def _answer(process: subprocess.Popen[str]) -> tuple[float, float]:
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the reference parser ended with {process.returncode}")
    parsing, extracting = map(float, output.split())
    return parsing, extracting


def _parse(files: list[Path], *arguments: str) -> tuple[float, float]:
    """The processor seconds of parsing and of extracting the files."""
    return _answer(_start_parser(files, *arguments))


def _peers_python() -> Path:
    """The interpreter of an environment with the other linters."""
    home = corpus.CACHE / "peers"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "pylint", "flake8", "fixit", "torchfix"], check=True
        )
    return python


if __name__ == "__main__":
    main()
