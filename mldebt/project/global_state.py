"""Global names through which functions hand tables and fitted models on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binding, Called, Expr, Function, Ref
from mldebt.project.branches import written
from mldebt.project.notebook_copies import is_exported_notebook
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import names_in
from mldebt.source import Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_HOOK = re.compile(r"^_?(init|initiali[sz]er|init_?worker|worker_?init|lifespan|startup|model_fn|load_model)$")
_SERVING_HOOK = re.compile(r"^_?(init|setup|load|startup|lifespan|warm)|_(init|startup|model)$", re.IGNORECASE)
_DECORATED = re.compile(r"on_event|before_first_request|before_request|lifespan|startup|fixture|cache")
_LOCK = re.compile(r"(^|[_.])(r?lock|mutex)", re.IGNORECASE)
_SERVERS = frozenset("flask fastapi streamlit gradio bentoml dash starlette sanic litserve azureml".split())
LEARNERS = ("classifier", "regressor", "estimator", "search", "transformer", "clusterer")
_FITS = frozenset({"fit", "fit_transform", "partial_fit"})


class SharedGlobals(NamedTuple):
    """Global names that one function binds to tables or models, the first binding first, and where others read them."""

    bindings: tuple[Binding, ...]
    role: str
    readers: tuple[Span, ...]


def shared_globals(project: Project, source: SourceFacts) -> Iterator[SharedGlobals]:
    """The global tables and models of a source that functions rebind and others read, by the function that binds.

    What is bound only where it is still empty, below a lock, or when a service starts, is none; nor is anything in a
    script that a notebook was exported to.
    """
    bound: dict[int, list[tuple[Binding, str]]] = {}
    for indices in project.global_bindings(source).values():
        bindings = [source.facts.bindings[i] for i in indices]
        roles = ((source.facts.bindings[i], _role(project, source, i)) for i in indices)
        first = next((pair for pair in roles if pair[1]), None)
        if first is not None and not any(_is_kept_once(source, binding) for binding in bindings):
            bound.setdefault(source.scope_of(first[0].block), []).append(first)
    if bound and is_exported_notebook(source):
        return
    for scope, pairs in sorted(bound.items()):
        readers: dict[int, Span] = {}
        shared = []
        for binding, role in pairs:
            places = _readers(source, binding.name).items()
            found = {s: span for s, span in places if scope not in source.ancestors(s)}
            if found:
                shared.append((binding, role))
                readers = found | readers
        if shared:
            yield SharedGlobals(tuple(b for b, _ in shared), shared[0][1], tuple(readers.values()))


def _role(project: Project, source: SourceFacts, index: int) -> str:
    """What a function puts into a global name: a table, the parts of a split, a model that it fits; else empty."""
    binding, apis = source.facts.bindings[index], project.flow.apis
    if apis.is_split(source, binding.value):
        return "split"
    found = project.type_of(source, Ref(binding.name, (index,)))
    if apis.has_role(found, "frame", "series"):
        return "table"
    return "model" if apis.has_role(found, *LEARNERS) and _is_fitted(source, binding) else ""


def _is_fitted(source: SourceFacts, binding: Binding) -> bool:
    """Whether the function that binds a name also fits what it binds."""
    scope = source.scope_of(binding.block)
    return any(
        isinstance(call.func, Attr)
        and call.func.name in _FITS
        and source.scope_of(call.block) == scope
        and (binding.value == Called(number) or written(call.func.base) == binding.name)
        for number, call in enumerate(source.facts.calls)
    )


def _is_kept_once(source: SourceFacts, binding: Binding) -> bool:
    """Whether a function binds a name where it is still empty, below a lock, or when a service starts."""
    scope = source.scope_of(binding.block)
    function = source.function_of(scope)
    if function is None:
        return True
    tests = (b.test for i, b in enumerate(source.facts.blocks) if b.kind == "if" and source.scope_of(i) == scope)
    if any(_mentions(test, binding.name) for test in tests) and not _is_made_of_itself(source, binding):
        return True
    return is_startup(source, scope)


def is_startup(source: SourceFacts, scope: int) -> bool:
    """Whether a function, given by its block, runs when a service or worker starts, or below a lock."""
    function = source.function_of(scope)
    if function is None:
        return True
    packages = {module.partition(".")[0] for module in source.facts.header.modules}
    decorators = " ".join(_called(source, decorator) for decorator in function.decorators)
    if not packages.isdisjoint(_SERVERS) and _SERVING_HOOK.search(function.name):
        return True
    if _HOOK.match(function.name) or _DECORATED.search(decorators):
        return True
    used = (use.expr for use in source.facts.uses if source.scope_of(use.block) == scope)
    return any(_LOCK.search(written(expr)) for expr in used)


def _is_made_of_itself(source: SourceFacts, binding: Binding) -> bool:
    """Whether a name is bound to what is made of it: a step, after a guard against an empty name."""
    parts: list[Expr | None] = [binding.value]
    if isinstance(binding.value, Called):
        call = source.facts.calls[binding.value.call]
        parts += [call.func, *call.args]
    return any(_mentions(part, binding.name) for part in parts)


def _called(source: SourceFacts, decorator: Expr) -> str:
    return written(source.facts.calls[decorator.call].func if isinstance(decorator, Called) else decorator)


def _mentions(expr: Expr | None, name: str) -> bool:
    return any(part.name == name for part in names_in(expr))


def _readers(source: SourceFacts, name: str) -> dict[int, Span]:
    """The functions that read a global name, by block, with the first place of each."""
    found: dict[int, Span] = {}
    for use in source.facts.uses:
        if not _mentions(use.expr, name):
            continue
        functions = [f for s in source.ancestors(use.block) if (f := source.function_of(s)) is not None]
        if functions and not any(_has_own(source, function, name) for function in functions):
            found.setdefault(functions[0].block, use.span)
    return found


def _has_own(source: SourceFacts, function: Function, name: str) -> bool:
    """Whether a name is a parameter or variable of a function."""
    if any(param.name == name for param in function.params):
        return True
    bound = source.bindings_by_scope.get(function.block, {}).get(name, ())
    return any(source.facts.bindings[index].kind != "global" for index in bound)
