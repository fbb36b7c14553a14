"""Replay the history of repositories against the baseline: what comes back, what is hidden.

    python benchmarks/baseline_replay.py REPOSITORY... [--pairs 10] [--apart 5] [--cache DIR]

For pairs of commits some first-parent commits apart, every finding of the later commit is *old* if git maps its
line to a line of the earlier commit where the same rule had a finding; a file with the bytes of one that is gone is
that file. What git shows as added is old, too, if it was *moved* within its file (the rule said the same about a line
of the same text), or if its line was a related place of a finding of the rule, whose own place is gone; each earlier
finding counts once. All others are *new*. An old finding that the
baseline of the earlier commit does not accept has come back; a new one that it accepts is hidden. Nothing is checked
out.
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


class Placed(NamedTuple):
    """A finding, the line of the file on disk that it is about, that line's text without white space, other lines."""

    finding: Finding
    line: int
    text: str
    related: frozenset[tuple[str, int]]


def placed(report: Report) -> list[Placed]:
    raw = RawPlaces(report.root, report.texts)
    return [
        Placed(
            finding,
            raw.span(finding.location).line,
            "".join(report.texts.line(finding.location).split()),
            frozenset((r.location.path, raw.span(r.location).line) for r in finding.related),
        )
        for finding in report.findings
        if finding.rule not in _HYGIENE
    ]


def kept_files(root: Path, old: str, new: str) -> dict[str, Lines]:
    """The lines of files with the bytes of a file that is gone: git pairs several equal ones as it likes."""
    before, after = ({blob.path: blob.object for blob in blobs_of(root, commit)} for commit in (old, new))
    gone = {name: path for path, name in sorted(before.items()) if path not in after}
    return {
        path: Lines(gone[name], [1], [0]) for path, name in after.items() if path not in before and name in gone
    }


def old_findings(
    earlier: list[Placed], later: list[Placed], maps: dict[str, Lines], added: set[str]
) -> set[Finding]:
    """The findings of the later commit that the earlier one had."""
    left, found = list(earlier), set()
    for is_same in (stands_there, was_moved, was_related):
        for item in later:
            if item.finding not in found:
                path, line = before_change(item, maps, added)
                same = (o for o in left if o.finding.rule == item.finding.rule and is_same(o, item, path, line))
                if (other := next(same, None)) is not None:
                    left.remove(other)
                    found.add(item.finding)
    return found


def before_change(item: Placed, maps: dict[str, Lines], added: set[str]) -> tuple[str, int]:
    """The path and the line of a finding before the change; 0 for a line that the change adds."""
    path = item.finding.location.path
    if path in maps:
        return maps[path].path, maps[path].before(item.line) or 0
    return path, 0 if path in added else item.line


def stands_there(before: Placed, after: Placed, path: str, line: int) -> bool:
    return (before.finding.location.path, before.line) == (path, line)


def was_moved(before: Placed, after: Placed, path: str, line: int) -> bool:
    same = (path, after.finding.message, after.text)
    return same == (before.finding.location.path, before.finding.message, before.text)


def was_related(before: Placed, after: Placed, path: str, line: int) -> bool:
    return (path, line) in before.related


def replay(root: Path, old: str, new: str, settings: Settings, cache: Cache) -> Counter[str]:
    """Count old and new findings, those that come back and those that are hidden."""
    earlier, later = (analyse(root, commit, settings, cache) for commit in (old, new))
    maps, added = line_maps(root, old, new, earlier.paths | later.paths)
    before, after = placed(earlier), placed(later)
    known = old_findings(before, after, {**maps, **kept_files(root, old, new)}, added)
    entries = [entry for entry in baseline.entries_of(earlier) if entry.rule not in _HYGIENE]
    outcome = baseline.accept(later, entries, Scope(root, (root,)), {rule.id for rule in later.rules})
    reported = set(outcome.report.findings)
    counts: Counter[str] = Counter(pairs=1)
    for finding in (item.finding for item in after):
        is_old, is_reported = finding in known, finding in reported
        counts["old" if is_old else "new"] += 1
        counts["back"] += is_old and is_reported
        counts["hidden"] += not is_old and not is_reported
        if is_old == is_reported:
            word = "BACK" if is_old else "HIDDEN"
            print(word, finding.location, finding.rule, finding.message[:80], file=sys.stderr)
    counts["with notebooks"] = any(item.finding.location.cell is not None for item in after)
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
