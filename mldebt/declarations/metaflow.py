"""Metaflow: the steps of flows, in the order that `self.next` gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.declarations.decorated import home_of, users_of
from mldebt.declarations.literals import Literals, dotted
from mldebt.declarations.model import Declared, Stage, place
from mldebt.facts import Attr, Called, Class, Function
from mldebt.plain_facts import keyword_argument

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts


def declared(project: Project) -> Iterator[Stage]:
    """The methods that `@step` decorates in subclasses of FlowSpec; `Parameter` and `IncludeFile` are theirs."""
    literals = Literals(project)
    for source in users_of(project, "metaflow"):
        for cls in source.facts.classes:
            if any(dotted(source, base).rpartition(".")[2] == "FlowSpec" for base in cls.bases):
                yield from _steps(project, literals, source, cls)


def _steps(project: Project, literals: Literals, source: SourceFacts, cls: Class) -> Iterator[Stage]:
    given = tuple(_given(project, literals, source, cls))
    methods = [
        f for f in source.facts.functions if f.qualname == f"{cls.qualname}.{f.name}" and _is_step(source, f)
    ]
    before: dict[str, list[str]] = {}
    for method in methods:
        for following in _next(source, method):
            before.setdefault(following, []).append(method.name)
    for method in methods:
        yield Stage(
            id=f"{source.path}:{method.qualname}",
            name=method.qualname,
            tool="metaflow",
            location=source.location(method.span),
            directory=home_of(project, source.path),
            code=(f"{source.path}:{method.qualname}",),
            inputs=tuple(d for d in given if d.kind == "input" and method.name == "start"),
            params=tuple(d for d in given if d.kind == "param" and method.name == "start"),
            after=tuple(before.get(method.name, ())),
        )


def _is_step(source: SourceFacts, function: Function) -> bool:
    return any(dotted(source, decorator) == "metaflow.step" for decorator in function.decorators)


def _next(source: SourceFacts, method: Function) -> Iterator[str]:
    """The steps that `self.next(self.a, self.b)` names in a step."""
    for call in source.facts.calls:
        if (
            isinstance(call.func, Attr)
            and call.func.name == "next"
            and method.block in source.ancestors(call.block)
        ):
            for argument in call.args:
                if isinstance(argument, Attr):
                    yield argument.name


def _given(project: Project, literals: Literals, source: SourceFacts, cls: Class) -> Iterator[Declared]:
    """The flow's parameters, and the files that are included into it."""
    for binding in source.facts.bindings:
        if binding.block != cls.block or not isinstance(binding.value, Called):
            continue
        call = source.facts.calls[binding.value.call]
        kind = call.name.rpartition(".")[2]
        if not call.name.startswith("metaflow.") or kind not in ("Parameter", "IncludeFile"):
            continue
        default = literals.text(source, keyword_argument(call, "default"))
        name = (
            literals.text(source, call.args[0] if call.args else keyword_argument(call, "name")) or binding.name
        )
        included = kind == "IncludeFile"
        yield Declared(
            kind="input" if included else "param",
            path=place(home_of(project, source.path), default) if included else name,
            name=name,
            location=source.location(binding.span),
            tool="metaflow",
            stage=f"{cls.qualname}.start",
            options=(("default", default),) if default else (),
        )
