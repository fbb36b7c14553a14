"""Findings accepted in a file: the debt that was there when the team began to look.

The file holds one entry a finding, by its fingerprint, sorted so that differences are readable; line numbers
are not part of it. Entries of files that git or a person renamed are found again by what stays of a finding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mldebt import hygiene
from mldebt.discover import BASELINE
from mldebt.engine import Report, fingerprint_parts
from mldebt.entry import FILE_DIGITS, Entry, entry_of, line_digest, line_of
from mldebt.files import read_file, write_file
from mldebt.finding import Finding, Related
from mldebt.matching import Files, match
from mldebt.scope import Scope
from mldebt.source import Location

FILE_NAME = BASELINE
"""The baseline of a project whose settings name none."""

_VERSION = 1
_MOST_SHOWN = 4
_UNREAD = frozenset({"unparsable-file", "unanalysed-file"})


class BaselineError(Exception):
    """The file is no baseline, or cannot be read or written; the message says why."""


class Outcome(NamedTuple):
    """The report without the accepted findings; the entries that still stand, and those that are gone.

    `lost` counts the pieces that are gone of findings that still stand. `grown` are findings that are reported because
    they have more pieces than are accepted: what accepts the others, and where the new ones are.
    """

    report: Report
    standing: list[Entry]
    gone: list[Entry]
    lost: int
    grown: Mapping[Finding, tuple[Entry, tuple[Location, ...]]]

    def told(self) -> Report:
        """The report with the words in it by which a finding has grown, at the first of its new pieces.

        That is a line of the change, where reviews show it.
        """
        findings = sorted((_told(finding, self.grown) for finding in self.report.findings), key=lambda f: f.order)
        return msgspec.structs.replace(self.report, findings=tuple(findings))

    def differs(self, entries: Sequence[Entry]) -> bool:
        """Whether entries as they were read differ from the standing ones; edits at other places are not worth it."""
        bare = [sorted(entry._replace(also=(), pieces=()) for entry in some) for some in (entries, self.standing)]
        return bare[0] != bare[1] or self.lost > 0


def _told(finding: Finding, grown: Mapping[Finding, tuple[Entry, tuple[Location, ...]]]) -> Finding:
    if finding not in grown:
        return finding
    new = grown[finding][1]
    shown = ", ".join(f"{place}" for place in new[:_MOST_SHOWN])
    words = f"{shown}{' …' if len(new) > _MOST_SHOWN else ''} {'is' if len(new) == 1 else 'are'} new"
    told = msgspec.structs.replace(finding, message=f"{finding.message} ({words}, the rest is in the baseline)")
    if finding.location in new:
        return told
    others = (Related(finding.location, "the first one"), *(r for r in finding.related if r.location != new[0]))
    return msgspec.structs.replace(told, location=new[0], related=others)


def read(file: Path) -> list[Entry]:
    """The entries of a baseline. Raises BaselineError."""
    try:
        document: Any = json.loads(read_file(file).decode("utf-8-sig"), object_pairs_hook=_joined)
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise BaselineError(
            f"{file}: is not JSON: {error} (after a merge, keep what both sides have; "
            "or delete it and run `mldebt baseline write`)"
        ) from error
    except RecursionError as error:
        raise BaselineError(f"{file}: is no baseline that `mldebt baseline write` has written") from error
    try:
        if document["version"] != _VERSION:
            raise BaselineError(f"{file}: has version {document['version']}, this mldebt reads {_VERSION}")
        return [
            Entry(
                path,
                str(item["rule"]),
                str(item["fingerprint"]),
                str(item["message"]),
                str(item.get("line", "")),
                tuple(map(str, item.get("also", ()))),
                tuple(map(str, item.get("pieces", ()))),
            )
            for path, items in document["findings"].items()
            for item in items
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise BaselineError(f"{file}: is no baseline that `mldebt baseline write` has written") from error


def _joined(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; what a merge has left under the same path twice is taken together."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        twice = isinstance(value, list) and isinstance(found.get(key), list)
        found[key] = found[key] + value if twice else value
    return found


def write(file: Path, entries: Iterable[Entry]) -> None:
    """Write a baseline, sorted, one line an entry. Raises BaselineError."""
    by_path: dict[str, list[str]] = {}
    for entry in sorted(set(entries)):
        item = {
            "rule": entry.rule,
            "fingerprint": entry.fingerprint,
            "line": entry.line,
            **({"also": entry.also} if entry.also else {}),
            **({"pieces": entry.pieces} if entry.pieces else {}),
            "message": entry.message,
        }
        by_path.setdefault(entry.path, []).append(f"      {json.dumps(item, ensure_ascii=False)}")
    blocks = [f"    {json.dumps(path)}: [\n" + ",\n".join(lines) + "\n    ]" for path, lines in by_path.items()]
    findings = "{\n" + ",\n".join(blocks) + "\n  }" if blocks else "{}"
    text = f'{{\n  "version": {_VERSION},\n  "findings": {findings}\n}}\n'
    try:
        write_file(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise BaselineError(f"{file}: cannot be written: {error.strerror or error}") from error


def entries_of(report: Report) -> list[Entry]:
    """The entries that accept all findings of a report."""
    gathering, parts = _gathering(report), partial(fingerprint_parts, texts=report.texts)
    return [entry_of(finding, parts, gathers=finding.rule in gathering) for finding in report.findings]


def _gathering(report: Report) -> set[str]:
    """The rules whose findings gather pieces of debt."""
    return {rule.id for rule in report.rules if rule.gathers}


def accept(
    report: Report,
    entries: Iterable[Entry],
    scope: Scope,
    rules: Set[str],
    *,
    departed: Callable[[Set[str]], Mapping[str, str | None]] = lambda lost: {},
) -> Outcome:
    """Take the accepted findings out of a report.

    `rules` are the ids that exist; `departed` tells where lost files went, as far as git knows (None: deleted), and is
    asked only if there are any. Where several findings have equal lines, those whose messages are most
    like the entries' are the accepted ones. An entry is gone when the run would have found it and has not, or when
    its file or its rule no longer exists; what was not looked at stays.
    """
    given = sorted(set(entries))
    gathering, parts = _gathering(report), partial(fingerprint_parts, texts=report.texts)

    lost = {path for path in {entry.path for entry in given} - report.paths if not (report.root / path).exists()}
    files = Files(lost, departed(lost) if lost else {}, report.paths)
    found, grown = match(report.findings, given, parts, files, gathering)
    now: dict[Entry, list[Entry]] = {entry: [] for entry, _ in grown.values()}
    for finding, entry in found.items():
        now.setdefault(entry, []).append(entry_of(finding, parts, gathers=finding.rule in gathering))
    unread = _unread(report)
    gone = _gone([entry for entry in given if entry not in now], now, report, scope, rules, unread)
    digests = {line_digest(path) for path in unread}
    standing = {entry: _renewed(entry, now.get(entry, []), digests) for entry in given if entry not in gone}
    gathered = [(entry, new) for entry, new in standing.items() if entry.pieces]
    fewer = sum(len(entry.pieces) - sum(len(part.pieces) for part in new) for entry, new in gathered)
    narrowed = msgspec.structs.replace(
        report,
        findings=tuple(finding for finding in report.findings if finding not in found),
        baselined=(*report.baselined, *(finding for finding in report.findings if finding in found)),
    )
    return Outcome(
        narrowed, [new for some in standing.values() for new in some], sorted(gone), max(fewer, 0), grown
    )


def counts(entries: Iterable[Entry]) -> Mapping[str, int]:
    """How many entries each rule has, the most frequent first."""
    return dict(Counter(entry.rule for entry in sorted(entries)).most_common())


def _renewed(entry: Entry, now: list[Entry], unread: Set[str]) -> list[Entry]:
    """An entry as it is to be written: under the finding's present path and number, its message as it was.

    One whose finding fell apart becomes several. Pieces in files (by their digests) that could not be read stay.
    """
    if not now:
        return [entry]
    first, *others = now
    there = {piece for new in now for piece in new.pieces}
    kept = [piece for piece in entry.pieces if piece[:FILE_DIGITS] in unread and piece not in there]
    return [first._replace(message=entry.message, pieces=tuple(sorted([*first.pieces, *kept]))), *others]


def _gone(
    unmatched: Iterable[Entry],
    now: Mapping[Entry, list[Entry]],
    report: Report,
    scope: Scope,
    rules: Set[str],
    unread: Set[str],
) -> set[Entry]:
    """The entries whose findings are gone; what the report leaves out, but the run has seen, is not."""
    seen = Counter(line_of(known) for known in report.known)
    seen.subtract(line_of(new.fingerprint) for renewed in now.values() for new in renewed)
    gone = set()
    for entry in unmatched:
        line = line_of(entry.fingerprint)
        if seen[line] > 0 and entry.rule in rules:
            seen[line] -= 1
        elif entry.rule not in rules or _would_be_found(entry, report, scope, unread):
            gone.add(entry)
    return gone


def _would_be_found(entry: Entry, report: Report, scope: Scope, unread: Set[str]) -> bool:
    """Whether the run would have found what the entry accepts, if it were still there."""
    if not scope.contains(entry.path):
        return False
    if entry.path not in report.paths:
        return not (report.root / entry.path).exists()
    ran = {rule.id for rule in report.rules} - {error.rule for error in report.errors}
    return (entry.rule in ran or entry.rule in hygiene.CHECKS) and entry.path not in unread


def _unread(report: Report) -> set[str]:
    """The files that could not be analysed."""
    unread = [finding for finding in report.findings if finding.rule in _UNREAD]
    return {
        place.path for finding in unread for place in (finding.location, *(r.location for r in finding.related))
    }
