"""Settings that are taken over into a variable or an object and then used by nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt import facts
from mldebt.project.manifests import is_library
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import names_in, walk
from mldebt.source import Kind, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_SETTINGS = re.compile(
    r"(^|_)(config\w*|cfg|conf|params?|parameters|args|arguments|opts?|options?|settings?|hparams|flags)$",
    re.IGNORECASE | re.MULTILINE,
)
_READ_BY_NAME = frozenset({"vars", "locals", "eval", "exec", "asdict", "globals", "save_hyperparameters"})
_BASES = re.compile(
    r"(torch\.nn|tensorflow|keras|torch\.utils\.data|abc)\.|object$|(^|[.:])(nn\.)?(Module|Dataset|ABC|Layer|Model)$"
)
"""Bases that ask an object for none of the settings that it keeps."""


class IdleSettings(NamedTuple):
    """What a function or a constructor (`scope`) takes over for nothing: each name with its place."""

    source: SourceFacts
    scope: str
    names: tuple[tuple[str, Span], ...]


def idle_settings(project: Project) -> Iterator[IdleSettings]:
    """All of them in Python files, but for libraries and for files that read attributes by computed names."""
    taken = [(source, [*_kept(source)], [*_unread(source)]) for source in project.code if _takes_settings(source)]
    names = {name for _, stores, _ in taken for store in stores for name in _names_of(store)}
    read = _read_anywhere(project, names)
    for source, stores, bindings in taken:
        groups: dict[str, list[tuple[str, Span]]] = defaultdict(list)
        for store in stores:
            if isinstance(store.target, facts.Attr) and read.isdisjoint(_names_of(store)):
                groups[source.scope_name(store.block)].append((f"self.{store.target.name}", store.span))
        for binding in bindings:
            groups[source.scope_name(binding.block)].append((binding.name, binding.span))
        if groups and not is_library(project, source.path):
            for scope, found in groups.items():
                yield IdleSettings(source, scope, tuple(sorted(found, key=lambda pair: pair[1])))


def _takes_settings(source: SourceFacts) -> bool:
    """Whether a Python file has names of configurations, and reads no attributes by names that it computes."""
    words = source.facts.words
    if source.kind is not Kind.PYTHON or "__dict__" in words or not _SETTINGS.search("\n".join(words)):
        return False
    called = (call.name.rpartition(".")[2].rpartition(":")[2] for call in source.facts.calls)
    return _READ_BY_NAME.isdisjoint(words) or _READ_BY_NAME.isdisjoint(called)


def _kept(source: SourceFacts) -> Iterator[facts.Store]:
    """The settings that constructors keep in their object as they are."""
    classes = {cls.block: cls for cls in source.facts.classes}
    constructors = {
        function.block
        for function in source.facts.functions
        if function.name == "__init__"
        and (cls := classes.get(source.facts.blocks[function.block].parent)) is not None
        and not cls.decorators
        and all(_BASES.search(qualified(source, base)) for base in cls.bases)
    }
    for store in source.facts.stores if constructors else ():
        target = store.target
        if (
            source.scope_of(store.block) in constructors
            and isinstance(target, facts.Attr)
            and store.operator == "="
        ):
            own = isinstance(target.base, facts.Ref) and target.base.name == "self" and target.name[:1] != "_"
            if own and not store.path and _is_setting(store.value):
                yield store


def _is_setting(value: facts.Expr | None) -> bool:
    """Whether an expression is a part of a configuration: `config.rate`, `params["train"]["rate"]`."""
    depth = 0
    while isinstance(value, facts.Attr | facts.Item):
        if isinstance(value, facts.Item) and not _is_text(value.index):
            return False
        if isinstance(value, facts.Attr) and _SETTINGS.search(value.name) and depth:
            return True  # self.config.rate
        value, depth = value.base, depth + 1
    return depth > 0 and isinstance(value, facts.Ref) and bool(_SETTINGS.search(value.name))


def _is_text(expr: facts.Expr) -> bool:
    return isinstance(expr, facts.Const) and isinstance(expr.value, str)


def _names_of(store: facts.Store) -> set[str]:
    """The names by which a setting that is kept could be read: that of the attribute, and its own."""
    value, names = store.value, {store.target.name} if isinstance(store.target, facts.Attr) else set()
    if isinstance(value, facts.Item):
        return names | ({str(value.index.value)} if isinstance(value.index, facts.Const) else set())
    return names | ({value.name} if isinstance(value, facts.Attr) else set())


def _expressions(source: SourceFacts) -> Iterator[facts.Expr | None]:
    """What a file reads, without the settings that are only taken over."""
    content = source.facts
    for call in content.calls:
        yield call.func
        yield from call.args
        yield from (keyword.value for keyword in call.keywords)
    yield from (binding.value for binding in content.bindings if not _is_setting(binding.value))
    yield from (result.value for result in content.returns)
    yield from (block.test for block in content.blocks)
    yield from (condition.comparison for condition in content.conditions)
    yield from (function.default for f in content.functions for function in f.params)
    for store in content.stores:
        target = store.target
        plain = isinstance(target, facts.Attr) and store.operator == "="
        yield target.base if plain and isinstance(target, facts.Attr) else target
        if not (plain and _is_setting(store.value)):
            yield store.value
    yield from (use.expr for use in content.uses if not _is_setting(use.expr))


def _read_anywhere(project: Project, names: set[str]) -> set[str]:
    """Those of the names that code reads as attributes, or mentions: most where they are plainly used."""
    found: set[str] = set()
    for look in (_attributes_used, _attributes_read):
        for source in project.code if names - found else ():
            wanted = (names - found).intersection(source.facts.words)
            found |= wanted.intersection(look(source)) if wanted else wanted
    return found


def _attributes_used(source: SourceFacts) -> Iterator[str]:
    """The attributes in plain chains that are used or called."""
    content = source.facts
    chains = [call.func for call in content.calls]
    chains += [u.expr for u in content.uses if type(u.expr) is not facts.Ref and not _is_setting(u.expr)]
    for expr in chains:
        while type(expr) is facts.Attr or type(expr) is facts.Item:
            if type(expr) is facts.Attr:
                yield expr.name
            expr = expr.base


def _attributes_read(source: SourceFacts) -> Iterator[str]:
    """All attributes that are read, and strings that could name one."""
    for expr in _expressions(source):
        for part in walk(expr):
            if isinstance(part, facts.Attr):
                yield part.name
            elif isinstance(part, facts.Const) and isinstance(part.value, str) and part.value.isidentifier():
                yield part.value


def _unread(source: SourceFacts) -> Iterator[facts.Binding]:
    """The variables of functions that take a setting over and that nothing reads."""
    content = source.facts
    found = {
        index
        for index, binding in enumerate(content.bindings)
        if binding.kind == "assign"
        and not binding.path
        and (type(binding.value) is facts.Attr or type(binding.value) is facts.Item)
        and _is_setting(binding.value)
        and binding.name[:1] != "_"
    }
    functions = {function.block for function in content.functions} if found else set()
    outside = {binding.name for binding in content.bindings if binding.kind == "global"} if found else set()
    found = {
        index
        for index in found
        if source.scope_of(content.bindings[index].block) in functions
        and content.bindings[index].name not in outside
    }
    uses = [use.expr for use in content.uses] if found else []
    found -= {index for expr in uses for ref in names_in(expr) for index in ref.bindings}
    if not found:
        return  # as mostly
    exprs = [*_expressions(source), *(b.value for b in content.bindings), *(s.value for s in content.stores)]
    found -= {index for expr in exprs for ref in names_in(expr) for index in ref.bindings}
    yield from (content.bindings[index] for index in sorted(found))
