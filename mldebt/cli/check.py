"""`mldebt check`: analyse a project and report."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.run import analysis_options

if TYPE_CHECKING:
    from mldebt.changes import Change
    from mldebt.cli.run import Run
    from mldebt.engine import Report


_LEAST_SECONDS = 0.001
"""What costs less is not told."""


def _complete_formats(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from mldebt.report import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


@click.command("check", short_help="Look for debt in files and directories.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@analysis_options
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="The least severity that gives exit code 1 (default: warning).",
)
@click.option("--exit-zero", "-e", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--since", metavar="REF", help="Report only what changed since HEAD and REF parted.")
@click.option("--staged", is_flag=True, help="Report only what is staged, as it is staged.")
@click.option("--diff-file", metavar="FILE", help="Report only what lies in the lines that a unified diff adds.")
@click.option("--baseline", type=click.Path(dir_okay=False), help="The file of accepted findings.")
@click.option("--no-baseline", is_flag=True, help="Report accepted findings, too.")
@click.option(
    "--baseline-mode",
    type=click.Choice(["auto", "lock", "keep"]),
    help="Accepted debt that is gone: drop it, fail, or leave it (default: lock if CI is set, else auto).",
)
@click.option(
    "--output-format",
    "output_formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    envvar="MLDEBT_OUTPUT_FORMAT",
    shell_complete=_complete_formats,
    help="How to write the report (default: text), and where; may be repeated. Formats: text, concise, json, "
    "jsonl, sarif, github, gitlab, junit, checkstyle, rdjson, sonar, markdown.",
)
@click.option("--output-file", "-o", type=click.Path(dir_okay=False), help="Write the report here.")
@click.option(
    "--max-per-rule",
    type=click.IntRange(min=0),
    help="Show this many findings of one rule to people; 0: all (hook 10, ci 50, audit 0).",
)
@click.option("--fix", is_flag=True, help="Make the fixes that keep what the code means.")
@click.option("--unsafe-fixes", is_flag=True, help="Make those that want a reader, too (alone: like --fix).")
@click.option("--diff", is_flag=True, help="Show what the fixes would change; change nothing.")
@click.option("--add-ignore", metavar="REASON", help="Accept all findings by comments with this reason.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@click.option("--profile-run", is_flag=True, help="Tell on standard error where the time went.")
@click.option("--force-exclude", is_flag=True, help="Exclude even files that are named on the command line.")
@click.option("--stdin-filename", metavar="FILE", help="The name of the file that `-` reads from standard input.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    help="Colour the text (default: auto: on a terminal; NO_COLOR and FORCE_COLOR count).",
)
@click.option("--quiet", "-q", is_flag=True, help="Write nothing but findings and errors.")
def command(paths: tuple[str, ...], **options: Any) -> None:
    """Look for debt in PATHS (files and directories; default: the current directory).

    The whole project around PATHS is analysed, and what lies in or touches PATHS is reported.
    """
    from mldebt.cli.failures import reported, say
    from mldebt.cli.outputs import read_outputs, write_reports, write_text
    from mldebt.printable import printable_lines
    from mldebt.report import FORMATS

    outputs = read_outputs(options["output_formats"], options["output_file"], FORMATS)
    with reported():
        report, code, diff = _run(paths, options)
    if diff is not None:
        # A file or a program gets the exact patch; a person gets what a terminal can show without being steered.
        write_text(printable_lines(diff) if sys.stdout.isatty() else diff, None)
        sys.exit(code if report.errors else int(bool(diff) and not options["exit_zero"]))
    write_reports(
        report, outputs, statistics=options["statistics"], quiet=options["quiet"], color=options["color"]
    )
    if options["profile_run"]:
        _tell_costs(report)
    for error in report.errors:
        say(f"error: rule {error.rule} {error.message}", err=True)
        if os.environ.get("MLDEBT_TRACEBACK"):
            say(error.traceback, err=True)
    sys.exit(0 if options["exit_zero"] and code == 1 else code)


def _tell_costs(report: Report) -> None:
    """Where the processor time of this process went; workers that read files count for themselves."""
    costs = [cost for cost in report.clock.costs() if cost.seconds >= _LEAST_SECONDS]
    click.echo(f"{'seconds':>9}  {'part':<7} name", err=True)
    for cost in costs:
        click.echo(f"{cost.seconds:9.3f}  {cost.kind:<7} {cost.name}", err=True)


def _run(paths: tuple[str, ...], options: dict[str, Any]) -> tuple[Report, int, str | None]:
    """The report without what is accepted or lies outside the change, the exit code, and a diff if asked for."""
    from mldebt.cli.failures import say
    from mldebt.cli.fixing import add_ignores, fix, wants_fixes
    from mldebt.cli.run import prepare, progress_bar

    fixing = wants_fixes(options)
    run = prepare(paths, options)
    view = _View(run, options)
    with progress_bar(quiet=options["quiet"]) as progress:
        report = view.report(progress=progress)
    diff = None
    if fixing:
        report, diff = fix(report, view.of_overlay, options)
    elif options["add_ignore"] is not None:
        report = add_ignores(report, view.of_overlay, options, run)
    if run.cache is not None and run.cache.notice:
        say(f"warning: {run.cache.notice}", err=True)
    return report, max(report.exit_code(run.settings.fail_on), int(view.is_locked)), diff


class _View:
    """What of a run's findings is reported: without those of the baseline, and of the change alone."""

    def __init__(self, run: Run, options: dict[str, Any]) -> None:
        self.run = run
        self.options = options
        self.is_locked = False
        self.change: Change | None = None
        if options["baseline"] and not os.path.exists(options["baseline"]):
            raise click.BadParameter(f"{options['baseline']} does not exist", param_hint="--baseline")
        if options["since"] or options["staged"] or options["diff_file"]:
            from mldebt.cli.accepted import find_change

            self.change = find_change(run, options)

    def report(self, **how: Any) -> Report:
        """Analyse. A baseline may shrink, or be found to hold too much (`is_locked`)."""
        return self._report(self.options["baseline_mode"], **how)

    def of_overlay(self, overlay: Mapping[str, bytes]) -> Report:
        """Analyse with other bytes in some files; the baseline stays as it is."""
        return self._report("keep", overlay=overlay)

    def _report(self, baseline_mode: str | None, **how: Any) -> Report:
        found = None if self.change is None else self.change.after
        report = self.run.check(force_exclude=self.options["force_exclude"], found=found, **how)
        if not self.options["no_baseline"] and (not self.options["isolated"] or self.options["baseline"]):
            from mldebt.cli.accepted import accept

            report, locked = accept(report, self.run, baseline_mode, quiet=self.options["quiet"])
            self.is_locked = self.is_locked or locked
        if self.change is not None:
            from mldebt.cli.accepted import narrow

            report = narrow(report, self.run, self.change)
        return report
