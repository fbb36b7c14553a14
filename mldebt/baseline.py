"""Findings accepted in a file: the debt that was there when the team began to look.

The file holds one entry a finding, by its fingerprint, sorted so that differences are readable; line numbers
are not part of it. Entries of files that git or a person renamed are found again by what stays of a finding.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mldebt import hygiene
from mldebt.engine import Report, fingerprint_parts
from mldebt.files import read_file
from mldebt.matching import Entry, entry_of, line_of, match
from mldebt.scope import Scope

FILE_NAME = ".mldebt-baseline.json"
"""The baseline of a project whose settings name none."""

_VERSION = 1
_UNREAD = frozenset({"unparsable-file", "unanalysed-file"})


class BaselineError(Exception):
    """The file is no baseline, or cannot be read or written; the message says why."""


class Outcome(NamedTuple):
    """The report without the accepted findings; the entries that still stand, and those that are gone."""

    report: Report
    standing: list[Entry]
    gone: list[Entry]

    def differs(self, entries: Iterable[Entry]) -> bool:
        """Whether entries as they were read differ from the standing ones; edits at other places are not worth it."""
        before, now = (sorted(entry._replace(also=()) for entry in some) for some in (entries, self.standing))
        return before != now


def read(file: Path) -> list[Entry]:
    """The entries of a baseline. Raises BaselineError."""
    try:
        document: Any = json.loads(read_file(file).decode("utf-8"))
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise BaselineError(f"{file}: is not JSON (merge conflict?): {error}") from error
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
            )
            for path, items in document["findings"].items()
            for item in items
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise BaselineError(f"{file}: is no baseline that `mldebt baseline write` has written") from error


def write(file: Path, entries: Iterable[Entry]) -> None:
    """Write a baseline, sorted, one line an entry. Raises BaselineError."""
    by_path: dict[str, list[str]] = {}
    for entry in sorted(set(entries)):
        item = {
            "rule": entry.rule,
            "fingerprint": entry.fingerprint,
            "line": entry.line,
            **({"also": entry.also} if entry.also else {}),
            "message": entry.message,
        }
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


def entries_of(report: Report) -> list[Entry]:
    """The entries that accept all findings of a report."""
    return [entry_of(finding, partial(fingerprint_parts, texts=report.texts)) for finding in report.findings]


def accept(report: Report, entries: Iterable[Entry], scope: Scope, rules: Set[str]) -> Outcome:
    """Take the accepted findings out of a report.

    `rules` are the ids that exist. Where several findings have equal lines, those whose messages are most like
    the entries' are the accepted ones. An entry is gone when the run would have found it and has not, or when
    its file or its rule no longer exists; what was not looked at stays.
    """
    given = sorted(set(entries))
    parts = partial(fingerprint_parts, texts=report.texts)
    found = match(
        report.findings, given, parts, lambda path: path not in report.paths and not (report.root / path).exists()
    )
    now = {entry: entry_of(finding, parts) for finding, entry in found.items()}
    gone = _gone([entry for entry in given if entry not in now], now, report, scope, rules)
    standing = [_renewed(entry, now.get(entry)) for entry in given if entry not in gone]
    narrowed = msgspec.structs.replace(
        report,
        findings=tuple(finding for finding in report.findings if finding not in found),
        baselined=(*report.baselined, *(finding for finding in report.findings if finding in found)),
    )
    return Outcome(narrowed, standing, sorted(gone))


def counts(entries: Iterable[Entry]) -> Mapping[str, int]:
    """How many entries each rule has, the most frequent first."""
    return dict(Counter(entry.rule for entry in sorted(entries)).most_common())


def _renewed(entry: Entry, now: Entry | None) -> Entry:
    """An entry as it is to be written: under the finding's present path and number, its message as it was."""
    return entry if now is None else now._replace(message=entry.message)


def _gone(
    unmatched: Iterable[Entry], now: Mapping[Entry, Entry], report: Report, scope: Scope, rules: Set[str]
) -> set[Entry]:
    """The entries whose findings are gone; what the report leaves out, but the run has seen, is not."""
    seen = Counter(line_of(known) for known in report.known)
    seen.subtract(line_of(entry.fingerprint) for entry in now.values())
    gone = set()
    for entry in unmatched:
        line = line_of(entry.fingerprint)
        if seen[line] > 0 and entry.rule in rules:
            seen[line] -= 1
        elif entry.rule not in rules or _would_be_found(entry, report, scope):
            gone.add(entry)
    return gone


def _would_be_found(entry: Entry, report: Report, scope: Scope) -> bool:
    """Whether the run would have found what the entry accepts, if it were still there."""
    if not scope.contains(entry.path):
        return False
    if entry.path not in report.paths:
        return not (report.root / entry.path).exists()
    ran = {rule.id for rule in report.rules} - {error.rule for error in report.errors}
    unread = any(f.rule in _UNREAD and f.location.path == entry.path for f in report.findings)
    return (entry.rule in ran or entry.rule in hygiene.CHECKS) and not unread
