"""What one source's functions call, refer to and import: the edges of the call graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from itertools import chain
from posixpath import dirname
from typing import TYPE_CHECKING

import msgspec

from mldebt.facts import Attr, Binding, Call, Called, Class, Const, Expr, Function, Hole, Ref
from mldebt.project.callers import class_around
from mldebt.project.imports import is_for_type_checkers
from mldebt.project.names import Symbol
from mldebt.project.places import Place
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import parts_of

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TRANSPARENT = frozenset(
    {"staticmethod", "classmethod", "property", "abstractmethod", "cached_property", "lru_cache", "cache",
     "wraps", "contextmanager", "asynccontextmanager", "overload", "override", "final", "njit", "jit",
     "vectorize", "no_grad", "inference_mode", "setter", "getter", "deleter", "total_ordering", "dataclass",
     "deprecated", "singledispatch", "typechecked", "validate_call", "retry"}
)  # fmt: skip
"""Decorators that do not register what they decorate: it still has to be called."""

_LOOKUPS = frozenset({"instantiate", "get_class", "get_method", "load_obj", "import_module"})
"""Functions that find code by a name that they are given."""

_SILENT = frozenset({Const, Called, Hole})
"""Expressions that name nothing; what a call names is an edge of its own."""

_PROPERTIES = frozenset({"property", "cached_property"})


class Edges(msgspec.Struct):
    """What one place leads to.

    `functions` are called or handed on, `classes` instantiated or handed on; `methods` are the names of methods
    called on objects of the project or of unknown type; `modules` are run by import. `namespaces` are files that
    are handed on as modules, so that anything in them may be called. `by_name` says that code is looked up by
    names that configuration gives (`hydra.utils.instantiate`).
    """

    functions: set[Place] = msgspec.field(default_factory=set)
    classes: set[Place] = msgspec.field(default_factory=set)
    methods: set[str] = msgspec.field(default_factory=set)
    modules: set[str] = msgspec.field(default_factory=set)
    namespaces: set[str] = msgspec.field(default_factory=set)
    by_name: bool = False


def place_of(source: SourceFacts, block: int) -> Place:
    """The innermost function around a block, or the part of the file's top level."""
    return source.places[block]


def edges_of(project: Project, source: SourceFacts, defined: Container[str]) -> dict[str, Edges]:
    """The edges of each function of a source (and of MODULE and MAIN), by name.

    `defined` are the last names of the project's functions and classes: no other method is any of theirs.
    """
    found: dict[str, Edges] = defaultdict(Edges)
    places = source.places
    for call in source.facts.calls:
        func = call.func
        edges = found[places[call.block].function]
        if call.name:
            _add_lookups(source, edges, call)
        elif isinstance(func, Attr) and func.name not in defined:
            continue
        symbol = project.callers.target(source, call)
        if symbol is not None:
            _add(edges, symbol)
        if isinstance(func, Attr):
            if not _outside(project, source, func.base, call.name, symbol):
                edges.methods.add(func.name)
        elif symbol is None:
            _add_references(project, source, edges, func)
    for block, expr in _handed_on(source):
        _add_references(project, source, found[places[block].function], expr)
    _add_definitions(project, source, found)
    _add_imports(project, source, found)
    return dict(found)


def _add_lookups(source: SourceFacts, edges: Edges, call: Call) -> None:
    """`globals()[name]` may be anything of the file, `getattr(self, name)` any method of the class."""
    if call.name.rpartition(".")[2] in _LOOKUPS:
        edges.by_name = True
    elif call.name == "globals":
        edges.namespaces.add(source.path)
    elif call.name == "getattr" and len(call.args) > 1 and not isinstance(call.args[1], Const):
        cls = class_around(source, call.block)
        if cls is not None and isinstance(call.args[0], Ref) and call.args[0].name in ("self", "cls"):
            own = (f for f in source.facts.functions if f.qualname == f"{cls.qualname}.{f.name}")
            edges.functions.update(Place(source.path, function.qualname) for function in own)


def _handed_on(source: SourceFacts) -> Iterator[tuple[int, Expr]]:
    """The expressions that may hand on code: what calls are given, what is bound, stored or returned; their blocks.

    Constants, calls and the names of mere values hand on none; most expressions are nothing else.
    """
    facts, code = source.facts, source.code_bindings
    given = ((call.block, argument) for call in facts.calls for argument in call.args)
    named = ((call.block, keyword.value) for call in facts.calls for keyword in call.keywords)
    bound = ((binding.block, binding.value) for binding in facts.bindings if binding.value is not None)
    stored = ((store.block, store.value) for store in facts.stores)
    returned = ((result.block, result.value) for result in facts.returns)
    for block, expr in chain(given, named, bound, stored, returned):
        if type(expr) is Ref:
            if not expr.bindings or expr.bindings[0] in code:
                yield block, expr
        elif type(expr) not in _SILENT:
            yield block, expr


def _add_definitions(project: Project, source: SourceFacts, found: dict[str, Edges]) -> None:
    """Decorators that register functions and classes hand them on where they are defined."""
    definitions: tuple[Function | Class, ...] = (*source.facts.functions, *source.facts.classes)
    for definition in definitions:
        where = source.facts.blocks[definition.block].parent
        edges = found[place_of(source, where).function]
        for decorator in definition.decorators:
            _add_references(project, source, edges, decorator)
        if any(decorator_name(source, d) not in _TRANSPARENT for d in definition.decorators):
            place = Place(source.path, definition.qualname)
            (edges.functions if isinstance(definition, Function) else edges.classes).add(place)


def _add_imports(project: Project, source: SourceFacts, found: dict[str, Edges]) -> None:
    for fact in source.facts.imports:
        if is_for_type_checkers(source, fact.block):
            continue
        modules = found[place_of(source, fact.block).function].modules
        for path in project.imports.files_of(source, fact):
            modules.add(path)
            modules.update(_packages(project, path))


def _packages(project: Project, path: str) -> Iterator[str]:
    """The `__init__.py` files that importing a file runs first."""
    home = dirname(path)
    while home and project.source(f"{home}/__init__.py") is not None:
        yield f"{home}/__init__.py"
        home = dirname(home)


def decorator_name(source: SourceFacts, decorator: Expr) -> str:
    """The last name of a decorator, called or not."""
    if isinstance(decorator, Called):
        decorator = source.facts.calls[decorator.call].func
    return decorator.name if isinstance(decorator, Attr | Ref) else ""


def is_property(source: SourceFacts, function: Function) -> bool:
    """Whether reading an attribute runs a method."""
    return any(decorator_name(source, d) in _PROPERTIES for d in function.decorators)


def _add(edges: Edges, symbol: Symbol) -> None:
    """Add a function or class, or the one nested in it that the rest names; a class method makes instances."""
    fact, facts = symbol.fact, symbol.source.facts
    if isinstance(fact, Binding) and fact.kind == "class":
        fact = facts.classes[fact.index]
    if not isinstance(fact, Function | Class):
        return
    nested = ".".join((fact.qualname, *symbol.rest)) if symbol.rest else fact.qualname
    if nested in symbol.source.functions_by_name:
        edges.functions.add(Place(symbol.source.path, nested))
    elif nested in symbol.source.classes_by_name:
        edges.classes.add(Place(symbol.source.path, nested))
    else:
        (edges.functions if isinstance(fact, Function) else edges.classes).add(
            Place(symbol.source.path, fact.qualname)
        )
    if isinstance(fact, Function) and any(
        decorator_name(symbol.source, decorator) == "classmethod" for decorator in fact.decorators
    ):
        edges.classes.add(Place(symbol.source.path, fact.qualname.rpartition(".")[0]))


def _outside(project: Project, source: SourceFacts, receiver: Expr, name: str, symbol: Symbol | None) -> bool:
    """Whether a method surely belongs to a library or is a function of a module."""
    if name and not name.startswith(":"):
        return True
    if symbol is not None:
        return False
    known = project.type_of(source, receiver)
    return known not in ("", "NoneType") and ":" not in known


def _add_references(project: Project, source: SourceFacts, edges: Edges, expr: Expr) -> None:
    """The functions and classes that an expression names; what it calls has been added already."""
    for root, part in chains(expr):
        is_variable = root.bindings and root.bindings[0] not in source.code_bindings
        name = "" if is_variable else qualified(source, part)
        symbol = project.names.symbol(source, name) if name else None
        if symbol is not None and symbol.fact is None:
            edges.namespaces.add(symbol.source.path)
        elif symbol is not None:
            _add(edges, symbol)
        elif type(part) is Attr and part.base is root and root.name in ("self", "cls"):
            edges.methods.add(part.name)


def chains(expr: Expr) -> Iterator[tuple[Ref, Expr]]:
    """The names and attribute chains in an expression, calls not entered: each with the name that it starts from."""
    waiting = [expr]
    while waiting:
        root = part = waiting.pop()
        while type(root) is Attr:
            root = root.base
        if type(root) is not Ref:
            waiting.extend(parts_of(root))
            continue
        yield root, part
        while type(part) is Attr and part.base is not root:
            part = part.base
            yield root, part
