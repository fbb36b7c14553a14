"""How many paths of data calls are known: `python benchmarks/resolution.py DIRECTORY...`.

Each directory is one project. A call counts once, however many callers it has; it is fully known if the path is
known for each of them, and has a known part if something is known for one of them. Tests, vendored and generated
code and templates are left out.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mldebt.cache import Cache
from mldebt.cache_keys import extraction_version
from mldebt.load import load_project
from mldebt.project import Project
from mldebt.project.accesses import DataAccess
from mldebt.scope import find_scope
from mldebt.settings import load_settings
from mldebt.source import Role

_EFFECTS = ("reads", "writes", "appends")
_LEFT_OUT = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE)
_KNOWN, _PART, _NOTHING = "fully known", "a known part", "nothing known"


def calls_of(project: Project) -> Iterator[list[DataAccess]]:
    """The accesses of each call that reads or writes data."""
    found: dict[tuple[str, object], list[DataAccess]] = {}
    for access in project.accesses:
        if access.effect in _EFFECTS and not access.source.source.is_any(*_LEFT_OUT):
            found.setdefault((access.source.path, access.call.span), []).append(access)
    yield from found.values()


def state(accesses: list[DataAccess]) -> str:
    """What is known of the path of a call."""
    known = [access.address is not None and access.address.is_known for access in accesses]
    if all(known):
        return _KNOWN
    return _PART if any(access.address is not None for access in accesses) else _NOTHING


def cause(accesses: list[DataAccess]) -> str:
    """Why nothing is known."""
    first = next((access.cause for access in accesses if access.cause is not None), None)
    return first.cause if first is not None else "path"


def measure(directories: list[Path], cache: Path | None) -> tuple[list[tuple[str, Counter[str]]], Counter[str]]:
    """For each project its calls by what is known of them; and the causes where nothing is."""
    rows = []
    causes: Counter[str] = Counter()
    for directory in directories:
        scope = find_scope([directory])
        stored = Cache(cache / directory.name, extraction_version()) if cache is not None else None
        project = load_project(load_settings(scope.root, isolated=True), scope, cache=stored)
        counts: Counter[str] = Counter()
        for accesses in calls_of(project):
            found = state(accesses)
            counts[found] += 1
            if found == _NOTHING:
                causes[cause(accesses)] += 1
        rows.append((directory.name, counts))
        gc.collect()
    return rows, causes


def table(rows: list[tuple[str, Counter[str]]], causes: Counter[str]) -> Iterator[str]:
    """The result as Markdown."""
    total = sum((counts for _, counts in rows), Counter())
    number = max(sum(total.values()), 1)
    known, part = total[_KNOWN], total[_KNOWN] + total[_PART]
    yield f"{number} calls in {len(rows)} projects."
    yield ""
    yield "| what is known of the path | calls | share |"
    yield "|---|---|---|"
    yield f"| all of it | {known} | {known / number:.1%} |"
    yield f"| at least a part | {part} | {part / number:.1%} |"
    yield f"| nothing | {total[_NOTHING]} | {total[_NOTHING] / number:.1%} |"
    yield ""
    yield "| why nothing is known | calls | share |"
    yield "|---|---|---|"
    for name, count in causes.most_common():
        yield f"| {name} | {count} | {count / number:.1%} |"
    yield ""
    yield "| project | calls | all | a part |"
    yield "|---|---|---|---|"
    for name, counts in sorted(rows):
        calls = sum(counts.values())
        if calls:
            yield f"| {name} | {calls} | {counts[_KNOWN] / calls:.0%} | {1 - counts[_NOTHING] / calls:.0%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="How many paths of data calls are known.")
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--cache-dir", type=Path)
    options = parser.parse_args()
    sys.setrecursionlimit(10_000)
    for line in table(*measure(options.directories, options.cache_dir)):
        print(line)


if __name__ == "__main__":
    main()
