"""The audit for a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mldebt.printable import printable
from mldebt.report.audit import Audit, Work
from mldebt.report.audit_facts import compared, headline, limits, shown_payback, shown_time, unread
from mldebt.report.audit_words import words
from mldebt.report.metrics import metrics_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

GRADE_STYLES = {"A": "bold green", "B": "green", "C": "yellow", "D": "bold yellow", "E": "bold red"}
_MOST_ROWS = 10
_WIDTH = 110
"""Columns where standard output is no terminal."""


def render_text(audit: Audit, *, width: int | None = None) -> str:
    """Headline, kinds of debt, backlog, hotspots, method and limits; coloured on a terminal."""
    from rich.console import Console

    on_terminal = sys.stdout.isatty()
    console = Console(
        file=io.StringIO(),
        force_terminal=on_terminal or None,
        width=width or (None if on_terminal else _WIDTH),
        markup=False,
        emoji=False,
        highlight=False,
    )
    with console.capture() as output:
        _head(console, audit)
        _debts(console, audit)
        _works(console, "Quick wins", audit.quick)
        _works(console, "Structural work", audit.structural)
        _works(console, "Can wait: saves next to nothing", audit.minor)
        _hotspots(console, audit)
        console.print("Structure", style="bold")
        for line in metrics_lines(audit.metrics):
            console.print(f"- {printable(line)}")
        console.print()
        console.print("Method and limits", style="bold")
        for line in limits(audit):
            console.print(f"- {printable(line)}", style="dim")
    return "\n".join(line.rstrip() for line in output.get().split("\n"))


def _head(console: Console, audit: Audit) -> None:
    from rich.text import Text

    grade = audit.score.grade
    title = Text(f"Audit of {printable(audit.name)}  ", "bold")
    title.append(f"grade {grade}" if grade else "no grade", GRADE_STYLES.get(grade or "", "bold"))
    console.print(title)
    console.print(headline(audit))
    if position := compared(audit.score.density, audit.score.calibration):
        console.print(position)
    for reason in audit.score.reasons:
        console.print(f"The grade is {reason}.")
    if missing := unread(audit):
        console.print(f"{missing}.", style="yellow")
    console.print()


def _debts(console: Console, audit: Audit) -> None:
    if not audit.score.debts:
        console.print("No debt was found.\n")
        return
    table = _table("Kind of debt", "Worst finding", right=("Grade", "Findings", "Principal", "Interest/quarter"))
    for debt in audit.score.debts:
        worst = debt.worst
        table.add_row(
            words(debt.debt).title,
            debt.grade or "–",
            str(debt.findings),
            shown_time(debt.principal),
            shown_time(debt.interest),
            printable(f"{worst.rule} {worst.location}"),
        )
    console.print(table)
    console.print()


def _works(console: Console, title: str, works: Sequence[Work]) -> None:
    if not works:
        return
    table = _table("Rule", "Starts with", right=("Files", "Work", "Pays back in"))
    for work in works[:_MOST_ROWS]:
        first = work.first.findings[0]
        table.add_row(
            work.first.rule,
            str(len(work.items)),
            shown_time(work.minutes),
            shown_payback(work.payback),
            printable(f"{first.location}: {first.message}"),
        )
    console.print(title, style="bold")
    console.print(table)
    console.print()


def _hotspots(console: Console, audit: Audit) -> None:
    hot = [spot for spot in audit.hotspots if spot.commits][:_MOST_ROWS]
    if not hot:
        return
    table = _table("File", "Owners", right=("Principal", "Commits/year"))
    for spot in hot:
        owners = printable(", ".join(spot.owners))
        table.add_row(printable(spot.path), shown_time(spot.principal), str(spot.commits), owners)
    console.print("Hotspots: debt where the work is", style="bold")
    console.print(table)
    console.print()


def _table(first: str, last: str, *, right: tuple[str, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column(first, overflow="fold", min_width=16)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(last, overflow="fold", ratio=1)
    return table
