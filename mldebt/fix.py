"""Apply fixes in rounds until nothing is left to fix.

A round makes all fixes that do not overlap, in memory, and the next one analyses the result. A fix after
which a file no longer parses is taken back. Nothing is written before all rounds are over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from mldebt.engine import Report
from mldebt.extract import extract
from mldebt.files import write_file
from mldebt.finding import Edit, Finding, Fix, Safety
from mldebt.rewrite import overlap, rewritten
from mldebt.source import Source
from mldebt.texts import Texts

MOST_ROUNDS = 20

Analyse = Callable[[Mapping[str, bytes]], Report]
"""Analyses the project with some files replaced, by path."""


class Refused(NamedTuple):
    """A fix that was not made, and why."""

    finding: Finding
    reason: str


class Fixed(NamedTuple):
    """The last report, the bytes of the files before and after, and what was and was not fixed."""

    report: Report
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    fixed: tuple[Finding, ...]
    refused: tuple[Refused, ...]

    def diff(self) -> str:
        """What the fixes change, as a unified diff."""
        parts: list[str] = []
        for path in sorted(self.after):
            old, new = (_lines(side[path]) for side in (self.before, self.after))
            parts += [
                line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
                for line in unified_diff(old, new, f"a/{path}", f"b/{path}")
            ]
        return "".join(parts)


def apply_fixes(report: Report, analyse: Analyse, *, unsafe: bool) -> Fixed:
    """Make the safe fixes of a report, or all of them, in memory."""
    before: dict[str, bytes] = {}
    overlay: dict[str, bytes] = {}
    fixed: list[Finding] = []
    refused: dict[tuple[str, str], Refused] = {}
    for _ in range(MOST_ROUNDS):
        candidates = [
            (finding, finding.fix)
            for finding in report.findings
            if finding.fix is not None
            and (unsafe or finding.fix.safety is Safety.SAFE)
            and (finding.fingerprint, finding.fix.title) not in refused
        ]
        made, changed = _round(candidates, report.texts, refused)
        if not made:
            break
        for path, (old, new) in changed.items():
            before.setdefault(path, old)
            overlay[path] = new
        fixed += made
        report = analyse(overlay)
    after = {path: data for path, data in overlay.items() if data != before[path]}
    return Fixed(report, before, after, tuple(fixed), tuple(refused.values()))


def write_files(root: Path, after: Mapping[str, bytes]) -> None:
    """Replace files below a root, each in one step that keeps its mode. Raises OSError."""
    for path, data in after.items():
        file = Path(os.path.realpath(root / path))
        write_file(file, data, file.stat().st_mode & 0o7777)


def _round(
    candidates: list[tuple[Finding, Fix]], texts: Texts, refused: dict[tuple[str, str], Refused]
) -> tuple[list[Finding], dict[str, tuple[bytes, bytes]]]:
    """The findings fixed, and the bytes before and after of the files; fixes that cannot be are refused."""
    while True:
        chosen = _without_overlaps(candidates)
        changed, failures = _rewrite(chosen, texts)
        if not failures:
            return [finding for finding, _ in chosen], changed
        for finding, fix in chosen:
            reasons = [failures[edit.location.path] for edit in fix.edits if edit.location.path in failures]
            if reasons:
                refused[finding.fingerprint, fix.title] = Refused(finding, reasons[0])
        candidates = [(f, fix) for f, fix in candidates if (f.fingerprint, fix.title) not in refused]


def _without_overlaps(candidates: list[tuple[Finding, Fix]]) -> list[tuple[Finding, Fix]]:
    """The fixes that can be made together, the first ones first; the others wait for the next round."""
    taken: dict[tuple[str, int], list[Edit]] = {}  # by each line that an edit touches
    chosen = []
    for finding, fix in candidates:
        if any(
            overlap(edit, other) for edit in fix.edits for line in _touched(edit) for other in taken.get(line, ())
        ):
            continue
        chosen.append((finding, fix))
        for edit in fix.edits:
            for line in _touched(edit):
                taken.setdefault(line, []).append(edit)
    return chosen


def _touched(edit: Edit) -> Iterator[tuple[str, int]]:
    span = edit.location.span
    return ((edit.location.path, line) for line in range(span.line, span.end_line + 1))


def _rewrite(
    chosen: list[tuple[Finding, Fix]], texts: Texts
) -> tuple[dict[str, tuple[bytes, bytes]], dict[str, str]]:
    """The bytes before and after of each file that changes, and why files cannot be changed."""
    by_path: dict[str, set[Edit]] = {}
    for _, fix in chosen:
        for edit in fix.edits:
            by_path.setdefault(edit.location.path, set()).add(edit)
    changed: dict[str, tuple[bytes, bytes]] = {}
    failures: dict[str, str] = {}
    for path, edits in by_path.items():
        source = texts.source(path)
        if source is None:
            failures[path] = "its file is not analysed"
            continue
        try:
            old = source.read()
            new = rewritten(old, source.kind, edits)
        except (OSError, UnicodeError) as error:
            failures[path] = f"its file cannot be changed: {error}"
            continue
        if new == old:
            failures[path] = "it changes nothing"
        elif not still_parses(source, old, new):
            failures[path] = "the file would no longer parse"
        else:
            changed[path] = (old, new)
    return changed, failures


def still_parses(source: Source, old: bytes, new: bytes) -> bool:
    """Whether the new bytes have no problem that the old ones did not have."""
    before, after = (
        [problem.kind for problem in extract(source.kind, data).header.problems] for data in (old, new)
    )
    return len(after) <= len(before)


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines(keepends=True)
