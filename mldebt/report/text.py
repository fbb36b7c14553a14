"""Findings for people: place, message, source excerpt, evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.engine import Report
from mldebt.finding import Finding, Severity
from mldebt.printable import printable
from mldebt.report.caps import capped
from mldebt.report.places import shown_place, summary
from mldebt.report.terminal import Terminal, file_link
from mldebt.source import Location

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WIDTH = 120
"""Longer source lines are cut around the place."""


class TextReporter:
    """Writes each finding with the line it is about, styled as the terminal allows."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        self._terminal = Terminal() if terminal is None else terminal

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        import io

        from rich.console import Console

        console = Console(
            file=io.StringIO(),
            force_terminal=self._terminal.styled,
            no_color=not self._terminal.coloured,
            color_system="standard" if self._terminal.styled else None,
            legacy_windows=False,
            width=10_000,
            markup=False,
            emoji=False,
        )
        console.soft_wrap = True
        with console.capture() as output:
            capping = capped(report.findings, report.cap)
            for finding in capping.shown:
                console.print(self._finding(report, finding), highlight=False, soft_wrap=True)
            for note in capping.notes():
                console.print(note, highlight=False, soft_wrap=True)
            console.print(summary(report), highlight=False, soft_wrap=True)
        return output.get()

    def _finding(self, report: Report, finding: Finding) -> Text:
        from rich.text import Text

        text = Text()
        text.append(shown_place(report.root, finding.location), self._style("bold", report, finding.location))
        text.append(" ")
        text.append(finding.severity.label, _STYLES[finding.severity])
        text.append(f" {finding.rule} ", "bold")
        text.append(printable(finding.message) + "\n")
        line = report.texts.line(finding.location)
        if line.strip() and finding.rule != "unanalysed-file":
            _add_excerpt(text, line, finding.location)
        for related in finding.related:
            place = shown_place(report.root, related.location)
            text.append("      = ", "blue")
            text.append(place, self._style("", report, related.location))
            text.append(f": {printable(related.message)}\n")
        return text

    def _style(self, style: str, report: Report, location: Location) -> str:
        """The style of a place, which links to its file."""
        if not self._terminal.linked:
            return style
        return f"{style} link {file_link(report.root, location.path)}".strip()


def _add_excerpt(text: Text, line: str, location: Location) -> None:
    """The first line of the place with carets below it; tabs and control characters cannot shift them."""
    span = location.span
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    end = max(min(end, len(line)), start)
    cut = max(0, min(start - 20, len(line) - _WIDTH)) if len(line) > _WIDTH else 0
    before, marked, after = line[cut:start], line[start:end], line[end : cut + _WIDTH]
    marked = marked[:_WIDTH]
    prefix = "…" if cut else ""
    suffix = "…" if end < len(line) and cut + _WIDTH < len(line) else ""
    shown = [printable(part.replace("\t", "    ")) for part in (before, marked, after)]
    text.append(f"{span.line:5} | ", "blue")
    text.append(prefix + "".join(shown) + suffix + "\n")
    text.append("      | ", "blue")
    text.append(" " * (len(prefix) + _cells(shown[0])))
    text.append("^" * max(_cells(shown[1]), 1) + "\n", "bold red")


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
