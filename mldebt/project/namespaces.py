"""Where parsed options go: the variables that hold them, what is read from these, and whether they get away.

A namespace gets away when it is passed on as a whole to something that may read any option of it. Printing,
logging and storing it is no such thing: that reads everything and uses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Binding, Call, Called, Class, Const, Expr, Function, Item, Map, Ref, Seq
from mldebt.plain_facts import imported_name
from mldebt.project.names import Symbol
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import parts_of

if TYPE_CHECKING:
    from mldebt.project.project import Project

_PARSES = frozenset({"parse_args", "parse_intermixed_args"})
_PARSERS = _PARSES | {"parse_known_args", "parse_args_into_dataclasses"}
_RECORD = re.compile(r"(cmd_?)?(args|arguments|opts?|options|config|cfg|hparams|hyper_?parameters|params|flags)$")
_SINK = re.compile(
    r"(^|[.:])(print|pprint|pformat|str|repr|format|info|debug|warning|critical|log|dump|dumps|safe_dump|save|writelines"
    r"|write|log_params?|log_dict|log_hyperparams|log_parameters?|set_tags|add_hparams|add_text|asdict|yaml_dump"
    r"|wandb\.init|wandb\.config\.update|config\.update|len|type|isinstance|print_args|print_options|tabulate)$"
)
_WHOLE = frozenset({"vars", "dict", "copy.copy", "copy.deepcopy", "sorted"})
_VIEWS = frozenset({"items", "keys", "values", "_get_kwargs", "copy", "__dict__", "flag_values_dict"})
_LOOKUPS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_FLAGS = re.compile(r"(absl\.flags|tensorflow(\.compat\.v1)?(\.app)?\.flags|gflags)\.FLAGS$")
_MOST_ROUNDS = 12
_NONE: frozenset[int] = frozenset()


class Namespaces:
    """The parsed options of the files in `paths`, which import each other.

    `exist` says that something is parsed there at all, `escapes` that a namespace gets away.
    """

    def __init__(self, project: Project, paths: frozenset[str]) -> None:
        self._project = project
        self._paths = paths
        self._bindings: dict[str, set[int]] = {}
        self._returned_by: set[tuple[str, str]] = set()
        self._first_returned_by: set[tuple[str, str]] = set()
        self._attributes: set[str] = set()
        self._waiting = set(paths & project.options.parsing)
        self._touched: set[str] = set()
        rounds = 0
        while self._waiting and rounds < _MOST_ROUNDS:
            rounds += 1
            current, self._waiting = self._waiting, set()
            self._touched |= current
            for path in sorted(current):
                self._spread(project.by_path[path])
        self.exist = bool(self._bindings or self._returned_by or self._touched)
        self.escapes = bool(self._waiting) or any(
            out for path in sorted(self._touched) for out in self._ways_out(project.by_path[path])
        )

    def unread(self, names: Iterable[str]) -> set[str]:
        """Those of the names that none of the files reads of anything that could be a namespace."""
        left = set(names)
        for path in self._paths if left else ():
            here = {name for name in left if not name.isidentifier()}
            here |= left.intersection(self._project.by_path[path].facts.words)
            if here:
                left -= self._project.options.names_read(path)
        return left

    # --- what is a namespace ---

    def _is_one(self, source: SourceFacts, expr: Expr | None) -> bool:
        """Whether an expression is a namespace, or a dictionary of all of it."""
        match expr:
            case Ref(_, bindings):
                return not self._bindings.get(source.path, _NONE).isdisjoint(bindings)
            case Attr(_, "__dict__"):
                return self._is_one(source, expr.base)
            case Attr(base, name):
                is_flags = _FLAGS.match(qualified(source, expr)) is not None
                return is_flags or (name in self._attributes and not self._is_one(source, base))
            case Item(base, Const(0)):
                return self._is_pair(source, base)
            case Called(index):
                call = source.facts.calls[index]
                if isinstance(call.func, Attr) and call.func.name in _PARSES:
                    return True
                if call.name in _WHOLE and len(call.args) == 1:
                    return self._is_one(source, call.args[0])
                symbol = self._project.names.symbol(source, call.name) if call.name else None
                return symbol is not None and self._key(symbol) in self._returned_by
        return False

    def _is_pair(self, source: SourceFacts, expr: Expr | None) -> bool:
        """Whether an expression is a namespace and what was left over, as `parse_known_args` returns them."""
        if isinstance(expr, Seq):
            return bool(expr.items) and self._is_one(source, expr.items[0])
        if not isinstance(expr, Called):
            return False
        call = source.facts.calls[expr.call]
        if isinstance(call.func, Attr) and call.func.name == "parse_known_args":
            return True
        symbol = self._project.names.symbol(source, call.name) if call.name else None
        return symbol is not None and self._key(symbol) in self._first_returned_by

    def _key(self, symbol: Symbol) -> tuple[str, str]:
        return symbol.source.path, getattr(symbol.fact, "qualname", "")

    def _spread(self, source: SourceFacts) -> None:
        """Follow assignments, returns, arguments and imports one step, and note which files that concerns."""
        facts = source.facts
        for index, binding in enumerate(facts.bindings):
            if binding.kind == "import":
                symbol = self._imported(source, binding)
                if symbol is not None and isinstance(symbol.fact, Binding):
                    origin = symbol.source.index_of(symbol.fact)
                    if origin in self._bindings.get(symbol.source.path, _NONE):
                        self._bind(source.path, index)
            elif binding.kind != "for" and (
                (not binding.path and self._is_one(source, binding.value))
                or (binding.path == (0,) and self._is_pair(source, binding.value))
            ):
                self._bind(source.path, index)
        for store in facts.stores:
            target = store.target
            if not isinstance(target, Attr) or target.name in self._attributes:
                continue
            if self._is_one(source, store.value):
                self._attributes.add(target.name)
                self._waiting |= self._paths
        for returned in facts.returns:
            if returned.kind != "return":
                continue
            key = (source.path, source.scope_name(returned.block))
            for found, is_found in (
                (self._returned_by, self._is_one),
                (self._first_returned_by, self._is_pair),
            ):
                if key not in found and is_found(source, returned.value):
                    found.add(key)
                    self._concern(source.path)
        for call in facts.calls:
            for _, param in self._passed(source, call):
                if param is not None:
                    self._bind(*param)

    def _bind(self, path: str, index: int) -> None:
        known = self._bindings.setdefault(path, set())
        if index not in known:
            known.add(index)
            self._concern(path)

    def _concern(self, path: str) -> None:
        """A file has something new, which those that import it may see."""
        self._waiting |= ({path} | self._project.imports.importers.get(path, frozenset())) & self._paths

    def _imported(self, source: SourceFacts, binding: Binding) -> Symbol | None:
        fact = source.facts.imports[binding.index]
        if not fact.name or fact.name == "*":
            return None
        return self._project.names.symbol(source, imported_name(fact))

    def _passed(self, source: SourceFacts, call: Call) -> Iterator[tuple[Expr, tuple[str, int] | None]]:
        """The namespaces among a call's arguments, each with the project's parameter (path, binding) for it."""
        given = [(position, "", expr) for position, expr in enumerate(call.args) if self._is_one(source, expr)]
        given += [(-1, k.name, k.value) for k in call.keywords if k.name and self._is_one(source, k.value)]
        if not given:
            return
        target = self._target(source, call)
        params = () if target is None else target[1].params[1:] if target[2] else target[1].params
        positional = [param for param in params if param.kind.startswith("positional")]
        for position, name, expr in given:
            found = next((param for param in params if param.name == name), None)
            if 0 <= position < len(positional):
                found = positional[position]
            yield expr, (target[0], found.binding) if target is not None and found is not None else None

    def _target(self, source: SourceFacts, call: Call) -> tuple[str, Function, bool] | None:
        """The called function of the project, and whether its first parameter is the object."""
        symbol = self._project.names.symbol(source, call.name) if call.name else None
        if symbol is None or symbol.rest:
            return None
        if isinstance(symbol.fact, Class):
            found = self._project.names.method(symbol.source, symbol.fact, "__init__")
            if found is not None and isinstance(found.fact, Function):
                return found.source.path, found.fact, True
            return None
        if isinstance(symbol.fact, Function):
            return symbol.source.path, symbol.fact, False
        return None

    # --- where it gets away ---

    def _ways_out(self, source: SourceFacts) -> Iterator[bool]:
        facts = source.facts
        for call in facts.calls:
            yield self._gets_out(source, call)
        for binding in facts.bindings:
            if binding.path and self._is_pair(source, binding.value):
                yield binding.kind == "for" or self._gets_past(source, binding)
            elif not self._is_one(source, binding.value):
                yield self._holds_one(source, binding.value)
            else:
                yield bool(binding.path) or binding.kind == "for"
        for store in facts.stores:
            yield not isinstance(store.target, Attr) and self._holds_one(source, store.value)
        for returned in facts.returns:
            yield returned.kind != "return" and self._holds_one(source, returned.value)

    def _gets_past(self, source: SourceFacts, binding: Binding) -> bool:
        """Whether what is unpacked from a display is a namespace that does not stand in its first place."""
        if not isinstance(binding.value, Seq) or binding.path == (0,):
            return False
        return any(self._holds_one(source, item) for item in binding.value.items[1:])

    def _gets_out(self, source: SourceFacts, call: Call) -> bool:
        func = call.func
        if isinstance(func, Attr) and func.name == "parse_args_into_dataclasses":
            return True
        if isinstance(func, Attr) and self._is_one(source, func.base):
            return func.name in _VIEWS or func.name not in ("get", "pop", "setdefault", "__contains__", "update")
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        held = [expr for expr in given if self._holds_one(source, expr)]
        if not held:
            return False
        name = call.name or (f".{func.name}" if isinstance(func, Attr) else "")
        if _SINK.search(name) or name in _WHOLE:
            return any(not keyword.name and self._holds_one(source, keyword.value) for keyword in call.keywords)
        if name in _LOOKUPS:
            by_name = len(call.args) > 1 and isinstance(call.args[1], Const)
            return not by_name and any(self._is_one(source, arg) for arg in call.args)
        known = {id(expr) for expr, param in self._passed(source, call) if param is not None}
        return any(id(expr) not in known for expr in held)

    def _holds_one(self, source: SourceFacts, expr: Expr | None) -> bool:
        """Whether a namespace stands inside an expression as a whole, not only for one of its options.

        A dictionary that stores it under a name such as `args` is a record of the run.
        """
        if expr is None or type(expr) is Const:
            return False
        if self._is_one(source, expr):
            return True
        if isinstance(expr, Called):
            return self._is_pair(source, expr)
        if isinstance(expr, Attr):
            return False
        if isinstance(expr, Item):
            by_name = isinstance(expr.index, Const)
            return self._holds_one(source, expr.index) or (not by_name and self._is_one(source, expr.base))
        if isinstance(expr, Map):
            pairs = zip(expr.keys, expr.values, strict=True)
            return any(self._holds_one(source, value) for key, value in pairs if not _is_record(key))
        return any(self._holds_one(source, part) for part in parts_of(expr))


def _is_record(key: Expr) -> bool:
    return isinstance(key, Const) and _RECORD.match(str(key.value)) is not None


def parses(source: SourceFacts) -> bool:
    """Whether a file parses a command line, or reads the flags of one."""
    header = source.facts.header
    if not _PARSERS.isdisjoint(header.methods):
        return True
    return any(name.endswith(".FLAGS") and _FLAGS.match(name) for name in header.names)
