"""Rules written in YAML: a call with or without an argument, or a setting with a value.

```yaml
documentation: |          # the same Markdown as the docstring of a Python rule
  A summary.
call: [sklearn.model_selection.train_test_split]      # qualified names; `*` stands for any text
with: [{name: shuffle, position: 4, value: true}]     # all of these arguments are given (with that literal) …
without: [{name: random_state, position: 3}]          # … and none of these
unless-called: [mlflow.autolog]                       # … and the same file calls none of these
unseeded: true                                        # … and nothing fixes the numbers that the call draws
fix: {argument: random_state, value: "42"}            # what repairs it (calls: [of these alone], safe: false)
message: "`{call}` shuffles without `random_state`"
severity: warning                                     # also confidence, profile, minutes, default, skip-roles
```

A setting rule has `setting: {key: trainer.deterministic, value: false, file: "*.yml"}` instead of `call`; `*`
in a key stands for one step. An argument that is `None` counts as not given unless `value: null` asks for it.
What cannot be known matches nothing: a call with `*args` or `**kwargs` may give any argument. For `unseeded`
the API tables tell which argument of a call is its seed and which calls seed its generator; such a call counts
for the whole of its file and for everything that the file imports.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from mldebt.facts import Const, Entry
from mldebt.files import SETTINGS_LIMIT, read_file
from mldebt.finding import Confidence, Finding, Fix, Profile, Safety, Severity
from mldebt.project import Project, Site, SourceFacts
from mldebt.project.call_fixes import argument_fix
from mldebt.rule import BrokenRuleError, Rule
from mldebt.schema import build
from mldebt.source import Kind, Role

_CONFIGURATION = (Kind.YAML, Kind.TOML, Kind.JSON, Kind.INI)


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A part of a YAML rule."""


class Argument(_Part, frozen=True):
    """An argument by keyword, and by position (from 0) where it may be given so; `value` is a literal."""

    name: str
    position: int | None = None
    value: Any = msgspec.UNSET


class Setting(_Part, frozen=True):
    """A configuration key, the value it must have, and a glob for the file's path."""

    key: str
    value: Any = msgspec.UNSET
    file: str = "*"


class GivenArgument(_Part, frozen=True):
    """A fix: calls (of these names, default all) get an argument; `value` is Python."""

    argument: str
    value: str
    calls: tuple[str, ...] = ("*",)
    safe: bool = False


class Declaration(_Part, frozen=True):
    """What a YAML rule's file holds."""

    documentation: str
    message: str
    call: tuple[str, ...] = ()
    with_: tuple[Argument, ...] = msgspec.field(default=(), name="with")
    without: tuple[Argument, ...] = ()
    unless_called: tuple[str, ...] = ()
    unseeded: bool = False
    setting: Setting | None = None
    fix: GivenArgument | None = None
    severity: Literal["error", "warning", "info"] = "warning"
    confidence: Literal["high", "medium", "low"] = "high"
    profile: Literal["hook", "ci", "audit"] = "ci"
    minutes: int = Rule.minutes
    default: bool = True
    skip_roles: tuple[Role, ...] | None = None


def load_declaration(file: Path) -> type[Rule]:
    """The rule that a YAML file declares. Raises BrokenRuleError with all its mistakes."""
    import yaml

    try:
        data = yaml.load(read_file(file, SETTINGS_LIMIT), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, RecursionError, yaml.YAMLError) as error:
        raise BrokenRuleError(f"cannot be read: {' '.join(str(error).split())}") from error
    mistakes: list[str] = []
    declared = build(
        Declaration, data, lambda place, message: mistakes.append(f"{place}: {message}".lstrip(": "))
    )
    if declared is not None:
        mistakes += _contradictions(declared)
    if declared is None or mistakes:
        raise BrokenRuleError("; ".join(mistakes))
    members: dict[str, Any] = {
        "__doc__": declared.documentation,
        "__module__": __name__,
        "declared": declared,
        "severity": Severity[declared.severity.upper()],
        "confidence": Confidence[declared.confidence.upper()],
        "profile": Profile[declared.profile.upper()],
        "minutes": declared.minutes,
        "default": declared.default,
    }
    if declared.skip_roles is not None:
        members["skip_roles"] = frozenset(declared.skip_roles)
    base = CallRule if declared.call else SettingRule
    return type(file.stem.title().replace("_", ""), (base,), members)


def _contradictions(declared: Declaration) -> Iterator[str]:
    if bool(declared.call) == (declared.setting is not None):
        yield "give either `call` or `setting`"
    if declared.setting is not None and (
        declared.with_ or declared.without or declared.unless_called or declared.unseeded or declared.fix
    ):
        yield "`with`, `without`, `unless-called`, `unseeded` and `fix` go with `call`"
    known = {"call": ""} if declared.call else {"key": "", "value": ""}
    try:
        declared.message.format(**known)
    except (KeyError, IndexError, ValueError):
        yield f"message: its placeholders may be {', '.join(f'{{{name}}}' for name in known)}"


class CallRule(Rule):
    """A rule about calls with or without arguments."""

    declared: ClassVar[Declaration]

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each call that has what is wanted and lacks what is missed."""
        declared = self.declared
        excused: set[str] = set()
        if declared.unless_called:
            excused = {site.source.path for site in project.calls(*declared.unless_called)}
        for site in project.calls(*declared.call):
            if site.source.source.is_any(*self.skip_roles) or site.source.path in excused:
                continue
            if declared.unseeded and not project.randomness.is_unseeded(site):
                continue
            if all(_has(site, argument) for argument in declared.with_) and all(
                _lacks(site, argument) for argument in declared.without
            ):
                yield self.finding(
                    site.location,
                    declared.message.format(call=site.name),
                    scope=site.source.scope_name(site.call.block),
                    fix=_fix(site, declared.fix),
                )


def _fix(site: Site, given: GivenArgument | None) -> Fix | None:
    if given is None or not any(fnmatchcase(site.name, name) for name in given.calls):
        return None
    safety = Safety.SAFE if given.safe else Safety.UNSAFE
    return argument_fix(site.source, site.call, given.argument, given.value, safety=safety)


class SettingRule(Rule):
    """A rule about a configuration key with a value."""

    declared: ClassVar[Declaration]

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each entry that has the key and the value."""
        setting = self.declared.setting
        if setting is None:
            return
        wanted = setting.key.split(".")
        for source in self.sources(project, *_CONFIGURATION):
            if not fnmatchcase(source.path, setting.file):
                continue
            for entry in source.facts.entries:
                if _is_at(entry, wanted) and _has_value(entry, setting.value):
                    yield self._finding(source, entry)

    def _finding(self, source: SourceFacts, entry: Entry) -> Finding:
        key = ".".join(map(str, entry.path))
        message = self.declared.message.format(key=key, value=entry.text)
        return self.finding(source.location(entry.span), message, scope=key)


def _is_at(entry: Entry, wanted: list[str]) -> bool:
    return len(entry.path) == len(wanted) and all(
        pattern in ("*", str(step)) for step, pattern in zip(entry.path, wanted, strict=True)
    )


def _has_value(entry: Entry, value: Any) -> bool:
    if value is msgspec.UNSET:
        return True
    return entry.kind == "scalar" and _same(entry.value, value)


def _has(site: Site, argument: Argument) -> bool:
    """Whether the call surely gives the argument (with the wanted literal)."""
    given = site.argument(argument.position, argument.name)
    if given is None:
        return False
    if argument.value is msgspec.UNSET:
        return given != Const(None)
    return isinstance(given, Const) and _same(given.value, argument.value)


def _lacks(site: Site, argument: Argument) -> bool:
    """Whether the call surely does not give the argument (or surely with another literal)."""
    given = site.argument(argument.position, argument.name)
    if given is None:
        return not site.hides_arguments
    if argument.value is msgspec.UNSET:
        return given == Const(None)
    return isinstance(given, Const) and not _same(given.value, argument.value)


def _same(found: object, wanted: object) -> bool:
    """Equal and of one type: `1` is neither `true` nor `1.0`."""
    return type(found) is type(wanted) and found == wanted
