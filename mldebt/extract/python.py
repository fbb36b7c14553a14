"""Python text to facts: one parse, one pass for positions, one walk.

The garbage collector is paused meanwhile: a syntax tree is many long-lived objects without cycles, and looking
through them again and again would take as long as the parse itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from mldebt.collector import collector_paused
from mldebt.extract.comments import parked_code, quoted_code
from mldebt.extract.fingerprints import Fingerprints
from mldebt.extract.magics import syntax_mistake
from mldebt.extract.positions import Positions
from mldebt.extract.statements import Statements
from mldebt.extract.text import count_code_lines, count_lines, is_generated
from mldebt.facts import Cell, Command, Comment, Facts, Header, Hole, Magic, Problem
from mldebt.source import Span


class SyntaxProblem(Exception):
    """The text is no Python that libcst can parse. `line` is 1-based."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def extract_python(
    text: str,
    cells: Sequence[Cell] = (),
    magics: Sequence[Magic] = (),
    commands: Sequence[Command] = (),
    problems: Sequence[Problem] = (),
) -> Facts:
    """The facts of a Python text with LF line ends. Raises SyntaxProblem.

    For a notebook the text is its code cells joined, and `cells`, `magics`, `commands` and `problems` are what
    was found while joining them; they become part of the facts.
    """
    with collector_paused():
        module = _parse(text)
        positions = Positions(module)
        walk = _Module(positions, cells, magics)
        walk.module(module)
        return _facts(walk, text, cells, commands, problems)


def _parse(text: str) -> cst.Module:
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        message = error.message.removeprefix("parser error: ").splitlines()[0]
        raise SyntaxProblem(max(error.raw_line, 1), message) from None
    except (cst.CSTValidationError, cst.CSTLogicError) as error:  # parsed, and yet no Python
        mistake = syntax_mistake(text)
        raise SyntaxProblem(mistake.line if mistake else 1, mistake.message if mistake else str(error)) from None


class _Module(Statements):
    """The walk over a whole module; the cells of a notebook are blocks of their own."""

    def __init__(self, positions: Positions, cells: Sequence[Cell], magics: Sequence[Magic]) -> None:
        super().__init__(positions)
        self._cells = [cell for cell in cells if cell.line]
        self.magics = list(magics)

    def module(self, module: cst.Module) -> None:
        """Walk the module's statements, then the bodies of its functions, outer ones first."""
        self.open("module", (1, 0))
        self.closure = [self.table]
        if self._cells:
            self._walk_cells(module)
        else:
            self.walk(module.body)
        self.close(0, 0)
        while self.later:
            self.later.popleft()()

    def _walk_cells(self, module: cst.Module) -> None:
        statements = list(module.body)
        starts = [self._line(statement) for statement in statements]
        position = 0
        magics = sorted(enumerate(self.magics), key=lambda pair: pair[1].span)
        for number, cell in enumerate(self._cells):
            ends = self._cells[number + 1].line if number + 1 < len(self._cells) else float("inf")
            first = position
            while position < len(statements) and starts[position] < ends:
                position += 1
            before = self.statements
            self.block = 0
            block = self.open("cell", (cell.line, 0))
            self.end = (cell.line, 0)
            while magics and magics[0][1].span.line < ends:
                self._place_magic(*magics.pop(0), block)
            self.walk(statements[first:position])
            self.close(block, before)
            self.drafts[block].end = (cell.line + max(cell.lines - 1, 0), 0)

    def _place_magic(self, index: int, magic: Magic, block: int) -> None:
        """A magic belongs to its cell; what it assigns is a value that nobody knows."""
        self.magics[index] = Magic(magic.name, magic.text, magic.target, block, magic.span)
        if magic.target.isidentifier():
            self.bind_at(magic.target, "assign", magic.span, Hole("magic"))

    def _line(self, statement: cst.CSTNode) -> int:
        first: cst.CSTNode = statement
        if isinstance(statement, cst.SimpleStatementLine):
            first = statement.body[0]
        elif isinstance(statement, cst.FunctionDef | cst.ClassDef) and statement.decorators:
            return self.positions.starts[id(statement.decorators[0].decorator)][0]
        return self.positions.starts[id(first)][0]


def _facts(
    walk: _Module,
    text: str,
    cells: Sequence[Cell],
    commands: Sequence[Command],
    problems: Sequence[Problem],
) -> Facts:
    comments = _comments(walk.positions, text)
    blocks = [draft.block() for draft in walk.drafts]
    fingerprints = Fingerprints(text, comments, walk.functions, blocks)
    header = Header(
        lines=count_lines(text),
        code_lines=count_code_lines(text),
        names=tuple(sorted(walk.names)),
        methods=tuple(sorted(walk.methods)),
        modules=tuple(sorted({fact.module for fact in walk.imports})),
        problems=tuple(problems),
        generated=is_generated(text),
        main=walk.has_main,
    )
    return Facts.of(
        header,
        imports=walk.imports,
        blocks=blocks,
        bindings=walk.bindings,
        functions=walk.functions,
        classes=walk.classes,
        calls=walk.calls,
        stores=walk.stores,
        returns=walk.returns,
        uses=walk.uses(),
        conditions=walk.conditions,
        literals=walk.literals,
        comments=comments,
        parked=[*parked_code(comments), *quoted_code(walk.quoted)],
        words=sorted(walk.words),
        cells=cells,
        magics=walk.magics,
        commands=commands,
        lines=fingerprints.lines(),
        clones=fingerprints.clones(),
    )


def _where_it_is(comment: str, span: Span, lines: list[str]) -> Span:
    """The place of a comment. The parser loses blank lines before indented comments at the end of a file."""
    number = span.line
    while number <= len(lines) and not lines[number - 1].startswith(comment, span.column - 1):
        number += 1
    return Span(number, span.column, number, span.end_column) if number <= len(lines) else span


def _comments(positions: Positions, text: str) -> list[Comment]:
    lines = text.split("\n")
    end = _after_last_code(lines)
    found = []
    for node in positions.comments:
        span = _where_it_is(node.value, positions.span(node), lines)
        if span.line <= end:
            own_line = not lines[span.line - 1][: span.column - 1].strip()
            found.append(Comment(node.value, own_line, span))
    for number, line in enumerate(lines[end:], end + 1):
        if comment := line.lstrip(" \t\f"):
            column = len(line) - len(comment) + 1
            found.append(Comment(comment, True, Span(number, column, number, len(line) + 1)))
    return found


def _after_last_code(lines: list[str]) -> int:
    """How many lines there are up to the last code: of the comments behind it the parser loses some."""
    end = len(lines)
    while end and (not (line := lines[end - 1].strip(" \t\f")) or line.startswith("#")):
        end -= 1
    # A string of several lines may end in a line that looks like a comment; then the parser is trusted.
    return len(lines) if any(quotes in line for line in lines[end:] for quotes in ('"""', "'''")) else end
