"""The walk over chains of names, attributes and items, and over the calls at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from mldebt.extract.recorder import Recorder
from mldebt.facts import Attr, Call, Called, Const, Expr, Hole, Item, Keyword, Ref, Seq, Star

_CONSTANTS = {"True": Const(True), "False": Const(False), "None": Const(None)}

Key = object
"""What tells two chains apart: scope, root name with its bindings, and the attributes and items read."""


class Chains(Recorder):
    """Resolves what is read and what is called, as far as this file knows it."""

    depth = 0

    def expr(self, node: cst.BaseExpression) -> Expr:
        """The symbolic value of an expression (the walk over expressions works it out)."""
        raise NotImplementedError

    # --- names and chains ---

    def chain_use(self, node: cst.BaseExpression, passed: bool = True) -> Expr:
        """A chain that is read; `passed` tells that its whole value is handed on."""
        expr, key = self.chain(node)
        if key is not None:
            self.use(expr, key, node, passed)
        return expr

    def chain(self, node: Any) -> tuple[Expr, Key | None]:
        """A chain of attributes and items; the key is None where it starts at an import or a call."""
        kind = type(node)
        if kind is cst.Name:
            name = node.value
            constant = _CONSTANTS.get(name)
            if constant is not None:
                return constant, None
            self.words.add(name)
            ref = Ref(name, self.reaching(name))
            qualified = self._root_name(ref)
            if qualified and ref.bindings and self.bindings[ref.bindings[0]].kind == "import":
                self.names.add(qualified)
                return ref, None
            return ref, (self.scope, name, ref.bindings)
        if kind is cst.Attribute:
            base, key = self.chain(node.value)
            attribute = node.attr.value
            self.words.add(attribute)
            expr: Expr = Attr(base, attribute)
            if key is None:
                qualified = self.qualify(expr)
                if qualified:
                    self.names.add(qualified)
                return expr, None
            return expr, (key, attribute)
        if kind is cst.Subscript:
            base, key = self.chain(node.value)
            index = self._index(node.slice)
            if key is None:
                return Item(base, index), None
            step = index.value if type(index) is Const else index.name if type(index) is Ref else "?"
            return Item(base, index), (key, type(index), step)
        return self.expr(node), None

    def _index(self, elements: Sequence[cst.SubscriptElement]) -> Expr:
        values: list[Expr] = []
        for element in elements:
            part = element.slice
            if isinstance(part, cst.Index):
                values.append(self.expr(part.value))
                continue
            for bound in (part.lower, part.upper, part.step):  # type: ignore[attr-defined]
                if bound is not None:
                    self.expr(bound)
            values.append(Hole("slice"))
        return values[0] if len(values) == 1 else Seq("tuple", tuple(values))

    # --- calls ---

    def call(self, node: cst.Call, bare: bool = False) -> Called:
        """Record a call and everything in its arguments."""
        index = len(self.calls)
        self.calls.append(None)
        depth, self.depth = self.depth, 0
        func = self._callee(node.func)
        args: list[Expr] = []
        keywords: list[Keyword] = []
        for arg in node.args:
            value = self.expr(arg.value)
            if arg.keyword is not None:
                self.words.add(arg.keyword.value)
                keywords.append(Keyword(arg.keyword.value, value))
            elif arg.star == "**":
                keywords.append(Keyword("", value))
            else:
                args.append(Star(value) if arg.star == "*" else value)
        self.depth = depth
        name = self.qualify(func)
        if name:
            self.names.add(name)
        elif type(func) is Attr:
            self.methods.add(func.name)
        span = self.positions.span(node)
        self.calls[index] = Call(name, func, tuple(args), tuple(keywords), self.block, span, bare)
        return Called(index)

    def _callee(self, node: cst.BaseExpression) -> Expr:
        if type(node) is cst.Attribute:
            base = self.chain_use(node.value, passed=False)
            self.words.add(node.attr.value)
            return Attr(base, node.attr.value)
        if type(node) is cst.Name:
            self.words.add(node.value)
            return Ref(node.value, self.reaching(node.value))
        return self.expr(node)
