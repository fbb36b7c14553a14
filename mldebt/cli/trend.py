"""`mldebt trend`: how the debt of a project developed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.run import analysis_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mldebt.cli.run import Run
    from mldebt.report.audit import Point


@click.command("trend", short_help="Show how the debt of a project developed.")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option("--since", metavar="DATE", help="Look no further back (`2024-01-31`, `1 year ago`).")
@click.option(
    "--points", type=click.IntRange(min=1, max=500), default=24, show_default=True, help="How many commits."
)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--output-file", "-o", type=click.Path(dir_okay=False), help="Write the trend here.")
@analysis_options
def command(
    path: str, since: str | None, points: int, output_format: str, output_file: str | None, **options: Any
) -> None:
    """Score commits of the main line of the project at PATH, spread evenly over its time.

    Files are read from git, nothing is checked out; what was seen in one commit costs nothing in the next. All
    commits are judged by the rules of today.
    """
    from mldebt.cli.failures import reported
    from mldebt.cli.outputs import write_text
    from mldebt.cli.run import prepare

    with reported():
        run = prepare((path,), {**options, "profile": options["profile"] or "audit"})
        found = look_back(run, points=points, since=since)
    text = _json(found) if output_format == "json" else _table(found)
    write_text(text, Path(output_file) if output_file else None)


def look_back(run: Run, *, points: int, since: str | None = None) -> list[Point]:
    """The points of the trend, oldest first. Raises Failure where git cannot answer."""
    import tempfile

    from mldebt.cache import Cache
    from mldebt.cache_keys import extraction_version
    from mldebt.cli.failures import Failure
    from mldebt.git_objects import GitError
    from mldebt.settings import override
    from mldebt.trend import trend

    found: list[Point] = []
    with tempfile.TemporaryDirectory() as directory:
        if run.cache is None:  # not even facts of one commit would be known in the next
            run = run._replace(cache=Cache(Path(directory), extraction_version()))
        alone = run._replace(settings=override(run.settings, workers=1))  # the points are shared out already
        try:
            found += trend(run.scope.root, run.settings, alone.check_all, run.learn, points=points, since=since)
        except GitError as error:
            raise Failure(f"{run.scope.root}: {error}") from error
    return found


def _json(points: Sequence[Point]) -> str:
    import json

    rows = [
        {
            "commit": point.sha,
            "time": point.time,
            "tag": point.tag or None,
            "lines": point.lines,
            "findings": point.findings,
            "principal": round(point.principal, 2),
            "density": round(point.density, 2),
            "grade": point.grade,
            "debts": {debt: round(minutes, 2) for debt, minutes in sorted(point.debts.items())},
        }
        for point in points
    ]
    return json.dumps({"version": 1, "points": rows}, indent=2) + "\n"


def _table(points: Sequence[Point]) -> str:
    from mldebt.printable import printable
    from mldebt.report.audit_facts import shown_date, shown_time

    most = max((point.principal for point in points), default=0) or 1
    lines = [f"{'date':10}  {'commit':10} grade {'lines':>8} {'findings':>8} {'principal':>10} {'min/kloc':>8}"]
    for point in points:
        bar = "█" * round(20 * point.principal / most)
        lines.append(
            f"{shown_date(point.time)}  {point.sha[:10]} {point.grade or '–':^5} {point.lines:8,} {point.findings:8,} "
            f"{shown_time(point.principal):>10} {point.density:8.0f}  {bar} {printable(point.tag)}".rstrip()
        )
    return "\n".join([*lines, *_changes(points)]) + "\n"


def _changes(points: Sequence[Point]) -> list[str]:
    """What grew and what shrank, the largest change first."""
    from mldebt.report.audit_facts import shown_time
    from mldebt.report.audit_words import words

    if len(points) < 2:
        return []
    first, last = points[0].debts, points[-1].debts
    changes = {debt: last.get(debt, 0.0) - first.get(debt, 0.0) for debt in {*first, *last}}
    rows = sorted(
        ((change, debt) for debt, change in changes.items() if change), key=lambda row: (-abs(row[0]), row[1])
    )
    return [
        f"{'+' if change > 0 else '-'}{shown_time(abs(change)):>9}  {words(debt).title}" for change, debt in rows
    ]
