"""`mldebt calibrate`: find the cut-offs of the grades from many projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.run import analysis_options

if TYPE_CHECKING:
    from mldebt.engine import Report


@click.command("calibrate", short_help="Find the cut-offs of the grades from many projects.")
@click.argument("projects", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--output-file", "-o", type=click.Path(dir_okay=False), help="Write the calibration here.")
@analysis_options
def command(projects: tuple[str, ...], output_file: str | None, **options: Any) -> None:
    """Measure the density of debt in PROJECTS (directories) and write the cut-offs that follow.

    Grades A, B, C and D end at the 20th, 50th, 80th and 95th percentile of the minutes per thousand lines of code.
    Projects that are too small for a grade are left out. With --cache-dir every project has a directory of its own
    name in there. Settings of the projects themselves are not used.
    """
    from mldebt import __version__
    from mldebt.calibration import calibrate, dump
    from mldebt.cli.failures import Failure, reported, say
    from mldebt.cli.outputs import write_text
    from mldebt.score import FEW_LINES, score

    densities: list[tuple[float, int]] = []
    rules = 0
    for project in projects:
        with reported():
            report = _report(Path(project), options)
        findings = [finding for finding in report.findings if finding.rule != "internal-error"]
        result = score(findings, report.project)
        rules = len(report.rules)
        if result.lines >= FEW_LINES:
            densities.append((result.density, result.lines))
        say(f"{result.density:8.1f} {result.lines:9,} {result.findings:6} {project}", err=True)
    try:
        calibration = calibrate(densities, version=__version__, rules=rules)
    except ValueError as error:
        raise Failure(str(error)) from error
    write_text(dump(calibration), Path(output_file) if output_file else None)


def _report(project: Path, options: dict[str, Any]) -> Report:
    """Everything that is found in a project, whatever its settings say."""
    import gc

    from mldebt.cli.run import prepare

    gc.collect()  # the collector is off, and the project before is no longer needed
    own = options["cache_dir"] and str(Path(options["cache_dir"], project.resolve().name))
    given = {**options, "isolated": True, "profile": options["profile"] or "audit", "cache_dir": own}
    return prepare((str(project),), given).check()
