"""Which findings are those that a baseline accepts: the same lines, lines that moved, files that were renamed.

A finding of a rule that gathers pieces of debt (copies, unpinned libraries) is known by its pieces instead: it is
accepted when all of them are, in whatever groups they were, and reported when there is another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from mldebt.engine import fingerprint
from mldebt.entry import Entry, Parts, line_digest, line_of, names_of, other_places, pieces_of, place_digest
from mldebt.finding import Finding
from mldebt.pieces import known_by_pieces
from mldebt.printable import printable
from mldebt.source import Location

_MOST_EQUAL = 50
_WORD = re.compile(r"\w")
_POSITION = re.compile(r"(?<=:)\d+|(?<=line )\d+")


class Files(NamedTuple):
    """Which files of entries are no more, which files there are, and where files went.

    `departed` has the new path of each file that git knows as renamed, and None for those that git knows as deleted.
    """

    lost: Set[str] = frozenset()
    departed: Mapping[str, str | None] = {}
    present: Set[str] = frozenset()


class Match(NamedTuple):
    """The entry that accepts each finding; and those that have more pieces than are accepted.

    These have the entry that they are mostly of, and the places of the pieces that are new.
    """

    accepted: dict[Finding, Entry]
    grown: dict[Finding, tuple[Entry, tuple[Location, ...]]]


def match(
    findings: Iterable[Finding],
    entries: Iterable[Entry],
    parts: Parts,
    files: Files,
    gathering: Set[str] = frozenset(),
) -> Match:
    """What entries accept. `gathering` are the rules whose findings gather pieces of debt."""
    all_findings, given = list(findings), sorted(set(entries))
    found = _same_lines(all_findings, given)

    def left() -> tuple[list[Finding], list[Entry]]:
        taken = set(found.values())
        rest = [entry for entry in given if entry not in taken]
        return [finding for finding in all_findings if finding not in found] if rest else [], rest

    found |= _moved(*left(), parts)
    former = {new: old for old, new in files.departed.items() if new is not None}
    for finding, entry in _in_renamed_files(*left(), parts, files).items():
        found[finding] = entry
        former.setdefault(finding.location.path, entry.path)
    perhaps = _moved_along(former, files.present)
    found |= _from_another_place(*left(), parts, former)
    grown: dict[Finding, tuple[Entry, tuple[Location, ...]]] = {}
    for rule in sorted(gathering & {entry.rule for entry in given if entry.pieces}):
        grown |= known_by_pieces(
            [finding for finding in all_findings if finding.rule == rule],
            [entry for entry in given if entry.rule == rule],
            found,
            lambda finding: pieces_of(finding, parts, former, perhaps),
        )
    return Match(found, grown)


def _same_lines(findings: Iterable[Finding], entries: Iterable[Entry]) -> dict[Finding, Entry]:
    """Findings at lines of the same text in the same scope; several of them are told apart by their messages."""
    by_line: dict[str, list[Entry]] = {}
    for entry in entries:
        by_line.setdefault(line_of(entry.fingerprint), []).append(entry)
    found: dict[Finding, Entry] = {}
    left: dict[str, list[Finding]] = {}
    for finding in findings:
        line, message = line_of(finding.fingerprint), printable(finding.message)
        same = next((item for item in by_line.get(line, ()) if item.message == message), None)
        if same is not None:
            found[finding] = same
            by_line[line].remove(same)
        else:
            left.setdefault(line, []).append(finding)
    for line, others in left.items():
        for entry in by_line.get(line, ()):
            if others:
                nearest = max(others, key=lambda finding: _likeness(entry, finding)) if others[1:] else others[0]
                found[nearest] = entry
                others.remove(nearest)
    return found


def _likeness(entry: Entry, finding: Finding) -> float:
    """How much the messages resemble each other, from 0 to 1."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, entry.message, printable(finding.message)).ratio()


def _moved(findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts) -> dict[Finding, Entry]:
    """Findings that say the same about a line of the same text elsewhere in the file: functions get other names."""
    by_text: dict[tuple[str, str, str, str], list[Entry]] = {}
    for entry in entries:
        if entry.line:
            by_text.setdefault((entry.path, entry.rule, entry.line, _said(entry.message)), []).append(entry)
    found = {}
    for finding in findings if by_text else ():
        key = (finding.location.path, finding.rule, line_digest(parts(finding)[2]), _said(finding.message))
        if same := by_text.get(key):
            found[finding] = same.pop(0)
    return found


def _said(message: str) -> str:
    """A message without the numbers of lines in it."""
    return _POSITION.sub("", printable(message))


def _in_renamed_files(
    findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts, files: Files
) -> dict[Finding, Entry]:
    """Findings in a file that was renamed: where git says so, or else where half of what was accepted is there.

    A file of the same name comes first, then the one that holds the most. A file that git knows as deleted is taken
    for another one only if more than one finding speaks for it, or its name.
    """
    lost: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        if entry.path in files.lost:
            lost.setdefault(entry.path, {})[entry.fingerprint] = entry
    by_path: dict[str, list[Finding]] = {}
    for finding in findings if lost else ():
        by_path.setdefault(finding.location.path, []).append(finding)
    pairs: Counter[tuple[str, str]] = Counter()
    former: dict[tuple[str, str], dict[Finding, Entry]] = {}
    for old, accepted in lost.items():
        known = files.departed.get(old)
        for new, there in by_path.items():
            if (known is not None and new != known) or not _may_be(old, new):
                continue
            same = _from(old, accepted, there, parts)
            is_sure = known is not None or 2 * len(same) >= len(accepted)
            if (
                same
                and is_sure
                and (old not in files.departed or known or len(same) > 1 or not _is_other_name(old, new))
            ):
                former[old, new] = same
                pairs[old, new] = len(same)
    found: dict[Finding, Entry] = {}
    done: set[str] = set()
    for (old, new), _ in sorted(pairs.items(), key=lambda item: (_is_other_name(*item[0]), -item[1], item[0])):
        if old not in done and f"\0{new}" not in done:
            found |= former[old, new]
            done |= {old, f"\0{new}"}
    return found


def _may_be(old: str, new: str) -> bool:
    """Whether one file could be the other: a script does not become a notebook."""
    return old.rpartition(".")[2] == new.rpartition(".")[2]


def _moved_along(former: Mapping[str, str], present: Set[str]) -> dict[str, str]:
    """The paths that files may have had before, if their directory moved with the files that are known to have."""
    directories: dict[str, str] = {}
    for new, old in sorted(former.items()):
        (new_directory, _, new_name), (old_directory, _, old_name) = new.rpartition("/"), old.rpartition("/")
        if new_name == old_name:
            directories.setdefault(new_directory, old_directory)
    found = {}
    for path in present if directories else ():
        directory, _, name = path.rpartition("/")
        if directory in directories and path not in former:
            old = f"{directories[directory]}/{name}".lstrip("/")
            if old not in present:
                found[path] = old
    return found


def _is_other_name(old: str, new: str) -> bool:
    """Whether a file would not only have moved to another directory."""
    return old.rpartition("/")[2] != new.rpartition("/")[2]


def _from_another_place(
    findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts, former: Mapping[str, str]
) -> dict[Finding, Entry]:
    """Findings about several places, of which another one is the first now; those that share the most come first.

    The first place of one is another place of the other, or the messages name mostly the same things, and each
    other's files or a line of the same text.
    """
    by_rule: dict[str, list[Entry]] = {}
    for entry in entries:
        by_rule.setdefault(entry.rule, []).append(entry)
    rest = [finding for finding in findings if finding.rule in by_rule]
    pairs: list[tuple[int, int, Entry]] = []
    for index, finding in enumerate(rest):
        line, others = line_digest(parts(finding)[2]), other_places(finding, parts, former)
        own = place_digest(former.get(finding.location.path, finding.location.path), line)
        for entry in by_rule[finding.rule]:
            first = place_digest(entry.path, entry.line) if entry.line else ""
            if first in others or own in entry.also or _is_named(entry, finding, line):
                shared = {own, *others} & {first, *entry.also}
                pairs.append((-len(shared), index, entry))
    found: dict[Finding, Entry] = {}
    taken: set[Entry] = set()
    for _, index, entry in sorted(pairs):
        if rest[index] not in found and entry not in taken:
            found[rest[index]] = entry
            taken.add(entry)
    return found


def _is_named(entry: Entry, finding: Finding, line: str) -> bool:
    """Whether the messages name mostly the same things, and each other's files or a line of the same text."""
    path = finding.location.path
    if path == entry.path:
        is_near = line == entry.line
    else:
        is_near = path in entry.message or entry.path in finding.message
    names = names_of(finding.message) if is_near else set()
    return 0 < len(names) <= 2 * len(names & names_of(entry.message))


def _from(
    old: str, accepted: Mapping[str, Entry], findings: Iterable[Finding], parts: Parts
) -> dict[Finding, Entry]:
    """The entries of a file that fit findings of another one, if it were only renamed.

    Where a line has no word (quotes, a bracket), the findings must also say the same; so must they where a function
    was renamed together with its file.
    """
    left, found, rest = dict(accepted), dict[Finding, Entry](), []
    for finding in findings:
        rule, scope, text = parts(finding)
        names = [name for n in range(_MOST_EQUAL) if (name := fingerprint(old, rule, scope, text, n)) in left]
        if not _WORD.search(text):
            names = [name for name in names if _said(left[name].message) == _said(finding.message)]
        if names:
            found[finding] = left.pop(names[0])
        else:
            rest.append((finding, (rule, line_digest(text), _said(finding.message))))
    by_text = {(entry.rule, entry.line, _said(entry.message)): entry for entry in left.values() if entry.line}
    for finding, key in rest:
        if (entry := by_text.pop(key, None)) is not None:
            found[finding] = entry
    return found
