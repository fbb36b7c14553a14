"""Fuzz the extraction, one kind of file after the other (needs the extra `fuzz`; Linux).

    python tests/fuzz.py [KIND ...] [--minutes 20] [--seeds DIR ...] [--work DIR]

Inputs start from small files below the seeds (`fixtures/` unless told) and grow in `WORK/KIND/corpus`, so that
another run goes on where this one ended. What is wrong (an exception, a crash, facts that do not survive being
packed, a place outside of the text, another answer the second time, too much time) is written once for each
cause to `WORK/KIND/failures`, as the bytes of the file and a text that says what happened. In the end a table
says how long every kind was fuzzed, with how many inputs. Each failure deserves a test with its bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from mldebt.discover import kind_of
from mldebt.extract import decode, extract
from mldebt.extract.text import DecodingError
from mldebt.facts import Facts, Section
from mldebt.source import Kind, Span
from mldebt.worker import guarded

ROOT = Path(__file__).parents[1]
MOST_BYTES = 4_096
MOST_SECONDS = 3.0
"""Processor seconds that a file of `MOST_BYTES` may take; instrumented code is slow."""

SEEDS_A_KIND = 150
STACK = 1 << 29
CELL_MARK = b"\n#%%\n"


class Wrong(Exception):
    """The extraction broke a promise; the message says which."""


# --- one input ---


def examine(kind: Kind, data: bytes) -> None:
    """Extract a file and check all that must hold for any file. Raises Wrong, or what the extraction raises."""
    start = time.process_time()
    facts = guarded(extract, kind, data)
    if time.process_time() - start > MOST_SECONDS:
        raise Wrong("takes too long")
    for problem in facts.header.problems:
        if problem.kind == "crash":
            raise Wrong(problem.message)
    packed = facts.pack()
    read = Facts.unpack(packed)
    places = [problem.span for problem in read.header.problems]
    for name in Section.sections:
        places += spans_in(getattr(read, name))
    for place in places:
        check_place(place)
    if kind is not Kind.NOTEBOOK:  # there they count in the joined cells
        check_ends(places, data, kind)
    if len(data) % 8 == 0 and guarded(extract, kind, data).pack() != packed:
        raise Wrong("gives other facts the second time")


def spans_in(value: object) -> Iterator[Span]:
    """All spans in facts, however deep."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from spans_in(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from spans_in(getattr(value, name))


def check_place(place: Span) -> None:
    """Places are counted from one and end where they start, or later."""
    if min(place.line, place.column) < 1 or (place.end_line, place.end_column) < (place.line, place.column):
        raise Wrong(f"has an impossible place: {place}")


def check_ends(places: list[Span], data: bytes, kind: Kind) -> None:
    """No place is outside of the text."""
    try:
        lines = decode(data, kind).split("\n")
    except DecodingError:
        return
    for place in places:
        for line, column in ((place.line, place.column), (place.end_line, place.end_column)):
            if line > len(lines) or column > len(lines[line - 1]) + 1:
                raise Wrong(f"has a place outside of its text: {place}")


def file_of(kind: Kind, data: bytes) -> bytes:
    """The file that fuzzed bytes stand for: most bytes are no JSON, so they are often the cells of a notebook."""
    if kind is not Kind.NOTEBOOK or data[:1] == b"{":
        return data
    cells = []
    for number, part in enumerate(data.decode("utf-8", "surrogateescape").split(CELL_MARK.decode())):
        kind_of_cell = "markdown" if part.startswith("\0") else "code"
        cells.append({"cell_type": kind_of_cell, "source": part, "id": str(number)})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


# --- the fuzzer's process ---


def fuzz(kind: Kind, failures: Path, arguments: list[str]) -> None:
    """Fuzz a kind in this process until libFuzzer is done; failures are written and the fuzzing goes on."""
    import atheris

    sys.setrecursionlimit(STACK // 10_000)
    instrumented = ["mldebt.extract", "mldebt.limits", *(["yaml"] if kind is Kind.YAML else [])]
    for module in [name for name in sys.modules if name.startswith("mldebt.extract")]:
        del sys.modules[module]  # imported above, not yet instrumented
    with atheris.instrument_imports(include=instrumented):
        from mldebt import extract as fresh

        globals()["extract"] = fresh.extract
        for path in sorted((ROOT / "mldebt" / "extract").glob("[a-z]*.py")):
            __import__(f"mldebt.extract.{path.stem}")

    def once(data: bytes) -> None:
        file = file_of(kind, data)
        try:
            examine(kind, file)
        except Exception as error:
            record(failures, file, error)

    atheris.Setup([sys.argv[0], *arguments], once)
    atheris.Fuzz()


def record(failures: Path, data: bytes, error: Exception) -> None:
    """Write a failing file unless one with the same cause is known already."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    cause = re.sub(r"\d+", "", f"{type(error).__name__} {str(error)[:80]} {[frame.name for frame in frames]}")
    name = sha256(cause.encode("utf-8", "replace")).hexdigest()[:12]
    report = failures / f"{name}.txt"
    if not report.exists():
        (failures / f"{name}.bin").write_bytes(data)
        report.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")


# --- the run ---


def run(kind: Kind, work: Path, seeds: list[Path], seconds: float) -> dict[str, Any]:
    """Fuzz a kind for so many seconds, through whatever ends the process, and say what came of it."""
    corpus, failures = work / kind / "corpus", work / kind / "failures"
    for directory in (corpus, failures):
        directory.mkdir(parents=True, exist_ok=True)
    sow(kind, seeds, corpus)
    start = time.monotonic()
    inputs = 0
    while (left := seconds - (time.monotonic() - start)) >= 1:
        options = [
            str(corpus), f"-max_total_time={int(left)}", f"-max_len={MOST_BYTES}", "-timeout=60",
            "-rss_limit_mb=3000", "-print_final_stats=1", f"-artifact_prefix={failures}/",
        ]  # fmt: skip
        done = subprocess.run(
            [sys.executable, __file__, "--inside", kind, str(failures), *options],
            stderr=subprocess.PIPE, text=True, errors="replace", check=False, preexec_fn=deepen,
        )  # fmt: skip
        inputs += sum(map(int, re.findall(r"number_of_executed_units: *(\d+)", done.stderr)))
        if "number_of_executed_units" not in done.stderr:
            print(done.stderr[-2_000:], file=sys.stderr)
            raise SystemExit(f"{kind}: the fuzzer ended without a word (exit code {done.returncode})")
    found = sorted(file.name for file in failures.iterdir() if file.suffix != ".txt")
    took = time.monotonic() - start
    return {"kind": kind, "minutes": round(took / 60, 1), "inputs": inputs, "failures": found}


def deepen() -> None:
    """Give the child the stack that a worker has."""
    import resource

    resource.setrlimit(resource.RLIMIT_STACK, (STACK, resource.getrlimit(resource.RLIMIT_STACK)[1]))


def sow(kind: Kind, seeds: list[Path], corpus: Path) -> None:
    """Copy small files of a kind to an empty corpus; of notebooks also the code alone."""
    if any(corpus.iterdir()):
        return
    files = (file for seed in seeds for file in sorted(seed.rglob("*")) if kind_of(file.as_posix()) is kind)
    count = 0
    for file in files:
        if file.is_symlink() or not file.is_file():
            continue
        data = file.read_bytes()
        if kind is Kind.NOTEBOOK:
            data = code_of(data) or data
        if len(data) <= MOST_BYTES:
            (corpus / sha256(data).hexdigest()[:16]).write_bytes(data)
            count += 1
        if count == SEEDS_A_KIND:
            break


def code_of(data: bytes) -> bytes:
    """The cells of a notebook as `file_of` takes them; nothing if it cannot be read."""
    try:
        cells = json.loads(data)["cells"]
        return CELL_MARK.join("".join(cell["source"]).encode() for cell in cells)[:MOST_BYTES]
    except (ValueError, KeyError, TypeError):
        return b""


def main() -> None:
    """Fuzz what the command line says."""
    if sys.argv[1:2] == ["--inside"]:
        fuzz(Kind(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", type=Kind, metavar="KIND", help="Default: all, one after the other.")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seeds", type=Path, nargs="+", default=[ROOT / "fixtures"])
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks" / ".cache" / "fuzz")
    options = parser.parse_args()
    for kind in options.kinds or list(Kind):
        print(json.dumps(run(kind, options.work, options.seeds, options.minutes * 60)), flush=True)


if __name__ == "__main__":
    main()
