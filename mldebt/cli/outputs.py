"""Where reports go: `--output-format FORMAT` and `FORMAT=FILE`, as often as wanted."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mldebt.cli.failures import Failure

if TYPE_CHECKING:
    from mldebt.engine import Report
    from mldebt.finding import Finding


class Output(NamedTuple):
    """One report to write; without a file it goes to standard output."""

    format: str
    file: Path | None


def read_outputs(values: Iterable[str], output_file: str | None, formats: Iterable[str]) -> list[Output]:
    """The outputs that the options name; one of them may go to standard output. Raises click.UsageError."""
    from mldebt.schema import suggestion

    known = tuple(formats)
    outputs = []
    for value in values or ("text",):
        name, equals, file = value.partition("=")
        if name not in known:
            hint = suggestion(name, known) or f"; there are {', '.join(known)}"
            raise click.BadParameter(f"there is no format `{name}`{hint}", param_hint="--output-format")
        if equals and not file:
            raise click.BadParameter(f"`{value}` names no file", param_hint="--output-format")
        outputs.append(Output(name, Path(file) if file else None))
    printed = [output for output in outputs if output.file is None]
    if len(printed) > 1:
        names = " and ".join(f"`{output.format}`" for output in printed)
        raise click.UsageError(f"Only one report can go to standard output, not {names}: write FORMAT=FILE.")
    if output_file is None:
        return outputs
    if not printed:
        raise click.UsageError("--output-file goes with an --output-format that names no file.")
    return [output._replace(file=Path(output_file)) if output.file is None else output for output in outputs]


def write_reports(
    report: Report, outputs: Iterable[Output], *, statistics: bool, quiet: bool, color: str | None = None
) -> None:
    """Write every report; with `quiet` nothing for people when there are no findings.

    `statistics` replaces the reports for people by counts; `color` is auto, always or never, and a file is
    coloured only by `always`. Raises Failure where a file cannot be written.
    """
    from mldebt.report import FOR_PEOPLE, reporter
    from mldebt.report.terminal import Terminal, standard_output

    for output in outputs:
        people = output.format in FOR_PEOPLE
        if people and quiet and not report.findings:
            continue
        if people and statistics:
            text = counts_by_rule(report)
        else:
            printed = output.file is None or color == "always"
            text = reporter(output.format, standard_output(color) if printed else Terminal()).render(report)
        write_text(text, output.file)


def write_text(text: str, file: Path | None) -> None:
    """Write to a file, with the directories that it needs, or to standard output."""
    if file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror or error}") from error


def counts_by_rule(report: Report) -> str:
    """One line a rule, the most frequent first, `*` where all its findings can be fixed; then the summary."""
    from mldebt.report.places import summary

    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    rows = [
        (
            len(found),
            max(finding.severity for finding in found).label,
            rule,
            " *" if all(f.fix for f in found) else "",
        )
        for rule, found in by_rule.items()
    ]
    lines = [
        f"{count:6}  {severity:8} {rule}{mark}"
        for count, severity, rule, mark in sorted(rows, key=lambda row: (-row[0], row[2]))
    ]
    return "\n".join([*lines, summary(report), ""])
