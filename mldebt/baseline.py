"""Findings accepted in a file: the debt that was there when the team began to look.

The file holds one entry a finding, by its fingerprint, sorted so that differences are readable; line numbers
are not part of it. Entries of files that git or a person renamed are found again by what stays of a finding.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mldebt import hygiene
from mldebt.engine import Report, fingerprint, fingerprint_parts
from mldebt.finding import Finding
from mldebt.report.places import printable
from mldebt.scope import Scope

FILE_NAME = ".mldebt-baseline.json"
"""The baseline of a project whose settings name none."""

_VERSION = 1
_MOST_EQUAL = 50
_UNREAD = frozenset({"unparsable-file", "unanalysed-file"})


class BaselineError(Exception):
    """The file is no baseline, or cannot be read or written; the message says why."""


class Entry(NamedTuple):
    """One accepted finding. The message is for readers of the file and takes no part in matching."""

    path: str
    rule: str
    fingerprint: str
    message: str


class Outcome(NamedTuple):
    """The report without the accepted findings; the entries that still stand, and those that are gone."""

    report: Report
    standing: list[Entry]
    gone: list[Entry]


def read(file: Path) -> list[Entry]:
    """The entries of a baseline. Raises BaselineError."""
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise BaselineError(f"{file}: is not JSON (merge conflict?): {error}") from error
    try:
        if document["version"] != _VERSION:
            raise BaselineError(f"{file}: has version {document['version']}, this mldebt reads {_VERSION}")
        return [
            Entry(path, str(item["rule"]), str(item["fingerprint"]), str(item["message"]))
            for path, items in document["findings"].items()
            for item in items
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise BaselineError(f"{file}: is no baseline that `mldebt baseline write` has written") from error


def write(file: Path, entries: Iterable[Entry]) -> None:
    """Write a baseline, sorted, one line an entry. Raises BaselineError."""
    by_path: dict[str, list[str]] = {}
    for entry in sorted(set(entries)):
        item = {"rule": entry.rule, "fingerprint": entry.fingerprint, "message": entry.message}
        by_path.setdefault(entry.path, []).append(f"      {json.dumps(item, ensure_ascii=False)}")
    blocks = [f"    {json.dumps(path)}: [\n" + ",\n".join(lines) + "\n    ]" for path, lines in by_path.items()]
    findings = "{\n" + ",\n".join(blocks) + "\n  }" if blocks else "{}"
    text = f'{{\n  "version": {_VERSION},\n  "findings": {findings}\n}}\n'
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BaselineError(f"{file}: cannot be written: {error.strerror or error}") from error


def entry_of(finding: Finding) -> Entry:
    """The entry that accepts a finding."""
    return Entry(finding.location.path, finding.rule, finding.fingerprint, printable(finding.message))


def accept(report: Report, entries: Iterable[Entry], scope: Scope, rules: Set[str]) -> Outcome:
    """Take the accepted findings out of a report.

    `rules` are the ids that exist. An entry is gone when the run would have found it and has not, or when its
    file or its rule no longer exists; what was not looked at stays.
    """
    given = {entry.fingerprint: entry for entry in entries}
    kept: list[Finding] = []
    accepted: list[Finding] = []
    moved: dict[str, Entry] = {}
    lost = _lost_files(given.values(), report)
    for finding in report.findings:
        former = None if finding.fingerprint in given else _former(finding, report, lost, given)
        if former is not None:
            moved[former.fingerprint] = entry_of(finding)
            lost[former.path].discard(former.fingerprint)
        (accepted if former is not None or finding.fingerprint in given else kept).append(finding)
    gone = [
        entry
        for entry in given.values()
        if entry.fingerprint not in moved and _is_gone(entry, report, scope, rules)
    ]
    standing = [moved.get(entry.fingerprint, entry) for entry in given.values() if entry not in set(gone)]
    narrowed = msgspec.structs.replace(report, findings=tuple(kept), baselined=(*report.baselined, *accepted))
    return Outcome(narrowed, standing, gone)


def counts(entries: Iterable[Entry]) -> Mapping[str, int]:
    """How many entries each rule has, the most frequent first."""
    return dict(Counter(entry.rule for entry in sorted(entries)).most_common())


def _lost_files(entries: Iterable[Entry], report: Report) -> dict[str, set[str]]:
    """The fingerprints of entries whose file is neither analysed nor on disk, by path."""
    lost: dict[str, set[str]] = {}
    for entry in entries:
        if entry.path not in report.paths and not (report.root / entry.path).exists():
            lost.setdefault(entry.path, set()).add(entry.fingerprint)
    return lost


def _former(
    finding: Finding, report: Report, lost: Mapping[str, set[str]], given: Mapping[str, Entry]
) -> Entry | None:
    """The entry of this finding from before its file was renamed."""
    if not lost:
        return None
    parts = fingerprint_parts(finding, report.texts)
    for path, fingerprints in lost.items():
        for number in range(min(_MOST_EQUAL, len(fingerprints) + 1)):
            before = fingerprint(path, *parts, number)
            if before in fingerprints:
                return given[before]
    return None


def _is_gone(entry: Entry, report: Report, scope: Scope, rules: Set[str]) -> bool:
    if entry.rule not in rules:
        return True
    if entry.fingerprint in report.known or not scope.contains(entry.path):
        return False
    ran = {rule.id for rule in report.rules} - {error.rule for error in report.errors}
    if entry.path not in report.paths:
        return not (report.root / entry.path).exists()
    unread = any(f.rule in _UNREAD and f.location.path == entry.path for f in report.findings)
    return (entry.rule in ran or entry.rule in hygiene.CHECKS) and not unread
