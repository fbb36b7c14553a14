"""What all commands that analyse share: their options, and the way from these to a report."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from mldebt.cache import Cache
    from mldebt.discover import Discovery
    from mldebt.engine import Report
    from mldebt.packs import Packs
    from mldebt.scope import Scope
    from mldebt.settings import Settings

_PATIENCE = 0.7
"""The seconds after which a progress bar appears."""


def _split(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """`a,b` and repeated options are the same."""
    return tuple(filter(None, (part.strip() for item in value for part in item.split(","))))


def _by_glob(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """`glob:a,b` and `glob:a` with `glob:b` are the same."""
    found: dict[str, tuple[str, ...]] = {}
    for item in value:
        glob, colon, names = item.rpartition(":")
        listed = tuple(filter(None, (name.strip() for name in names.split(","))))
        if not (glob and colon and listed):
            raise click.BadParameter(f"`{item}` is not GLOB:NAMES, such as `tests/*:glue-code,unseeded-split`")
        found[glob] = (*found.get(glob, ()), *listed)
    return found


def complete_rules(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The rules and kinds of debt that begin like what was typed (after the last comma)."""
    from mldebt.packs import find_packs
    from mldebt.selection import names

    before, comma, word = incomplete.rpartition(",")
    return [before + comma + name for name in sorted(names(find_packs())) if name.startswith(word)]


def _names(*option: str, help: str) -> Callable[[Any], Any]:
    return click.option(
        *option, multiple=True, callback=_split, metavar="NAMES", shell_complete=complete_rules, help=help
    )


_RULES = (
    _names("--select", help="Run these rules or kinds of debt only (`all`: every rule); commas separate."),
    _names("--ignore", help="Leave these rules or kinds of debt out."),
    _names("--extend-select", help="Run these as well."),
    click.option(
        "--per-file-ignores",
        multiple=True,
        callback=_by_glob,
        metavar="GLOB:NAMES",
        help="Leave these rules or kinds of debt out in the files of the glob; may be repeated.",
    ),
    click.option("--profile", type=click.Choice(["hook", "ci", "audit"]), help="How much to look for."),
    click.option(
        "--min-confidence", type=click.Choice(["low", "medium", "high"]), help="Report nothing less sure."
    ),
    click.option(
        "--pack",
        multiple=True,
        type=click.Path(exists=True, file_okay=False),
        help="Also load the rules in this directory. Python rules in it are run.",
    ),
)
"""What the rules are told."""

_READING = (
    click.option("--no-cache", is_flag=True, help="Neither read nor write cached facts."),
    click.option("--cache-dir", type=click.Path(file_okay=False), help="Where facts are cached (.mldebt_cache)."),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Processes that parse and run rules (default: as many as useful).",
    ),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Replace the default excludes."),
    click.option("--extend-exclude", multiple=True, metavar="GLOB", help="Exclude this as well."),
    click.option("--config", type=click.Path(exists=True, dir_okay=False), help="Use this settings file."),
    click.option("--isolated", is_flag=True, help="Use no settings file, and no baseline."),
)
"""What is read, and how."""


def analysis_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which rules look for what, and what is read."""
    return _with(_RULES, reading_options(command))


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is read, and how."""
    return _with(_READING, command)


def _with(options: Sequence[Callable[[Any], Any]], command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(options):
        command = option(command)
    return command


class Run(NamedTuple):
    """Everything that a run needs; `stdin` is a file name and the bytes that stand for it."""

    settings: Settings
    scope: Scope
    packs: Packs
    cache: Cache | None
    stdin: tuple[str, bytes] | None

    def check(self, **options: Any) -> Report:
        """The report (see `mldebt.engine.check` for the options)."""
        from mldebt.engine import check

        return check(self.settings, self.scope, self.packs, cache=self.cache, stdin=self.stdin, **options)

    def learn(self, found: Discovery) -> None:
        """Have the facts of sources in the cache."""
        from mldebt.gather import gather

        gather(found.sources, workers=self.settings.workers, cache=self.cache)

    def check_all(self, found: Discovery) -> Report:
        """The report on a whole project whose sources are given."""
        from mldebt.engine import check

        scope = self.scope._replace(given=(self.scope.root,))
        return check(self.settings, scope, self.packs, cache=self.cache, found=found)


def prepare(paths: tuple[str, ...], options: dict[str, Any]) -> Run:
    """The run that a command line asks for; options that its command does not have count as not given.

    Raises SettingsError, BrokenRuleError, click.UsageError.
    """
    from mldebt.scope import find_scope
    from mldebt.settings import override

    stdin = _standard_input(paths, options.get("stdin_filename"))
    named = [Path(path) for path in paths if path != "-"]
    if stdin is not None:
        named.append(Path(stdin[0]))
    scope = find_scope(named)
    chosen = ("select", "ignore", "extend_select", "per_file_ignores")
    written = {name: options[name] for name in chosen if name in options}
    loaded, packs = _checked_settings(scope.root, options, written)
    settings = override(
        loaded,
        **written,
        profile=options.get("profile"),
        min_confidence=options.get("min_confidence"),
        fail_on=options.get("fail_on"),
        max_per_rule=options.get("max_per_rule"),
        baseline=os.path.abspath(options["baseline"]) if options.get("baseline") else None,
        exclude=options["exclude"],
        extend_exclude=options["extend_exclude"],
        cache_dir=options["cache_dir"],
        workers=options["workers"],
    )
    settings = override(settings, extend_exclude=_own_files(scope.root, settings, options))
    cache = None if options["no_cache"] else _cache(scope.root, settings.cache_dir)
    return Run(settings, scope, packs, cache, stdin)


def _checked_settings(root: Path, options: dict[str, Any], written: dict[str, Any]) -> tuple[Settings, Packs]:
    """The settings of the file, and the rules. Raises SettingsError with all mistakes there and on the command line."""
    from mldebt.packs import find_packs
    from mldebt.rule import BrokenRuleError
    from mldebt.selection import mistakes
    from mldebt.settings import Settings, SettingsError, find_settings, load_settings

    config = Path(options["config"]) if options["config"] else None
    wrong: list[str] = []
    try:
        loaded = load_settings(root, config=config, isolated=options["isolated"])
    except SettingsError as error:
        if error.usable is None:
            raise
        loaded, wrong = error.usable, error.mistakes
    try:
        packs = find_packs(
            [Path(pack) for pack in options.get("pack", ())], [Path(pack) for pack in loaded.packs]
        )
    except BrokenRuleError as error:
        raise SettingsError([*wrong, str(error)]) from error
    file = config or (None if options["isolated"] else find_settings(root))
    wrong += [f"{file}: {mistake}" for mistake in mistakes(packs, loaded)]
    wrong += [f"--{mistake}" for mistake in mistakes(packs, Settings(**written))]
    if wrong:
        raise SettingsError(wrong)
    return loaded, packs


def _own_files(root: Path, settings: Settings, options: dict[str, Any]) -> tuple[str, ...]:
    """Patterns of the files below the root that this program writes: what it says of a project is no part of it."""
    reports = [value.partition("=")[2] for value in options.get("output_formats") or ()]
    found = []
    for name in filter(None, (settings.baseline, options.get("output_file"), options.get("ratchet"), *reports)):
        file = Path(os.path.realpath(name))
        if file.is_relative_to(root):
            found.append("/" + re.sub(r"([\\*?\[\]! #])", r"\\\1", file.relative_to(root).as_posix()))
    return tuple(found)


def _cache(root: Path, directory: str | None) -> Cache:
    from mldebt.cache import DIRECTORY, Cache
    from mldebt.cache_keys import extraction_version

    return Cache(Path(directory or root / DIRECTORY), extraction_version())


def _standard_input(paths: tuple[str, ...], name: str | None) -> tuple[str, bytes] | None:
    """The absolute name and the bytes of what `-` stands for. Raises click.UsageError if one is missing."""
    if "-" not in paths:
        if name is not None:
            raise click.UsageError("--stdin-filename goes with the path `-`.")
        return None
    if name is None:
        raise click.UsageError("`-` needs --stdin-filename, because the kind of a file follows from its name.")
    if os.path.isdir(name):
        raise click.UsageError(
            "--stdin-filename names a directory, and not the file that standard input stands for."
        )
    return os.path.abspath(name), sys.stdin.buffer.read()


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Callable[[int, int], None] | None]:
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
