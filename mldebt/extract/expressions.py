"""The walk over expressions: every expression becomes an Expr, and leaves its calls, uses and literals behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from mldebt.extract.chains import Chains
from mldebt.extract.literals import integer, number, string, text_part, worth_keeping
from mldebt.extract.operators import OPERATORS
from mldebt.extract.parameters import all_params
from mldebt.facts import (
    Binary,
    BindingKind,
    Compare,
    Condition,
    Const,
    DisplayKind,
    Each,
    Expr,
    Hole,
    Literal,
    Logic,
    Map,
    Return,
    Seq,
    Star,
    Text,
    Unary,
)

_DEEPEST = 40
_MOST_ITEMS = 400

_COMPREHENSIONS: dict[type, str] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.DictComp: "dict",
    cst.GeneratorExp: "generator",
}


class Expressions(Chains):
    """Evaluates expressions symbolically."""

    def expr(self, node: cst.BaseExpression) -> Expr:
        """The symbolic value of an expression that is handed on (argument, assignment, return, operand)."""
        self.depth += 1
        handler = self._handlers.get(type(node))
        value = Hole("unsupported") if handler is None else handler(self, node)
        self.depth -= 1
        return value if self.depth < _DEEPEST else Hole("depth")

    def look(self, node: cst.BaseExpression) -> Expr:
        """The symbolic value of an expression that is only looked at: a test, or what is compared in it."""
        kind = type(node)
        if kind is cst.Name or kind is cst.Attribute or kind is cst.Subscript:
            return self.chain_use(node, passed=False)
        if kind is cst.BooleanOperation:
            return self._boolean(node, self.look)  # type: ignore[arg-type]
        if kind is cst.UnaryOperation and type(node.operator) is cst.Not:  # type: ignore[attr-defined]
            return Unary("not", self.look(node.expression))  # type: ignore[attr-defined]
        return self.expr(node)

    # --- literals ---

    def _string(self, node: cst.SimpleString) -> Expr:
        value = string(node.value)
        if type(value) is Const:
            self._keep(value.value, node)  # type: ignore[arg-type]
        return value

    def _keep(self, value: str, node: cst.BaseExpression) -> None:
        kept = worth_keeping(value)
        if kept is not None:
            self.literals.append(Literal(kept, self.block, self.positions.span(node)))
        elif value.isidentifier():
            self.words.add(value)

    def _concatenated(self, node: cst.ConcatenatedString) -> Expr:
        parts: list[Expr] = []
        rest: cst.BaseExpression = node
        while type(rest) is cst.ConcatenatedString:
            parts.append(self._piece(rest.left))
            rest = rest.right
        parts.append(self._piece(rest))
        if all(type(part) is Const for part in parts):
            value = "".join(part.value for part in parts)  # type: ignore[union-attr, misc]
            self._keep(value, node)
            return Const(value)
        flat: list[Expr] = []
        for part in parts:
            flat.extend(part.parts if type(part) is Text else (part,))
        return Text(tuple(flat))

    def _piece(self, node: cst.BaseExpression) -> Expr:
        return string(node.value) if type(node) is cst.SimpleString else self.expr(node)

    def _fstring(self, node: Any) -> Expr:
        parts: list[Expr] = []
        raw = "r" in node.start.lower()
        for part in node.parts:
            if not hasattr(part, "expression"):
                parts.append(text_part(part.value, raw))
                continue
            value = self.expr(part.expression)
            for spec in part.format_spec or ():
                if hasattr(spec, "expression"):
                    self.expr(spec.expression)
            plain = part.format_spec is None and part.conversion is None
            parts.append(value if plain else Hole("format"))
        if all(type(part) is Const for part in parts):
            self._keep("".join(str(part.value) for part in parts), node)  # type: ignore[union-attr]
        return Text(tuple(parts))

    # --- operators ---

    def _binary(self, node: cst.BinaryOperation) -> Expr:
        """Long chains lean to the left: they are taken apart in a loop, not by recursion."""
        spine: list[cst.BinaryOperation] = []
        rest: cst.BaseExpression = node
        while type(rest) is cst.BinaryOperation:
            spine.append(rest)
            rest = rest.left
        value = self.expr(rest)
        for step, operation in enumerate(reversed(spine)):
            right = self.expr(operation.right)
            operator = OPERATORS[type(operation.operator)]
            value = Binary(operator, value, right) if step < _DEEPEST else Hole("depth")
        return value

    def _boolean(self, node: cst.BooleanOperation, each: Callable[[cst.BaseExpression], Expr]) -> Expr:
        operator = OPERATORS[type(node.operator)]
        operands: list[cst.BaseExpression] = []
        rest: cst.BaseExpression = node
        while type(rest) is cst.BooleanOperation and OPERATORS[type(rest.operator)] == operator:
            operands.append(rest.right)
            rest = rest.left
        operands.append(rest)
        return Logic(operator, tuple(each(operand) for operand in reversed(operands)))

    def _boolean_value(self, node: cst.BooleanOperation) -> Expr:
        return self._boolean(node, self.expr)

    def _unary(self, node: cst.UnaryOperation) -> Expr:
        operand = self.expr(node.expression)
        operator = OPERATORS[type(node.operator)]
        if operator == "-" and type(operand) is Const and type(operand.value) in (int, float):
            return Const(-operand.value)  # type: ignore[operator]
        return Unary(operator, operand)

    def _comparison(self, node: cst.Comparison) -> Expr:
        left = self.look(node.left)
        links: list[Expr] = []
        for target in node.comparisons:
            right = self.look(target.comparator)
            links.append(Compare(OPERATORS[type(target.operator)], left, right))
            left = right
        comparison = links[0] if len(links) == 1 else Logic("and", tuple(links))
        span = self.positions.span(node)
        for link in links:
            self.conditions.append(Condition(link, self.block, span))
        return comparison

    def _ternary(self, node: cst.IfExp) -> Expr:
        test = self.look(node.test)
        block = self.reserve("ternary", self.positions.starts[id(node)], test)
        self.drafts[block].end = self.positions.ends[id(node)]
        self.drafts[block].size = 1
        return Logic("if", (self.expr(node.body), self.expr(node.orelse), test))

    # --- displays ---

    def _display(self, kind: DisplayKind, elements: Sequence[Any]) -> Expr:
        items = [
            Star(self.expr(element.value)) if type(element) is cst.StarredElement else self.expr(element.value)
            for element in elements
        ]
        if len(items) > _MOST_ITEMS:
            items[_MOST_ITEMS:] = [Star(Hole("long"))]
        return Seq(kind, tuple(items))

    def _list(self, node: cst.List) -> Expr:
        return self._display("list", node.elements)

    def _tuple(self, node: cst.Tuple) -> Expr:
        return self._display("tuple", node.elements)

    def _set(self, node: cst.Set) -> Expr:
        return self._display("set", node.elements)

    def _dict(self, node: cst.Dict) -> Expr:
        keys: list[Expr] = []
        values: list[Expr] = []
        for element in node.elements:
            key = self.expr(element.key) if isinstance(element, cst.DictElement) else Hole("splat")
            value = self.expr(element.value)
            if len(keys) < _MOST_ITEMS:
                keys.append(key)
                values.append(value)
            elif len(keys) == _MOST_ITEMS:
                keys.append(Hole("splat"))
                values.append(Hole("long"))
        return Map(tuple(keys), tuple(values))

    # --- scopes inside expressions ---

    def _comprehension(self, node: Any) -> Expr:
        kind = _COMPREHENSIONS[type(node)]
        env, table = self.env, self.table
        part: cst.CompFor | None = node.for_in
        iterated = self.expr(part.iter)  # type: ignore[union-attr]
        before = self.statements
        block = self.open("comprehension", node, iterated)
        self.env, self.table = dict(env), {}
        first = True
        while part is not None:
            if not first:
                iterated = self.expr(part.iter)
            first = False
            names, self.global_names = self.global_names, set()
            self.assign(part.target, iterated, "for")
            self.global_names = names
            for condition in part.ifs:
                self.look(condition.test)
            part = part.inner_for_in
        if kind == "dict":
            element: Expr = Seq("tuple", (self.expr(node.key), self.expr(node.value)))
        else:
            element = self.expr(node.elt)
        self.env, self.table = env, table
        ended, self.end = self.end, self.positions.ends[id(node)]
        self.close(block, before)
        self.end = ended
        return Each(kind, element)

    def _lambda(self, node: cst.Lambda) -> Expr:
        env, table, outer = self.env, self.table, self.outer
        defaults = [p.default for p in (*node.params.params, *node.params.kwonly_params) if p.default is not None]
        for default in defaults:
            self.expr(default)
        before = self.statements
        block = self.open("lambda", node)
        self.outer = [env, *outer]
        self.env, self.table = {}, {}
        names, self.global_names = self.global_names, set()
        for param in all_params(node.params):
            self.bind(param.name.value, "parameter", param.name)
        value = self.expr(node.body)
        self.global_names = names
        self.returns.append(Return("lambda", value, self.block, self.positions.span(node)))
        self.env, self.table, self.outer = env, table, outer
        ended, self.end = self.end, self.positions.ends[id(node)]
        self.close(block, before)
        self.end = ended
        return Hole("lambda")

    def _walrus(self, node: cst.NamedExpr) -> Expr:
        value = self.expr(node.value)
        self.assign(node.target, value, "walrus")
        return value

    def _await(self, node: cst.Await) -> Expr:
        return Unary("await", self.expr(node.expression))

    def _yield(self, node: cst.Yield) -> Expr:
        value = node.value
        if isinstance(value, cst.From):
            given, kind = self.expr(value.item), "yield from"
        else:
            given, kind = Const(None) if value is None else self.expr(value), "yield"
        self.returns.append(Return(kind, given, self.block, self.positions.span(node)))
        return Hole("yield")

    # --- targets ---

    def assign(
        self, target: cst.BaseExpression, value: Expr, kind: BindingKind = "assign", path: tuple[int, ...] = ()
    ) -> None:
        """Bind or store a value to a target, taking displays apart. Statements extend this to stores."""
        raise NotImplementedError

    _handlers: dict[type, Callable[[Any, Any], Expr]] = {
        cst.Name: Chains.chain_use,
        cst.Attribute: Chains.chain_use,
        cst.Subscript: Chains.chain_use,
        cst.Call: Chains.call,
        cst.SimpleString: _string,
        cst.ConcatenatedString: _concatenated,
        cst.FormattedString: _fstring,
        cst.Integer: lambda self, node: integer(node.value),
        cst.Float: lambda self, node: number(node.value),
        cst.Imaginary: lambda self, node: Hole("number"),
        cst.Ellipsis: lambda self, node: Hole("ellipsis"),
        cst.BinaryOperation: _binary,
        cst.BooleanOperation: _boolean_value,
        cst.UnaryOperation: _unary,
        cst.Comparison: _comparison,
        cst.IfExp: _ternary,
        cst.List: _list,
        cst.Tuple: _tuple,
        cst.Set: _set,
        cst.Dict: _dict,
        cst.ListComp: _comprehension,
        cst.SetComp: _comprehension,
        cst.DictComp: _comprehension,
        cst.GeneratorExp: _comprehension,
        cst.Lambda: _lambda,
        cst.NamedExpr: _walrus,
        cst.Await: _await,
        cst.Yield: _yield,
    }
    if hasattr(cst, "TemplatedString"):
        _handlers[cst.TemplatedString] = _fstring
