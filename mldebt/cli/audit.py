"""`mldebt audit`: what the debt of a project is, what it costs, and what to repair first."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.failures import Failure, reported, say
from mldebt.cli.run import analysis_options

if TYPE_CHECKING:
    from mldebt.cli.run import Run
    from mldebt.engine import Report
    from mldebt.report.audit import Audit, Point

_FORMATS = {
    "text": "mldebt.report.audit_text:render_text",
    "markdown": "mldebt.report.audit_markdown:render_markdown",
    "json": "mldebt.report.audit_json:render_json",
    "html": "mldebt.report.audit_html:render_html",
}


@click.command("audit", short_help="Score the debt of a project and say what to repair first.")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option(
    "--output-format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="text (default), markdown, json or html, and where; may be repeated.",
)
@click.option("--output-file", "-o", type=click.Path(dir_okay=False), help="Write the audit here.")
@click.option("--max-density", type=click.FloatRange(min=0), help="Fail above so many minutes per 1,000 lines.")
@click.option("--fail-on-grade", type=click.Choice(list("BCDE")), help="Fail with this grade or a worse one.")
@click.option(
    "--ratchet",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Fail where a kind of debt has grown since the JSON audit in this file.",
)
@click.option(
    "--trend-points",
    type=click.IntRange(min=0, max=500),
    default=0,
    help="Also score so many commits of the past.",
)
@analysis_options
def command(
    path: str,
    formats: tuple[str, ...],
    output_file: str | None,
    max_density: float | None,
    fail_on_grade: str | None,
    ratchet: str | None,
    trend_points: int,
    **options: Any,
) -> None:
    """Audit the project at PATH (default: the current directory).

    Without a gate (--max-density, --fail-on-grade, --ratchet) the exit code is 0 unless a rule fails (2); a gate
    that is not passed gives 1.
    """
    from mldebt.cli.outputs import read_outputs, write_text
    from mldebt.cli.run import prepare
    from mldebt.report.audit import build_audit

    outputs = read_outputs(formats, output_file, _FORMATS)
    earlier = _read_earlier(Path(ratchet)) if ratchet else None
    with reported():
        run = prepare((path,), {**options, "profile": options["profile"] or "audit"})
        report = whole_report(run, with_baseline=not options["isolated"])
        audit = build_audit(report, trend=_past(run, trend_points))
        for name, file in outputs:
            module, _, function = _FORMATS[name].partition(":")
            write_text(getattr(import_module(module), function)(audit), file)
    failures = [
        *_gates(audit, max_density, fail_on_grade),
        *(_grown(audit, earlier) if earlier is not None else ()),
    ]
    for failure in failures:
        say(f"failed: {failure}", err=True)
    sys.exit(2 if report.errors else int(bool(failures)))


def whole_report(run: Run, *, with_baseline: bool) -> Report:
    """Everything that a run finds, with what the baseline accepts set apart. Rules that failed are told."""
    from mldebt.cli.run import progress_bar

    with progress_bar() as progress:
        report = run.check(progress=progress)
    if with_baseline:
        from mldebt.cli.accepted import accept

        report, _ = accept(report, run, "keep")
    for error in report.errors:
        say(f"error: rule {error.rule} {error.message}", err=True)
    return report


def _past(run: Run, points: int) -> list[Point]:
    if not points:
        return []
    from mldebt.cli.trend import look_back

    return look_back(run, points=points)


def _gates(audit: Audit, max_density: float | None, worst: str | None) -> list[str]:
    """The gates that the audit does not pass."""
    failures = []
    score = audit.score
    if max_density is not None and score.density > max_density:
        failures.append(f"{score.density:.1f} minutes per thousand lines are more than {max_density:g}")
    if worst is not None and score.grade is not None and score.grade >= worst:
        failures.append(f"grade {score.grade}")
    return failures


def _read_earlier(file: Path) -> dict[str, float]:
    """The principal of each kind of debt in an earlier JSON audit. Raises Failure."""
    import json

    try:
        document = json.loads(file.read_bytes())
        return {debt["debt"]: float(debt["principal"]) for debt in document["score"]["debts"]}
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{file} is no JSON audit (`mldebt audit --output-format json`)") from error


def _grown(audit: Audit, earlier: dict[str, float]) -> list[str]:
    """The kinds of debt whose principal is more than it was (rounded as in the JSON audit)."""
    return [
        f"{debt.debt} has grown from {earlier.get(debt.debt, 0.0):.0f} to {debt.principal:.0f} minutes"
        for debt in audit.score.debts
        if round(debt.principal, 2) > earlier.get(debt.debt, 0.0)
    ]
