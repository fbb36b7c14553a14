"""Which rules run, and with which options: names and options from the settings against the rules that exist.

A rule named by its id in `select` or `extend-select` runs, one named in `ignore` does not. Otherwise `all`
selects every rule, a kind of debt its rules that are on by default, and an empty `select` the rules that
are on by default in the profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, get_origin, get_type_hints

import msgspec

from mldebt import hygiene
from mldebt.finding import Profile
from mldebt.packs import BrokenRule, Packs, RuleFile, kebab
from mldebt.rule import BrokenRuleError, Rule
from mldebt.schema import suggestion
from mldebt.settings import Settings, SettingsError

ALL = "all"


class Selection(NamedTuple):
    """The rules that run, by id, and those that cannot."""

    rules: tuple[Rule, ...]
    broken: tuple[BrokenRule, ...]


class Verdict(NamedTuple):
    """Whether a rule runs, and why."""

    on: bool
    reason: str


def select(packs: Packs, settings: Settings) -> Selection:
    """The configured rules that the settings choose. Raises SettingsError with all mistakes."""
    wrong = list(_unknown_names(packs, settings))
    rules: list[Rule] = []
    broken = list(packs.broken)
    for file in packs.files.values():
        wanted = _wanted_by_name(file, settings)
        options = settings.rules.get(file.id)
        if not options and (wanted is False or (wanted is None and _is_beyond(file, settings))):
            continue
        try:
            rule = file.load()
        except BrokenRuleError as error:
            broken.append(BrokenRule(file.id, file.file, str(error)))
            continue
        instance = rule()
        if options:
            wrong += _configure(instance, options)
        if wanted if wanted is not None else _wanted_by_default(rule, settings):
            rules.append(instance)
    if wrong:
        raise SettingsError(wrong)
    return Selection(tuple(rules), tuple(broken))


def mistakes(packs: Packs, settings: Settings) -> Iterator[str]:
    """What the settings name and does not exist, and the wrong options of rules. Broken rules have none."""
    yield from _unknown_names(packs, settings)
    for name, options in settings.rules.items():
        if options and name in packs.files:
            try:
                yield from _configure(packs.files[name].load()(), options)
            except BrokenRuleError:
                continue


def is_ignored(rule: str, settings: Settings) -> bool:
    """Whether `rule` is a kind of finding of the run itself that the settings do not want."""
    return rule in hygiene.CHECKS and not {rule, hygiene.DEBT, ALL}.isdisjoint(settings.ignore)


def options_of(rule: type[Rule]) -> dict[str, Any]:
    """The options of a rule with their types: its annotated public attributes."""
    own = {
        name for cls in rule.__mro__ if issubclass(cls, Rule) and cls is not Rule for name in cls.__annotations__
    }
    hints = get_type_hints(rule)
    return {
        name: hints[name]
        for name in sorted(own)
        if not name.startswith("_") and get_origin(hints[name]) is not ClassVar and hasattr(rule, name)
    }


def names(packs: Packs) -> set[str]:
    """Everything that a selection may name: rules, kinds of debt, `all`."""
    return {
        *packs.files,
        *packs.debts,
        *hygiene.CHECKS,
        hygiene.DEBT,
        ALL,
        *(rule.id for rule in packs.broken),
    }


def _unknown_names(packs: Packs, settings: Settings) -> Iterator[str]:
    known = names(packs)
    rules = {*packs.files, *hygiene.CHECKS}
    lists = {
        "select": settings.select,
        "extend-select": settings.extend_select,
        "ignore": settings.ignore,
        **{f"per-file-ignores.{glob}": given for glob, given in settings.per_file_ignores.items()},
    }
    for key, given in lists.items():
        for name in given:
            if name not in known:
                yield f"{key}: there is no rule or kind of debt `{name}`{suggestion(name, known)}"
    for key, table in (("severity", settings.severity), ("rules", settings.rules)):
        for name in table:
            if name not in rules:
                yield f"{key}.{name}: there is no such rule{suggestion(name, rules)}"


def explain(file: RuleFile, settings: Settings) -> Verdict:
    """Whether a rule runs, and which setting decides. Raises BrokenRuleError if its file cannot be used."""
    chosen = {"select": settings.select, "extend-select": settings.extend_select}
    wanted = _wanted_by_name(file, settings)
    if wanted is False:
        for name in (file.id, file.debt, ALL):
            if name in settings.ignore:
                return Verdict(False, f"`ignore` names `{name}`")
        return Verdict(False, "`select` names neither it nor its kind of debt")
    if wanted:
        key, name = next((key, name) for name in (file.id, ALL) for key, given in chosen.items() if name in given)
        return Verdict(True, f"`{key}` names `{name}`")
    rule = file.load()
    by = next((key for key, given in chosen.items() if file.debt in given), "")
    if not rule.default:
        return Verdict(False, "it is off unless it is named")
    if by:
        return Verdict(True, f"`{by}` names `{file.debt}`")
    if _wanted_by_default(rule, settings):
        return Verdict(True, f"it belongs to the profile `{settings.profile}`")
    return Verdict(False, f"it begins with the profile `{rule.profile.label}`, not `{settings.profile}`")


def _wanted_by_name(rule: RuleFile, settings: Settings) -> bool | None:
    """Whether a rule runs, as far as its id and kind of debt decide it; None: its class must tell."""
    chosen = {*settings.select, *settings.extend_select}
    if rule.id in settings.ignore:
        return False
    if rule.id in chosen:
        return True
    if rule.debt in settings.ignore or ALL in settings.ignore:
        return False
    if ALL in chosen:
        return True
    if rule.debt in chosen or not settings.select:
        return None
    return False


def _is_beyond(rule: RuleFile, settings: Settings) -> bool:
    """Whether the text of a rule's file says that the rule begins with a larger profile."""
    if settings.select or rule.debt in settings.extend_select:
        return False
    profile = rule.written_profile()
    return profile is not None and profile > Profile[settings.profile.upper()]


def _wanted_by_default(rule: type[Rule], settings: Settings) -> bool:
    if rule.debt in (*settings.select, *settings.extend_select):
        return rule.default
    return rule.default and rule.profile <= Profile[settings.profile.upper()]


def _configure(rule: Rule, options: dict[str, Any]) -> Iterator[str]:
    """Set a rule's options on the instance; yields the mistakes."""
    known = options_of(type(rule))
    by_key = {kebab(name): name for name in known}
    for key, value in options.items():
        name = by_key.get(key)
        if name is None:
            yield f"rules.{rule.id}.{key}: there is no such option{suggestion(key, by_key)}"
            continue
        try:
            setattr(rule, name, msgspec.convert(value, known[name]))
        except msgspec.ValidationError as error:
            yield f"rules.{rule.id}.{key}: {str(error)[:1].lower()}{str(error)[1:]}"
