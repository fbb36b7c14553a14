"""The walk over definitions: imports, functions, classes, and the targets of assignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from mldebt.extract.expressions import Expressions
from mldebt.extract.operators import OPERATORS
from mldebt.extract.parameters import all_params, param_kinds
from mldebt.facts import BindingKind, Class, Expr, Function, Hole, Import, Keyword, Param, Seq, Star, Store


class Definitions(Expressions):
    """Handles everything that gives a name a value, except through a simple expression."""

    def suite(self, body: cst.BaseSuite) -> bool:
        """Walk a suite (the walk over statements does)."""
        raise NotImplementedError

    @staticmethod
    def operator(node: cst.CSTNode) -> str:
        """An operator as written."""
        return OPERATORS[type(node)]

    # --- targets ---

    def assign(
        self, target: cst.BaseExpression, value: Expr, kind: BindingKind = "assign", path: tuple[int, ...] = ()
    ) -> None:
        """Bind or store a value to a target, taking displays apart."""
        if type(target) is cst.Name:
            self.bind(target.value, kind, target, value, path)
        elif type(target) is cst.Tuple or type(target) is cst.List:
            known = _items(value, len(target.elements)) if kind == "assign" and not path else None
            for position, element in enumerate(target.elements):
                if type(element) is cst.StarredElement:
                    self.assign(element.value, Hole("rest"), kind)
                elif known is not None:
                    self.assign(element.value, known[position], kind)
                else:
                    self.assign(element.value, value, kind, (*path, position))
        elif type(target) is cst.Attribute or type(target) is cst.Subscript:
            chain, _ = self.chain(target)
            if type(target.value) is cst.Name:
                self.chain_use(target.value, passed=False)
            self.stores.append(Store(chain, "=", value, self.block, self.positions.span(target), path))
        else:
            self.expr(target)

    def pattern(self, node: Any) -> None:
        """Bind the names of a match pattern."""
        if type(node) is cst.MatchAs:
            if node.pattern is not None:
                self.pattern(node.pattern)
            if node.name is not None:
                self.bind(node.name.value, "case", node.name)
        elif type(node) is cst.MatchValue:
            self.expr(node.value)
        elif type(node) is cst.MatchStar and node.name is not None:
            self.bind(node.name.value, "case", node.name)
        elif type(node) in (cst.MatchList, cst.MatchTuple, cst.MatchOr):
            for element in node.patterns:
                self.pattern(getattr(element, "value", None) or getattr(element, "pattern", element))
        elif type(node) is cst.MatchMapping:
            for element in node.elements:
                self.pattern(element.pattern)
            if node.rest is not None:
                self.bind(node.rest.value, "case", node.rest)
        elif type(node) is cst.MatchClass:
            self.expr(node.cls)
            for element in node.patterns:
                self.pattern(element.value)
            for keyword in node.kwds:
                self.pattern(keyword.pattern)

    # --- imports ---

    def plain_import(self, node: cst.Import) -> None:
        """`import a.b`, `import a.b as c`."""
        for alias in node.names:
            module = _dotted(alias.name)
            asname = alias.asname.name if alias.asname is not None else None
            bound = asname.value if type(asname) is cst.Name else module.partition(".")[0]
            self._bind_import(alias, Import(module, "", bound, self.block, self.positions.span(alias)))

    def from_import(self, node: cst.ImportFrom) -> None:
        """`from m import a as b`, `from . import c`, `from m import *`."""
        module = "." * len(node.relative) + (_dotted(node.module) if node.module is not None else "")
        if isinstance(node.names, cst.ImportStar):
            self.imports.append(Import(module, "*", "", self.block, self.positions.span(node)))
            return
        for alias in node.names:
            name = _dotted(alias.name)
            asname = alias.asname.name if alias.asname is not None else None
            bound = asname.value if type(asname) is cst.Name else name
            self._bind_import(alias, Import(module, name, bound, self.block, self.positions.span(alias)))

    def _bind_import(self, node: cst.ImportAlias, fact: Import) -> None:
        index = len(self.imports)
        self.imports.append(fact)
        binding = self.bind(fact.alias, "import", node, index=index)
        if fact.name:
            separator = "" if fact.module.endswith(".") else "."
            qualified = f"{fact.module}{separator}{fact.name}"
        else:
            qualified = fact.module if fact.alias != fact.module.partition(".")[0] else fact.alias
        self.name_binding(binding, qualified)
        self.names.add(qualified)

    # --- functions and classes ---

    def function(self, node: cst.FunctionDef) -> None:
        """A function: its head runs here, its body after everything around it."""
        decorators = tuple(self.expr(decorator.decorator) for decorator in node.decorators)
        name = node.name.value
        qualname = f"{self.path}{name}"
        block = self.reserve("function", self.positions.starts[id(node)])
        parameters = node.params
        returns = "" if node.returns is None else self.annotation(node.returns)
        head = [(p, self._default(p), self._param_annotation(p)) for p in all_params(parameters)]
        index = len(self.functions)
        binding = self.bind(name, "function", node.name, index=index)
        self.name_binding(binding, f":{qualname}")

        kinds = param_kinds(parameters)
        env, table, current, names = self.env, self.table, self.block, self.global_names
        self.env, self.table, self.block, self.global_names = {}, {}, block, set()
        params = tuple(
            Param(
                param.name.value,
                kinds[id(param)],
                default,
                annotation,
                self.bind(param.name.value, "parameter", param.name, default, annotation=annotation),
            )
            for param, default, annotation in head
        )
        own_env, own_table = self.env, self.table
        self.env, self.table, self.block, self.global_names = env, table, current, names

        span = self.positions.span(node.name)
        docstring = _has_docstring(node.body)
        is_async = node.asynchronous is not None
        self.functions.append(
            Function(name, qualname, block, span, params, decorators, binding, docstring, is_async, returns)
        )
        closure = list(self.closure)
        before, started = self.statements, self.end
        self.later.append(lambda: self._function_body(node, block, qualname, own_env, own_table, closure))
        self._account_for(node.body, block, before, started)

    def _account_for(self, body: cst.BaseSuite, block: int, before: int, started: tuple[int, int]) -> None:
        """A body that is walked later still ends here for the blocks around it."""
        last: Any = body
        while hasattr(last, "body") and last.body:
            last = last.body[-1] if isinstance(last.body, list | tuple) else last.body
            for name in ("orelse", "finalbody"):
                tail = getattr(last, name, None)
                if tail is not None:
                    last = tail
        self.end = max(started, self.positions.ends.get(id(last), started))
        self.drafts[block].end = self.end

    def _function_body(
        self,
        node: cst.FunctionDef,
        block: int,
        qualname: str,
        env: dict[str, tuple[int, ...]],
        table: dict[str, list[int]],
        closure: list[Any],
    ) -> None:
        self.block = self.scope = block
        self.path = f"{qualname}."
        self.env, self.table = env, table
        self.outer = closure
        self.closure = [table, *closure]
        self.global_names = set()
        self.end = (self.drafts[block].line, self.drafts[block].column)
        before = self.statements
        self.suite(node.body)
        self.close(block, before)

    def class_(self, node: cst.ClassDef) -> None:
        """A class: its body runs here, with names of its own that its methods do not see."""
        decorators = tuple(self.expr(decorator.decorator) for decorator in node.decorators)
        bases = tuple(Star(self.expr(a.value)) if a.star else self.expr(a.value) for a in node.bases)
        keywords = tuple(
            Keyword(a.keyword.value if a.keyword is not None else "", self.expr(a.value)) for a in node.keywords
        )
        name = node.name.value
        qualname = f"{self.path}{name}"
        before = self.statements
        index = len(self.classes)
        span = self.positions.span(node.name)
        env, table, outer, path, scope = self.env, self.table, self.outer, self.path, self.scope
        names, self.global_names = self.global_names, set()
        block = self.open("class", node)
        self.classes.append(
            Class(
                name, qualname, block, span, bases, keywords, decorators, len(self.bindings),
                _has_docstring(node.body),
            )
        )  # fmt: skip
        self.block = self.drafts[block].parent
        binding = self.bind(name, "class", node.name, index=index)
        self.name_binding(binding, f":{qualname}")
        self.block = self.scope = block
        self.outer = [env, *outer]
        self.env, self.table, self.path = {}, {}, f"{qualname}."
        self.suite(node.body)
        self.env, self.table, self.outer, self.path, self.scope = env, table, outer, path, scope
        self.global_names = names
        self.close(block, before)

    def _default(self, param: cst.Param) -> Expr | None:
        return None if param.default is None else self.expr(param.default)

    def _param_annotation(self, param: cst.Param) -> str:
        return "" if param.annotation is None else self.annotation(param.annotation)

    # --- annotations ---

    def annotation(self, node: cst.Annotation) -> str:
        """An annotation as text, its names qualified through the imports; parts that are no type are `?`."""
        return self._type(node.annotation)

    def _type(self, node: cst.BaseExpression) -> str:
        if type(node) is cst.Name or type(node) is cst.Attribute:
            chain, _ = self.chain(node)
            return self.qualify(chain) or _dotted(node)
        if type(node) is cst.SimpleString:
            return node.value.strip("\"'")
        if type(node) is cst.Subscript:
            inner = ", ".join(
                self._type(e.slice.value) if isinstance(e.slice, cst.Index) else "?" for e in node.slice
            )
            return f"{self._type(node.value)}[{inner}]"
        if type(node) is cst.BinaryOperation and type(node.operator) is cst.BitOr:
            return f"{self._type(node.left)} | {self._type(node.right)}"
        if type(node) is cst.List:
            return f"[{', '.join(self._type(e.value) for e in node.elements)}]"
        self.expr(node)
        return "?"


def _items(value: Expr, count: int) -> Sequence[Expr] | None:
    """The items of a display with exactly as many items as there are targets."""
    if type(value) is Seq and len(value.items) == count and not any(type(i) is Star for i in value.items):
        return value.items
    return None


def _dotted(node: Any) -> str:
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    parts.append(node.value if type(node) is cst.Name else "?")
    return ".".join(reversed(parts))


def _has_docstring(body: cst.BaseSuite) -> bool:
    first: Any = body.body[0] if body.body else None
    if type(first) is cst.SimpleStatementLine:
        first = first.body[0]
    return type(first) is cst.Expr and type(first.value) in (cst.SimpleString, cst.ConcatenatedString)
