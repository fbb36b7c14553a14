"""`mldebt check`: analyse a project and report."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mldebt.cache import Cache
    from mldebt.engine import Report

_PATIENCE = 0.7
"""The seconds after which a progress bar appears."""


def _split(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """`a,b` and repeated options are the same."""
    return tuple(filter(None, (part.strip() for item in value for part in item.split(","))))


def _names(*option: str, help: str) -> Callable[[Any], Any]:
    return click.option(*option, multiple=True, callback=_split, metavar="NAMES", help=help)


def _complete_formats(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from mldebt.report import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


@click.command("check", short_help="Look for debt in files and directories.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@_names("--select", help="Run these rules or kinds of debt only (`all`: every rule); commas separate.")
@_names("--ignore", help="Leave these rules or kinds of debt out.")
@_names("--extend-select", help="Run these as well.")
@click.option("--profile", type=click.Choice(["hook", "ci", "audit"]), help="How much to look for.")
@click.option("--min-confidence", type=click.Choice(["low", "medium", "high"]), help="Report nothing less sure.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="The least severity that gives exit code 1 (default: warning).",
)
@click.option("--exit-zero", "-e", is_flag=True, help="Exit with 0 even if there are findings.")
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
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write cached facts.")
@click.option("--cache-dir", type=click.Path(file_okay=False), help="Where facts are cached (.mldebt_cache).")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that parse (default: as many as useful).")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Replace the default excludes.")
@click.option("--extend-exclude", multiple=True, metavar="GLOB", help="Exclude this as well.")
@click.option("--force-exclude", is_flag=True, help="Exclude even files that are named on the command line.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="Use this settings file.")
@click.option("--isolated", is_flag=True, help="Use no settings file.")
@click.option(
    "--pack",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="Also load the rules in this directory. Python rules in it are run.",
)
@click.option("--stdin-filename", metavar="FILE", help="The name of the file that `-` reads from standard input.")
@click.option("--quiet", "-q", is_flag=True, help="Write nothing unless there are findings; no progress bar.")
def command(paths: tuple[str, ...], **options: Any) -> None:
    """Look for debt in PATHS (files and directories; default: the current directory).

    The whole project around PATHS is analysed, and what lies in or touches PATHS is reported.
    """
    from mldebt.cli.failures import reported
    from mldebt.cli.outputs import read_outputs, write_reports

    outputs = read_outputs(options["output_formats"], options["output_file"])
    with reported(), _collector_paused():
        report, fail_on = _run(paths, options)
    write_reports(report, outputs, statistics=options["statistics"], quiet=options["quiet"])
    for error in report.errors:
        click.echo(f"error: rule {error.rule} {error.message}", err=True)
        if os.environ.get("MLDEBT_TRACEBACK"):
            click.echo(error.traceback, err=True)
    code = report.exit_code(fail_on)
    sys.exit(0 if options["exit_zero"] and code == 1 else code)


def _run(paths: tuple[str, ...], options: dict[str, Any]) -> tuple[Report, str]:
    """The report, and the severity from which it fails."""
    from mldebt.engine import check
    from mldebt.packs import find_packs
    from mldebt.scope import find_scope
    from mldebt.settings import load_settings, override

    stdin = _standard_input(paths, options["stdin_filename"])
    named = [Path(path) for path in paths if path != "-"]
    if stdin is not None:
        named.append(Path(stdin[0]))
    scope = find_scope(named)
    config = Path(options["config"]) if options["config"] else None
    settings = override(
        load_settings(scope.root, config=config, isolated=options["isolated"]),
        select=options["select"],
        ignore=options["ignore"],
        extend_select=options["extend_select"],
        profile=options["profile"],
        min_confidence=options["min_confidence"],
        fail_on=options["fail_on"],
        max_per_rule=options["max_per_rule"],
        exclude=options["exclude"],
        extend_exclude=options["extend_exclude"],
        cache_dir=options["cache_dir"],
        workers=options["workers"],
    )
    packs = find_packs([Path(pack) for pack in options["pack"]], [Path(pack) for pack in settings.packs])
    cache = None if options["no_cache"] else _cache(scope.root, settings.cache_dir)
    with _progress(quiet=options["quiet"]) as progress:
        report = check(
            settings,
            scope,
            packs,
            cache=cache,
            force_exclude=options["force_exclude"],
            stdin=stdin,
            progress=progress,
        )
    if cache is not None and cache.notice:
        click.echo(f"warning: {cache.notice}", err=True)
    return report, settings.fail_on


def _cache(root: Path, directory: str | None) -> Cache:
    from mldebt.cache import DIRECTORY, Cache, extraction_version

    return Cache(Path(directory or root / DIRECTORY), extraction_version())


def _standard_input(paths: tuple[str, ...], name: str | None) -> tuple[str, bytes] | None:
    """The absolute name and the bytes of what `-` stands for. Raises click.UsageError if one is missing."""
    if "-" not in paths:
        if name is not None:
            raise click.UsageError("--stdin-filename goes with the path `-`.")
        return None
    if name is None:
        raise click.UsageError("`-` needs --stdin-filename, because the kind of a file follows from its name.")
    return os.path.abspath(name), sys.stdin.buffer.read()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: a run keeps nearly all that it makes, and looking it over costs a quarter."""
    import gc

    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, if that is a terminal and the work is long."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    start = time.monotonic()
    with ExitStack() as shown:
        bar: Any = None

        def advance(done: int, total: int) -> None:
            nonlocal bar
            if bar is None and time.monotonic() - start > _PATIENCE:
                made = click.progressbar(length=total, label="Reading", file=sys.stderr, show_eta=False)
                bar = shown.enter_context(made)
            if bar is not None:
                bar.update(done - bar.pos)

        yield advance
