"""One source together with its facts: the unit that rules walk over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from posixpath import dirname

from mldebt.facts import (
    Attr,
    Binding,
    Block,
    Call,
    Cell,
    Class,
    Comment,
    Const,
    Expr,
    Facts,
    Function,
    Ref,
    Return,
    Store,
)
from mldebt.project.code_lines import CodeLines, code_lines
from mldebt.project.displays import Held, held_expressions
from mldebt.project.places import MAIN, MODULE, Place, is_main_guard
from mldebt.project.walk import walk
from mldebt.source import Kind, Location, Source, Span

SCOPES = frozenset({"module", "class", "function", "lambda", "comprehension"})


class SourceFacts:
    """A source, its facts, and what follows from these two alone.

    `path` is relative to the analysed root, with `/`; `kind` is what the file is.
    """

    def __init__(self, source: Source, facts: Facts) -> None:
        self.source = source
        self.facts = facts
        self.path = source.path
        self.kind = source.kind

    def __repr__(self) -> str:
        return f"SourceFacts({self.source.path!r})"

    @cached_property
    def directory(self) -> str:
        """The path of the directory; empty for the root."""
        return dirname(self.source.path)

    def text(self) -> str:
        """The text as it stands on disk, with what is no UTF-8 replaced; empty where it cannot be read any more."""
        try:
            return self.source.read().decode("utf-8", "replace")
        except OSError:
            return ""

    # --- places ---

    def location(self, span: Span) -> Location:
        """The place of a fact. In notebooks the line of the joined text becomes a cell and a line in it."""
        if self.kind is not Kind.NOTEBOOK or not self._code_cells:
            return Location(self.path, span)
        cell = self._code_cells[max(bisect_right(self._cell_starts, span.line) - 1, 0)]
        shift = cell.line - 1
        line = max(span.line - shift, 1)
        end_line = min(max(span.end_line - shift, line), max(cell.lines, line))
        return Location(self.path, Span(line, span.column, end_line, span.end_column), cell.index)

    @cached_property
    def _code_cells(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.facts.cells if cell.line)

    @cached_property
    def _cell_starts(self) -> list[int]:
        return [cell.line for cell in self._code_cells]

    # --- the tree of blocks ---

    def ancestors(self, block: int) -> Iterator[int]:
        """The block itself and those around it, innermost first, the module last."""
        blocks = self.facts.blocks
        while block:
            yield block
            block = blocks[block].parent
        yield 0

    def is_within(self, block: int, outer: Block) -> bool:
        """Whether a block is another one, or lies in it."""
        blocks = self.facts.blocks
        while block and blocks[block] is not outer:
            block = blocks[block].parent
        return blocks[block] is outer

    def are_alternatives(self, one: int, other: int) -> bool:
        """Whether two blocks lie on the two sides of one test, so that a run goes through one of them at most."""
        mine, others = set(self.ancestors(one)), set(self.ancestors(other))
        sides = ((mine - others, others - mine), (others - mine, mine - others))
        return any(self.facts.blocks[block].partner in beyond for side, beyond in sides for block in side)

    def enclosing(self, block: int, *kinds: str) -> Block | None:
        """The innermost block of one of the kinds that is, or contains, the given one."""
        blocks = self.facts.blocks
        while block and blocks[block].kind not in kinds:
            block = blocks[block].parent
        return blocks[block] if blocks[block].kind in kinds else None

    def scope_of(self, block: int) -> int:
        """The innermost block that has names of its own."""
        return self._scopes[block]

    @cached_property
    def _scopes(self) -> list[int]:
        scopes: list[int] = []
        for index, block in enumerate(self.facts.blocks):
            scopes.append(index if block.kind in SCOPES else scopes[block.parent])
        return scopes

    def scope_name(self, block: int) -> str:
        """The dotted name of the function or class around a block; empty at module level."""
        for ancestor in self.ancestors(block):
            if ancestor in self._names_by_block:
                return self._names_by_block[ancestor]
        return ""

    @cached_property
    def _names_by_block(self) -> dict[int, str]:
        names = {function.block: function.qualname for function in self.facts.functions}
        names.update((cls.block, cls.qualname) for cls in self.facts.classes)
        return names

    def function_of(self, block: int) -> Function | None:
        """The function whose body a block is."""
        return self._functions_by_block.get(block)

    @cached_property
    def _functions_by_block(self) -> dict[int, Function]:
        return {function.block: function for function in self.facts.functions}

    def class_of(self, block: int) -> Class | None:
        """The class whose body a block is."""
        return self._classes_by_block.get(block)

    @cached_property
    def _classes_by_block(self) -> dict[int, Class]:
        return {cls.block: cls for cls in self.facts.classes}

    def index_of(self, fact: Function | Class | Binding) -> int:
        """The place of a fact of this source in the section that holds it."""
        return self._places[id(fact)]

    @cached_property
    def _places(self) -> dict[int, int]:
        facts = self.facts
        return {
            id(fact): index
            for section in (facts.functions, facts.classes, facts.bindings)
            for index, fact in enumerate(section)
        }

    def number_of(self, call: Call) -> int:
        """The place of a call among the facts' calls, by which `Called` names it."""
        return self._numbers[id(call)]

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(call): number for number, call in enumerate(self.facts.calls)}

    @cached_property
    def places(self) -> list[Place]:
        """For each block the innermost function around it, or the part of the file's top level."""
        places: list[Place] = []
        for index, block in enumerate(self.facts.blocks):
            place = places[block.parent] if index else Place(self.path, MODULE)
            function = self.function_of(index) if block.kind == "function" else None
            if function is not None:
                place = Place(self.path, function.qualname)
            elif place.function == MODULE and block.kind == "if" and is_main_guard(block.test):
                place = Place(self.path, MAIN)
            places.append(place)
        return places

    @cached_property
    def functions_by_name(self) -> dict[str, Function]:
        """The functions by qualified name; the first of several."""
        return {function.qualname: function for function in reversed(self.facts.functions)}

    @cached_property
    def classes_by_name(self) -> dict[str, Class]:
        """The classes by qualified name; the first of several."""
        return {cls.qualname: cls for cls in reversed(self.facts.classes)}

    @cached_property
    def functions_by_owner(self) -> dict[str, list[Function]]:
        """The functions by the qualified name of the class or function that they stand in."""
        found: dict[str, list[Function]] = {}
        for function in self.facts.functions:
            found.setdefault(function.qualname.rpartition(".")[0], []).append(function)
        return found

    @cached_property
    def calls_by_function(self) -> dict[int, list[Call]]:
        """For each function's block the calls in it, those in functions inside it, too."""
        found: dict[int, list[Call]] = {}
        for call in self.facts.calls:
            for block in self.ancestors(call.block):
                if self.facts.blocks[block].kind == "function":
                    found.setdefault(block, []).append(call)
        return found

    @cached_property
    def called_names(self) -> list[tuple[str, int]]:
        """For each call the last name of what is called (empty: it has none), and the block."""
        return [(_last_name(call), call.block) for call in self.facts.calls]

    @cached_property
    def code_bindings(self) -> frozenset[int]:
        """The bindings that can stand for code: imports, functions, classes, and None until one of these is bound."""
        return frozenset(
            index
            for index, binding in enumerate(self.facts.bindings)
            if binding.kind in ("import", "function", "class") or binding.value == Const(None)
        )

    @cached_property
    def calls_by_name(self) -> dict[str, list[int]]:
        """The calls by the last part of what they call, as indices into the facts' calls."""
        found: dict[str, list[int]] = {}
        for index, call in enumerate(self.facts.calls):
            if name := _last_name(call):
                found.setdefault(name, []).append(index)
        return found

    @cached_property
    def tests_by_name(self) -> dict[str, list[int]]:
        """The blocks with a test, by the names and attributes that it reads, in textual order."""
        found: dict[str, list[int]] = {}
        for index, block in enumerate(self.facts.blocks):
            if block.test is not None:
                for name in {p.name for p in walk(block.test) if isinstance(p, Ref | Attr)}:
                    found.setdefault(name, []).append(index)
        return found

    @cached_property
    def passed_by_name(self) -> dict[str, list[Expr]]:
        """The expressions that are reckoned with, or handed on, by the names and attributes that they read."""
        found: dict[str, list[Expr]] = {}
        for use in self.facts.uses:
            if use.passed:
                for name in {p.name for p in walk(use.expr) if isinstance(p, Ref | Attr)}:
                    found.setdefault(name, []).append(use.expr)
        return found

    @cached_property
    def keyword_values(self) -> dict[str, list[tuple[Call, Expr]]]:
        """What calls are given by name: the call and the value."""
        found: dict[str, list[tuple[Call, Expr]]] = {}
        for call in self.facts.calls:
            for keyword in call.keywords:
                found.setdefault(keyword.name, []).append((call, keyword.value))
        return found

    @cached_property
    def alternatives(self) -> dict[int, Block]:
        """The `else` of blocks."""
        return {b.partner: b for b in self.facts.blocks if b.kind == "else" and b.partner >= 0}

    @cached_property
    def held_expressions(self) -> tuple[Held, ...]:
        """The expressions of the file that hold others."""
        return tuple(held_expressions(self.facts))

    @cached_property
    def code_lines(self) -> CodeLines:
        """The lines of code, as they are compared with those of other files."""
        return code_lines(self.facts)

    @cached_property
    def star_modules(self) -> tuple[str, ...]:
        """The modules that the file imports everything from."""
        return tuple(fact.module for fact in self.facts.imports if fact.name == "*")

    # --- what functions and classes hold ---

    @cached_property
    def returns_by_function(self) -> dict[int, list[Expr]]:
        """For each function's block, the expressions that it returns."""
        return {block: [r.value for r in results] for block, results in self.results_by_function.items()}

    @cached_property
    def results_by_function(self) -> dict[int, list[Return]]:
        """For each function's block, its `return` statements."""
        found: dict[int, list[Return]] = {}
        for result in self.facts.returns:
            if result.kind == "return":
                found.setdefault(self.scope_of(result.block), []).append(result)
        return found

    def comment_runs(self) -> Iterator[list[Comment]]:
        """The comments on lines of their own that follow each other without anything else in between."""
        run: list[Comment] = []
        for comment in self.facts.comments:
            if not comment.own_line:
                continue
            if run and comment.span.line != run[-1].span.line + 1:
                yield run
                run = []
            run.append(comment)
        if run:
            yield run

    @cached_property
    def appends(self) -> dict[int, list[Call]]:
        """The calls that append to a name, by the name's binding."""
        found: dict[int, list[Call]] = {}
        if "append" in self.facts.header.methods:
            for call in self.facts.calls:
                func = call.func
                if isinstance(func, Attr) and func.name == "append" and len(call.args) == 1:
                    for index in func.base.bindings if isinstance(func.base, Ref) else ():
                        found.setdefault(index, []).append(call)
        return found

    @cached_property
    def self_stores(self) -> dict[tuple[int, str], list[Store]]:
        """For each class's block and attribute name, what its methods assign to `self.name`."""
        found: dict[tuple[int, str], list[Store]] = {}
        blocks = self.facts.blocks
        for store in self.facts.stores:
            target = store.target
            if isinstance(target, Attr) and isinstance(target.base, Ref) and target.base.name in ("self", "cls"):
                for ancestor in self.ancestors(store.block):
                    if blocks[ancestor].kind == "class":
                        found.setdefault((ancestor, target.name), []).append(store)
                        break
        return found

    @cached_property
    def bindings_by_scope(self) -> dict[int, dict[str, list[int]]]:
        """For each scope's block, the bindings of each of its names, in textual order."""
        found: dict[int, dict[str, list[int]]] = {}
        scopes = self._scopes
        for index, binding in enumerate(self.facts.bindings):
            scope = scopes[binding.block]
            names = found.get(scope)
            if names is None:
                names = found[scope] = {}
            if binding.name in names:
                names[binding.name].append(index)
            else:
                names[binding.name] = [index]
        return found


def _last_name(call: Call) -> str:
    """The last part of the name of what is called; empty if it has none."""
    name = call.name
    if name:
        return name[max(name.rfind("."), name.rfind(":")) + 1 :]
    func = call.func
    return func.name if type(func) is Attr or type(func) is Ref else ""
