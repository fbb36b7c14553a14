"""The walk over expressions: every expression becomes an Expr, and leaves its calls, uses and literals behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from mldebt.extract.literals import integer, number, string, text_part, worth_keeping
from mldebt.extract.recorder import Recorder
from mldebt.facts import (
    Attr,
    Binary,
    Call,
    Called,
    Compare,
    Condition,
    Const,
    Each,
    Expr,
    Hole,
    Item,
    Keyword,
    Literal,
    Logic,
    Map,
    Ref,
    Return,
    Seq,
    Star,
    Text,
    Unary,
)

_DEEPEST = 40
_MOST_ITEMS = 400
_CONSTANTS = {"True": Const(True), "False": Const(False), "None": Const(None)}
_OPERATORS: dict[type, str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//",
    cst.Modulo: "%", cst.Power: "**", cst.MatrixMultiply: "@", cst.BitAnd: "&", cst.BitOr: "|",
    cst.BitXor: "^", cst.LeftShift: "<<", cst.RightShift: ">>",
    cst.AddAssign: "+=", cst.SubtractAssign: "-=", cst.MultiplyAssign: "*=", cst.DivideAssign: "/=",
    cst.FloorDivideAssign: "//=", cst.ModuloAssign: "%=", cst.PowerAssign: "**=",
    cst.MatrixMultiplyAssign: "@=", cst.BitAndAssign: "&=", cst.BitOrAssign: "|=", cst.BitXorAssign: "^=",
    cst.LeftShiftAssign: "<<=", cst.RightShiftAssign: ">>=",
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is", cst.IsNot: "is not",
    cst.And: "and", cst.Or: "or", cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~",
}  # fmt: skip

_COMPREHENSIONS: dict[type, str] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.DictComp: "dict",
    cst.GeneratorExp: "generator",
}

Key = object
"""What tells two chains apart: scope, root name with its bindings, and the attributes and items read."""


class Expressions(Recorder):
    """Evaluates expressions symbolically."""

    depth = 0

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
            return self._chain_use(node, passed=False)
        if kind is cst.BooleanOperation:
            return self._boolean(node, self.look)  # type: ignore[arg-type]
        if kind is cst.UnaryOperation and type(node.operator) is cst.Not:  # type: ignore[attr-defined]
            return Unary("not", self.look(node.expression))  # type: ignore[attr-defined]
        return self.expr(node)

    # --- names and chains ---

    def _chain_use(self, node: cst.BaseExpression, passed: bool = True) -> Expr:
        expr, key = self._chain(node)
        if key is not None:
            self.use(expr, key, node, passed)
        return expr

    def _name(self, node: cst.Name) -> Expr:
        return self._chain_use(node)

    def _chain(self, node: Any) -> tuple[Expr, Key | None]:
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
            base, key = self._chain(node.value)
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
            base, key = self._chain(node.value)
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
            base = self._chain_use(node.value, passed=False)
            self.words.add(node.attr.value)
            return Attr(base, node.attr.value)
        if type(node) is cst.Name:
            self.words.add(node.value)
            return Ref(node.value, self.reaching(node.value))
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
            operator = _OPERATORS[type(operation.operator)]
            value = Binary(operator, value, right) if step < _DEEPEST else Hole("depth")
        return value

    def _boolean(self, node: cst.BooleanOperation, each: Callable[[cst.BaseExpression], Expr]) -> Expr:
        operator = _OPERATORS[type(node.operator)]
        operands: list[cst.BaseExpression] = []
        rest: cst.BaseExpression = node
        while type(rest) is cst.BooleanOperation and _OPERATORS[type(rest.operator)] == operator:
            operands.append(rest.right)
            rest = rest.left
        operands.append(rest)
        return Logic(operator, tuple(each(operand) for operand in reversed(operands)))

    def _boolean_value(self, node: cst.BooleanOperation) -> Expr:
        return self._boolean(node, self.expr)

    def _unary(self, node: cst.UnaryOperation) -> Expr:
        operand = self.expr(node.expression)
        operator = _OPERATORS[type(node.operator)]
        if operator == "-" and type(operand) is Const and type(operand.value) in (int, float):
            return Const(-operand.value)  # type: ignore[operator]
        return Unary(operator, operand)

    def _comparison(self, node: cst.Comparison) -> Expr:
        left = self.look(node.left)
        links: list[Expr] = []
        for target in node.comparisons:
            right = self.look(target.comparator)
            links.append(Compare(_OPERATORS[type(target.operator)], left, right))
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

    def _display(self, kind: str, elements: Sequence[Any]) -> Expr:
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
            self.assign(part.target, iterated, "for")
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
        for param in _all_params(node.params):
            self.bind(param.name.value, "parameter", param.name)
        value = self.expr(node.body)
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
        self, target: cst.BaseExpression, value: Expr, kind: str = "assign", path: tuple[int, ...] = ()
    ) -> None:
        """Bind or store a value to a target, taking displays apart. Statements extend this to stores."""
        raise NotImplementedError

    _handlers: dict[type, Callable[[Any, Any], Expr]] = {
        cst.Name: _name,
        cst.Attribute: _chain_use,
        cst.Subscript: _chain_use,
        cst.Call: call,
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


def _all_params(parameters: cst.Parameters) -> list[cst.Param]:
    """All parameters in order, the starred ones included."""
    params = [*parameters.posonly_params, *parameters.params]
    if isinstance(parameters.star_arg, cst.Param):
        params.append(parameters.star_arg)
    params.extend(parameters.kwonly_params)
    if parameters.star_kwarg is not None:
        params.append(parameters.star_kwarg)
    return params
