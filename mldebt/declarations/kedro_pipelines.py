"""Kedro pipelines in Python: which nodes there are once namespaces and renamings are applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mldebt.declarations.literals import UNKNOWN, Literals
from mldebt.facts import Binary, Call, Called, Each, Expr, Function, Ref, Seq, Star
from mldebt.plain_facts import keyword_argument
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_DEEPEST = 80
_MOST_STEPS = 20_000
"""Expressions that are looked at below one renaming pipeline before the rest is left out."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A node. `inputs` and `outputs` are (argument, dataset) pairs; `function` is `path:name` or empty."""

    name: str
    function: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    location: Location
    namespace: str = ""
    tags: str = ""


class _Key(NamedTuple):
    """A call by its file and number."""

    path: str
    call: int


class Pipelines:
    """Follows pipeline expressions down to their nodes."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._literals = Literals(project)
        self._seen: set[_Key] = set()
        self._steps = 0

    def nodes(self) -> Iterator[Node]:
        """All nodes: those of pipelines that rename, as these name them; the others as they are written."""
        calls = [
            (source, number, call)
            for source in self._project.code
            if any(module.startswith("kedro") for module in source.facts.header.modules)
            for number, call in enumerate(source.facts.calls)
        ]
        renaming: dict[_Key, list[Node]] = {}
        inside: set[_Key] = set()
        for source, number, call in calls:
            if _is_pipeline(call) and _renames(call):
                self._seen, self._steps = set(), 0
                renaming[_Key(source.path, number)] = list(self._of_call(source, number, 0))
                inside |= self._seen - {_Key(source.path, number)}
        for key, found in renaming.items():
            if key not in inside:
                yield from found
        for source, number, call in calls:
            if _is_node(call) and _Key(source.path, number) not in inside:
                yield self._node(source, call)

    # --- from expressions to nodes ---

    def _of(self, source: SourceFacts, expr: Expr | None, depth: int) -> Iterator[Node]:
        self._steps += 1
        if expr is None or depth > _DEEPEST or self._steps > _MOST_STEPS:
            return
        match expr:
            case Called(number):
                yield from self._of_call(source, number, depth + 1)
            case Seq(_, items):
                for item in items:
                    yield from self._of(source, item, depth + 1)
            case Star(operand):
                yield from self._of(source, operand, depth + 1)
            case Each(_, element):
                yield from self._of(source, element, depth + 1)
            case Binary("+" | "|" | "-", left, right):
                yield from self._of(source, left, depth + 1)
                if expr.operator != "-":
                    yield from self._of(source, right, depth + 1)
            case Ref(_, bindings):
                for index in bindings:
                    if index >= 0:
                        yield from self._of(source, source.facts.bindings[index].value, depth + 1)

    def _of_call(self, source: SourceFacts, number: int, depth: int) -> Iterator[Node]:
        call = source.facts.calls[number]
        self._seen.add(_Key(source.path, number))
        if _is_node(call):
            yield self._node(source, call)
        elif _is_pipeline(call):
            inner = call.args[0] if call.args else keyword_argument(call, "pipe", "nodes")
            yield from self._renamed(source, call, list(self._of(source, inner, depth)))
        elif call.name.rpartition(".")[2] in ("sum", "list") and call.args:
            yield from self._of(source, call.args[0], depth)
        else:
            symbol = self._project.names.symbol(source, call.name) if call.name else None
            if symbol is not None and isinstance(symbol.fact, Function) and not symbol.rest:
                for returned in symbol.source.returns_by_function.get(symbol.fact.block, []):
                    yield from self._of(symbol.source, returned, depth + 1)

    # --- nodes and renamings ---

    def _node(self, source: SourceFacts, call: Call) -> Node:
        arguments = dict(zip(("func", "inputs", "outputs"), call.args, strict=False))
        arguments |= {k.name: k.value for k in call.keywords}
        function = self._literals.callable(source, arguments.get("func"))
        location = source.location(call.span)
        name = self._literals.text(source, arguments.get("name")) or function.rpartition(":")[2]
        namespace = self._literals.text(source, arguments.get("namespace"))
        return Node(
            name=name or f"node at line {location.span.line}",
            function=function,
            inputs=self._datasets(source, arguments.get("inputs")),
            outputs=self._datasets(source, arguments.get("outputs")),
            location=location,
            namespace=namespace,
            tags=",".join(self._literals.texts(source, arguments.get("tags"))),
        )

    def _datasets(self, source: SourceFacts, expr: Expr | None) -> tuple[tuple[str, str], ...]:
        value = self._literals.plain(source, expr)
        if isinstance(value, dict):
            return tuple((str(key), self._word(item)) for key, item in value.items())
        return tuple(("", text) for text in self._literals.texts(source, expr) if text)

    def _word(self, value: object) -> str:
        return "${value}" if value is UNKNOWN or not isinstance(value, str) else value

    def _renamed(self, source: SourceFacts, call: Call, nodes: list[Node]) -> Iterator[Node]:
        """The nodes of a pipeline as `pipeline(…, inputs=, outputs=, parameters=, namespace=)` names them."""
        if not _renames(call):
            yield from nodes
            return
        kept: dict[str, str] = {}
        for name in ("inputs", "outputs"):
            kept |= self._mapping(source, keyword_argument(call, name))
        parameters = self._mapping(source, keyword_argument(call, "parameters"))
        kept |= {_as_parameter(old): _as_parameter(new) for old, new in parameters.items()}
        namespaces = self._literals.choices(source, keyword_argument(call, "namespace"))
        for namespace in namespaces:
            for node in nodes:
                yield msgspec.structs.replace(
                    node,
                    name=f"{namespace}.{node.name}" if namespace else node.name,
                    inputs=tuple((name, _rename(written, namespace, kept)) for name, written in node.inputs),
                    outputs=tuple((name, _rename(written, namespace, kept)) for name, written in node.outputs),
                    namespace=".".join(part for part in (namespace, node.namespace) if part),
                )

    def _mapping(self, source: SourceFacts, expr: Expr | None) -> dict[str, str]:
        value = self._literals.plain(source, expr)
        if isinstance(value, dict):
            return {key: self._word(item) for key, item in value.items()}
        return {text: text for text in self._literals.texts(source, expr)}


def _rename(written: str, namespace: str, kept: dict[str, str]) -> str:
    name, at, transcoding = written.partition("@")
    for candidate in (written, name):
        if candidate in kept:
            return kept[candidate] + (at + transcoding if candidate == name and at else "")
    if not namespace or written == "parameters":
        return written
    if written.startswith("params:"):
        return f"params:{namespace}.{written.removeprefix('params:')}"
    return f"{namespace}.{written}"


def _as_parameter(name: str) -> str:
    return name if name.startswith("params:") or name == "parameters" else f"params:{name}"


def _is_node(call: Call) -> bool:
    return call.name.startswith("kedro.") and call.name.rpartition(".")[2] in ("node", "Node")


def _is_pipeline(call: Call) -> bool:
    return call.name.startswith("kedro.") and call.name.rpartition(".")[2] in ("pipeline", "Pipeline")


def _renames(call: Call) -> bool:
    return any(k.name in ("namespace", "inputs", "outputs", "parameters") for k in call.keywords)
