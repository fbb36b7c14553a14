"""Which findings are those that a baseline accepts: the same lines, lines that moved, files that were renamed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from mldebt.engine import fingerprint
from mldebt.finding import Finding
from mldebt.printable import printable

_MOST_EQUAL = 50
_MOST_PLACES = 8
_MOST_READ = 64
_WORD = re.compile(r"\w")
_POSITION = re.compile(r"(?<=:)\d+|(?<=line )\d+")

Parts = Callable[[Finding], tuple[str, str, str]]
"""What stays of a finding: rule, scope, text of the line (see `mldebt.engine.fingerprint_parts`)."""


class Entry(NamedTuple):
    """One accepted finding. `line` is a digest of the line's text; the message tells equal lines apart.

    `also` has digests of the finding's other places, by which it is known again when its first place is gone: the
    smallest ones, so that which of many are kept does not depend on their order.
    """

    path: str
    rule: str
    fingerprint: str
    message: str
    line: str = ""
    also: tuple[str, ...] = ()


def entry_of(finding: Finding, parts: Parts) -> Entry:
    """The entry that accepts a finding."""
    path, line = finding.location.path, line_digest(parts(finding)[2])
    also = sorted(_other_places(finding, parts) - {place_digest(path, line)})[:_MOST_PLACES]
    return Entry(path, finding.rule, finding.fingerprint, printable(finding.message), line, tuple(also))


def line_digest(text: str) -> str:
    """A short digest of a line's text without white space."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()


def place_digest(path: str, line: str) -> str:
    """A short digest of a place: a path and the digest of a line's text."""
    return line_digest(f"{path}\0{line}")


def line_of(fingerprint: str) -> str:
    """What the fingerprints of equal lines have in common."""
    return fingerprint.partition(":")[0]


def match(
    findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts, is_lost: Callable[[str], bool]
) -> dict[Finding, Entry]:
    """The entry that accepts each finding. `is_lost` tells whether the file at a path of an entry is no more."""
    all_findings, given = list(findings), sorted(set(entries))
    found = _same_lines(all_findings, given)
    for more in (_moved, _in_renamed_files, _from_another_place):
        taken = set(found.values())
        left = [entry for entry in given if entry not in taken]
        rest = [finding for finding in all_findings if finding not in found] if left else []
        found |= more(rest, left, parts, is_lost)
    return found


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


def _moved(
    findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts, is_lost: Callable[[str], bool]
) -> dict[Finding, Entry]:
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
    findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts, is_lost: Callable[[str], bool]
) -> dict[Finding, Entry]:
    """Findings in a file that holds at least half of what was accepted in one that is gone.

    A file of the same name comes first, then the one that holds the most.
    """
    lost: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        if is_lost(entry.path):
            lost.setdefault(entry.path, {})[entry.fingerprint] = entry
    by_path: dict[str, list[Finding]] = {}
    for finding in findings if lost else ():
        by_path.setdefault(finding.location.path, []).append(finding)
    pairs: Counter[tuple[str, str]] = Counter()
    former: dict[tuple[str, str], dict[Finding, Entry]] = {}
    for old, accepted in lost.items():
        for new, there in by_path.items():
            same = _from(old, accepted, there, parts)
            if 2 * len(same) >= len(accepted):
                former[old, new] = same
                pairs[old, new] = len(same)
    found: dict[Finding, Entry] = {}
    done: set[str] = set()
    for (old, new), _ in sorted(pairs.items(), key=lambda item: (_is_other_name(*item[0]), -item[1], item[0])):
        if old not in done and f"\0{new}" not in done:
            found |= former[old, new]
            done |= {old, f"\0{new}"}
    return found


def _is_other_name(old: str, new: str) -> bool:
    """Whether a file would not only have moved to another directory."""
    return old.rpartition("/")[2] != new.rpartition("/")[2]


def _from_another_place(
    findings: Iterable[Finding], entries: Iterable[Entry], parts: Parts, is_lost: Callable[[str], bool]
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
        line, others = line_digest(parts(finding)[2]), _other_places(finding, parts)
        own = place_digest(finding.location.path, line)
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


def _other_places(finding: Finding, parts: Parts) -> set[str]:
    """Digests of a finding's other places."""
    return {
        place_digest(
            related.location.path,
            line_digest(parts(msgspec.structs.replace(finding, location=related.location))[2]),
        )
        for related in finding.related[:_MOST_READ]
    }


def _is_named(entry: Entry, finding: Finding, line: str) -> bool:
    """Whether the messages name mostly the same things, and each other's files or a line of the same text."""
    path = finding.location.path
    if path == entry.path:
        is_near = line == entry.line
    else:
        is_near = path in entry.message or entry.path in finding.message
    names = _names(finding.message) if is_near else set()
    return 0 < len(names) <= 2 * len(names & _names(entry.message))


def _names(message: str) -> set[str]:
    """What a message names, in backticks, piece by piece."""
    return {piece.strip() for part in message.split("`")[1::2] for piece in part.split("->")}


def _from(
    old: str, accepted: Mapping[str, Entry], findings: Iterable[Finding], parts: Parts
) -> dict[Finding, Entry]:
    """The entries of a file that fit findings of another one, if it were only renamed.

    Where a line has no word (quotes, a bracket), the findings must also say the same.
    """
    left, found = dict(accepted), {}
    for finding in findings:
        rule, scope, text = parts(finding)
        names = [name for n in range(_MOST_EQUAL) if (name := fingerprint(old, rule, scope, text, n)) in left]
        if not _WORD.search(text):
            names = [name for name in names if _said(left[name].message) == _said(finding.message)]
        if names:
            found[finding] = left.pop(names[0])
    return found
