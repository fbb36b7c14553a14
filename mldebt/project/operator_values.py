"""Values of literals and of what operators make of values."""

from __future__ import annotations

from mldebt.facts import Binary, Compare, Const, Each, Hole, Logic, Map, Seq, Star, Text, Unary
from mldebt.project import library
from mldebt.project.decisions import decide
from mldebt.project.evaluation import Evaluation
from mldebt.project.formatting import percent_format
from mldebt.project.frames import NO_FRAME, Frame
from mldebt.project.source_facts import SourceFacts
from mldebt.values import Choice, Gap, Items, Known, Table, Value, bounded, choice, concatenate, join_paths


class OperatorValues(Evaluation):
    """Knows literals, containers and operators."""

    def _const(self, source: SourceFacts, expr: Const, frame: Frame) -> Value:
        return Known(expr.value)

    def _hole(self, source: SourceFacts, expr: Hole, frame: Frame) -> Value:
        return Gap("magic" if expr.cause == "magic" else "literal", expr.cause)

    def _text(self, source: SourceFacts, expr: Text, frame: Frame) -> Value:
        return concatenate([self.value(source, part, frame) for part in expr.parts])

    def _seq(self, source: SourceFacts, expr: Seq, frame: Frame) -> Value:
        if any(isinstance(item, Star) for item in expr.items):
            return Gap("literal", "star")
        return bounded(Items(expr.kind, tuple(self.value(source, item, frame) for item in expr.items)))

    def _map(self, source: SourceFacts, expr: Map, frame: Frame) -> Value:
        entries: dict[None | bool | int | float | str, Value] = {}
        open_ended = False
        for key, value in zip(expr.keys, expr.values, strict=True):
            if isinstance(key, Hole):
                other = self.value(source, value, frame)
                if isinstance(other, Table):
                    entries.update(other.entries)
                    open_ended = open_ended or other.open
                else:
                    open_ended = True
                continue
            known = self.value(source, key, frame)
            if isinstance(known, Known):
                entries[known.value] = self.value(source, value, frame)
            else:
                open_ended = True
        return bounded(Table(tuple(entries.items()), open_ended))

    def _logic(self, source: SourceFacts, expr: Logic, frame: Frame) -> Value:
        if expr.operator == "if":
            chosen = decide(self, source, expr.items[2], frame) if frame is not NO_FRAME else None
            items = expr.items[:2] if chosen is None else expr.items[0 if chosen else 1 :][:1]
            return choice(self.value(source, item, frame) for item in items)
        values = [self.value(source, item, frame) for item in expr.items]
        if expr.operator == "or":  # `given or default`: an empty given value is replaced
            if frame is not NO_FRAME and decide(self, source, expr.items[0], frame):
                return values[0]
            values = [v for v in values[:-1] if not (isinstance(v, Known) and not v.value)] + values[-1:]
        return choice(values)

    def _unary(self, source: SourceFacts, expr: Unary, frame: Frame) -> Value:
        value = self.value(source, expr.operand, frame)
        if expr.operator == "await":
            return value
        if isinstance(value, Known):
            if expr.operator == "not":
                return Known(not value.value)
            if expr.operator == "-" and isinstance(value.value, int | float):
                return Known(-value.value)
        return Gap("arithmetic")

    def _compare(self, source: SourceFacts, expr: Compare, frame: Frame) -> Value:
        left, right = self.value(source, expr.left, frame), self.value(source, expr.right, frame)
        if isinstance(left, Known) and isinstance(right, Known) and expr.operator in ("==", "!=", "is", "is not"):
            same = left.value == right.value and type(left.value) is type(right.value)
            return Known(same if expr.operator in ("==", "is") else not same)
        if expr.operator in ("in", "not in") and isinstance(left, Known) and isinstance(right, Items):
            known = all(isinstance(option, Known) for option in right.items)
            return Known((left in right.items) is (expr.operator == "in")) if known else Gap("arithmetic")
        return Gap("arithmetic")

    def _binary(self, source: SourceFacts, expr: Binary, frame: Frame) -> Value:
        left = self.value(source, expr.left, frame)
        if expr.operator == "%" and library.is_text(left):
            return percent_format(left, self.value(source, expr.right, frame))
        right = self.value(source, expr.right, frame)
        if expr.operator == "/" and (library.is_text(left) or library.is_text(right)):
            return join_paths([left, right])
        if expr.operator == "+" and (library.is_text(left) or library.is_text(right)):
            return concatenate([left, right])
        return library.arithmetic(expr.operator, left, right)

    def _each(self, source: SourceFacts, expr: Each, frame: Frame) -> Value:
        element = self.value(source, expr.element, frame)
        if expr.kind != "dict" and isinstance(element, Choice):
            return Items(expr.kind, element.options)
        return Items(expr.kind, (element,)) if expr.kind != "dict" else Gap("loop", "comprehension")

    def _star(self, source: SourceFacts, expr: Star, frame: Frame) -> Value:
        return Gap("literal", "star")

    handlers = {
        Const: _const,
        Hole: _hole,
        Text: _text,
        Seq: _seq,
        Map: _map,
        Logic: _logic,
        Unary: _unary,
        Compare: _compare,
        Binary: _binary,
        Each: _each,
        Star: _star,
    }
