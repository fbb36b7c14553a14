"""Which sides of branches can never run, given what is known of the values in their tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mldebt.facts import Attr, Block, Compare, Const, Expr, Item, Logic, Ref, Seq, Unary
from mldebt.project.source_facts import SourceFacts

ValueOf = Callable[[Expr], Const | None]
"""Answers with the value of an expression, or None where it is not known."""

_TESTED = frozenset({"if", "while", "ternary"})
_UNKNOWN = object()


class DeadSide(NamedTuple):
    """A suite that never runs.

    `block` is the suite, `test` the condition that shuts it off and `value` what the condition always is.
    """

    block: Block
    test: Expr
    value: bool

    @property
    def lines(self) -> int:
        """How many lines the suite has, without the line of its keyword (at least one)."""
        return max(self.block.span.end_line - self.block.span.line, 1)


def nothing_known(expr: Expr) -> Const | None:
    """The `ValueOf` for literals alone."""
    return None


def dead_sides(
    source: SourceFacts, value_of: ValueOf = nothing_known, name: str | None = None
) -> Iterator[DeadSide]:
    """The suites of `if`, `elif`, `else`, `while` and conditional expressions that no run can reach.

    Where a `name` is given, only the tests that read it are looked at. A test that is always true and has no `else`
    shuts nothing off, and `while True` is a loop.
    """
    alternatives = source.alternatives
    blocks = source.facts.blocks
    for index in range(len(blocks)) if name is None else source.tests_by_name.get(name, ()):
        block = blocks[index]
        if block.kind not in _TESTED or block.test is None:
            continue
        value = truth(block.test, value_of)
        if value is None:
            continue
        if not value or block.kind == "ternary":
            yield DeadSide(block, block.test, value)
        elif block.kind == "if" and index in alternatives:
            yield DeadSide(alternatives[index], block.test, value)


def is_inert(source: SourceFacts, side: DeadSide) -> bool:
    """Whether a suite is there for a tool's sake: names for type checkers alone, a `yield` that makes a generator."""
    facts, block = source.facts, side.block
    inside = {
        index for index, other in enumerate(facts.blocks) if other is block or source.is_within(index, block)
    }
    held = [call.block for call in facts.calls] + [store.block for store in facts.stores]
    held += [use.block for use in facts.uses] + [b.block for b in facts.bindings if b.kind != "import"]
    if not inside.isdisjoint(held):
        return False
    results = [result for result in facts.returns if result.block in inside]
    return all(result.kind == "yield" and result.value == Const(None) for result in results) and (
        bool(results) or any(b.block in inside for b in facts.bindings)
    )


def truth(expr: Expr, value_of: ValueOf = nothing_known) -> bool | None:
    """Whether a test is always true or always false; None where that depends on something unknown."""
    if type(expr) is Unary and expr.operator == "not":
        value = truth(expr.operand, value_of)
        return None if value is None else not value
    if type(expr) is Logic and expr.operator != "if":
        return combined(expr.operator, [truth(item, value_of) for item in expr.items])
    if type(expr) is Compare:
        left = _known(expr.left, value_of)
        return None if left is _UNKNOWN else _compare(expr.operator, left, _known(expr.right, value_of))
    known = _known(expr, value_of)
    return None if known is _UNKNOWN else bool(known)


def combined(operator: str, values: Sequence[bool | None]) -> bool | None:
    """What `and` or `or` makes of tests that hold, do not, or are not known to."""
    decisive = operator == "or"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def written(expr: Expr) -> str:
    """A test roughly as its author wrote it; `…` stands for what is left out."""
    match expr:
        case Const(value):
            return repr(value)
        case Ref(name):
            return name
        case Attr(base, name):
            return f"{written(base)}.{name}"
        case Unary("not", operand):
            return f"not {written(operand)}"
        case Logic("and" | "or" as operator, items):
            return f" {operator} ".join(map(written, items))
        case Compare(operator, left, right):
            return f"{written(left)} {operator} {written(right)}"
        case Item(base, index):
            return f"{written(base)}[{written(index)}]"
        case Seq("list", items):
            return f"[{', '.join(map(written, items[:3]))}{', …' if len(items) > 3 else ''}]"
    return "…"


def _known(expr: Expr, value_of: ValueOf) -> object:
    constant = expr if type(expr) is Const else value_of(expr)
    return _UNKNOWN if constant is None else constant.value


def _compare(operator: str, left: object, right: object) -> bool | None:
    if left is _UNKNOWN or right is _UNKNOWN:
        return None
    match operator:
        case "==" | "is":
            return left == right
        case "!=" | "is not":
            return left != right
    if isinstance(left, int | float) and isinstance(right, int | float):
        orders = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
        return orders.get(operator)
    return None
