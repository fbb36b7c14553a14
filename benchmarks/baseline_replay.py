"""Replay the history of repositories against the baseline: what comes back, what is hidden.

    python benchmarks/baseline_replay.py REPOSITORY... [--pairs 10] [--apart 5] [--no-history] [--cache DIR]

For pairs of commits some first-parent commits apart, the findings of the earlier commit are accepted, and each of the
later commit is *old* or *new* by what git says about lines (`baseline_judge.py`); a file with the bytes of one that is
gone is that file. An old finding that the baseline does not accept has come back; a new one that it accepts is hidden.
Where a file went is not known if two look like it: if git calls one of two equal findings old and the baseline
accepted the other, they are *exchanged*. Nothing is checked out.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from pathlib import Path

from baseline_judge import Judge, Lines, Place, Placed, exchanged
from unidiff.patch import PatchSet

from mldebt import baseline
from mldebt.cache import Cache
from mldebt.cache_keys import extraction_version
from mldebt.changes import sources_of
from mldebt.engine import Report, check
from mldebt.git_objects import GitError, blobs_of, departures, git, lines_between
from mldebt.packs import find_packs
from mldebt.raw_places import RawPlaces
from mldebt.scope import Scope
from mldebt.settings import Settings
from mldebt.source import Location

_HYGIENE = frozenset({"unparsable-file", "unanalysed-file", "internal-error"})


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


def placed(report: Report) -> list[Placed]:
    raw = RawPlaces(report.root, report.texts)

    def place(location: Location) -> Place:
        span, text = raw.span(location), "".join(report.texts.line(location).split())
        return Place(location.path, span.line, max(span.line, span.end_line), text)

    return [
        Placed(finding, tuple(map(place, (finding.location, *(r.location for r in finding.related)))))
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


def replay(root: Path, old: str, new: str, settings: Settings, cache: Cache, *, history: bool) -> Counter[str]:
    """Count old and new findings, those that come back and those that are hidden."""
    earlier, later = (analyse(root, commit, settings, cache) for commit in (old, new))
    maps, added = line_maps(root, old, new, earlier.paths | later.paths)
    gathering = {rule.id for rule in later.rules if rule.gathers}
    after = placed(later)
    known = Judge(placed(earlier), {**maps, **kept_files(root, old, new)}, added, gathering).old(after)

    def departed(lost: Set[str]) -> Mapping[str, str | None]:
        return departures(root, lost, old, new) if history else {}

    entries = [entry for entry in baseline.entries_of(earlier) if entry.rule not in _HYGIENE]
    scope, rules = Scope(root, (root,)), {rule.id for rule in later.rules}
    reported = set(baseline.accept(later, entries, scope, rules, departed=departed).report.findings)
    back = [item for item in after if item.finding in known and item.finding in reported]
    hidden = [item for item in after if item.finding not in known and item.finding not in reported]
    same = exchanged(back, hidden, earlier.paths)
    for word, items in (("BACK", back), ("HIDDEN", hidden)):
        for finding in (item.finding for item in items):
            sign = "EXCHANGED" if finding in same else word
            print(sign, finding.location, finding.rule, finding.message[:80], file=sys.stderr)
    counts = {
        "pairs": 1,
        "with notebooks": any(item.finding.location.cell is not None for item in after),
        "old": len(known),
        "new": len(after) - len(known),
        "back": sum(item.finding not in same for item in back),
        "hidden": sum(item.finding not in same for item in hidden),
        "exchanged": len(same) // 2,
    }
    counts["false alarms"] = counts["back"] > 0
    return Counter(counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--apart", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path(".mldebt_cache"))
    parser.add_argument(
        "--no-history",
        dest="history",
        action="store_false",
        help="what a shallow clone knows: git tells no renames",
    )
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
                pair = commits[start + arguments.apart], commits[start]
                counts += replay(root, *pair, settings, cache, history=arguments.history)
            except GitError as error:  # a partial clone lacks objects
                print(f"{root.name}: {error}", file=sys.stderr)
                counts["pairs that git cannot read"] += 1
        total += counts
        print(root.name, dict(counts), flush=True)
    old, new = max(total["old"], 1), max(total["new"], 1)
    print(dict(total), f"back {total['back'] / old:.3%}, hidden {total['hidden'] / new:.3%}")


if __name__ == "__main__":
    main()
