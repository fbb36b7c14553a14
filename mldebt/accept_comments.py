"""Write suppressing comments. Each is tried, and kept only if it accepts what it should and harms nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mldebt import hygiene
from mldebt.engine import Report
from mldebt.finding import Edit, Finding
from mldebt.fix import Analyse, still_parses
from mldebt.rewrite import rewritten
from mldebt.source import Location, Span
from mldebt.texts import Texts

_OWN = re.compile(r"#\s*mldebt:\s*ignore\[(?P<names>[^\]]*)\]")
_MOST_SINGLE = 200

_Group = list[Finding]


def accept_by_comments(report: Report, analyse: Analyse, reason: str) -> tuple[dict[str, bytes], Report]:
    """The changed files, and the report on them: it holds what no comment could accept.

    A comment goes to the end of a finding's first line, else of its last one, else on a line above.
    """
    overlay: dict[str, bytes] = {}
    for last in (False, True):
        groups = _groups(report, last=last)
        trial = {**overlay, **_with_comments(report.texts, groups, reason, last=last)}
        result = analyse(trial)
        failed = {_key(finding, last=last) for finding in result.findings}
        good = [group for group in groups if not any(_key(f, last=last) in failed for f in group)]
        overlay.update(_with_comments(report.texts, good, reason, last=last))
        report = analyse(overlay)
    for group in _groups(report, last=False)[:_MOST_SINGLE]:
        now = [finding for finding in report.findings if finding.fingerprint in {f.fingerprint for f in group}]
        trial = {**overlay, **_above(report.texts, now, reason)} if now else overlay
        result = analyse(trial)
        if len(result.findings) == len(report.findings) - len(now):
            overlay, report = trial, result
    return overlay, report


def _groups(report: Report, *, last: bool) -> list[_Group]:
    """The findings that a comment can accept, those of one line together."""
    found: dict[tuple[str, int | None, int], _Group] = {}
    for finding in report.findings:
        if finding.rule not in hygiene.CHECKS:
            place = finding.location
            found.setdefault((place.path, place.cell, _line(finding, last=last)), []).append(finding)
    return list(found.values())


def _line(finding: Finding, *, last: bool) -> int:
    span = finding.location.span
    if not last:
        return span.line
    return span.end_line - (span.end_column == 1 and span.end_line > span.line)


def _key(finding: Finding, *, last: bool) -> tuple[str, int | None, int, str]:
    return finding.location.path, finding.location.cell, _line(finding, last=last), finding.rule


def _with_comments(texts: Texts, groups: Iterable[_Group], reason: str, *, last: bool) -> dict[str, bytes]:
    """The files with a comment at the end of the line of each group."""
    edits: dict[str, list[Edit]] = {}
    for group in groups:
        place = group[0].location
        edit = _at_end(texts, group, _line(group[0], last=last), reason)
        edits.setdefault(place.path, []).append(edit)
    return _rewritten(texts, edits)


def _at_end(texts: Texts, group: _Group, line: int, reason: str) -> Edit:
    place = group[0].location
    text = texts.line_at(place.path, place.cell, line)
    names = sorted({finding.rule for finding in group})
    if match := _OWN.search(text):
        known = [name for name in re.split(r"[\s,]+", match["names"]) if name]
        joined = ", ".join([*known, *(name for name in names if name not in known)])
        span = Span(line, match.start("names") + 1, line, match.end("names") + 1)
        return Edit(Location(place.path, span, place.cell), joined)
    column = len(text.rstrip()) + 1
    span = Span(line, column, line, len(text) + 1)
    return Edit(Location(place.path, span, place.cell), f"  # mldebt: ignore[{', '.join(names)}] {reason}")


def _above(texts: Texts, group: _Group, reason: str) -> dict[str, bytes]:
    place = group[0].location
    text = texts.line(place)
    indent = text[: len(text) - len(text.lstrip())]
    names = ", ".join(sorted({finding.rule for finding in group}))
    span = Span.at(place.span.line)
    comment = f"{indent}# mldebt: ignore[{names}] {reason}\n"
    return _rewritten(texts, {place.path: [Edit(Location(place.path, span, place.cell), comment)]})


def _rewritten(texts: Texts, edits: Mapping[str, list[Edit]]) -> dict[str, bytes]:
    """The bytes of the files that can be edited."""
    files = {}
    for path, wanted in edits.items():
        source = texts.source(path)
        if source is None:
            continue
        try:
            old = source.read()
            new = rewritten(old, source.kind, wanted)
        except (OSError, UnicodeError):  # stays unaccepted, and is counted so
            continue
        if still_parses(source, old, new):
            files[path] = new
    return files
