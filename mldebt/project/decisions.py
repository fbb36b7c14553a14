"""Which way code goes where the tests on the way are decided: by what a call passes, or by a path itself.

`if mode == "train": path = a` says that `path` is never `a` for who passes `"test"`; `if not path.endswith(".csv"):
raise` that only such paths get further. What options, files and the environment could change decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.facts import Attr, Called, Compare, Const, Expr, Item, Logic, Ref, Seq, Unary
from mldebt.project.branches import combined, truth
from mldebt.project.frames import NO_FRAME, Argument, Frame
from mldebt.project.guards import Test
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.values import Gap, Instance, Items, Known, Object, Template, Value, alternatives, choice

if TYPE_CHECKING:
    from mldebt.project.evaluation import Evaluation

_DEEPEST = 6


def is_impossible(evaluator: Evaluation, source: SourceFacts, block: int, line: int, frame: Frame) -> bool:
    """Whether what a call passes shuts off a place in the called function."""
    return outcome(evaluator, source, block, line, frame) is False


def outcome(evaluator: Evaluation, source: SourceFacts, block: int, line: int, frame: Frame) -> bool | None:
    """Whether a place is surely reached (by a test), surely not, or nobody knows."""
    if frame is NO_FRAME or source.path not in frame.paths:
        return None
    decided: bool | None = None
    is_open = False
    for test in evaluator.guards(source).tests(block, line):
        if test not in frame.decided:
            is_given = any((source.path, index) in frame.written for index in test.named)
            frame.decided[test] = decide(evaluator, source, test.expr, frame) if is_given else test.always
        found = frame.decided[test]
        if found is None:
            is_open = True
        elif found != test.wanted:
            return False
        else:
            decided = True
    return None if is_open else decided


def decide(evaluator: Evaluation, source: SourceFacts, test: Expr, frame: Frame) -> bool | None:
    """Whether a test holds for the constants that a call passes; None where they do not say."""
    match test:
        case Unary("not", operand):
            found = decide(evaluator, source, operand, frame)
            return None if found is None else not found
        case Logic("and" | "or" as operator, items):
            return combined(operator, [decide(evaluator, source, item, frame) for item in items])
        case Compare("is" | "==" | "is not" | "!=" as operator, left, Const(None)):
            constant = _constant(evaluator, source, left, frame)
            is_none = constant.value is None if constant is not None else None
            if constant is None and _is_something(evaluator, source, left, frame):
                is_none = False
            return is_none if is_none is None or operator in ("is", "==") else not is_none
        case Compare("in" | "not in" as operator, left, Seq(_, items)):
            constant = _constant(evaluator, source, left, frame)
            if constant is None or not all(isinstance(item, Const) for item in items):
                return None
            return (constant in items) is (operator == "in")
        case Compare():
            return truth(test, lambda expr: _constant(evaluator, source, expr, frame))
        case Called(index) if (
            source.facts.calls[index].name == "os.path.isabs" and source.facts.calls[index].args
        ):
            given = _constant(evaluator, source, source.facts.calls[index].args[0], frame)
            if given is not None and isinstance(given.value, str):
                return given.value.startswith(("/", "\\")) or given.value[1:2] == ":"
    constant = _constant(evaluator, source, test, frame)
    if constant is not None:
        return bool(constant.value)
    return True if _is_something(evaluator, source, test, frame) else None


def _constant(
    evaluator: Evaluation, source: SourceFacts, expr: Expr, frame: Frame, depth: int = 0
) -> Const | None:
    """The constant that callers pass for a parameter, also from call to call."""
    if isinstance(expr, Const):
        return expr
    given = _given(source, expr, frame)
    if isinstance(given, Argument) and depth < _DEEPEST:
        frame.used = True
        return _constant(evaluator, given.source, given.expr, given.frame, depth + 1)
    return None


def _given(source: SourceFacts, expr: Expr, frame: Frame) -> Value | Argument | None:
    if not isinstance(expr, Ref) or len(expr.bindings) != 1:
        return None
    return frame.written.get((source.path, expr.bindings[0]))


def _is_something(evaluator: Evaluation, source: SourceFacts, expr: Expr, frame: Frame) -> bool:
    """Whether a parameter surely receives something that is not None and not empty."""
    if _given(source, expr, frame) is None:
        return False
    return all(_is_full(option) for option in alternatives(evaluator.value(source, expr, frame)))


def _is_full(value: Value) -> bool:
    match value:
        case Known(inner):
            return isinstance(inner, str) and bool(inner)
        case Items(_, items):
            return bool(items)
        case Template() | Object() | Instance():
            return True
    return False


# --- paths that say themselves whether they get to a place ---


def narrowed(
    evaluator: Evaluation, source: SourceFacts, block: int, line: int, expr: Expr, value: Value, frame: Frame
) -> Value | None:
    """What of a value gets through the tests that lead to a place; None if nothing does."""
    tests = evaluator.guards(source).tests(block, line)
    if not tests:
        return value
    made = [part for part in walk(expr) if isinstance(part, Attr | Item)]
    if made and any(_asks_same(evaluator, source, test, made, frame) for test in tests):
        return Gap("option", "")
    if not isinstance(expr, Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
        return value
    binding = expr.bindings[0]
    tests = [test for test in tests if binding in test.read]
    key = (source.path, binding)
    options = alternatives(value)
    kept = [option for option in options if all(_passes(evaluator, source, t, key, option, frame) for t in tests)]
    if len(kept) == len(options):
        return value
    return choice(kept) if kept else None


def _asks_same(
    evaluator: Evaluation, source: SourceFacts, test: Test, made: list[Attr | Item], frame: Frame
) -> bool:
    """Whether a test shuts off a place by the same option that the path is made of: its default never gets there."""
    if not any(part in made for part in walk(test.expr) if isinstance(part, Attr | Item)):
        return False
    found = _evaluated(evaluator, source, test.expr, frame)
    return found is not None and found != test.wanted


def _passes(
    evaluator: Evaluation, source: SourceFacts, test: Test, key: tuple[str, int], option: Value, frame: Frame
) -> bool:
    inner = Frame({key: option}, frame)
    found = _evaluated(evaluator, source, test.expr, inner)
    return found is None or found == test.wanted or key not in inner.touched


def _evaluated(evaluator: Evaluation, source: SourceFacts, test: Expr, frame: Frame) -> bool | None:
    """Whether a test holds for everything that is known, whoever says it."""
    match test:
        case Unary("not", operand):
            found = _evaluated(evaluator, source, operand, frame)
            return None if found is None else not found
        case Logic("and" | "or" as operator, items):
            return combined(operator, [_evaluated(evaluator, source, item, frame) for item in items])
    value = evaluator.value(source, test, frame)
    return bool(value.value) if isinstance(value, Known) else None
