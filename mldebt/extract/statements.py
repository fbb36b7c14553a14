"""The walk over statements: blocks, bindings, definitions, and what reaches where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from mldebt.extract.definitions import Definitions
from mldebt.extract.recorder import LOOP_CARRIED, Names
from mldebt.extract.targets import assigned_names
from mldebt.facts import Binary, BlockKind, Const, Expr, HandlerShape, Hole, Ref, Return, Store

_LOGGERS = frozenset({"print", "warn", "warning", "error", "exception", "info", "debug", "log", "critical"})


class Statements(Definitions):
    """Walks suites in order of execution, keeping the environment of names."""

    def walk(self, statements: Sequence[Any]) -> bool:
        """Walk a suite. Returns whether its end can be reached."""
        alive = True
        for statement in statements:
            if type(statement) is cst.SimpleStatementLine:
                for small in statement.body:
                    alive = self._small_statement(small) and alive
            else:
                self.statements += 1
                alive = self._compound[type(statement)](self, statement) is not False and alive
        return alive

    def suite(self, body: cst.BaseSuite) -> bool:
        """Walk an indented or one-line suite."""
        if type(body) is cst.IndentedBlock:
            return self.walk(body.body)
        alive = True
        for small in body.body:
            alive = self._small_statement(small) and alive
        return alive

    def _small_statement(self, node: Any) -> bool:
        self.statements += 1
        handler = self._small.get(type(node))
        alive = handler is None or handler(self, node) is not False
        self.end = self.positions.ends[id(node)]
        return alive

    # --- simple statements ---

    def _expression(self, node: cst.Expr) -> None:
        value = node.value
        if type(value) is cst.Call:
            self.call(value, bare=True)
        elif type(value) is cst.Await and type(value.expression) is cst.Call:
            self.call(value.expression, bare=True)
        elif type(value) is cst.SimpleString:
            if "\n" in value.value and not self._is_docstring():
                self.quoted.append((value.value, self.positions.span(node)))
        elif type(value) is not cst.ConcatenatedString:
            self.expr(value)

    def _is_docstring(self) -> bool:
        """Whether the expression statement that is walked is the first of a definition or module."""
        draft = self.drafts[self.block]
        return draft.kind in ("module", "class", "function") and self.end == (draft.line, draft.column)

    def _assign(self, node: cst.Assign) -> None:
        value = self.expr(node.value)
        for target in node.targets:
            self.assign(target.target, value)

    def _annotated(self, node: cst.AnnAssign) -> None:
        annotation = self.annotation(node.annotation)
        value = None if node.value is None else self.expr(node.value)
        if type(node.target) is cst.Name:
            self.bind(node.target.value, "annotated", node.target, value, annotation=annotation)
        elif value is not None:
            self.assign(node.target, value)

    def _augmented(self, node: cst.AugAssign) -> None:
        operator = self.operator(node.operator)
        value = self.expr(node.value)
        target = node.target
        if type(target) is cst.Name:
            before = Ref(target.value, self.reaching(target.value))
            self.bind(target.value, "augmented", target, Binary(operator[:-1], before, value))
        else:
            self.stores.append(Store(self.look(target), operator, value, self.block, self.positions.span(target)))

    def _return(self, node: cst.Return) -> bool:
        value = Const(None) if node.value is None else self.expr(node.value)
        self.returns.append(Return("return", value, self.block, self.positions.span(node)))
        return False

    def _raise(self, node: cst.Raise) -> bool:
        if node.exc is not None:
            self.expr(node.exc)
        if node.cause is not None:
            self.expr(node.cause.item)
        return False

    def _assert(self, node: cst.Assert) -> None:
        self.look(node.test)
        if node.msg is not None:
            self.expr(node.msg)

    def _delete(self, node: cst.Del) -> None:
        targets = [e.value for e in node.target.elements] if type(node.target) is cst.Tuple else [node.target]
        for target in targets:
            if type(target) is cst.Name:
                self.bind(target.value, "delete", target)
                self.env.pop(target.value)
            else:
                span = self.positions.span(node)
                self.stores.append(Store(self.look(target), "del", Const(None), self.block, span))

    def _global(self, node: cst.Global | cst.Nonlocal) -> None:
        self.global_names.update(item.name.value for item in node.names)

    # --- branches ---

    def _if(self, node: cst.If) -> bool:
        test = self.look(node.test)
        if _is_main(node.test):
            self.has_main = True
        env = self.env
        before = self.statements
        block = self.open("if", node, test)
        self.env = dict(env)
        alive = self.suite(node.body)
        ways: list[Names | None] = [self.env if alive else None]
        self.close(block, before)
        if node.orelse is None:
            ways.append(env)
        else:
            before = self.statements
            other = self.open("else", node.orelse, test)
            self.drafts[other].partner = block
            self.env = dict(env)
            if type(node.orelse) is cst.If:
                self.statements += 1
                alive = self._if(node.orelse)
            else:
                alive = self.suite(node.orelse.body)
            ways.append(self.env if alive else None)
            self.close(other, before)
        self.env = self.merge(ways)
        return any(way is not None for way in ways)

    def _loop(self, node: cst.For | cst.While) -> None:
        if type(node) is cst.For:
            test = self.expr(node.iter)
        else:
            test = Hole("loop")
        env = self.env
        before = self.statements
        self.env = dict(env)
        for name in assigned_names(node.body):
            self.env[name] = (*env.get(name, ()), LOOP_CARRIED)
        if type(node) is cst.While:
            test = self.look(node.test)
        block = self.open("for" if type(node) is cst.For else "while", node, test)
        if type(node) is cst.For:
            self.assign(node.target, test, "for")
        breaks = self.breaks
        alive = self.suite(node.body)
        self.close(block, before)
        self.env = self.merge([env, self.env if alive else None])
        self._without_loop_marks(env)
        ended = self.env if self.breaks > breaks else None
        if node.orelse is not None:
            self.env = dict(self.env)
            alive = self._else(node.orelse, "loop-else", block)
            self.env = self.merge([self.env if alive else None, ended])

    def _without_loop_marks(self, env: Names) -> None:
        """After a loop every binding in it has been seen: the marks for later ones go."""
        marked = [name for name, bindings in self.env.items() if LOOP_CARRIED in bindings]
        for name in marked:
            if LOOP_CARRIED in env.get(name, ()):
                continue
            self.env[name] = tuple(b for b in self.env[name] if b != LOOP_CARRIED)
            if not self.env[name]:
                del self.env[name]

    def _else(self, orelse: cst.Else, kind: BlockKind, partner: int) -> bool:
        before = self.statements
        block = self.open(kind, orelse)
        self.drafts[block].partner = partner
        alive = self.suite(orelse.body)
        self.close(block, before)
        return alive

    def _try(self, node: Any) -> bool:
        env = self.env
        self.env = dict(env)
        before = self.statements
        block = self.open("try", node)
        alive = self.suite(node.body)
        self.close(block, before)
        after_body = self.env
        started = self.merge([env, after_body])
        if node.orelse is not None:
            self.env = dict(after_body)
            alive = self._else(node.orelse, "try-else", block) and alive
            after_body = self.env
        ways: list[Names | None] = [after_body if alive else None]
        for handler in node.handlers:
            self.env = dict(started)
            alive = self._handler(handler, block)
            ways.append(self.env if alive else None)
        self.env = self.merge(ways) or dict(started)
        if node.finalbody is not None:
            before = self.statements
            final = self.open("finally", node.finalbody)
            self.drafts[final].partner = block
            self.suite(node.finalbody.body)
            self.close(final, before)
        return any(way is not None for way in ways)

    def _handler(self, node: Any, partner: int) -> bool:
        caught = None if node.type is None else self.expr(node.type)
        before = self.statements
        block = self.open("except", node, caught)
        self.drafts[block].partner = partner
        self.drafts[block].shape = _shape(node.body)
        if node.name is not None and type(node.name.name) is cst.Name:
            self.bind(node.name.name.value, "except", node.name.name, caught)
        alive = self.suite(node.body)
        self.close(block, before)
        return alive

    def _with(self, node: cst.With) -> bool:
        before = self.statements
        block = self.open("with", node)
        for item in node.items:
            value = self.expr(item.item)
            if item.asname is not None:
                self.assign(item.asname.name, value, "with")
        alive = self.suite(node.body)
        self.close(block, before)
        return alive

    def _match(self, node: cst.Match) -> None:
        subject = self.expr(node.subject)
        before = self.statements
        block = self.open("match", node, subject)
        env = self.env
        ways: list[Names | None] = [env]
        for case in node.cases:
            self.env = dict(env)
            inner = self.statements
            branch = self.open("case", case, subject)
            self.pattern(case.pattern)
            if case.guard is not None:
                self.look(case.guard)
            ways.append(self.env if self.suite(case.body) else None)
            self.close(branch, inner)
        self.env = self.merge(ways)
        self.close(block, before)

    def _stop(self, node: cst.Break | cst.Continue) -> None:
        """What was bound before a break or continue can be seen after the loop: the way stays alive."""
        self.breaks += type(node) is cst.Break

    def _nothing(self, node: cst.Pass) -> None:
        """`pass` states no fact."""

    _small: dict[type, Callable[[Any, Any], bool | None]] = {
        cst.Expr: _expression,
        cst.Assign: _assign,
        cst.AnnAssign: _annotated,
        cst.AugAssign: _augmented,
        cst.Return: _return,
        cst.Raise: _raise,
        cst.Assert: _assert,
        cst.Del: _delete,
        cst.Global: _global,
        cst.Nonlocal: _global,
        cst.Import: Definitions.plain_import,
        cst.ImportFrom: Definitions.from_import,
        cst.Pass: _nothing,
        cst.Break: _stop,
        cst.Continue: _stop,
    }
    _compound: dict[type, Callable[[Any, Any], bool | None]] = {
        cst.If: _if,
        cst.For: _loop,
        cst.While: _loop,
        cst.Try: _try,
        cst.TryStar: _try,
        cst.With: _with,
        cst.Match: _match,
        cst.FunctionDef: Definitions.function,
        cst.ClassDef: Definitions.class_,
    }


def _is_main(test: cst.BaseExpression) -> bool:
    """Whether a test is `__name__ == "__main__"`."""
    return (
        type(test) is cst.Comparison
        and type(test.left) is cst.Name
        and test.left.value == "__name__"
        and len(test.comparisons) == 1
        and type(test.comparisons[0].comparator) is cst.SimpleString
        and test.comparisons[0].comparator.value[1:-1] == "__main__"
    )


_JUMPS: dict[type, HandlerShape] = {cst.Continue: "continue", cst.Break: "break", cst.Return: "return"}


def _shape(body: cst.BaseSuite) -> HandlerShape:
    """What a handler does, in a word (see `Block.shape`)."""
    lines: Sequence[Any] = body.body
    smalls: list[Any] = []
    compound = False
    for line in lines:
        if type(line) is cst.SimpleStatementLine:
            smalls.extend(line.body)
        elif type(body) is cst.IndentedBlock:
            compound = True
        else:
            smalls.append(line)
    if any(type(small) is cst.Raise for small in smalls):
        return "raise"
    if compound or not smalls:
        return "other"
    kinds = {type(small) for small in smalls}
    if kinds == {cst.Pass} or (len(smalls) == 1 and _is_filler(smalls[0])):
        return "pass"
    last = smalls[-1]
    if all(_is_logging(small) for small in smalls[:-1]):
        if type(last) in _JUMPS:
            return _JUMPS[type(last)]
        if _is_logging(last) or (type(last) is cst.Pass and len(smalls) > 1):
            return "log"
    return "other"


def _is_filler(node: cst.BaseSmallStatement) -> bool:
    return type(node) is cst.Expr and type(node.value) in (cst.Ellipsis, cst.SimpleString)


def _is_logging(node: cst.BaseSmallStatement) -> bool:
    if type(node) is not cst.Expr or type(node.value) is not cst.Call:
        return False
    func: Expr | Any = node.value.func
    name = func.attr if type(func) is cst.Attribute else func
    return type(name) is cst.Name and name.value in _LOGGERS
