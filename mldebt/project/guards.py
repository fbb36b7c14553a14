"""The tests that lead to a place: those around it, and those that leave its function before."""

from __future__ import annotations

import re
from functools import cached_property

from mldebt.facts import Attr, Call, Called, Expr, Ref
from mldebt.project.branches import truth
from mldebt.project.places import is_main_guard
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

_SCOPES = frozenset({"module", "cell", "class", "function", "lambda"})
_RAISED = re.compile(r"(Error|Exception|Exit|Interrupt|Abort)$")
_ASKS = re.compile(r"(exists|isfile|is_file|isdir|is_dir)$")
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "streamlit.stop"})


class Test:
    """A condition of a file, and the outcome that leads to a place."""

    def __init__(self, source: SourceFacts, expr: Expr, wanted: bool) -> None:
        self._source = source
        self.expr = expr
        self.wanted = wanted

    @cached_property
    def always(self) -> bool | None:
        """What it is whatever its names are; None if that depends on them."""
        return truth(self.expr)

    @cached_property
    def named(self) -> frozenset[int]:
        """The bindings that it names, itself or in what it passes to a call."""
        found: set[int] = set()
        for part in walk(self.expr):
            calls = [self._source.facts.calls[part.call]] if isinstance(part, Called) else []
            for inner in (part, *(a for call in calls for argument in call.args for a in walk(argument))):
                found.update(inner.bindings if isinstance(inner, Ref) else ())
        return frozenset(found)

    @cached_property
    def read(self) -> frozenset[int]:
        """The bindings that it can depend on, through what others of a function hold and calls are given."""
        facts = self._source.facts
        found: set[int] = set()
        calls: set[int] = set()
        waiting = [self.expr]
        while waiting:
            for part in walk(waiting.pop()):
                if isinstance(part, Called) and part.call not in calls:
                    calls.add(part.call)
                    call = facts.calls[part.call]
                    waiting += (call.func, *call.args, *(keyword.value for keyword in call.keywords))
                elif isinstance(part, Ref):
                    for index in part.bindings:
                        if index < 0 or index in found:
                            continue
                        found.add(index)
                        binding = facts.bindings[index]
                        if binding.block and binding.value is not None:
                            waiting.append(binding.value)
                            waiting += (call.args[0] for call in self._source.appends.get(index, ()))
        return frozenset(found)


class Guards:
    """The tests that lead to the places of one file."""

    def __init__(self, source: SourceFacts) -> None:
        self._source = source
        self._around: dict[int, tuple[list[Test], list[tuple[int, Test]]]] = {}
        self._tests: dict[tuple[int, bool], Test] = {}
        leaving = {result.block for result in source.facts.returns if result.kind == "return"}
        for call in source.facts.calls:
            last = call.name.rpartition(".")[2] or (call.func.name if isinstance(call.func, Attr | Ref) else "")
            if call.name in _EXITS or (not call.bare and _RAISED.search(last)):
                leaving.add(call.block)
        blocks = source.facts.blocks
        self._leaving: dict[int, list[int]] = {}
        for index in sorted(leaving):
            if blocks[index].kind == "if" and blocks[index].test is not None:
                self._leaving.setdefault(blocks[index].parent, []).append(index)

    def tests(self, block: int, line: int) -> list[Test]:
        """The tests that lead to a line of a block, in its function: those around it, and those that leave before."""
        if block not in self._around:
            self._around[block] = self._find(block)
        around, before = self._around[block]
        return [*around, *(test for end, test in before if end < line)] if before else around

    def _find(self, block: int) -> tuple[list[Test], list[tuple[int, Test]]]:
        blocks = self._source.facts.blocks
        around: list[Test] = []
        before: list[tuple[int, Test]] = []
        for index in self._source.ancestors(block):
            found = blocks[index]
            if found.test is not None and found.kind in ("if", "else"):
                around.append(self._test(index, found.test, found.kind == "if"))
            for leaving in self._leaving.get(index, ()):
                test = blocks[leaving].test
                if test is not None:
                    before.append((blocks[leaving].span.end_line, self._test(leaving, test, False)))
            if found.kind in _SCOPES:
                break
        return around, before

    def _test(self, block: int, expr: Expr, wanted: bool) -> Test:
        """The test of a block: one object, which remembers what it was found to depend on."""
        key = (block, wanted)
        if key not in self._tests:
            self._tests[key] = Test(self._source, expr, wanted)
        return self._tests[key]


def happens(source: SourceFacts, block: int) -> bool:
    """Whether what a block does happens whenever its file or function runs: no condition decides, no failure is met.

    A `try` whose handlers all raise again, and a question whether something is there whose `else` raises, decide
    nothing.
    """
    blocks = source.facts.blocks
    for index in source.ancestors(block):
        found = blocks[index]
        if found.kind in ("except", "ternary") or (found.kind == "else" and not is_main_guard(found.test)):
            return False
        if found.kind == "if" and not is_main_guard(found.test) and not _refuses(source, index):
            return False
        if found.kind == "try" and not all(
            handler.shape == "raise"
            for handler in blocks
            if handler.kind == "except" and handler.partner == index
        ):
            return False
    return True


def _refuses(source: SourceFacts, index: int) -> bool:
    """Whether an `if` asks for a file without which its `else` raises."""
    test = source.facts.blocks[index].test
    if not isinstance(test, Called) or not _ASKS.search(_name(source.facts.calls[test.call])):
        return False
    blocks = source.facts.blocks
    other = next((i for i, b in enumerate(blocks) if b.kind == "else" and b.partner == index), -1)
    return any(
        call.block == other and (call.name in _EXITS or (not call.bare and _RAISED.search(_name(call))))
        for call in source.facts.calls
    )


def _name(call: Call) -> str:
    func = call.func
    return call.name.rpartition(".")[2] or (func.name if isinstance(func, Attr | Ref) else "")
