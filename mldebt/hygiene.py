"""Findings of the run itself: files that could not be read, comments that ignore nothing, rules that failed.

They are no debt of the project but are needed to trust the rest, so they need no selection; all but
`internal-error` can be ignored by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mldebt.finding import Confidence, Finding, Fix, Related, Severity
from mldebt.source import Location

DEBT = "hygiene"


class Check(NamedTuple):
    """One kind of finding of the run itself; `documentation` is Markdown, its first line a summary."""

    severity: Severity
    documentation: str


CHECKS = {
    "internal-error": Check(
        Severity.ERROR,
        """A rule failed, so its findings are missing.

The run went on without it and ends with exit code 2. This is a defect of the rule, not of the analysed
project: please report it with the message. `MLDEBT_TRACEBACK=1` shows where it happened.""",
    ),
    "invalid-suppression": Check(
        Severity.WARNING,
        """A comment addresses mldebt but ignores nothing, because it is not understood.

Either it names no rule (there is no ignoring everything), or a rule that does not exist, or its date is
none, or `file-ignore` stands below the first line of code.

## How to repair

Write `# mldebt: ignore[rule-id] reason`, with rule ids or kinds of debt separated by commas, and optionally
`until=2027-01-31`. `mldebt rules` lists the names.""",
    ),
    "stale-suppression": Check(
        Severity.WARNING,
        """A comment ignores a rule that finds nothing there any more, or whose date has passed.

Left in place it would hide the next, real finding.

## How to repair

Delete the comment, or repair what it has hidden until its date.""",
    ),
    "unanalysed-file": Check(
        Severity.INFO,
        """A file was left out: too large, unreadable, or it made the parser give up.

Findings that depend on the file may be missing.

## How to repair

Exclude the file (`extend-exclude`) if it is data or generated; otherwise make it readable or split it.""",
    ),
    "unparsable-file": Check(
        Severity.INFO,
        """A file or notebook cell could not be parsed: a mistake, Python 2, a template, a wrong encoding.

The rest of the project is analysed. Merge-conflict markers that were committed are an error.

## How to repair

Repair the file, or exclude it (`extend-exclude`) if it is meant to be like this.""",
    ),
}


def hygiene_finding(
    check: str,
    location: Location,
    message: str,
    *,
    severity: Severity | None = None,
    minutes: int = 1,
    fix: Fix | None = None,
    related: Sequence[Related] = (),
) -> Finding:
    """A finding of the run itself; `check` is one of CHECKS."""
    return Finding(
        rule=check,
        debt=DEBT,
        location=location,
        message=message,
        severity=CHECKS[check].severity if severity is None else severity,
        confidence=Confidence.HIGH,
        minutes=minutes,
        fix=fix,
        related=tuple(related),
    )
