"""How many findings of one rule a report for people shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mldebt.finding import Finding


class Capped(NamedTuple):
    """The findings to show, in their order, and how many of each rule are left out."""

    shown: list[Finding]
    left: dict[str, int]

    def notes(self) -> list[str]:
        """One line for each rule that has more findings than are shown."""
        return [
            f"… and {count} more of {rule} (--max-per-rule 0 shows all)"
            for rule, count in sorted(self.left.items())
        ]


def capped(findings: Sequence[Finding], limit: int) -> Capped:
    """The first `limit` findings of each rule (0: all)."""
    if not limit:
        return Capped(list(findings), {})
    seen: Counter[str] = Counter()
    shown = []
    for finding in findings:
        seen[finding.rule] += 1
        if seen[finding.rule] <= limit:
            shown.append(finding)
    return Capped(shown, {rule: count - limit for rule, count in seen.items() if count > limit})
