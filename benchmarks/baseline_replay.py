"""Replay the history of repositories against the baseline: what comes back, what is hidden.

    python benchmarks/baseline_replay.py REPOSITORY... [--pairs 10] [--apart 5] [--cache DIR]

For pairs of commits some first-parent commits apart, every finding of the later commit is *old* if git maps its
line to a line of the earlier commit (the line is unchanged, its file perhaps renamed) where the same rule had a
finding, else *new*. An old finding that the baseline of the earlier commit does not accept has come back; a new
one that it accepts is hidden. Nothing is checked out.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from unidiff.patch import PatchSet

from mldebt import baseline
from mldebt.cache import Cache, extraction_version
from mldebt.changes import sources_of
from mldebt.engine import Report, check
from mldebt.finding import Finding
from mldebt.git_objects import GitError, blobs_of, git, lines_between
from mldebt.packs import find_packs
from mldebt.raw_places import RawPlaces
from mldebt.scope import Scope
from mldebt.settings import Settings

_HYGIENE = frozenset({"unparsable-file", "unanalysed-file", "internal-error"})


class Lines(NamedTuple):
    """From lines of a file after a change to lines before it: where stretches begin, and by how much they moved."""

    path: str
    starts: list[int]
    shifts: list[int | None]

    def before(self, line: int) -> int | None:
        """The line before the change; None for a line that the change adds."""
        at = bisect_right(self.starts, line) - 1
        shift = self.shifts[at]
        return None if shift is None else line + shift


def line_maps(root: Path, old: str, new: str, analysed: Iterable[str]) -> tuple[dict[str, Lines], set[str]]:
    """For each changed file its lines, by its path after the change; and the added files."""
    kinds = {Path(path).suffix or Path(path).name for path in analysed}  # data may be missing in partial clones
    diff = lines_between(root, old, new, *(f"*{kind}" for kind in sorted(kinds))) if kinds else b""
    maps: dict[str, Lines] = {}
    added: set[str] = set()
    text = diff.decode("utf-8", "replace")
    for character in "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":
        text = text.replace(character, " ")
    for patch in PatchSet(text):
        if patch.is_added_file:
            added.add(patch.path)
            continue
        starts, shifts = [1], [0]
        for hunk in patch:
            first = hunk.target_start if hunk.target_length else hunk.target_start + 1
            if hunk.target_length:
                starts.append(first)
                shifts.append(None)
            after = first + hunk.target_length
            source_after = hunk.source_start + hunk.source_length if hunk.source_length else hunk.source_start + 1
            starts.append(after)
            shifts.append(source_after - after)
        maps[patch.path] = Lines(patch.source_file.removeprefix("a/"), starts, shifts)
    return maps, added


def analyse(root: Path, commit: str, settings: Settings, cache: Cache) -> Report:
    found = sources_of(root, blobs_of(root, commit), settings)
    return check(settings, Scope(root, (root,)), find_packs(), cache=cache, found=found)


def places(report: Report) -> list[tuple[Finding, tuple[str, int, str]]]:
    raw = RawPlaces(report.root, report.texts)
    return [
        (finding, (finding.location.path, raw.span(finding.location).line, finding.rule))
        for finding in report.findings
        if finding.rule not in _HYGIENE
    ]


def replay(root: Path, old: str, new: str, settings: Settings, cache: Cache) -> Counter[str]:
    """Count old and new findings, those that come back and those that are hidden."""
    earlier, later = (analyse(root, commit, settings, cache) for commit in (old, new))
    maps, added = line_maps(root, old, new, earlier.paths | later.paths)
    there = Counter(place for _, place in places(earlier))
    entries = [baseline.entry_of(finding) for finding, _ in places(earlier)]
    scope = Scope(root, (root,))
    known = {rule.id for rule in later.rules}
    reported = set(baseline.accept(later, entries, scope, known).report.findings)
    counts: Counter[str] = Counter(pairs=1)
    for finding, (path, line, rule) in places(later):
        lines = maps.get(path)
        before = None if path in added else line if lines is None else lines.before(line)
        place = (lines.path if lines else path, before or 0, rule)
        if before is not None and there[place]:
            there[place] -= 1
            counts["old"] += 1
            counts["back"] += finding in reported
            if finding in reported:
                print("BACK", finding.location, rule, finding.message[:80], file=sys.stderr)
        else:
            counts["new"] += 1
            counts["hidden"] += finding not in reported
            if finding not in reported:
                print("HIDDEN", finding.location, rule, finding.message[:80], file=sys.stderr)
    counts["notebooks"] = any(finding.location.cell is not None for finding, _ in places(later))
    counts["false alarms"] = counts["back"] > 0
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--apart", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path(".mldebt_cache"))
    arguments = parser.parse_args()
    settings = Settings(profile="audit", workers=1)
    total: Counter[str] = Counter()
    for root in (path.resolve() for path in arguments.repositories):
        cache = Cache(arguments.cache / root.name, extraction_version())
        commits = git(root, "rev-list", "--first-parent", "HEAD").decode().split()
        starts = range(0, len(commits) - arguments.apart, max(len(commits) // (arguments.pairs + 1), 1))
        counts: Counter[str] = Counter()
        for start in list(starts)[: arguments.pairs]:
            try:
                counts += replay(root, commits[start + arguments.apart], commits[start], settings, cache)
            except GitError as error:  # a partial clone lacks objects
                print(f"{root.name}: {error}", file=sys.stderr)
                counts["pairs that git cannot read"] += 1
        total += counts
        print(root.name, dict(counts), flush=True)
    old, new = max(total["old"], 1), max(total["new"], 1)
    print(dict(total), f"back {total['back'] / old:.3%}, hidden {total['hidden'] / new:.3%}")


if __name__ == "__main__":
    main()
