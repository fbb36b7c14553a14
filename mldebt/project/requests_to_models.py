"""Handlers of web frameworks whose request data reaches a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binding, Call, Called, Const, Expr, Function, Item, Ref
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_ROUTES = frozenset({"route", "post", "get", "put", "api_route"})
_FRAMEWORKS = ("flask", "fastapi", "starlette", "quart", "sanic", "bottle")
_REQUESTS = frozenset({"get_json", "json", "form", "args", "values", "get_data", "data"})
_PREDICTS = frozenset({"predict", "predict_proba", "decision_function", "predict_on_batch"})
_CHECKS = re.compile(
    r"valid|schema|check|verify|sanit|assert|parse_obj|TypeAdapter|(^|[.:])(float|int|astype|to_numeric|pd\.to_numeric)$",
    re.IGNORECASE,
)
_UNTYPED = re.compile(r"(typing\.)?(dict|Dict|Any|Mapping|list|List)(\[.*\])?$")
_SIGNS = frozenset({"infer_signature", "ModelSignature", "input_example"})
_DEEPEST = 3


class UncheckedRequest(NamedTuple):
    """A handler, where its request data is predicted from, and what is called there."""

    source: SourceFacts
    handler: Function
    location: Location
    call: str


def unchecked_requests(project: Project) -> Iterator[UncheckedRequest]:
    """The handlers in which request data reaches a model without a check, a schema or a conversion."""
    is_signed = any(not _SIGNS.isdisjoint(s.facts.words) for s in project.code)
    for source in project.code:
        modules = source.facts.header.modules
        if not any(module.split(".")[0] in _FRAMEWORKS for module in modules):
            continue
        if is_signed and any(module.split(".")[0] == "mlflow" for module in modules):
            continue  # what MLflow loads checks its inputs against the signature
        for function in source.facts.functions:
            if _is_handler(source, function) and not _takes_one_text(source, function):
                found = _Flow(project, source, function).prediction()
                if found is not None:
                    yield UncheckedRequest(source, function, *found)


def _is_handler(source: SourceFacts, function: Function) -> bool:
    for decorator in function.decorators:
        func = source.facts.calls[decorator.call].func if isinstance(decorator, Called) else decorator
        if isinstance(func, Attr) and func.name in _ROUTES:
            return True
    return False


def _takes_one_text(source: SourceFacts, function: Function) -> bool:
    """Whether a handler takes one field of a form and nothing else: a text has no schema."""
    held: list[Expr | None] = [*_bound_by_function(source).get(function.block, ())]
    fields: set[object] = set()
    others = False
    for call in source.calls_by_function.get(function.block, ()):
        held += (call.func, *call.args, *(keyword.value for keyword in call.keywords))
        match call.func:
            case Attr(Attr(Ref("request"), "form"), "get") if call.args:
                fields.add(call.args[0])
    forms = 0
    for part in (part for expr in held for part in walk(expr)):
        match part:
            case Item(Attr(Ref("request"), "form"), key):
                fields.add(key)
            case Attr(Ref("request"), "form"):
                forms += 1
            case Attr(Ref("request"), name) if name in _REQUESTS:
                others = True
    return len(fields) == 1 and forms <= 2 and not others and isinstance(next(iter(fields)), Const)


@lru_cache(maxsize=4)
def _bound_by_function(source: SourceFacts) -> dict[int, list[Expr]]:
    """For each function's block the values of the names that are bound in it, and in functions inside it."""
    found: dict[int, list[Expr]] = {}
    for binding in source.facts.bindings:
        if binding.value is not None:
            for block in source.ancestors(binding.block):
                if source.facts.blocks[block].kind == "function":
                    found.setdefault(block, []).append(binding.value)
    return found


class _Flow:
    """Request data in one function, and in the project's functions that it is passed to."""

    def __init__(
        self, project: Project, source: SourceFacts, function: Function, given: frozenset[int] = frozenset()
    ):
        self._project = project
        self._source = source
        self._function = function
        self._given = given | self._untyped(given)
        self._seen: dict[int, bool] = {}

    def _untyped(self, given: frozenset[int]) -> frozenset[int]:
        if given:
            return frozenset()
        return frozenset(
            p.binding for p in self._function.params if p.annotation and _UNTYPED.match(p.annotation)
        )

    def prediction(self, depth: int = 0) -> tuple[Location, str] | None:
        """Where request data is predicted from; None where it is not, or is checked before."""
        calls = self._source.calls_by_function.get(self._function.block, [])
        if any(_CHECKS.search(call.name or getattr(call.func, "name", "")) for call in calls):
            return None
        for call in calls:
            if not any(
                self._is_request(argument) for argument in (*call.args, *(k.value for k in call.keywords))
            ):
                continue
            name = getattr(call.func, "name", "")
            if isinstance(call.func, Attr) and name in _PREDICTS and not call.name.startswith((":", ".")):
                return self._source.location(call.span), name
            inner = self._entered(call) if depth < _DEEPEST else None
            found = inner.prediction(depth + 1) if inner is not None else None
            if found is not None:
                return self._source.location(call.span), found[1]
        return None

    def _entered(self, call: Call) -> _Flow | None:
        """The project's function that a call enters, with the parameters that receive request data."""
        symbol = self._project.names.symbol(self._source, call.name) if call.name else None
        if symbol is None or symbol.rest or not isinstance(symbol.fact, Function):
            return None
        params = symbol.fact.params
        given = {params[i].binding for i, a in enumerate(call.args) if i < len(params) and self._is_request(a)}
        given |= {
            p.binding for p in params for k in call.keywords if k.name == p.name and self._is_request(k.value)
        }
        return _Flow(self._project, symbol.source, symbol.fact, frozenset(given)) if given else None

    def _is_request(self, expr: Expr | None) -> bool:
        for part in walk(expr):
            match part:
                case Attr(Ref("request"), name) if name in _REQUESTS:
                    return True
                case Ref(_, bindings) if any(self._bound(b) for b in bindings if b >= 0):
                    return True
                case Called(index):
                    call = self._source.facts.calls[index]
                    if self._is_request(call.func) or any(self._is_request(a) for a in call.args):
                        return True
        return False

    def _bound(self, index: int) -> bool:
        if index in self._given:
            return True
        if index not in self._seen:
            self._seen[index] = False
            binding: Binding = self._source.facts.bindings[index]
            if binding.kind in ("assign", "for", "annotated", "walrus", "with"):
                self._seen[index] = self._is_request(binding.value)
        return self._seen[index]
