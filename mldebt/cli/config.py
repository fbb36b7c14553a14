"""`mldebt config`: the settings in effect, and why a rule is on or off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mldebt.cli.failures import reported, say
from mldebt.cli.run import analysis_options, complete_rules

if TYPE_CHECKING:
    from mldebt.cli.run import Run


@click.command("config", short_help="Show the settings in effect, and why a rule is on or off.")
@click.argument("rule", required=False, shell_complete=complete_rules)
@click.option("--rules", "all_rules", is_flag=True, help="Say of every rule whether it is on, and why.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of `mldebt.toml` and `[tool.mldebt]`.")
@click.option(
    "--directory", default=".", type=click.Path(exists=True, file_okay=False), help="The project (default: here)."
)
@analysis_options
def command(rule: str | None, all_rules: bool, schema: bool, directory: str, **options: Any) -> None:
    """Show the settings in effect, or why RULE (or each rule of a kind of debt) is on or off and how it is set.

    The other options count as they do for `mldebt check`.
    """
    from mldebt.cli.run import prepare

    if schema:
        from mldebt.settings_schema import settings_schema

        click.echo(json.dumps(settings_schema(), indent=2))
        return
    with reported():
        run = prepare((directory,), options)
        _checked(run)
        if rule is not None:
            _show_rule(run, rule)
        elif all_rules:
            for name in run.packs.files:
                say(_verdict(run, name))
        else:
            _show_settings(run, options)


def _checked(run: Run) -> None:
    """Raise SettingsError if the settings name what does not exist."""
    from mldebt.selection import select

    select(run.packs, run.settings)


def _show_settings(run: Run, options: dict[str, Any]) -> None:
    import msgspec

    from mldebt.settings import Settings, find_settings

    file = options["config"] or (None if options["isolated"] else find_settings(run.scope.root))
    say(f"# root: {run.scope.root}")
    say(f"# file: {file or 'none'}")
    defaults = msgspec.to_builtins(Settings())
    in_effect = _in_effect(run)
    for key, value in msgspec.to_builtins(run.settings).items():
        shown, why = (value, "default") if value is not None else in_effect.get(key, (None, ""))
        if shown is not None:
            say(f"{key} = {_toml(shown)}{'' if value != defaults[key] else f'  # {why}'}")


def _in_effect(run: Run) -> dict[str, tuple[Any, str]]:
    """What counts where a setting has no value, and why."""
    from mldebt.baseline import FILE_NAME
    from mldebt.cache import DIRECTORY
    from mldebt.discover import DEFAULT_EXCLUDE

    settings, root = run.settings, run.scope.root
    there = "default" if (root / FILE_NAME).exists() else "default; there is none"
    return {
        "exclude": (DEFAULT_EXCLUDE, "default"),
        "max-per-rule": (settings.shown_per_rule, f"default of the profile `{settings.profile}`; 0: all"),
        "baseline": (root / FILE_NAME, there),
        "cache-dir": (root / DIRECTORY, "default"),
    }


def _show_rule(run: Run, rule: str) -> None:
    from mldebt import hygiene
    from mldebt.packs import kebab
    from mldebt.schema import suggestion
    from mldebt.selection import names, options_of

    of_debt = [name for name, file in run.packs.files.items() if file.debt == rule]
    if rule in (hygiene.DEBT, *hygiene.CHECKS) or of_debt:
        for name in of_debt or ([rule] if rule in hygiene.CHECKS else hygiene.CHECKS):
            say(_verdict(run, name))
        return
    if rule not in run.packs.files:
        raise click.UsageError(f"There is no rule or kind of debt `{rule}`{suggestion(rule, names(run.packs))}")
    say(_verdict(run, rule))
    loaded = run.packs.files[rule].load()
    given = run.settings.rules.get(rule, {})
    say(f"severity = {_toml(run.settings.severity.get(rule, loaded.severity.label))}")
    for name in options_of(loaded):
        value = given.get(kebab(name), getattr(loaded, name))
        say(f"{kebab(name)} = {_toml(value)}{'' if kebab(name) in given else '  # default'}")


def _verdict(run: Run, rule: str) -> str:
    from mldebt.selection import explain, is_ignored

    if rule not in run.packs.files:
        is_off = is_ignored(rule, run.settings)
        return (
            f"{rule}: {'off, because `ignore` names it' if is_off else 'on, because it is about the run itself'}"
        )
    verdict = explain(run.packs.files[rule], run.settings)
    return f"{rule}: {'on' if verdict.on else 'off'}, because {verdict.reason}"


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items() if item is not None)
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return f"[{', '.join(map(_toml, items))}]"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value.as_posix() if isinstance(value, Path) else value), ensure_ascii=False)


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else json.dumps(key)
